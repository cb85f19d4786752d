/** A client that does not take its answer holds no place that others wait for. */
import { env } from "cloudflare:workers";
import { afterEach, expect, test, vi } from "vitest";
import { eventually } from "../eventually.ts";
import { streamOf } from "../front/messages.ts";
import { ask, behave, hurry, leasesFreed, makeAccount, makeKey, rows } from "./relay-in-process.ts";

/** Where nobody reads, the stream's copy is looked at this often. */
const LOOKS_AGAIN_MS = 10_000;
const WORDS = Array.from({ length: 40 }, (_, index) => `word${index} `);

afterEach(() => vi.restoreAllMocks());

test("an answer that nobody reads is booked, and its account's place is free, as soon as the upstream has ended", async () => {
  const account = await makeAccount({ max_concurrency: 1 });
  const slow = await makeKey({ concurrency_limit: 1 });
  const other = await makeKey();
  hurry(LOOKS_AGAIN_MS);
  behave({ chunks: [streamOf(WORDS).join("")] });
  const unread = await ask(slow.key);
  expect(unread.status).toBe(200);
  await leasesFreed(slow.id);
  await eventually(async () => {
    expect(await env.KEEPER.getByName(account.id).report(0)).toMatchObject({ inFlight: 0 });
  });
  expect(await rows(slow.id)).toMatchObject([{ outcome: "completed", status: 200, estimated: 0 }]);
  expect(await ask(other.key).then((response) => response.text())).toContain("word39");
  // Whoever takes it late still gets all of it, and its end.
  const late = await unread.text();
  expect(late).toContain("word39");
  expect(late).toContain("message_stop");
});

test("what nobody takes for five minutes is dropped", async () => {
  await makeAccount();
  const { id, key } = await makeKey();
  hurry(LOOKS_AGAIN_MS, 300_000);
  behave({ chunks: [streamOf(WORDS).join("")] });
  const unread = await ask(key);
  await leasesFreed(id);
  await scheduler.wait(200);
  await expect(unread.text()).rejects.toThrow();
});
