/** Bodies made to fill the isolate's memory fill a small part of it, and nobody else feels them. */
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, test } from "vitest";
import { forgetPeak, IS_LINUX, memory } from "../../scripts/bench/processes.ts";
import { streamOf } from "./messages.ts";
import { ownRelay } from "./own-relay.ts";
import { RelayUnderTest } from "./relay-under-test.ts";

const relay = new RelayUnderTest();
beforeAll(() => relay.start());
afterAll(() => relay.stop());

const AT_ONCE = 20;
/** 48 KB that inflate to 49 MB; without a bound twenty of them are a gigabyte. */
const BOMB = gzipSync(Buffer.alloc(49_000_000, 0x20));
/** Of the 128 MB that production gives an isolate; what the process takes beside it is not counted there. */
const MOST_GROWTH_MB = 128;

test("twenty bodies of 48 KB that inflate to 49 MB leave another client's stream alone", async () => {
  const [victim, attacker] = [await relay.makeKey(), await relay.makeKey()];
  const events = streamOf(Array.from({ length: 40 }, (_, index) => `word ${index} `));
  relay.upstream.behave({ chunks: events, pauseMs: 100 });
  // The first request loads what every isolate holds anyway.
  await (await relay.messages(victim.api_key, { stream: true })).text();
  const { processes } = ownRelay();
  expect(processes.length > 0 || !IS_LINUX).toBe(true);
  for (const pid of processes) forgetPeak(pid);
  const before = processes.map((pid) => memory(pid)?.nowKb ?? 0);

  const stream = await relay.messages(victim.api_key, { stream: true });
  const attack = Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      const response = await relay.messages(attacker.api_key, BOMB, { headers: { "content-encoding": "gzip" } });
      await response.text();
      return response.status;
    }),
  );
  expect(await stream.text()).toBe(events.join(""));
  for (const status of await attack) expect([413, 503]).toContain(status);
  expect((await relay.rows(victim.id, 2))[0]).toMatchObject({ outcome: "completed", output_tokens: 57 });
  expect(await relay.report(attacker.id)).toMatchObject({ leases: [], unflushed: 0 });

  const growth = processes.map((pid, index) => ((memory(pid)?.peakKb ?? 0) - (before[index] ?? 0)) / 1024);
  console.log(`memory grew by ${growth.map((mb) => mb.toFixed(0)).join(" and ")} MB at the most`);
  if (IS_LINUX) expect(Math.max(...growth)).toBeLessThan(MOST_GROWTH_MB);
}, 120_000);
