/** A stored response belongs to the key that made it, and one made in the background is booked once, by whoever sees its end. */
import { env, exports } from "cloudflare:workers";
import { afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { KeyGate } from "../../src/gate/gate.ts";
import { asAdmin } from "../admin/client.ts";
import { eventually } from "../eventually.ts";
import * as responses from "../front/responses.ts";
import { ask, asked, behave, leasesFreed, makeAccount, makeKey, report, rows } from "./relay-in-process.ts";

const JSON_TYPE = { "content-type": "application/json" };
const PATH = "/openai/v1/responses";
let made = 0;

beforeAll(async () => {
  // Two, so that going to the right one is no chance.
  for (let count = 0; count < 2; count++) await makeAccount({ platform: "openai", kind: "api-key" });
});
afterEach(() => vi.restoreAllMocks());

const whole = (id: string, fields: object = {}) => ({
  headers: JSON_TYPE,
  chunks: [JSON.stringify({ ...JSON.parse(responses.wholeResponse("hi")), id, ...fields })],
});

const create = (key: string, fields: Record<string, unknown> = {}) =>
  ask(key, { path: PATH, body: { model: "gpt-5.5", input: "hi", stream: false, ...fields } });

const look = (key: string, id: string) =>
  exports.default.fetch(
    new Request(`https://relay.test${PATH}/${id}`, { headers: { authorization: `Bearer ${key}` } }),
  );

/** A key that has made a response, and the account that has it. */
async function withResponse(fields: Record<string, unknown> = {}) {
  const key = await makeKey();
  const id = `resp_${made++}`;
  behave(
    fields.stream ? { chunks: responses.streamOf(["hi"]).map((event) => event.replaceAll("resp_1", id)) } : whole(id),
  );
  await (await create(key.key, fields)).text();
  const { origin } = new URL(asked[0]?.url ?? "");
  await leasesFreed(key.id);
  return { ...key, response: id, origin };
}

describe("one in the background whose client leaves before it is answered", () => {
  const pendingOf = async (keyId: string) =>
    (await env.DB.prepare("SELECT response_id FROM background_responses WHERE key_id = ?").bind(keyId).all()).results;

  test.each([false, true])(
    "goes on at its provider, and is booked with what it has used: streamed %j",
    async (stream) => {
      const key = await makeKey();
      const id = `resp_${made++}`;
      const queued = { status: "queued", output: [], usage: null };
      const [created = ""] = responses.streamOf([]);
      const event = created.replaceAll("resp_1", id).replaceAll("in_progress", "queued");
      behave({ silentMs: 300, ...(stream ? { chunks: [event], ending: "hang" } : whole(id, queued)) });
      const leaving = new AbortController();
      const body = { model: "gpt-5.5", input: "think", background: true, stream };
      const answered = ask(key.key, { path: PATH, body, signal: leaving.signal }).catch(() => "left");
      await vi.waitUntil(() => asked.length === 1);
      leaving.abort();
      await answered;
      await eventually(async () => expect(await pendingOf(key.id)).toEqual([{ response_id: id }]));
      behave(whole(id));
      await (await look(key.key, id)).text();
      await leasesFreed(key.id);
      expect(await rows(key.id)).toMatchObject([{ outcome: "completed", estimated: 0, ...responses.BOOKED }]);
    },
  );

  test("is waited for, also where its client announces no time for that", async () => {
    const key = await makeKey();
    const id = `resp_${made++}`;
    behave({ silentMs: 1_000, ...whole(id, { status: "queued", output: [], usage: null }) });
    const body = { model: "gpt-5.5", input: "think", background: true, stream: false };
    await (await ask(key.key, { path: PATH, body, headers: { "x-stainless-timeout": "0.2" } })).text();
    await eventually(async () => expect(await pendingOf(key.id)).toEqual([{ response_id: id }]));
  });
});

describe("a stored response", () => {
  test.each([{ stream: false }, { stream: true }])(
    "is read, and gone on from, at the account that has it: %j",
    async (fields) => {
      const key = await withResponse(fields);
      behave(whole(key.response));
      expect((await look(key.key, key.response)).status).toBe(200);
      for (let turn = 0; turn < 4; turn++) {
        await (await create(key.key, { previous_response_id: key.response })).text();
      }
      expect(asked.map(({ url }) => new URL(url).origin)).toEqual(Array(5).fill(key.origin));
    },
  );

  test("of another key cannot be read: the client's own 404, and nobody upstream is asked", async () => {
    const { response } = await withResponse();
    const other = await makeKey();
    behave(whole(response));
    const answer = await look(other.key, response);
    expect(answer.status).toBe(404);
    expect(await answer.json()).toMatchObject({
      error: { type: "invalid_request_error", message: `Response with id '${response}' not found.` },
    });
    expect(asked).toEqual([]);
  });

  test("of another key cannot be gone on from: OpenAI's own 400, no lease, no booking", async () => {
    const { response } = await withResponse();
    const other = await makeKey();
    behave(whole("resp_x"));
    const answer = await create(other.key, { previous_response_id: response });
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ error: { code: "previous_response_not_found" } });
    expect(asked).toEqual([]);
    expect(await report(other.id)).toMatchObject({ leases: [], totals: { requests: 0 } });
  });

  test("that was not to be stored is not remembered", async () => {
    const { key, response } = await withResponse({ store: false });
    expect((await look(key, response)).status).toBe(404);
  });

  test("a conversation, which nobody can make here, is refused", async () => {
    const key = await makeKey();
    behave(whole("resp_x"));
    const answer = await create(key.key, { conversation: "conv_somebody" });
    expect([answer.status, asked]).toEqual([400, []]);
  });
});

describe("a response in the background", () => {
  const pending = { status: "queued", usage: null, output: [] };

  async function begun(limits: Record<string, unknown> = {}) {
    const key = await makeKey(limits);
    const id = `resp_${made++}`;
    behave(whole(id, pending));
    expect((await create(key.key, { background: true })).status).toBe(200);
    await eventually(async () => {
      expect(
        (await env.DB.prepare("SELECT * FROM background_responses WHERE key_id = ?").bind(key.id).all()).results,
      ).toHaveLength(1);
    });
    return { ...key, response: id };
  }

  test("holds its lease until its end is seen, and is then booked exactly once with what it used", async () => {
    const key = await begun({ concurrency_limit: 1 });
    expect(await report(key.id)).toMatchObject({ leases: [{}], totals: { requests: 0 } });
    expect((await create(key.key)).status).toBe(429);

    behave(whole(key.response, { ...pending, status: "in_progress" }));
    await (await look(key.key, key.response)).text();
    expect(await report(key.id)).toMatchObject({ leases: [{}], totals: { requests: 0 } });

    behave(whole(key.response));
    await Promise.all(Array.from({ length: 3 }, async () => (await look(key.key, key.response)).text()));
    await leasesFreed(key.id);
    await (await look(key.key, key.response)).text();
    await eventually(async () => expect(await rows(key.id)).toHaveLength(1));
    const [row] = await rows(key.id);
    expect(row).toMatchObject({
      ...responses.BOOKED,
      status: 200,
      outcome: "completed",
      estimated: 0,
      model: "gpt-5.5",
    });
    expect(Number(row?.cost_nanos)).toBeGreaterThan(0);
    expect(await report(key.id)).toMatchObject({ totals: { requests: 1, costNanos: row?.cost_nanos } });
    expect(
      await env.DB.prepare("SELECT count(*) AS n FROM background_responses WHERE key_id = ?").bind(key.id).first("n"),
    ).toBe(0);
  });

  test("is charged to the day of its account as what is to be expected of it", async () => {
    const { id } = await makeAccount({ platform: "openai", priority: 1, daily_quota_usd: 10 });
    await begun();
    await eventually(async () => {
      const { inFlight, todayNanos } = await env.KEEPER.getByName(id).report(0);
      expect([inFlight, todayNanos > 0]).toEqual([0, true]);
    });
    await asAdmin("DELETE", `/admin/accounts/${id}`);
  });

  test("is kept though the gate and D1 fail once when it is noted", async () => {
    const { keep } = KeyGate.prototype;
    let failures = 0;
    vi.spyOn(KeyGate.prototype, "keep").mockImplementation(async function (this: KeyGate, ...args) {
      if (failures++ === 0) throw new Error("the object is away");
      return keep.apply(this, args);
    });
    const database: D1Database = Object.getPrototypeOf(env.DB);
    const { prepare } = database;
    let inserts = 0;
    vi.spyOn(database, "prepare").mockImplementation(function (this: D1Database, query) {
      if (/insert into "background_responses"/i.test(query) && inserts++ === 0) throw new Error("D1 is away");
      return prepare.call(this, query);
    });
    const key = await begun();
    expect([failures, inserts]).toEqual([2, 2]);
    behave(whole(key.response));
    await (await look(key.key, key.response)).text();
    await leasesFreed(key.id);
    expect(await report(key.id)).toMatchObject({ totals: { requests: 1 } });
  });

  test("whose end is seen while its key's gate is away is booked by the next look", { timeout: 60_000 }, async () => {
    const key = await begun();
    vi.spyOn(console, "error").mockImplementation(() => undefined);
    behave(whole(key.response));
    const settle = vi.spyOn(KeyGate.prototype, "settle").mockRejectedValue(new Error("the object is away"));
    await (await look(key.key, key.response)).text();
    await eventually(() => expect(settle).toHaveBeenCalledTimes(5));
    await scheduler.wait(100);
    settle.mockRestore();
    await (await look(key.key, key.response)).text();
    await leasesFreed(key.id);
    expect(await report(key.id)).toMatchObject({
      totals: { requests: 1, usage: { output: responses.BOOKED.output_tokens } },
    });
  });

  test("that failed without saying what it used is booked with its input, estimated", async () => {
    const key = await begun();
    behave(
      whole(key.response, {
        status: "failed",
        usage: null,
        output: [],
        error: { code: "server_error", message: "no" },
      }),
    );
    await (await look(key.key, key.response)).text();
    await leasesFreed(key.id);
    await eventually(async () => expect(await rows(key.id)).toHaveLength(1));
    const [row] = await rows(key.id);
    expect(row).toMatchObject({ output_tokens: 0, estimated: 1 });
    expect(Number(row?.input_tokens)).toBeGreaterThan(0);
  });
});
