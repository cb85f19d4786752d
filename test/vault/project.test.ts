/** The project of an account that is signed in to Google: found when the sign-in is made, kept, and found again when it is gone. */
import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { TokenCredential } from "../../src/providers/kind.ts";
import { forgetSnapshot } from "../../src/store/snapshot.ts";
import { openToken, readToken, type StoredGrant, sealToken, tokenKey } from "../../src/vault/grant.ts";
import { asAdmin } from "../admin/client.ts";
import { eventually } from "../eventually.ts";
import { ask, asked, type Behaviour, behave, makeKey, removeAccounts } from "../relay/relay-in-process.ts";
import { CODE_ASSIST, FREE, GOOGLE_TOKENS, Google, googleError, json, LOADED, ONBOARDED, STANDARD } from "./google.ts";

const METADATA = { ideType: "IDE_UNSPECIFIED", platform: "PLATFORM_UNSPECIFIED", pluginType: "GEMINI" };
const MINUTE = 60_000;

let google: Google;
let later = 0;
const now = Date.now;

beforeEach(async () => {
  vi.spyOn(Date, "now").mockImplementation(() => now() + later);
  google = new Google();
  await removeAccounts();
  behave(google.answer);
});
afterEach(() => vi.restoreAllMocks());

/** `~/.gemini/oauth_creds.json`, as gemini-cli writes it. */
const fileOf = (expiry_date: number) => ({
  ...{ access_token: "access-of-file", refresh_token: "refresh-of-file", token_type: "Bearer", expiry_date },
  ...{ scope: "https://www.googleapis.com/auth/cloud-platform", id_token: "x.e30.y" },
});

const imported = (fields: object = {}) =>
  asAdmin("POST", "/admin/accounts", {
    ...{ name: "licence", platform: "gemini", kind: "code-assist", terms_acknowledged: true },
    ...{ credentials_file: fileOf(Date.now() + 60 * MINUTE), ...fields },
  });

async function made(fields: object = {}): Promise<string> {
  const { status, body } = await imported(fields);
  expect(status, JSON.stringify(body)).toBe(201);
  return body.id;
}

async function stored(id: string): Promise<StoredGrant> {
  const keeper = env.KEEPER.getByName(id);
  const grant = await runInDurableObject(keeper, (_, ctx) => ctx.storage.kv.get<StoredGrant>("grant"));
  if (!grant) throw new Error(`${id} has no sign-in`);
  return grant;
}

/** What readers get from KV. */
async function handedOut(id: string): Promise<TokenCredential> {
  const token = readToken(await env.KV.get(tokenKey(id)));
  if (!token) throw new Error(`KV has no token of ${id}`);
  return openToken(token, await stored(id), env);
}

const sent = (path: string) =>
  asked.filter(({ url }) => url === `${CODE_ASSIST}${path}`).map(({ body }) => (body === "" ? null : JSON.parse(body)));
const load = () => sent("/v1internal:loadCodeAssist");
const onboard = () => sent("/v1internal:onboardUser");

describe("a sign-in that is made", () => {
  test("has the project that Google names, which goes along with each access token, also after renewals", async () => {
    const id = await made();
    expect(load()).toEqual([{ metadata: METADATA }]);
    expect(asked[0]?.headers.get("authorization")).toBe("Bearer access-of-file");
    expect((await asAdmin("GET", `/admin/accounts/${id}/health`)).body.project).toBe("project-of-google");
    await eventually(async () => expect((await handedOut(id)).project).toBe("project-of-google"));
    for (const renewal of [1, 2]) {
      later += 55 * MINUTE;
      await runDurableObjectAlarm(env.KEEPER.getByName(id));
      await eventually(async () =>
        expect(await handedOut(id)).toMatchObject({
          access: `access-renewed-${renewal}`,
          project: "project-of-google",
        }),
      );
    }
    expect(load()).toHaveLength(1);
  });

  test("serves with its project where KV still shows the token from before it was found", async () => {
    const id = await made();
    const early = { ...(await eventually(() => handedOut(id))), project: null, version: 1 };
    await env.KV.put(tokenKey(id), JSON.stringify(await sealToken(early, await stored(id), env)));
    const { key } = await makeKey();
    forgetSnapshot();
    const path = "/gemini/v1internal:generateContent";
    const envelope = { model: "gemini-3.5-flash", project: "none", request: { contents: [] } };
    // Not `ask`'s own members of Messages.
    const body = { max_tokens: undefined, stream: undefined, messages: undefined, ...envelope };
    const response = await ask(key, { path, headers: { "user-agent": "GeminiCLI/0.61.0/gemini-3.5-flash" }, body });
    await response.text();
    expect(sent("/v1internal:generateContent")).toEqual([{ ...envelope, project: "project-of-google" }]);
  });

  test("keeps the refresh token that a renewal leaves out, and sends it as the client that is configured", async () => {
    const id = await made({ credentials_file: fileOf(Date.now() - 1) });
    later += 55 * MINUTE;
    await runDurableObjectAlarm(env.KEEPER.getByName(id));
    const renewals = asked.filter(({ url }) => url === GOOGLE_TOKENS);
    expect(renewals).toHaveLength(2);
    for (const { body, headers } of renewals) {
      expect(headers.get("content-type")).toBe("application/x-www-form-urlencoded");
      expect(Object.fromEntries(new URLSearchParams(body))).toEqual({
        ...{ grant_type: "refresh_token", refresh_token: "refresh-of-file" },
        ...{ client_id: "google-client.apps.googleusercontent.com", client_secret: "google-client-secret" },
      });
    }
  });

  test("whose token Google does not take any more is renewed before it is asked with", async () => {
    let refused = 0;
    google.load = () => (refused++ === 0 ? googleError(401, "UNAUTHENTICATED", "expired", "") : json(LOADED));
    const id = await made();
    await eventually(async () => expect((await handedOut(id)).access).toBe("access-renewed-1"));
    expect((await handedOut(id)).project).toBe("project-of-google");
  });

  test("has the project that its operator names, whatever Google names", async () => {
    const id = await made({ project_id: "mine-1" });
    expect(load()).toEqual([{ cloudaicompanionProject: "mine-1", metadata: { ...METADATA, duetProject: "mine-1" } }]);
    await eventually(async () => expect((await handedOut(id)).project).toBe("mine-1"));
    expect((await asAdmin("GET", `/admin/accounts/${id}`)).body.project_id).toBe("mine-1");
  });

  test("is no longer than its operator waits without a project: one that nobody ever set up is set up", async () => {
    google.load = () => json({ allowedTiers: [STANDARD, FREE] });
    let polled = 0;
    google.onboard = () => json({ name: "operations/cmpf.1" });
    google.operation = () => json(polled++ === 0 ? { name: "operations/cmpf.1", done: false } : ONBOARDED);
    const id = await made({ platform: "antigravity", kind: "oauth" });
    expect(onboard()).toEqual([{ tierId: "free-tier", metadata: METADATA }]);
    expect(sent("/v1internal/operations/cmpf.1")).toEqual([null, null]);
    await eventually(async () => expect((await handedOut(id)).project).toBe("core-gravity-9jkxm"));
  });

  test("is set up in the project that its operator names, except in the tier whose project is Google's", async () => {
    google.load = () => json({ allowedTiers: [{ ...STANDARD, isDefault: true }] });
    google.onboard = () => json({ done: true, response: {} });
    await made({ project_id: "mine-1" });
    const standard = { cloudaicompanionProject: "mine-1", metadata: { ...METADATA, duetProject: "mine-1" } };
    expect(onboard()).toEqual([{ tierId: "standard-tier", ...standard }]);
    google.load = () => json({ allowedTiers: [FREE] });
    await removeAccounts();
    await made({ project_id: "mine-1" });
    expect(onboard()[1]).toEqual({ tierId: "free-tier", metadata: METADATA });
  });

  test("asks by the way that the account's requests take, with what stands in between is given", async () => {
    const at = (path: string) => `https://gateway.test/google${path}`;
    behave((one) => google.answer({ ...one, url: one.url.replace("https://gateway.test/google", CODE_ASSIST) }));
    const egress = { via: "gateway", base_url: "https://gateway.test/google" };
    const id = await made({ egress, egress_headers: { "x-gateway": "g-1" } });
    const sentThere = () => asked.filter(({ url }) => url === at("/v1internal:loadCodeAssist"));
    expect(sentThere()).toHaveLength(1);
    await asAdmin("PATCH", `/admin/accounts/${id}`, { project_id: "mine-1" });
    await asAdmin("PATCH", `/admin/accounts/${id}`, { project_id: "" });
    await asAdmin("POST", `/admin/accounts/${id}/reset`);
    await runDurableObjectAlarm(env.KEEPER.getByName(id));
    expect(sentThere().map(({ headers }) => headers.get("x-gateway"))).toEqual(["g-1", "g-1", "g-1", "g-1"]);
    expect(load()).toEqual([]);
  });

  test("is looked for the way that the account's requests leave now, not the one of when somebody signed in", async () => {
    behave((one) => google.answer({ ...one, url: one.url.replace(/^https:\/\/gateway\.test\/\w+/, CODE_ASSIST) }));
    const through = (path: string) => ({ egress: { via: "gateway", base_url: `https://gateway.test/${path}` } });
    const id = await made(through("before"));
    asked.length = 0;
    expect((await asAdmin("PATCH", `/admin/accounts/${id}`, through("after"))).status).toBe(200);
    expect((await asAdmin("PATCH", `/admin/accounts/${id}`, { project_id: "mine-1" })).status).toBe(200);
    await asAdmin("PATCH", `/admin/accounts/${id}`, { project_id: "" });
    await asAdmin("POST", `/admin/accounts/${id}/reset`);
    await runDurableObjectAlarm(env.KEEPER.getByName(id));
    const there = "https://gateway.test/after/v1internal:loadCodeAssist";
    expect(asked.map(({ url }) => url)).toEqual([there, there, there]);
  });

  test("is not forgotten by its alarm while its account is not there yet, and is when none has come", async () => {
    const id = "acc_still_to_be_made";
    const grant = { access: "access-1", refresh: "refresh-1", expiresAt: Date.now() - 1 };
    const place = { accountId: id, grantId: "g", baseUrl: CODE_ASSIST, platform: "gemini", kind: "code-assist" };
    const keeper = env.KEEPER.getByName(id);
    await keeper.adopt({ ...place, madeAt: Date.now(), grant });
    await runDurableObjectAlarm(keeper);
    expect((await stored(id)).version).toBe(2);
    later += 55 * MINUTE;
    asked.length = 0;
    await runDurableObjectAlarm(keeper);
    await expect(stored(id)).rejects.toThrow("has no sign-in");
    // Whoever brought it may use it elsewhere.
    expect(asked).toEqual([]);
  });

  test("behind a company's service perimeter has the project that its operator names", async () => {
    google.load = () => googleError(403, "PERMISSION_DENIED", "no", "SECURITY_POLICY_VIOLATED");
    expect((await imported()).body.error.message).toContain("project_id: is required");
    const id = await made({ project_id: "mine-1" });
    await eventually(async () => expect((await handedOut(id)).project).toBe("mine-1"));
  });
});

const INELIGIBLE = {
  ...{ reasonCode: "UNSUPPORTED_LOCATION", tierId: "free-tier", tierName: "Gemini Code Assist for individuals" },
  reasonMessage: "Your current account is not eligible because it is not currently available in your location.",
};
const UNVERIFIED = {
  ...{ reasonCode: "VALIDATION_REQUIRED", reasonMessage: "Verify your account to continue.", tierId: "free-tier" },
  validationUrl: "https://accounts.google.com/signin/continue?sarp=1",
};

describe("a sign-in without a project is refused in plain words, and no account is made", () => {
  const cases: [what: string, load: unknown | Behaviour, status: number, words: string][] = [
    ["a tier that wants one named", { currentTier: STANDARD }, 400, "project_id: is required: Google names no project"],
    ["the name of that tier", { currentTier: STANDARD }, 400, "(its tier is Gemini Code Assist)"],
    [
      "a tier to be set up in that wants one named",
      { allowedTiers: [{ ...STANDARD, isDefault: true }] },
      400,
      "project_id: is required",
    ],
    ["a location", { allowedTiers: [STANDARD], ineligibleTiers: [INELIGIBLE] }, 502, "not currently available in your"],
    ["an account that is to be verified", { ineligibleTiers: [UNVERIFIED] }, 502, "verify it at https://accounts.goo"],
    ["a project that is none", { ...LOADED, cloudaicompanionProject: "../../x" }, 400, "project_id: is required"],
    [
      "an API that is off",
      googleError(403, "PERMISSION_DENIED", "Gemini for Google Cloud API has not been used", "SERVICE_DISABLED"),
      502,
      "(403, SERVICE_DISABLED): Gemini for Google Cloud API has not been used",
    ],
    ["a failure", { status: 503, chunks: ["<html>"] }, 502, "(status 503): try again"],
    ["an answer that is none", { status: 200, chunks: ["<html>"] }, 502, "(status 200): try again"],
  ];
  test.each(cases)("with %s", async (_, answer, status, words) => {
    const isBehaviour = typeof answer === "object" && answer !== null && "chunks" in answer;
    google.load = () => (isBehaviour ? (answer as Behaviour) : json(answer));
    const refused = await imported();
    expect(refused.status).toBe(status);
    expect(refused.body.error.message).toContain(words);
    expect(onboard()).toEqual([]);
    expect((await asAdmin("GET", "/admin/accounts")).body.items).toEqual([]);
    expect((await env.KV.list({ prefix: "token/" })).keys).toEqual([]);
  });

  test("with a set-up that fails, that ends in no project, or that names a strange operation", async () => {
    google.load = () => json({ allowedTiers: [FREE], ineligibleTiers: [] });
    const outcomes: [Behaviour, string][] = [
      [
        json({ done: true, error: { code: 9, status: "FAILED_PRECONDITION", message: "no\u0007w" } }),
        "FAILED_PRECONDITION): no w",
      ],
      [json({ done: true, response: {} }), "project_id: is required"],
      [json({ name: "operations/../../../oauth" }), "still setting the account up"],
      [googleError(403, "PERMISSION_DENIED", "words", "USER_PROJECT_DENIED"), "(403, USER_PROJECT_DENIED): words"],
    ];
    for (const [answer, words] of outcomes) {
      google.onboard = () => answer;
      expect((await imported()).body.error.message).toContain(words);
    }
    expect(asked.every(({ url }) => url.includes(":loadCodeAssist") || url.includes(":onboardUser"))).toBe(true);
  });

  test("with a set-up that takes longer than a minute", async () => {
    const real = setTimeout;
    const pauses: number[] = [];
    vi.spyOn(globalThis, "setTimeout").mockImplementation(((work: () => void, ms = 0) => {
      if (ms >= 1_000 && ms <= 15_000) pauses.push(ms);
      return real(work, ms >= 1_000 && ms <= 15_000 ? 0 : ms);
    }) as typeof setTimeout);
    google.load = () => json({ allowedTiers: [FREE] });
    google.onboard = google.operation = () => json({ name: "operations/cmpf.1", done: false });
    expect((await imported()).body.error.message).toContain("still setting the account up");
    expect(pauses.reduce((sum, ms) => sum + ms, 0)).toBeLessThanOrEqual(MINUTE);
  });

  test("with a sign-in that Google does not renew", async () => {
    const error_description = "reauth related error (invalid_rapt)";
    google.renewal = () => json({ error: "invalid_grant", error_description, error_subtype: "invalid_rapt" }, 400);
    const { body } = await imported({ credentials_file: fileOf(Date.now() - 1) });
    expect(body.error.message).toContain("gave no access token for this sign-in: sign in again");
    expect(await env.DB.prepare("SELECT * FROM account_health").all()).toMatchObject({ results: [] });
    expect(load()).toEqual([]);
  });

  test("with a token endpoint that fails, and may not the next time", async () => {
    google.renewal = () => ({ status: 503, chunks: ["<html>"] });
    const { body } = await imported({ credentials_file: fileOf(Date.now() - 1) });
    expect(body.error.message).toContain("gave no access token for this sign-in: try again");
  });

  test("without the settings of the client that issued it, which are named", async () => {
    const account = { name: "licence", platform: "gemini", kind: "code-assist", terms_acknowledged: true };
    const body = { ...account, credentials_file: fileOf(Date.now()) };
    const refused = await asAdmin("POST", "/admin/accounts", body, { OAUTH_GOOGLE_CLIENT_SECRET: "" });
    expect([refused.status, refused.body.error.message]).toEqual([
      503,
      "OAUTH_GOOGLE_CLIENT_SECRET is not set, or not to an address that may be asked",
    ]);
    expect(asked).toEqual([]);
  });
});

describe("a change of project_id", () => {
  test("counts from the next request, once Google takes it; empty is Google's own again", async () => {
    const id = await made();
    const change = (project_id: string) => asAdmin("PATCH", `/admin/accounts/${id}`, { project_id });
    expect((await change("mine-1")).body.project_id).toBe("mine-1");
    expect((await handedOut(id)).project).toBe("mine-1");
    google.load = () => googleError(403, "PERMISSION_DENIED", "no such project", "CONSUMER_INVALID");
    const refused = await change("mine-2");
    expect(refused.body.error.message).toContain("no such project");
    expect((await handedOut(id)).project).toBe("mine-1");
    expect((await asAdmin("GET", `/admin/accounts/${id}`)).body.project_id).toBe("mine-1");
    google.load = () => json(LOADED);
    expect((await change("")).status).toBe(200);
    expect((await handedOut(id)).project).toBe("project-of-google");
  });

  test("is refused for a number, and for an account that has no projects", async () => {
    const account = { name: "key", platform: "gemini", kind: "api-key", api_key: "k", project_id: "mine-1" };
    for (const { status, body } of [
      await asAdmin("POST", "/admin/accounts", account),
      await imported({ project_id: "123" }),
    ]) {
      expect([status, body.error.details?.[0]?.field]).toEqual([400, "project_id"]);
    }
  });
});

describe("a project that Google says is gone", () => {
  const gone = { class: "credential", scope: "key", condition: "project_gone", status: 403, until: 0 } as const;
  const report = (id: string) =>
    env.KEEPER.getByName(id).reportFault(id, { ...gone, until: Date.now() + 15 * MINUTE, family: null } as never, "k");
  const version = () =>
    env.DB.prepare("SELECT value FROM settings WHERE name = 'snapshot_version'").first<{ value: string }>();

  test("is looked for again by the account's alarm, and every isolate reads the token anew", async () => {
    const id = await made();
    const before = await version();
    google.load = () => json({ ...LOADED, cloudaicompanionProject: "another-project" });
    await report(id);
    expect(load()).toHaveLength(1);
    await runDurableObjectAlarm(env.KEEPER.getByName(id));
    expect((await handedOut(id)).project).toBe("another-project");
    expect(Number((await version())?.value)).toBe(Number(before?.value) + 1);
    await runDurableObjectAlarm(env.KEEPER.getByName(id));
    expect(load()).toHaveLength(2);
  });

  test("stays where Google names no other, which is told", async () => {
    const id = await made();
    const said = vi.spyOn(console, "error").mockImplementation(() => undefined);
    google.load = () => json({ currentTier: STANDARD });
    await report(id);
    await runDurableObjectAlarm(env.KEEPER.getByName(id));
    expect((await handedOut(id)).project).toBe("project-of-google");
    expect(said.mock.calls.map(String).join()).toContain('"event":"project_not_found"');
  });

  test("is not looked for where its operator has named it", async () => {
    const id = await made({ project_id: "mine-1" });
    await report(id);
    await runDurableObjectAlarm(env.KEEPER.getByName(id));
    expect(load()).toHaveLength(1);
  });

  test("is found during a renewal without the renewal's tokens being lost", async () => {
    const id = await made();
    google.load = () => json({ ...LOADED, cloudaicompanionProject: "another-project" });
    later += 55 * MINUTE;
    await report(id);
    const [, change] = await Promise.all([
      runDurableObjectAlarm(env.KEEPER.getByName(id)),
      asAdmin("PATCH", `/admin/accounts/${id}`, { project_id: "mine-1" }),
    ]);
    expect(change.status, JSON.stringify(change.body)).toBe(200);
    await eventually(async () =>
      expect(await handedOut(id)).toMatchObject({ access: "access-renewed-1", project: "mine-1" }),
    );
  });
});
