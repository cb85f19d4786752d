/**
 * Models that a request names besides its own, in lists of its body, such as those that its hosted tools ask. They answer at the
 * key's expense, so the key's rules and the reservation must know of them.
 */
import type { Refusal } from "../refusal.ts";
import type { Result } from "../vocabulary.ts";
import type { Demands } from "./demands.ts";
import { type Members, memberRefused, membersIn, vocabularyOf } from "./members.ts";
import { isModelName, MODEL_NAME_RULE } from "./model-name.ts";
import { elementsOf } from "./scan.ts";

interface Named {
  type: unknown;
  /** Null if the element names no model. */
  model: string | null;
}

const NAMED = vocabularyOf(["type", "model"]);

/** The models that tools name. Tools are read only if `demands` saw one that asks a model. */
export function toolModels(
  members: Members,
  { advisors, most }: Pick<Demands, "advisors" | "most">,
): Result<string[], Refusal> {
  if (advisors === 0 && most.images === undefined) return { ok: true, value: [] };
  const tools = modelsIn(members, "tools");
  if (!tools.ok) return tools;
  const asking = tools.value.filter(({ type }) => /^advisor_\d{8}$/.test(String(type)));
  // A tool may also be added in the middle of a conversation, but its model is not looked for there.
  if (asking.length < advisors) return memberRefused("tools", "a tool that asks another model must stand there");
  const drawing = tools.value.filter(({ type }) => type === "image_generation");
  return { ok: true, value: [...new Set([...asking, ...drawing].flatMap(({ model }) => model ?? []))] };
}

/** The elements of a list, each with the model that it names. */
export function modelsIn(members: Members, name: string): Result<Named[], Refusal> {
  const span = members.spans.get(name);
  const elements = span && elementsOf(members.bytes, span);
  if (elements === null) return memberRefused(name, "must be a list");
  const all: Named[] = [];
  for (const element of elements ?? []) {
    const inside = membersIn(members.bytes, element, NAMED, name);
    if (!inside.ok) return inside;
    const model = inside.value.value("model") ?? null;
    if (model !== null && (typeof model !== "string" || !isModelName(model)))
      return memberRefused(`${name}.model`, MODEL_NAME_RULE);
    all.push({ type: inside.value.value("type"), model });
  }
  return { ok: true, value: all };
}
