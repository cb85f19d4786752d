import { env } from "cloudflare:workers";
import { afterEach, expect, it, vi } from "vitest";
import { record } from "../src/events.ts";

const before = env.LOG_LEVEL;
afterEach(() => {
  env.LOG_LEVEL = before;
  vi.restoreAllMocks();
});

/** What is written of one event of each level. */
function written(level: string): string[] {
  env.LOG_LEVEL = level;
  const lines: string[] = [];
  for (const method of ["error", "warn", "info", "debug"] as const) {
    vi.spyOn(console, method).mockImplementation((line: string) => void lines.push(line));
  }
  record({ event: "weak_secret", problem: "too short" });
  record({ event: "lease_lapsed", request: "request-1" });
  record({ event: "scheduled_tests_done", tested: 2, failed: 0 });
  return lines.map((line) => JSON.parse(line).event);
}

it.each([
  ["none", []],
  ["error", ["weak_secret"]],
  ["warn", ["weak_secret", "lease_lapsed"]],
  ["info", ["weak_secret", "lease_lapsed", "scheduled_tests_done"]],
  ["debug", ["weak_secret", "lease_lapsed", "scheduled_tests_done"]],
  ["anything else", ["weak_secret", "lease_lapsed", "scheduled_tests_done"]],
])("LOG_LEVEL %s writes %j", (level, events) => {
  expect(written(level)).toEqual(events);
});

it("writes one line of JSON that names the level, the ids and what an error says", () => {
  const line = vi.spyOn(console, "error").mockImplementation(() => undefined);
  record({ event: "gate_unreachable", key: "key-1", error: new Error("moved\nelsewhere") });
  expect(line).toHaveBeenCalledOnce();
  const text = String(line.mock.calls[0]?.[0]);
  expect(text).not.toContain("\n");
  expect(JSON.parse(text)).toEqual({
    level: "error",
    event: "gate_unreachable",
    key: "key-1",
    error: "Error: moved\nelsewhere",
  });
});
