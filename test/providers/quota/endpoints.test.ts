/** What providers say of an account's quota where they are asked for it by itself, in the forms that they really answer. */
import { expect, test } from "vitest";
import { kindOf } from "../../../src/providers/kinds.ts";
import { usageIn } from "../../../src/providers/quota/claude-usage.ts";
import { bucketsIn } from "../../../src/providers/quota/code-assist.ts";
import type { QuotaReading } from "../../../src/providers/quota/windows.ts";

const NOW = Date.parse("2026-01-02T18:00:00Z");
const told = (reading: QuotaReading | null) =>
  reading?.windows.map(({ name, scope, used, status, resetsAt }) => [
    name,
    scope,
    used === null ? null : Number(used.toFixed(4)),
    status,
    resetsAt && new Date(resetsAt).toISOString(),
  ]);

test("Anthropic's usage is in percent; what the plan does not have is null, and names no window", () => {
  const usage = {
    five_hour: { utilization: 24.0, resets_at: "2026-01-02T19:59:59.600956+00:00" },
    seven_day: { utilization: 36.0, resets_at: "2026-01-08T06:59:59.600974+00:00" },
    seven_day_sonnet: { utilization: 1.0, resets_at: "2026-01-08T14:59:59.600981+00:00" },
    seven_day_opus: null,
    seven_day_oauth_apps: null,
    iguana_necktie: null,
    extra_usage: { is_enabled: false, monthly_limit: null, used_credits: null, utilization: null },
  };
  expect(told(usageIn(usage, NOW))).toEqual([
    ["5h", null, 0.24, null, "2026-01-02T19:59:59.600Z"],
    ["7d", null, 0.36, null, "2026-01-08T06:59:59.600Z"],
    ["7d_sonnet", "sonnet", 0.01, null, "2026-01-08T14:59:59.600Z"],
    ["overage", "overage", null, "rejected", null],
  ]);
  expect(usageIn(usage, NOW)?.windows[0]).toMatchObject({ source: "oauth/usage", readAt: NOW });
});

test("a window that has not begun has no end, and extra usage that is on has a share", () => {
  const usage = {
    five_hour: { utilization: 0.0, resets_at: null },
    extra_usage: { is_enabled: true, monthly_limit: 10_000, used_credits: 500, utilization: 5 },
  };
  expect(told(usageIn(usage, NOW))).toEqual([
    ["5h", null, 0, null, null],
    ["overage", "overage", 0.05, "allowed", null],
  ]);
});

test("an answer of another form holds no figures", () => {
  for (const answer of [undefined, null, [], "x", {}, { error: { type: "permission_error", message: "no" } }]) {
    expect([usageIn(answer, NOW), bucketsIn(answer, NOW)]).toEqual([null, null]);
  }
  expect(usageIn({ five_hour: { utilization: "much" }, extra_usage: { is_enabled: true } }, NOW)).toBeNull();
  expect(bucketsIn({ buckets: [{ modelId: "gemini-2.5-pro" }, null, { remainingFraction: 1 }] }, NOW)).toBeNull();
});

test("Google's buckets are one for each model, and say what is left of it", () => {
  const answer = {
    buckets: [
      { resetTime: "2026-01-03T10:52:51Z", tokenType: "REQUESTS", modelId: "gemini-2.5-pro", remainingFraction: 0.25 },
      {
        resetTime: "2026-01-03T10:52:51Z",
        modelId: "gemini-2.5-flash",
        remainingAmount: "500",
        remainingFraction: 0.5,
      },
      { resetTime: "2026-01-03T10:52:51Z", tokenType: "TOKENS", modelId: "gemini-2.5-flash", remainingFraction: 1 },
    ],
  };
  expect(told(bucketsIn(answer, NOW))).toEqual([
    ["gemini-2.5-pro", "gemini-2.5-pro", 0.75, null, "2026-01-03T10:52:51.000Z"],
    ["gemini-2.5-flash", "gemini-2.5-flash", 0.5, null, "2026-01-03T10:52:51.000Z"],
    ["gemini-2.5-flash_tokens", "gemini-2.5-flash", 0, null, "2026-01-03T10:52:51.000Z"],
  ]);
});

test("a sign-in asks at its own address under its token, and a setup token, which may not, asks nothing", () => {
  const credential = { type: "oauth", access: "at-1", expiresAt: 0, version: 1, project: null } as const;
  expect(kindOf("anthropic", "oauth")?.quota?.request("https://api.anthropic.com", credential)).toEqual({
    method: "GET",
    url: "https://api.anthropic.com/api/oauth/usage",
    headers: { accept: "application/json", "anthropic-beta": "oauth-2025-04-20", authorization: "Bearer at-1" },
    body: null,
  });
  expect(kindOf("anthropic", "setup-token")?.quota).toBeUndefined();
  const google = kindOf("gemini", "code-assist")?.quota;
  expect(google?.request("https://cloudcode-pa.googleapis.com", { ...credential, project: "project-1" })).toEqual({
    method: "POST",
    url: "https://cloudcode-pa.googleapis.com/v1internal:retrieveUserQuota",
    headers: { "content-type": "application/json", authorization: "Bearer at-1" },
    body: '{"project":"project-1"}',
  });
  expect(google?.request("https://cloudcode-pa.googleapis.com", credential)).toBeNull();
});
