import { describe, expect, it } from "vitest";
import { type ErrorState, errorIn } from "../../../scripts/start/worker-errors.ts";

function shown(lines: string[]): string[] {
  let state: ErrorState = { inside: false };
  const show: string[] = [];
  for (const line of lines) {
    const found = errorIn(state, line);
    state = found.state;
    if (found.show !== null) show.push(found.show);
  }
  return show;
}

describe("errors in wrangler's output", () => {
  it("shows an exception with its stack, and nothing around it", () => {
    const lines = [
      "[wrangler:info] GET /health 200 OK (2ms)",
      "[wrangler:error] Error: boom",
      "    at Object.fetch (worker.ts:7:38)",
      "[wrangler:info] GET /throw 500 Internal Server Error (11ms)",
      "    indented output of the Worker",
    ];
    expect(shown(lines)).toEqual(["Worker error: Error: boom", "    at Object.fetch (worker.ts:7:38)"]);
  });

  it("shows console.error whatever its colours, and not console.warn", () => {
    const lines = [
      "\x1b[31m✘ \x1b[41;31m[\x1b[41;97mERROR\x1b[41;31m]\x1b[0m \x1b[1mbroken\x1b[0m",
      "",
      "      at Object.fetch (worker.ts:8:90)",
      "",
      "\x1b[33m▲ \x1b[43;33m[\x1b[43;30mWARNING\x1b[43;33m]\x1b[0m \x1b[1mcareful\x1b[0m",
      "  more of the warning",
    ];
    expect(shown(lines)).toEqual(["Worker error: broken", "      at Object.fetch (worker.ts:8:90)"]);
  });
});
