/** Headers of real clients, without which their bodies mean something else. */
import { afterEach, expect, test, vi } from "vitest";
import { forwardedHeaders, OPENAI_HEADERS } from "../../src/providers/forwarded.ts";
import { ask, asked, behave, makeAccount, makeKey } from "./relay-in-process.ts";

afterEach(() => vi.restoreAllMocks());

const NAMES = ["user-agent", ...OPENAI_HEADERS];

test("a key that another relay has made, of whatever form, goes along in no header of another name", () => {
  const key = "my-own-relay/0123456789abcdefghij";
  const client = new Headers({
    ...{ authorization: `Bearer ${key}`, "x-client-request-id": `id-${key}`, "user-agent": `tool/1 (${key})` },
    ...{ "openai-beta": "responses=v1", session_id: "0123456789abcdefghij" },
  });
  const headers = forwardedHeaders(new Request("https://relay.test/", { headers: client }), NAMES, {});
  expect(Object.fromEntries(headers)).toEqual({
    ...{ "accept-encoding": "identity", "openai-beta": "responses=v1", session_id: "0123456789abcdefghij" },
  });
});

test("nor does one that is sent in the query", () => {
  const key = "my-own-relay/0123456789abcdefghij";
  const headers = { "x-client-request-id": key, "user-agent": `tool/1 (${key})`, "openai-beta": "responses=v1" };
  const client = new Request(`https://relay.test/?key=${encodeURIComponent(key)}`, { headers });
  const forwarded = forwardedHeaders(client, NAMES, {});
  expect(Object.fromEntries(forwarded)).toEqual({ "accept-encoding": "identity", "openai-beta": "responses=v1" });
});

test("the header by which Codex says that its tools are among its input goes along", async () => {
  await makeAccount({ platform: "openai" });
  const { key } = await makeKey();
  behave({ status: 400 });
  // As Codex 0.169 sends it with models of its catalogue: no `tools`, no `instructions`.
  const headers = { "x-openai-internal-codex-responses-lite": "true", "x-codex-beta-features": "remote_compaction_v2" };
  const body = { model: "gpt-6.1-sol", input: [{ type: "additional_tools", tools: [] }], store: false };
  await ask(key, { path: "/openai/responses", headers, body }).then((response) => response.text());
  expect(Object.fromEntries(asked[0]?.headers ?? [])).toMatchObject(headers);
});
