/** The provider asked by itself how much of a sign-in's limits is used: when, under which token, and what comes of it. */
import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { quotasDue, readQuotas } from "../../src/jobs/account-quotas.ts";
import { HEALTHY } from "../../src/pool/health.ts";
import { DIRECT } from "../../src/providers/egress.ts";
import { kindOf } from "../../src/providers/kinds.ts";
import type { ProviderQuota } from "../../src/providers/quota/windows.ts";
import { forgetSnapshot } from "../../src/store/snapshot.ts";
import { accountNamed } from "../pool/accounts.ts";
import { type Asked, ask, asked, type Behaviour, behave, makeKey, removeAccounts } from "../relay/relay-in-process.ts";
import { AuthorizationServer } from "../vault/authorization-server.ts";
import { asAdmin, signInAgain } from "./client.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const JSON_TYPE = { "content-type": "application/json" };
/** As Anthropic answers. */
const USAGE = (hours: string) => ({
  five_hour: { utilization: 24.0, resets_at: hours },
  seven_day: { utilization: 36.0, resets_at: null },
  seven_day_opus: null,
  iguana_necktie: null,
  extra_usage: { is_enabled: false, monthly_limit: null, used_credits: null, utilization: null },
});

let server: AuthorizationServer;
/** The clock never goes back, not from test to test either: what an isolate remembers has its time. */
let later = 0;
const realNow = Date.now;

beforeEach(async () => {
  server = new AuthorizationServer();
  vi.spyOn(Date, "now").mockImplementation(() => realNow() + later);
  await removeAccounts();
});
afterEach(() => vi.restoreAllMocks());

const isUsage = ({ url }: Pick<Asked, "url">) => url.endsWith("/api/oauth/usage");
const usageAsked = () => asked.filter(isUsage);
const json = (status: number, body: object, headers: object = {}): Behaviour => ({
  status,
  headers: { ...JSON_TYPE, ...headers },
  chunks: [JSON.stringify(body)],
});
const usage = () => json(200, USAGE(new Date(Date.now() + 2 * HOUR).toISOString()));

/** A provider that takes the newest token only, and says of its quota what `answer` says. */
function provider(answer: () => Behaviour = usage): void {
  behave((one) => {
    if (one.url.includes("/oauth/token")) {
      const { status, body } = server.renew(one.body);
      return json(status, body);
    }
    if (server.accepts(one.headers.get("authorization"))) return answer();
    return json(401, { type: "error", error: { type: "authentication_error", message: "OAuth token has expired." } });
  });
}

async function signedIn(
  fields: object = {},
): Promise<{ id: string; family: ReturnType<AuthorizationServer["signIn"]> }> {
  const family = server.signIn();
  const { status, body } = await asAdmin("POST", "/admin/accounts", {
    ...{ name: "subscription", platform: "anthropic", kind: "oauth", terms_acknowledged: true },
    oauth: {
      access_token: family.access,
      refresh_token: family.refresh,
      expires_at: new Date(Date.now() + 8 * HOUR).toISOString(),
    },
    ...fields,
  });
  expect(status, JSON.stringify(body)).toBe(201);
  return { id: body.id, family };
}

const look = async (id: string) => (await asAdmin("GET", `/admin/accounts/${id}/health`)).body.provider_quota;

describe("who looks at an account whose answers have said nothing", () => {
  test("sees what the provider says by itself, asked under its token, with the flag that it needs", async () => {
    provider();
    const { id, family } = await signedIn({ extra_headers: { "x-gateway": "eu" } });
    const time = expect.stringMatching(/^\d{4}-.*Z$/);
    const from = { source: "oauth/usage", read_at: time, reason: null };
    expect(await look(id)).toEqual({
      windows: [
        { name: "5h", scope: null, used: 0.24, status: null, resets_at: time, ...from },
        { name: "7d", scope: null, used: 0.36, status: null, resets_at: null, ...from },
        { name: "overage", scope: "overage", used: null, status: "rejected", resets_at: null, ...from },
      ],
      ...{ deciding: null, asked_at: time, error: null },
    });
    const [one] = usageAsked();
    expect(one?.url).toBe("https://api.anthropic.com/api/oauth/usage");
    expect(Object.fromEntries(one?.headers ?? [])).toMatchObject({
      authorization: `Bearer ${family.access}`,
      "anthropic-beta": "oauth-2025-04-20",
      "x-gateway": "eu",
    });
    // Who lists accounts sees it too, and asks nobody.
    const listed = (await asAdmin("GET", "/admin/accounts")).body.items;
    expect(listed.find((item) => item.id === id)).toMatchObject({
      provider_quota: { windows: [{ used: 0.24 }, {}, {}] },
    });
    expect(asked).toHaveLength(1);
  });

  test("asks once, however many look at once, and again only when the figure is ten minutes old", async () => {
    provider();
    const { id } = await signedIn();
    await Promise.all(Array.from({ length: 5 }, () => look(id)));
    expect(usageAsked()).toHaveLength(1);
    later += 9 * MINUTE;
    await look(id);
    expect(usageAsked()).toHaveLength(1);
    later += 2 * MINUTE;
    await look(id);
    expect(usageAsked()).toHaveLength(2);
  });

  test("has a token that the provider has ended early renewed once, and nobody is blamed", async () => {
    provider();
    const { id, family } = await signedIn();
    family.access = "the provider has another by now";
    expect(await look(id)).toMatchObject({ windows: [{ name: "5h" }, {}, {}], error: null });
    expect(usageAsked()).toHaveLength(2);
    expect(server).toMatchObject({ rotated: 1, reused: 0 });
    expect((await asAdmin("GET", `/admin/accounts/${id}`)).body).toMatchObject({
      status: "untested",
      temporary_states: [],
    });
  });

  test("asks the way that the account's requests leave", async () => {
    provider();
    const egress = { via: "gateway", base_url: "https://gateway.test/claude" };
    const { id } = await signedIn({ egress, egress_headers: { "x-door": "open-sesame" } });
    expect(await look(id)).toMatchObject({ windows: [{ name: "5h" }, {}, {}], error: null });
    expect(usageAsked().map(({ url, headers }) => [url, headers.get("x-door")])).toEqual([
      ["https://gateway.test/claude/api/oauth/usage", "open-sesame"],
    ]);
  });

  test("asks nobody where a request's answer has just said it", async () => {
    provider(() => ({
      ...json(200, { type: "message", role: "assistant", content: [], usage: { input_tokens: 1, output_tokens: 1 } }),
      headers: {
        ...JSON_TYPE,
        "anthropic-ratelimit-unified-5h-utilization": "0.5",
        "anthropic-ratelimit-unified-5h-reset": String(Math.ceil((Date.now() + HOUR) / 1000)),
      },
    }));
    const { id } = await signedIn();
    const { key } = await makeKey();
    forgetSnapshot();
    const headers = { "user-agent": "claude-cli/2.1.0 (external, cli)" };
    expect((await ask(key, { headers, body: { stream: false } })).status).toBe(200);
    await scheduler.wait(50);
    expect(await look(id)).toMatchObject({ windows: [{ name: "5h", source: "headers" }], asked_at: null });
    expect(usageAsked()).toEqual([]);
  });

  test("sees nothing of a kind that cannot be asked, and asks nobody", async () => {
    provider();
    const { id } = await signedIn({ kind: "setup-token", oauth: { access_token: "setup" } });
    expect(await look(id)).toBeNull();
    expect(asked).toEqual([]);
  });
});

describe("an answer that holds no figures", () => {
  test.each<[string, () => Behaviour, string, minutes: number]>([
    [
      "a refusal",
      () => json(403, { error: { message: "secret words" } }),
      "the provider answered with status 403",
      1440,
    ],
    ["a failure", () => json(500, { error: "secret words" }), "the provider answered with status 500", 60],
    [
      "too many questions",
      () => json(429, { error: "secret words" }, { "retry-after": "7200" }),
      "the provider answered with status 429",
      120,
    ],
    ["another form", () => json(200, { what: "secret words" }), "the provider's answer holds no figures", 60],
    [
      "a redirect",
      () => ({ status: 302, headers: { location: "https://elsewhere.test" } }),
      "the provider answered with status 302",
      60,
    ],
  ])("is remembered as what it is, without a word of it: %s", async (_, answer, error, minutes) => {
    provider(answer);
    const { id } = await signedIn();
    expect(await look(id)).toEqual({ windows: [], deciding: null, asked_at: expect.any(String), error });
    later += (minutes - 1) * MINUTE;
    await signInAgain();
    await look(id);
    expect(usageAsked()).toHaveLength(1);
    later += 2 * MINUTE;
    provider();
    expect(await look(id)).toMatchObject({ windows: [{ used: 0.24 }, {}, {}], error: null });
    const stored = await runInDurableObject(env.KEEPER.getByName(id), (_keeper, ctx) =>
      JSON.stringify([...ctx.storage.kv.list()]),
    );
    expect(stored).not.toContain("secret words");
  });

  test("keeps nobody waiting: who looks is answered, and the figure is there when it has come", async () => {
    provider(() => ({ ...usage(), silentMs: 3_500 }));
    const { id } = await signedIn();
    expect(await look(id)).toBeNull();
    await vi.waitFor(async () => expect(await look(id)).toMatchObject({ windows: [{ used: 0.24 }, {}, {}] }), 10_000);
    expect(usageAsked()).toHaveLength(1);
  });
});

test("what was read of a sign-in is forgotten when another takes its place, also while it is asked about", async () => {
  provider();
  const { id } = await signedIn();
  expect(await look(id)).not.toBeNull();
  const again = async () => {
    const family = server.signIn();
    const expires_at = new Date(Date.now() + 8 * HOUR).toISOString();
    const oauth = { access_token: family.access, refresh_token: family.refresh, expires_at };
    expect((await asAdmin("PATCH", `/admin/accounts/${id}`, { oauth, terms_acknowledged: true })).status).toBe(200);
  };
  await again();
  expect((await asAdmin("GET", `/admin/accounts/${id}`)).body.provider_quota).toBeNull();
  provider(() => ({ ...usage(), silentMs: 300 }));
  const looking = look(id);
  await vi.waitFor(() => expect(usageAsked()).toHaveLength(1));
  await again();
  await looking;
  expect((await asAdmin("GET", `/admin/accounts/${id}`)).body.provider_quota).toBeNull();
});

test("Google is asked in the project of the sign-in, and not at all before there is one", async () => {
  const bucket = { tokenType: "REQUESTS", modelId: "gemini-2.5-pro", remainingFraction: 0.25 };
  behave(() => json(200, { buckets: [{ ...bucket, resetTime: new Date(Date.now() + HOUR).toISOString() }] }));
  const asking = async (project?: string) => {
    const id = `acc_google_${project}`;
    const keeper = env.KEEPER.getByName(id);
    const way = { baseUrl: "https://cloudcode-pa.googleapis.com", egress: DIRECT };
    const grant = { access: "access", refresh: "refresh", expiresAt: Date.now() + HOUR };
    const kind = { platform: "gemini", kind: "code-assist" };
    await keeper.adopt({
      ...way,
      ...kind,
      accountId: id,
      grantId: "g",
      madeAt: Date.now(),
      grant,
      ...(project !== undefined && { project }),
    });
    const question = { ...way, ...kind, id, grantId: "g", egressHeaders: null, extraHeaders: {}, maxAgeMs: MINUTE };
    await keeper.askQuota(question);
    return (await keeper.report(0)).health.quota;
  };
  expect(await asking()).toMatchObject({ windows: [], asked: { error: "its project is not known yet" } });
  expect(asked).toEqual([]);
  expect(await asking("project-1")).toMatchObject({
    windows: [{ name: "gemini-2.5-pro", scope: "gemini-2.5-pro", used: 0.75, source: "retrieveUserQuota" }],
    asked: { error: null },
  });
  expect(asked.map(({ url, body }) => [url, body])).toEqual([
    ["https://cloudcode-pa.googleapis.com/v1internal:retrieveUserQuota", '{"project":"project-1"}'],
  ]);
});

describe("the cron", () => {
  test("asks about sign-ins that nobody has heard of for an hour, and not again before the next", async () => {
    provider();
    const { id } = await signedIn();
    await signedIn({ name: "paused", schedulable: false });
    forgetSnapshot();
    expect(await readQuotas(env, Date.now())).toBe(1);
    expect(usageAsked()).toHaveLength(1);
    forgetSnapshot();
    expect(await readQuotas(env, Date.now() + 30 * MINUTE)).toBe(0);
    later += HOUR;
    forgetSnapshot();
    expect(await readQuotas(env, Date.now())).toBe(1);
    expect((await asAdmin("GET", `/admin/accounts/${id}`)).body).toMatchObject({
      provider_quota: { windows: [{ source: "oauth/usage" }, {}, {}] },
    });
  });

  test("asks about ten a run, those that were looked at longest ago first, also in vain", () => {
    const now = Date.now();
    const kind = kindOf("anthropic", "oauth");
    if (!kind) throw new Error("There is no such kind");
    const accounts = Array.from({ length: 12 }, (_, at) => accountNamed(`acc_${at}`, { kind }));
    const said = { scope: null, used: 0, status: null, reason: null, resetsAt: null, source: "headers" } as const;
    const readAgo = (ms: number): ProviderQuota => ({
      windows: [{ ...said, name: "5h", readAt: now - ms }],
      ...{ deciding: null, asked: null },
    });
    const health = new Map(
      accounts.map(({ id }, at) => [id, { ...HEALTHY, quota: at === 11 ? null : readAgo((at + 1) * HOUR) }]),
    );
    health.set("acc_5", { ...HEALTHY, disabled: "reauth_required" });
    // Never read, and asked about in vain some two hours ago: that is no reason to be asked about before all others.
    const asked = { at: now - 2.5 * HOUR, error: "the provider did not answer", againAt: now };
    health.set("acc_10", { ...HEALTHY, quota: { windows: [], deciding: null, asked } });
    const due = quotasDue({ accounts, health }, now).map(({ id }) => id);
    expect(due).toEqual(["acc_11", "acc_9", "acc_8", "acc_7", "acc_6", "acc_4", "acc_3", "acc_2", "acc_10", "acc_1"]);
    const ended = accounts.map((account) => ({ ...account, expiresAt: now }));
    expect(quotasDue({ accounts: ended, health }, now)).toEqual([]);
    expect(quotasDue({ accounts: [accountNamed("acc_0")], health: new Map() }, now)).toEqual([]);
  });

  test("goes on with the others where one Keeper does not answer", async () => {
    provider();
    const broken = await signedIn();
    const { id } = await signedIn();
    vi.spyOn(console, "error").mockImplementation(() => undefined);
    const real = env.KEEPER.getByName.bind(env.KEEPER);
    vi.spyOn(env.KEEPER, "getByName").mockImplementation((name) =>
      name === broken.id ? ({ askQuota: () => Promise.reject(new Error("moved")) } as never) : real(name),
    );
    forgetSnapshot();
    expect(await readQuotas(env, Date.now())).toBe(1);
    expect((await asAdmin("GET", `/admin/accounts/${id}`)).body.provider_quota).not.toBeNull();
  });
});
