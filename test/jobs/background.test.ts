/** What no client fetches is asked for by the cron, and booked exactly once, whatever happens meanwhile. */
import { evictDurableObject } from "cloudflare:test";
import { env, exports } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { LOOKS_PER_RUN, lookAtBackground } from "../../src/jobs/background.ts";
import { scheduled } from "../../src/scheduled.ts";
import { asAdmin } from "../admin/client.ts";
import { notingDatabase } from "../admin/noting-database.ts";
import { eventually } from "../eventually.ts";
import * as responses from "../front/responses.ts";
import {
  ask,
  asked,
  type Behaviour,
  behave,
  makeAccount,
  makeKey,
  removeAccounts,
  report,
  rows,
} from "../relay/relay-in-process.ts";

const HOUR_MS = 3_600_000;
const JSON_TYPE = { "content-type": "application/json" };
const PATH = "/openai/v1/responses";
const TRUE_USAGE = { ...responses.BOOKED, outcome: "completed", estimated: 0 };
let made = 0;
let account: { id: string; origin: string };

beforeEach(async () => {
  await removeAccounts();
  await env.DB.prepare("DELETE FROM background_responses").run();
  account = await makeAccount({ platform: "openai", kind: "api-key" });
});
afterEach(() => vi.restoreAllMocks());

const whole = (id: string, fields: object = {}) => ({
  headers: JSON_TYPE,
  chunks: [JSON.stringify({ ...JSON.parse(responses.wholeResponse("hi")), id, ...fields })],
});
const pending = (id: string, status = "in_progress") => whole(id, { status, usage: null, output: [] });
const gone = (id: string) => ({
  status: 404,
  headers: JSON_TYPE,
  chunks: [
    JSON.stringify({
      error: { message: `Response with id '${id}' not found.`, type: "invalid_request_error", param: null, code: null },
    }),
  ],
});

type Begun = Awaited<ReturnType<typeof begun>>;

/** A key with a response that runs in the background. */
async function begun(limits: Record<string, unknown> = {}) {
  const key = await makeKey(limits);
  const response = `resp_bg_${made++}`;
  behave(pending(response, "queued"));
  const body = { model: "gpt-5.5", input: "hi", stream: false, background: true };
  expect((await ask(key.key, { path: PATH, body })).status).toBe(200);
  await eventually(async () => expect(await waiting(key)).toBe(1));
  return { ...key, response };
}

const waiting = ({ id }: { id: string }) =>
  env.DB.prepare("SELECT count(*) AS n FROM background_responses WHERE key_id = ?").bind(id).first("n");

const fetchIt = async ({ key, response }: Begun) => {
  const headers = { authorization: `Bearer ${key}` };
  const answer = await exports.default.fetch(new Request(`https://relay.test${PATH}/${response}`, { headers }));
  await answer.text();
};

const cron = (bindings: Env = env) => lookAtBackground(bindings, Date.now());

/** Makes the responses of the key a day and an hour older than they are. */
const grownOld = ({ id }: Begun) =>
  env.DB.prepare("UPDATE background_responses SET created_at = created_at - ? WHERE key_id = ?")
    .bind(25 * HOUR_MS, id)
    .run();

/** The lease's time is over. */
async function lapse({ id }: Begun): Promise<void> {
  const [lease] = (await report(id)).leases;
  await env.GATE.getByName(id).renew(id, lease?.id ?? "", 0);
  expect((await report(id)).leases).toEqual([]);
}

/** The log, the sums and the gate's figures agree on one booking, and this is its row. */
async function bookedOnce(key: { id: string }, deleted = false): Promise<Record<string, unknown>> {
  // A lease whose time is over is booked by the gate's alarm.
  const log = await eventually(async () => {
    const found = await rows(key.id);
    expect(found).toHaveLength(1);
    return found;
  });
  const [row = {}] = log;
  const sums = await env.DB.prepare(
    "SELECT sum(requests) AS requests, sum(output_tokens) AS output, sum(cost_nanos) AS cost FROM usage_hourly WHERE key_id = ?",
  )
    .bind(key.id)
    .first();
  expect(sums).toEqual({ requests: 1, output: row.output_tokens, cost: row.cost_nanos });
  if (!deleted) {
    expect(await report(key.id)).toMatchObject({ leases: [], totals: { requests: 1, costNanos: row.cost_nanos } });
  }
  return row;
}

/** Bindings whose D1 refuses statements that begin so. */
function withoutD1(refused: RegExp): Env {
  const DB = new Proxy(env.DB, {
    get(target, property) {
      const value = Reflect.get(target, property);
      if (property !== "prepare") return typeof value === "function" ? value.bind(target) : value;
      return (sql: string) => {
        if (refused.test(sql)) throw new Error("D1 is away");
        return target.prepare(sql);
      };
    },
  });
  return { ...env, DB };
}

describe("a response in the background that nobody has fetched", () => {
  test("is booked by the hourly cron with what it used, asked for under its account's credential", async () => {
    const key = await begun({ concurrency_limit: 1 });
    behave(whole(key.response));
    await scheduled({ ...env, PRICE_FEED_URL: "" }, Date.now());
    expect(asked.map(({ url }) => url)).toEqual([`${account.origin}/responses/${key.response}`]);
    expect(asked[0]?.headers.get("authorization")).toBe("Bearer sk-upstream");
    const row = await bookedOnce(key);
    expect(row).toMatchObject({ ...TRUE_USAGE, account_id: account.id, status: 200, model: "gpt-5.5" });
    expect(Number(row.cost_nanos)).toBeGreaterThan(0);
    expect(await waiting(key)).toBe(0);
  });

  test("is charged at its key's multiplier", async () => {
    const [once, twice] = [await begun(), await begun({ cost_multiplier: 2 })];
    behave(({ url }) => whole(url.split("/").at(-1) ?? ""));
    await cron();
    expect((await bookedOnce(twice)).cost_nanos).toBe(2 * Number((await bookedOnce(once)).cost_nanos));
  });

  test("keeps its lease while it runs: at every look for longer than two runs of the cron", async () => {
    const key = await begun();
    const twoRuns = () => Date.now() + 2 * HOUR_MS;
    expect((await report(key.id)).leases[0]?.expiresAt).toBeGreaterThan(twoRuns());
    const [lease] = (await report(key.id)).leases;
    await env.GATE.getByName(key.id).renew(key.id, lease?.id ?? "", 60_000);
    behave(pending(key.response));
    expect(await cron()).toMatchObject({ running: 1 });
    expect((await report(key.id)).leases[0]?.expiresAt).toBeGreaterThan(twoRuns());
    expect(await waiting(key)).toBe(1);
  });

  test("lapses where the provider does not have it any more: booked as lost, and its row is gone", async () => {
    const key = await begun();
    behave(gone(key.response));
    expect(await cron()).toMatchObject({ lost: 1 });
    expect(await bookedOnce(key)).toMatchObject({ outcome: "lost", estimated: 1 });
    expect(await waiting(key)).toBe(0);
    await cron();
    expect(asked).toHaveLength(1);
  });

  test("lapses where it still runs after a day, and is booked with what it used where it has ended", async () => {
    const [slow, done] = [await begun(), await begun()];
    await Promise.all([slow, done].map(grownOld));
    behave(({ url }) => (url.endsWith(slow.response) ? pending(slow.response) : whole(done.response)));
    expect(await cron()).toMatchObject({ lost: 1, booked: 1 });
    expect(await bookedOnce(slow)).toMatchObject({ outcome: "lost", estimated: 1 });
    expect(await bookedOnce(done)).toMatchObject(TRUE_USAGE);
    expect([await waiting(slow), await waiting(done)]).toEqual([0, 0]);
  });

  test.each<[string, Behaviour]>([
    ["an error of the provider's", { status: 500, headers: JSON_TYPE, chunks: ["{}"] }],
    ["a page that says 404", { status: 404, headers: { "content-type": "text/html" }, chunks: ["<html>"] }],
    ["a stream", { chunks: responses.streamOf(["hi"]).slice(0, 5), ending: "hang" }],
    ["another response", whole("resp_of_somebody")],
    ["nonsense", { headers: JSON_TYPE, chunks: ["[1"] }],
  ])("is neither booked nor forgotten for %s: the next look books it", async (_, answer) => {
    const key = await begun();
    behave(answer);
    expect(await cron()).toMatchObject({ unknown: 1 });
    expect(await report(key.id)).toMatchObject({ leases: [{}], totals: { requests: 0 } });
    behave(whole(key.response));
    expect(await cron()).toMatchObject({ booked: 1 });
    expect(await bookedOnce(key)).toMatchObject(TRUE_USAGE);
  });

  test("is asked for under the key that made it, of an account with several", async () => {
    await removeAccounts();
    await makeAccount({ platform: "openai", kind: "api-key", api_key: undefined, api_keys: ["sk-first", "sk-second"] });
    const key = await makeKey();
    const response = `resp_bg_${made++}`;
    const refusal = { error: { message: "no", type: "invalid_request_error", code: "invalid_api_key" } };
    behave(({ headers }) =>
      headers.get("authorization") === "Bearer sk-first"
        ? { status: 401, headers: JSON_TYPE, chunks: [JSON.stringify(refusal)] }
        : pending(response),
    );
    const body = { model: "gpt-5.5", input: "hi", stream: false, background: true };
    expect((await ask(key.key, { path: PATH, body })).status).toBe(200);
    await eventually(async () => expect(await waiting(key)).toBe(1));
    behave(whole(response));
    await cron();
    expect(asked.map(({ headers }) => headers.get("authorization"))).toEqual(["Bearer sk-second"]);
    expect(await bookedOnce(key)).toMatchObject(TRUE_USAGE);
  });
});

describe("the lost booking of a response", () => {
  test("is corrected by a client that fetches it after the lapse", async () => {
    const key = await begun();
    await lapse(key);
    expect(await bookedOnce(key)).toMatchObject({ outcome: "lost", estimated: 1 });
    behave(whole(key.response));
    await fetchIt(key);
    await eventually(async () => expect(await waiting(key)).toBe(0));
    expect(await bookedOnce(key)).toMatchObject(TRUE_USAGE);
  });

  test("is corrected by a look that comes after the lapse, and by no second one", async () => {
    const key = await begun();
    await lapse(key);
    behave(pending(key.response));
    expect(await cron()).toMatchObject({ running: 1 });
    expect(await bookedOnce(key)).toMatchObject({ outcome: "lost" });
    behave(whole(key.response));
    await Promise.all([cron(withoutD1(/^delete/i)).catch(() => {}), fetchIt(key)]);
    await cron();
    expect(await bookedOnce(key)).toMatchObject(TRUE_USAGE);
  });
});

describe("a background response is booked exactly once", () => {
  test("when clients fetch it while the cron looks", async () => {
    const key = await begun();
    behave({ ...whole(key.response), silentMs: 20 });
    await Promise.all([cron(), fetchIt(key), cron(), fetchIt(key)]);
    await eventually(async () => expect(await waiting(key)).toBe(0));
    expect(await bookedOnce(key)).toMatchObject(TRUE_USAGE);
  });

  test("when a client has fetched its end between the cron's question and its answer", async () => {
    const key = await begun();
    let answerCron = () => {};
    const asksNow = new Promise<void>((resolve) => {
      answerCron = resolve;
    });
    behave(pending(key.response));
    const real = vi.mocked(globalThis.fetch).getMockImplementation();
    let cronHasAsked = false;
    vi.mocked(globalThis.fetch).mockImplementationOnce(async (...request) => {
      cronHasAsked = true;
      await asksNow;
      return (await real?.(...request)) ?? new Response();
    });
    const run = cron();
    await eventually(() => expect(cronHasAsked).toBe(true));
    vi.mocked(globalThis.fetch).mockImplementationOnce(
      async () => new Response(whole(key.response).chunks.join(""), { headers: JSON_TYPE }),
    );
    await fetchIt(key);
    await eventually(async () => expect(await waiting(key)).toBe(0));
    answerCron();
    expect(await run).toMatchObject({ running: 1 });
    expect(await bookedOnce(key)).toMatchObject(TRUE_USAGE);
  });

  test("when a run is cut off after its booking, before its row is deleted", async () => {
    const key = await begun();
    behave(whole(key.response));
    await expect(cron(withoutD1(/^delete/i))).rejects.toThrow();
    expect(await waiting(key)).toBe(1);
    await bookedOnce(key);
    await evictDurableObject(env.GATE.getByName(key.id));
    await cron();
    expect(await waiting(key)).toBe(0);
    expect(await bookedOnce(key)).toMatchObject(TRUE_USAGE);
  });

  test("when its gate does not answer a run: the next one finds it", async () => {
    vi.spyOn(console, "error").mockImplementation(() => {});
    const key = await begun();
    behave(whole(key.response));
    const settle = () => Promise.reject(new Error("the gate is away"));
    const away = { ...env, GATE: { getByName: () => ({ settle }) } as unknown as Env["GATE"] };
    expect(await cron(away)).toMatchObject({ unknown: 1 });
    expect(await waiting(key)).toBe(1);
    expect(await cron()).toMatchObject({ booked: 1 });
    expect(await bookedOnce(key)).toMatchObject(TRUE_USAGE);
  });

  test.each([
    ["before it has chosen", /^update/i],
    ["between its choice and its first question", /^select/i],
    ["after its bookings", /^delete/i],
  ])("when D1 fails a run %s", async (_, refused) => {
    const error = vi.spyOn(console, "error").mockImplementation(() => {});
    const key = await begun();
    behave(whole(key.response));
    await scheduled({ ...withoutD1(refused), PRICE_FEED_URL: "" }, Date.now());
    expect(error.mock.calls.flat().join("")).toContain("background responses");
    expect(await waiting(key)).toBe(1);
    await cron();
    expect(await bookedOnce(key)).toMatchObject(TRUE_USAGE);
    expect(await waiting(key)).toBe(0);
  });

  test("when its key was deleted meanwhile", async () => {
    const key = await begun();
    expect((await asAdmin("DELETE", `/admin/api-keys/${key.id}`)).status).toBeLessThan(300);
    behave(whole(key.response));
    expect(await cron()).toMatchObject({ booked: 1 });
    await cron();
    expect(await bookedOnce(key, true)).toMatchObject(TRUE_USAGE);
  });

  test("as lost, when its account was deleted: nobody is asked, and its row goes after a day", async () => {
    const key = await begun();
    await removeAccounts();
    behave(whole(key.response));
    expect(await cron()).toMatchObject({ unknown: 1 });
    await lapse(key);
    await grownOld(key);
    expect(await cron()).toMatchObject({ lost: 1 });
    expect(asked).toEqual([]);
    expect(await bookedOnce(key)).toMatchObject({ outcome: "lost", estimated: 1 });
    expect(await waiting(key)).toBe(0);
  });
});

describe("a run of the cron", () => {
  /** Rows as the relay writes them, of leases that nobody holds. */
  async function fill(count: number): Promise<void> {
    const key = await begun();
    const copy = env.DB.prepare(
      `INSERT INTO background_responses (key_id, response_id, account_id, lease_grant, entry, created_at, looked_at, account_key_id)
       SELECT key_id, response_id || '_' || ?1, account_id, lease_grant, json_set(entry, '$.id', 'req_' || ?1), created_at, ?1, account_key_id
       FROM background_responses WHERE response_id = ?2`,
    );
    await env.DB.batch(Array.from({ length: count - 1 }, (_, at) => copy.bind(at + 1, key.response)));
  }

  test("looks at twenty responses at the most, those first that have waited longest, in four statements to D1", async () => {
    await fill(LOOKS_PER_RUN + 5);
    behave(({ url }) => pending(url.split("/").at(-1) ?? ""));
    await cron();
    expect(asked).toHaveLength(LOOKS_PER_RUN);
    const first = asked.map(({ url }) => url);
    behave(({ url }) => whole(url.split("/").at(-1) ?? ""));
    const { DB, noted } = notingDatabase();
    await cron({ ...env, DB });
    expect(noted.length).toBeLessThanOrEqual(4);
    expect(asked).toHaveLength(LOOKS_PER_RUN);
    expect(asked.filter(({ url }) => !first.includes(url))).toHaveLength(5);
  });

  test("that has nothing to look at asks D1 once and nobody else", async () => {
    behave(whole("resp_x"));
    const { DB, noted } = notingDatabase();
    expect(await cron({ ...env, DB })).toEqual({ booked: 0, running: 0, lost: 0, unknown: 0 });
    expect([noted.length, asked.length]).toEqual([1, 0]);
  });
});
