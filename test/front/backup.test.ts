/**
 * Backup and restore by the command line between two real relays with secrets of their own. As `npm run backup:scale` it is the
 * size that the issue names: 1,000 keys, 50 accounts and 100,000 rows of usage.
 */
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { deriveFrom } from "../../scripts/relay/backup/passphrase.ts";
import type { TotalsView } from "../../src/admin/backup/schema.ts";
import { makeRecipient, recipientText } from "../../src/backup/file/recipient.ts";
import { CommandLine } from "./command-line.ts";
import { RelayUnderTest } from "./relay-under-test.ts";
import { ADMIN_PASSWORD, openBuilt } from "./shared-relays.ts";

const KEYS = Number(process.env.BACKUP_KEYS ?? 45);
const ACCOUNTS = Number(process.env.BACKUP_ACCOUNTS ?? 4);
const ROWS = Number(process.env.BACKUP_ROWS ?? 2_500);

const PASSPHRASE = { EDGE_RELAY_BACKUP_PASSPHRASE: "correct horse battery staple" };
const ANSWER = {
  ...{ id: "msg_1", type: "message", role: "assistant", model: "claude-sonnet-4-5" },
  content: [{ type: "text", text: "OK" }],
  usage: { input_tokens: 1_000, output_tokens: 100 },
};

type Opened = Awaited<ReturnType<typeof openBuilt>>;

const scratch = mkdtempSync(join(tmpdir(), "edge-relay-backup-"));
let old: Opened;
let fresh: Opened;
let from: RelayUnderTest;
let to: RelayUnderTest;
let keys: { id: string; api_key: string }[] = [];
const lines: CommandLine[] = [];

function at({ connection }: Opened): CommandLine {
  const line = new CommandLine({
    ...{ EDGE_RELAY_URL: connection.url, EDGE_RELAY_PASSWORD: ADMIN_PASSWORD },
    ...PASSPHRASE,
  });
  lines.push(line);
  return line;
}

const another = (of: string) => ({
  ENCRYPTION_KEY: `${of}-encryption-key-0123456789abcdef01234567`,
  KEY_SECRET: `${of}-key-secret-0123456789abcdef0123456789abcd`,
});

beforeAll(async () => {
  const built = inject("built");
  old = await openBuilt(built, another("old"));
  fresh = await openBuilt(built, another("fresh"));
  from = new RelayUnderTest(old.connection);
  to = new RelayUnderTest(fresh.connection);
  const upstream = await from.upstream.start();
  from.upstream.behave({ headers: { "content-type": "application/json" }, chunks: [JSON.stringify(ANSWER)] });
  for (let index = 0; index < ACCOUNTS; index++) {
    await from.admin("POST", "/admin/accounts", {
      ...{ name: `account ${index}`, platform: "anthropic", kind: "api-key", base_url: upstream },
      api_key: `sk-upstream-secret-${index}`,
    });
  }
  for (let made = 0; made < KEYS; made += 100) {
    const count = Math.min(100, KEYS - made);
    const { items } = await from.admin<{ items: typeof keys }>("POST", "/admin/api-keys/bulk", {
      ...{
        name_prefix: `key ${made}`,
        count,
        total_cost_limit_usd: "0.01",
        rate_limit_window_minutes: 60,
        rate_limit_requests: 99,
      },
    });
    keys = [...keys, ...items];
  }
  await addUsage();
  // Some that were really used, one of them up to its limit of a cent.
  for (const [index, requests] of [3, 1, 1, 2].entries()) {
    for (let request = 0; request < requests; request++) {
      expect((await from.messages(keys[index]?.api_key ?? "")).status).toBe(200);
    }
  }
  expect((await from.messages(keys[0]?.api_key ?? "")).status, "its cent is used up").toBe(429);
});

afterAll(async () => {
  for (const line of lines) line.dispose();
  await from?.upstream.stop();
  await old?.dispose();
  await fresh?.dispose();
  rmSync(scratch, { recursive: true, force: true });
});

/** Sums of hours, as flushes would have written them. */
async function addUsage(): Promise<void> {
  const db = await old.miniflare.getD1Database("DB");
  const columns = ["cache_write_5m_tokens", "cache_write_1h_tokens", "reasoning_tokens", "web_searches", "unpriced"];
  const statement = db.prepare(
    `WITH RECURSIVE number(n) AS (SELECT cast(?2 AS integer) UNION ALL SELECT n + 1 FROM number WHERE n + 1 < ?3)
     INSERT INTO usage_hourly (hour, key_id, account_id, model, requests, errors, input_tokens, cache_read_tokens,
       output_tokens, cost_nanos, ${columns.join(", ")})
     SELECT 480000 + n / 500, json_extract(?1, '$[' || (n % 500 % json_array_length(?1)) || ']'), 'acc', 'model-' || (n % 500), 3, n % 2,
       1000 + n, n % 7, n % 900, n * 13, ${columns.map(() => "0").join(", ")} FROM number`,
  );
  const ids = JSON.stringify(keys.map(({ id }) => id));
  const portion = 10_000;
  for (let begin = 0; begin < ROWS; begin += portion) {
    await db.batch([statement.bind(ids, begin, Math.min(ROWS, begin + portion))]);
  }
}

async function totals(relay: RelayUnderTest): Promise<Record<string, object>> {
  const { totals: all } = await relay.admin<TotalsView>("GET", "/admin/backup/totals");
  return Object.fromEntries(all.map(({ part, ...rest }) => [part, rest]));
}

/** Nothing but the lines of the trail about backing up itself may differ. */
async function comparable(relay: RelayUnderTest) {
  const { audit: _lines, key_secrets: _own, ...rest } = await totals(relay);
  return rest;
}

describe("a backup of a relay", () => {
  const file = join(scratch, "whole.backup");

  it("is one file for its owner alone, in which nothing can be read", async () => {
    const made = await at(old).run(["backup", file, "--requests", "--sign-ins", "--json"]);
    expect(made, made.err).toMatchObject({ code: 0 });
    const { rows } = JSON.parse(made.out);
    expect(rows).toMatchObject({ api_keys: KEYS, accounts: ACCOUNTS, credentials: ACCOUNTS });
    expect(rows.usage_hourly).toBeGreaterThanOrEqual(ROWS);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const bytes = readFileSync(file, "latin1");
    for (const plain of ["sk-upstream", "cr_", keys[0]?.id ?? "", "account 0", "usage_hourly"]) {
      expect(bytes.includes(plain), plain).toBe(false);
    }
  });

  it("is not written over a file that is there", async () => {
    expect(await at(old).run(["backup", file])).toMatchObject({ code: 2, err: expect.stringContaining("already") });
  });

  it("says in a dry run what would be made, and makes nothing", async () => {
    const before = await comparable(to);
    const { code, out, err } = await at(fresh).run(["restore", file, "--dry-run"]);
    expect(code, err).toBe(0);
    expect(out).toMatch(new RegExp(`accounts +${ACCOUNTS} +0 +${ACCOUNTS} +0`));
    expect(await comparable(to)).toEqual(before);
  });

  it("is restored into an empty relay with equal figures, and its keys work there with their old value and limits", async () => {
    const begun = Date.now();
    const { code, out, err } = await at(fresh).run(["restore", file, "--yes"]);
    expect(code, err).toBe(0);
    expect(out).toContain("api_keys");
    const took = Date.now() - begun;
    if (process.env.BACKUP_ROWS) console.log(`Restored ${statSync(file).size} bytes in ${took} ms`);
    expect(await comparable(to)).toEqual(await comparable(from));
    for (const { id } of keys.slice(0, 4)) {
      const [then, now] = [await from.report(id), await to.report(id)];
      const figures = ({ window, day, week, totals: all, firstUsedAt }: typeof then) => ({
        window,
        day,
        week,
        all,
        firstUsedAt,
      });
      expect(figures(now)).toEqual(figures(then));
    }
    expect((await to.messages(keys[0]?.api_key ?? "")).status, "its cent is used up here, too").toBe(429);
    for (const { api_key } of [keys[1], keys[9], keys.at(-1)].filter((key) => key !== undefined)) {
      expect((await to.messages(api_key)).status).toBe(200);
    }
    expect((await to.messages(`cr_${"0".repeat(64)}`)).status, "a key that nobody made").toBe(401);
  });

  it("changes nothing when it is restored again", async () => {
    const before = await comparable(to);
    const { code, out, err } = await at(fresh).run(["restore", file, "--yes", "--json"]);
    expect(code, err).toBe(0);
    const { restored } = JSON.parse(out) as { restored: Record<string, { made: number }> };
    // What was used since has sums of its own, which the backup does not have.
    for (const [part, { made }] of Object.entries(restored))
      if (part !== "audit") expect([part, made]).toEqual([part, 0]);
    expect(await comparable(to)).toEqual(before);
  });
});

it("a restore that is stopped in the middle goes on with the same line", async () => {
  const file = join(scratch, "whole.backup");
  const third = await openBuilt(inject("built"), another("third"));
  try {
    const stop = new AbortController();
    const broken = await at(third).run(["restore", file, "--yes"], {
      signal: stop.signal,
      onPrint: (text) => /Restoring usage_hourly/.test(text) && stop.abort(),
    });
    expect(broken).toMatchObject({ code: 130, err: expect.stringContaining("Run the same line again") });
    const again = await at(third).run(["restore", file, "--yes"]);
    expect(again.code, again.err).toBe(0);
    const relay = new RelayUnderTest(third.connection);
    const [then, now] = [await totals(from), await totals(relay)];
    for (const part of ["accounts", "credentials", "api_keys", "usage_hourly", "client_hourly", "requests"]) {
      expect(now[part], part).toEqual(then[part]);
    }
  } finally {
    await third.dispose();
  }
});

it("a backup with a row that the admin API would refuse is refused by its name, and leaves no half behind", async () => {
  const config = { url: "https://hooks.example.com/alerts", secret: "a-secret-of-the-webhook-0123" };
  const { id } = await from.admin<{ id: string }>("POST", "/admin/alerts/channels", {
    ...{ name: "ops", type: "webhook", config },
  });
  const db = await old.miniflare.getD1Database("DB");
  const sixth = await openBuilt(inject("built"), another("sixth"));
  try {
    const relay = new RelayUnderTest(sixth.connection);
    const before = await comparable(relay);
    const spoilt: [sql: string, back: string, says: RegExp][] = [
      [
        `UPDATE accounts SET extra_headers = '{"authorization":"Bearer other"}' WHERE name = 'account 0'`,
        "UPDATE accounts SET extra_headers = '{}'",
        /accounts acc_\w+ \(account 0\): extra_headers\.authorization/,
      ],
      // Seen only beside its secret, which no dry run sends.
      [
        `UPDATE alert_channels SET shown = '{"url":"elsewhere.example.com"}'`,
        `DELETE FROM alert_channels WHERE id = '${id}'`,
        new RegExp(`alert_channels ${id} \\(ops\\): shown`),
      ],
    ];
    for (const [at_, [sql, back, says]] of spoilt.entries()) {
      const file = join(scratch, `spoilt-${at_}.backup`);
      await db.exec(sql);
      expect((await at(old).run(["backup", file])).code).toBe(0);
      await db.exec(back);
      const { code, err } = await at(sixth).run(["restore", file, "--yes"]);
      expect([code, err]).toEqual([expect.any(Number), expect.stringMatching(says)]);
      expect(code).not.toBe(0);
      expect(await comparable(relay)).toEqual(before);
      expect((await totals(relay)).key_secrets).toMatchObject({ rows: 0 });
    }
  } finally {
    await sixth.dispose();
  }
});

it("what a relay has written into its bucket by itself is restored like any other backup", async () => {
  const made = await at(old).run(["backup", "--make-key"]);
  const BACKUP_KEY = made.out.trim();
  const scheduled = await openBuilt(
    inject("built"),
    { ...another("scheduled"), BACKUP_KEY },
    { r2Buckets: ["BACKUPS"] },
  );
  try {
    const relay = new RelayUnderTest(scheduled.connection);
    const { id } = await relay.makeKey({ name: "kept in the bucket" });
    const bucket = await scheduled.miniflare.getR2Bucket("BACKUPS");
    const worker = await scheduled.miniflare.getWorker();
    let name: string | undefined;
    for (let run = 0; run < 50 && name === undefined; run++) {
      await worker.scheduled({ cron: "3-58/5 * * * *" });
      [name] = (await bucket.list({ prefix: "edge-relay/2" })).objects.map(({ key }) => key);
    }
    if (name === undefined) throw new Error("There is no backup in the bucket");
    const object = await bucket.get(name);
    const file = join(scratch, "scheduled.backup");
    writeFileSync(file, Buffer.from((await object?.arrayBuffer()) ?? new ArrayBuffer(0)));
    const { code, out, err } = await at(fresh).run(["restore", file, "--yes", "--json"]);
    expect(code, err).toBe(0);
    expect(JSON.parse(out).restored.api_keys).toMatchObject({ made: 1 });
    expect(await to.admin("GET", `/admin/api-keys/${id}`)).toMatchObject({ name: "kept in the bucket" });
  } finally {
    await scheduled.dispose();
  }
});

describe("a file that is not as it was written", () => {
  const file = join(scratch, "small.backup");
  const changed = join(scratch, "changed.backup");
  let bytes: Buffer;
  /** Where each chunk begins, and behind the last the end. */
  const bounds: number[] = [];

  beforeAll(async () => {
    // A cheap passphrase: it is asked for a hundred times.
    const kdf = { name: "scrypt", n: 16, r: 1, p: 1, salt: "c2FsdHNhbHQ" } as const;
    const recipient = await makeRecipient(kdf, deriveFrom(PASSPHRASE.EDGE_RELAY_BACKUP_PASSPHRASE));
    const made = await at(old).run(["backup", file, "--recipient", recipientText(recipient)]);
    expect(made.code, made.err).toBe(0);
    bytes = readFileSync(file);
    let position = 18 + 4 + bytes.readUInt32BE(18);
    for (; position < bytes.length; position += 4 + bytes.readUInt32BE(position)) bounds.push(position);
    bounds.push(bytes.length);
    expect(position).toBe(bytes.length);
    expect(bounds.length).toBeGreaterThan(10);
  });

  async function refuses(content: Buffer, says: RegExp, env: Record<string, string> = {}): Promise<void> {
    writeFileSync(changed, content);
    const { code, err } = await at(fresh).run(["restore", changed, "--yes"], { env });
    expect(err).toMatch(says);
    expect(code, err).toBe(1);
  }

  const flipped = (position: number) => {
    const copy = Buffer.from(bytes);
    copy.writeUInt8(copy.readUInt8(position) ^ 0x20, position);
    return copy;
  };
  const chunk = (index: number) => bytes.subarray(bounds[index], bounds[index + 1]);

  it("is refused whole, and nothing is changed, whatever has become of it", async () => {
    const before = await totals(to);
    const last = bounds.length - 2;
    // Each chunk of a small file; of a large one some of all kinds, and both ends.
    const some = last > 40 ? Math.ceil(last / 6) : 1;
    for (let index = 0; index <= last; index += index + some > last && index < last ? last - index : some) {
      const [begin = 0, end = 0] = [bounds[index], bounds[index + 1]];
      for (const position of [begin + 3, begin + 6, begin + 20, end - 1]) {
        await refuses(flipped(position), /damaged|ends before its end/);
      }
      await refuses(bytes.subarray(0, begin), /ends before its end/);
      await refuses(bytes.subarray(0, begin + 2), /ends before its end/);
      await refuses(bytes.subarray(0, end - 1), /ends before its end/);
      const without = Buffer.concat([bytes.subarray(0, begin), bytes.subarray(end)]);
      await refuses(without, /damaged|ends before its end/);
      if (index < last) {
        const swapped = [bytes.subarray(0, begin), chunk(index + 1), chunk(index), bytes.subarray(bounds[index + 2])];
        await refuses(Buffer.concat(swapped), /damaged/);
      }
      await refuses(
        Buffer.concat([bytes.subarray(0, end), chunk(index), bytes.subarray(end)]),
        /damaged|behind its end/,
      );
    }
    for (let position = 0; position < (bounds[0] ?? 0); position += 7) {
      await refuses(flipped(position), /damaged|no backup|not the one|later version|ends before/);
    }
    await refuses(Buffer.concat([bytes, Buffer.from("more")]), /damaged|ends before its end|behind its end/);
    await refuses(Buffer.alloc(0), /no backup/);
    await refuses(readFileSync(join(import.meta.dirname, "backup.test.ts")), /no backup/);
    await refuses(bytes, /passphrase is not the one/, { EDGE_RELAY_BACKUP_PASSPHRASE: "another one, and long" });
    expect(await totals(to)).toEqual(before);
  });

  it("is refused where it is of a later version of the relay", async () => {
    const text = bytes.toString("latin1");
    await refuses(Buffer.from(text.replace('"format":1', '"format":2'), "latin1"), /later version/);
  });
});

it("a backup key is made without a relay, and a passphrase that is too short or mistyped makes nothing", async () => {
  const line = at(old);
  const made = await line.run(["backup", "--make-key"]);
  expect(made.out).toMatch(/^edge-relay-backup\.[\w-]+\n$/);
  const file = join(scratch, "never.backup");
  const short = await line.run(["backup", file], { env: { EDGE_RELAY_BACKUP_PASSPHRASE: "short" } });
  expect(short).toMatchObject({ code: 2, err: expect.stringContaining("too short") });
  const typed = await line.run(["backup", file], {
    env: { EDGE_RELAY_BACKUP_PASSPHRASE: "" },
    typed: ["one passphrase, long", "another one, as long"],
  });
  expect(typed).toMatchObject({ code: 2, err: expect.stringContaining("differ") });
});
