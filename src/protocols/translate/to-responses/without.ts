/** Parameters that an upstream refuses: how they leave a request, and what the client calls them. */
import { isObject } from "../../../ground/json.ts";
import type { Json } from "../hub.ts";

/**
 * What can be left out without a change of what is asked, and its name in the Messages API; null: nobody has asked for it. A form of the
 * answer, a tool or a limit on how tools are called is none of these.
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

/** A request for any JSON: OpenAI takes none whose conversation does not speak of JSON. */
export const ANY_JSON = "text.format=json_object";

/** The body without those members, and what they were to the client. A name may be of a member within a member. */
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
  // In its own place: the order of members stays.
  return Object.fromEntries(Object.entries(body).map(([member, old]) => [member, member === outer ? kept : old]));
}
