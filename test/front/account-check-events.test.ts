/** A check of an account, followed while it runs. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { CheckedRelay, GOOD } from "./checked-relay.ts";
import { streamOf } from "./messages.ts";
import { ADMIN_PASSWORD } from "./relay-under-test.ts";

const relay = new CheckedRelay();
let token = "";
beforeAll(async () => {
  await relay.start();
  const login = await relay.fetch("/admin/login", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ username: "admin", password: ADMIN_PASSWORD }),
  });
  token = ((await login.json()) as { access_token: string }).access_token;
});
afterEach(() => relay.stopUpstreams());
afterAll(() => relay.stop());

describe("as events", () => {
  const asEvents = (id: string, signal?: AbortSignal) =>
    relay.fetch(`/admin/accounts/${id}/test`, {
      method: "POST",
      headers: { authorization: `Bearer ${token}` },
      ...(signal && { signal }),
    });

  test("says step by step what happens, and the same in the end", async () => {
    const { id } = await relay.accountThat({ ...GOOD, pauseMs: 20 }, { api_key: "sk-ant-as-events-0001" });
    const response = await asEvents(id);
    expect([response.status, response.headers.get("content-type")]).toEqual([200, "text/event-stream; charset=utf-8"]);
    expect(response.headers.get("cache-control")).toBe("no-store");
    const events = (await response.text())
      .split("\n\n")
      .filter(Boolean)
      .map((text) => /^event: (\w+)\ndata: (.*)$/.exec(text) ?? [])
      .map(([, type, data = "{}"]) => [type, JSON.parse(data)]);
    const key = { position: 0, hint: "…0001" };
    expect(events).toEqual([
      [
        "step",
        { key, message: expect.stringMatching(/^Asking 127\.0\.0\.1:\d+ for claude-haiku-4-5 with key …0001$/) },
      ],
      ["step", { key, message: expect.stringMatching(/^It began to answer after \d+ ms$/) }],
      ["text", { key, text: "O" }],
      ["text", { key, text: "K" }],
      ["diagnosis", expect.objectContaining({ key, ok: true, text: "OK" })],
      ["done", { ok: true, tested: 1, left_out: 0 }],
    ]);
  });

  test("ends with the upstream's connection closed and its place free when nobody listens any more", async () => {
    const { id, upstream } = await relay.accountThat(
      { chunks: streamOf(["O"]).slice(0, 4), ending: "hang" },
      { max_concurrency: 1 },
    );
    const leaving = new AbortController();
    const response = await asEvents(id, leaving.signal);
    const reader = response.body?.getReader();
    await reader?.read();
    expect((await relay.healthOf(id)).in_flight).toBe(1);
    leaving.abort();
    await expect.poll(async () => (await relay.healthOf(id)).in_flight, { timeout: 60_000 }).toBe(0);
    expect(await upstream.received[0]?.closed).toBe(false);
    expect((await relay.healthOf(id)).last_errors).toEqual([]);
  });

  test("refuses what cannot be tested before it begins", async () => {
    const { id } = await relay.accountThat(GOOD);
    expect((await asEvents("acc_nope")).status).toBe(404);
    expect((await relay.fetch(`/admin/accounts/${id}/test`, { method: "POST" })).status).toBe(401);
    await expect(relay.tested(id, "", { model: "" })).rejects.toThrow(/400.*model/);
    await expect(relay.tested(id, "", { modle: "x" })).rejects.toThrow(/400.*modle/);
  });
});
