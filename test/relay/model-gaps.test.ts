/** What an upstream refuses is left out, remembered with its account, shown to the operator and forgotten on their word. */
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { MOST_GAPS, rememberGaps } from "../../src/store/model-gaps.ts";
import { asAdmin } from "../admin/client.ts";
import { type Asked, ask, asked, behave, makeAccount, makeKey, removeAccounts, until } from "./relay-in-process.ts";

afterEach(() => vi.restoreAllMocks());

let account: { id: string; origin: string };
let key: { id: string; key: string };

beforeEach(async () => {
  await removeAccounts();
  account = await makeAccount({ platform: "openai", protocols: ["chat"], allowed_models: ["small-*"] });
  key = await makeKey();
});

const JSON_TYPE = { "content-type": "application/json" };
const ANSWER = {
  id: "chatcmpl-1",
  choices: [{ index: 0, message: { role: "assistant", content: "Hi" }, finish_reason: "stop" }],
  usage: { prompt_tokens: 3, completion_tokens: 1 },
};

/** An upstream that knows no `temperature`, and says so as OpenAI does. */
function refusing(status = 400) {
  return ({ body }: Asked) => {
    if (JSON.parse(body).temperature === undefined) return { headers: JSON_TYPE, chunks: [JSON.stringify(ANSWER)] };
    const message = "Unsupported parameter: 'temperature' is not supported with this model.";
    const error = { message, type: "invalid_request_error", param: "temperature", code: "unsupported_parameter" };
    return { status, headers: JSON_TYPE, chunks: [JSON.stringify({ error })] };
  };
}

const asks = (temperature?: number) =>
  ask(key.key, { body: { model: "small-1", stream: false, ...(temperature !== undefined && { temperature }) } });
const remembered = async () => (await asAdmin("GET", `/admin/accounts/${account.id}`)).body.unsupported_parameters;

test.each([400, 422])("what a status of %d names is left out, and from then on at once", async (status) => {
  behave(refusing(status));
  const first = await asks(0.5);
  expect(first.status).toBe(200);
  expect(await first.json()).toMatchObject({ type: "message", content: [{ type: "text", text: "Hi" }] });
  expect(first.headers.get("x-edge-relay-dropped")).toContain("temperature");
  expect(asked.map(({ url, body }) => [url, "temperature" in JSON.parse(body)])).toEqual([
    [`${account.origin}/chat/completions`, true],
    [`${account.origin}/chat/completions`, false],
  ]);
  await until(async () => expect(await remembered()).toHaveLength(1));
  expect(await remembered()).toEqual([
    { model: "small-1", parameter: "temperature", since: expect.stringMatching(/^\d{4}-.*Z$/) },
  ]);
  behave(refusing());
  expect((await asks(0.5)).headers.get("x-edge-relay-dropped")).toContain("temperature");
  expect(asked).toHaveLength(1);
});

test("what is refused also without it is not remembered, and the client hears why", async () => {
  const refusal = (name: string) => ({
    error: { message: `Unsupported parameter: '${name}'`, param: name, code: "unsupported_parameter" },
  });
  behave(({ body }) => ({
    status: 400,
    headers: JSON_TYPE,
    chunks: [JSON.stringify(refusal("temperature" in JSON.parse(body) ? "temperature" : "messages"))],
  }));
  const response = await asks(0.5);
  expect(response.status).toBe(400);
  expect(await response.text()).toContain("'messages'");
  expect(await remembered()).toEqual([]);
});

test("what was left out in vain, before it was found what was wrong, is not remembered", async () => {
  behave(({ body }) => {
    if (JSON.parse(body).stop === undefined) return { headers: JSON_TYPE, chunks: [JSON.stringify(ANSWER)] };
    // As services that quote what the client has written beside what they do not know.
    const message = "property 'stop' is not permitted, input: ['temperature is unsupported']";
    return { status: 422, headers: JSON_TYPE, chunks: [JSON.stringify({ error: { message, param: null } })] };
  });
  const body = { model: "small-1", stream: false, temperature: 0.5, stop_sequences: ["temperature is unsupported"] };
  expect((await ask(key.key, { body })).status).toBe(200);
  expect(asked).toHaveLength(3);
  await until(async () => expect(await remembered()).toHaveLength(1));
  expect(await remembered()).toMatchObject([{ model: "small-1", parameter: "stop" }]);
});

test.each([
  ["other quirks", { quirks: { top_k: true } }],
  ["another address", { base_url: "https://elsewhere.test", api_key: "sk-elsewhere" }],
])("it is forgotten with %s", async (_, change) => {
  await rememberGaps(env, { accountId: account.id, model: "small-1" }, ["stop"], Date.now());
  expect(await remembered()).toHaveLength(1);
  await asAdmin("PATCH", `/admin/accounts/${account.id}`, { note: "unrelated" });
  expect(await remembered()).toHaveLength(1);
  const { body } = await asAdmin("PATCH", `/admin/accounts/${account.id}`, change);
  expect(body.unsupported_parameters).toEqual([]);
});

test("it is forgotten with a reset, and with the account", async () => {
  await rememberGaps(env, { accountId: account.id, model: "small-1" }, ["stop"], Date.now());
  const { body } = await asAdmin("POST", `/admin/accounts/${account.id}/reset`);
  expect(body.unsupported_parameters).toEqual([]);
  await rememberGaps(env, { accountId: account.id, model: "small-1" }, ["stop"], Date.now());
  await asAdmin("DELETE", `/admin/accounts/${account.id}`);
  expect(await env.DB.prepare("SELECT count(*) AS n FROM model_gaps").first("n")).toBe(0);
});

test("an account remembers no more than so many things", async () => {
  const many = Array.from({ length: MOST_GAPS + 10 }, (_, at) => `p${at}`);
  await rememberGaps(env, { accountId: account.id, model: "small-1" }, many, Date.now());
  expect(await remembered()).toHaveLength(MOST_GAPS);
});

test("an account whose quirks its operator has named is asked by them", async () => {
  await asAdmin("PATCH", `/admin/accounts/${account.id}`, {
    quirks: { max_tokens: "max_completion_tokens", without: ["stop"] },
  });
  behave({ headers: JSON_TYPE, chunks: [JSON.stringify(ANSWER)] });
  await ask(key.key, { body: { model: "small-1", stream: false, stop_sequences: ["x"] } });
  const sent = JSON.parse(asked[0]?.body ?? "{}");
  expect(sent).toMatchObject({ max_completion_tokens: 100 });
  expect(sent).not.toHaveProperty("stop");
});
