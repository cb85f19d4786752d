/** The arguments of a call, which the formats of OpenAI have as JSON in a string. */
import { object, parse } from "../../ground/json.ts";
import { stringEnd } from "../json.ts";
import type { Json } from "./hub.ts";

/** As deep as a body may nest: of some thousand levels there are objects that the runtime does not write as JSON. */
const MAX_DEPTH = 1_000;

/** The arguments that are written in `json`: none where it is blank, null where it is no JSON object. */
export function argumentsIn(json: string): Json | null {
  if (!/\S/.test(json)) return {};
  return nestsWithin(json, MAX_DEPTH) ? (object(parse(json)) ?? null) : null;
}

function nestsWithin(json: string, most: number): boolean {
  // Each level takes two characters.
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
