/** An account that is not saved yet: tested before saving, and asked for its models; nothing of it stays. */
import { env } from "cloudflare:workers";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { Keeper } from "../../src/pool/keeper.ts";
import { streamOf } from "../front/messages.ts";
import { asked, behave, makeAccount } from "../relay/relay-in-process.ts";
import { asAdmin, signIn } from "./client.ts";

beforeAll(signIn);
afterEach(() => vi.restoreAllMocks());

const DRAFT = {
  platform: "anthropic",
  kind: "api-key",
  base_url: "https://draft.test",
  api_keys: ["sk-draft-number-aaaa", "sk-draft-number-bbbb"],
  max_concurrency: 1,
};

/** All that a test of an account could leave behind. */
async function left(): Promise<unknown> {
  const tables = ["accounts", "credentials", "account_health", "group_members", "model_gaps"];
  const rows = await env.DB.batch(tables.map((table) => env.DB.prepare(`SELECT * FROM ${table}`)));
  return rows.map(({ results }) => results);
}

describe("a test before saving", () => {
  it("asks the upstream under each key, and tells what is wrong with which", async () => {
    behave(({ headers }) =>
      headers.get("x-api-key") === DRAFT.api_keys[1]
        ? {
            status: 401,
            headers: { "content-type": "application/json" },
            chunks: ['{"type":"error","error":{"type":"authentication_error","message":"invalid x-api-key"}}'],
          }
        : { chunks: streamOf(["OK"]) },
    );
    const before = await left();
    const keepers = (["acquire", "reportFault", "reportPassedCheck", "reportTest"] as const).map((name) =>
      vi.spyOn(Keeper.prototype, name),
    );
    const { status, body } = await asAdmin("POST", "/admin/accounts/test?stream=false", DRAFT);
    expect([status, body]).toEqual([
      200,
      expect.objectContaining({ account_id: null, ok: false, tested: 2, left_out: 0 }),
    ]);
    expect(body.results).toMatchObject([
      { key: { position: 0, hint: "…aaaa" }, ok: true, text: "OK" },
      { key: { position: 1, hint: "…bbbb" }, ok: false, condition: "key_refused", status: 401 },
    ]);
    expect(asked.map(({ url }) => new URL(url).origin)).toEqual([DRAFT.base_url, DRAFT.base_url]);
    expect(await left()).toEqual(before);
    for (const called of keepers) expect(called).not.toHaveBeenCalled();
    const { items } = (await asAdmin("GET", "/admin/audit?action=account.test")).body;
    expect(items[0]).toMatchObject({ target: "unsaved", detail: { host: "draft.test", keys: 2 } });
    expect(JSON.stringify([body, items])).not.toContain("sk-draft");
  });

  it("comes step by step as events, too", async () => {
    behave({ chunks: streamOf(["OK"]) });
    const token = await signIn();
    const { exports } = await import("cloudflare:workers");
    const response = await exports.default.fetch(
      new Request("https://relay.test/admin/accounts/test", {
        method: "POST",
        headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
        body: JSON.stringify({ ...DRAFT, api_keys: undefined, api_key: "sk-one-0123456789" }),
      }),
    );
    const text = await response.text();
    expect(response.headers.get("content-type")).toContain("text/event-stream");
    expect(text).toMatch(/event: step[\s\S]*event: diagnosis[\s\S]*event: done/);
  });

  it.each([
    ["api_key", { api_keys: undefined }],
    ["base_url", { base_url: "http://127.0.0.1:1/" }],
    ["kind", { kind: "magic" }],
    ["key", { key: 3 }],
    [
      "kind",
      { kind: "setup-token", api_keys: undefined, oauth: { access_token: "sk-ant-oat01-x" }, terms_acknowledged: true },
    ],
  ])("is refused for a bad %s, like saving it", async (field, change) => {
    behave({ chunks: streamOf(["OK"]) });
    const bindings = { ALLOW_PRIVATE_UPSTREAMS: "0" } as Partial<Env>;
    const { status, body } = await asAdmin(
      "POST",
      "/admin/accounts/test?stream=false",
      { ...DRAFT, ...change },
      bindings,
    );
    expect([status, body.error.details?.map(({ field: of }) => of)]).toEqual([400, expect.arrayContaining([field])]);
    expect(asked).toEqual([]);
  });
});

describe("the models of an account", () => {
  const LIST = {
    headers: { "content-type": "application/json" },
    chunks: [
      JSON.stringify({
        data: [
          { type: "model", id: "claude-opus-4-8", display_name: "Claude Opus 4.8", created_at: "2026-01-01T00:00:00Z" },
        ],
        has_more: false,
        first_id: "claude-opus-4-8",
        last_id: "claude-opus-4-8",
      }),
    ],
  };

  it("are those that its upstream lists, whether it is saved or not", async () => {
    behave(LIST);
    const items = [{ id: "claude-opus-4-8", name: "Claude Opus 4.8" }];
    expect((await asAdmin("POST", "/admin/accounts/models", DRAFT)).body).toEqual({ items });
    expect(asked.map(({ url }) => url)).toEqual(["https://draft.test/v1/models?limit=1000"]);
    const { id } = await makeAccount();
    expect((await asAdmin("GET", `/admin/accounts/${id}/models`)).body).toEqual({ items });
    expect((await asAdmin("GET", "/admin/accounts/acc_no/models")).status).toBe(404);
  });

  it("are unknown where it lists none", async () => {
    behave({ status: 404, headers: { "content-type": "application/json" }, chunks: ["{}"] });
    expect((await asAdmin("POST", "/admin/accounts/models", DRAFT)).body).toEqual({ items: null });
  });
});
