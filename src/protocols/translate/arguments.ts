/** The arguments of a call. OpenAI's formats have them as JSON in a string. */
import { object, parse } from "../../ground/json.ts";
import { stringEnd } from "../json.ts";
import type { Json } from "./hub.ts";

/** The depth to which a body may nest. Beyond some thousand levels the runtime cannot write an object as JSON. */
const MAX_DEPTH = 1_000;

/** The arguments that are written in `json`: an empty object if it is blank, null if it is no JSON object. */
export function argumentsIn(json: string): Json | null {
  if (!/\S/.test(json)) return {};
  return nestsWithin(json, MAX_DEPTH) ? (object(parse(json)) ?? null) : null;
}

function nestsWithin(json: string, most: number): boolean {
  // Each level takes at least two characters.
  if (json.length < 2 * most) return true;
  let depth = 0;
  for (let at = 0; at < json.length; at++) {
    switch (json[at]) {
      case '"': {
        const end = stringEnd(json, at + 1);
        if (end < 0) return true;
        at = end;
        break;
      }
      case "{":
      case "[":
        if (++depth > most) return false;
        break;
      case "}":
      case "]":
        depth--;
        break;
    }
  }
  return true;
}
