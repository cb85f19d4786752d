/** What answers to a request without a credential say of the way there: the real forms of each. */
import { describe, expect, test } from "vitest";
import { type Verdict, verdictOf } from "../../src/providers/reach.ts";
import type { Platform } from "../../src/vocabulary.ts";

const NOW = Date.UTC(2026, 10, 26);
const JSON_TYPE = { "content-type": "application/json" };
const HTML = { "content-type": "text/html; charset=UTF-8" };
const JUST_A_MOMENT = '<!DOCTYPE html><html lang="en-US"><head><title>Just a moment...</title></head></html>';

interface Came {
  platform?: Platform;
  status: number;
  headers?: Record<string, string>;
  body?: string;
}

function verdict({ platform = "anthropic", status, headers = JSON_TYPE, body = "" }: Came): Verdict {
  return verdictOf({ platform, family: null, status, headers: new Headers(headers), body }, "api", NOW);
}

describe("a host is reachable", () => {
  test.each<[string, Came]>([
    [
      "that wants Anthropic's key",
      {
        status: 401,
        body: '{"type":"error","error":{"type":"authentication_error","message":"x-api-key header is required"}}',
      },
    ],
    [
      "that wants OpenAI's key",
      {
        platform: "openai",
        status: 401,
        body: '{"error":{"message":"Missing bearer or basic authentication in header","type":"invalid_request_error","param":null,"code":null}}',
      },
    ],
    [
      "that wants Google's key",
      {
        platform: "gemini",
        status: 403,
        body: '{"error":{"code":403,"message":"Method doesn\'t allow unregistered callers","status":"PERMISSION_DENIED"}}',
      },
    ],
    [
      "that wants AWS' signature",
      {
        status: 403,
        headers: { ...JSON_TYPE, "x-amzn-errortype": "MissingAuthenticationTokenException" },
        body: '{"message":"Missing Authentication Token"}',
      },
    ],
    [
      "that has no such path",
      { status: 404, body: '{"type":"error","error":{"type":"not_found_error","message":"Not Found"}}' },
    ],
    ["that wants a grant type", { status: 400, body: '{"error":"invalid_request"}' }],
    [
      "that limits who asks often",
      { status: 429, body: '{"error":{"type":"rate_limit_error","message":"slow down"}}' },
    ],
    [
      "that is overloaded",
      { status: 529, body: '{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}' },
    ],
    ["that answers at all", { status: 200, body: "{}" }],
  ])("%s", (_, came) => expect(verdict(came)).toMatchObject({ reach: "reachable", condition: null, advice: null }));
});

describe("a request is blocked", () => {
  test("by ChatGPT's bot check, which refuses Cloudflare's addresses", () => {
    const headers = { ...HTML, "cf-mitigated": "challenge", server: "cloudflare", "cf-ray": "9a1b2c3d4e5f6071-FRA" };
    expect(verdict({ platform: "openai", status: 403, headers, body: JUST_A_MOMENT })).toEqual({
      ...{ reach: "blocked", condition: "challenge_page", colo: "FRA" },
      explanation: "A web page instead of an API answer: a firewall or a bot check stands in front of it.",
      advice: "Give its accounts an egress that leaves from elsewhere: a gateway or a binding of yours.",
    });
  });

  test.each<[string, Came, string]>([
    ["by a page that says nothing more", { status: 403, headers: HTML, body: JUST_A_MOMENT }, "challenge_page"],
    [
      "by Cloudflare's firewall, in words",
      { status: 403, headers: { "content-type": "text/plain; charset=UTF-8" }, body: "error code: 1020" },
      "challenge_page",
    ],
    [
      "by Anthropic, for its region",
      {
        status: 403,
        headers: { ...JSON_TYPE, "cf-ray": "9a1b2c3d4e5f6071-HKG" },
        body: '{"error":{"type":"forbidden","message":"Request not allowed"}}',
      },
      "region_blocked",
    ],
    [
      "by OpenAI, for its region",
      {
        platform: "openai",
        status: 403,
        body: '{"error":{"code":"unsupported_country_region_territory","message":"Country, region, or territory not supported","param":null,"type":"request_forbidden"}}',
      },
      "region_blocked",
    ],
    [
      "by Google, for its region",
      {
        platform: "gemini",
        status: 400,
        body: '{"error":{"code":400,"message":"User location is not supported for the API use.","status":"FAILED_PRECONDITION"}}',
      },
      "region_blocked",
    ],
    [
      "by Cloudflare Access before a gateway",
      { status: 302, headers: { location: "https://team.cloudflareaccess.com/cdn-cgi/access/login" } },
      "redirected",
    ],
    ["by a portal's page", { status: 200, headers: HTML, body: "<html>Welcome</html>" }, "unusable_answer"],
  ])("%s", (_, came, condition) => {
    expect(verdict(came)).toMatchObject({ reach: "blocked", condition, advice: expect.stringMatching(/\.$/) });
  });

  test("and the advice for a region names placement, and what else there is", () => {
    const came = { status: 403, body: '{"error":{"type":"forbidden","message":"Request not allowed"}}' };
    expect(verdict(came).advice).toMatch(/^Set placement in wrangler\.toml .+ egress .+\.$/);
    const input = { platform: "anthropic" as const, family: null, ...came, headers: new Headers(JSON_TYPE) };
    expect(verdictOf(input, "tokens", NOW).advice).toMatch(/TOKEN_URLS.+token_requests/);
  });
});

describe("nobody is reached", () => {
  test.each([
    ["dns", "dns_failed"],
    ["tls", "tls_failed"],
    ["connect", "connect_failed"],
    ["reset", "connection_reset"],
    ["timeout", "timed_out"],
    ["egress", "egress_unavailable"],
  ] as const)("for want of %s", (transport, condition) => {
    const input = { platform: "openai" as const, family: null, status: 0, headers: new Headers(), body: "", transport };
    expect(verdictOf(input, "api", NOW)).toMatchObject({ reach: "unreachable", condition, advice: expect.any(String) });
  });

  test("behind Cloudflare, which says that the name does not resolve", () => {
    expect(verdict({ status: 530, headers: HTML, body: "error code: 1016" })).toMatchObject({
      ...{ reach: "unreachable", condition: "origin_unreachable" },
    });
  });
});

test("a data centre is told only where Cloudflare names it", () => {
  const colo = (ray: string) => verdict({ status: 401, headers: { ...JSON_TYPE, "cf-ray": ray } }).colo;
  expect(["9a1b2c3d4e5f6071-IAD", "9a1b2c3d4e5f6071", "made up-XXX", ""].map(colo)).toEqual(["IAD", null, null, null]);
});
