import { describe, expect, test } from "vitest";
import { CHAT_USAGE } from "../../../src/protocols/translate/chat-usage.ts";
import { CODE_ASSIST } from "../../../src/protocols/translate/code-assist.ts";
import { BYTES, type LaneRequest } from "../../../src/protocols/translate/lane.ts";
import { type ClientFormat, laneFor } from "../../../src/protocols/translate/lane-for.ts";
import { PROTOCOLS } from "../../../src/protocols/wire.ts";

const encode = (text: string) => new TextEncoder().encode(text);
const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

/** A request whose body is `{"model":"asked",…}`. */
function requestOf(rest: string): LaneRequest {
  const body = `{"model":"asked"${rest}}`;
  return { body: encode(body), model: "asked", modelAt: { start: 9, end: 16 }, form: false };
}

describe("the lane to an upstream", () => {
  const plain = (protocol: ClientFormat["protocol"]): ClientFormat => ({
    protocol,
    envelope: null,
    usageUnasked: false,
  });

  test("is the client's own bytes wherever both speak the same", () => {
    for (const protocol of PROTOCOLS) expect(laneFor(plain(protocol), protocol)).toBe(BYTES);
  });

  test("is one of its own for usage that was not asked for, and for Code Assist's envelope", () => {
    expect(laneFor({ ...plain("chat"), usageUnasked: true }, "chat")).toBe(CHAT_USAGE);
    expect(laneFor({ ...plain("gemini"), envelope: "code-assist" }, "gemini")).toBe(CODE_ASSIST);
  });

  test("does not exist between two formats", () => {
    for (const from of PROTOCOLS) {
      for (const to of PROTOCOLS) if (from !== to) expect(laneFor(plain(from), to)).toBeNull();
    }
  });
});

describe("the client's own bytes", () => {
  test("are sent as they are, not copied, and come back natively", () => {
    const request = requestOf(',"stream":true');
    const { body, plainer, answer } = BYTES.open(request, "asked");
    expect(body()).toBe(request.body);
    expect(plainer).toBeNull();
    expect(answer.stage()).toBeNull();
    const whole = encode("{}");
    expect(answer.whole(200, whole)).toBe(whole);
  });

  test("have the account's own name for the model in the place of the client's", () => {
    expect(decode(BYTES.open(requestOf(""), "own").body())).toBe('{"model":"own"}');
    const form = { body: encode("--x\r\nasked\r\n--x--"), model: "asked", modelAt: { start: 5, end: 10 }, form: true };
    expect(decode(BYTES.open(form, "own").body())).toBe("--x\r\nown\r\n--x--");
    // Where the path has the name, the body has none.
    expect(BYTES.open({ ...form, modelAt: null }, "own").body()).toBe(form.body);
  });
});

describe("usage that was not asked for", () => {
  test("is asked for, and where an upstream refuses that, the client's own request is what is left", () => {
    const { body, plainer, answer } = CHAT_USAGE.open(requestOf(',"stream":true'), "own");
    expect(JSON.parse(decode(body()))).toEqual({ model: "own", stream: true, stream_options: { include_usage: true } });
    expect(decode(plainer?.body() ?? encode(""))).toBe('{"model":"own","stream":true}');
    expect(answer.stage()).not.toBeNull();
    // What was not asked for does not come, so nothing has to run per chunk.
    expect(plainer?.answer.stage()).toBeNull();
    expect(plainer?.plainer).toBeNull();
  });
});

test("Code Assist's envelope is put around an answer and around no error", () => {
  const { answer } = CODE_ASSIST.open(requestOf(""), "asked");
  expect(decode(answer.whole(200, encode('{"candidates":[]}')))).toBe('{"response":{"candidates":[]}}');
  expect(decode(answer.whole(429, encode('{"error":{}}')))).toBe('{"error":{}}');
});
