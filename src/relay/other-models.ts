/**
 * Models that a request names beside its own: such as stand in where that one declines, and such as its hosted tools ask.
 * They answer at the key's expense, so the key's rules and the reservation must know of them.
 */

import type { Demands } from "../protocols/demands.ts";
import { type Members, membersIn, vocabularyOf } from "../protocols/members.ts";
import { isModelName, MODEL_NAME_RULE } from "../protocols/model-name.ts";
import { elementsOf } from "../protocols/scan.ts";
import type { Refusal } from "../refusal.ts";
import type { Result } from "../vocabulary.ts";

interface Named {
  type: unknown;
  /** Null where it names none. */
  model: string | null;
}

const NAMED = vocabularyOf(["type", "model"]);
/** Anthropic takes fewer. */
const MOST_FALLBACKS = 16;

/** The names; null stands for a choice of the provider's. The tools are looked at only where `demands` saw one of these. */
export function otherModels(
  members: Members,
  { advisors, most }: Pick<Demands, "advisors" | "most">,
): Result<(string | null)[], Refusal> {
  // What a thread holds lies at the provider, for whoever knows its id.
  if ((members.value("thread") ?? null) !== null) return refused("thread", "threads are not served here");
  const fallbacks = fallbacksOf(members);
  if (!fallbacks.ok || (advisors === 0 && most.images === undefined)) return fallbacks;
  const tools = namedIn(members, "tools");
  if (!tools.ok) return tools;
  const asking = tools.value.filter(({ type }) => /^advisor_\d{8}$/.test(String(type)));
  // A tool can be added in the middle of a conversation too, where nobody looks for its model.
  if (asking.length < advisors) return refused("tools", "a tool that asks another model must stand there");
  const drawing = tools.value.filter(({ type }) => type === "image_generation");
  const models = [...asking, ...drawing].flatMap(({ model }) => model ?? []);
  return { ok: true, value: [...new Set([...fallbacks.value, ...models])] };
}

function fallbacksOf(members: Members): Result<(string | null)[], Refusal> {
  const name = "fallbacks";
  if (!members.has(name)) return { ok: true, value: [] };
  const whole = members.value(name);
  if (whole === null) return { ok: true, value: [] };
  if (whole === "default") return { ok: true, value: [null] };
  const entries = namedIn(members, name);
  if (!entries.ok) return entries;
  if (entries.value.length > MOST_FALLBACKS) return refused(name, "it is too long");
  return { ok: true, value: entries.value.map(({ model }) => model) };
}

/** The elements of a list, by what they name. */
function namedIn(members: Members, name: string): Result<Named[], Refusal> {
  const span = members.spans.get(name);
  const elements = span && elementsOf(members.bytes, span);
  if (elements === null) return refused(name, "must be a list");
  const all: Named[] = [];
  for (const element of elements ?? []) {
    const inside = membersIn(members.bytes, element, NAMED, name);
    if (!inside.ok) return inside;
    const model = inside.value.value("model") ?? null;
    if (model !== null && (typeof model !== "string" || !isModelName(model)))
      return refused(`${name}.model`, MODEL_NAME_RULE);
    all.push({ type: inside.value.value("type"), model });
  }
  return { ok: true, value: all };
}

function refused(member: string, detail: string): { ok: false; refusal: Refusal } {
  return { ok: false, refusal: { reason: "member_refused", member, detail } };
}
