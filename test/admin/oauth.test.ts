/**
 * Signing in to providers with a code through the admin API, each against a fake of its exact wire form: an authorization
 * server that binds a code to its challenge and takes it once.
 */

import { env } from "cloudflare:workers";
import { createHash } from "node:crypto";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { holdSignIn, releaseSignIn } from "../../src/admin/accounts/same-sign-in.ts";
import { forgetSnapshot } from "../../src/store/snapshot.ts";
import { eventually } from "../eventually.ts";
import { type Asked, ask, asked, type Behaviour, behave, makeKey, removeAccounts } from "../relay/relay-in-process.ts";
import { CODE_ASSIST, json, LOADED } from "../vault/google.ts";
import { asAdmin, type Body } from "./client.ts";
import { CODE_FLOWS, type CodeFlow, ID_TOKEN, jwt } from "./code-flows.ts";

/** Challenge → the code that was given for it; a code is taken once. */
const codes = new Map<string, string>();
let made = 0;
let given: CodeFlow | undefined;

beforeEach(async () => {
  await removeAccounts();
  codes.clear();
  behave((one) => {
    if (one.url === given?.tokenUrl) return tokenAnswer(one, given);
    return one.url === `${CODE_ASSIST}/v1internal:loadCodeAssist` ? json(LOADED) : { status: 500 };
  });
});
afterEach(() => vi.restoreAllMocks());

/** Sign-ins of accounts before are taken back meanwhile. */
const tokensAsked = () => asked.filter(({ url }) => url.endsWith("/token"));

function tokenAnswer({ body, headers }: Asked, flow: CodeFlow): Behaviour {
  const type = headers.get("content-type");
  if (type !== (flow.form ? "application/x-www-form-urlencoded" : "application/json")) {
    return json({ error: "invalid_request" }, 415);
  }
  const fields: Record<string, unknown> = flow.form ? Object.fromEntries(new URLSearchParams(body)) : JSON.parse(body);
  const { code, code_verifier, state, ...rest } = fields;
  expect(rest).toEqual(flow.exchange);
  expect(typeof state).toBe(flow.sendsState ? "string" : "undefined");
  const challenge = [...codes].find(([, issued]) => issued === code)?.[0];
  if (challenge === undefined || challenge !== challengeOf(String(code_verifier))) {
    return json({ error: "invalid_grant", error_description: "no" }, 400);
  }
  codes.delete(challenge);
  return json(flow.tokens, 200);
}

/** S256, as RFC 7636 §4.2 has it. */
function challengeOf(verifier: string): string {
  return createHash("sha256").update(verifier).digest("base64url");
}

interface Begun {
  flow_id: string;
  code: string;
  state: string;
  terms: string;
}

async function begun(flow: CodeFlow): Promise<Begun> {
  given = flow;
  const { status, body } = await asAdmin("POST", `/admin/oauth/${flow.name}/start`);
  expect(status, JSON.stringify(body)).toBe(200);
  const url = new URL(String(body.authorize_url));
  const { state = "", code_challenge = "", code_challenge_method, ...query } = Object.fromEntries(url.searchParams);
  expect(`${url.origin}${url.pathname}`).toBe(flow.authorize.at);
  expect(query).toEqual(flow.authorize.query);
  expect(code_challenge_method).toBe("S256");
  expect(state).toMatch(/^[\w-]{43}$/);
  expect(code_challenge).toMatch(/^[\w-]{43}$/);
  const code = `code-secret-${made++}`;
  codes.set(code_challenge, code);
  return { flow_id: String(body.flow_id), code, state, terms: String(body.terms) };
}

const finish = (flow: CodeFlow, fields: object) =>
  asAdmin("POST", `/admin/oauth/${flow.name}/finish`, { name: "mine", terms_acknowledged: true, ...fields });

const problemsOf = ({ error }: Body) => error.details?.map(({ field }) => field);

describe.each(CODE_FLOWS)("$name", (flow) => {
  test("makes an account of what is pasted: the code, the code with its state, or the whole address", async () => {
    for (const form of ["code", "code#state", "callback"] as const) {
      const { flow_id, code, state } = await begun(flow);
      const callback_url = `${flow.exchange.redirect_uri}?code=${code}&state=${state}`;
      const pasted =
        form === "callback" ? { callback_url } : { code: form === "code" ? ` ${code}\n` : `${code}#${state}` };
      const { status, body } = await finish(flow, { flow_id, ...pasted });
      expect(status, JSON.stringify(body)).toBe(200);
      const account = body.account as Body;
      expect(body.status).toBe("done");
      expect(`${account.platform} × ${account.kind}`).toBe(flow.kind);
      expect(account).toMatchObject({ name: "mine", status: "untested" });
      expect(JSON.stringify(body)).not.toMatch(/secret/);
    }
  });

  test("refuses the state of another sign-in, and the code is not asked about", async () => {
    const { flow_id, code } = await begun(flow);
    const { status, body } = await finish(flow, { flow_id, code: `${code}#${"x".repeat(43)}` });
    expect([status, problemsOf(body)]).toEqual([400, ["code"]]);
    expect(tokensAsked()).toEqual([]);
    expect(problemsOf((await finish(flow, { flow_id, code })).body)).toEqual(["flow_id"]);
  });

  test("takes a sign-in once, and a code once", async () => {
    const { flow_id, code } = await begun(flow);
    expect((await finish(flow, { flow_id, code })).status).toBe(200);
    expect(problemsOf((await finish(flow, { flow_id, code })).body)).toEqual(["flow_id"]);
    const next = await begun(flow);
    expect(problemsOf((await finish(flow, { flow_id: next.flow_id, code })).body)).toEqual(["code"]);
    expect(tokensAsked()).toHaveLength(2);
  });

  test("gives the same sign-in to one of two who bring it at once", async () => {
    const { flow_id, code } = await begun(flow);
    const both = await Promise.all([finish(flow, { flow_id, code }), finish(flow, { flow_id, code })]);
    expect(both.map(({ status }) => status).sort()).toEqual([200, 400]);
    expect(tokensAsked()).toHaveLength(1);
  });

  test("refuses the code of another sign-in, whose verifier is another", async () => {
    const [one, other] = [await begun(flow), await begun(flow)];
    const { status, body } = await finish(flow, { flow_id: one.flow_id, code: other.code });
    expect([status, problemsOf(body)]).toEqual([400, ["code"]]);
  });

  test("refuses what is finished after ten minutes", async () => {
    const { flow_id, code } = await begun(flow);
    await env.DB.prepare("UPDATE oauth_flows SET expires_at = expires_at - 600001").run();
    expect(problemsOf((await finish(flow, { flow_id, code })).body)).toEqual(["flow_id"]);
    expect(tokensAsked()).toEqual([]);
  });

  test("asks for the terms first, and tells what they say; the sign-in is not spent by that", async () => {
    const { flow_id, code, terms } = await begun(flow);
    const refused = await finish(flow, {
      flow_id,
      code,
      terms_acknowledged: false,
      name: undefined,
      group_ids: ["none"],
    });
    expect(problemsOf(refused.body)).toEqual(["terms_acknowledged", "name", "group_ids.0"]);
    expect(refused.body.error.message).toContain(terms);
    expect((await finish(flow, { flow_id, code })).status).toBe(200);
  });

  test("signs in again on the account that there is, which keeps all else", async () => {
    const first = await begun(flow);
    const made = await finish(flow, { flow_id: first.flow_id, code: first.code, note: "kept" });
    const { id } = made.body.account as Body;
    const again = await begun(flow);
    const { flow_id, code } = again;
    const { status, body } = await finish(flow, { flow_id, code, account_id: id, name: undefined });
    expect(status, JSON.stringify(body)).toBe(200);
    expect(body.account).toMatchObject({ id, note: "kept", name: "mine" });
  });
});

describe("an authorization server that fails", () => {
  const [flow] = CODE_FLOWS as [CodeFlow, ...CodeFlow[]];

  test.each([
    ["500", { status: 500, chunks: ["no"] }, "did not answer (status 500)"],
    ["nothing", { status: 200, chunks: ["{}"] }, "did not answer (status 200)"],
    ["a refusal", { status: 403, chunks: ['{"error":"unauthorized_client"}'] }, "status 403, unauthorized_client"],
    ["a redirect", { status: 302, headers: { location: "https://elsewhere.test" } }, "did not answer (status 302)"],
  ])("with %s is named, and no account is made", async (_, answer, words) => {
    const { flow_id, code } = await begun(flow);
    behave(answer);
    const { status, body } = await finish(flow, { flow_id, code });
    expect(status).toBe(502);
    expect(body.error.message).toContain(words);
    expect((await asAdmin("GET", "/admin/accounts")).body.items).toEqual([]);
  });

  test("that says no in the callback is named without a request", async () => {
    const { flow_id } = await begun(flow);
    const callback_url = "http://localhost:1455/auth/callback?error=access_denied&state=x";
    const { body } = await finish(flow, { flow_id, callback_url });
    expect(body.error.message).toContain("access_denied");
    expect(tokensAsked()).toEqual([]);
  });
});

test("a name that is no sign-in is a 404 that says which there are", async () => {
  const { status, body } = await asAdmin("POST", "/admin/oauth/myspace/start");
  expect(status).toBe(404);
  expect(body.error.message).toContain("claude, claude-setup-token, codex, google, droid, antigravity");
});

test("an address in a private network is none, so that sign-in is not configured", async () => {
  const bindings = { ALLOW_PRIVATE_UPSTREAMS: "0", OAUTH_CLAUDE_AUTHORIZE_URL: "https://10.0.0.1/authorize" };
  const { status } = await asAdmin("POST", "/admin/oauth/claude/start", undefined, bindings);
  expect(status).toBe(503);
});

test("Google's sign-ins begin once the operator has named the installed application, and say so until then", async () => {
  for (const flow of ["GOOGLE", "ANTIGRAVITY"]) {
    const [id, secret] = [`OAUTH_${flow}_CLIENT_ID`, `OAUTH_${flow}_CLIENT_SECRET`];
    const path = `/admin/oauth/${flow.toLowerCase()}/start`;
    const { status, body } = await asAdmin("POST", path, undefined, { [id]: "", [secret]: " " });
    expect(status).toBe(503);
    expect(body.error.message).toContain(`${id} and ${secret} are not set`);
    expect((await asAdmin("POST", path)).body.terms).toContain("violation of its policy");
  }
});

test("a sign-in is not spent while there is no address that may be asked for its tokens", async () => {
  const [flow] = CODE_FLOWS as [CodeFlow, ...CodeFlow[]];
  const { flow_id, code } = await begun(flow);
  const fields = { name: "mine", terms_acknowledged: true, flow_id, code };
  const nowhere = { ALLOW_PRIVATE_UPSTREAMS: "0", OAUTH_CLAUDE_TOKEN_URLS: "https://10.0.0.1/token" };
  expect((await asAdmin("POST", "/admin/oauth/claude/finish", fields, nowhere)).status).toBe(503);
  expect((await finish(flow, { flow_id, code })).status).toBe(200);
});

describe("what signs in and serves", () => {
  test("Codex goes to ChatGPT's own address in its own bytes, with the account of its subscription", async () => {
    const [, , flow] = CODE_FLOWS as [CodeFlow, CodeFlow, CodeFlow];
    const { flow_id, code } = await begun(flow);
    await finish(flow, { flow_id, code });
    forgetSnapshot();
    behave({
      headers: { "content-type": "application/json" },
      chunks: ['{"id":"resp_1","object":"response","status":"completed","usage":{"input_tokens":1,"output_tokens":1}}'],
    });
    const { key } = await makeKey();
    const body = {
      model: "gpt-5-codex",
      input: "hi",
      store: false,
      stream: false,
      messages: undefined,
      max_tokens: undefined,
    };
    const headers = {
      ...{ "user-agent": "codex_cli_rs/0.170.0", originator: "codex_cli_rs", "session-id": "s-1", version: "0.170.0" },
      ...{ authorization: "Bearer tokens-of-the-client", "chatgpt-account-id": "account-of-the-client" },
    };
    const response = await ask(key, { path: "/openai/responses", body, headers });
    expect(response.status, await response.text()).toBe(200);
    const [sent] = asked;
    expect(sent?.url).toBe("https://chatgpt.com/backend-api/codex/responses");
    expect(sent?.body).toBe(JSON.stringify({ model: "gpt-5-codex", stream: false, input: "hi", store: false }));
    expect(Object.fromEntries(sent?.headers ?? [])).toMatchObject({
      ...{ "user-agent": "codex_cli_rs/0.170.0", originator: "codex_cli_rs", "session-id": "s-1", version: "0.170.0" },
      ...{ authorization: "Bearer access-secret-1", "chatgpt-account-id": "account-of-chatgpt" },
    });
    const other = await ask(key, { path: "/openai/responses", body, headers: { "user-agent": "OpenAI/JS 7" } });
    expect(other.status).toBe(403);
    expect(await other.text()).toContain("(codex), not this one (openai_sdk)");
  });

  test("of two who import the same sign-in at once, one gets it, and the other may not put it on another account either", async () => {
    const oauth = {
      ...{ access_token: jwt({ exp: Math.floor(Date.now() / 1000) + 864_000 }), refresh_token: "refresh-secret-9" },
      account_id: "account-of-two",
    };
    const codex = { platform: "openai", kind: "codex-oauth", terms_acknowledged: true };
    const make = (name: string, tokens = oauth) =>
      asAdmin("POST", "/admin/accounts", { ...codex, name, oauth: tokens });
    const made = await Promise.all([make("one"), make("two")]);
    expect(made.map(({ status }) => status).sort()).toEqual([201, 409]);
    const taken = made.find(({ status }) => status === 201)?.body;
    expect((await make("three")).body.error.message).toContain(`is account ${taken?.name}'s already`);

    const other = await make("another", { ...oauth, refresh_token: "refresh-secret-10" });
    const given = { oauth, terms_acknowledged: true };
    const moved = await asAdmin("PATCH", `/admin/accounts/${other.body.id}`, given);
    expect([moved.status, moved.body.error?.message]).toEqual([409, expect.stringContaining("already")]);
    expect((await asAdmin("PATCH", `/admin/accounts/${taken?.id}`, given)).status).toBe(200);
    const left = env.DB.prepare("SELECT count(*) AS n FROM settings WHERE name LIKE 'sign_in/%'");
    expect(await left.first("n")).toBe(0);
  });

  test("an import that was interrupted keeps its sign-in from others for minutes, and no longer", async () => {
    const taken = await holdSignIn(env, "a-fingerprint", Date.now());
    expect(taken).toBe(true);
    expect(await holdSignIn(env, "a-fingerprint", Date.now() + 60_000)).toBe(false);
    expect(await holdSignIn(env, "another", Date.now() + 60_000)).toBe(true);
    expect(await holdSignIn(env, "a-fingerprint", Date.now() + 3 * 60_000)).toBe(true);
    await Promise.all(["a-fingerprint", "another"].map((fingerprint) => releaseSignIn(env, fingerprint)));
  });

  test("Codex' own credentials file is taken as it is pasted", async () => {
    const credentials_file = {
      OPENAI_API_KEY: null,
      tokens: {
        id_token: ID_TOKEN,
        access_token: jwt({ exp: Math.floor(Date.now() / 1000) + 864_000 }),
        refresh_token: "refresh-secret-2",
        account_id: "account-of-file",
      },
      last_refresh: "2026-11-01T00:00:00Z",
    };
    const made = { name: "file", platform: "openai", kind: "codex-oauth", credentials_file, terms_acknowledged: true };
    const { status, body } = await asAdmin("POST", "/admin/accounts", made);
    expect(status, JSON.stringify(body)).toBe(201);
    await eventually(async () => expect(await env.KV.get(`token/${body.id}`)).not.toBeNull());

    // Two accounts with one refresh token would end each other's sign-in.
    const count = () => env.DB.prepare("SELECT count(*) AS n FROM accounts").first<number>("n");
    const before = await count();
    const second = await asAdmin("POST", "/admin/accounts", { ...made, name: "once more" });
    expect([second.status, second.body.error?.message]).toEqual([
      409,
      expect.stringContaining("is account file's already"),
    ]);
    expect(await count()).toBe(before);
    // Another sign-in of the same person is another; and once the account is gone, the file may be tried again.
    const tokens = { ...credentials_file.tokens, refresh_token: "refresh-secret-3" };
    const another = { ...made, name: "another", credentials_file: { ...credentials_file, tokens } };
    expect((await asAdmin("POST", "/admin/accounts", another)).status).toBe(201);
    expect((await asAdmin("DELETE", `/admin/accounts/${body.id}`)).status).toBe(200);
    expect((await asAdmin("POST", "/admin/accounts", { ...made, name: "after" })).status).toBe(201);
  });
});
