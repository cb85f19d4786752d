/** What goes through is what came: bodies byte for byte both ways, headers by list. */
import { createHash } from "node:crypto";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { streamOf, wholeMessage } from "./messages.ts";
import { RelayUnderTest } from "./relay-under-test.ts";

const relay = new RelayUnderTest();
let key: { id: string; api_key: string };
beforeAll(async () => {
  await relay.start();
  key = await relay.makeKey();
});
afterAll(() => relay.stop());

const hash = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");
const WHOLE = { headers: { "content-type": "application/json" }, chunks: [wholeMessage("ok")] };
/** Odd spacing, escapes, unknown fields, nested names that look like the wanted ones, and text beyond ASCII. */
const ODD_BODY = `{ "metadata":{"model":"decoy","stream":true},\n"unknown_field":[{"model":"decoy"},1.50e+3,null],
  "messages":[{"role":"user","content":"\\"model\\":\\"x\\" 你好 🚀 \\\\"}],"max_tokens" : 5,"mod\\u0065l":"claude-odd"\t, "safeguards":{}}  `;

describe("request", () => {
  test("body bytes equal the client's, whatever they look like", async () => {
    relay.upstream.behave(WHOLE);
    await relay.messages(key.api_key, ODD_BODY);
    const [received] = relay.upstream.received;
    expect(hash(received?.body ?? Buffer.alloc(0))).toBe(hash(Buffer.from(ODD_BODY)));
  });

  const compressors: [string, (raw: Buffer) => Uint8Array][] = [
    ["gzip", gzipSync],
    ["zstd", zstdCompressSync],
  ];
  test.each(compressors)("a %s body arrives inflated", async (encoding, compress) => {
    relay.upstream.behave(WHOLE);
    const response = await relay.messages(key.api_key, compress(Buffer.from(ODD_BODY)), {
      headers: { "content-encoding": encoding },
    });
    expect(response.status).toBe(200);
    const [received] = relay.upstream.received;
    expect(received?.body.toString()).toBe(ODD_BODY);
    expect(received?.headers["content-encoding"]).toBeUndefined();
  });

  test("a mapped model is renamed in place, every other byte stays", async () => {
    const account = await relay.admin<{ items: { id: string }[] }>("GET", "/admin/accounts");
    const path = `/admin/accounts/${account.items[0]?.id}`;
    await relay.admin("PATCH", path, { model_mapping: { "claude-odd": 'renamed "quoted" 模型' } });
    relay.upstream.behave(WHOLE);
    await relay.messages(key.api_key, ODD_BODY);
    expect(relay.upstream.received[0]?.body.toString()).toBe(
      ODD_BODY.replace('"claude-odd"', JSON.stringify('renamed "quoted" 模型')),
    );
    await relay.admin("PATCH", path, { model_mapping: {} });
  });

  test("the route's query, version, betas and client headers travel; credentials, cookies and edge headers do not", async () => {
    relay.upstream.behave(WHOLE);
    await relay.messages(
      key.api_key,
      {},
      {
        path: `/v1/messages?beta=true&key=${key.api_key}&x=%20y`,
        headers: {
          authorization: `Bearer ${key.api_key}`,
          cookie: "session=1",
          "anthropic-beta": "claude-code-20250219,effort-2025-11-24",
          "user-agent": "claude-cli/2.1.329 (external, cli)",
          "x-app": "cli",
          "x-stainless-lang": "js",
          "x-claude-code-session-id": "c1ef4dd4",
          "x-forwarded-for": "203.0.113.9",
          "cf-connecting-ip": "203.0.113.9",
          "chatgpt-account-id": "acct",
        },
      },
    );
    const [received] = relay.upstream.received;
    expect(received?.url).toBe("/v1/messages?beta=true");
    expect(received?.headers).toMatchObject({
      "anthropic-beta": "claude-code-20250219,effort-2025-11-24",
      "anthropic-version": "2023-06-01",
      "user-agent": "claude-cli/2.1.329 (external, cli)",
      "x-app": "cli",
      "x-stainless-lang": "js",
      "x-claude-code-session-id": "c1ef4dd4",
      "x-api-key": "sk-upstream-secret",
      "accept-encoding": "identity",
    });
    expect(JSON.stringify(received?.headers)).not.toContain("cr_");
    for (const name of ["cookie", "x-forwarded-for", "cf-connecting-ip", "chatgpt-account-id"]) {
      expect(received?.headers[name]).toBeUndefined();
    }
  });
});

describe("response", () => {
  const text = streamOf(["你好, ", "wörld 🚀 ", "end"]).join("");
  const bytes = Buffer.from(text);

  test("UTF-8 cut at every offset comes out the same, and is metered the same", async () => {
    // Every byte a piece of its own is every cut at once; the first event alone also has every single cut.
    const cuts = [...Array(60).keys()].map((at) => [bytes.subarray(0, at + 200), bytes.subarray(at + 200)]);
    for (const chunks of [Array.from(bytes, (byte) => Uint8Array.of(byte)), ...cuts]) {
      relay.upstream.behave({ chunks });
      const response = await relay.messages(key.api_key, { stream: true });
      expect(hash(new Uint8Array(await response.arrayBuffer()))).toBe(hash(bytes));
    }
    const rows = await relay.rows(key.id, 61);
    for (const row of rows.filter((each) => each.stream))
      expect(row).toMatchObject({ output_tokens: 57, outcome: "completed" });
  });

  test.each(["gzip", "br"] as const)("a %s upstream comes out as the same text", async (encoding) => {
    relay.upstream.behave({ chunks: [text], encoding });
    const streamed = await relay.messages(key.api_key, { stream: true });
    expect(await streamed.text()).toBe(text);
    relay.upstream.behave({ ...WHOLE, encoding });
    expect(await (await relay.messages(key.api_key)).text()).toBe(wholeMessage("ok"));
  });

  test("CRLF line ends are metered as LF ones", async () => {
    const own = await relay.makeKey();
    relay.upstream.behave({ chunks: [text.replaceAll("\n", "\r\n")] });
    await (await relay.messages(own.api_key, { stream: true })).text();
    expect((await relay.rows(own.id, 1))[0]).toMatchObject({ output_tokens: 57, outcome: "completed" });
  });
});
