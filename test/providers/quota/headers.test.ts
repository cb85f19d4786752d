import { expect, test } from "vitest";
import { claimedWindow } from "../../../src/providers/quota/claude-claims.ts";
import { quotaIn } from "../../../src/providers/quota/headers.ts";
import { afterReading, tightestWindow, usedAt } from "../../../src/providers/quota/windows.ts";

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
])("ranks an account by %s", (_, headers, expected) => {
  const reading = quotaIn(new Headers(headers), NOW);
  const tightest = tightestWindow(reading && { ...reading, asked: null }, null, NOW);
  const end = tightest && (tightest.resetsAt ?? tightest.readAt + MINUTE);
  expect(tightest && [usedAt(tightest, NOW), tightest.status, (end ?? 0) - NOW]).toEqual(expected);
});

/** What an answer says, as `name scope used status reason minutes`. */
function windowsIn(headers: Record<string, string>) {
  const reading = quotaIn(new Headers(headers), NOW);
  return reading?.windows.map(({ name, scope, used, status, reason, resetsAt, source, readAt }) => {
    expect([source, readAt]).toEqual(["headers", NOW]);
    return [name, scope, used, status, reason, resetsAt && (resetsAt - NOW) / MINUTE];
  });
}

/** A refusal as it was recorded: only what is beyond the subscription, and the models that count as such, are closed. */
const REFUSED = unified({
  "5h-reset": unix(2 * HOUR),
  "5h-status": "allowed",
  "5h-utilization": "0.0",
  "7d-reset": unix(16 * HOUR),
  "7d-status": "allowed_warning",
  "7d-surpassed-threshold": "0.75",
  "7d-utilization": "0.94",
  "7d_oi-reset": unix(16 * HOUR),
  "7d_oi-status": "rejected",
  "7d_oi-surpassed-threshold": "1.0",
  "7d_oi-utilization": "1.0",
  "fallback-percentage": "0.5",
  "overage-disabled-reason": "org_level_disabled",
  "overage-status": "rejected",
  "representative-claim": "seven_day_overage_included",
  reset: unix(16 * HOUR),
  status: "rejected",
});

test("a Claude subscription's windows, what is beyond it, and the one that decides, are read from one answer", () => {
  expect(windowsIn(REFUSED)).toEqual([
    ["5h", null, 0, "allowed", null, 120],
    ["7d", null, 0.94, "warning", null, 960],
    ["7d_oi", "oi", 1, "rejected", null, 960],
    ["overage", "overage", null, "rejected", "org_level_disabled", null],
  ]);
  expect(quotaIn(new Headers(REFUSED), NOW)?.deciding).toBe("7d_oi");
  const claimed = (claim: string) =>
    quotaIn(new Headers({ ...REFUSED, ...unified({ "representative-claim": claim }) }), NOW)?.deciding;
  expect(["five_hour", "seven_day", "seven_day_opus", "overage", "something else"].map(claimed)).toEqual([
    "5h",
    "7d",
    "7d_opus",
    "overage",
    null,
  ]);
});

test("a verdict that comes without any window is forgotten with the next answer that has one", () => {
  const verdict = quotaIn(new Headers(unified({ status: "rejected", reset: unix(90 * HOUR) })), NOW);
  const next = quotaIn(new Headers(unified({ "5h-utilization": "0.1", "5h-reset": unix(HOUR) })), NOW);
  if (!verdict || !next) throw new Error("Nothing was read");
  const after = afterReading(afterReading(null, verdict, NOW), next, NOW);
  expect(after.windows.map(({ name }) => name)).toEqual(["5h"]);
});

test("a burst that is refused uses up no window, and is forgotten within a minute", () => {
  const burst = unified({ status: "rejected", reset: unix(HOUR), "5h-utilization": "0.3", "5h-reset": unix(HOUR) });
  const reading = quotaIn(new Headers(burst), NOW);
  if (!reading) throw new Error("Nothing was read");
  const tightest = (at: number) => tightestWindow(afterReading(null, reading, NOW), null, at)?.name;
  expect([tightest(NOW), tightest(NOW + MINUTE)]).toEqual(["unified", "5h"]);
});

test("names that no provider gives are not kept", () => {
  const long = "x".repeat(41);
  expect(windowsIn(unified({ [`7d_${long}-utilization`]: "1" }))).toBeUndefined();
  expect(claimedWindow(`seven_day_${long}`)).toBeNull();
});

test("a reason that is no identifier is not repeated, and a month's end is one", () => {
  const headers = unified({
    "overage-status": "allowed",
    "overage-disabled-reason": "see <b>",
    "overage-utilization": "0.2",
  });
  const month = unified({ "overage-reset": unix(30 * 24 * HOUR) });
  expect(windowsIn({ ...headers, ...month })).toEqual([["overage", "overage", 0.2, "allowed", null, 30 * 24 * 60]]);
});

test("Codex's windows are named by their length, and those of a model with a limit of its own by that too", () => {
  expect(
    windowsIn({
      "x-codex-primary-used-percent": "42.5",
      "x-codex-primary-window-minutes": "300",
      "x-codex-primary-reset-at": unix(HOUR),
      "x-codex-secondary-used-percent": "13",
      "x-codex-secondary-window-minutes": "10080",
      "x-codex-secondary-reset-after-seconds": "7200",
      "x-codex-bengalfox-primary-used-percent": "100",
      "x-codex-bengalfox-primary-window-minutes": "300",
      "x-codex-bengalfox-primary-reset-at": unix(HOUR),
      "x-codex-bengalfox-limit-name": "GPT-5.3-Codex-Spark",
      "x-codex-credits-has-credits": "true",
    }),
  ).toEqual([
    ["5h_bengalfox", "bengalfox", 1, null, null, 60],
    ["5h", null, 0.425, null, null, 60],
    ["7d", null, 0.13, null, null, 120],
  ]);
  const month = { "x-codex-primary-used-percent": "5", "x-codex-primary-window-minutes": "43200" };
  expect(windowsIn({ ...month, "x-codex-primary-reset-after-seconds": "2500000" })).toEqual([
    ["30d", null, 0.05, null, null, 2_500_000 / 60],
  ]);
  expect(windowsIn({ "x-codex-secondary-used-percent": "5", "x-codex-secondary-window-minutes": "90" })).toEqual([
    ["90m", null, 0.05, null, null, null],
  ]);
  expect(windowsIn({ "x-codex-primary-used-percent": "5" })).toEqual([["primary", null, 0.05, null, null, null]]);
});
