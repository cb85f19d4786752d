/** What uses nothing up, in all formats: token counts with their estimate, and the models that a key may use. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Behaviour } from "./fake-upstream.ts";
import { type Member, poolOf, stopAll } from "./pool.ts";
import { RelayUnderTest } from "./relay-under-test.ts";

const relay = new RelayUnderTest();
let members: Member[] = [];
let key: { id: string; api_key: string };
beforeAll(async () => {
  await relay.start();
  key = await relay.makeKey();
});
afterAll(async () => {
  await stopAll(members);
  await relay.stop();
});

const JSON_TYPE = { "content-type": "application/json" };
const HELLO = "a prompt of some length, to be counted ".repeat(40);

interface Format {
  platform: string;
  /** Where the platform's paths begin at its upstream. */
  tail: string;
  count: { path: string; body: object; own: object; estimate: object };
  models: string;
  /** How its clients bound a page. */
  page: string;
  list: (ids: string[]) => object;
  idsOf: (list: never) => string[];
  idOf: (model: never) => string;
}

const FORMATS: Record<string, Format> = {
  anthropic: {
    platform: "anthropic",
    tail: "",
    count: {
      path: "/v1/messages/count_tokens",
      body: { model: "m", messages: [{ role: "user", content: HELLO }] },
      own: { input_tokens: 7 },
      estimate: { input_tokens: expect.any(Number) },
    },
    models: "/api/v1/models",
    page: "?limit=7",
    list: (ids) => ({ data: ids.map((id) => ({ type: "model", id, own: true })), has_more: false }),
    idsOf: (list: { data: { id: string }[] }) => list.data.map(({ id }) => id),
    idOf: ({ id }: { id: string }) => id,
  },
  openai: {
    platform: "openai",
    tail: "/v1",
    count: {
      path: "/openai/v1/responses/input_tokens",
      body: { model: "m", input: HELLO },
      own: { object: "response.input_tokens", input_tokens: 7 },
      estimate: { object: "response.input_tokens", input_tokens: expect.any(Number) },
    },
    models: "/openai/v1/models",
    page: "?limit=7",
    list: (ids) => ({ object: "list", data: ids.map((id) => ({ id, object: "model", own: true })) }),
    idsOf: (list: { data: { id: string }[] }) => list.data.map(({ id }) => id),
    idOf: ({ id }: { id: string }) => id,
  },
  gemini: {
    platform: "gemini",
    tail: "",
    count: {
      path: "/gemini/v1beta/models/m:countTokens",
      body: { contents: [{ parts: [{ text: HELLO }] }] },
      own: { totalTokens: 7 },
      estimate: { totalTokens: expect.any(Number) },
    },
    models: "/gemini/v1beta/models",
    page: "?pageSize=7",
    list: (ids) => ({ models: ids.map((id) => ({ name: `models/${id}`, own: true })) }),
    idsOf: (list: { models: { name: string }[] }) => list.models.map(({ name }) => name.replace("models/", "")),
    idOf: ({ name }: { name: string }) => name.replace("models/", ""),
  },
};

async function pool(format: Format, ...accounts: Record<string, unknown>[]): Promise<void> {
  await stopAll(members);
  members = await poolOf(relay, accounts.length, () => ({ platform: format.platform }));
  for (const [index, { id, upstream }] of members.entries()) {
    const { port } = new URL(await addressOf(id));
    const base_url = `http://127.0.0.1:${port}${format.tail}`;
    await relay.admin("PATCH", `/admin/accounts/${id}`, { base_url, ...accounts[index] });
    upstream.behave({ status: 500, chunks: [] });
  }
}

async function addressOf(id: string): Promise<string> {
  return (await relay.admin<{ base_url: string }>("GET", `/admin/accounts/${id}`)).base_url;
}

function upstreams(behaviour: Behaviour): void {
  for (const { upstream } of members) upstream.behave({ headers: JSON_TYPE, ...behaviour });
}

function asked(): number[] {
  return members.map(({ upstream }) => upstream.received.length);
}

async function nothingIsHeldAgainstAnybody(): Promise<void> {
  for (const { id } of members) {
    const health = await relay.admin("GET", `/admin/accounts/${id}/health`);
    // Nothing that is only looked up says how an account stands.
    expect(health).toMatchObject({ status: "untested", last_errors: [], temporary_states: [] });
  }
}

function get(path: string, apiKey = key.api_key): Promise<Response> {
  return relay.fetch(path, { headers: { authorization: `Bearer ${apiKey}` } });
}

describe.each(Object.entries(FORMATS))("%s", (_, format) => {
  const { count, models, page, list, idsOf, idOf } = format;
  const countWith = (apiKey: string) =>
    relay.fetch(count.path, {
      method: "POST",
      headers: { ...JSON_TYPE, authorization: `Bearer ${apiKey}` },
      body: JSON.stringify(count.body),
    });
  const idsFor = async (apiKey = key.api_key) => {
    const response = await get(models, apiKey);
    expect(response.status).toBe(200);
    return idsOf((await response.json()) as never);
  };

  describe("counts tokens", () => {
    beforeEach(() => pool(format, {}, {}, {}));

    test("as the upstream does", async () => {
      upstreams({ chunks: [JSON.stringify(count.own)] });
      const response = await countWith(key.api_key);
      expect(response.headers.get("x-edge-relay-estimated")).toBeNull();
      expect(await response.json()).toEqual(count.own);
    });

    // cc-switch#3260
    test.each([404, 405, 501])("by an estimate where it answers %i, asking and blaming nobody else", async (status) => {
      upstreams({ status, chunks: ['{"error":{"message":"no such route"}}'] });
      for (let time = 0; time < 4; time++) {
        const response = await countWith(key.api_key);
        expect(response.status).toBe(200);
        expect(response.headers.get("x-edge-relay-estimated")).toBe("true");
        const body = (await response.json()) as Record<string, number>;
        expect(body).toEqual(count.estimate);
        const tokens = body.input_tokens ?? body.totalTokens ?? 0;
        expect(tokens).toBeGreaterThan(200);
        expect(tokens).toBeLessThan(800);
      }
      expect(asked().reduce((sum, each) => sum + each)).toBe(4);
      await nothingIsHeldAgainstAnybody();
    });

    test("the request's own fault is the upstream's to tell", async () => {
      const body = { error: { type: "invalid_request_error", message: "messages: required" } };
      upstreams({ status: 400, chunks: [JSON.stringify(body)] });
      const response = await countWith(key.api_key);
      expect([response.status, await response.json()]).toEqual([400, body]);
    });

    test("a limit on counting makes the next account count, and parks nobody", async () => {
      upstreams({ chunks: [JSON.stringify(count.own)] });
      for (const { upstream } of members.slice(0, 2))
        upstream.behave({ status: 429, headers: JSON_TYPE, chunks: ["{}"] });
      for (let time = 0; time < 3; time++) expect(await (await countWith(key.api_key)).json()).toEqual(count.own);
      await nothingIsHeldAgainstAnybody();
    });

    test("by an estimate where there is no account, but never for a bad key", async () => {
      await pool(format);
      expect((await countWith(key.api_key)).headers.get("x-edge-relay-estimated")).toBe("true");
      expect((await countWith(`cr_${"ab".repeat(32)}`)).status).toBe(401);
      const denied = await relay.makeKey({ denied_models: ["m"] });
      expect((await countWith(denied.api_key)).status).toBe(404);
    });
  });

  describe("lists models", () => {
    test("as the upstream writes them where nothing narrows them", async () => {
      await pool(format, {});
      const text = JSON.stringify(list(["a", "b"]), null, 3);
      upstreams({ chunks: [text] });
      const response = await get(`${models}${page}&fields=none`);
      if (format.platform === "anthropic") expect(await response.json()).toMatchObject(list(["a", "b"]));
      else expect(await response.text()).toBe(text);
      expect(members[0]?.upstream.received[0]?.url.endsWith(`/models${page}`)).toBe(true);
    });

    test("that the key's rules let through, as the upstream describes them", async () => {
      await pool(format, {});
      upstreams({ chunks: [JSON.stringify(list(["a-1", "a-2", "b"]))] });
      const own = await relay.makeKey({ allowed_models: ["a-*"], denied_models: ["a-2"] });
      expect(await (await get(models, own.api_key)).json()).toMatchObject(list(["a-1"]));
      expect(await idsFor(own.api_key)).toEqual(["a-1"]);
      expect((await get(`${models}/b`, own.api_key)).status).toBe(404);
    });

    test("that an account names, without asking it", async () => {
      await pool(format, { allowed_models: ["a", "c-*"], model_mapping: { mapped: "a" } });
      upstreams({ chunks: [JSON.stringify(list(["never"]))] });
      expect(await idsFor()).toEqual(["a", "mapped"]);
      expect(asked()).toEqual([0]);
    });

    test("of named accounts and of one that names none, together", async () => {
      await pool(format, { allowed_models: ["a", "x"] }, {}, {});
      upstreams({ chunks: [JSON.stringify(list(["a", "b"]))] });
      expect(await idsFor()).toEqual(["a", "b", "x"]);
      expect(asked().reduce((sum, each) => sum + each)).toBe(1);
      expect(asked()[0]).toBe(0);
    });

    test("that an account's patterns let through", async () => {
      await pool(format, { allowed_models: ["a*"] });
      upstreams({ chunks: [JSON.stringify(list(["a1", "b1"]))] });
      expect(await idsFor()).toEqual(["a1"]);
    });

    test("of the account that the key is bound to only", async () => {
      await pool(format, { allowed_models: ["a"] }, { allowed_models: ["b"] });
      const bound = await relay.makeKey({ bound_account_id: members[1]?.id });
      expect(await idsFor(bound.api_key)).toEqual(["b"]);
    });

    test("that are known by name where the upstream fails; else its failure", async () => {
      await pool(format, { allowed_models: ["a"] }, {});
      upstreams({ status: 400, chunks: ['{"error":{"message":"no"}}'] });
      expect(await idsFor()).toEqual(["a"]);
      await pool(format, {});
      upstreams({ status: 400, chunks: ['{"error":{"message":"no"}}'] });
      const own = await relay.makeKey({ denied_models: ["b"] });
      expect((await get(models, own.api_key)).status).toBe(400);
    });

    test("from memory, per account and page, without asking again", async () => {
      await pool(format, {});
      upstreams({ chunks: [JSON.stringify(list(["a", "b"]))] });
      for (let time = 0; time < 3; time++) expect(await idsFor()).toEqual(["a", "b"]);
      expect(asked()).toEqual([1]);
      expect((await get(`${models}?unknown=1`)).status).toBe(200);
      expect(asked()).toEqual([1]);
      expect((await get(`${models}${page}`)).status).toBe(200);
      expect(asked()).toEqual([2]);
    });

    test("without waiting for a slow upstream, whose answer serves the next request", async () => {
      await pool(format, { allowed_models: ["a"] }, {});
      upstreams({ chunks: [JSON.stringify(list(["b"]))], silentMs: 5_000 });
      expect(await idsFor()).toEqual(["a"]);
      // It was answered while the upstream was still silent.
      expect(members[1]?.upstream.open).toBe(1);
      await expect.poll(() => idsFor(), { timeout: 30_000, interval: 500 }).toEqual(["b", "a"]);
      const before = asked();
      expect(await idsFor()).toEqual(["b", "a"]);
      expect(asked()).toEqual(before);
    });

    test("to nobody with a bad key, and none without accounts", async () => {
      await pool(format);
      expect((await get(models, `cr_${"ab".repeat(32)}`)).status).toBe(401);
      expect((await get(models)).status).toBe(404);
    });
  });

  describe("shows one model", () => {
    test("as the upstream does", async () => {
      await pool(format, {});
      upstreams({ chunks: ['{"own": true}'] });
      expect(await (await get(`${models}/a`)).text()).toBe('{"own": true}');
      expect(members[0]?.upstream.received[0]?.url).toMatch(/\/models\/a$/);
    });

    test("in few words where only an account's rules name it", async () => {
      await pool(format, { allowed_models: ["a"], model_mapping: { mapped: "a" } });
      upstreams({ status: 404, chunks: ["{}"] });
      expect(idOf((await (await get(`${models}/mapped`)).json()) as never)).toBe("mapped");
      expect(asked()).toEqual([0]);
      expect(idOf((await (await get(`${models}/a`)).json()) as never)).toBe("a");
    });
  });
});

test("an account with a fixed URL is not asked for a count: it would generate", async () => {
  const openai = FORMATS.openai as Format;
  await pool(openai, {});
  // The admin API takes no such URL at present.
  await relay.sql("UPDATE accounts SET base_url = base_url || '/responses#' WHERE id = ?", members[0]?.id);
  await relay.forgiveAccounts();
  upstreams({ chunks: ["{}"] });
  const { path, body } = openai.count;
  const headers = { ...JSON_TYPE, authorization: `Bearer ${key.api_key}` };
  const response = await relay.fetch(path, { method: "POST", headers, body: JSON.stringify(body) });
  expect(response.headers.get("x-edge-relay-estimated")).toBe("true");
  expect(asked()).toEqual([0]);
});

test("Codex gets the catalogue it asks for, empty, so that it goes on with its own", async () => {
  await pool(FORMATS.openai as Format, {});
  upstreams({ chunks: ["{}"] });
  const response = await get("/openai/models?client_version=0.169.0");
  expect([response.status, await response.json()]).toEqual([200, { models: [] }]);
  expect(asked()).toEqual([0]);
});

test("Claude Code's menu has a name and a description for every model", async () => {
  await pool(FORMATS.anthropic as Format, { allowed_models: ["claude-sonnet-4-5-20250929"] }, {});
  upstreams({ chunks: [JSON.stringify({ data: [{ id: "claude-x", display_name: "Its own" }], has_more: false })] });
  const { data } = (await (await get("/api/v1/models?limit=1000")).json()) as { data: Record<string, string>[] };
  const shown = data.map(({ id, display_name, description }) => [id, display_name, description]);
  expect(shown).toEqual([
    ["claude-x", "Its own", "Through Edge Relay"],
    ["claude-sonnet-4-5-20250929", "Claude Sonnet 4.5", "Through Edge Relay"],
  ]);
});
