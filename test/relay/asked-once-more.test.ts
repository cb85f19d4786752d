/** An upstream of another format that says nothing is asked once more: in what time, and when not. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { eventually } from "../eventually.ts";
import * as chat from "../front/chat.ts";
import { ask, asked, behave, leasesFreed, makeAccount, makeKey, removeAccounts, rows } from "./relay-in-process.ts";

const GPT = { platform: "openai", protocols: ["chat"], model_mapping: { "claude-*": "gpt-5.5" } };
const SILENT = chat.streamOf([]);

let key: { id: string; key: string };
beforeEach(async () => {
  await removeAccounts();
  key = await makeKey({ concurrency_limit: 1 });
});
afterEach(() => vi.restoreAllMocks());

test("an upstream that says nothing, and then does not answer, is given up when its time is over, and its first answer is booked", async () => {
  await makeAccount({ ...GPT, first_byte_timeout_seconds: 1 });
  behave(() => (asked.length === 1 ? { chunks: SILENT } : { silentMs: 60_000, chunks: SILENT }));
  const startedAt = Date.now();
  const response = await ask(key.key);
  expect(response.status).toBe(502);
  expect(Date.now() - startedAt).toBeLessThan(40_000);
  await leasesFreed(key.id);
  await eventually(async () => expect(asked.map(({ over }) => over)).toEqual(["ended", "closed"]));
  expect(await rows(key.id)).toMatchObject([{ outcome: "upstream_unreachable", output_tokens: 57 }]);
});

test("an upstream that says nothing is not asked once more when the client's time is nearly over", async () => {
  await makeAccount(GPT);
  behave({ chunks: SILENT });
  const response = await ask(key.key, { headers: { "x-stainless-timeout": "9" } });
  expect(await response.text()).toContain("message_stop");
  expect(asked).toHaveLength(1);
  await leasesFreed(key.id);
  expect(await rows(key.id)).toMatchObject([{ outcome: "completed", status: 200 }]);
});

test("a client that leaves between the two answers is booked as that, and nobody is asked once more", async () => {
  await makeAccount(GPT);
  behave({ chunks: SILENT, pauseMs: 300 });
  const leaving = new AbortController();
  const answered = ask(key.key, { signal: leaving.signal }).catch(() => "left");
  await eventually(async () => expect(asked[0]?.written).toBeGreaterThan(0));
  leaving.abort();
  await answered;
  await leasesFreed(key.id);
  await eventually(async () => expect(await rows(key.id)).toMatchObject([{ outcome: "client_left", status: 499 }]));
  expect(asked).toHaveLength(1);
});

test("what an answer has used that said nothing is booked too where another account answers in the end", async () => {
  const { origin } = await makeAccount({ ...GPT, priority: 1 });
  await makeAccount({ ...GPT, priority: 2 });
  behave(({ url }) => {
    if (!url.startsWith(origin)) return { chunks: chat.streamOf(["Hello"]) };
    return asked.length === 1 ? { chunks: SILENT } : { status: 503, chunks: ["{}"] };
  });
  const response = await ask(key.key);
  expect(await response.text()).toContain("Hello");
  expect(asked).toHaveLength(3);
  await leasesFreed(key.id);
  expect(await rows(key.id)).toMatchObject([{ outcome: "completed", output_tokens: 2 * 57 }]);
});
