/** What a whole request is seen to ask for. */
import { expect, test } from "vitest";
import { UNCOUNTED } from "../../src/relay/body-hold.ts";
import { readRequest } from "../../src/relay/request.ts";
import { findRoute } from "../../src/relay/routes.ts";

async function refers(path: string, body: object): Promise<boolean> {
  const found = findRoute("POST", path, new Headers());
  if (!found) throw new Error(`no route ${path}`);
  const http = new Request(`https://relay.test${path}`, { method: "POST", body: JSON.stringify(body) });
  const request = await readRequest({ http, ...found }, UNCOUNTED);
  if (!request.ok) throw new Error(JSON.stringify(request.refusal));
  return request.value.demands.refers;
}

test.each<[claim: string, path: string, body: object, expected: boolean]>([
  [
    "a stored prompt reserves the context window",
    "/v1/responses",
    { input: [], prompt: { version: "2", id: "pmpt_1" } },
    true,
  ],
  [
    "a container reserves the context window",
    "/v1/messages",
    { messages: [], container: { skills: [], id: "container_1" } },
    true,
  ],
  ["an item that is only named reserves the context window", "/v1/responses", { input: [{ id: "msg_1" }] }, true],
  [
    "the input of a client's tool that is an id reserves nothing",
    "/v1/messages",
    { messages: [{ role: "assistant", content: [{ type: "tool_use", id: "t", name: "get", input: { id: "1" } }] }] },
    false,
  ],
  ["a container that is null reserves nothing", "/v1/messages", { messages: [], container: null }, false],
  [
    "a tool with a parameter called prompt, as Claude Code's own have one, reserves nothing",
    "/v1/messages",
    { messages: [], tools: [{ name: "Agent", input_schema: { type: "object", properties: { prompt: {} } } }] },
    false,
  ],
])("%s", async (_, path, body, expected) => {
  expect(await refers(path, { model: "m", max_tokens: 1, ...body })).toBe(expected);
});
