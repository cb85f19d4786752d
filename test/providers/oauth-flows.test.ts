/** How providers' authorization servers are asked to renew, and what their answers mean; and what people paste. */
import { describe, expect, test } from "vitest";
import { KINDS } from "../../src/providers/kinds.ts";
import { CLAUDE, CLAUDE_SETUP_TOKEN } from "../../src/providers/oauth/claude.ts";
import { CODEX } from "../../src/providers/oauth/codex.ts";
import { DROID } from "../../src/providers/oauth/droid.ts";
import { isRevoked, outcomeOf, renewed } from "../../src/providers/oauth/flow.ts";
import { ANTIGRAVITY, GOOGLE } from "../../src/providers/oauth/google.ts";
import { readPasted } from "../../src/providers/oauth/pasted.ts";

const SETTINGS = {
  ...{ authorizeUrl: "https://accounts.test", tokenUrls: [], revokeUrl: "" },
  client: { id: "client-1", secret: "s/1", redirectUri: "http://localhost" },
};
const FORM = { "content-type": "application/x-www-form-urlencoded", accept: "application/json" };

test("each renewal has its provider's own form", () => {
  expect(CLAUDE.refresh?.("r/1", SETTINGS)).toEqual({
    headers: { "content-type": "application/json", accept: "application/json" },
    body: '{"grant_type":"refresh_token","refresh_token":"r/1","client_id":"9d1c250a-e61b-44d9-88ed-5944d1962f5e"}',
  });
  expect(CODEX.refresh?.("r/1", SETTINGS)).toEqual({
    headers: FORM,
    body: "grant_type=refresh_token&refresh_token=r%2F1&client_id=app_EMoamEEZ73f0CkXaXp7hrann&scope=openid+profile+email",
  });
  expect(DROID.refresh?.("r/1", SETTINGS)).toEqual({
    headers: FORM,
    body: "grant_type=refresh_token&refresh_token=r%2F1&client_id=client_01HNM792M5G5G1A2THWPXKFMXB",
  });
  for (const { refresh } of [GOOGLE, ANTIGRAVITY]) {
    expect(refresh?.("r/1", SETTINGS)).toEqual({
      headers: FORM,
      body: "grant_type=refresh_token&refresh_token=r%2F1&client_id=client-1&client_secret=s%2F1",
    });
  }
  expect(CLAUDE_SETUP_TOKEN.refresh).toBeNull();
});

test("a sign-in is taken back in its provider's own form, and only where one is documented", () => {
  const grant = { access: "a/1", refresh: "r/1", expiresAt: 0 };
  const json = { "content-type": "application/json", accept: "application/json" };
  const client_id = "app_EMoamEEZ73f0CkXaXp7hrann";
  expect(CODEX.revokes?.request(grant)).toEqual({
    headers: json,
    body: JSON.stringify({ token: "r/1", token_type_hint: "refresh_token", client_id }),
  });
  expect(CODEX.revokes?.request({ ...grant, refresh: null })).toEqual({
    headers: json,
    body: '{"token":"a/1","token_type_hint":"access_token"}',
  });
  for (const { revokes } of [GOOGLE, ANTIGRAVITY]) {
    expect(revokes?.request(grant)).toEqual({ headers: FORM, body: "token=r%2F1" });
  }
  expect([CLAUDE, CLAUDE_SETUP_TOKEN, DROID].map(({ revokes }) => revokes)).toEqual([undefined, undefined, undefined]);
});

test.each([
  ["done", 200, "", true],
  ["done before", 400, '{"error":"invalid_token","error_description":"Token expired or revoked"}', true],
  ["done before", 401, '{"error":{"code":"refresh_token_invalidated"}}', true],
  ["refused", 400, '{"error":"invalid_request"}', false],
  ["a bot check", 403, "<!DOCTYPE html>", false],
  ["out of order", 503, '{"error":"invalid_token"}', false],
])("an answer to that is %s: %i %s", (_, status, body, done) => expect(isRevoked(status, body)).toBe(done));

test("every kind that is signed in to says what its provider's terms say, and whom it serves", () => {
  const signedIn = KINDS.filter(({ oauth }) => oauth);
  expect(signedIn.length).toBeGreaterThan(3);
  for (const { oauth, serves, platform } of signedIn) {
    expect(oauth?.terms).toMatch(/terms .+\.$/);
    // Antigravity has no client that speaks to a relay.
    expect(serves).toEqual(platform === "antigravity" ? undefined : [expect.any(String)]);
  }
});

describe("an answer", () => {
  const NOW = 1_000_000;
  const kindOf = (status: number, body: string) => outcomeOf(CODEX, status, body, NOW);

  test.each([
    [400, '{"error":"invalid_grant"}', "ended"],
    [401, '{"error":{"code":"refresh_token_reused","message":"Your refresh token has already been used"}}', "ended"],
    [401, '{"error":{"type":"invalid_request_error","code":"refresh_token_expired"}}', "ended"],
    [400, '{"code":"refresh_token_invalidated"}', "ended"],
    // A server that is in trouble says all sorts of things.
    [503, '{"error":"invalid_grant"}', "unclear"],
    [500, "<html>", "unclear"],
    [408, "", "unclear"],
    [200, "<html>", "unclear"],
    [200, '{"error":"invalid_grant"}', "unclear"],
    [200, '{"access_token":""}', "unclear"],
    [429, '{"error":"rate_limited"}', "refused"],
    [401, '{"error":"invalid_client"}', "refused"],
    [400, '{"error":{"message":"invalid_grant refresh_token_reused"}}', "refused"],
    [400, '{"error":"authorization_pending"}', "pending"],
    [400, '{"error":"slow_down"}', "pending"],
    [404, "not here", "elsewhere"],
    [302, "", "elsewhere"],
  ])("of status %i with %s is %s", (status, body, kind) => {
    expect(kindOf(status, body).kind).toBe(kind);
  });

  test("brings tokens, whose end is stated, in the token itself, or the provider's usual one", () => {
    const ends = (answer: object) => {
      const outcome = kindOf(200, JSON.stringify({ access_token: "a", ...answer }));
      return outcome.kind === "tokens" ? outcome.tokens.expiresAt : null;
    };
    expect(ends({ expires_in: 60 })).toBe(NOW + 60_000);
    expect(ends({ expires_in: "60" })).toBe(NOW + 60_000);
    expect(ends({ access_token: `x.${btoa('{"exp":5000}')}.y` })).toBe(5_000_000);
    for (const odd of [0, -1, null, "soon", {}]) expect(ends({ expires_in: odd })).toBe(NOW + CODEX.lifetimeMs);
  });

  test("that leaves something out leaves it as it was", () => {
    const grant = { access: "a1", refresh: "r1", expiresAt: 1, accountId: "mine" };
    const partial = kindOf(200, '{"access_token":"a2","expires_in":1,"refresh_token":""}');
    if (partial.kind !== "tokens") throw new Error(partial.kind);
    expect(renewed(grant, partial.tokens)).toEqual({ ...grant, access: "a2", expiresAt: NOW + 1_000 });
  });
});

test.each([
  ["abc", { code: "abc", state: null }],
  [" abc#s1\n", { code: "abc", state: "s1" }],
  ["abc&state=s1", { code: "abc", state: null }],
  ["http://localhost:1455/auth/callback?code=abc&state=s1", { code: "abc", state: "s1" }],
  ["https://platform.claude.com/oauth/code/callback?code=abc#s1", { code: "abc", state: "s1" }],
  ["http://localhost:1455/auth/callback?code=a%2Fc&scope=x&state=s%3D1", { code: "a/c", state: "s=1" }],
])("%j is read as a code and its state", (pasted, value) => {
  expect(readPasted(pasted)).toEqual({ ok: true, value });
});

test.each([
  ["", "holds no code"],
  ["#s1", "holds no code"],
  ["two words", "holds no code"],
  ["https://[", "holds no code"],
  ["http://localhost/callback?state=s1", "holds no code"],
  ["http://localhost/callback?code=abc", "has no state: paste the whole address"],
  ["http://localhost/callback?error=access_denied<b>&state=s1", "the provider said no: access_deniedb"],
])("%j is refused in words", (pasted, problem) => {
  expect(readPasted(pasted)).toEqual({ ok: false, problem });
});
