/** Every row of the route table, from the table itself: its pool, its envelope, its key, and the forms clients make of it. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Protocol } from "../../src/protocols/wire.ts";
import { KINDS } from "../../src/providers/kinds.ts";
import { ROUTES, type Route } from "../../src/relay/routes.ts";
import { FakeUpstream } from "./fake-upstream.ts";
import { RelayUnderTest } from "./relay-under-test.ts";

const relay = new RelayUnderTest();
const upstreams: Record<string, FakeUpstream> = {};
let key: { id: string; api_key: string };

/** Where each platform's paths begin at its fake upstream. */
const TAILS: Record<string, string> = { openai: "/v1", gemini: "", droid: "/api/llm" };

beforeAll(async () => {
  await relay.start();
  upstreams.anthropic = relay.upstream;
  for (const [platform, tail] of Object.entries(TAILS)) {
    const upstream = new FakeUpstream();
    upstreams[platform] = upstream;
    const base_url = `${await upstream.start()}${tail}`;
    await relay.admin("POST", "/admin/accounts", {
      name: platform,
      platform,
      kind: "api-key",
      base_url,
      api_key: "sk-x",
    });
  }
  key = await relay.makeKey();
});
afterAll(async () => {
  await Promise.all(Object.values(upstreams).map((upstream) => upstream.stop()));
  await relay.stop();
});

const MODELS: Record<Protocol, string> = {
  anthropic: "claude-sonnet-4-5",
  chat: "gpt-5",
  responses: "gpt-5",
  gemini: "gemini-2.5-flash",
};
const KEYED = ROUTES.filter(({ operation }) => operation === "generate" || operation === "unmetered");

function pathOf(route: Route): string {
  return route.path.replace("{model}", MODELS[route.protocol]).replace("{id}", "some_id");
}

function send(route: Route, path: string, headers: Record<string, string> = {}): Promise<Response> {
  const body = JSON.stringify({ model: MODELS[route.protocol], ...(route.envelope && { request: {} }) });
  return relay.fetch(path, { method: route.method, headers, ...(route.method === "POST" && { body }) });
}

const ENVELOPES: Record<Protocol, (status: number) => object> = {
  anthropic: () => ({ type: "error", error: { type: expect.any(String), message: expect.any(String) } }),
  chat: () => ({ error: { message: expect.any(String), type: expect.any(String) } }),
  responses: () => ({ error: { message: expect.any(String), type: expect.any(String) } }),
  gemini: (status) => ({ error: { code: status, message: expect.any(String), status: expect.any(String) } }),
};

/** Answers as short as the formats allow. Google streams an array of answers where no events are asked for. */
function quiet(): void {
  const headers = { "content-type": "application/json" };
  const part = '[{"candidates":[{"content":{"role":"model","parts":[{"text":"hi"}]}}]}]';
  for (const upstream of Object.values(upstreams)) {
    upstream.behave(({ url }) => ({ headers, chunks: [url.includes(":stream") ? part : "{}"] }));
  }
}

/** Makes the stored response that the route looks up: nobody is told of another's. */
async function store(route: Route): Promise<void> {
  if (!route.path.endsWith("/responses/{id}")) return;
  const answer = { id: "some_id", object: "response", status: "completed", output: [] };
  for (const upstream of Object.values(upstreams)) {
    upstream.behave({ headers: { "content-type": "application/json" }, chunks: [JSON.stringify(answer)] });
  }
  const headers = { "x-api-key": key.api_key };
  const body = JSON.stringify({ model: MODELS.responses, input: "hi" });
  await relay.fetch(route.path.replace("/{id}", ""), { method: "POST", headers, body });
  await expect.poll(async () => (await send(route, pathOf(route), headers)).status).toBe(200);
}

const named = (routes: readonly Route[]) => routes.map((route) => [`${route.method} ${route.path}`, route] as const);
/** Its pool speaks what its clients do. What is translated is in translation.test.ts, what one kind alone serves in relay/azure.test.ts. */
const isNative = ({ platforms: [platform], kinds, protocol, task }: Route) =>
  task !== "completion" &&
  kinds === null &&
  KINDS.some((kind) => kind.platform === platform && kind.protocols.includes(protocol));

test.each(named(KEYED))("%s is refused without a key, in its own envelope", async (_, route) => {
  const response = await send(route, pathOf(route));
  expect(response.status).toBe(401);
  expect(await response.json()).toMatchObject(ENVELOPES[route.protocol](401));
});

describe.each(named(KEYED.filter(isNative)))("%s", (_, route) => {
  test("goes to the first of its pools, under the provider's own path", async () => {
    await store(route);
    quiet();
    const response = await send(route, `${pathOf(route)}?x=1&access_token=y`, {
      authorization: `Bearer ${key.api_key}`,
    });
    expect(response.status).toBe(200);
    const [platform] = route.platforms;
    const served = Object.entries(upstreams).filter(([, upstream]) => upstream.received.length > 0);
    // A list of what any platform could answer is made from all of their lists.
    const lists = route.others.length > 0 && route.upstreamPath.endsWith("/models");
    expect(served.map(([name]) => name)).toEqual(lists ? expect.arrayContaining([platform]) : [platform]);
    const path = route.upstreamPath.replace("{model}", MODELS[route.protocol]).replace("{id}", "some_id");
    const prefix =
      platform === "droid"
        ? route.protocol === "anthropic"
          ? "/api/llm/a"
          : "/api/llm/o/v1"
        : (TAILS[platform] ?? "");
    expect(upstreams[platform]?.received[0]?.url).toBe(`${prefix}${path}`);
    expect(JSON.stringify(upstreams[platform]?.received[0]?.headers)).not.toContain("cr_");
  });

  test("is found with a trailing slash and a doubled one", async () => {
    await store(route);
    quiet();
    const headers = { "x-api-key": key.api_key };
    expect((await send(route, `${pathOf(route)}/`, headers)).status).toBe(200);
    expect((await send(route, `/${pathOf(route)}`, headers)).status).toBe(200);
  });
});

test.each(["/antigravity/api/v1/messages", "/antigravity/api/v1/models"])(
  "%s says that there is no account of the kind",
  async (path) => {
    const headers = { "x-api-key": key.api_key };
    const body = JSON.stringify({ model: MODELS.anthropic, max_tokens: 1, messages: [] });
    const response = await relay.fetch(path, path.endsWith("models") ? { headers } : { method: "POST", headers, body });
    expect(response.status).toBe(404);
    const { error } = (await response.json()) as { error: { type: string; message: string } };
    expect(error).toMatchObject({ type: "not_found_error", message: expect.stringMatching(/^No antigravity account/) });
  },
);

test("no two rows are the same", () => {
  const rows = ROUTES.map(({ method, path }) => `${method} ${path}`);
  expect(rows.length).toBe(new Set(rows).size);
});

describe("GET /v1/models answers in the asker's format", () => {
  test.each([
    [{ "anthropic-version": "2023-06-01", "x-api-key": "" }, "anthropic"],
    [{ "x-goog-api-key": "" }, "gemini"],
    [{ authorization: "" }, "openai"],
  ])("%o", async (headers, platform) => {
    quiet();
    const filled = Object.fromEntries(
      Object.entries(headers).map(([name, value]) => [
        name,
        value || (name === "authorization" ? `Bearer ${key.api_key}` : key.api_key),
      ]),
    );
    expect((await relay.fetch("/v1/models", { headers: filled })).status).toBe(200);
    expect(upstreams[platform]?.received).toHaveLength(1);
  });
});

test.each(["/openai/responses", "/openai/v1/responses"])(
  "a WebSocket upgrade of %s is answered with 426 at once",
  async (path) => {
    const { request } = await import("node:http");
    const url = new URL(path, relay.url);
    const status = await new Promise<number | undefined>((resolve, reject) => {
      const upgrade = {
        connection: "Upgrade",
        upgrade: "websocket",
        "sec-websocket-version": "13",
        "sec-websocket-key": "4uGMHEw7dXBqFeiM88RoOw==",
        authorization: `Bearer ${key.api_key}`,
      };
      request(url, { headers: upgrade }, (response) => resolve(response.resume().statusCode))
        .on("error", reject)
        .end();
    });
    expect(status).toBe(426);
  },
);

test.each([
  ["/gemini/v1beta/nothing", "gemini"],
  ["/openai/v1/nothing", "chat"],
  ["/droid/openai/responses/nothing/here", "responses"],
  ["/nothing", "anthropic"],
] as const)("an unknown path, %s, is a 404 in the words of %s", async (path, protocol) => {
  const response = await relay.fetch(path, { method: "POST", body: "{}" });
  expect(response.status).toBe(404);
  expect(await response.json()).toMatchObject(ENVELOPES[protocol](404));
});
