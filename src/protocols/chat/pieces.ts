/**
 * What is bought by the piece and not in tokens: pictures, characters spoken, seconds of sound written down. How many a
 * request asks for, and how many pictures an answer holds. Providers that bill the same in tokens say so in their usage,
 * and then nothing here counts.
 */
import { array } from "../../ground/json.ts";
import { imageModeOf } from "../../pricing/cost.ts";
import { NO_PIECES, type Pieces } from "../peek.ts";
import { parsedValue, scanTopLevel } from "../scan.ts";

/** OpenAI makes at most ten pictures at once. */
const PICTURES_MAX = 10;
/** Sound is uploaded compressed, at some 64 kbit a second. For where no answer says how long it was. */
const SOUND_BYTES_PER_SECOND = 8_000;

/** What a request to `path` asks for; `value` gives its members, or its form's fields as text. */
export function piecesOf(path: string, value: (name: string) => unknown, bodyBytes: number): Pieces {
  if (/\/images\/\w+$/.test(path)) {
    const asked = Math.floor(Number(value("n") ?? 1)) || 1;
    const images = Math.min(Math.max(1, asked), PICTURES_MAX);
    return { asked: { images }, mode: imageModeOf(value("size"), value("quality")) };
  }
  if (path.endsWith("/audio/speech")) {
    const text = value("input");
    // No character takes less than a byte, of a text that is too long to be read.
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
