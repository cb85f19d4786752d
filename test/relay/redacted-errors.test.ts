/** An error of the provider's own goes to the client, but not whose project, organisation or account at the provider it names. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { forgetSnapshot } from "../../src/store/snapshot.ts";
import { KEY_FILE } from "../providers/vertex/service-account.ts";
import { ask, asked, behave, makeAccount, makeKey, removeAccounts } from "./relay-in-process.ts";

const JSON_TYPE = { "content-type": "application/json" };
const TOKEN_URL = "https://oauth2.googleapis.com/token";
const CONTENTS = {
  ...{ contents: [{ role: "user", parts: [{ text: "hello" }] }], model: undefined, messages: undefined },
  ...{ max_tokens: undefined, stream: undefined },
};

let key: { id: string; key: string };

beforeEach(async () => {
  await removeAccounts();
  key = await makeKey();
});
afterEach(() => vi.restoreAllMocks());

/** What the client is told where the provider answers so. */
async function told(status: number, body: unknown, path = "/v1/messages", more: Record<string, unknown> = {}) {
  const token = { access_token: "ya29.token", expires_in: 3599, token_type: "Bearer" };
  behave(({ url }) => ({
    ...{ status: url === TOKEN_URL ? 200 : status, headers: JSON_TYPE },
    chunks: [JSON.stringify(url === TOKEN_URL ? token : body)],
  }));
  forgetSnapshot();
  const response = await ask(key.key, { path, body: more });
  const text = await response.text();
  expect(response.status, text).toBe(status);
  expect(asked.at(-1)?.url).not.toBe(TOKEN_URL);
  return text;
}

const vertex = (platform: "anthropic" | "gemini") =>
  makeAccount({
    ...{ platform, kind: "vertex", service_account: KEY_FILE, vertex_region: "us-east5", api_key: undefined },
  });

test("Vertex names the project with a model that it does not have", async () => {
  await vertex("gemini");
  const model = "projects/made-up-project/locations/us-east5/publishers/google/models/gemini-9";
  const message = `Publisher Model \`${model}\` was not found or your project does not have access to it.`;
  const error = { error: { code: 404, message, status: "NOT_FOUND" } };
  const text = await told(404, error, "/gemini/v1beta/models/gemini-9:generateContent", CONTENTS);
  expect(text).not.toContain("made-up-project");
  expect(text).toContain("/publishers/google/models/gemini-9");
});

test("Google names the project's number with a quota, in words and in details, which pass in another format too", async () => {
  await vertex("anthropic");
  const details = [
    {
      "@type": "type.googleapis.com/google.rpc.ErrorInfo",
      reason: "RATE_LIMIT_EXCEEDED",
      metadata: { service: "aiplatform.googleapis.com", consumer: "projects/797060142411" },
    },
  ];
  const message = "Quota exceeded for quota metric 'Requests' for consumer 'project_number:797060142411'.";
  const text = await told(429, { error: { code: 429, message, status: "RESOURCE_EXHAUSTED", details } });
  expect(text).not.toContain("797060142411");
  expect(text).toContain("Quota exceeded for quota metric");
});

test("OpenAI names the organisation with a rate", async () => {
  await makeAccount({ platform: "openai" });
  const message =
    "Rate limit reached for gpt-4.1 in organization org-Ab12Cd34Ef56Gh78 on tokens per min (TPM): Limit 30000.";
  const error = { error: { message, type: "tokens", param: null, code: "rate_limit_exceeded" } };
  const body = { model: "gpt-4.1", stream: false };
  for (const path of ["/openai/v1/chat/completions", "/v1/messages"]) {
    const text = await told(429, error, path, body);
    expect(text).not.toContain("org-Ab12");
    expect(text).toContain("on tokens per min (TPM): Limit 30000.");
  }
});

test("Anthropic names the organisation with a rate", async () => {
  await makeAccount();
  const message =
    "This request would exceed your organization's rate limit of 30,000 input tokens per minute (org: 0a1b2c3d-4e5f-6789-abcd-ef0123456789, model: claude-sonnet-4-5).";
  const text = await told(429, { type: "error", error: { type: "rate_limit_error", message } });
  expect(text).not.toContain("0a1b2c3d");
  expect(text).toContain("model: claude-sonnet-4-5");
});

test("AWS names the account with a resource", async () => {
  const aws = { aws_access_key_id: "AKIAIOSFODNN7EXAMPLE", aws_secret_access_key: "wJalrXUtnFEMI/K7MDENG/bPxRfi" };
  await makeAccount({ kind: "bedrock", ...aws, aws_region: "us-east-1", api_key: undefined });
  const message = "Model arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.anthropic.claude is not ready";
  const text = await told(400, { message }, "/v1/messages", { stream: false });
  expect(text).not.toContain("123456789012");
  expect(text).toContain("inference-profile/us.anthropic.claude is not ready");
});
