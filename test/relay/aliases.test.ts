/** What a name stands for, on a request's whole way: who serves it, under which name, and what it is charged. */
import { exports } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { KeyGate } from "../../src/gate/gate.ts";
import { rememberAliases } from "../../src/gate/key-aliases.ts";
import { asAdmin } from "../admin/client.ts";
import { eventually } from "../eventually.ts";
import * as chat from "../front/chat.ts";
import * as messages from "../front/messages.ts";
import { messagesViolations } from "../protocols/translate/validators/messages.ts";
import { ask, asked, behave, makeAccount, makeKey, removeAccounts, rows } from "./relay-in-process.ts";

const WORDS = ["one ", "two ", "three"];
const JSON_TYPE = { "content-type": "application/json" };

let opus: { id: string; origin: string };
let glm: { id: string; origin: string };
let aliases: string[] = [];

beforeEach(async () => {
  await removeAccounts();
  opus = await makeAccount({ allowed_models: ["claude-opus-*"] });
  glm = await makeAccount({ platform: "openai", protocols: ["chat"], allowed_models: ["glm-*"] });
});
afterEach(async () => {
  vi.restoreAllMocks();
  for (const id of aliases) await asAdmin("DELETE", `/admin/aliases/${id}`);
  aliases = [];
});

async function makeAlias(name: string, targets: object[]): Promise<void> {
  const { status, body } = await asAdmin("POST", "/admin/aliases", { name, targets });
  if (status !== 201) throw new Error(JSON.stringify(body));
  aliases.push(body.id);
}

/** Claude answers in Messages, GLM in Chat; `failing`: the origins whose requests are refused for now. */
function serve(failing: string[] = []): void {
  behave(({ url }) => {
    if (failing.some((origin) => url.startsWith(origin))) {
      const headers = { ...JSON_TYPE, "retry-after": "60" };
      return { status: 429, headers, chunks: [JSON.stringify(messages.errorOf("rate_limit_error", "Slow down"))] };
    }
    return { chunks: url.startsWith(glm.origin) ? chat.streamOf(WORDS, "glm-5") : messages.streamOf(WORDS) };
  });
}

const rowOf = async (keyId: string) => {
  await eventually(async () => expect(await rows(keyId)).toHaveLength(1));
  return (await rows(keyId))[0] ?? {};
};

/** Takes the whole answer: what nobody takes is booked later. */
async function statusOf(key: string, model: string): Promise<number> {
  const response = await ask(key, { body: { model } });
  await response.text();
  return response.status;
}

const CHAIN = [{ model: "claude-opus-4-8" }, { model: "glm-5" }];

describe("an alias", () => {
  test("is served by the first of its models, under that one's own name", async () => {
    await makeAlias("fast", CHAIN);
    serve();
    const key = await makeKey();
    expect(await statusOf(key.key, "fast")).toBe(200);
    expect(JSON.parse(asked[0]?.body ?? "")).toMatchObject({ model: "claude-opus-4-8" });
    expect(await rowOf(key.id)).toMatchObject({ model: "fast", served_model: "claude-opus-4-8", account_id: opus.id });
  });

  test("goes on to the next model within the request when nobody serves the first", async () => {
    await makeAlias("claude-opus-*", [{ model: "claude-opus-*" }, { model: "glm-5" }]);
    serve([opus.origin]);
    const key = await makeKey();
    const response = await ask(key.key, { body: { model: "claude-opus-4-8" } });
    expect(response.status).toBe(200);
    const text = await response.text();
    expect(messagesViolations(text)).toEqual([]);
    expect(text).toContain('"model":"claude-opus-4-8"');
    const row = await rowOf(key.id);
    expect(row).toMatchObject({ model: "claude-opus-4-8", served_model: "glm-5", account_id: glm.id, unpriced: 0 });
    expect(JSON.parse(String(row.attempts))).toMatchObject([
      { account_id: opus.id },
      { account_id: glm.id, error: null },
    ]);
  });

  test("asks an account for another of its models where only the first was refused, and not where all were", async () => {
    await makeAlias("best", [{ model: "claude-opus-9" }, { model: "claude-opus-4-8" }]);
    behave(({ body }) =>
      body.includes("claude-opus-9")
        ? { status: 404, headers: JSON_TYPE, chunks: [JSON.stringify(messages.errorOf("not_found_error", "model"))] }
        : { chunks: messages.streamOf(WORDS) },
    );
    const key = await makeKey();
    expect(await statusOf(key.key, "best")).toBe(200);
    expect(await rowOf(key.id)).toMatchObject({ served_model: "claude-opus-4-8", account_id: opus.id });
    serve([opus.origin]);
    const other = await makeKey();
    expect(await statusOf(other.key, "best")).toBe(429);
    expect(asked).toHaveLength(1);
  });

  test("is charged at the price of what served, and reserved for at the dearest", async () => {
    await makeAlias("nobody-knows-it", CHAIN);
    serve();
    const admit = vi.spyOn(KeyGate.prototype, "admit");
    const [alias, own] = [await makeKey(), await makeKey()];
    await (await ask(alias.key, { body: { model: "nobody-knows-it" } })).text();
    await (await ask(own.key, { body: { model: "claude-opus-4-8" } })).text();
    const [one, other] = admit.mock.calls.map(([, { worstNanos, unpriced, estimate }]) => [
      worstNanos,
      unpriced,
      estimate?.costNanos,
    ]);
    // Both names have as many letters.
    expect(one).toEqual(other);
    const [charged, listed] = [await rowOf(alias.id), await rowOf(own.id)];
    expect(charged.cost_nanos).toBe(listed.cost_nanos);
  });

  test("has its tokens counted by what serves it, and stands in the list of models", async () => {
    await makeAlias("fast", CHAIN);
    await makeAlias("nobody", [{ model: "claude-sonnet-9" }]);
    behave({ ...{ headers: JSON_TYPE }, chunks: ['{"input_tokens":7}'] });
    const key = await makeKey();
    const counted = await ask(key.key, {
      path: "/v1/messages/count_tokens",
      body: { model: "fast", stream: undefined },
    });
    expect(await counted.json()).toEqual({ input_tokens: 7 });
    expect(JSON.parse(asked[0]?.body ?? "")).toMatchObject({ model: "claude-opus-4-8" });
    const headers = { "x-api-key": key.key, "anthropic-version": "2023-06-01" };
    const list = await exports.default.fetch(new Request("https://relay.test/v1/models", { headers }));
    const { data } = (await list.json()) as { data: { id: string }[] };
    expect(data.map(({ id }) => id)).toContain("fast");
    expect(data.map(({ id }) => id)).not.toContain("nobody");
    const one = await exports.default.fetch(new Request("https://relay.test/v1/models/fast", { headers }));
    expect(await one.json()).toMatchObject({ type: "model", id: "fast" });
  });

  test("leaves out what the key may not use, and is asked about under the name that the client used", async () => {
    await makeAlias("fast", CHAIN);
    serve();
    const denied = await makeKey({ denied_models: ["claude-*"], allowed_models: ["fast"] });
    expect(await statusOf(denied.key, "fast")).toBe(200);
    expect(await rowOf(denied.id)).toMatchObject({ served_model: "glm-5" });
    const all = await makeKey({ denied_models: ["claude-*", "glm-*"] });
    expect(await statusOf(all.key, "fast")).toBe(404);
    const other = await makeKey({ allowed_models: ["claude-opus-*"] });
    expect(await statusOf(other.key, "fast")).toBe(404);
  });

  test("keeps to a group that it names", async () => {
    const group = (await asAdmin("POST", "/admin/groups", { name: `g ${Date.now()}`, account_ids: [glm.id] })).body.id;
    await makeAlias("fast", [
      { model: "claude-opus-4-8", group },
      { model: "glm-5", group },
    ]);
    serve();
    const key = await makeKey();
    expect(await statusOf(key.key, "fast")).toBe(200);
    expect(await rowOf(key.id)).toMatchObject({ served_model: "glm-5" });
  });
});

describe("an alias of a key's own", () => {
  const own = { model_aliases: { fast: [{ model: "glm-5" }], mine: [{ model: "claude-opus-4-8" }] } };

  test("goes before the operator's, also where this isolate does not know of it yet, and asks the gate once from then on", async () => {
    await makeAlias("fast", CHAIN);
    serve();
    const key = await makeKey(own);
    rememberAliases(key.id, {});
    const admit = vi.spyOn(KeyGate.prototype, "admit");
    await (await ask(key.key, { body: { model: "fast" } })).text();
    expect(admit).toHaveBeenCalledTimes(2);
    expect(await rowOf(key.id)).toMatchObject({ model: "fast", served_model: "glm-5" });
    admit.mockClear();
    await (await ask(key.key, { body: { model: "mine" } })).text();
    expect(admit).toHaveBeenCalledTimes(1);
    // For others the operator's stays.
    const other = await makeKey();
    await (await ask(other.key, { body: { model: "fast" } })).text();
    expect(await rowOf(other.id)).toMatchObject({ served_model: "claude-opus-4-8" });
  });

  test("is changed and taken back at the next request", async () => {
    serve();
    const key = await makeKey(own);
    const servedAs = async (model: string) => {
      asked.length = 0;
      await (await ask(key.key, { body: { model } })).text();
      return asked.map(({ body }) => JSON.parse(body).model);
    };
    expect(await servedAs("mine")).toEqual(["claude-opus-4-8"]);
    await asAdmin("PATCH", `/admin/api-keys/${key.id}`, { model_aliases: { mine: [{ model: "glm-5" }] } });
    expect(await servedAs("mine")).toEqual(["glm-5"]);
    await asAdmin("PATCH", `/admin/api-keys/${key.id}`, { model_aliases: {} });
    expect(await servedAs("mine")).toEqual([]);
  });

  test("holds the limits of its key: a request that is planned twice takes one place and is booked once", async () => {
    serve();
    const key = await makeKey({ ...own, concurrency_limit: 1 });
    rememberAliases(key.id, {});
    await (await ask(key.key, { body: { model: "fast" } })).text();
    await rowOf(key.id);
    expect(await statusOf(key.key, "fast")).toBe(200);
  });
});
