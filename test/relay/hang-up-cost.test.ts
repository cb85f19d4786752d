/** A client that hangs up pays for its input, where only the end of the answer would have told how much that was. */
import { afterEach, beforeAll, expect, test, vi } from "vitest";
import { eventually } from "../eventually.ts";
import * as chat from "../front/chat.ts";
import * as responses from "../front/responses.ts";
import {
  ask,
  asked,
  type Behaviour,
  behave,
  leasesFreed,
  makeAccount,
  makeKey,
  rows,
  until,
} from "./relay-in-process.ts";

beforeAll(() => makeAccount({ platform: "openai", kind: "api-key" }));
afterEach(() => vi.restoreAllMocks());

/** 200,000 bytes of prompt, so some 50,000 tokens. */
const LONG = "word ".repeat(40_000);
const LANES: [string, string, Record<string, unknown>, string[]][] = [
  [
    "Chat",
    "/openai/v1/chat/completions",
    { model: "gpt-5.5", messages: [{ role: "user", content: LONG }] },
    chat.streamOf(["one"]),
  ],
  ["Responses", "/openai/v1/responses", { model: "gpt-5.5", input: LONG }, responses.streamOf(["one"])],
];

async function hungUpOn(path: string, body: Record<string, unknown>, upstream: Behaviour, stage: () => unknown) {
  behave(upstream);
  const key = await makeKey();
  const leaving = new AbortController();
  const answered = ask(key.key, { path, body, signal: leaving.signal }).then((response) => response.text());
  const left = Promise.race([answered.catch(() => "left"), scheduler.wait(5_000)]);
  await until(stage);
  leaving.abort();
  await left;
  await leasesFreed(key.id);
  await eventually(async () => expect(await rows(key.id)).toHaveLength(1));
  const [row] = await rows(key.id);
  return {
    ...row,
    input: Number(row?.input_tokens),
    output: Number(row?.output_tokens),
    nanos: Number(row?.cost_nanos),
  };
}

/** $5 per million is gpt-5.5's input rate. */
function expectInputPaid({ input, nanos }: { input: number; nanos: number }): void {
  expect(input).toBeGreaterThan(49_000);
  expect(input).toBeLessThan(52_000);
  expect(nanos).toBeGreaterThanOrEqual(input * 5_000);
}

test.each(LANES)("%s: in the middle of the stream", async (_, path, body, stream) => {
  const upstream = { chunks: stream.slice(0, 2), ending: "hang" } as const;
  const row = await hungUpOn(path, body, upstream, () => asked[0]?.written === 2);
  expect(row).toMatchObject({ outcome: "client_left", estimated: 1, unpriced: 0 });
  expectInputPaid(row);
});

test.each(LANES)("%s: before the first byte", async (_, path, body) => {
  const row = await hungUpOn(path, body, { silentMs: 30_000 }, () => asked.length === 1);
  expect(row).toMatchObject({ outcome: "client_left", estimated: 1, output_tokens: 0 });
  expectInputPaid(row);
});

test.each(LANES)("%s: what the model had time to think, of which nothing is seen", async (name, path, body, stream) => {
  const thinksFor = (upstream: Behaviour, stage: () => unknown) =>
    hungUpOn(path, body, upstream, async () => {
      if (!(await stage())) return false;
      const realNow = Date.now;
      vi.spyOn(Date, "now").mockImplementation(() => realNow() + 102_000);
      return true;
    });
  // 30 tokens a second, of which the limit of a Chat request, 100, lets it make no more.
  const most = name === "Chat" ? 100 : 3_030;
  const least = name === "Chat" ? 100 : 3_000;
  const unseen = await thinksFor({ silentMs: 30_000 }, () => asked.length === 1);
  expect(unseen.output).toBeGreaterThanOrEqual(least);
  expect(unseen.output).toBeLessThanOrEqual(most);
  vi.restoreAllMocks();
  const sent = name === "Chat" ? 2 : 5;
  const begun = await thinksFor({ chunks: stream.slice(0, sent), ending: "hang" }, () => asked[0]?.written === sent);
  expect(begun).toMatchObject({ outcome: "client_left", estimated: 1 });
  expect(begun.output).toBeGreaterThanOrEqual(least);
});

test("a picture in the body is not taken for text", async () => {
  const image_url = { url: `data:image/png;base64,${"A".repeat(400_000)}` };
  const body = { model: "gpt-5.5", messages: [{ role: "user", content: [{ type: "image_url", image_url }] }] };
  const row = await hungUpOn("/openai/v1/chat/completions", body, { silentMs: 30_000 }, () => asked.length === 1);
  expect(row.input).toBeGreaterThan(250);
  expect(row.input).toBeLessThan(2_000);
});
