import { afterAll, beforeAll, expect, test } from "vitest";
import { BOOKED, streamOf, wholeMessage } from "./messages.ts";
import { RelayUnderTest } from "./relay-under-test.ts";

const relay = new RelayUnderTest();
beforeAll(() => relay.start(), 60_000);
afterAll(() => relay.stop());

test("streams an answer and books it", async () => {
  const key = await relay.makeKey();
  relay.upstream.behave({ chunks: streamOf(["Hello", " world"]), pauseMs: 5 });
  const response = await relay.messages(key.api_key, { stream: true });
  expect(response.status).toBe(200);
  expect(await response.text()).toBe(streamOf(["Hello", " world"]).join(""));
  const [row] = await relay.rows(key.id, 1);
  expect(row).toMatchObject({ ...BOOKED, status: 200, outcome: "completed", estimated: false });
});

test("passes a whole answer and books it", async () => {
  const key = await relay.makeKey();
  relay.upstream.behave({ headers: { "content-type": "application/json" }, chunks: [wholeMessage("Hello")] });
  const response = await relay.messages(key.api_key);
  expect(await response.text()).toBe(wholeMessage("Hello"));
  const [row] = await relay.rows(key.id, 1);
  expect(row).toMatchObject({ ...BOOKED, status: 200, outcome: "completed", estimated: false });
});
