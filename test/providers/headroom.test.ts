import { expect, test } from "vitest";
import { headroomOf, usedAt } from "../../src/providers/headroom.ts";

const NOW = Date.UTC(2026, 9, 14, 18);
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const unix = (ms: number) => String((NOW + ms) / 1000);
const unified = (values: Record<string, string>) =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [`anthropic-ratelimit-unified-${name}`, value]));

test.each<[string, Record<string, string>, [used: number, status: string | null, endsIn: number] | null]>([
  ["nothing", { "content-type": "application/json" }, null],
  [
    "the fuller of the subscription's windows",
    unified({
      status: "allowed",
      "5h-utilization": "0.26",
      "5h-reset": unix(2 * HOUR),
      "7d-utilization": "0.7370692663445869",
      "7d-reset": unix(90 * HOUR),
    }),
    [0.7370692663445869, "allowed", 90 * HOUR],
  ],
  [
    "a warning",
    unified({ status: "allowed_warning", "5h-utilization": "0.9", "5h-reset": unix(HOUR) }),
    [0.9, "warning", HOUR],
  ],
  [
    "overage",
    unified({ "5h-status": "rejected", "5h-utilization": "1.01", "5h-reset": unix(HOUR) }),
    [1, "rejected", HOUR],
  ],
  [
    "one family's window, which is not the account's",
    unified({
      status: "rejected",
      "5h-status": "allowed",
      "5h-utilization": "0.2",
      "5h-reset": unix(HOUR),
      "7d_opus-status": "rejected",
      "7d_opus-utilization": "1",
      "7d_opus-reset": unix(90 * HOUR),
    }),
    [0.2, "allowed", HOUR],
  ],
  ["a verdict alone", unified({ status: "rejected" }), [1, "rejected", MINUTE]],
  ["a window without an end", unified({ "5h-utilization": "0.4" }), [0.4, null, MINUTE]],
  [
    "Anthropic's tightest dimension",
    {
      "anthropic-ratelimit-requests-limit": "50",
      "anthropic-ratelimit-requests-remaining": "49",
      "anthropic-ratelimit-requests-reset": "2026-10-14T18:00:01Z",
      "anthropic-ratelimit-output-tokens-limit": "8000",
      "anthropic-ratelimit-output-tokens-remaining": "2000",
      "anthropic-ratelimit-output-tokens-reset": "2026-10-14T18:01:00Z",
    },
    [0.75, null, MINUTE],
  ],
  [
    "OpenAI's",
    {
      "x-ratelimit-limit-requests": "5000",
      "x-ratelimit-remaining-requests": "4999",
      "x-ratelimit-reset-requests": "12ms",
      "x-ratelimit-limit-tokens": "160000",
      "x-ratelimit-remaining-tokens": "80000",
      "x-ratelimit-reset-tokens": "30s",
    },
    [0.5, null, 30_000],
  ],
  [
    "Azure's unknown",
    { "x-ratelimit-limit-tokens": "-1", "x-ratelimit-remaining-tokens": "-1", "x-ratelimit-reset-tokens": "0" },
    null,
  ],
  ["a limit of nothing", { "x-ratelimit-limit-tokens": "0", "x-ratelimit-remaining-tokens": "0" }, null],
  [
    "more left than there is",
    { "x-ratelimit-limit-tokens": "10", "x-ratelimit-remaining-tokens": "20", "x-ratelimit-reset-tokens": "1s" },
    [0, null, 1000],
  ],
  [
    "Codex's windows, of which a plan may have one",
    {
      "x-codex-primary-used-percent": "27",
      "x-codex-primary-window-minutes": "300",
      "x-codex-primary-reset-after-seconds": "3600",
      "x-codex-secondary-used-percent": "100",
      "x-codex-secondary-window-minutes": "0",
    },
    [0.27, null, HOUR],
  ],
  ["garbage", { ...unified({ "5h-utilization": "much" }), "x-codex-primary-used-percent": "NaN" }, null],
])("reads %s", (_, headers, expected) => {
  const headroom = headroomOf(new Headers(headers), NOW);
  expect(headroom && [headroom.used, headroom.status, headroom.resetsAt - NOW]).toEqual(expected);
});

test("what is unknown or has started over counts as unused", () => {
  const headroom = headroomOf(new Headers(unified({ "5h-utilization": "0.9", "5h-reset": unix(HOUR) })), NOW);
  expect(usedAt(headroom, NOW)).toBe(0.9);
  expect(usedAt(headroom, NOW + HOUR - 1)).toBe(0.9);
  expect(usedAt(headroom, NOW + HOUR)).toBe(0);
  expect(usedAt(null, NOW)).toBe(0);
});
