import { env, exports } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import { admin } from "../../src/admin/app.ts";
import { ROWS_PER_FILE, ROWS_PER_FILTERED_FILE } from "../../src/admin/requests/csv.ts";
import { USAGE_FIELDS, usageOfFields } from "../../src/vocabulary.ts";
import { book, emptyLedger, entry, LOG_COLUMNS } from "../store/rows.ts";
import { asAdmin, ORIGIN, signIn } from "./client.ts";
import { notingDatabase } from "./noting-database.ts";

const NOON = Date.parse("2026-11-21T12:00:00.123Z");

async function download(query = "", bindings?: Partial<Env>): Promise<Response> {
  const headers = { authorization: `Bearer ${await signIn()}` };
  const request = new Request(`${ORIGIN}/admin/requests.csv${query}`, { headers });
  return bindings ? admin.fetch(request, { ...env, ...bindings }) : exports.default.fetch(request);
}

/** RFC 4180, read strictly: every line ends in CRLF, every record has the header's cells. */
function parse(csv: string): Record<string, string>[] {
  const records: string[][] = [];
  let at = 0;
  while (at < csv.length) {
    const record: string[] = [];
    for (;;) {
      if (csv[at] === '"') {
        let cell = "";
        for (at++; ; at++) {
          if (csv[at] === '"' && csv[at + 1] === '"') at++;
          else if (csv[at] === '"') break;
          cell += csv[at];
        }
        record.push(cell);
        at++;
      } else {
        const end = csv.slice(at).search(/[,\r]/);
        record.push(csv.slice(at, at + end));
        at += end;
      }
      if (csv[at] === ",") at++;
      else break;
    }
    expect(csv.slice(at, at + 2)).toBe("\r\n");
    at += 2;
    records.push(record);
  }
  const [names = [], ...rows] = records;
  return rows.map((row) => {
    expect(row.length).toBe(names.length);
    return Object.fromEntries(row.map((cell, column) => [names[column] ?? "", cell]));
  });
}

const rows = async (query = "") => parse(await (await download(query)).text());

/** Log rows without the trouble of booking them; row n is n milliseconds younger than the first. */
const fill = (count: number) =>
  env.DB.prepare(
    `WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < ?1)
     INSERT INTO requests (${LOG_COLUMNS}) SELECT 'req_' || printf('%012x', 1700000000000 + i) || printf('%020x', i), 1700000000000 + i, 'k',
       NULL, 'anthropic', 'c', 'anthropic', NULL, iif(i % 1000, 'm', 'rare'), 200, 'completed', 1, 0, 0, 0, 0, 0, 0, 0, i, 0,
       'standard', 0, NULL, 1, '[]'
     FROM n`,
  )
    .bind(count)
    .run();

beforeEach(async () => {
  await signIn();
  await emptyLedger();
});

describe("the request log as CSV", () => {
  it("has a line for each request, newest first, with every field of the list", async () => {
    const key = (await asAdmin("POST", "/admin/api-keys", { name: "the key" })).body;
    const account = { platform: "anthropic", kind: "api-key", api_key: "sk-csv-0123456789", name: "the account" };
    const { id: accountId } = (await asAdmin("POST", "/admin/accounts", account)).body;
    const usage = usageOfFields((field) => USAGE_FIELDS.indexOf(field) + 1);
    const attempts = [{ account_id: "acc_x", status: 529, error: "overloaded_error", ms: 3 }];
    await book(key.id, [
      entry(NOON - 1, { accountId: null, upstreamProtocol: null, ttftMs: null, status: 499, outcome: "client_left" }),
      entry(NOON, { accountId, usage, costNanos: 10_500_000, estimated: true, attempts }),
    ]);
    const response = await download();
    expect(response.status).toBe(200);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      "content-type": "text/csv; charset=utf-8; header=present",
      "content-disposition": 'attachment; filename="requests.csv"',
      "cache-control": "no-store",
      "x-content-type-options": "nosniff",
    });
    expect(response.headers.get("x-next-cursor")).toBeNull();
    const [newest, older, ...none] = parse(await response.text());
    expect(none).toEqual([]);
    const [listed] = (await asAdmin("GET", "/admin/requests?limit=1")).body.items;
    expect(newest).toEqual({
      ...Object.fromEntries(Object.entries(listed ?? {}).map(([name, value]) => [name, String(value ?? "")])),
      key_name: "the key",
      account_name: "the account",
      stream: "1",
      unpriced: "0",
      estimated: "1",
      attempts: "1",
      cost_usd: "0.0105",
      time: "2026-11-21T12:00:00.123Z",
    });
    const unreached = { account_id: "", account_name: "", upstream_protocol: "", ttft_ms: "", cost_usd: "0" };
    expect(older).toMatchObject({ ...unreached, status: "499", outcome: "client_left", attempts: "0" });
  });

  it("writes money exactly as the API does", async () => {
    const amounts = [0, 1, 10, 1_000_000_000, 1_500_000_000, 20_000_000_000, 123_456_789_012_345, 999_999_999];
    await book(
      "k",
      amounts.map((costNanos, at) => entry(NOON - at, { costNanos })),
    );
    const listed = (await asAdmin("GET", "/admin/requests?limit=50")).body.items;
    expect((await rows()).map(({ cost_usd }) => cost_usd)).toEqual(listed.map(({ cost_usd }) => cost_usd));
  });

  it("makes text of what a spreadsheet would run, and breaks no line for what is in it", async () => {
    const nasty = [
      '=HYPERLINK("http://evil.test","click")',
      "+1+cmd|' /C calc'!A0",
      "-2+3",
      "@SUM(A1:A9)",
      "\t=1",
      "\r=1",
      "\n=1",
      // In full width, as spreadsheets of East Asia take them too.
      "＝1",
      "＋1",
      "－1",
      "＠SUM(A1:A9)",
    ];
    const harmless = [
      'say "hi", she said',
      "two\r\nlines",
      "claude-opus-4-8",
      "a=b",
      "émoji 🙂",
      "'quoted'",
      ",,,",
      "",
    ];
    const models = [...nasty, ...harmless];
    await book(
      "k",
      models.map((model, at) => entry(NOON - at, { model })),
    );
    const found = (await rows()).map(({ model }) => model);
    // Behind a tab or a line break the same holds: see the next test.
    expect(found.map((cell) => cell?.replace(/(?<=[\t\r\n])'/, ""))).toEqual([
      ...nasty.map((model) => `'${model}`),
      ...harmless,
    ]);
    for (const cell of found) expect(cell).not.toMatch(/^[=+\-@＝＋－＠\t\r\n]/);
  });

  it("has no formula where a spreadsheet splits at semicolons, as it does where a comma begins decimals", async () => {
    const models = [
      "x;=cmd|'/C calc'!A0;y",
      "x;+1;y",
      "x;-1;y",
      "x;@SUM(A1:A9);y",
      "x;＝1;y",
      "x\t=1",
      "x\n=1",
      "a; b;c-d",
    ];
    await book(
      "k",
      models.map((model, at) => entry(NOON - at, { model })),
    );
    const csv = await (await download()).text();
    // There only a line's first cell begins with a quote: all the other quotes are text, and keep nothing together.
    for (const cell of csv.split(/[;\t\r\n]/)) expect(cell).not.toMatch(/^[=+\-@＝＋－＠]/);
    expect((await rows()).map(({ model }) => model)).toEqual([
      ...["x;'=cmd|'/C calc'!A0;'y", "x;'+1;'y", "x;'-1;'y", "x;'@SUM(A1:A9);'y", "x;'＝1;'y", "x\t'=1", "x\n'=1"],
      "a; b;c-d",
    ]);
  });

  it("guards the names that people gave, too", async () => {
    const key = (await asAdmin("POST", "/admin/api-keys", { name: '=1+1,"x"' })).body;
    await book(key.id, [entry(NOON)]);
    expect((await rows())[0]?.key_name).toBe(`'=1+1,"x"`);
  });

  it("takes the filters of the list", async () => {
    await book("k1", [
      entry(NOON, { model: "a", costNanos: 5, client: "codex" }),
      entry(NOON + 1, { model: "b", costNanos: 50, status: 529, outcome: "upstream_error" }),
    ]);
    await book("k2", [entry(NOON + 2, { model: "a", costNanos: 500, unpriced: true })]);
    const models = async (query: string) => (await rows(query)).map(({ model, key_id }) => `${key_id} ${model}`);
    const time = (ms: number) => new Date(NOON + ms).toISOString();
    expect(await models("?key_id=k1")).toEqual(["k1 b", "k1 a"]);
    expect(await models("?model=a&client=codex")).toEqual(["k1 a"]);
    expect(await models("?status=5xx")).toEqual(["k1 b"]);
    expect(await models("?outcome=upstream_error")).toEqual(["k1 b"]);
    expect(await models("?min_cost_usd=0.00000005")).toEqual(["k2 a", "k1 b"]);
    expect(await models("?unpriced=1")).toEqual(["k2 a"]);
    expect(await models(`?from=${time(1)}&to=${time(2)}`)).toEqual(["k1 b"]);
    expect(await models("?key_id=none")).toEqual([]);
    for (const query of ["?limit=5", "?outcome=nice", "?from=now", "?min_cost_usd=-1", "?cursor=acc_1", "?x=1"]) {
      const refused = await download(query);
      expect([query, refused.status, refused.headers.get("content-type")]).toEqual([query, 400, "application/json"]);
    }
  });

  it("comes in files of a bounded length, which continue each other without gap or repetition", async () => {
    const count = 2 * ROWS_PER_FILE + 10;
    await fill(count);
    const seen: string[] = [];
    const lengths: number[] = [];
    let cursor: string | null = null;
    do {
      const { DB, noted } = notingDatabase();
      const response = await download(cursor ? `?cursor=${cursor}` : "", { DB });
      const lines = parse(await response.text());
      expect(noted.length).toBeLessThan(50);
      seen.push(...lines.map(({ id }) => String(id)));
      lengths.push(lines.length);
      cursor = response.headers.get("x-next-cursor");
    } while (cursor);
    expect(lengths).toEqual([ROWS_PER_FILE, ROWS_PER_FILE, 10]);
    expect(new Set(seen).size).toBe(count);
    expect(seen).toEqual([...seen].sort().reverse());
  });

  it("finds every row of a rare filter over several files, and reads a bounded number of rows for each", async () => {
    const count = ROWS_PER_FILTERED_FILE + 5_000;
    await fill(count);
    let found = 0;
    let cursor: string | null = null;
    do {
      const { DB, rowsRead } = notingDatabase();
      const response = await download(`?model=rare${cursor ? `&cursor=${cursor}` : ""}`, { DB });
      found += parse(await response.text()).length;
      expect(await rowsRead()).toBeLessThan(2 * ROWS_PER_FILTERED_FILE + 200);
      cursor = response.headers.get("x-next-cursor");
    } while (cursor);
    expect(found).toBe(count / 1_000);
  });

  it("breaks off, rather than end as if it were complete, when D1 fails on the way", async () => {
    await fill(3_000);
    let pages = 0;
    const DB = new Proxy(env.DB, {
      get(target, property) {
        if (property === "prepare") {
          return (sql: string) => {
            if (sql.includes("strftime") && ++pages > 1) throw new Error("D1 is down");
            return target.prepare(sql);
          };
        }
        const value = Reflect.get(target, property);
        return typeof value === "function" ? value.bind(target) : value;
      },
    });
    const response = await download("", { DB });
    expect(response.status).toBe(200);
    await expect(response.text()).rejects.toThrow();
  });

  it("is nobody's without a session", async () => {
    expect((await exports.default.fetch(new Request(`${ORIGIN}/admin/requests.csv`))).status).toBe(401);
  });
});
