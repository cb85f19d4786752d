/** What Bedrock is asked for a request of the Messages API: path, body, and what stays here. */
import { describe, expect, test } from "vitest";
import { betasFor } from "../../../src/providers/bedrock/betas.ts";
import { bedrockModel, isModelId } from "../../../src/providers/bedrock/models.ts";
import { invocationOf } from "../../../src/providers/bedrock/request.ts";

const URL_OF_MESSAGES = "https://bedrock-runtime.us-east-1.amazonaws.com/v1/messages?beta=true";
const MESSAGES = [{ role: "user", content: 'say "model": {"stream": true} \\ 世界' }];
const BASE = { model: "claude-sonnet-4-5", max_tokens: 100, messages: MESSAGES };

function invoked(body: object | string, { model = "claude-sonnet-4-5", betas = "", url = URL_OF_MESSAGES } = {}) {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  const headers = new Headers(betas === "" ? {} : { "anthropic-beta": betas });
  const invocation = invocationOf(
    { method: "POST", url, headers, body: new TextEncoder().encode(text) },
    model,
    "us-east-1",
  );
  return invocation && { ...invocation, text: new TextDecoder().decode(invocation.body) };
}

describe("the body", () => {
  test("has Bedrock's version for a model, and every other byte as the client has written it", () => {
    const conversation = JSON.stringify(MESSAGES, null, 1);
    const text = `{ "model":"claude-sonnet-4-5", "max_tokens" : 1e2, "stream":true,\n "messages": ${conversation} , "top_k":5}`;
    expect(invoked(text)?.text).toBe(
      `{"anthropic_version":"bedrock-2023-05-31","max_tokens":1e2,"messages":${conversation},"top_k":5}`,
    );
  });

  test("is JSON also where nothing else is in it, or a name is written in escapes or twice", () => {
    expect(invoked("{}")?.text).toBe('{"anthropic_version":"bedrock-2023-05-31"}');
    const escaped = invoked('{"mod\\u0065l":"x","str\\u0065am":true,"top_k":1,"top_k":2,"a\\"b":1}');
    expect(JSON.parse(escaped?.text ?? "")).toEqual({ anthropic_version: "bedrock-2023-05-31", top_k: 2, 'a"b': 1 });
    expect(escaped?.path).toMatch(/invoke-with-response-stream$/);
  });

  test("has no version of the client's", () => {
    const { text } = invoked({ ...BASE, anthropic_version: "2026-10-21" }) ?? { text: "" };
    expect(text.match(/anthropic_version/g)).toHaveLength(1);
    expect(JSON.parse(text).anthropic_version).toBe("bedrock-2023-05-31");
  });

  test("lacks what Bedrock refuses, and the client is told", () => {
    const sent = invoked({
      ...BASE,
      service_tier: "auto",
      speed: "fast",
      cache_control: { type: "ephemeral" },
      metadata: {},
    });
    expect(Object.keys(JSON.parse(sent?.text ?? ""))).toEqual([
      "anthropic_version",
      "max_tokens",
      "messages",
      "metadata",
    ]);
    expect(sent?.dropped).toEqual(["service_tier", "speed", "cache_control"]);
  });

  // Wei-Shaw/sub2api#2726
  test("has context management only with a beta that lets it", () => {
    const asked = { ...BASE, context_management: { edits: [] } };
    const without = invoked(asked);
    expect(without?.text).not.toContain("context_management");
    expect(without?.dropped).toEqual(["context_management"]);
    const withBeta = invoked(asked, { betas: "context-management-2025-06-27" });
    expect(JSON.parse(withBeta?.text ?? "")).toMatchObject({
      anthropic_beta: ["context-management-2025-06-27"],
      context_management: { edits: [] },
    });
    expect(withBeta?.dropped).toEqual([]);
  });
});

describe("the path", () => {
  test("says whether the answer streams", () => {
    const id = "us.anthropic.claude-sonnet-4-5-20250929-v1%3A0";
    expect(invoked(BASE)?.path).toBe(`/model/${id}/invoke`);
    expect(invoked({ ...BASE, stream: false })?.path).toBe(`/model/${id}/invoke`);
    expect(invoked({ ...BASE, stream: true })?.path).toBe(`/model/${id}/invoke-with-response-stream`);
  });

  test("holds an ARN as one segment", () => {
    const model = "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/a1b2c3";
    expect(invoked(BASE, { model })?.path).toBe(`/model/${encodeURIComponent(model)}/invoke`);
  });

  test("is none for a name that leads elsewhere", () => {
    for (const model of [".", "..", "", "a b", "a%2e", "a?b", "a#b", "\\", "模型"]) {
      expect(invoked(BASE, { model }), model).toBeNull();
    }
    expect(isModelId("a/../b")).toBe(true);
    expect(invoked(BASE, { model: "../../x" })?.path).toBe("/model/..%2F..%2Fx/invoke");
  });
});

test("what has no body is nothing that Bedrock could be asked", () => {
  const headers = new Headers();
  expect(
    invocationOf({ method: "GET", url: "https://x.test/v1/models", headers, body: null }, "", "us-east-1"),
  ).toBeNull();
});

test("a count asks for the foundation model with the whole request", () => {
  const url = "https://x.test/v1/messages/count_tokens?beta=true";
  const { model: _, max_tokens, ...counted } = BASE;
  const sent = invoked({ ...counted, model: "x" }, { url });
  expect(sent?.path).toBe("/model/anthropic.claude-sonnet-4-5-20250929-v1%3A0/count-tokens");
  const { input } = JSON.parse(sent?.text ?? "");
  expect(JSON.parse(Buffer.from(input.invokeModel.body, "base64").toString())).toEqual({
    anthropic_version: "bedrock-2023-05-31",
    max_tokens: 1,
    messages: MESSAGES,
  });
  const limited = JSON.parse(invoked({ ...BASE, max_tokens }, { url })?.text ?? "");
  expect(Buffer.from(limited.input.invokeModel.body, "base64").toString()).toContain(`"max_tokens":${max_tokens}`);
});

describe("betas", () => {
  test("that the model takes go into the body, once, and others are named", () => {
    const betas = "claude-code-20250219, context-1m-2025-08-07,oauth-2025-04-20,context-1m-2025-08-07";
    const sent = invoked({ ...BASE, anthropic_beta: ["interleaved-thinking-2025-05-14", 5] }, { betas });
    expect(JSON.parse(sent?.text ?? "").anthropic_beta).toEqual([
      "context-1m-2025-08-07",
      "interleaved-thinking-2025-05-14",
    ]);
    expect(sent?.dropped).toEqual(["anthropic-beta: claude-code-20250219", "anthropic-beta: oauth-2025-04-20"]);
  });

  // anthropics/claude-code#49370, #49648
  test.each([
    ["global.anthropic.claude-opus-4-7", "interleaved-thinking-2025-05-14", false],
    ["eu.anthropic.claude-opus-4-6-v1", "effort-2025-11-24", false],
    ["eu.anthropic.claude-opus-4-6-v1", "compact-2026-01-12", true],
    ["us.anthropic.claude-opus-4-1-20250805-v1:0", "context-1m-2025-08-07", true],
    ["us.anthropic.claude-sonnet-4-20250514-v1:0", "interleaved-thinking-2025-05-14", true],
    ["anthropic.claude-haiku-4-5-20251001-v1:0", "context-1m-2025-08-07", false],
    ["anthropic.claude-fable-9", "context-1m-2025-08-07", false],
  ])("%s and %s: %s", (id, beta, taken) => {
    expect(betasFor(id, [beta])).toEqual(taken ? { taken: [beta], dropped: [] } : { taken: [], dropped: [beta] });
  });

  // anthropics/claude-code#30926
  test("that have another name at Bedrock go under that", () => {
    const asked = ["advanced-tool-use-2025-11-20", "tool-search-tool-2025-10-19"];
    const own = { taken: ["tool-search-tool-2025-10-19"], dropped: [] };
    expect(betasFor("anthropic.claude-opus-4-5-20251101-v1:0", asked)).toEqual(own);
    expect(betasFor("anthropic.claude-haiku-4-5-20251001-v1:0", asked)).toEqual({ taken: [], dropped: asked });
  });
});

describe("a model's name", () => {
  test.each([
    ["claude-sonnet-4-5", "us-east-1", "us.anthropic.claude-sonnet-4-5-20250929-v1:0"],
    ["claude-sonnet-4-5", "ca-central-1", "us.anthropic.claude-sonnet-4-5-20250929-v1:0"],
    ["claude-sonnet-4-5-20250929", "eu-west-3", "eu.anthropic.claude-sonnet-4-5-20250929-v1:0"],
    ["claude-haiku-4-5", "ap-northeast-1", "jp.anthropic.claude-haiku-4-5-20251001-v1:0"],
    ["claude-haiku-4-5", "ap-southeast-2", "au.anthropic.claude-haiku-4-5-20251001-v1:0"],
    ["claude-haiku-4-5", "ap-south-1", "global.anthropic.claude-haiku-4-5-20251001-v1:0"],
    ["claude-sonnet-4", "ap-northeast-1", "apac.anthropic.claude-sonnet-4-20250514-v1:0"],
    ["claude-opus-4-6", "us-west-2", "us.anthropic.claude-opus-4-6-v1"],
    ["claude-opus-4-1", "us-west-2", "us.anthropic.claude-opus-4-1-20250805-v1:0"],
    ["claude-opus-4-1", "eu-west-1", "anthropic.claude-opus-4-1-20250805-v1:0"],
    ["claude-sonnet-4-5", "us-gov-west-1", "anthropic.claude-sonnet-4-5-20250929-v1:0"],
    ["claude-sonnet-4-5", "sa-east-1", "global.anthropic.claude-sonnet-4-5-20250929-v1:0"],
    // What the table does not know is what it is.
    ["claude-sonnet-4-5-20991231", "us-east-1", "claude-sonnet-4-5-20991231"],
    ["eu.anthropic.claude-opus-4-8", "us-east-1", "eu.anthropic.claude-opus-4-8"],
    ["amazon.nova-pro-v1:0", "us-east-1", "amazon.nova-pro-v1:0"],
    ["constructor", "us-east-1", "constructor"],
  ])("%s in %s is %s", (name, region, id) => expect(bedrockModel(name, region)).toBe(id));
});
