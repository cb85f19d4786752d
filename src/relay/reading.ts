/** What an upstream's answer says it has used. */
import type { Reading } from "../protocols/meter.ts";
import { parsedValue, scanTopLevel } from "../protocols/scan.ts";
import { type Protocol, WIRE } from "../protocols/wire.ts";
import type { Usage } from "../vocabulary.ts";

/** What a whole answer in `protocol`, to a request for `path`, says it has used; only the members that say so are parsed. */
export function readingOf(protocol: Protocol, path: string, body: Uint8Array): Reading {
  const { USAGE_MEMBERS, readWhole, picturesIn } = WIRE[protocol];
  const scan = scanTopLevel(body, new Set(USAGE_MEMBERS));
  const values = scan.ok ? [...scan.members].map(([name, span]) => [name, parsedValue(body, span)]) : [];
  const reading = readWhole(Object.fromEntries(values));
  const images = picturesIn?.(path, body) ?? 0;
  return images > 0 ? { ...reading, usage: { ...reading.usage, images } } : reading;
}

/** How long to wait for the rest of a stream that nobody wants: its figures come right after the end of its text. */
const LONGEST_REST_MS = 1_000;

/** What a stream in `protocol` has used that nobody gets. Reads it to its end; never rejects. */
export async function usageOfRest(protocol: Protocol, stream: ReadableStream<Uint8Array>): Promise<Usage> {
  const meter = WIRE[protocol].streamMeter();
  const reader = stream.getReader();
  const timer = setTimeout(() => void reader.cancel().catch(() => undefined), LONGEST_REST_MS);
  try {
    for (let read = await reader.read(); !read.done; read = await reader.read()) meter.feed(read.value);
  } catch {
    // It broke: what came before has been read.
  } finally {
    clearTimeout(timer);
  }
  return meter.end().usage;
}
