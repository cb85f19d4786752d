/** Parameters that an upstream refuses: how they are removed from a request, and the client's names for them. */
import { isObject } from "../../../ground/json.ts";
import type { Json } from "../hub.ts";

/**
 * Members that can be left out without changing what is asked, with their names in the Messages API; null if the client cannot ask for
 * it. The form of the answer, a tool, or a limit on how tools are called is not among them.
 */
export const REMOVABLE: ReadonlyMap<string, string | null> = new Map([
  ["temperature", "temperature"],
  ["top_p", "top_p"],
  ["max_output_tokens", "max_tokens"],
  ["max_tool_calls", "tools.max_uses"],
  ["parallel_tool_calls", "tool_choice.disable_parallel_tool_use"],
  ["reasoning.effort", "output_config.effort"],
  ["reasoning.summary", "thinking.display"],
  ["reasoning", "thinking"],
  ["include", null],
  ["text.verbosity", "verbosity"],
  ["prompt_cache_key", null],
  ["safety_identifier", "metadata.user_id"],
  ["store", null],
]);

/** A request for any JSON. OpenAI refuses it if the conversation does not mention JSON. */
export const ANY_JSON = "text.format=json_object";

/** The body without those members, and the client's names for them. A name may be that of a nested member. */
export function withoutMembers(body: Json, names: readonly string[]): { body: Json; dropped: string[] } {
  const dropped: string[] = [];
  let left = body;
  for (const name of names) {
    if (!hasMember(left, name)) continue;
    left = leftOut(left, name);
    const asked = REMOVABLE.get(name);
    if (asked) dropped.push(asked);
  }
  return { body: left, dropped };
}

export function hasMember(body: Json, name: string): boolean {
  const [outer = "", inner] = name.split(".");
  if (!Object.hasOwn(body, outer)) return false;
  const value = body[outer];
  return inner === undefined || (isObject(value) && Object.hasOwn(value, inner));
}

function leftOut(body: Json, name: string): Json {
  const [outer = "", inner] = name.split(".");
  const { [outer]: value, ...rest } = body;
  if (inner === undefined || !isObject(value)) return rest;
  const { [inner]: _, ...kept } = value;
  if (Object.keys(kept).length === 0) return rest;
  // Replaced in its own place, so that the order of members stays.
  return Object.fromEntries(Object.entries(body).map(([member, old]) => [member, member === outer ? kept : old]));
}
