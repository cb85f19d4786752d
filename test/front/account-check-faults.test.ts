/** What a check of an account finds, in plain words. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { KeyCheckView } from "../../src/admin/accounts/schema.ts";
import { CheckedRelay, error, GOOD, JSON_TYPE } from "./checked-relay.ts";
import { type Behaviour, FakeUpstream } from "./fake-upstream.ts";
import { errorOf, event, streamOf } from "./messages.ts";

const relay = new CheckedRelay();
beforeAll(() => relay.start());
afterEach(() => relay.stopUpstreams());
afterAll(() => relay.stop());

const HTML_TYPE = { "content-type": "text/html; charset=utf-8" };

describe("what is wrong", () => {
  const cases: [what: string, Behaviour, Partial<KeyCheckView>, diagnosis: RegExp][] = [
    [
      "a refused key",
      error(401, "authentication_error", "invalid x-api-key"),
      { condition: "key_refused", class: "credential", status: 401, upstream_message: "invalid x-api-key" },
      /^The key was refused.*status 401\.$/,
    ],
    [
      "a key without the permission",
      error(403, "permission_error"),
      { condition: "not_permitted", class: "credential", status: 403 },
      /^The key is not permitted.*status 403\.$/,
    ],
    [
      "a blocked region",
      error(403, "forbidden", "Request not allowed"),
      { condition: "region_blocked", class: "credential", status: 403 },
      /^The provider does not serve the region/,
    ],
    [
      "an overloaded provider",
      error(529, "overloaded_error"),
      { condition: "overloaded", class: "upstream", status: 529 },
      /^The provider is overloaded\..*529\.$/,
    ],
    [
      "an unknown model",
      error(404, "not_found_error", "model: claude-haiku-4-5"),
      { condition: "model_unknown", class: "credential", status: 404 },
      /^It does not know the model under this name \(claude-haiku-4-5\)\..*404\.$/,
    ],
    [
      "a wrong path",
      { status: 404, headers: HTML_TYPE, chunks: ["<html>not here"] },
      { condition: "model_unknown", status: 404, upstream_message: null },
      /Or base_url has a wrong path\.$/,
    ],
    [
      "a redirect",
      { status: 301, headers: { location: "https://elsewhere.example.com/" }, chunks: [] },
      { condition: "redirected", class: "upstream", status: 0 },
      /^It answered with a redirect/,
    ],
    [
      "a page of a firewall",
      { status: 403, headers: HTML_TYPE, chunks: ["<!doctype html><title>Just a moment"] },
      { condition: "challenge_page", class: "upstream", status: 403 },
      /^A web page instead of an API answer/,
    ],
    [
      "a page of something else",
      { status: 200, headers: HTML_TYPE, chunks: ["<!doctype html><title>Welcome"] },
      { condition: "unusable_answer", class: "upstream", status: 200 },
      /base_url probably belongs to something else/,
    ],
    [
      "an answer of another API",
      { status: 200, headers: JSON_TYPE, chunks: ['{"choices":[]}'] },
      { condition: "unusable_answer", class: "upstream", status: 200 },
      /base_url probably belongs to something else/,
    ],
    [
      "a name that Cloudflare cannot resolve, as production has it",
      { status: 530, headers: HTML_TYPE, chunks: ["error code: 1016"] },
      { condition: "origin_unreachable", class: "upstream", status: 530 },
      /^The host name of base_url does not resolve \(DNS\)/,
    ],
    [
      "a certificate that is not valid, likewise",
      { status: 526, headers: HTML_TYPE, chunks: ["<html>"] },
      { condition: "origin_unreachable", status: 526 },
      /TLS certificate/,
    ],
    [
      "a connection that is cut",
      { chunks: [], ending: "refuse" },
      { condition: "connection_reset", class: "upstream", status: 0 },
      /^The connection was refused, or broken off/,
    ],
    [
      "an error as first event",
      { chunks: [event(errorOf("overloaded_error", "no"))] },
      { condition: "overloaded", status: 529, upstream_message: "no" },
      /^The provider is overloaded/,
    ],
    [
      "an error in the middle of a stream",
      { chunks: [...streamOf(["O"]).slice(0, 4), event(errorOf("api_error", "gone"))] },
      { condition: "server_error", status: 500, text: "O", upstream_message: "gone" },
      /^The provider failed/,
    ],
    [
      "a stream that ends early",
      { chunks: streamOf(["O"]).slice(0, 4) },
      { condition: "ended_early", class: "upstream", text: "O" },
      /^It ended its answer before/,
    ],
    [
      "a stream that is cut",
      { chunks: streamOf(["O"]).slice(0, 4), ending: "reset" },
      { condition: "connection_reset", class: "upstream" },
      /^The connection was refused, or broken off/,
    ],
  ];

  test.each(cases)("%s", async (_, behaviour, expected, diagnosis) => {
    const result = await relay.resultOf(behaviour);
    expect(result).toMatchObject({ ok: false, ...expected });
    expect(result.diagnosis).toMatch(diagnosis);
  });

  test("a limit, with its end", async () => {
    const result = await relay.resultOf(error(429, "rate_limit_error", "slow down", { "retry-after": "120" }));
    expect(result).toMatchObject({ ok: false, condition: "rate_limited", status: 429 });
    const until = Date.parse(result.until ?? "");
    expect(until - Date.now()).toBeGreaterThan(60_000);
    expect(result.diagnosis).toBe(
      `The provider's rate limit is reached. It answered with status 429. Limited until ${result.until}.`,
    );
  });

  test("silence, within the account's own bound", async () => {
    const result = await relay.resultOf({ ...GOOD, silentMs: 3_000 }, { first_byte_timeout_seconds: 0.5 });
    expect(result).toMatchObject({ ok: false, condition: "timed_out", status: 0 });
    expect(result.diagnosis).toMatch(/^It did not answer in time/);
  });

  const unreachable = async (base_url: string, fields: Partial<KeyCheckView>, diagnosis: RegExp) => {
    const { id } = await relay.accountThat(GOOD, { base_url });
    const { results } = await relay.tested(id);
    expect(results[0]).toMatchObject({ ok: false, class: "upstream", status: 0, ...fields });
    expect(results[0]?.diagnosis).toMatch(diagnosis);
  };

  test("a port where nobody listens", async () => {
    await unreachable("http://127.0.0.1:9", { condition: "connect_failed" }, /^No connection/);
  });

  test("a host name that does not resolve", async () => {
    await unreachable("http://no-such-host.invalid", { condition: "dns_failed" }, /does not resolve/);
    await unreachable("https://no-such-host.invalid", { condition: "dns_failed" }, /does not resolve/);
  });

  test("a server that does not speak TLS", async () => {
    const plain = new FakeUpstream();
    const url = await plain.start();
    await unreachable(url.replace("http:", "https:"), { condition: "tls_failed" }, /^No secure connection/);
    await plain.stop();
  });

  test("is told without the key, also where the upstream repeats it", async () => {
    const { id } = await relay.accountThat(error(401, "authentication_error", "sk-member-0 is not a key of ours"));
    const answer = await relay.tested(id);
    expect(answer.results[0]?.upstream_message).toBe("… is not a key of ours");
    expect(JSON.stringify(answer)).not.toContain("sk-member");
  });
});
