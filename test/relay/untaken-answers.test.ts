/** A client that takes no more of its answer, whose upstream breaks off: nothing waits for it longer than it may take for a whole one. */
import { afterEach, beforeAll, expect, test, vi } from "vitest";
import * as chat from "../front/chat.ts";
import * as messages from "../front/messages.ts";
import { ask, behave, hurry, leasesFreed, makeAccount, makeKey, rows } from "./relay-in-process.ts";

/** Where nobody reads, the stream's copy is looked at this often. */
const LOOKS_AGAIN_MS = 10_000;
const LONGEST_TAKING_MS = 300_000;
const WORDS = Array.from({ length: 40 }, (_, index) => `word${index} `);

let own: { id: string };
let other: { id: string };
// Before the clock is put forward: what an isolate has read of accounts is not replaced by what was read before that.
beforeAll(async () => {
  own = await makeAccount();
  other = await makeAccount({ platform: "openai", protocols: ["chat"], model_mapping: { "claude-*": "gpt-5.5" } });
});
afterEach(() => vi.restoreAllMocks());

test.each([
  ["of its own format", () => own, messages.streamOf(WORDS)],
  ["of another format", () => other, chat.streamOf(WORDS)],
])("an answer %s that broke and that nobody takes is booked, and its leases are free", async (_, account, stream) => {
  const { id, key } = await makeKey({ bound_account_id: account().id });
  hurry(LOOKS_AGAIN_MS, LONGEST_TAKING_MS);
  behave({ chunks: stream.slice(0, 30), pauseMs: 2 });
  const reader = (await ask(key)).body?.getReader();
  let seen = "";
  const take = async () => {
    const { done = true, value } = (await reader?.read()) ?? {};
    seen += new TextDecoder().decode(value);
    return !done;
  };
  while (!seen.includes("word2")) if (!(await take())) throw new Error(`it ended: ${seen}`);
  await leasesFreed(id);
  expect(await rows(id)).toMatchObject([{ outcome: "upstream_broke", status: 200 }]);
  const takeAll = async () => {
    while (await take());
  };
  await expect(takeAll()).rejects.toThrow();
  expect(seen).not.toContain("event: error");
});
