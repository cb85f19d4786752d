/** One request with its attempts, requests that came since, and those in flight. */
import { beforeAll, describe, expect, it } from "vitest";
import { NO_USAGE } from "../../src/vocabulary.ts";
import { event, streamOf } from "../front/messages.ts";
import { ask, behave, leasesFreed, makeAccount, makeKey, removeAccounts } from "../relay/relay-in-process.ts";
import { book, entry } from "../store/rows.ts";
import { asAdmin, signIn } from "./client.ts";
import { notingDatabase } from "./noting-database.ts";

beforeAll(signIn);

const NOON = Date.parse("2026-11-21T12:00:00Z");

describe("one request", () => {
  it("is told with its key and every try by name, for some rows read", async () => {
    const { id: account } = await makeAccount({ name: "first" });
    const { id: key } = await makeKey({ name: "alice" });
    const attempts = [
      { account_id: "acc_gone", status: 529, error: "overloaded", ms: 12 },
      { account_id: account, status: 200, error: null, ms: 340 },
    ];
    const one = entry(NOON, { accountId: account, attempts });
    await book(key, [one]);
    const { DB, rowsRead } = notingDatabase();
    const { status, body } = await asAdmin("GET", `/admin/requests/${one.id}`, undefined, { DB });
    expect([status, body]).toEqual([
      200,
      expect.objectContaining({
        id: one.id,
        key_name: "alice",
        account_name: "first",
        attempts: [
          { ...attempts[0], account_name: null },
          { ...attempts[1], account_name: "first" },
        ],
      }),
    ]);
    expect(await rowsRead()).toBeLessThanOrEqual(15);
  });

  it("has its bill line by line, which come to what was booked", async () => {
    const usage = { ...NO_USAGE, input: 1_000, output: 100 };
    const one = entry(NOON, { model: "claude-haiku-4-5", usage, costNanos: 3_000_000 });
    await book("billed", [one]);
    // A dollar and five dollars a million: two thirds of it are input.
    expect((await asAdmin("GET", `/admin/requests/${one.id}`)).body.cost_lines_usd).toEqual({
      ...{ input_tokens: "0.002", output_tokens: "0.001", other: "0" },
      ...{ cache_read_tokens: "0", cache_write_5m_tokens: "0", cache_write_1h_tokens: "0" },
    });
    const unknown = entry(NOON, { model: "made-up", usage, costNanos: 3_000_000 });
    await book("billed", [unknown]);
    expect((await asAdmin("GET", `/admin/requests/${unknown.id}`)).body.cost_lines_usd).toBeNull();
  });

  it("is found as soon as it has ended, and is not there before and never was", async () => {
    await makeAccount();
    behave({ chunks: streamOf(["ok"]) });
    const { key } = await makeKey();
    const response = await ask(key);
    await response.text();
    const id = response.headers.get("x-request-id");
    expect((await asAdmin("GET", `/admin/requests/${id}`)).body).toMatchObject({ id, outcome: "completed" });
    expect((await asAdmin("GET", `/admin/requests/req_${"0".repeat(32)}`)).status).toBe(404);
  });
});

describe("the log", () => {
  it("names the keys and accounts of a page, those that are gone by nothing", async () => {
    const { id: account } = await makeAccount({ name: "second" });
    const { id: key } = await makeKey({ name: "bob" });
    await book(key, [entry(NOON + 60_000, { accountId: account, model: "named" })]);
    await book("gone", [entry(NOON + 61_000, { accountId: "acc_gone", model: "named" })]);
    expect((await asAdmin("GET", "/admin/requests?model=named")).body.items).toMatchObject([
      { key_id: "gone", key_name: null, account_id: "acc_gone", account_name: null },
      { key_id: key, key_name: "bob", account_id: account, account_name: "second" },
    ]);
  });
});

describe("following the log", () => {
  it("answers what came since a request, newest first, filters included, and nothing when nothing did", async () => {
    const entries = [0, 1, 2, 3].map((at) => entry(NOON + at * 1_000, { model: at % 2 ? "odd" : "even" }));
    await book("followed", entries);
    const [first, second, third, last] = entries.map(({ id }) => id);
    const since = async (query: string) =>
      (await asAdmin("GET", `/admin/requests?key_id=followed&${query}`)).body.items.map(({ id }) => id);
    expect(await since(`since=${second}`)).toEqual([last, third]);
    expect(await since(`since=${first}&model=odd`)).toEqual([last, second]);
    expect(await since(`since=${last}`)).toEqual([]);
    expect((await asAdmin("GET", "/admin/requests?since=yesterday")).status).toBe(400);
  });
});

describe("requests in flight", () => {
  it("are told with what is known of them, of the keys in use or of one, until they end", async () => {
    await removeAccounts();
    await makeAccount();
    const first = streamOf(["ok"]).slice(0, 3);
    behave({ chunks: [...first, event({ type: "ping" })], ending: "hang" });
    const { id, key } = await makeKey({ name: "busy" });
    const leaving = new AbortController();
    const response = await ask(key, { signal: leaving.signal, headers: { "user-agent": "curl/8" } });
    const request = response.headers.get("x-request-id");
    const item = {
      id: request,
      key_id: id,
      key_name: "busy",
      model: "claude-sonnet-4-5",
      client: "curl",
      stream: true,
    };
    const all = (await asAdmin("GET", "/admin/requests/in-flight")).body;
    expect(all.items).toEqual(expect.arrayContaining([expect.objectContaining(item)]));
    const own = (await asAdmin("GET", `/admin/requests/in-flight?key_id=${id}`)).body;
    expect(own).toMatchObject({ items: [item], keys_asked: 1, keys_unreachable: 0 });
    leaving.abort();
    await leasesFreed(id);
    expect((await asAdmin("GET", `/admin/requests/in-flight?key_id=${id}`)).body.items).toEqual([]);
    expect((await asAdmin("GET", "/admin/requests/in-flight?key_id=nobody")).body).toMatchObject({
      items: [],
      keys_asked: 0,
    });
  });
});
