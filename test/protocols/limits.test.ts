/** What a key holder is told of the key's limits, as the clients read it. */
import { describe, expect, test } from "vitest";
import type { Allowance } from "../../src/ground/allowance.ts";
import { WIRE } from "../../src/protocols/wire.ts";

const NOW = Date.UTC(2026, 10, 26, 12);
const IN_AN_HOUR = NOW + 3_600_000;

function daily(used: number): Allowance {
  return { of: "daily_cost", limit: 1000, used, resetAt: IN_AN_HOUR };
}

describe("for Claude Code", () => {
  const unified = (allowances: Allowance[], name: string) =>
    WIRE.anthropic.limits.used(allowances, NOW)[`anthropic-ratelimit-unified-${name}`];

  test("a key without limits says nothing", () => {
    expect(WIRE.anthropic.limits.used([], NOW)).toEqual({});
    expect(WIRE.responses.limits.used([], NOW)).toEqual({});
  });

  test.each([
    [740, "allowed", undefined],
    [750, "allowed_warning", "0.75"],
    [949, "allowed_warning", "0.75"],
    [950, "allowed_warning", "0.95"],
  ])("%i of 1000 is %s, past the threshold %s", (used, status, passed) => {
    expect(unified([daily(used)], "status")).toBe(status);
    expect(unified([daily(used)], "overage-status")).toBe(status);
    expect(unified([daily(used)], "overage-surpassed-threshold")).toBe(passed);
  });

  test("of several limits the fullest is told, with its own reset", () => {
    const week: Allowance = { of: "weekly_cost", limit: 100, used: 90, resetAt: IN_AN_HOUR + 86_400_000 };
    const headers = [daily(100), week, { ...daily(0), of: "window_cost" } as Allowance];
    expect(unified(headers, "overage-utilization")).toBe("0.90");
    expect(unified(headers, "reset")).toBe(String((IN_AN_HOUR + 86_400_000) / 1000));
    expect(unified(headers, "overage-reset")).toBe(unified(headers, "reset"));
    expect(unified(headers, "representative-claim")).toBe("overage");
  });

  test("what is still admitted is never told as used up, and what never resets has no reset", () => {
    const total: Allowance = { of: "total_cost", limit: 100, used: 130, resetAt: null };
    expect(unified([total], "overage-utilization")).toBe("0.99");
    expect(unified([total], "reset")).toBeUndefined();
  });
});

test("windows of requests and tokens are told in the API's own headers", () => {
  const windows: Allowance[] = [
    { of: "window_requests", limit: 50, used: 8, resetAt: IN_AN_HOUR },
    { of: "window_tokens", limit: 1000, used: 1200, resetAt: NOW + 59_500 },
  ];
  expect(WIRE.chat.limits.used(windows, NOW)).toEqual({
    "x-ratelimit-limit-requests": "50",
    "x-ratelimit-remaining-requests": "42",
    "x-ratelimit-reset-requests": "60m0s",
    "x-ratelimit-limit-tokens": "1000",
    "x-ratelimit-remaining-tokens": "0",
    "x-ratelimit-reset-tokens": "1m0s",
  });
  expect(WIRE.anthropic.limits.used(windows, NOW)).toMatchObject({
    "anthropic-ratelimit-requests-remaining": "42",
    "anthropic-ratelimit-requests-reset": "2026-11-26T13:00:00.000Z",
  });
});

test("Codex gets the share of the fullest limit and when it starts over", () => {
  expect(WIRE.responses.limits.used([daily(800)], NOW)).toEqual({
    "x-codex-primary-used-percent": "80",
    "x-codex-primary-window-minutes": "1440",
    "x-codex-primary-reset-at": String(IN_AN_HOUR / 1000),
  });
});
