/** Authorization servers that give tokens a life that no token has: what is stored is the last one, and the object goes on. */
import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { forgetSnapshot } from "../../src/store/snapshot.ts";
import { asAdmin } from "../admin/client.ts";
import { ask, asked, type Behaviour, behave, makeKey, removeAccounts } from "../relay/relay-in-process.ts";
import { AuthorizationServer } from "./authorization-server.ts";

const JSON_TYPE = { "content-type": "application/json" };
const CLAUDE_CODE = { "user-agent": "claude-cli/2.1.0 (external, cli)" };
const MINUTE_MS = 60_000;
const ANSWER = {
  ...{ id: "msg_1", type: "message", role: "assistant", model: "claude-sonnet-4-5" },
  ...{ content: [{ type: "text", text: "OK" }], usage: { input_tokens: 9, output_tokens: 1 } },
};

let server: AuthorizationServer;

beforeEach(async () => {
  server = new AuthorizationServer();
  await removeAccounts();
});
afterEach(() => vi.restoreAllMocks());

const json = (body: unknown, status = 200): Behaviour => ({
  ...{ status, headers: JSON_TYPE },
  chunks: [JSON.stringify(body)],
});

/** An account whose token has ended, at a server that changes `answer` of each renewal. */
async function signedIn(answer: object): Promise<string> {
  behave(({ url, body, headers }) => {
    if (!url.includes("/oauth/token")) return json(ANSWER, server.accepts(headers.get("authorization")) ? 200 : 401);
    const renewed = server.renew(body);
    return json({ ...renewed.body, ...answer }, renewed.status);
  });
  const { access, refresh } = server.signIn();
  const made = await asAdmin("POST", "/admin/accounts", {
    ...{ name: "subscription", platform: "anthropic", kind: "oauth", terms_acknowledged: true },
    oauth: { access_token: access, refresh_token: refresh, expires_at: Math.floor(Date.now() / 1_000) - 60 },
  });
  expect(made.status, JSON.stringify(made.body)).toBe(201);
  forgetSnapshot();
  return made.body.id;
}

const alarmOf = (id: string) => runInDurableObject(env.KEEPER.getByName(id), (_, ctx) => ctx.storage.getAlarm());
const renewals = () => asked.filter(({ url }) => url.includes("/oauth/token")).length;

test.each([
  ["a moment", { expires_in: 0.000_1 }],
  // What a clock that goes wrong makes of it.
  ["a time that is over", { expires_in: undefined, access_token: `e30.${btoa('{"exp":1}')}.x` }],
])("a token that lives for %s is not renewed again and again", async (_, answer) => {
  const id = await signedIn(answer);
  const keeper = env.KEEPER.getByName(id);
  for (let rings = 0; rings < 5; rings++) await runDurableObjectAlarm(keeper);
  await scheduler.wait(500);
  expect(renewals()).toBe(1);
  expect(await alarmOf(id)).toBeGreaterThan(Date.now() + MINUTE_MS / 2);
});

test("a token that is said to live for longer than there are dates is stored, served, and renewed all the same", async () => {
  const id = await signedIn({ expires_in: 1e300 });
  const { key } = await makeKey();
  const response = await ask(key, { headers: CLAUDE_CODE, body: { stream: false } });
  expect(await response.json()).toEqual(ANSWER);
  expect(renewals()).toBe(1);
  const alarm = await alarmOf(id);
  expect(alarm).toBeGreaterThan(Date.now());
  expect(Number.isNaN(new Date(alarm ?? Number.NaN).getTime())).toBe(false);
});
