import { env } from "cloudflare:workers";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { MOST_SUMS } from "../../src/admin/usage/query.ts";
import { rememberUse } from "../../src/gate/recently-settled.ts";
import { retain } from "../../src/jobs/retention.ts";
import { formatUsd } from "../../src/pricing/money.ts";
import { OUTCOMES } from "../../src/store/schema.ts";
import { USAGE_FIELDS, usageOfFields, usageView } from "../../src/vocabulary.ts";
import { book, emptyLedger, entry } from "../store/rows.ts";
import { asAdmin, signIn } from "./client.ts";
import { notingDatabase } from "./noting-database.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

interface Sums {
  requests: number;
  cost_usd: string;
  [field: string]: unknown;
}
interface Usage {
  items: Sums[];
  totals: Sums;
  next_cursor: string | null;
  from: string;
  to: string;
}

const read = async (query: string, bindings?: Partial<Env>): Promise<Usage> => {
  const { status, body } = await asAdmin("GET", `/admin/usage?${query}`, undefined, bindings);
  expect([status, body]).toEqual([200, expect.anything()]);
  return body as unknown as Usage;
};
const refused = async (query: string, bindings?: Partial<Env>) => {
  const { status, body } = await asAdmin("GET", `/admin/usage?${query}`, undefined, bindings);
  return [status, body.error.details?.[0]?.field];
};

async function key(name: string, tags: string[]): Promise<string> {
  return (await asAdmin("POST", "/admin/api-keys", { name, tags })).body.id;
}

const NO_OUTCOMES = { ...Object.fromEntries(OUTCOMES.map((outcome) => [outcome, 0])), unknown: 0 };

/** A fixed Saturday noon, so that days and hours are what they are whenever this runs. */
const NOON = Date.parse("2026-11-21T12:00:00Z");
const range = (from: number, to = NOON + HOUR) =>
  `from=${new Date(from).toISOString()}&to=${new Date(to).toISOString()}`;
const WEEK = range(NOON - 7 * DAY);

interface Fact {
  key: string;
  account: string | null;
  model: string;
  time: number;
  nanos: number;
}

let facts: Fact[] = [];
const ids: Record<string, string> = {};

/** The sums by whatever a fact says, worked out here. */
function expected(groupOf: (fact: Fact) => (string | null)[]): Record<string, [number, string]> {
  const groups = new Map<string, [number, number]>();
  for (const fact of facts) {
    for (const group of groupOf(fact)) {
      const [count, nanos] = groups.get(String(group)) ?? [0, 0];
      groups.set(String(group), [count + 1, nanos + fact.nanos]);
    }
  }
  return Object.fromEntries([...groups].map(([group, [count, nanos]]) => [group, [count, formatUsd(nanos)]]));
}

const answered = ({ items }: Usage, groupOf: (item: Sums) => unknown) =>
  Object.fromEntries(items.map((item) => [String(groupOf(item)), [item.requests, item.cost_usd]]));

beforeAll(async () => {
  await signIn();
  const account = { platform: "anthropic", kind: "api-key", api_key: "sk-usage-0123456789" };
  ids.acc = (await asAdmin("POST", "/admin/accounts", { ...account, name: "main account" })).body.id;
  ids.one = await key("one", ["red", "blue"]);
  ids.two = await key("two", ["red"]);
  ids.none = await key("untagged", []);
});

beforeEach(async () => {
  await emptyLedger();
  facts = [];
  let nanos = 1;
  for (const name of ["one", "two", "none"]) {
    for (const account of [String(ids.acc), null]) {
      for (const model of ["claude-opus-4-8", "claude-haiku-4-5"]) {
        for (const ago of [0, 1, 13, 30, 77]) {
          facts.push({ key: String(ids[name]), account, model, time: NOON - ago * HOUR, nanos });
          nanos *= 2;
          if (nanos > 1e14) nanos = 3;
        }
      }
    }
  }
  for (const name of ["one", "two", "none"]) {
    const own = facts.filter((fact) => fact.key === ids[name]);
    await book(
      String(ids[name]),
      own.map(({ account, model, time, nanos }) => entry(time, { accountId: account, model, costNanos: nanos })),
    );
  }
});

const day = (offset: number) => (time: number) => new Date(time + offset * HOUR).toISOString().slice(0, 10);

describe("usage by one thing", () => {
  it("is summed by key, with names", async () => {
    const usage = await read(`group_by=key&${WEEK}`);
    expect(answered(usage, (item) => item.key_id)).toEqual(expected((fact) => [fact.key]));
    expect(usage.items.map(({ key_name }) => key_name).sort()).toEqual(["one", "two", "untagged"]);
  });

  it("is summed by account, those that were never reached as null", async () => {
    const usage = await read(`group_by=account&${WEEK}`);
    expect(answered(usage, (item) => item.account_id)).toEqual(expected((fact) => [fact.account]));
    expect(usage.items.map(({ account_name }) => account_name)).toContain("main account");
  });

  it("is summed by model", async () => {
    const usage = await read(`group_by=model&${WEEK}`);
    expect(answered(usage, (item) => item.model)).toEqual(expected((fact) => [fact.model]));
  });

  it("is summed by hour, newest first", async () => {
    const usage = await read(`group_by=hour&${WEEK}`);
    expect(answered(usage, (item) => item.hour)).toEqual(expected((fact) => [new Date(fact.time).toISOString()]));
    const hours = usage.items.map(({ hour }) => String(hour));
    expect(hours).toEqual([...hours].sort().reverse());
  });

  it.each(["0", "14", "-11", "5.5"])("is summed by day of the offset %s, newest first", async (offset) => {
    const usage = await read(`group_by=day&${WEEK}`, { TIMEZONE_OFFSET: offset });
    expect(answered(usage, (item) => item.day)).toEqual(expected((fact) => [day(Number(offset))(fact.time)]));
    const days = usage.items.map(({ day }) => String(day));
    expect(days).toEqual([...days].sort().reverse());
  });

  it("is summed by tag: a key with two counts under both, one without under none, and each once in the totals", async () => {
    const usage = await read(`group_by=tag&${WEEK}`);
    const tags: Record<string, (string | null)[]> = {
      [String(ids.one)]: ["red", "blue"],
      [String(ids.two)]: ["red"],
      [String(ids.none)]: [null],
    };
    expect(answered(usage, (item) => item.tag)).toEqual(expected((fact) => tags[fact.key] ?? []));
    expect(usage.totals.requests).toBe(facts.length);
  });

  it("counts every kind of token, errors, and what has no price", async () => {
    const usage = usageOfFields((field) => USAGE_FIELDS.indexOf(field) + 1);
    await emptyLedger();
    await book(String(ids.one), [
      entry(NOON, { usage, costNanos: 8 }),
      entry(NOON, { usage, status: 529, outcome: "upstream_error", unpriced: true }),
    ]);
    const sums = {
      requests: 2,
      errors: 1,
      ...usageView(usageOfFields((field) => 2 * usage[field])),
      cost_usd: "0.000000008",
      unpriced: 1,
      outcomes: { ...NO_OUTCOMES, completed: 1, upstream_error: 1 },
      ttft_ms: { p50: expect.any(Number), p95: expect.any(Number) },
      duration_ms: { p50: expect.any(Number), p95: expect.any(Number) },
    };
    const { items, totals } = await read(`group_by=model&${WEEK}`);
    expect([items, totals]).toEqual([[{ model: "claude-opus-4-8", ...sums }], sums]);
  });
});

describe("usage by two things", () => {
  it.each([
    ["key", "day", (fact: Fact) => [`${fact.key} ${day(0)(fact.time)}`], (item: Sums) => `${item.key_id} ${item.day}`],
    [
      "model",
      "account",
      (fact: Fact) => [`${fact.model} ${fact.account}`],
      (item: Sums) => `${item.model} ${item.account_id}`,
    ],
    [
      "tag",
      "key",
      (fact: Fact) =>
        fact.key === ids.one
          ? [`red ${fact.key}`, `blue ${fact.key}`]
          : fact.key === ids.two
            ? [`red ${fact.key}`]
            : [`null ${fact.key}`],
      (item: Sums) => `${item.tag} ${item.key_id}`,
    ],
    [
      "hour",
      "tag",
      (fact: Fact) => {
        const hour = new Date(fact.time).toISOString();
        return fact.key === ids.one
          ? [`${hour} red`, `${hour} blue`]
          : [`${hour} ${fact.key === ids.two ? "red" : null}`];
      },
      (item: Sums) => `${item.hour} ${item.tag}`,
    ],
  ] as const)("is summed by %s and then by %s", async (first, second, ofFact, ofItem) => {
    const usage = await read(`group_by=${first}&then_by=${second}&limit=200&${WEEK}`);
    expect(answered(usage, ofItem)).toEqual(expected(ofFact));
  });
});

describe("the range", () => {
  it("takes whole hours, from inclusive and to exclusive, and says what it took", async () => {
    await emptyLedger();
    await book(String(ids.one), [entry(NOON - 1), entry(NOON), entry(NOON + HOUR - 1), entry(NOON + HOUR)]);
    const usage = await read(`group_by=hour&${range(NOON + 1, NOON + 2)}`);
    expect(usage).toMatchObject({
      totals: { requests: 2 },
      from: new Date(NOON).toISOString(),
      to: new Date(NOON + HOUR).toISOString(),
    });
  });

  it("is the last 30 days without one, today and the hour under way included, and 24 hours for hours", async () => {
    await emptyLedger();
    const today = Math.floor(Date.now() / DAY) * DAY;
    await book(String(ids.one), [entry(today - 29 * DAY), entry(today - 29 * DAY - 1), entry(Date.now())]);
    expect((await read("")).totals.requests).toBe(2);
    expect((await read("group_by=hour")).totals.requests).toBe(1);
  });

  it("reaches into days that hours were folded into, and the sums stay what they were", async () => {
    const bindings = { HOURLY_USAGE_DAYS: "1" };
    const before = await Promise.all(
      ["day", "key", "tag"].map((group) => read(`group_by=${group}&${range(NOON - 7 * DAY, NOON + DAY)}`)),
    );
    expect((await retain({ ...env, ...bindings }, NOON)).hoursFolded).toBeGreaterThan(0);
    const after = await Promise.all(
      ["day", "key", "tag"].map((group) => read(`group_by=${group}&${range(NOON - 7 * DAY, NOON + DAY)}`)),
    );
    expect(after).toEqual(before);
    expect((await read(`group_by=hour&${WEEK}`)).totals.requests).toBeLessThan(facts.length);
  });

  it("is filtered by key, account and model, alone and together", async () => {
    const one = String(ids.one);
    for (const [query, matches] of [
      [`key_id=${one}`, (fact: Fact) => fact.key === one],
      [`account_id=${ids.acc}`, (fact: Fact) => fact.account === ids.acc],
      ["model=claude-haiku-4-5", (fact: Fact) => fact.model === "claude-haiku-4-5"],
      [`key_id=${one}&model=claude-haiku-4-5`, (fact: Fact) => fact.key === one && fact.model === "claude-haiku-4-5"],
      ["model=none", () => false],
    ] as const) {
      const usage = await read(`group_by=day&${query}&${WEEK}`);
      const requests = facts.filter(matches).length;
      expect([query, usage.totals.requests, usage.items.reduce((total, item) => total + item.requests, 0)]).toEqual([
        query,
        requests,
        requests,
      ]);
    }
  });

  it.each([
    ["group_by", "group_by=colour"],
    ["then_by", "group_by=key&then_by=key"],
    ["from", "from=yesterday"],
    ["from", range(NOON, NOON - DAY)],
    ["from", `group_by=hour&${range(NOON - 32 * DAY, NOON)}`],
    ["from", range(NOON - 367 * DAY, NOON)],
    ["cursor", "cursor=x"],
    ["user", "user=me"],
  ])("with a bad %s is refused: %s", async (field, query) => {
    expect(await refused(query)).toEqual([400, field]);
  });
});

describe("pages", () => {
  it("go on where the one before ended, dearest first, with the same totals", async () => {
    const all = await read(`group_by=key&then_by=model&${WEEK}`);
    const seen: Sums[] = [];
    let cursor = "";
    do {
      const page = await read(`group_by=key&then_by=model&limit=4&${WEEK}${cursor}`);
      expect(page.totals).toEqual(all.totals);
      seen.push(...page.items);
      cursor = page.next_cursor ? `&cursor=${page.next_cursor}` : "";
    } while (cursor);
    expect(seen).toEqual(all.items);
    const costs = seen.map(({ cost_usd }) => Number(cost_usd));
    expect(costs).toEqual([...costs].sort((a, b) => b - a));
  });
});

describe("freshness and cost", () => {
  it("brings in first what the gates have not written yet", async () => {
    const id = await key("fresh", []);
    const gate = env.GATE.getByName(id);
    const ask = {
      leaseId: "req_fresh",
      platforms: ["anthropic"] as const,
      model: "m",
      client: "c",
      userAgent: "",
      ip: null,
      takesLease: true,
      session: null,
      worstNanos: 0,
      worstTokens: 0,
      responseId: null,
      estimate: null,
      settlements: [],
    };
    expect((await gate.admit(id, ask)).ok).toBe(true);
    const booked = { ...entry(Date.now(), { costNanos: 42 }), id: "req_fresh" };
    await gate.settle(id, [{ leaseId: "req_fresh", grant: 0, entry: booked, session: null }]);
    rememberUse(id);
    expect((await read(`key_id=${id}`)).totals).toMatchObject({ requests: 1, cost_usd: "0.000000042" });
  });

  const fill = (rows: number) =>
    env.DB.prepare(
      `WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < ?1)
       INSERT INTO usage_hourly (hour, key_id, account_id, model, requests, errors, input_tokens,
         cache_write_5m_tokens, cache_write_1h_tokens, cache_read_tokens, output_tokens, reasoning_tokens, web_searches,
         cost_nanos, unpriced)
       SELECT ?2 - i / 100, 'k' || (i % 100), 'a', 'm', 1, 0, 1, 1, 1, 1, 1, 1, 1, 1, 0 FROM n`,
    )
      .bind(rows, NOON / HOUR)
      .run();

  it("reads the rows of the range once or twice, and none outside of it", async () => {
    await emptyLedger();
    await fill(20_000);
    const inDay = 24 * 100;
    for (const group of ["key", "day", "tag", "hour", "model"]) {
      const { DB, rowsRead } = notingDatabase();
      const usage = await read(`group_by=${group}&limit=10&${range(NOON - 23 * HOUR)}`, { DB });
      expect(usage.totals.requests).toBe(inDay);
      expect(await rowsRead(), group).toBeLessThan(3 * inDay + 500);
    }
    const { DB, rowsRead } = notingDatabase();
    expect((await read(`key_id=k7&${WEEK}`, { DB })).totals.requests).toBe(7 * 24 + 1);
    expect(await rowsRead()).toBeLessThan(1_000);
  });

  it("refuses a range of more sums than one report may read, and answers for one key of it", async () => {
    await emptyLedger();
    await fill(MOST_SUMS + 1);
    const all = range(NOON - 30 * DAY);
    const { DB, rowsRead } = notingDatabase();
    expect(await refused(`group_by=day&${all}`, { DB })).toEqual([400, "from"]);
    expect(await rowsRead()).toBeLessThan(3 * MOST_SUMS);
    expect((await read(`group_by=day&key_id=k7&${all}`)).totals.requests).toBe(500);
  });
});
