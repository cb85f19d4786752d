/** A cloud that has not granted its account one model of a family still serves the others of it: who asks for that one moves nobody else. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { forgetSnapshot } from "../../src/store/snapshot.ts";
import { KEY_FILE } from "../providers/vertex/service-account.ts";
import { ask, asked, type Behaviour, behave, makeAccount, makeKey, removeAccounts } from "./relay-in-process.ts";

const AWS = { aws_access_key_id: "AKIAIOSFODNN7EXAMPLE", aws_secret_access_key: "wJalrXUtnFEMI/K7MDENG/bPxRfi" };
const CLOUDS = {
  bedrock: { kind: "bedrock", ...AWS, aws_region: "us-east-1", api_key: undefined },
  vertex: { kind: "vertex", service_account: KEY_FILE, vertex_region: "us-east5", api_key: undefined },
};
const ANSWER = {
  ...{ id: "msg_1", type: "message", role: "assistant", model: "claude-opus-4-8" },
  ...{ content: [{ type: "text", text: "OK" }], usage: { input_tokens: 9, output_tokens: 1 } },
};
const TOKEN = { access_token: "ya29.token", expires_in: 3599, token_type: "Bearer" };

beforeEach(removeAccounts);
afterEach(() => vi.restoreAllMocks());

let conversations = 0;

const json = (body: object, status = 200): Behaviour => ({
  ...{ status, headers: { "content-type": "application/json" } },
  chunks: [JSON.stringify(body)],
});

test.each(["bedrock", "vertex"] as const)("at %s", async (cloud) => {
  const { key } = await makeKey();
  const { origin } = await makeAccount({ ...CLOUDS[cloud], priority: 1 });
  await makeAccount({ priority: 2 });
  const message = "You don't have access to the model with the specified model ID.";
  behave(({ url }) => {
    if (url.includes("/token")) return json(TOKEN);
    return url.startsWith(origin) && url.includes("claude-opus-4-1") ? json({ message }, 403) : json(ANSWER);
  });
  const servedBy = async (model: string) => {
    forgetSnapshot();
    // A conversation of its own each time: one would stay with the account that answered.
    const messages = [{ role: "user", content: `hello ${conversations++}` }];
    await (await ask(key, { body: { model, messages, stream: false } })).text();
    return asked.at(-1)?.url.startsWith(origin);
  };
  expect(await servedBy("claude-opus-4-1")).toBe(false);
  expect(await servedBy("claude-opus-4-8")).toBe(true);
  // What was learnt holds for the model itself.
  expect(await servedBy("claude-opus-4-1-20250805")).toBe(false);
  expect(asked.filter(({ url }) => url.startsWith(origin))).toHaveLength(2);
});
