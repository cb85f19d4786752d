/** The forms are those of Gemini CLI's `code_assist/converter.ts`, and of Google's JSON for protocol buffers. */
import { describe, expect, test } from "vitest";
import {
  bareAnswer,
  bareRequest,
  ENVELOPE,
  type Envelope,
  envelopedAnswer,
  envelopedCount,
  envelopedRequest,
  readdressed,
} from "../../src/protocols/gemini/envelope.ts";
import { readMembers } from "../../src/protocols/members.ts";
import { walkTopLevel } from "../../src/protocols/scan.ts";
import fc from "../fast-check.ts";
import * as gemini from "../front/gemini.ts";

const encode = (text: string) => new TextEncoder().encode(text);
const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
const NOTHING = { outside: {}, inside: {} };

describe("a request inside of an envelope", () => {
  const bare = (inner: string) => decode(bareRequest(encode(inner)));

  test("goes to the Gemini API without what that does not know", () => {
    expect(bare('{ "session_id":"s1",\n"contents" : [{"role":"user"}] , "model":"models/x","x":1.0}')).toBe(
      '{"contents" : [{"role":"user"}],"x":1.0}',
    );
    expect(bare('{"model":"m","sessionId":"s"}')).toBe("{}");
  });

  test("is the same JSON, whatever its members are", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (members) => {
        const { model: _, session_id: __, sessionId: ___, ...rest } = members;
        const inner = bare(JSON.stringify({ ...members, session_id: "s", model: 1 }));
        expect(JSON.parse(inner)).toEqual(JSON.parse(JSON.stringify(rest)));
      }),
    );
  });
});

describe("a request of the Gemini API", () => {
  test("is put into an envelope byte for byte, beside what the upstream wants to find there", () => {
    const body = '{ "contents":[{"parts":[{"text":"a \\" b"}]}],"x":1.0}';
    const members = { outside: { project: "p-1", userAgent: 'a"b' }, inside: {} };
    expect(decode(envelopedRequest(encode(body), "gemini-3-pro", members))).toBe(
      `{"model":"gemini-3-pro","project":"p-1","userAgent":"a\\"b","request":${body}}`,
    );
  });

  test.each([
    ['{"contents":[]}', '{"sessionId":"s","contents":[]}'],
    [' \n{ "contents":[]}', ' \n{"sessionId":"s", "contents":[]}'],
    ["{ }", '{"sessionId":"s" }'],
  ])("%s has a session among its own members", (body, expected) => {
    const written = decode(envelopedRequest(encode(body), "m", { outside: {}, inside: { sessionId: "s" } }));
    expect(written).toBe(`{"model":"m","request":${expected}}`);
    expect(JSON.parse(written).request.sessionId).toBe("s");
  });

  test.each([
    ['{"contents":[1.0]}', '{"request":{"model":"models/own","contents":[1.0]}}'],
    ['{"model":"models/theirs","contents":[],"session_id":"s"}', '{"request":{"model":"models/own","contents":[]}}'],
    [
      '{"generateContentRequest":{"model":"models/x","contents":[],"tools":[]}}',
      '{"request":{"model":"models/own","contents":[],"tools":[]}}',
    ],
    ['{"generate_content_request":{"contents":[]}}', '{"request":{"model":"models/own","contents":[]}}'],
  ])("%s is counted with the model inside", (body, expected) => {
    expect(decode(envelopedCount(encode(body), "own"))).toBe(expected);
    expect(decode(envelopedCount(encode(body), "models/own"))).toBe(expected);
  });
});

describe("a client's envelope", () => {
  const read = (text: string): Envelope => {
    const members = readMembers(encode(text), ENVELOPE);
    if (!members.ok) throw new Error(JSON.stringify(members.refusal));
    return members.value;
  };
  const members = { outside: { project: "own-project" }, inside: {} };
  const written = (text: string, change: object = {}) =>
    decode(readdressed(read(text), { model: "own", renamed: false, request: null, members, ...change }));

  test("goes on with another project in it, and every other byte as it was", () => {
    expect(
      written('{ "model":"m",\n"project" : "edge-relay","user_prompt_id":"u", "request":{"a":1.0}, "new":[] }'),
    ).toBe('{ "model":"m",\n"project" : "own-project","user_prompt_id":"u", "request":{"a":1.0}, "new":[] }');
    expect(written('{"model":"m","request":{}}')).toBe('{"project":"own-project","model":"m","request":{}}');
    expect(written('{"project":"p","request":{}}')).toBe('{"model":"own","project":"own-project","request":{}}');
  });

  test("has what else has to be changed changed at its place", () => {
    const text = '{"request":{"a":1},"project":"p","model":"m"}';
    expect(written(text, { renamed: true, request: encode('{"b":2}') })).toBe(
      '{"request":{"b":2},"project":"own-project","model":"own"}',
    );
    expect(written(text, { members: NOTHING })).toBe(text);
  });

  test.each(["enabled_credit_types", "enabledCreditTypes"])("spends no credits of the account's: %s", (name) => {
    expect(written(`{"model":"m","project":"p","request":{},"${name}":["GOOGLE_ONE_AI"]}`)).toBe(
      `{"model":"m","project":"own-project","request":{},"${name}":[]}`,
    );
  });

  test.each([
    '{"project":"a","project":"b","request":{}}',
    '{"Project":"a","request":{}}',
    '{"proj\\u0065ct":"a","project":"b","request":{}}',
    '{"enabled_credit_types":[],"enabledCreditTypes":["GOOGLE_ONE_AI"],"request":{}}',
    '{"request":{},"request":{}}',
    '{"request_id":"a","requestId":"b","request":{}}',
  ])("that two parsers could read differently is refused: %s", (text) => {
    expect(readMembers(encode(text), ENVELOPE)).toMatchObject({ ok: false, refusal: { reason: "member_refused" } });
  });
});

test("whatever stands in a client's envelope, every parser finds the account's project, the model that was read, and no credits", () => {
  const names = ["project", "Project", "proj\\u0065ct", "project\\u0000", "\\ufeffproject", "enabled_credit_types"];
  const more = ["enabledCreditTypes", "Enabled_Credit_Types", "model", "MODEL", "mod\\u0065l", "user_prompt_id", "x"];
  const values = ['"theirs"', '["GOOGLE_ONE_AI"]', "null", "{}", '{"project":"theirs","model":"theirs"}', "1"];
  const member = fc.tuple(fc.constantFrom(...names, ...more), fc.constantFrom(...values));
  let served = 0;
  fc.assert(
    fc.property(fc.array(member, { maxLength: 5 }), fc.nat({ max: 5 }), (members, at) => {
      const list = members.map(([name, value]) => `"${name}":${value}`);
      list.splice(at, 0, '"request":{"contents":[]}');
      const read = readMembers(encode(`{${list.join(", ")}}`), ENVELOPE);
      if (!read.ok) return;
      served++;
      const change = {
        model: "own",
        renamed: true,
        request: null,
        members: { outside: { project: "ours" }, inside: {} },
      };
      const found = new Map<string, string[]>();
      const written = readdressed(read.value, change);
      const walked = walkTopLevel(written, (name, { start, end }) => {
        // As a careless parser reads it: cut at a zero byte, without what cannot be seen, in any case.
        const [visible = ""] = name.split("\0");
        const careless = visible.replace(/[\ufeff_]/g, "").toLowerCase();
        found.set(careless, [...(found.get(careless) ?? []), decode(written.subarray(start, end))]);
      });
      expect(walked).toEqual({ ok: true });
      expect(found.get("project")).toEqual(['"ours"']);
      expect(found.get("model")).toEqual(['"own"']);
      expect(found.get("enabledcredittypes") ?? ["[]"]).toEqual(["[]"]);
    }),
    { numRuns: 2_000 },
  );
  expect(served).toBeGreaterThan(50);
});

test("a whole answer is wrapped, and unwrapped, byte for byte", () => {
  const answer = gemini.wholeContent("héllo");
  const wrapped = envelopedAnswer(encode(answer));
  expect(decode(wrapped)).toBe(`{"response":${answer}}`);
  expect(decode(bareAnswer(wrapped))).toBe(answer);
  expect(decode(bareAnswer(encode(`{"traceId":"t","response":${answer},"remainingCredits":[]}`)))).toBe(answer);
  expect(decode(bareAnswer(encode(answer)))).toBe(answer);
});
