/** Accounts at Bedrock through the admin API: their fields, what is wrong with them, and where their address comes from. */
import { env } from "cloudflare:workers";
import { describe, expect, test } from "vitest";
import { forgetSnapshot } from "../../src/store/snapshot.ts";
import { ask, asked, behave, makeKey, removeAccounts } from "../relay/relay-in-process.ts";
import { asAdmin } from "./client.ts";

const KEYS = {
  aws_access_key_id: "AKIAIOSFODNN7EXAMPLE",
  aws_secret_access_key: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
  aws_region: "us-west-2",
};
const make = (fields: Record<string, unknown>) =>
  asAdmin("POST", "/admin/accounts", { name: "cloud", platform: "anthropic", kind: "bedrock", ...fields });

test("an access key and a region make an account, whose address is the region's; nothing of it is in clear", async () => {
  const { status, body } = await make(KEYS);
  expect(status).toBe(201);
  expect(body).toMatchObject({
    base_url: "https://bedrock-runtime.us-west-2.amazonaws.com",
    api_keys: [{ hint: "…MPLE" }],
  });
  expect(JSON.stringify(body)).not.toContain(KEYS.aws_secret_access_key);
  const { results } = await env.DB.prepare("SELECT * FROM credentials WHERE account_id = ?").bind(body.id).all();
  expect(results).toHaveLength(1);
  for (const secret of Object.values(KEYS)) expect(JSON.stringify(results)).not.toContain(secret);
});

describe("what is wrong is said at its field", () => {
  test.each([
    ["nothing given", {}, "aws_access_key_id", "is required (or api_key)"],
    ["a region alone", { aws_region: "us-east-1" }, "aws_region", "give the key in the same request"],
    ["no region", { ...KEYS, aws_region: undefined }, "aws_region", "is required"],
    ["no region for an API key", { api_key: "bedrock-api-key" }, "aws_region", "is required"],
    ["no secret", { ...KEYS, aws_secret_access_key: undefined }, "aws_secret_access_key", "is required"],
    ["no id", { ...KEYS, aws_access_key_id: undefined }, "aws_access_key_id", "is required"],
    ["both", { ...KEYS, api_key: "bedrock-api-key" }, "api_key", "not both"],
    ["a temporary key alone", { ...KEYS, aws_access_key_id: "ASIAIOSFODNN7EXAMPLE" }, "aws_session_token", "temporary"],
    ["a region that is none", { ...KEYS, aws_region: "us-east-1.evil.com" }, "aws_region", "must be a region"],
    ["an id that is none", { ...KEYS, aws_access_key_id: "akia" }, "aws_access_key_id", "must be an access key id"],
    ["several keys", { api_keys: ["a", "b"], aws_region: "us-east-1" }, "api_keys", ""],
  ])("%s", async (_, fields, field, message) => {
    const { status, body } = await make(fields);
    expect(status).toBe(400);
    expect(JSON.stringify(body)).toContain(`"${field}"`);
    expect(JSON.stringify(body)).toContain(message);
    expect(JSON.stringify(body)).not.toContain(KEYS.aws_secret_access_key);
  });

  test("and no other kind takes these fields", async () => {
    const { status } = await asAdmin("POST", "/admin/accounts", {
      ...{ name: "x", platform: "anthropic", kind: "api-key", api_key: "k" },
      aws_region: "us-east-1",
    });
    expect(status).toBe(400);
  });
});

test("another region with its key moves the account; an address of one's own stays", async () => {
  const { body } = await make(KEYS);
  const moved = await asAdmin("PATCH", `/admin/accounts/${body.id}`, { ...KEYS, aws_region: "cn-north-1" });
  expect(moved.body.base_url).toBe("https://bedrock-runtime.cn-north-1.amazonaws.com.cn");
  const own = "https://vpce-1.bedrock-runtime.us-west-2.vpce.amazonaws.com";
  const placed = await asAdmin("PATCH", `/admin/accounts/${body.id}`, { ...KEYS, base_url: `${own}/model/` });
  expect(placed.body.base_url).toBe(own);
  const renewed = await asAdmin("PATCH", `/admin/accounts/${body.id}`, KEYS);
  expect(renewed.body.base_url).toBe(own);
  const renamed = await asAdmin("PATCH", `/admin/accounts/${body.id}`, { name: "renamed" });
  expect(renamed.body.base_url).toBe(own);
});

test("an API key of Bedrock's is a bearer token, and knows its region", async () => {
  await removeAccounts();
  const { body } = await make({ api_key: "ABSKQmVkcm9ja0FQSUtleS0xMjM0", aws_region: "ap-northeast-1" });
  expect(body.base_url).toBe("https://bedrock-runtime.ap-northeast-1.amazonaws.com");
  forgetSnapshot();
  behave({ headers: { "content-type": "application/json" }, chunks: ['{"type":"message","content":[]}'] });
  const { key } = await makeKey();
  await (await ask(key, { body: { stream: false } })).text();
  const [sent] = asked;
  expect(sent?.headers.get("authorization")).toBe("Bearer ABSKQmVkcm9ja0FQSUtleS0xMjM0");
  expect(sent?.headers.get("x-amz-date")).toBeNull();
  expect(sent?.url).toBe(`${body.base_url}/model/jp.anthropic.claude-sonnet-4-5-20250929-v1%3A0/invoke`);
  await removeAccounts();
});
