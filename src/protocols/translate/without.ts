/** A request without members that an upstream refuses. */
import { isObject } from "../../ground/json.ts";
import type { Json } from "./hub.ts";

/**
 * The body without the members at these paths: `temperature`, `output_config.effort`; `tools.strict` is that of each tool. Each
 * that was there is given to `drop`.
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

/** The value itself where there is no such member. */
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
  // What has nothing left to say is refused as well.
  return Object.keys(changed).length === 0 ? withoutPath(value, [name]) : { ...value, [name]: changed };
}
