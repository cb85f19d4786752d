import { describe, expect, test } from "vitest";
import { CHAT_USAGE } from "../../../src/protocols/translate/chat-usage.ts";
import { FROM_ENVELOPE } from "../../../src/protocols/translate/code-assist.ts";
import { BYTES, type LaneRequest, UnreadableStream } from "../../../src/protocols/translate/lane.ts";
import { type ClientFormat, laneFor } from "../../../src/protocols/translate/lane-for.ts";
import { PROTOCOLS } from "../../../src/protocols/wire.ts";
import { laneRequest, open } from "./requests.ts";

const encode = (text: string) => new TextEncoder().encode(text);
const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

/** A request whose body is `{"model":"asked",…}`. */
function requestOf(rest: string): LaneRequest {
  const body = `{"model":"asked"${rest}}`;
  return { ...laneRequest({}), body: encode(body), modelAt: { start: 9, end: 16 } };
}

describe("the lane to an upstream", () => {
  const plain = (protocol: ClientFormat["protocol"]): ClientFormat => ({
    protocol,
    envelope: null,
    usageUnasked: false,
    task: null,
  });

  test("is the client's own bytes wherever both speak the same", () => {
    for (const protocol of PROTOCOLS) expect(laneFor(plain(protocol), protocol)).toBe(BYTES);
  });

  test("is one of its own for usage that was not asked for, and for Code Assist's envelope", () => {
    expect(laneFor({ ...plain("chat"), usageUnasked: true }, "chat")).toBe(CHAT_USAGE);
    expect(laneFor({ ...plain("gemini"), envelope: "code-assist" }, "gemini")).toBe(FROM_ENVELOPE);
  });

  test("does not exist between two formats for what only one of them has", () => {
    for (const from of PROTOCOLS) {
      for (const to of PROTOCOLS) if (from !== to) expect(laneFor(plain(from), to)).toBeNull();
    }
  });
});

describe("the client's own bytes", () => {
  test("are sent as they are, not copied, and come back natively", () => {
    const request = requestOf(',"stream":true');
    const { body, instead, endpoint, answer } = open(BYTES, request, "asked");
    expect(body()).toBe(request.body);
    expect([instead(""), endpoint]).toEqual([null, null]);
    expect(answer.stage()).toBeNull();
    const whole = encode("{}");
    expect(answer.whole(200, whole)).toEqual({ body: whole });
  });

  test("have the account's own name for the model in the place of the client's", () => {
    expect(decode(open(BYTES, requestOf("")).body())).toBe('{"model":"own"}');
    const form = {
      ...laneRequest({}),
      body: encode("--x\r\nasked\r\n--x--"),
      modelAt: { start: 5, end: 10 },
      form: true,
    };
    expect(decode(open(BYTES, form).body())).toBe("--x\r\nown\r\n--x--");
    // Where the path has the name, the body has none.
    expect(open(BYTES, { ...form, modelAt: null }).body()).toBe(form.body);
  });
});

describe("usage that was not asked for", () => {
  test("is asked for, and where an upstream refuses that, the client's own request is what is left", () => {
    const { body, instead, answer } = open(CHAT_USAGE, requestOf(',"stream":true'));
    const plainer = instead("")?.lane;
    expect(JSON.parse(decode(body()))).toEqual({ model: "own", stream: true, stream_options: { include_usage: true } });
    expect(decode(plainer?.body() ?? encode(""))).toBe('{"model":"own","stream":true}');
    expect(answer.stage()).not.toBeNull();
    // What was not asked for does not come, so nothing has to run per chunk.
    expect(plainer?.answer.stage()).toBeNull();
    expect(plainer?.instead("")).toBeNull();
  });

  const lane = open(CHAT_USAGE, requestOf(',"stream":true'));

  test.each([
    "Unrecognized request argument supplied: stream_options",
    '{"detail":[{"type":"extra_forbidden","loc":["body","stream_options","include_usage"],"msg":"Extra inputs"}]}',
    '{"error":{"message":"streamOptions is not supported","code":"invalid_request"}}',
  ])("is remembered as unknown to an upstream that names it: %s", (error) => {
    expect(lane.instead(error)?.lacks).toBe("stream_options");
  });

  test.each([
    ...["", "{}", "Bad Request", "<html><body>400 Bad Request</body></html>", '{"errors":["?"]}'],
    '{"error":{"message":"Provider returned error","code":400}}',
    '{"error":{"message":"Invalid request.","type":"invalid_request_error","param":null,"code":"bad_request"}}',
  ])("is left out, and nothing is remembered, where an upstream does not say what is wrong: %s", (error) => {
    expect(lane.instead(error)).toMatchObject({ lacks: null });
  });

  test.each([
    "The prompt was blocked by a policy.",
    '{"error":{"message":"The response was filtered.","type":null,"param":"prompt","code":"content_filter","status":400}}',
    '{"error":{"message":"This model\'s maximum context length is 8192 tokens.","code":"context_length_exceeded"}}',
    '{"error":{"message":"Invalid request","param":"messages[0].role","code":null}}',
  ])("is not what another refusal is about, which nobody pays for twice: %s", (error) => {
    expect(lane.instead(error)).toBeNull();
  });
});

test("Code Assist's envelope is put around an answer and around no error", () => {
  const { answer } = open(FROM_ENVELOPE, requestOf(""), "asked");
  expect(decode(answer.whole(200, encode('{"candidates":[]}')).body)).toBe('{"response":{"candidates":[]}}');
  expect(decode(answer.whole(429, encode('{"error":{}}')).body)).toBe('{"error":{}}');
});

function translatedAnswer() {
  const lane = laneFor({ protocol: "anthropic", envelope: null, usageUnasked: false, task: "answer" }, "chat");
  if (!lane) throw new Error("no lane");
  return open(lane, laneRequest({ max_tokens: 1, messages: [{ role: "user", content: "hi" }] })).answer;
}

test("an event of more than 24 MB is the upstream's fault, and is not held", () => {
  const stage = translatedAnswer().stage();
  const megabyte = new Uint8Array(1024 * 1024).fill(0x20);
  stage?.push(encode("data: "));
  const all = () => {
    for (let count = 0; count < 25; count++) stage?.push(megabyte);
  };
  expect(all).toThrow(UnreadableStream);
});

test("a whole answer of more than 24 MB is no answer, and is not parsed", () => {
  const answer = translatedAnswer();
  const { status, body } = answer.whole(200, new Uint8Array(25 * 1024 * 1024).fill(0x20));
  expect([status, JSON.parse(decode(body)).error.type]).toEqual([502, "api_error"]);
});
