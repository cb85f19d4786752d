/** How the requests of an account leave: straight, through a gateway that stands in for its provider, or through a binding. */
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { signatureHeaders } from "../../src/providers/bedrock/sigv4.ts";
import { forgetSnapshot, loadPool } from "../../src/store/snapshot.ts";
import { tokenExit } from "../../src/vault/exit.ts";
import { asAdmin, type Body } from "../admin/client.ts";
import { streamFrames } from "../providers/bedrock/frames.ts";
import { KEY_FILE } from "../providers/vertex/service-account.ts";
import { ask, asked, behave, makeAccount, makeKey, removeAccounts } from "./relay-in-process.ts";

const GATEWAY = { via: "gateway", base_url: "https://gateway.test/claude/" };
const SHOWN_GATEWAY = { via: "gateway", base_url: "https://gateway.test/claude" };
const HOME = { via: "binding", name: "HOME" };
const WHOLE = JSON.stringify({
  ...{ id: "msg_1", type: "message", role: "assistant", model: "claude-sonnet-4-5" },
  content: [{ type: "text", text: "Hello" }],
  ...{ stop_reason: "end_turn", stop_sequence: null, usage: { input_tokens: 3, output_tokens: 1 } },
});

let key: string;

beforeEach(async () => {
  await removeAccounts();
  ({ key } = await makeKey());
  behave({ headers: { "content-type": "application/json" }, chunks: [WHOLE] });
});
afterEach(() => vi.restoreAllMocks());

const ask1 = (more: Record<string, unknown> = {}) => ask(key, { body: { stream: false, ...more } });
const patch = (id: string, body: Record<string, unknown>) => asAdmin("PATCH", `/admin/accounts/${id}`, body);
const read = async (id: string): Promise<Body> => (await asAdmin("GET", `/admin/accounts/${id}`)).body;
/** What the binding was asked, which it tells in its answer. */
const toldBy = async (response: Response) =>
  JSON.parse(((await response.json()) as { content: { text: string }[] }).content[0]?.text ?? "");

describe("through a gateway", () => {
  test("a request goes to the gateway alone, as the provider would have it, with the gateway's own headers", async () => {
    const { id, origin } = await makeAccount({
      egress: GATEWAY,
      egress_headers: { "CF-AIG-Authorization": "Bearer of-the-gateway" },
    });
    expect((await ask1()).status).toBe(200);
    expect(asked.map(({ url }) => url)).toEqual(["https://gateway.test/claude/v1/messages"]);
    expect(asked[0]?.headers.get("x-api-key")).toBe("sk-upstream");
    expect(asked[0]?.headers.get("cf-aig-authorization")).toBe("Bearer of-the-gateway");
    const shown = await read(id);
    expect(shown).toMatchObject({
      base_url: origin,
      egress: SHOWN_GATEWAY,
      egress_header_names: ["cf-aig-authorization"],
    });
    expect(JSON.stringify([shown, (await asAdmin("GET", "/admin/audit")).body])).not.toContain("of-the-gateway");
  });

  test("a check of the account leaves the same way, and says so", async () => {
    const { id } = await makeAccount({ egress: GATEWAY, egress_headers: { "x-door": "open-sesame" } });
    const { body } = await asAdmin("POST", `/admin/accounts/${id}/test?stream=false`, {});
    expect(body.ok).toBe(true);
    expect(asked.map(({ url, headers }) => [url, headers.get("x-door")])).toEqual([
      ["https://gateway.test/claude/v1/messages", "open-sesame"],
    ]);
  });

  test("what Bedrock is asked is signed for Bedrock's own host", async () => {
    const keys = { accessKeyId: "AKIAIOSFODNN7EXAMPLE", secretAccessKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY" };
    const base_url = "https://gateway.ai.cloudflare.com/v1/a/g/aws-bedrock/bedrock-runtime/us-east-1";
    await makeAccount({
      ...{ kind: "bedrock", base_url: undefined, api_key: undefined, aws_region: "us-east-1" },
      ...{ aws_access_key_id: keys.accessKeyId, aws_secret_access_key: keys.secretAccessKey },
      egress: { via: "gateway", base_url },
    });
    behave({ headers: { "content-type": "application/vnd.amazon.eventstream" }, chunks: streamFrames("Hello") });
    await (await ask(key)).text();
    const [sent] = asked;
    expect(sent?.url.slice(0, base_url.length)).toBe(base_url);
    const path = sent?.url.slice(base_url.length) ?? "";
    expect(path).toMatch(/^\/model\/[^/]+\/invoke-with-response-stream$/);
    const request = {
      ...{ method: "POST", host: "bedrock-runtime.us-east-1.amazonaws.com", path },
      body: new TextEncoder().encode(sent?.body),
    };
    const scope = { region: "us-east-1", service: "bedrock" };
    const at = timeOf(sent?.headers.get("x-amz-date") ?? "");
    const { authorization } = await signatureHeaders(request, keys, scope, at);
    expect(sent?.headers.get("authorization")).toBe(authorization);
  });

  test("what a gateway does not stand in for is not sent, neither there nor to the provider", async () => {
    const { id } = await makeAccount({ egress: GATEWAY });
    const account = (await loadPool(env, Date.now())).accounts.find((one) => one.id === id);
    if (!account) throw new Error("the account is not in the pool");
    account.kind = { ...account.kind, url: () => "https://another.test/v1/messages" };
    expect((await ask1()).status).toBeGreaterThanOrEqual(500);
    expect(asked).toEqual([]);
    expect((await asAdmin("GET", `/admin/accounts/${id}/health`)).body.last_errors).toMatchObject([
      { condition: "egress_unavailable", status: 0 },
    ]);
  });
});

/** `20261126T101112Z` */
function timeOf(date: string): number {
  return Date.parse(date.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, "$1-$2-$3T$4:$5:$6Z"));
}

describe("through a binding", () => {
  test("the provider's own address is asked for at the binding, and nothing leaves past it", async () => {
    const { origin } = await makeAccount({ egress: HOME, egress_headers: { "x-door": "open-sesame" } });
    const response = await ask1();
    expect(response.status).toBe(200);
    expect(await toldBy(response)).toMatchObject({
      ...{ url: `${origin}/v1/messages`, method: "POST" },
      headers: { "x-api-key": "sk-upstream", "x-door": "open-sesame" },
    });
    expect(asked).toEqual([]);
  });

  test("one that the settings do not name, or that is not bound, is refused", async () => {
    const made = (name: string) => asAdmin("POST", "/admin/accounts", { ...NEW, egress: { via: "binding", name } });
    for (const [name, message] of [
      ["ASSETS", "EGRESS_BINDINGS does not name the binding ASSETS"],
      ["UNBOUND", "the Worker has no binding UNBOUND that can be fetched from"],
    ] as const) {
      const { status, body } = await made(name);
      expect([status, body.error.details]).toMatchObject([400, [{ field: "egress.name", message }]]);
    }
  });

  test("one that is taken away costs its account the request, and nothing is sent another way", async () => {
    const { id } = await makeAccount({ egress: HOME });
    vi.spyOn(Reflect, "get").mockImplementation((target, name) => (name === "HOME" ? undefined : Object(target)[name]));
    const response = await ask1();
    expect(response.status).toBeGreaterThanOrEqual(500);
    // Who holds a key is not told what the operator's ways are called.
    expect(await response.text()).not.toMatch(/HOME|binding|EGRESS/);
    vi.restoreAllMocks();
    expect((await asAdmin("GET", `/admin/accounts/${id}/health`)).body.last_errors).toMatchObject([
      { condition: "egress_unavailable" },
    ]);
  });

  test("access tokens are asked for there where the account says so, and straight where it does not", async () => {
    const vertex = {
      ...{ platform: "anthropic", kind: "vertex", base_url: undefined, api_key: undefined },
      ...{ service_account: KEY_FILE, vertex_region: "us-east5" },
    };
    await makeAccount({ ...vertex, egress: { ...HOME, token_requests: true } });
    expect((await toldBy(await ask1())).headers.authorization).toBe("Bearer access-from-home");
    expect(asked).toEqual([]);
    await removeAccounts();
    await makeAccount({ ...vertex, egress: HOME });
    const tokens = JSON.stringify({ access_token: "access-straight", expires_in: 3_600 });
    behave({ headers: { "content-type": "application/json" }, chunks: [tokens] });
    expect((await toldBy(await ask1())).headers.authorization).toBe("Bearer access-straight");
    expect(asked.map(({ url }) => url)).toEqual(["https://oauth2.googleapis.com/token"]);
  });
});

const NEW = {
  name: "a",
  platform: "anthropic",
  kind: "api-key",
  api_key: "sk-ant-new-0123456789",
  base_url: "https://one.test",
};
const SIGN_IN = {
  ...{ name: "s", platform: "anthropic", kind: "oauth", terms_acknowledged: true },
  oauth: { access_token: "access-1", refresh_token: "refresh-1", expires_at: "2020-01-01T00:00:00Z" },
};

describe("a sign-in", () => {
  test.each([
    ["is renewed through the binding where its account says so", { ...HOME, token_requests: true }, 0],
    ["is renewed straight where it does not", HOME, 1],
  ])("%s", async (_, egress, straight) => {
    const tokens = { access_token: "access-straight", refresh_token: "refresh-2", expires_in: 28_800 };
    behave({ headers: { "content-type": "application/json" }, chunks: [JSON.stringify(tokens)] });
    const { body, status } = await asAdmin("POST", "/admin/accounts", { ...SIGN_IN, egress, shared: true });
    expect(status, JSON.stringify(body)).toBe(201);
    const claude = { headers: { "user-agent": "claude-cli/2.1.12 (external, cli)" }, body: { stream: false } };
    const { headers } = await toldBy(await ask(key, claude));
    expect(headers.authorization).toBe(straight ? "Bearer access-straight" : "Bearer access-from-home");
    expect(asked.map(({ url }) => url)).toEqual(straight ? ["https://platform.claude.com/v1/oauth/token"] : []);
  });
});

describe("where a key may go", () => {
  test.each([
    ["from straight to a gateway", undefined, GATEWAY],
    ["from one gateway to another", GATEWAY, { via: "gateway", base_url: "https://other.test" }],
    ["back to straight", GATEWAY, { via: "direct" }],
    ["to a binding", undefined, HOME],
    ["to token requests through it", HOME, { ...HOME, token_requests: true }],
  ])("a change of the way needs the key again: %s", async (_, before, egress) => {
    const { id } = await makeAccount(before ? { egress: before } : {});
    const shown = await read(id);
    const { status, body } = await patch(id, { egress });
    expect([status, body.error.details?.[0]?.field]).toEqual([400, "egress"]);
    expect(await read(id)).toEqual(shown);
    expect((await patch(id, { egress, api_key: "sk-entered-again" })).status).toBe(200);
  });

  test("a path more at the same gateway needs nothing, and its headers stay", async () => {
    const { id } = await makeAccount({ egress: GATEWAY, egress_headers: { "x-door": "open-sesame" } });
    expect((await patch(id, { egress: { ...GATEWAY, base_url: "https://gateway.test/other" } })).status).toBe(200);
    await ask1();
    expect(asked.map(({ url, headers }) => [url, headers.get("x-door")])).toEqual([
      ["https://gateway.test/other/v1/messages", "open-sesame"],
    ]);
  });

  test("the headers of one gateway do not go to the next", async () => {
    const { id } = await makeAccount({ egress: GATEWAY, egress_headers: { "x-door": "open-sesame" } });
    const other = { via: "gateway", base_url: "https://other.test" };
    expect((await patch(id, { egress: other, api_key: "sk-entered-again" })).body.egress_header_names).toEqual([]);
    await ask1();
    expect(asked.map(({ url, headers }) => [url, headers.get("x-door")])).toEqual([
      ["https://other.test/v1/messages", null],
    ]);
  });

  test.each([
    ["a gateway", { via: "gateway", baseUrl: "https://thief.test" }],
    ["a binding", { via: "binding", name: "HOME", tokenRequests: false }],
    ["a private network", { via: "gateway", baseUrl: "http://169.254.169.254" }],
  ])("a row that somebody has led to %s past the API sends no key there", async (_, egress) => {
    const { id } = await makeAccount();
    await env.DB.prepare("UPDATE accounts SET egress = ? WHERE id = ?").bind(JSON.stringify(egress), id).run();
    forgetSnapshot();
    expect((await ask1()).status).toBeGreaterThanOrEqual(400);
    expect(asked).toEqual([]);
  });

  test.each([
    [
      "a gateway in a private network",
      { egress: { via: "gateway", base_url: "https://169.254.169.254" } },
      "egress.base_url",
    ],
    ["headers without a gateway", { egress_headers: { "x-door": "open-sesame" } }, "egress_headers"],
    [
      "a header that says who asks the provider",
      { egress: GATEWAY, egress_headers: { "x-api-key": "k" } },
      "egress_headers.x-api-key",
    ],
    [
      "a header that the relay withholds",
      { egress: GATEWAY, egress_headers: { "cf-connecting-ip": "::1" } },
      "egress_headers.cf-connecting-ip",
    ],
    ["an unknown way", { egress: { via: "socks5" } }, "egress.via"],
  ])("%s is refused", async (_, fields, field) => {
    const { status, body } = await asAdmin("POST", "/admin/accounts", { ...NEW, ...fields });
    expect([status, body.error.details?.[0]?.field]).toEqual([400, field]);
  });

  test("with a gateway, where tokens are asked for is asked straight", () => {
    expect(tokenExit(env, { via: "gateway", baseUrl: "https://gateway.test" }).ok).toBe(true);
  });
});
