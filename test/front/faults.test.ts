/**
 * 700 requests while everything that can fail does: clients leave, the upstream resets, ends early or refuses,
 * gates are torn down, D1 fails before and after writing. What is booked must be what the upstream reported.
 */
import { afterAll, beforeAll, expect, test } from "vitest";
import { streamOf, USED, wholeMessage } from "./messages.ts";
import { RelayUnderTest } from "./relay-under-test.ts";

const relay = new RelayUnderTest();
beforeAll(() => relay.start());
afterAll(() => relay.stop());

/** A hundred of each kind: with fewer some meet no fault, more only repeat them. */
const REQUESTS = 700;
const PARALLEL = 16;
const WORDS = Array.from({ length: 12 }, (_, index) => `word${index} `);
const STREAM = streamOf(WORDS);
/** Events before the break: the first, the block, a ping, and half of the words. */
const BROKEN = STREAM.slice(0, 9);
/** What is estimated for BROKEN: its words at four characters to a token. */
const BROKEN_OUTPUT = Math.ceil(WORDS.slice(0, 6).join("").length / 4);

const KINDS = ["stream", "whole", "leave", "reset", "early", "refuse", "error"] as const;
type Kind = (typeof KINDS)[number];

/** Deterministic, so that a failure can be repeated. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** What the upstream does for a request is written on the request, as its model. */
function behave(): void {
  relay.upstream.behave(({ body }) => {
    const kind = (JSON.parse(body.toString()) as { model: string }).model.split("/")[0] as Kind;
    const headers = { "content-type": "application/json" };
    switch (kind) {
      case "stream":
        return { chunks: STREAM };
      case "whole":
        return { headers, chunks: [wholeMessage("ok")] };
      case "leave":
        return { chunks: STREAM, pauseMs: 15 };
      case "reset":
        return { chunks: BROKEN, ending: "reset" };
      case "early":
        return { chunks: BROKEN };
      case "refuse":
        return { chunks: [], ending: "refuse" };
      case "error":
        return {
          status: 529,
          headers,
          chunks: ['{"type":"error","error":{"type":"overloaded_error","message":"no"}}'],
        };
    }
  });
}

async function one(key: string, kind: Kind): Promise<number> {
  const leaving = new AbortController();
  try {
    const response = await relay.messages(
      key,
      { model: `${kind}/x`, stream: kind !== "whole" && kind !== "error" },
      { signal: leaving.signal },
    );
    if (kind !== "leave" || response.status !== 200) {
      await response.text().catch(() => undefined);
      return response.status;
    }
    // Leaves once the first event is here, so that the relay has it too.
    await response.body?.getReader().read();
    leaving.abort();
    return response.status;
  } catch {
    return 0;
  }
}

test("books what the upstream reported, to the token: no duplicate, no loss, no orphan lease", {
  timeout: 600_000,
}, async () => {
  const keys = await Promise.all([1, 2, 3].map(() => relay.makeKey({ concurrency_limit: 50 })));
  behave();
  const random = randomFrom(20_261_121);
  const sent: Record<string, number> = {};
  let refused = 0;
  let started = 0;
  const worker = async () => {
    while (started < REQUESTS) {
      const number = started++;
      const kind = KINDS[Math.floor(random() * KINDS.length)] ?? "stream";
      const key = keys[number % keys.length];
      if (!key) throw new Error("no key");
      if (number % 97 === 50) await relay.tearDownGate(key.id);
      if (number % 61 === 30) await relay.failLedgerWrites({ before: 1 });
      if (number % 83 === 40) await relay.failLedgerWrites({ after: 1 });
      const status = await one(key.api_key, kind);
      // A gate torn down three times while it was asked: refused, and nothing was sent upstream.
      if (status === 503) refused++;
      else sent[kind] = (sent[kind] ?? 0) + 1;
    }
  };
  await Promise.all(Array.from({ length: PARALLEL }, worker));
  await relay.failLedgerWrites({ before: 0, after: 0 });
  expect(refused).toBeLessThan(REQUESTS / 100);
  const total = REQUESTS - refused;
  expect(relay.upstream.received).toHaveLength(total);

  const leases = async () => {
    const reports = await Promise.all(keys.map((key) => relay.report(key.id)));
    return reports.flatMap((report) => report.leases).length;
  };
  for (let attempt = 0; attempt < 200 && (await leases()) > 0; attempt++)
    await new Promise((done) => setTimeout(done, 50));
  expect(await leases()).toBe(0);
  // A gate whose writes have failed waits before it tries again, whoever asks.
  const unflushed = async () => {
    for (const key of keys) await relay.flush(key.id);
    const reports = await Promise.all(keys.map((key) => relay.report(key.id)));
    return reports.reduce((sum, report) => sum + report.unflushed, 0);
  };
  await expect.poll(unflushed, { timeout: 300_000, interval: 1_000 }).toBe(0);

  // The relay is shared with other files, whose gates may still have something to write.
  const ours = `WHERE key_id IN (${keys.map((key) => `'${key.id}'`).join(", ")})`;
  const rows = await relay.sql<{
    kind: string;
    rows: number;
    input: number;
    cached: number;
    output: number;
    least: number;
    most: number;
  }>(
    `SELECT substr(model, 1, instr(model, '/') - 1) AS kind, count(*) AS rows, sum(input_tokens) AS input,
       sum(cache_read_tokens) AS cached, sum(output_tokens) AS output, min(output_tokens) AS least, max(output_tokens) AS most
     FROM requests ${ours} GROUP BY 1`,
  );
  const booked = Object.fromEntries(rows.map((row) => [row.kind, row]));
  const outputOf: Partial<Record<Kind, number>> = {
    stream: USED.output_tokens,
    whole: USED.output_tokens,
    reset: BROKEN_OUTPUT,
    early: BROKEN_OUTPUT,
    refuse: 0,
    error: 0,
  };
  for (const kind of KINDS) {
    const count = sent[kind] ?? 0;
    const reported = kind === "refuse" || kind === "error" ? 0 : count;
    expect([kind, booked[kind]]).toMatchObject([
      kind,
      { rows: count, input: reported * USED.input_tokens, cached: reported * USED.cache_read_input_tokens },
    ]);
    const each = outputOf[kind];
    if (each !== undefined) expect([kind, booked[kind]?.output]).toEqual([kind, count * each]);
  }
  // Whoever leaves pays for no less than the first event said, and for no more than the whole answer.
  expect(booked.leave?.least).toBeGreaterThanOrEqual(1);
  expect(booked.leave?.most).toBeLessThanOrEqual(USED.output_tokens);

  // The three books agree: the log, the hourly sums, and the gates' own totals.
  const [log] = await relay.sql(
    `SELECT count(*) AS n, sum(output_tokens) AS o, sum(cost_nanos) AS c FROM requests ${ours}`,
  );
  const [sums] = await relay.sql(
    `SELECT sum(requests) AS n, sum(output_tokens) AS o, sum(cost_nanos) AS c FROM usage_hourly ${ours}`,
  );
  expect(sums).toEqual(log);
  const reports = await Promise.all(keys.map((key) => relay.report(key.id)));
  expect(reports.reduce((sum, report) => sum + report.totals.requests, 0)).toBe(total);
  expect(reports.reduce((sum, report) => sum + report.totals.usage.output, 0)).toBe(log?.o);
});
