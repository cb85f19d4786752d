import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import { SCAN_BUDGET } from "../../src/admin/api/paging.ts";
import { LOG_COLUMNS } from "../store/rows.ts";
import { asAdmin } from "./client.ts";
import { notingDatabase } from "./noting-database.ts";

const ROWS = 2 * SCAN_BUDGET + 500;

/** Row n is n milliseconds old in the log's order; one in a thousand failed with 529, one in a hundred is key "rare". */
beforeAll(async () => {
  await env.DB.prepare(
    `WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < ?)
     INSERT INTO requests (${LOG_COLUMNS})
     SELECT 'req_' || printf('%012x', 1700000000000 + i) || printf('%020x', i), 1700000000000 + i,
       CASE WHEN i % 100 = 7 THEN 'rare' ELSE 'common' END, CASE WHEN i % 2 THEN 'acc_odd' END, 'anthropic',
       'claude_code', 'anthropic', CASE WHEN i % 2 THEN 'anthropic' END, CASE WHEN i < 3 THEN 'oldest' ELSE 'model' END,
       CASE WHEN i % 1000 = 0 THEN 529 ELSE 200 END, 'completed', 1, 1, 2, 3, 4, 5, 6, 7, 10500000, 0, 'standard', 1, 12, 34,
       '[{"account_id":"acc_odd","status":529,"error":"overloaded_error","ms":3}]'
     FROM n`,
  )
    .bind(ROWS)
    .run();
});

async function list(query: string) {
  const { DB, rowsRead } = notingDatabase();
  const answer = await asAdmin("GET", `/admin/requests?${query}`, undefined, { DB });
  return { ...answer, rowsRead: await rowsRead() };
}

/** Follows the cursor to the end. */
async function everyPage(query: string) {
  const pages = [];
  let cursor = "";
  do {
    const page = await list(query + cursor);
    expect(page.status).toBe(200);
    pages.push(page);
    cursor = page.body.next_cursor ? `&cursor=${page.body.next_cursor}` : "";
  } while (cursor);
  return pages;
}

describe("the request log", () => {
  it("answers the contract's row, newest first", async () => {
    const { body } = await list("limit=2");
    const index = ROWS - 1;
    expect(body.items[0]).toEqual({
      id: expect.stringMatching(/^req_[0-9a-f]{32}$/),
      time: new Date(1_700_000_000_000 + index).toISOString(),
      key_id: "common",
      key_name: null,
      account_id: "acc_odd",
      account_name: null,
      platform: "anthropic",
      client: "claude_code",
      session_id: null,
      agent_id: null,
      parent_agent_id: null,
      protocol: "anthropic",
      upstream_protocol: "anthropic",
      model: "model",
      served_model: null,
      status: 200,
      outcome: "completed",
      stream: true,
      input_tokens: 1,
      cache_write_5m_tokens: 2,
      cache_write_1h_tokens: 3,
      cache_read_tokens: 4,
      output_tokens: 5,
      reasoning_tokens: 6,
      web_searches: 7,
      ...{ file_searches: 0, code_sessions: 0, images: 0, characters: 0, seconds: 0 },
      cost_usd: "0.0105",
      unpriced: false,
      estimated: true,
      ttft_ms: 12,
      duration_ms: 34,
      attempts: [{ account_id: "acc_odd", status: 529, error: "overloaded_error", ms: 3 }],
    });
    expect(body.items[1]).toMatchObject({ account_id: null, upstream_protocol: null });
    expect(Date.parse(String(body.items[1]?.time))).toBeLessThan(Date.parse(String(body.items[0]?.time)));
  });

  it("goes on where the page before ended", async () => {
    const first = await list("limit=3");
    const second = await list(`limit=3&cursor=${first.body.next_cursor}`);
    const both = [...first.body.items, ...second.body.items].map(({ id }) => id);
    expect(both).toEqual((await list("limit=6")).body.items.map(({ id }) => id));
  });

  it("reads a page, and not the table, for an unfiltered page", async () => {
    const { rowsRead } = await list("limit=50");
    expect(rowsRead).toBeGreaterThan(50);
    expect(rowsRead).toBeLessThan(60);
  });

  it("finds every row of a rare filter by following the cursor, and reads a bounded number of rows per page", async () => {
    for (const [query, expected] of [
      ["key_id=rare&limit=50", Math.floor((ROWS - 8) / 100) + 1],
      ["status=529", Math.floor((ROWS - 1) / 1000) + 1],
      ["status=5xx", Math.floor((ROWS - 1) / 1000) + 1],
      ["model=oldest", 3],
      ["status=529&account_id=acc_odd", 0],
    ] as const) {
      const pages = await everyPage(query);
      const found = pages.flatMap(({ body }) => body.items.map(({ id }) => id));
      expect([query, found.length, new Set(found).size]).toEqual([query, expected, expected]);
      expect([...found].sort().reverse()).toEqual(found);
      for (const { rowsRead } of pages) expect(rowsRead).toBeLessThan(2 * SCAN_BUDGET + 20);
    }
  });

  it("finds by time, outcome, client, cost and lack of a price, and reads only the rows of the time asked for", async () => {
    const at = (index: number) => new Date(1_700_000_000_000 + index).toISOString();
    const within = `from=${at(100)}&to=${at(110)}`;
    const { body, rowsRead } = await list(`limit=50&${within}`);
    expect(body.items.map(({ time }) => time)).toEqual(Array.from({ length: 10 }, (_, index) => at(109 - index)));
    expect(rowsRead).toBeLessThan(20);
    const count = async (query: string) => (await list(`limit=50&${within}&${query}`)).body.items.length;
    expect(await count("outcome=completed")).toBe(10);
    expect(await count("outcome=client_left")).toBe(0);
    expect(await count("client=claude_code")).toBe(10);
    expect(await count("client=codex")).toBe(0);
    expect(await count("min_cost_usd=0.0105")).toBe(10);
    expect(await count("min_cost_usd=0.010500001")).toBe(0);
    expect(await count("unpriced=0")).toBe(10);
    expect(await count("unpriced=1")).toBe(0);
    const first = await list(`limit=4&${within}`);
    const second = await list(`limit=50&${within}&cursor=${first.body.next_cursor}`);
    expect([first.body.items.length, second.body.items.length, second.body.next_cursor]).toEqual([4, 6, null]);
  });

  it.each([
    "outcome=good",
    "from=today",
    "min_cost_usd=cheap",
    "unpriced=yes",
    "status=abc",
    "status=999",
    "status=6xx",
    "cursor=acc_1",
    "limit=1000",
    "key=x",
    "status=200&status=500",
  ])("refuses ?%s", async (query) => expect((await asAdmin("GET", `/admin/requests?${query}`)).status).toBe(400));

  it("takes no filter for a piece of SQL", async () => {
    const { status, body } = await list(`model=${encodeURIComponent("' OR 1=1 --")}`);
    expect([status, body.items]).toEqual([200, []]);
  });
});
