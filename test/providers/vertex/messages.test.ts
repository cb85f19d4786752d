/** Requests of the Messages API as Vertex takes them. */
import { describe, expect, test } from "vitest";
import { modelUrl, VERTEX_BASE_URLS } from "../../../src/providers/vertex/address.ts";
import { asMessagesError } from "../../../src/providers/vertex/errors.ts";
import { predictionOf, vertexModel, withoutBetas } from "../../../src/providers/vertex/messages.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const words = (body: Uint8Array | undefined) => new TextDecoder().decode(body);
const URL_OF = { answer: "https://v.test/v1/messages?beta=true", count: "https://v.test/v1/messages/count_tokens" };

describe("the body", () => {
  test("has the version in place of the model, and every other byte as its client wrote it", () => {
    const sent =
      '{"model":"claude-x", "max_tokens" : 9,"messages":[ {"role":"user","content":"h\\u0069"} ],"temperature":1.0}';
    const made = predictionOf({ url: URL_OF.answer, body: bytes(sent) }, "claude-sonnet-4-5@20250929");
    expect(made).toMatchObject({ model: "claude-sonnet-4-5@20250929", action: "rawPredict" });
    expect(words(made?.body)).toBe(
      '{"anthropic_version":"vertex-2023-10-16","max_tokens":9,"messages":[ {"role":"user","content":"h\\u0069"} ],"temperature":1.0}',
    );
  });

  test("keeps `stream`, which also chooses the path; a version of the client's own is replaced", () => {
    const sent = '{"stream":true,"anthropic_version":"x","model":"claude-x","messages":[]}';
    const made = predictionOf({ url: URL_OF.answer, body: bytes(sent) }, "claude-x");
    expect(made?.action).toBe("streamRawPredict");
    expect(JSON.parse(words(made?.body))).toEqual({
      anthropic_version: "vertex-2023-10-16",
      stream: true,
      messages: [],
    });
  });

  test("of a count has the model inside, under Vertex' name, and its own path", () => {
    const body = bytes('{"model":"claude-x","messages":[]}');
    const made = predictionOf({ url: URL_OF.count, body }, "claude-haiku-4-5-20251001");
    expect(made).toMatchObject({ model: "count-tokens", action: "rawPredict" });
    expect(JSON.parse(words(made?.body))).toEqual({
      ...{ anthropic_version: "vertex-2023-10-16", model: "claude-haiku-4-5@20251001", messages: [] },
    });
  });

  test("is made for nothing but answers and counts", () => {
    expect(predictionOf({ url: "https://v.test/v1/models", body: null }, "")).toBeNull();
    expect(predictionOf({ url: "https://v.test/v1/files", body: bytes("{}") }, "m")).toBeNull();
    expect(predictionOf({ url: URL_OF.answer, body: bytes("[") }, "m")).toBeNull();
  });
});

test.each([
  ["claude-sonnet-4-5-20250929", "claude-sonnet-4-5@20250929"],
  ["claude-3-5-sonnet-20241022", "claude-3-5-sonnet-v2@20241022"],
  ["claude-opus-4-6", "claude-opus-4-6"],
  ["claude-sonnet-4@20250514", "claude-sonnet-4@20250514"],
])("%s is called %s there", (model, own) => expect(vertexModel(model)).toBe(own));

test("betas that Vertex refuses are taken out and named, the others stay", () => {
  const headers = new Headers({ "anthropic-beta": "effort-2025-11-24, context-1m-2025-08-07,web-search-2025-03-05" });
  expect(withoutBetas(headers, false)).toEqual(["anthropic-beta: effort-2025-11-24"]);
  expect(headers.get("anthropic-beta")).toBe("context-1m-2025-08-07,web-search-2025-03-05");
  // anthropics/claude-code#12429
  expect(withoutBetas(headers, true)).toEqual(["anthropic-beta: web-search-2025-03-05"]);
  const alone = new Headers({ "anthropic-beta": "effort-2025-11-24" });
  withoutBetas(alone, false);
  expect(alone.has("anthropic-beta")).toBe(false);
});

describe("the address", () => {
  const AT = { project: "p-1", region: "us-east5" };

  test.each([
    ["us-east5", "https://us-east5-aiplatform.googleapis.com"],
    ["global", "https://aiplatform.googleapis.com"],
    ["eu", "https://aiplatform.eu.rep.googleapis.com"],
  ])("of %s is %s, and a gateway's stays", (region, address) => {
    const given = { type: "service-account" as const, clientEmail: "", privateKey: "", project: "p", region };
    expect(VERTEX_BASE_URLS.ofCredentials?.([given], null)).toBe(address);
    expect(VERTEX_BASE_URLS.ofCredentials?.([given], "https://europe-west1-aiplatform.googleapis.com")).toBe(address);
    expect(VERTEX_BASE_URLS.ofCredentials?.([given], "https://gateway.example.com/google")).toBeUndefined();
  });

  test("has the model and the action behind its publisher, and no name that leads elsewhere", () => {
    expect(modelUrl("https://v.test", AT, "anthropic", "claude-x@1", "rawPredict")).toBe(
      "https://v.test/v1/projects/p-1/locations/us-east5/publishers/anthropic/models/claude-x@1:rawPredict",
    );
    for (const name of ["..", ".", "", "a/b", "a:b", "a?b", "@1", "a%2f"]) {
      expect(modelUrl("https://v.test", AT, "google", name, "generateContent"), name).toBeNull();
    }
  });
});

describe("an error", () => {
  const answer = (status: number, body: unknown) => new Response(JSON.stringify(body), { status });

  test.each([
    [429, "RESOURCE_EXHAUSTED", "rate_limit_error"],
    [403, "PERMISSION_DENIED", "permission_error"],
    [404, "NOT_FOUND", "not_found_error"],
    [500, "INTERNAL", "api_error"],
  ])("of Google's own (%d %s) is a %s of the Messages API", async (status, word, type) => {
    const error = { code: status, message: "words", status: word, details: [{ "@type": "x" }] };
    for (const body of [{ error }, [{ error }]]) {
      const made = await asMessagesError(answer(status, body));
      expect(made.status).toBe(status);
      expect(await made.json()).toEqual({
        type: "error",
        error: { type, message: "words", status: word, details: [{ "@type": "x" }] },
      });
    }
  });

  test("of Anthropic's, and a page, stay as they are", async () => {
    const own = { type: "error", error: { type: "invalid_request_error", message: "words" }, request_id: "req_vrtx_1" };
    expect(await (await asMessagesError(answer(400, own))).json()).toEqual(own);
    expect(await (await asMessagesError(new Response("<html>", { status: 502 }))).text()).toBe("<html>");
  });
});
