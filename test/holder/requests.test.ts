/** A key's own requests among those of others: what is shown, and what of D1 is read for it. */
import { env, exports } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import { HOUR_MS } from "../../src/ground/durations.ts";
import { ownRequests, ROWS_A_PAGE } from "../../src/holder/requests.ts";
import type { Call } from "../../src/relay/call.ts";
import { NO_USAGE, usageView } from "../../src/vocabulary.ts";
import { notingDatabase } from "../admin/noting-database.ts";
import { makeKey } from "../relay/relay-in-process.ts";
import { book, entry } from "../store/rows.ts";

const HOUR = Math.floor(Date.now() / HOUR_MS) * HOUR_MS;

let key: { id: string; key: string };
beforeEach(async () => {
  await env.DB.batch(["requests", "usage_hourly"].map((table) => env.DB.prepare(`DELETE FROM ${table}`)));
  key = await makeKey();
});

/** `count` requests within the hour that is `hoursAgo`, a second apart, oldest first. */
function within(hoursAgo: number, count: number, fields = {}) {
  return Array.from({ length: count }, (_, at) => entry(HOUR - hoursAgo * HOUR_MS + at * 1_000, fields));
}

async function read(query: string, apiKey = key.key): Promise<Response> {
  const url = `https://relay.test/api/usage/requests${query}`;
  return exports.default.fetch(new Request(url, { headers: { "x-api-key": apiKey } }));
}

type Page = { items: { id: string }[]; next_cursor: string | null };

/** Follows the cursor to the end. */
async function pages(query: string): Promise<Page[]> {
  const all: Page[] = [];
  let cursor: string | null = null;
  do {
    const response: Response = await read(`${query}${cursor === null ? "" : `&cursor=${cursor}`}`);
    expect(response.status).toBe(200);
    const page = await response.json<Page>();
    all.push(page);
    cursor = page.next_cursor;
  } while (cursor !== null);
  return all;
}

/** The view as the Worker calls it, with D1 watched. */
async function watched(keyId: string, query: string) {
  const { DB, noted, rowsRead } = notingDatabase();
  const call = { env: { ...env, DB }, url: new URL(`https://relay.test/${query}`), startedAt: HOUR } as unknown as Call;
  const answer = await ownRequests(call, keyId);
  if (!answer.ok) throw new Error(answer.refusal.reason);
  return { ...answer.value, queries: noted.length, rowsRead: await rowsRead() };
}

describe("a holder's own requests", () => {
  it("say what was asked, how it ended and what it cost, and nothing of who served it", async () => {
    const [booked] = within(1, 1, { model: "claude-opus-4-8", costNanos: 1_060_500, durationMs: 1_240, ttftMs: 310 });
    await book(key.id, [booked as never]);
    const page = await (await read("")).json();
    expect(page).toEqual({
      items: [
        {
          id: booked?.id,
          time: new Date(HOUR - HOUR_MS).toISOString(),
          client: "claude_code",
          model: "claude-opus-4-8",
          status: 200,
          outcome: "completed",
          stream: true,
          ...usageView({ ...NO_USAGE, input: 100, output: 10 }),
          cost_usd: "0.0010605",
          unpriced: false,
          estimated: false,
          ttft_ms: 310,
          duration_ms: 1_240,
        },
      ],
      next_cursor: null,
    });
  });

  it("come newest first, each once, over all pages, and no other key's are among them", async () => {
    const own = [...within(40, 7), ...within(39, 3), ...within(3, 12), ...within(1, 1)];
    await book(key.id, own);
    await book("key_other", [...within(40, 9), ...within(20, 30), ...within(1, 5)]);
    const seen = (await pages("?limit=5")).flatMap(({ items }) => items.map(({ id }) => id));
    expect(seen).toEqual(
      own
        .map(({ id }) => id)
        .sort()
        .reverse(),
    );
  });

  it("are found behind more hours and more rows of others than one page looks at", async () => {
    const own = [...within(90, 1), ...Array.from({ length: 30 }, (_, at) => within(at + 2, 1)).flat()];
    await book(key.id, own);
    await book("key_other", within(2, ROWS_A_PAGE + 200));
    const all = await pages("?limit=50");
    expect(all.length).toBeGreaterThan(2);
    expect(all.flatMap(({ items }) => items)).toHaveLength(own.length);
  });

  it("of a key that is rarely used are read without the hours in which it was not", async () => {
    await book(key.id, [...within(30, 2), ...within(5, 1)]);
    await book("key_other", [...within(20, 400), ...within(4, 400), ...within(0, 400)]);
    const { items, rowsRead } = await watched(key.id, "");
    expect(items).toHaveLength(3);
    expect(rowsRead).toBeLessThan(30);
  });

  it("cost a bounded number of rows and queries, however busy the relay is and however long the key has been used", async () => {
    for (let hour = 1; hour <= 60; hour++) {
      await book(key.id, within(hour, 1));
      await book("key_other", within(hour, 100));
    }
    const { queries, rowsRead } = await watched(key.id, "?limit=50");
    expect(queries).toBeLessThanOrEqual(1 + 2 * 24);
    expect(rowsRead).toBeLessThan(ROWS_A_PAGE + 400);
    await book("key_other", within(1, 3 * ROWS_A_PAGE));
    expect((await watched(key.id, "")).rowsRead).toBeLessThan(ROWS_A_PAGE + 400);
  });

  it.each(["?limit=0", "?limit=51", "?limit=x", "?cursor=req_1", "?cursor='"])("are refused with %s", async (query) => {
    const response = await read(query);
    expect(response.status).toBe(400);
    expect(response.headers.get("x-edge-relay-refusal")).toBe("query_refused");
  });
});
