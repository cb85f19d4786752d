/** The relay that has grown, in small: the log and its sums in the tables of the migrations. Nothing is started or timed here. */
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { beforeAll, describe, expect, it } from "vitest";
import { type Population, populate } from "../../scripts/scale/population.ts";
import { chanceOf, zipf } from "../../scripts/scale/random.ts";
import { isStrict, type PageResult, pageLine, scalePage } from "../../scripts/scale/report.ts";
import { writeTraffic } from "../../scripts/scale/traffic.ts";
import { OPEN_POLICY } from "../../src/keys/policy.ts";

const MIGRATIONS = join(import.meta.dirname, "../../migrations");
const SIZE = { keys: 60, accounts: 20, requests: 3_000 };
const SECRETS = { ENCRYPTION_KEY: "scale-encryption-key-0123456789abcdef0123456", KEY_SECRET: "k".repeat(40) };
const NOW = Date.UTC(2026, 10, 26, 12);

describe("the population", () => {
  const database = new DatabaseSync(":memory:");
  let population: Population;
  const number = (sql: string): unknown => Object.values(database.prepare(sql).get() ?? {})[0];

  beforeAll(async () => {
    for (const file of globSync(`${MIGRATIONS}/*.sql`).sort()) database.exec(readFileSync(file, "utf8"));
    const chance = chanceOf(1);
    population = await populate(database, SIZE, SECRETS, chance, NOW);
    writeTraffic(database, SIZE, population, chance, NOW);
  });

  it("is as large as was asked for", () => {
    expect(number("SELECT count(*) FROM api_keys")).toBe(SIZE.keys);
    expect(number("SELECT count(*) FROM accounts")).toBe(SIZE.accounts);
    expect(number("SELECT count(*) FROM requests")).toBe(SIZE.requests);
  });

  it("has sums that add up to the log, by hour, by client and by day", () => {
    for (const table of ["usage_hourly", "client_hourly", "usage_daily"]) {
      expect(number(`SELECT sum(requests) FROM ${table}`), table).toBe(SIZE.requests);
      expect(number(`SELECT sum(cost_nanos) FROM ${table}`), table).toBe(
        number("SELECT sum(cost_nanos) FROM requests"),
      );
    }
    expect(number("SELECT sum(requests) FROM key_figures")).toBe(SIZE.requests);
  });

  it("keeps days only of what is older than its hours, and nothing of the future", () => {
    const oldestHour = Number(number("SELECT min(hour) FROM usage_hourly"));
    expect(Number(number("SELECT max(day) FROM usage_daily"))).toBeLessThan(oldestHour / 24);
    expect(Number(number("SELECT max(time) FROM requests"))).toBeLessThan(NOW);
  });

  it("gives each key a whole policy, and the first key's owner the key itself", () => {
    for (const { policy } of database.prepare("SELECT policy FROM api_keys").all()) {
      expect(Object.keys(JSON.parse(String(policy))).sort()).toEqual(Object.keys(OPEN_POLICY).sort());
    }
    expect(population.firstKey).toMatch(/^cr_[0-9a-f]{64}$/);
  });
});

describe("chance", () => {
  it("is the same for the same seed", () => {
    const drawn = (seed: number) => Array.from({ length: 5 }, chanceOf(seed).next);
    expect(drawn(7)).toEqual(drawn(7));
    expect(drawn(7)).not.toEqual(drawn(8));
  });

  it("picks the first of many far more often than the last", () => {
    const pick = zipf(100, chanceOf(3));
    const picked = Array.from({ length: 5_000 }, pick);
    expect(picked.filter((at) => at === 0).length).toBeGreaterThan(20 * picked.filter((at) => at === 99).length);
    expect(Math.max(...picked)).toBeLessThan(100);
  });
});

describe("the page on the console at scale", () => {
  const result: PageResult = {
    ...{
      name: "Keys",
      firstPaintMs: 120,
      contentMs: 999,
      fastestMs: 700,
      largestPaintMs: 300,
      blockedMs: 12,
      shift: 0.01,
    },
    ...{ requests: 9, bytes: 91_000, asked: [], violations: [], complaints: [] },
    policy: "default-src 'none'; script-src 'self'",
    calls: [
      { path: `/admin/api-keys/${"a".repeat(32)}`, status: 200, ms: 5, bytes: 2_000, rowsRead: 150, objectRequests: 3 },
    ],
  };
  const machine = { ...{ cpu: "a CPU", cores: 2, memoryGb: 4, system: "linux" }, ...versions() };
  const page = (of: PageResult) => scalePage({ size: SIZE, rounds: 3, machine, load: 1, results: [of] });

  it("says of a page whether its content came within a second, and what it read", () => {
    expect(pageLine(result)).toContain("content 999 ms PASS; 150 rows read, 3 object requests");
    expect(page({ ...result, contentMs: 1_000 })).toContain(
      "| Keys | 120 ms | 1000 ms | 700 ms | MISS | 150 | 3 | 1 |",
    );
  });

  it("names calls without the ids of one run", () => {
    expect(page(result)).toContain("| `/admin/api-keys/…` | 150 | 3 | 2.0 kB |");
  });

  it("names each fault that a page has", () => {
    expect(page({ ...result, violations: ["label: Elements must have labels (input)"] })).toContain(
      "- Keys: label: Elements must have labels (input)",
    );
  });

  it("calls a policy strict only where nothing inline is allowed", () => {
    expect(isStrict(result.policy)).toBe(true);
    expect(isStrict(`${result.policy} 'unsafe-inline'`)).toBe(false);
    expect(isStrict("script-src 'self'")).toBe(false);
  });
});

function versions() {
  return { node: "24", workerd: "1", wrangler: "4", date: "2026-11-26T12:00:00.000Z" };
}
