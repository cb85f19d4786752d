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

export interface Named {
  type: unknown;
  /** Null if the element names no model. */
  model: string | null;
  /** The limit of the output and the speed that an entry of `fallbacks` has for its own turn. */
  limit: unknown;
  speed: unknown;
}

const NAMED = vocabularyOf(["type", "model", "max_tokens", "speed"]);
const QUOTE = 0x22;

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
  const brought = broughtTools(members);
  if (!brought.ok) return brought;
  const drawing = [...tools.value, ...brought.value].filter(({ type }) => type === "image_generation");
  return { ok: true, value: [...new Set([...asking, ...drawing].flatMap(({ model }) => model ?? []))] };
}

const BRINGING = vocabularyOf(["tools"]);

/** The tools that items of a Responses request's input bring along (`additional_tools`, `tool_search_output`). */
function broughtTools({ bytes, spans }: Members): Result<Named[], Refusal> {
  const input = spans.get("input");
  const all: Named[] = [];
  if (!input || bytes[input.start] === QUOTE) return { ok: true, value: all };
  const items = elementsOf(bytes, input);
  if (items === null) return memberRefused("input", "must be a text or a list");
  for (const item of items) {
    const inside = membersIn(bytes, item, BRINGING, "input");
    const tools = inside.ok ? modelsIn(inside.value, "tools") : inside;
    if (!tools.ok) return tools;
    all.push(...tools.value);
  }
  return { ok: true, value: all };
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
    const said = (member: string) => inside.value.value(member);
    all.push({ type: said("type"), model, limit: said("max_tokens"), speed: said("speed") });
  }
  return { ok: true, value: all };
}
