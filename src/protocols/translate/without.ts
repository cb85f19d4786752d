/** A request without the members that an upstream refuses. */
import { isObject } from "../../ground/json.ts";
import type { Json } from "./hub.ts";

/**
 * The body without the members at these paths, such as `temperature` and `output_config.effort`; `tools.strict` is that of each tool.
 * Calls `drop` for each member that was present.
 */
export function withoutMembers(body: Json, paths: readonly string[], drop: (path: string) => void): Json {
  let rest = body;
  for (const path of paths) {
    const changed = withoutPath(rest, path.split("."));
    if (changed !== rest) drop(path);
    rest = changed;
  }
  return rest;
}

/** The same value if it has no such member. */
function withoutPath(value: Json, [name = "", ...deeper]: string[]): Json {
  if (!Object.hasOwn(value, name)) return value;
  const inner = value[name];
  if (deeper.length === 0) return Object.fromEntries(Object.entries(value).filter(([each]) => each !== name));
  if (Array.isArray(inner)) {
    const changed = inner.map((each) => (isObject(each) ? withoutPath(each, deeper) : each));
    return changed.every((each, index) => each === inner[index]) ? value : { ...value, [name]: changed };
  }
  if (!isObject(inner)) return value;
  const changed = withoutPath(inner, deeper);
  if (changed === inner) return value;
  // An object that becomes empty would be refused too.
  return Object.keys(changed).length === 0 ? withoutPath(value, [name]) : { ...value, [name]: changed };
}
