/**
 * What is billed by the piece and not in tokens: images, spoken characters, seconds of transcribed sound. Finds how many a
 * request asks for, and how many images an answer holds. A provider that bills the same in tokens says so in its usage, and then
 * nothing here is counted.
 */
import { array } from "../../ground/json.ts";
import { imageModeOf } from "../../pricing/cost.ts";
import { NO_PIECES, type Pieces } from "../peek.ts";
import { parsedValue, scanTopLevel } from "../scan.ts";

/** OpenAI makes at most ten pictures at once. */
const PICTURES_MAX = 10;
/** Sound is uploaded compressed, at about 64 kbit a second. Used where no answer says how long the sound was. */
const SOUND_BYTES_PER_SECOND = 8_000;

/** What a request to `path` asks for. `value` returns a member of the body, or a form's field as text. */
export function piecesOf(path: string, value: (name: string) => unknown, bodyBytes: number): Pieces {
  if (/\/images\/\w+$/.test(path)) {
    const asked = Math.floor(Number(value("n") ?? 1)) || 1;
    const images = Math.min(Math.max(1, asked), PICTURES_MAX);
    return { asked: { images }, mode: imageModeOf(value("size"), value("quality")) };
  }
  if (path.endsWith("/audio/speech")) {
    const text = value("input");
    // A character takes at least one byte. So the size of the body is the bound for a text that is too long to be read.
    return { asked: { characters: typeof text === "string" ? [...text].length : bodyBytes }, mode: "standard" };
  }
  if (/\/audio\/\w+$/.test(path)) {
    return { asked: { seconds: Math.ceil(bodyBytes / SOUND_BYTES_PER_SECOND) }, mode: "standard" };
  }
  return NO_PIECES;
}

const DATA = new Set(["data"]);

/** How many pictures a whole answer holds. */
export function picturesIn(path: string, body: Uint8Array): number {
  if (!/\/images\/\w+$/.test(path)) return 0;
  const scan = scanTopLevel(body, DATA);
  return scan.ok ? array(parsedValue(body, scan.members.get("data"))).length : 0;
}
