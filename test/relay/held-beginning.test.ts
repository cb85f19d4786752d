/** A beginning that shows nothing yet is held for some seconds; then the client has it, however long the upstream is silent behind it. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import * as chat from "../front/chat.ts";
import * as messages from "../front/messages.ts";
import { ask, asked, behave, leasesFreed, makeAccount, makeKey, removeAccounts, rows } from "./relay-in-process.ts";

beforeEach(removeAccounts);
afterEach(() => vi.restoreAllMocks());

/** It is held no longer than its client waits. */
const HELD_SHORTLY = { "x-stainless-timeout": "2" };

test.each([
  ["the client's own format", { platform: "anthropic" }, messages.streamOf(["Hello"])],
  [
    "another format",
    { platform: "openai", protocols: ["chat"], model_mapping: { "claude-*": "gpt-5.5" } },
    chat.streamOf(["Hello"]),
  ],
])("the beginning of a stream of %s reaches its client before the upstream says more", async (_, account, stream) => {
  await makeAccount(account);
  const key = await makeKey();
  const [first = "", ...rest] = stream;
  behave({ chunks: [first, 4_000, ...rest] });
  const response = await ask(key.key, { headers: HELD_SHORTLY });
  const reader = response.body?.getReader();
  const { value } = (await reader?.read()) ?? {};
  expect(new TextDecoder().decode(value)).toContain("message_start");
  expect(asked[0]?.written).toBe(1);
  while (!(await reader?.read())?.done);
  await leasesFreed(key.id);
  expect(await rows(key.id)).toMatchObject([{ outcome: "completed" }]);
});
