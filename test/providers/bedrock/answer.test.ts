/** What Bedrock answers when it is not an answer, in the form of the Messages API. */
import { describe, expect, test } from "vitest";
import { asMessages } from "../../../src/providers/bedrock/answer.ts";

const INVOKE = { url: "https://bedrock-runtime.us-east-1.amazonaws.com/model/m/invoke" };
const COUNT = { url: "https://bedrock-runtime.us-east-1.amazonaws.com/model/m/count-tokens" };

function aws(status: number, type: string, body: unknown = { message: "words" }): Response {
  const headers = { "content-type": "application/json", ...(type && { "x-amzn-errortype": type }) };
  return new Response(typeof body === "string" ? body : JSON.stringify(body), { status, headers });
}

describe("an error", () => {
  test.each([
    [400, "ValidationException", "invalid_request_error"],
    [400, "ServiceQuotaExceededException", "rate_limit_error"],
    [403, "AccessDeniedException", "permission_error"],
    [403, "UnrecognizedClientException", "permission_error"],
    [404, "ResourceNotFoundException", "not_found_error"],
    [408, "ModelTimeoutException", "timeout_error"],
    [424, "ModelErrorException", "api_error"],
    [429, "ThrottlingException:http://internal.amazon.com/coral/com.amazon.bedrock/", "rate_limit_error"],
    [429, "ModelNotReadyException", "overloaded_error"],
    [500, "InternalServerException", "api_error"],
    [503, "ServiceUnavailableException", "overloaded_error"],
    [418, "", "api_error"],
  ])("%i %s is the API's %s", async (status, type, expected) => {
    const response = await asMessages(aws(status, type), INVOKE);
    expect(response.status).toBe(status);
    expect(await response.json()).toEqual({ type: "error", error: { type: expected, message: "words" } });
    expect(response.headers.get("x-amzn-errortype")).toBe(type.split(":")[0] || null);
  });

  test("whose type stands in the body is told by that", async () => {
    const response = await asMessages(
      aws(400, "", { __type: "com.amazon.coral#ThrottlingException", Message: "slow" }),
      INVOKE,
    );
    expect(await response.json()).toEqual({ type: "error", error: { type: "rate_limit_error", message: "slow" } });
    expect(response.headers.get("x-amzn-errortype")).toBe("ThrottlingException");
  });

  test.each([
    '{"type":"error","error":{"type":"invalid_request_error","message":"invalid beta flag"}}',
    "<html></html>",
    "",
    "null",
    "{}",
  ])("of %s passes as it is", async (body) => {
    expect(await (await asMessages(aws(400, "", body), INVOKE)).text()).toBe(body);
  });
});

test("a whole answer passes as it is", async () => {
  const answer = new Response('{"id":"msg_bdrk_1"}', { headers: { "content-type": "application/json" } });
  expect(await asMessages(answer, INVOKE)).toBe(answer);
});

describe("a count", () => {
  test("has the API's name", async () => {
    expect(await (await asMessages(aws(200, "", { inputTokens: 42 }), COUNT)).json()).toEqual({ input_tokens: 42 });
  });

  test.each([400, 403, 404])("that is refused with %i is a route that is not there", async (status) => {
    expect((await asMessages(aws(status, "ValidationException"), COUNT)).status).toBe(404);
  });

  test.each([429, 500, 503])("that fails with %i is a fault", async (status) => {
    expect((await asMessages(aws(status, ""), COUNT)).status).toBe(status);
  });
});
