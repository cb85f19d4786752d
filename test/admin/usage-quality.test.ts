/** Usage beyond tokens and money: how requests ended, how long they took, by what client; filled, and as CSV. */
import { env, exports } from "cloudflare:workers";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { LINES_PER_FILE } from "../../src/admin/usage/csv.ts";
import { reprice } from "../../src/jobs/reprice.ts";
import { retain } from "../../src/jobs/retention.ts";
import type { Outcome } from "../../src/store/schema.ts";
import { book, emptyLedger, entry } from "../store/rows.ts";
import { asAdmin, signIn } from "./client.ts";
import { notingDatabase } from "./noting-database.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const NOON = Date.parse("2026-11-21T12:00:00Z");
const RANGE = "from=2026-11-21T00:00:00Z&to=2026-11-22T00:00:00Z";

interface Sums {
  requests: number;
  errors: number;
  cost_usd: string;
  outcomes: Record<string, number>;
  ttft_ms: { p50: number | null; p95: number | null };
  duration_ms: { p50: number | null; p95: number | null };
  [field: string]: unknown;
}
interface Usage {
  items: Sums[];
  totals: Sums;
  buckets: string[] | null;
  next_cursor: string | null;
}

const read = async (query: string, bindings?: Partial<Env>): Promise<Usage> => {
  const { status, body } = await asAdmin("GET", `/admin/usage?${query}`, undefined, bindings);
  expect([status, body]).toEqual([200, expect.anything()]);
  return body as unknown as Usage;
};

const ids: Record<string, string> = {};

beforeAll(async () => {
  await signIn();
  const account = { kind: "api-key", api_key: "sk-usage-0123456789" };
  const claude = { ...account, name: "claude", platform: "anthropic" };
  ids.claude = (await asAdmin("POST", "/admin/accounts", claude)).body.id;
  ids.gpt = (await asAdmin("POST", "/admin/accounts", { ...account, name: "gpt", platform: "openai" })).body.id;
  const team = { name: "team", strategy: "priority", account_ids: [ids.claude] };
  ids.team = (await asAdmin("POST", "/admin/groups", team)).body.id;
  ids.all = (
    await asAdmin("POST", "/admin/groups", { name: "all", strategy: "priority", account_ids: [ids.claude, ids.gpt] })
  ).body.id;
});
beforeEach(emptyLedger);

describe("outcomes", () => {
  const ending = (outcome: Outcome, status: number) => entry(NOON, { outcome, status });

  it("are told one by one, and a stream that broke off counts as an error", async () => {
    await book("k", [
      ending("completed", 200),
      ending("completed", 200),
      ending("upstream_broke", 200),
      ending("client_left", 499),
      ending("no_account", 429),
    ]);
    const { totals } = await read(`group_by=key&${RANGE}`);
    expect(totals).toMatchObject({ requests: 5, errors: 3 });
    expect(totals.outcomes).toMatchObject({
      completed: 2,
      upstream_broke: 1,
      client_left: 1,
      no_account: 1,
      unknown: 0,
    });
  });

  it("move from lost to what a request turns out to have been, its times with it", async () => {
    const lost = entry(NOON, { outcome: "lost", status: 0, ttftMs: null, durationMs: 900_000 });
    await book("k", [lost]);
    await book("k", [{ ...lost, outcome: "upstream_broke", status: 200, ttftMs: 700 }]);
    const { totals } = await read(`group_by=client&${RANGE}`);
    expect(totals).toMatchObject({ requests: 1, errors: 1, ttft_ms: { p50: 750, p95: 975 } });
    expect(totals.outcomes).toMatchObject({ lost: 0, upstream_broke: 1, unknown: 0 });
  });

  it("of sums from before they were known are unknown", async () => {
    await env.DB.prepare(
      `INSERT INTO usage_hourly (hour, key_id, account_id, model, requests, errors, input_tokens, cache_write_5m_tokens,
         cache_write_1h_tokens, cache_read_tokens, output_tokens, reasoning_tokens, web_searches, cost_nanos, unpriced)
       VALUES (?, 'k', 'a', 'm', 3, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0)`,
    )
      .bind(NOON / HOUR)
      .run();
    const { totals } = await read(`group_by=key&${RANGE}`);
    expect(totals.outcomes).toMatchObject({ completed: 0, unknown: 3 });
    expect([totals.ttft_ms, totals.duration_ms]).toEqual([
      { p50: null, p95: null },
      { p50: null, p95: null },
    ]);
  });
});

describe("times", () => {
  it("are percentiles of all requests of the range, also where hours were folded into days", async () => {
    const times = Array.from({ length: 100 }, (_, at) => 100 * (at + 1));
    for (const [at, ttftMs] of times.entries()) {
      await book("k", [entry(NOON - 3 * DAY - (at % 5) * HOUR, { ttftMs, durationMs: 10 * ttftMs })]);
    }
    const range = "from=2026-11-18T00:00:00Z&to=2026-11-19T00:00:00Z";
    const before = (await read(`group_by=day&${range}`)).totals;
    // Of 100 ms to 10 s and ten times that, evenly: as near as the buckets tell, of which the last ends at two minutes.
    expect(before.ttft_ms).toEqual({ p50: 5_000, p95: 9_500 });
    expect(before.duration_ms).toEqual({ p50: 50_000, p95: 112_500 });
    expect((await retain({ ...env, HOURLY_USAGE_DAYS: "1" } as Env, NOON)).hoursFolded).toBe(5);
    expect((await read(`group_by=day&${range}`)).totals).toEqual(before);
  });

  it("to the end are those of completed requests alone", async () => {
    await book("k", [
      entry(NOON, { durationMs: 500 }),
      entry(NOON, { outcome: "client_left", status: 499, durationMs: 90_000 }),
    ]);
    expect((await read(`group_by=key&${RANGE}`)).totals.duration_ms).toEqual({ p50: 500, p95: 950 });
  });
});

describe("usage by other things", () => {
  beforeEach(async () => {
    await book("k1", [
      entry(NOON, { accountId: String(ids.claude), costNanos: 4 }),
      entry(NOON, { accountId: String(ids.gpt), client: "codex", costNanos: 2 }),
    ]);
    await book("k2", [entry(NOON, { accountId: null, client: "curl", costNanos: 1 })]);
  });

  it("is by client, with keys, tags and times", async () => {
    const usage = await read(`group_by=client&then_by=key&${RANGE}`);
    expect(usage.items.map(({ client, key_id, cost_usd }) => [client, key_id, cost_usd])).toEqual([
      ["claude_code", "k1", "0.000000004"],
      ["codex", "k1", "0.000000002"],
      ["curl", "k2", "0.000000001"],
    ]);
    expect((await read(`group_by=hour&client=codex&${RANGE}`)).items).toMatchObject([
      { hour: "2026-11-21T12:00:00.000Z", requests: 1 },
    ]);
  });

  it.each(["group_by=client&then_by=model", "group_by=client&account_id=a", "group_by=platform&client=codex"])(
    "is not by client and what is unknown then: %s",
    async (query) => {
      const { status, body } = await asAdmin("GET", `/admin/usage?${query}`);
      expect([status, body.error.details?.[0]?.field]).toEqual([400, "client"]);
    },
  );

  it("is by platform, and by group, an account in two groups under both", async () => {
    const byPlatform = await read(`group_by=platform&${RANGE}`);
    expect(byPlatform.items.map(({ platform, requests }) => [platform, requests])).toEqual([
      ["anthropic", 1],
      ["openai", 1],
      [null, 1],
    ]);
    const byGroup = await read(`group_by=group&then_by=platform&${RANGE}`);
    expect(byGroup.items.map(({ group_id, group_name, platform }) => [group_id, group_name, platform]).sort()).toEqual(
      [
        [ids.team, "team", "anthropic"],
        [ids.all, "all", "anthropic"],
        [ids.all, "all", "openai"],
        [null, null, null],
      ].sort(),
    );
    expect(byGroup.totals.requests).toBe(3);
  });

  it("by client follows a price that is set later, and goes when its hours would", async () => {
    await emptyLedger();
    const time = NOON - 3 * DAY;
    const late = entry(time, { model: "new-model", servedModel: "new-model", unpriced: true, costNanos: 5 });
    await book("k3", [late]);
    await asAdmin("PUT", "/admin/prices/new-model", { input: "10", output: "0" });
    await reprice(env, NOON);
    const range = "from=2026-11-18T00:00:00Z&to=2026-11-19T00:00:00Z";
    const { totals } = await read(`group_by=key&key_id=k3&${range}`);
    expect(totals).toMatchObject({ cost_usd: "0.001", unpriced: 0 });
    expect((await read(`group_by=client&key_id=k3&${range}`)).totals).toEqual(totals);
    await retain({ ...env, HOURLY_USAGE_DAYS: "1" } as Env, NOON);
    expect(await env.DB.prepare("SELECT count(*) AS n FROM client_hourly").first("n")).toBe(0);
  });
});

describe("hours and days", () => {
  it("are named, and filled with zeros where that is asked for, page by page", async () => {
    await book("k", [entry(NOON, { costNanos: 1 }), entry(NOON - 5 * HOUR)]);
    const bare = await read(`group_by=hour&${RANGE}`);
    expect(bare.items).toHaveLength(2);
    expect(bare.buckets).toHaveLength(24);
    expect(bare.buckets?.slice(0, 2)).toEqual(["2026-11-21T00:00:00.000Z", "2026-11-21T01:00:00.000Z"]);
    const seen: Sums[] = [];
    let cursor = "";
    do {
      const page = await read(`group_by=hour&fill=1&limit=7&${RANGE}${cursor}`);
      expect(page.totals.requests).toBe(2);
      seen.push(...page.items);
      cursor = page.next_cursor ? `&cursor=${page.next_cursor}` : "";
    } while (cursor);
    expect(seen.map(({ hour }) => hour)).toEqual(bare.buckets?.toReversed());
    expect(seen.filter(({ requests }) => requests > 0).map(({ hour }) => hour)).toEqual(
      bare.items.map(({ hour }) => hour),
    );
    const days = await read(`group_by=day&fill=1&from=2026-11-15T00:00:00Z&to=2026-11-22T00:00:00Z`, {
      TIMEZONE_OFFSET: "8",
    } as Partial<Env>);
    expect(days.items.map(({ day }) => day)).toEqual(days.buckets?.toReversed());
    expect(days.buckets?.at(-1)).toBe("2026-11-22");
    expect((await read(`group_by=key&${RANGE}`)).buckets).toBeNull();
  });

  it.each(["group_by=key&fill=1", "group_by=day&then_by=key&fill=1"])("are not filled for ?%s", async (query) =>
    expect((await asAdmin("GET", `/admin/usage?${query}`)).status).toBe(400),
  );
});

describe("usage as CSV", () => {
  it("has a line for each group, and none that a spreadsheet would run", async () => {
    const { id } = (await asAdmin("POST", "/admin/api-keys", { name: '=cmd|"x"' })).body;
    await book(id, [entry(NOON, { costNanos: 5, ttftMs: null })]);
    const token = await signIn();
    const response = await exports.default.fetch(
      new Request(`https://relay.test/admin/usage.csv?group_by=key&then_by=day&${RANGE}`, {
        headers: { authorization: `Bearer ${token}` },
      }),
    );
    expect([response.status, response.headers.get("content-type"), response.headers.get("x-next-cursor")]).toEqual([
      200,
      "text/csv; charset=utf-8; header=present",
      null,
    ]);
    const [header = "", line = "", ...rest] = (await response.text()).split("\r\n");
    expect(rest).toEqual([""]);
    const cells = Object.fromEntries(header.split(",").map((name, at) => [name, line.split(",")[at]]));
    expect(cells).toMatchObject({
      key_id: `"${id}"`,
      key_name: `"'=cmd|""x"""`,
      day: '"2026-11-21"',
      requests: "1",
      cost_usd: '"0.000000005"',
      outcomes_completed: "1",
      ttft_ms_p50: "",
    });
  });

  it("has no formula where a spreadsheet splits at semicolons, as it does where a comma begins decimals", async () => {
    await book("k", [entry(NOON, { model: "x;=cmd|'/C calc'!A0;y" }), entry(NOON, { model: "a; b;c-d" })]);
    const headers = { authorization: `Bearer ${await signIn()}` };
    const request = new Request(`https://relay.test/admin/usage.csv?group_by=model&${RANGE}`, { headers });
    const csv = await (await exports.default.fetch(request)).text();
    for (const cell of csv.split(/[;\t\r\n]/)) expect(cell).not.toMatch(/^[=+\-@＝＋－＠]/);
    expect(csv).toContain(`"x;'=cmd|'/C calc'!A0;y"`);
    expect(csv).toContain('"a; b;c-d"');
  });

  it("has each group once in all of its files, whatever is booked while they are read", async () => {
    const models = Array.from({ length: LINES_PER_FILE + 1 }, (_, at) => `m-${String(at).padStart(3, "0")}`);
    await book(
      "k",
      models.map((model, at) => entry(NOON, { model, costNanos: 1_000 + at })),
    );
    const headers = { authorization: `Bearer ${await signIn()}` };
    const read = async (cursor: string) =>
      exports.default.fetch(
        new Request(`https://relay.test/admin/usage.csv?group_by=model&then_by=day&${RANGE}${cursor}`, { headers }),
      );
    const lines = async (file: Response) => (await file.text()).split("\r\n").slice(1, -1);
    const first = await read("");
    const cursor = first.headers.get("x-next-cursor") ?? "";
    // What was the cheapest is the dearest now, and there is one that was not there.
    await book("k", [entry(NOON, { model: "m-000", costNanos: 1_000_000 }), entry(NOON, { model: "a", costNanos: 1 })]);
    const second = await read(`&cursor=${cursor}`);
    expect(second.headers.get("x-next-cursor")).toBeNull();
    const seen = [...(await lines(first)), ...(await lines(second))].map((line) => line.split(",")[0]);
    expect(seen.toSorted()).toEqual(models.map((model) => `"${model}"`));
    expect((await read("&cursor=nonsense")).status).toBe(400);
  });

  it("is refused like the report", async () =>
    expect((await asAdmin("GET", "/admin/usage.csv?group_by=key&fill=1")).status).toBe(400));
});

describe("what it costs", () => {
  it("a flush of one request writes its row, its sums by model and by client, and its key's figures", async () => {
    const before = await env.DB.prepare("SELECT count(*) AS n FROM client_hourly").first<number>("n");
    await book("k", [entry(NOON), entry(NOON)]);
    expect(await env.DB.prepare("SELECT count(*) AS n FROM client_hourly").first("n")).toBe(Number(before) + 1);
    expect(await env.DB.prepare("SELECT count(*) AS n FROM usage_hourly").first("n")).toBe(1);
  });

  it.each(["client", "platform", "group"])(
    "a report by %s reads each sum of the range thrice at the most",
    async (group) => {
      const entries = Array.from({ length: 300 }, (_, at) => entry(NOON, { model: `m${at}`, client: `c${at}` }));
      for (let at = 0; at < entries.length; at += 50) await book("k", entries.slice(at, at + 50));
      const { DB, rowsRead } = notingDatabase();
      await read(`group_by=${group}&limit=200&${RANGE}`, { DB });
      expect(await rowsRead()).toBeLessThan(3 * 300 + 1_500);
    },
  );
});
