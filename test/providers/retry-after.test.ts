import { describe, expect, test } from "vitest";
import { LONGEST_RESET_MS, retryAt, retryHint } from "../../src/providers/retry-after.ts";
import fc from "../fast-check.ts";

const NOW = Date.UTC(2026, 9, 14, 18);
const HOUR = 3_600_000;
const DAY = 24 * HOUR;

const inSeconds = (at: number | null, now = NOW) => (at === null ? null : (at - now) / 1000);
const read = (headers: Record<string, string>, body?: unknown, now = NOW) =>
  inSeconds(retryAt(new Headers(headers), body, now), now);
const unix = (ms: number) => String((NOW + ms) / 1000);
const iso = (ms: number) => new Date(NOW + ms).toISOString();
const unified = (values: Record<string, string>) =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [`anthropic-ratelimit-unified-${name}`, value]));
const details = (...list: object[]) => ({ error: { code: 429, status: "RESOURCE_EXHAUSTED", details: list } });
const retryInfo = (retryDelay: string) => ({ "@type": "type.googleapis.com/google.rpc.RetryInfo", retryDelay });
const perDay = {
  "@type": "type.googleapis.com/google.rpc.QuotaFailure",
  violations: [{ quotaId: "GenerateRequestsPerDayPerProjectPerModel" }],
};

describe("headers, in seconds from now", () => {
  test.each<[string, Record<string, string>, number | null]>([
    ["seconds", { "retry-after": "30" }, 30],
    ["parts of a second", { "retry-after": "0.5" }, 0.5],
    ["an HTTP date", { "retry-after": "Wed, 14 Oct 2026 18:01:00 GMT" }, 60],
    ["milliseconds before seconds", { "retry-after-ms": "1500", "retry-after": "2" }, 1.5],
    ["no wait", { "retry-after": "0" }, null],
    ["a date that is past", { "retry-after": "Wed, 14 Oct 2026 17:59:00 GMT" }, null],
    ["nine days", { "retry-after": String(9 * 86_400) }, null],
    ["a negative number", { "retry-after": "-5" }, null],
    ["words", { "retry-after": "soon 2027" }, null],
    ["nothing", {}, null],

    ["unix seconds", unified({ reset: unix(HOUR) }), 3600],
    ["unix milliseconds", unified({ reset: String(NOW + HOUR) }), 3600],
    ["ISO", unified({ reset: iso(HOUR) }), 3600],
    ["ISO with an offset", unified({ reset: "2026-10-14T20:00:00+01:00" }), 3600],
    ["rejected", unified({ status: "rejected", reset: unix(HOUR) }), 3600],
    ["allowed all the same", unified({ status: "allowed", reset: unix(HOUR) }), null],
    ["allowed by its windows", unified({ reset: unix(HOUR), "5h-status": "allowed" }), null],
    ["the rejected window", unified({ "5h-status": "rejected", "5h-reset": unix(HOUR), "7d-reset": unix(DAY) }), 3600],
    [
      "the longer of two rejected windows",
      unified({
        "5h-status": "rejected",
        "5h-reset": unix(HOUR),
        "7d-status": "rejected",
        "7d-reset": unix(2 * DAY),
      }),
      172_800,
    ],
    [
      "the account's window rather than a family's",
      unified({
        "5h-status": "rejected",
        "5h-reset": unix(HOUR),
        "7d_opus-status": "rejected",
        "7d_opus-reset": unix(2 * DAY),
      }),
      3600,
    ],
    ["a family's window", unified({ "7d_opus-status": "rejected", "7d_opus-reset": iso(2 * DAY) }), 172_800],
    [
      "a rejected window rather than a short wait",
      { ...unified({ "7d-status": "rejected", "7d-reset": unix(DAY) }), "retry-after": "60" },
      86_400,
    ],

    [
      "the exhausted dimensions",
      {
        "anthropic-ratelimit-requests-remaining": "0",
        "anthropic-ratelimit-requests-reset": iso(10_000),
        "anthropic-ratelimit-output-tokens-remaining": "0",
        "anthropic-ratelimit-output-tokens-reset": iso(40_000),
        "anthropic-ratelimit-input-tokens-remaining": "12",
        "anthropic-ratelimit-input-tokens-reset": iso(50_000),
      },
      40,
    ],
    [
      "the promised wait rather than a full bucket",
      {
        "retry-after": "3",
        "anthropic-ratelimit-tokens-remaining": "0",
        "anthropic-ratelimit-tokens-reset": iso(50_000),
      },
      3,
    ],
    ["a second", { "x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "1s" }, 1],
    ["minutes", { "x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "6m0s" }, 360],
    ["milliseconds", { "x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "20ms" }, 0.02],
    ["hours", { "x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "1h2m3.5s" }, 3723.5],
    ["Azure's seconds", { "x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "45" }, 45],
    ["Azure's unknown", { "x-ratelimit-remaining-tokens": "-1", "x-ratelimit-reset-tokens": "0" }, null],
    ["what is not exhausted", { "x-ratelimit-remaining-tokens": "5", "x-ratelimit-reset-tokens": "6m0s" }, null],
    ["OpenRouter", { "x-ratelimit-remaining": "0", "x-ratelimit-reset": String(NOW + 90_000) }, 90],
    ["not a duration", { "x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "6 minutes" }, null],

    [
      "Codex's spent window",
      {
        "x-codex-primary-used-percent": "100",
        "x-codex-primary-reset-after-seconds": "18000",
        "x-codex-secondary-used-percent": "40",
        "x-codex-secondary-reset-after-seconds": "500000",
      },
      18_000,
    ],
    [
      "Codex's spent week, by its date",
      { "x-codex-secondary-used-percent": "100.0", "x-codex-secondary-reset-at": unix(3 * DAY) },
      259_200,
    ],
  ])("%s", (_, headers, expected) => {
    expect(read(headers)).toBe(expected);
  });
});

describe("bodies, in seconds from now", () => {
  test.each<[string, unknown, number | null]>([
    ["RetryInfo", details(retryInfo("30s")), 30],
    ["RetryInfo below a second", details(retryInfo("0.5s")), 0.5],
    ["RetryInfo in a list", [details(retryInfo("7s"))], 7],
    ["RetryInfo of nothing", details(retryInfo("0s")), null],
    ["resets_in_seconds", { error: { type: "usage_limit_reached", resets_in_seconds: 90 } }, 90],
    ["resets_at", { error: { type: "usage_limit_reached", resets_at: NOW / 1000 + 120 } }, 120],
    ["a past resets_at", { error: { type: "usage_limit_reached", resets_at: NOW / 1000 - 5 } }, null],
    [
      "a quota's own date before its RetryInfo",
      details(
        { "@type": "type.googleapis.com/google.rpc.ErrorInfo", metadata: { quotaResetTimeStamp: iso(HOUR) } },
        retryInfo("3s"),
      ),
      3600,
    ],
    [
      "a quota's own delay",
      details({ "@type": "type.googleapis.com/google.rpc.ErrorInfo", metadata: { quotaResetDelay: "1h0m5s" } }),
      3605,
    ],
    ["null", null, null],
    ["a text", "429", null],
    ["wrong types", { error: { resets_at: {}, resets_in_seconds: "soon", details: [{ retryDelay: 5 }] } }, null],
  ])("%s", (_, body, expected) => {
    expect(read({}, body)).toBe(expected);
  });

  test.each([
    ["in summer", "2026-07-15T06:00:00Z", "2026-07-15T07:00:00Z"],
    ["in winter", "2026-12-15T12:00:00Z", "2026-12-16T08:00:00Z"],
    ["on the day that loses an hour", "2026-03-08T08:30:00Z", "2026-03-09T07:00:00Z"],
    ["on the day that gains one", "2026-11-01T07:30:00Z", "2026-11-02T08:00:00Z"],
  ])("a daily quota ends at midnight in California, %s", (_, now, midnight) => {
    expect(retryAt(new Headers(), details(perDay, retryInfo("22s")), Date.parse(now))).toBe(Date.parse(midnight));
  });
});

test("a hint is what is asked for now, not the end of a window", () => {
  const spent = unified({ "7d-status": "rejected", "7d-reset": unix(DAY), reset: unix(DAY) });
  expect(retryHint(new Headers(spent), null, NOW)).toBeNull();
  expect(inSeconds(retryHint(new Headers({ ...spent, "retry-after": "5" }), null, NOW))).toBe(5);
  expect(inSeconds(retryHint(new Headers(), details(retryInfo("2s")), NOW))).toBe(2);
});

test("whatever is sent, the answer is a moment ahead and within reach, or none", () => {
  const value = fc.oneof(
    fc.string({ unit: "grapheme-ascii" }).map((text) => text.replace(/[^ -~]/g, "")),
    fc.double().map(String),
    fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
    fc.constantFrom("1e9", "99999999999999999999", "Infinity", "NaN", "5d5d5d", "0x10"),
  );
  const name = fc.constantFrom(
    "retry-after",
    "retry-after-ms",
    "anthropic-ratelimit-unified-reset",
    "anthropic-ratelimit-unified-5h-status",
    "anthropic-ratelimit-unified-5h-reset",
    "x-ratelimit-remaining-tokens",
    "x-ratelimit-reset-tokens",
    "x-codex-primary-used-percent",
    "x-codex-primary-reset-at",
  );
  fc.assert(
    fc.property(fc.dictionary(name, value), fc.jsonValue(), (headers, error) => {
      const at = retryAt(new Headers(headers), { error }, NOW);
      if (at === null) return;
      expect(at).toBeGreaterThan(NOW);
      expect(at).toBeLessThanOrEqual(NOW + LONGEST_RESET_MS);
    }),
  );
});
