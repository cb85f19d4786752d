/**
 * Usage of Chat streams whose client did not ask for it. Without asking, the upstream never says what was used, and
 * the whole input would go unbooked; so the relay asks, and takes the additional chunk out again. The price is
 * JavaScript per chunk for these clients (see rewrite.ts); a client that asks for usage itself is piped natively.
 */

import { object } from "../json.ts";
import { parsedValue, scanTopLevel, splice } from "../scan.ts";
import type { EventChange } from "./rewrite.ts";

const STREAM_OPTIONS = new Set(["stream_options"]);

/** The body with `stream_options.include_usage` set. It must be one whose client asks for no usage. */
export function askForUsage(body: Uint8Array): Uint8Array {
  const scan = scanTopLevel(body, STREAM_OPTIONS);
  const at = scan.ok ? scan.members.get("stream_options") : undefined;
  const value = { ...object(parsedValue(body, at)), include_usage: true };
  if (at) return splice(body, at, value);
  // Right behind the opening brace, the one place that is the same in every body; a body has members, so a comma fits.
  const brace = body.indexOf(0x7b);
  const member = new TextEncoder().encode(`"stream_options":${JSON.stringify(value)},`);
  const extended = new Uint8Array(body.length + member.length);
  extended.set(body.subarray(0, brace + 1));
  extended.set(member, brace + 1);
  extended.set(body.subarray(brace + 1), brace + 1 + member.length);
  return extended;
}

/** Drops the chunk that carries nothing but usage, and passes everything else. */
export const WITHOUT_USAGE: EventChange = {
  whole: (event) => (isUsageChunk(event) ? "" : event),
  // No chunk of usage alone is that long.
  around: () => null,
};

function isUsageChunk(event: string): boolean {
  if (!/"usage"\s*:\s*\{/.test(event)) return false;
  const data = event.match(/^data:(.*)$/m)?.[1];
  try {
    const chunk = object(JSON.parse(data ?? ""));
    return chunk !== undefined && Array.isArray(chunk.choices) && chunk.choices.length === 0;
  } catch {
    return false;
  }
}
