/** What a translation throws is a bug of the relay: its client is told so in its own format, and no account is blamed. */
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { WrittenRequest } from "../../src/protocols/translate/halves.ts";
import { TO_CHAT } from "../../src/protocols/translate/to-chat/half.ts";
import * as chat from "../front/chat.ts";
import { readAll } from "../front/endings.ts";
import { ask, asked, behave, leasesFreed, makeAccount, makeKey, removeAccounts, rows } from "./relay-in-process.ts";

const GPT = { platform: "openai", protocols: ["chat"], model_mapping: { "claude-*": "gpt-5.5" } };
const WORDS = Array.from({ length: 40 }, (_, index) => `word${index} `);

let account: { id: string };
let key: { id: string; key: string };
beforeEach(async () => {
  vi.spyOn(console, "error").mockImplementation(() => undefined);
  await removeAccounts();
  account = await makeAccount(GPT);
  key = await makeKey({ concurrency_limit: 1 });
});
afterEach(() => vi.restoreAllMocks());

function bug(): never {
  throw new Error("a bug of this test");
}

/** The half of a Chat upstream as it is, but for what `change` makes of what it writes. */
function withBug(change: (written: WrittenRequest) => Partial<WrittenRequest>): void {
  const { write } = TO_CHAT;
  vi.spyOn(TO_CHAT, "write").mockImplementation((hub, upstream) => {
    const written = write(hub, upstream);
    return written.ok ? { ok: true, value: { ...written.value, ...change(written.value) } } : written;
  });
}

/** The request's row, once its lease is free and nothing has been said against its account. */
async function blameless(): Promise<Record<string, unknown> | undefined> {
  await leasesFreed(key.id);
  const { errors } = await env.KEEPER.getByName(account.id).report(0);
  expect(errors).toEqual([]);
  return (await rows(key.id))[0];
}

const ofAnswer = (answer: WrittenRequest["answer"], more: Partial<WrittenRequest["answer"]>) => ({
  answer: {
    whole: (whole: Parameters<typeof answer.whole>[0]) => answer.whole(whole),
    stream: () => answer.stream(),
    ...more,
  },
});

test.each([
  ["while a body is made", () => ({ body: { toJSON: bug } }), { chunks: chat.streamOf(WORDS) }],
  [
    "while another form of a refused request is made",
    () => ({ instead: bug }),
    { status: 400, headers: { "content-type": "application/json" }, chunks: ["{}"] },
  ],
  [
    "while it is seen whether an answer says anything",
    ({ answer }: WrittenRequest) => ofAnswer(answer, { isUseless: bug }),
    { chunks: chat.streamOf(WORDS) },
  ],
])("%s: an internal error", async (_, change, behaviour) => {
  withBug(change);
  behave(behaviour);
  const response = await ask(key.key);
  expect(response.status).toBe(500);
  expect(await response.json()).toMatchObject({
    type: "error",
    error: { message: "The relay failed at this request." },
  });
  expect(await blameless()).toMatchObject({ outcome: "internal", status: 500, cost_nanos: 0 });
});

test("in the middle of a stream: the client's own error event, and what the upstream has said is booked", async () => {
  withBug(({ answer }) => {
    const reader = answer.stream();
    let events = 0;
    const read = (data: string) => (++events > 10 ? bug() : reader.read(data));
    return ofAnswer(answer, { stream: () => ({ read, end: () => reader.end() }) });
  });
  behave({ chunks: chat.streamOf(WORDS), pauseMs: 5 });
  const { text, broke } = await readAll(await ask(key.key));
  expect(text).toContain("word2");
  expect(text).toMatch(/event: error\ndata: \{"type":"error",.*"The relay failed at this request\."\}\}\n\n$/);
  expect(text).not.toContain("message_stop");
  expect(broke).toBe(true);
  expect(await blameless()).toMatchObject({ outcome: "internal", status: 200, estimated: 1 });
  expect(asked).toMatchObject([{ over: "closed" }]);
});
