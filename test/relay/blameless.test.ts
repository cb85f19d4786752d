/**
 * What a key holder can make a try meet says nothing of the account that was asked: neither a time too short for any
 * answer, nor a question that its upstream does not know. Other keys go on being served.
 */
import { exports } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { asAdmin } from "../admin/client.ts";
import { eventually } from "../eventually.ts";
import { streamOf } from "../front/messages.ts";
import { ask, asked, behave, makeAccount, makeKey, removeAccounts, rows } from "./relay-in-process.ts";

const ANSWER = { chunks: streamOf(["hello"]) };

let hostile: { id: string; key: string };
let other: { id: string; key: string };
let account: { id: string };

beforeEach(async () => {
  await removeAccounts();
  account = await makeAccount();
  hostile = await makeKey();
  other = await makeKey();
});
afterEach(() => vi.restoreAllMocks());

/** `status`: `untested` until anything at all is known of an account. */
async function expectServed(status: "ok" | "untested"): Promise<void> {
  await scheduler.wait(200);
  const { body } = await asAdmin("GET", `/admin/accounts/${account.id}`);
  expect(body).toMatchObject({ status, temporary_states: [] });
  behave(ANSWER);
  const response = await ask(other.key);
  expect(await response.text()).toContain("hello");
  expect(response.status).toBe(200);
}

describe("an account is not blamed", () => {
  test("for a time that the client made too short, and what was sent is booked", async () => {
    behave({ ...ANSWER, silentMs: 2_000 });
    for (let count = 0; count < 4; count++) {
      const response = await ask(hostile.key, { headers: { "x-stainless-timeout": "0.2" } });
      expect(response.status).toBe(502);
    }
    expect(asked).toHaveLength(4);
    await expectServed("ok");
    const booked = await rows(hostile.id);
    expect(booked).toHaveLength(4);
    for (const row of booked) {
      expect(row).toMatchObject({ outcome: "upstream_unreachable", estimated: 1 });
      expect(row.input_tokens).toBeGreaterThan(0);
    }
  });

  test("for a limit of the fast mode that an entry of the fallbacks has asked for", async () => {
    const error = '{"type":"error","error":{"type":"rate_limit_error","message":"slow"}}';
    behave({ status: 429, headers: { "content-type": "application/json", "retry-after": "42" }, chunks: [error] });
    const fallbacks = [{ model: "claude-opus-4-8", speed: "fast" }];
    const response = await ask(hostile.key, { body: { model: "claude-opus-4-8", fallbacks } });
    expect(response.status).toBe(429);
    await expectServed("ok");
  });

  test("for a question that its upstream has no answer to", async () => {
    behave({ status: 501, headers: { "content-type": "text/html" }, chunks: ["<html>no such page</html>"] });
    for (let count = 0; count < 4; count++) {
      const headers = { "x-api-key": hostile.key, "anthropic-version": "2023-06-01" };
      for (const path of [`/v1/models/claude-${count}`, `/v1/models?after_id=${count}`]) {
        await exports.default.fetch(new Request(`https://relay.test${path}`, { headers })).then((one) => one.text());
      }
    }
    await expectServed("untested");
  });

  test("for an error that the request causes at every account; but for one that is its own", async () => {
    const second = await makeAccount();
    const standing = async ({ id }: { id: string }) => (await asAdmin("GET", `/admin/accounts/${id}`)).body.status;
    behave({
      status: 500,
      chunks: ['{"type":"error","error":{"type":"api_error","message":"Internal server error"}}'],
    });
    for (let count = 0; count < 4; count++) await ask(hostile.key).then((response) => response.text());
    expect(asked).toHaveLength(8);
    await scheduler.wait(200);
    expect([await standing(account), await standing(second)]).toEqual(["untested", "untested"]);

    behave(({ url }) => (url.startsWith(second.origin) ? { status: 500 } : ANSWER));
    for (let count = 0; count < 12; count++) {
      // Each a conversation of its own, so that the accounts take turns.
      const messages = [{ role: "user", content: `question ${count}` }];
      await ask(hostile.key, { body: { messages } }).then((response) => response.text());
    }
    await eventually(async () => expect(await standing(second)).toBe("cooling_down"));
    await rows(hostile.id);
    expect(await standing(account)).toBe("ok");
  });
});
