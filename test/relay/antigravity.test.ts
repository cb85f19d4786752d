/** Accounts at Antigravity: what clients of other formats are asked for at `v1internal`, where, and as whom. */
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { forgetSnapshot } from "../../src/store/snapshot.ts";
import { asAdmin } from "../admin/client.ts";
import * as gemini from "../front/gemini.ts";
import { signedInToGoogle } from "../front/google.ts";
import { LOADED, loadedAs } from "../vault/google.ts";
import {
  type Asked,
  ask,
  asked,
  type Behaviour,
  behave,
  leasesFreed,
  makeKey,
  removeAccounts,
  rows,
} from "./relay-in-process.ts";

const JSON_TYPE = { "content-type": "application/json" };
const CLIENT = {
  "user-agent": "claude-cli/2.1.0 (external, cli)",
  "x-claude-code-session-id": "session-of-the-client",
};
const SANDBOX = "https://daily-cloudcode-pa.sandbox.googleapis.com";
const PROVIDER = "https://cloudcode-pa.googleapis.com";
const PATH = "/antigravity/api/v1/messages";

let key: { id: string; key: string };
let account: { id: string };

beforeEach(async () => {
  behave(google);
  await removeAccounts();
  key = await makeKey({ concurrency_limit: 1 });
  const { status, body } = await loadedAs(LOADED, () =>
    asAdmin("POST", "/admin/accounts", signedInToGoogle("antigravity")),
  );
  expect(status, JSON.stringify(body)).toBe(201);
  account = body;
  behave(google);
});
afterEach(() => vi.restoreAllMocks());

/** What was asked for clients. An account that is deleted has its sign-in revoked, when its Keeper comes to it. */
const sent = () => asked.filter(({ url }) => !url.endsWith("/revoke"));

function google({ url }: Asked): Behaviour {
  if (url.includes(":countTokens")) return json({ totalTokens: 7 });
  if (url.includes(":streamGenerateContent")) return { chunks: gemini.assistStreamOf(["Hello ", "world"]) };
  return json({ response: JSON.parse(gemini.wholeContent("Hello")), traceId: "t1" });
}

function json(body: unknown, status = 200): Behaviour {
  return { status, headers: JSON_TYPE, chunks: [JSON.stringify(body)] };
}

async function answered(body: object = {}, path = PATH, headers: Record<string, string> = CLIENT) {
  forgetSnapshot();
  const response = await ask(key.key, { path, headers, body: { model: "gemini-3-pro", ...body } });
  return { status: response.status, headers: response.headers, text: await response.text() };
}

async function row(): Promise<Record<string, unknown>> {
  await leasesFreed(key.id);
  const found = await rows(key.id);
  expect(found).toHaveLength(1);
  return found[0] ?? {};
}

describe("a Messages client", () => {
  test("is asked for in Antigravity's envelope, as the relay itself, and gets Messages", async () => {
    const { status, text, headers } = await answered({ stream: false });
    expect(status, text).toBe(200);
    expect(JSON.parse(text)).toMatchObject({
      ...{ type: "message", model: "gemini-3-pro", stop_reason: "end_turn" },
      content: [{ type: "text", text: "Hello" }],
    });
    const [first] = sent();
    expect(first?.url).toBe(`${SANDBOX}/v1internal:generateContent`);
    expect(JSON.parse(first?.body ?? "")).toEqual({
      model: "gemini-3-pro",
      project: "project-of-the-account",
      requestId: headers.get("x-request-id"),
      userAgent: "edge-relay",
      requestType: "agent",
      request: {
        sessionId: expect.stringMatching(/^[0-9a-f]{32}$/),
        contents: [{ role: "user", parts: [{ text: "hello" }] }],
        generationConfig: expect.objectContaining({ maxOutputTokens: 100 }),
      },
    });
    expect(Object.fromEntries(first?.headers ?? [])).toEqual({
      ...{ ...JSON_TYPE, "accept-encoding": "identity", authorization: "Bearer access-1", "user-agent": "edge-relay" },
    });
    expect(await row()).toMatchObject({ ...gemini.BOOKED, outcome: "completed", model: "gemini-3-pro" });
  });

  test("streams, and its conversation has one name and not its own", async () => {
    const turns = [(await answered()).text];
    await leasesFreed(key.id);
    turns.push((await answered()).text);
    for (const text of turns) {
      expect(text).toContain("event: message_start");
      expect(text.match(/"text":"(Hello |world)"/g)).toEqual(['"text":"Hello "', '"text":"world"']);
      expect(text).toContain("event: message_stop");
    }
    const sessions = sent().map(({ body }) => JSON.parse(body).request.sessionId);
    expect(new Set(sessions).size).toBe(1);
    expect(sent()[0]?.url).toBe(`${SANDBOX}/v1internal:streamGenerateContent?alt=sse`);
    expect(sent()[0]?.body).not.toContain("session-of-the-client");
  });

  test("gets Claude's models too, by their own names", async () => {
    const { status } = await answered({ stream: false, model: "claude-sonnet-4-5" });
    expect(status).toBe(200);
    expect(JSON.parse(sent()[0]?.body ?? "")).toMatchObject({ model: "claude-sonnet-4-5" });
    expect(await row()).toMatchObject({ model: "claude-sonnet-4-5" });
  });

  test("has its tokens counted there, with the model inside", async () => {
    const { text } = await answered({ max_tokens: undefined, stream: undefined }, `${PATH}/count_tokens`);
    expect(JSON.parse(text)).toEqual({ input_tokens: 7 });
    expect(JSON.parse(sent()[0]?.body ?? "")).toEqual({
      request: { model: "models/gemini-3-pro", contents: [{ role: "user", parts: [{ text: "hello" }] }] },
    });
  });
});

describe("a client of the Gemini API", () => {
  const path = "/v1beta/models/gemini-3-pro:generateContent";
  const contents = [{ role: "user", parts: [{ text: "hello" }] }];
  const bare = { messages: undefined, max_tokens: undefined, stream: undefined };

  test("names neither the conversation nor the model a second time in the envelope", async () => {
    await asAdmin("PATCH", `/admin/accounts/${account.id}`, { allowed_models: ["gemini-3-pro"] });
    for (const name of ["sessionId", "session_id"]) {
      await answered({ ...bare, model: "models/gemini-3-pro", contents, [name]: "of-the-client" }, path);
      await leasesFreed(key.id);
    }
    expect(asked).toHaveLength(2);
    for (const { body } of asked) {
      expect(body).not.toContain("of-the-client");
      expect(body.match(/"session_?id"/gi)).toHaveLength(1);
      expect(JSON.parse(body).request).not.toHaveProperty("model");
    }
  });
});

describe("the operator", () => {
  test("may name the relay otherwise, and may say nothing of the sort of work", async () => {
    const settings = { ANTIGRAVITY_USER_AGENT: "our-team/1.0", ANTIGRAVITY_REQUEST_TYPE: "" };
    const before = Object.fromEntries(Object.keys(settings).map((name) => [name, Reflect.get(env, name)]));
    Object.assign(env, settings);
    await answered({ stream: false });
    Object.assign(env, before);
    const body = JSON.parse(sent()[0]?.body ?? "");
    expect(body.userAgent).toBe("our-team/1.0");
    expect(body).not.toHaveProperty("requestType");
    expect(sent()[0]?.headers.get("user-agent")).toBe("our-team/1.0");
  });
});

describe("an address that does not answer", () => {
  const hosts = () => sent().map(({ url }) => new URL(url).origin);

  test.each([
    ["has no such method", json(gemini.errorOf(404, "NOT_FOUND", "no"), 404)],
    ["is not available", json(gemini.errorOf(503, "UNAVAILABLE", "no"), 503)],
    ["redirects", { status: 302, headers: { location: "https://elsewhere.test" } }],
  ])("%s: the next one is asked, and nobody is blamed", async (_, behaviour) => {
    behave((one) => (one.url.startsWith(SANDBOX) ? behaviour : google(one)));
    expect((await answered({ stream: false })).status).toBe(200);
    expect(hosts()).toEqual([SANDBOX, PROVIDER]);
    const { body } = await asAdmin("GET", `/admin/accounts/${account.id}`);
    expect(body.temporary_states).toEqual([]);
  });

  test("answers with a limit or a refusal: then nobody else is asked for the same account", async () => {
    behave(json(gemini.errorOf(429, "RESOURCE_EXHAUSTED", "no"), 429));
    expect((await answered({ stream: false })).status).toBe(429);
    expect(hosts()).toEqual([SANDBOX]);
  });

  test("has been paid for an answer that says nothing: that is booked, and nobody else is asked for the same account", async () => {
    const useless = JSON.parse(gemini.wholeContent(""));
    behave(() =>
      sent().length === 1
        ? json({ response: useless, traceId: "t1" })
        : { status: 302, headers: { location: "https://elsewhere.test" } },
    );
    expect((await answered({ stream: false })).status).toBe(502);
    expect(hosts()).toEqual([SANDBOX, SANDBOX]);
    expect(await row()).toMatchObject({ ...gemini.BOOKED, outcome: "upstream_unreachable" });
  });

  test("is asked alone where the account has an address of its own", async () => {
    await removeAccounts();
    const own = "https://own.test";
    const fields = { ...signedInToGoogle("antigravity"), base_url: own };
    await loadedAs(LOADED, () => asAdmin("POST", "/admin/accounts", fields));
    behave(json(gemini.errorOf(503, "UNAVAILABLE", "no"), 503));
    await answered({ stream: false });
    expect(hosts()).toEqual([own]);
  });
});

test("a check of such an account asks as the relay, in the envelope, and reads the answer in it", async () => {
  const checked = await asAdmin("POST", `/admin/accounts/${account.id}/test?stream=false`);
  expect(checked.body).toMatchObject({
    ok: true,
    results: [{ ok: true, text: "Hello world", model_reported: "gemini-3.5-flash" }],
  });
  expect(sent()[0]?.url).toContain(":streamGenerateContent?alt=sse");
  expect(JSON.parse(sent()[0]?.body ?? "")).toMatchObject({
    userAgent: "edge-relay",
    project: "project-of-the-account",
  });
});
