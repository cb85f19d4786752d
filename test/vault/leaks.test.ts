/**
 * After a full run (sign-ins of every kind begun, finished, refused and abandoned, imports, requests, renewals that work, fail
 * and end a sign-in) no token, code or verifier stands in clear in any line of the log, answer of the API or of the relay,
 * column of D1, value of KV, or value of an object. Everything secret in this run holds the word `secret`.
 */
import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, expect, test, vi } from "vitest";
import { forgetSnapshot } from "../../src/store/snapshot.ts";
import { asAdmin, call, signIn } from "../admin/client.ts";
import { type Asked, ask, asked, type Behaviour, behave, makeKey, removeAccounts } from "../relay/relay-in-process.ts";

afterEach(() => vi.restoreAllMocks());

const JSON_TYPE = { "content-type": "application/json" };
const ANSWER = {
  id: "msg_1",
  type: "message",
  role: "assistant",
  model: "claude-sonnet-4-5",
  content: [{ type: "text", text: "OK" }],
  usage: { input_tokens: 9, output_tokens: 1 },
};

/** Everything that left the relay, or stays in it. */
const seen: string[] = [];
/** Verifiers as the provider got them; the only secrets of the run that we do not choose. */
const verifiers = new Set<string>();
let later = 0;
let renewal: "works" | "fails" | "ends" = "works";
let refuses = false;
let issued = 0;
let setUps = 0;

function provider({ url, body, headers }: Asked): Behaviour {
  const json = (status: number, answer: object) => ({ status, headers: JSON_TYPE, chunks: [JSON.stringify(answer)] });
  if (url.includes("/authorize/device")) {
    const verification_uri = "https://factory.test/device";
    return json(200, {
      device_code: "device-secret",
      user_code: "ABCD",
      verification_uri,
      expires_in: 300,
      interval: 5,
    });
  }
  if (url.includes("token") || url.includes("authenticate")) {
    const form = headers.get("content-type")?.includes("form") ?? false;
    const fields: Record<string, unknown> = form ? Object.fromEntries(new URLSearchParams(body)) : JSON.parse(body);
    if (typeof fields.code_verifier === "string") verifiers.add(fields.code_verifier);
    if (fields.code === "refused-secret")
      return json(400, { error: "invalid_grant", error_description: "refused-secret" });
    if (fields.grant_type === "refresh_token" && renewal === "fails")
      return json(500, { error: "failed with old-secret" });
    if (fields.grant_type === "refresh_token" && renewal === "ends") return json(400, { error: "invalid_grant" });
    const number = issued++;
    return json(200, {
      access_token: `access-secret-${number}`,
      refresh_token: `refresh-secret-${number}`,
      expires_in: 3_600,
    });
  }
  if (url.includes(":loadCodeAssist")) {
    // Once in each flow there is no project to be had.
    const isSetUp = setUps++ % 2 === 1;
    if (isSetUp) return json(200, { currentTier: { id: "standard-tier" }, cloudaicompanionProject: "project-1" });
    return json(403, { error: { code: 403, message: `bad token ${headers.get("authorization")}` } });
  }
  // An upstream that repeats what it was sent.
  if (refuses) {
    const message = `bad token ${headers.get("authorization")}`;
    return json(401, { type: "error", error: { type: "authentication_error", message } });
  }
  return json(200, ANSWER);
}

async function admin(method: string, path: string, body?: unknown) {
  const answer = await asAdmin(method, path, body);
  seen.push(JSON.stringify(answer.body), JSON.stringify([...answer.headers]));
  return answer;
}

async function requests(key: string): Promise<void> {
  const clients: [path: string, agent: string, body: object][] = [
    ["/v1/messages", "claude-cli/2.1.0 (external, cli)", {}],
    ["/openai/responses", "codex_cli_rs/0.170.0", { model: "gpt-5-codex", input: "hi" }],
    ["/gemini/v1beta/models/gemini-2.5-flash:generateContent", "GeminiCLI/0.61.0/gemini-2.5-flash", { contents: [] }],
    ["/droid/claude/v1/messages", "factory-cli/0.20.0", {}],
  ];
  for (const [path, agent, body] of clients) {
    forgetSnapshot();
    const response = await ask(key, { path, headers: { "user-agent": agent }, body: { stream: false, ...body } });
    seen.push(await response.text(), JSON.stringify([...response.headers]));
  }
}

/** All of D1, of KV, and of the objects of these accounts. */
async function stored(accounts: string[]): Promise<string[]> {
  const { results: tables } = await env.DB.prepare(
    "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT GLOB '_cf_*' AND name NOT GLOB 'sqlite_*'",
  ).all<{ name: string }>();
  const rows = await env.DB.batch(tables.map(({ name }) => env.DB.prepare(`SELECT * FROM "${name}"`)));
  const { keys } = await env.KV.list();
  const values = await Promise.all(keys.map(async ({ name }) => `${name} ${await env.KV.get(name)}`));
  const objects = await Promise.all(
    accounts.map((id) =>
      runInDurableObject(env.KEEPER.getByName(id), (_, ctx) => JSON.stringify([...ctx.storage.kv.list()])),
    ),
  );
  expect(tables.map(({ name }) => name)).toContain("oauth_flows");
  expect(keys.length).toBeGreaterThan(0);
  return [JSON.stringify(rows.map(({ results }) => results)), ...values, ...objects];
}

test("no token, code or verifier stands anywhere in clear after a full run", async () => {
  for (const method of ["debug", "log", "info", "warn", "error"] as const) {
    vi.spyOn(console, method).mockImplementation((...parts: unknown[]) => void seen.push(parts.map(String).join(" ")));
  }
  const realNow = Date.now;
  vi.spyOn(Date, "now").mockImplementation(() => realNow() + later);
  await signIn();
  await removeAccounts();
  behave(provider);
  const accounts: string[] = [];
  const fields = { name: "mine", terms_acknowledged: true };

  for (const flow of ["claude", "claude-setup-token", "codex", "google", "antigravity", "droid"]) {
    // One that is abandoned, one that is refused, one with the wrong state, one that is finished, twice.
    await admin("POST", `/admin/oauth/${flow}/start`);
    const begin = async () => String((await admin("POST", `/admin/oauth/${flow}/start`)).body.flow_id);
    const finish = (flow_id: string, pasted: object) =>
      admin("POST", `/admin/oauth/${flow}/finish`, { ...fields, flow_id, ...(flow === "droid" ? {} : pasted) });
    if (flow !== "droid") {
      await finish(await begin(), { code: "refused-secret" });
      await finish(await begin(), { code: "code-secret#another-state" });
      await finish(await begin(), { callback_url: "http://localhost/callback?code=code-secret" });
    }
    if (flow === "google" || flow === "antigravity") await finish(await begin(), { code: "code-secret" });
    const flow_id = await begin();
    const { body } = await finish(flow_id, { code: "code-secret" });
    accounts.push((body.account as { id: string }).id);
    await finish(flow_id, { code: "code-secret" });
  }
  const file = {
    claudeAiOauth: {
      accessToken: "file-secret",
      refreshToken: "file-refresh-secret",
      expiresAt: realNow() + 3_600_000,
    },
  };
  const imported = { ...fields, platform: "anthropic", kind: "oauth" };
  const made = await admin("POST", "/admin/accounts", { ...imported, credentials_file: file });
  accounts.push(made.body.id);
  await admin("POST", "/admin/accounts", { ...imported, oauth: { access_token: "import secret", refresh_token: 7 } });
  await admin("POST", "/admin/accounts", { ...imported, credentials_file: '{"broken-secret"' });
  // Not even a body that is no JSON is repeated.
  const broken = await call("POST", "/admin/accounts", {
    token: await signIn(),
    rawBody: '{"oauth":"body-secret',
    headers: JSON_TYPE,
  });
  seen.push(JSON.stringify(broken.body));

  const { key } = await makeKey();
  await requests(key);
  // Refused with its token, which comes back in words; and so is the newer one.
  refuses = true;
  later += 120_000;
  await requests(key);
  // The same words come back where the provider is asked about its quota.
  for (const id of accounts) await admin("GET", `/admin/accounts/${id}/health`);
  expect(asked.some(({ url }) => url.endsWith("/api/oauth/usage"))).toBe(true);
  refuses = false;
  for (const id of accounts) await admin("POST", `/admin/accounts/${id}/reset`);
  for (const next of ["works", "fails", "ends"] as const) {
    renewal = next;
    later += 3 * 3_600_000;
    await requests(key);
    for (const id of accounts) await runDurableObjectAlarm(env.KEEPER.getByName(id));
    seen.push(...(await stored(accounts)));
  }
  for (const id of accounts) {
    await admin("GET", `/admin/accounts/${id}`);
    await admin("GET", `/admin/accounts/${id}/health`);
    await admin("POST", `/admin/accounts/${id}/test?stream=false`);
  }
  for (const path of ["accounts", "accounts/limited", "audit", "requests"]) await admin("GET", `/admin/${path}`);
  const kept = await stored(accounts);
  seen.push(...kept);

  // The run did use what it looks for.
  const sent = asked.map(({ body, headers }) => `${body} ${headers.get("authorization")}`).join(" ");
  for (const used of ["code-secret", "refresh-secret", "Bearer access-secret", "file-refresh-secret"])
    expect(sent).toContain(used);
  expect(verifiers.size).toBeGreaterThan(3);
  const all = seen.join("\n");
  expect(all).toContain("sign_in_needed");
  expect(all).toContain("bad token Bearer …");
  // The name of a migration, which D1 keeps.
  const found = all.match(/[\w.-]*secret[\w.-]*/g) ?? [];
  expect(found.filter((word) => word !== "0024_key_secrets.sql")).toEqual([]);
  for (const verifier of verifiers) expect(all.includes(verifier)).toBe(false);

  for (const id of accounts) await asAdmin("DELETE", `/admin/accounts/${id}`);
  const { keys } = await env.KV.list({ prefix: "token/" });
  expect(keys).toEqual([]);
}, 120_000);
