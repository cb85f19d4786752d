/** Every limit in every wire format: the status, the envelope and the retry hint that its clients go by. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Protocol } from "../../src/protocols/wire.ts";
import * as chat from "./chat.ts";
import * as gemini from "./gemini.ts";
import { wholeMessage } from "./messages.ts";
import { RelayUnderTest } from "./relay-under-test.ts";
import * as responses from "./responses.ts";

const relay = new RelayUnderTest();
beforeAll(async () => {
  await relay.start();
  const { items } = await relay.admin<{ items: { base_url: string }[] }>("GET", "/admin/accounts");
  const base = items[0]?.base_url ?? "";
  for (const [platform, tail] of [
    ["openai", "/v1"],
    ["gemini", ""],
  ] as const) {
    const account = { name: platform, platform, kind: "api-key", base_url: `${base}${tail}`, api_key: "sk-x" };
    await relay.admin("POST", "/admin/accounts", account);
  }
});
afterAll(() => relay.stop());

const FORMATS: Record<Protocol, { path: string; body: object; answer: string }> = {
  anthropic: { path: "/v1/messages", body: { model: "claude-sonnet-4-5", messages: [] }, answer: wholeMessage("ok") },
  chat: { path: "/v1/chat/completions", body: { model: "gpt-5.5", messages: [] }, answer: chat.wholeChat("ok") },
  responses: { path: "/v1/responses", body: { model: "gpt-5.5", input: "hi" }, answer: responses.wholeResponse("ok") },
  gemini: {
    path: "/v1beta/models/gemini-3.5-flash:generateContent",
    body: { contents: [] },
    answer: gemini.wholeContent("ok"),
  },
};

type Kind = "later" | "spent" | "unknown" | "denied" | "expired";

/** A limit that the second request of a key meets, at the latest. */
const LIMITS: [string, Record<string, unknown>, Kind][] = [
  ["requests per window", { rate_limit_window_minutes: 1, rate_limit_requests: 1 }, "later"],
  ["tokens per window", { rate_limit_window_minutes: 1, rate_limit_tokens: 1 }, "later"],
  ["cost per window", { rate_limit_window_minutes: 1, rate_limit_cost_usd: "0.000001" }, "later"],
  ["cost per day", { daily_cost_limit_usd: "0.000001" }, "spent"],
  ["cost per week", { weekly_cost_limit_usd: "0.000001" }, "spent"],
  ["total cost", { total_cost_limit_usd: "0.000001" }, "spent"],
  ["total tokens", { token_limit: 1 }, "spent"],
  ["a denied model", { denied_models: ["*"] }, "unknown"],
  ["a model that is not allowed", { allowed_models: ["another"] }, "unknown"],
  ["another platform", { permissions: ["droid"] }, "denied"],
  ["another client", { allowed_clients: ["droid"] }, "denied"],
  ["another address", { allowed_ips: ["203.0.113.0/24"] }, "denied"],
  ["an expired key", { expires_at: "2020-01-01T00:00:00Z" }, "expired"],
];

const STATUS: Record<Kind, number> = { later: 429, spent: 429, unknown: 404, denied: 403, expired: 401 };

/** What the formats' own documentation calls it. */
const OPENAI: Record<Kind, object> = {
  later: { type: expect.stringMatching(/rate_limit|requests/), code: "rate_limit_exceeded" },
  spent: { type: "insufficient_quota", code: "insufficient_quota" },
  unknown: { type: "invalid_request_error", code: "model_not_found" },
  denied: { type: expect.any(String) },
  expired: { type: expect.any(String), code: "invalid_api_key" },
};
const WORDS: Record<Protocol, Record<Kind, object>> = {
  anthropic: {
    later: { type: "rate_limit_error" },
    spent: { type: "billing_error" },
    unknown: { type: "not_found_error" },
    denied: { type: "permission_error" },
    expired: { type: "authentication_error" },
  },
  chat: OPENAI,
  // Codex' own word for it.
  responses: { ...OPENAI, spent: { type: "usage_limit_reached", code: "insufficient_quota" } },
  gemini: {
    later: { code: 429, status: "RESOURCE_EXHAUSTED" },
    spent: { code: 429, status: "RESOURCE_EXHAUSTED" },
    unknown: { code: 404, status: "NOT_FOUND" },
    denied: { code: 403, status: "PERMISSION_DENIED" },
    expired: { code: 401, status: "UNAUTHENTICATED" },
  },
};

describe.each(Object.entries(FORMATS) as [Protocol, (typeof FORMATS)[Protocol]][])("%s", (protocol, format) => {
  test.each(LIMITS)("%s", async (_, limits, kind) => {
    const key = await relay.makeKey(limits);
    relay.upstream.behave({ headers: { "content-type": "application/json" }, chunks: [format.answer] });
    const send = () =>
      relay.fetch(format.path, {
        method: "POST",
        headers: { authorization: `Bearer ${key.api_key}`, "content-type": "application/json" },
        body: JSON.stringify(format.body),
      });
    let response = await send();
    if (response.status === 200) {
      await response.text();
      await relay.rows(key.id, 1);
      response = await send();
    }
    expect(response.status).toBe(STATUS[kind]);
    const { error } = (await response.json()) as { error: { message: string; details?: { retryDelay?: string }[] } };
    expect(error).toMatchObject({ message: expect.any(String), ...WORDS[protocol][kind] });
    const retryAfter = Number(response.headers.get("retry-after") ?? 0);
    expect(response.headers.get("x-should-retry")).toBe(kind === "later" ? null : "false");
    if (kind === "spent") {
      const resets = "daily_cost_limit_usd" in limits || "weekly_cost_limit_usd" in limits;
      expect(retryAfter > 0).toBe(resets);
      // Without a delay that it will not wait for, Gemini CLI tries a 429 ten times.
      if (protocol === "gemini") expect(delayIn(error.details)).toBeGreaterThan(300);
      return;
    }
    if (kind !== "later") return expect(retryAfter).toBe(0);
    // Claude Code gives up above a minute; Gemini CLI reads the body and not the header.
    expect(retryAfter).toBeGreaterThanOrEqual(1);
    expect(retryAfter).toBeLessThanOrEqual(60);
    if (protocol === "gemini") expect(delayIn(error.details)).toBe(retryAfter);
  });
});

function delayIn(details: { retryDelay?: string }[] | undefined): number {
  return Number.parseInt(details?.find(({ retryDelay }) => retryDelay)?.retryDelay ?? "", 10);
}
