/** Keys of providers, against somebody who holds a session or may write to D1: they go where they were given for. */
import { env } from "cloudflare:workers";
import { afterEach, describe, expect, it, vi } from "vitest";
import { type Answer, asAdmin } from "./client.ts";

const SECRET = "sk-ant-api03-a-key-that-must-not-get-out-0001";
const OTHER = "sk-ant-api03-another-key-0002";
const OWN = "https://gateway.example.com/anthropic";
const EVIL = "https://collector.evil.test";

afterEach(() => vi.unstubAllGlobals());

/** Every request that left the relay; each is answered with an error, whatever it was. */
function watched(answer: () => Response = () => Response.json({ error: {} }, { status: 500 })): Request[] {
  const sent: Request[] = [];
  vi.stubGlobal("fetch", async (input: RequestInfo, init?: RequestInit) => {
    sent.push(new Request(input, init));
    return answer();
  });
  return sent;
}

async function account(fields: object = {}): Promise<string> {
  const minimal = { name: "main", platform: "anthropic", kind: "api-key", base_url: OWN, api_key: SECRET };
  return (await asAdmin("POST", "/admin/accounts", { ...minimal, ...fields })).body.id;
}

const change = (id: string, fields: object) => asAdmin("PATCH", `/admin/accounts/${id}`, fields);
const test = (id: string) => asAdmin("POST", `/admin/accounts/${id}/test?stream=false`, {});
const conditionOf = ({ body }: Answer) => (body.results as { condition: string }[])[0]?.condition;

async function write(sql: string, ...values: unknown[]): Promise<void> {
  await env.DB.batch([
    env.DB.prepare(sql).bind(...values),
    env.DB.prepare("UPDATE settings SET value = value + 1 WHERE name = 'snapshot_version'"),
  ]);
}

describe("a base URL that leads to another host", () => {
  it.each([
    EVIL,
    "http://gateway.example.com/anthropic",
    "https://gateway.example.com:8443",
    "https://gateway.example.com@evil.test",
  ])("is refused without new keys in the same request: %s", async (base_url) => {
    const id = await account();
    const { status, body } = await change(id, { base_url });
    expect([status, body.error.details?.[0]?.field]).toEqual([400, "base_url"]);
    expect((await asAdmin("GET", `/admin/accounts/${id}`)).body.base_url).toBe(OWN);
    const sent = watched();
    await test(id);
    expect(sent.map(({ url }) => new URL(url).host)).toEqual(["gateway.example.com"]);
  });

  it("is taken with new keys, which alone go there", async () => {
    const id = await account({ api_key: undefined, api_keys: [SECRET, OTHER] });
    const { status, body } = await change(id, { base_url: EVIL, api_key: "sk-new" });
    expect([status, body.base_url, body.api_keys]).toEqual([200, EVIL, [{ hint: "…" }]]);
    const sent = watched();
    await test(id);
    expect(sent.map(({ headers }) => headers.get("x-api-key"))).toEqual(["sk-new"]);
  });

  it("is what a changed path of the same host is not", async () => {
    const id = await account();
    expect((await change(id, { base_url: "https://gateway.example.com/v2" })).status).toBe(200);
    const sent = watched();
    await test(id);
    expect(sent.map(({ headers }) => headers.get("x-api-key"))).toEqual([SECRET]);
  });

  it("leaves the old and the new one in the audit trail", async () => {
    const id = await account();
    await change(id, { base_url: EVIL, api_key: OTHER });
    const row = env.DB.prepare("SELECT changes FROM audit WHERE action = 'account.update' AND target = ?").bind(id);
    const changes = JSON.parse((await row.first<string>("changes")) ?? "");
    expect(changes.base_url).toEqual({ old: OWN, new: EVIL });
    expect(changes.api_keys).toEqual({ old: [{ hint: "…0001" }], new: [{ hint: "…0002" }] });
    expect(JSON.stringify(changes)).not.toContain("sk-ant");
  });

  it("does not get the keys of somebody who changed them at the same moment", async () => {
    const id = await account();
    const [keys, moved] = await Promise.all([
      change(id, { api_key: SECRET }),
      change(id, { base_url: EVIL, api_key: "sk-new" }),
    ]);
    expect([keys.status, moved.status]).toEqual([200, 200]);
    const { body } = await asAdmin("GET", `/admin/accounts/${id}`);
    const sent = watched();
    const outcome = await test(id);
    // Whoever came second: a key goes only to the host that it was given for.
    const went = sent.map(({ url, headers }) => `${new URL(url).origin} ${headers.get("x-api-key")}`);
    expect(went).not.toContain(`${EVIL} ${SECRET}`);
    if (went.length === 0) expect([body.base_url, conditionOf(outcome)]).toEqual([EVIL, "key_unreadable"]);
  });
});

describe("whoever may write to D1", () => {
  it("does not get a key by redirecting its account", async () => {
    const id = await account();
    await write("UPDATE accounts SET base_url = ? WHERE id = ?", EVIL, id);
    const sent = watched();
    expect(conditionOf(await test(id))).toBe("key_unreadable");
    expect(sent).toEqual([]);
  });

  it("does not get a key by copying it into an account that leads elsewhere", async () => {
    const [own, evil] = [await account(), await account({ base_url: EVIL, api_key: "sk-bait" })];
    await write(
      "UPDATE credentials SET sealed = (SELECT sealed FROM credentials WHERE account_id = ?) WHERE account_id = ?",
      own,
      evil,
    );
    const sent = watched();
    expect(conditionOf(await test(evil))).toBe("key_unreadable");
    expect(sent).toEqual([]);
  });

  it("does not get a key by a header that names another host", async () => {
    const id = await account();
    const headers = { host: "collector.evil.test", "x-forwarded-host": "collector.evil.test", "x-kept": "1" };
    await write("UPDATE accounts SET extra_headers = ? WHERE id = ?", JSON.stringify(headers), id);
    const sent = watched();
    await test(id);
    expect(sent.map((request) => [...request.headers.keys()].filter((name) => name in headers))).toEqual([["x-kept"]]);
  });
});

it("follows no redirect with a key", async () => {
  const id = await account();
  const sent = watched(() => new Response(null, { status: 307, headers: { location: EVIL } }));
  await test(id);
  expect(sent.map(({ url, redirect }) => [new URL(url).host, redirect])).toEqual([["gateway.example.com", "manual"]]);
});
