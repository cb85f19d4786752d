/** Which address a gateway has in place of a provider's. */
import { expect, test } from "vitest";
import { atGateway, bindingNames } from "../../src/providers/egress.ts";

const AI_GATEWAY = "https://gateway.ai.cloudflare.com/v1/account/gateway";
const CODEX = "https://chatgpt.com/backend-api/codex";

test.each([
  ["https://api.openai.com/v1/responses", "https://api.openai.com/v1", `${AI_GATEWAY}/openai`, "/openai/responses"],
  [
    "https://api.anthropic.com/v1/messages",
    "https://api.anthropic.com",
    `${AI_GATEWAY}/anthropic`,
    "/anthropic/v1/messages",
  ],
  ["https://one.test/a/v1/x?alt=sse", "https://one.test/a", AI_GATEWAY, "/v1/x?alt=sse"],
  ["https://one.test/chat", "https://one.test/chat#", AI_GATEWAY, ""],
])("%s, where the base URL is %s, goes to the gateway %s: %s", (url, baseUrl, gateway, path) => {
  expect(atGateway(url, baseUrl, gateway)).toBe(`${AI_GATEWAY}${path}`);
});

test("where both end in the same path the gateway stands in for the whole host", () => {
  const gateway = "https://proxy.test/chatgpt/backend-api/codex";
  expect(atGateway(`${CODEX}/responses`, CODEX, gateway)).toBe(`${gateway}/responses`);
  expect(atGateway("https://chatgpt.com/backend-api/wham/usage", CODEX, gateway)).toBe(
    "https://proxy.test/chatgpt/backend-api/wham/usage",
  );
  expect(atGateway("https://chatgpt.com/backend-api/wham/usage", CODEX, "https://proxy.test/codex")).toBeNull();
});

test.each([
  "https://api.openai.com/v10/x",
  "https://api.openai.com.evil.test/v1/x",
  "https://other.test/v1/x",
  "http://api.openai.com/v1/x",
])("%s is none of its addresses", (url) =>
  expect(atGateway(url, "https://api.openai.com/v1", "https://proxy.test")).toBeNull(),
);

test("bindings are named with commas, spaces or both", () => {
  expect(bindingNames(" HOME,OFFICE  LAB, ")).toEqual(["HOME", "OFFICE", "LAB"]);
  expect(bindingNames("")).toEqual([]);
});
