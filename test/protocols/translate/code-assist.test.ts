import { describe, expect, test } from "vitest";
import { ENVELOPE } from "../../../src/protocols/gemini/envelope.ts";
import { readMembers } from "../../../src/protocols/members.ts";
import {
  COUNT_FROM_ENVELOPE,
  ENVELOPES,
  FROM_ENVELOPE,
  TO_ENVELOPE,
} from "../../../src/protocols/translate/code-assist.ts";
import { GEMINI_BYTES } from "../../../src/protocols/translate/gemini-bytes.ts";
import {
  AS_IT_IS,
  type Lane,
  type LaneRequest,
  type OpenLane,
  UnreadableStream,
} from "../../../src/protocols/translate/lane.ts";
import { type ClientFormat, laneFor } from "../../../src/protocols/translate/lane-for.ts";
import fc from "../../fast-check.ts";
import * as gemini from "../../front/gemini.ts";
import { laneRequest, UPSTREAM } from "./requests.ts";

const encode = (text: string) => new TextEncoder().encode(text);
const decode = (bytes: Uint8Array | undefined) => new TextDecoder().decode(bytes);
const GEMINI = { envelope: null, protocol: "gemini", task: "answer", usageUnasked: false } as const;
const ASSIST: ClientFormat = { ...GEMINI, envelope: "code-assist" };
const MEMBERS = { outside: { project: "own-project" }, inside: {} };

function open(lane: Lane | null, request: LaneRequest, model = "asked"): OpenLane {
  const opened = lane?.open(request, { ...UPSTREAM, model, envelope: MEMBERS });
  if (!opened?.ok) throw new Error(JSON.stringify(opened));
  return opened.value;
}

/** The request of a client that has put it into this envelope. */
function fromEnvelope(text: string): LaneRequest {
  const bytes = encode(text);
  const members = readMembers(bytes, ENVELOPE);
  const at = members.ok && members.value.spans.get("request");
  if (!members.ok || !at) throw new Error("no envelope");
  const body = bytes.subarray(at.start, at.end);
  return { ...laneRequest(JSON.parse(decode(body))), body, envelope: members.value };
}

const TEXT = '{"model":"asked","project":"edge-relay","user_prompt_id":"u","request":{"contents":[],"session_id":"s"}}';

describe("the lane", () => {
  test.each([
    ["neither has an envelope", GEMINI, false, GEMINI_BYTES],
    ["only the client has one", ASSIST, false, FROM_ENVELOPE],
    ["only the upstream has one", GEMINI, true, TO_ENVELOPE],
    ["both have one", ASSIST, true, ENVELOPES],
  ])("where %s", (_, client, enveloped, lane) => {
    expect(laneFor(client, "gemini", enveloped)).toBe(lane);
  });

  test("of a client of another format is a translation still, and there is none for what such an upstream does not do", () => {
    for (const protocol of ["anthropic", "chat", "responses"] as const) {
      expect(laneFor({ ...GEMINI, protocol }, "gemini", true)?.translates).toBe(true);
      expect(laneFor({ ...GEMINI, protocol, task: "count" }, "gemini", true)?.translates).toBe(true);
      expect(laneFor({ ...GEMINI, protocol, task: null }, "gemini", true)).toBeNull();
    }
    expect(laneFor({ ...GEMINI, task: null }, "gemini", true)).toBeNull();
  });
});

describe("from envelope to envelope", () => {
  test("only the project is another, and the answer is piped natively", () => {
    const { body, endpoint, answer } = open(ENVELOPES, fromEnvelope(TEXT));
    expect(decode(body())).toBe(TEXT.replace("edge-relay", "own-project"));
    expect(endpoint).toBeNull();
    expect(answer.stage()).toBeNull();
    const whole = encode('{"response":{},"traceId":"t"}');
    expect(answer.whole(200, whole).body).toBe(whole);
    expect(answer.dropped).toEqual([]);
  });

  test("a mapped model has the account's own name, and only what was signed elsewhere is written anew", () => {
    expect(decode(open(ENVELOPES, fromEnvelope(TEXT), "own").body())).toBe(
      TEXT.replace("edge-relay", "own-project").replace('"asked"', '"own"'),
    );
    const signed = TEXT.replace("[]", '[{"role":"model","parts":[{"text":"b","thoughtSignature":"c2ln"}]}]');
    const lane = open(ENVELOPES, fromEnvelope(signed));
    const refused = '{"error":{"code":400,"message":"Corrupted thought signature.","status":"INVALID_ARGUMENT"}}';
    expect(decode(lane.instead(refused)?.lane.body())).toBe(
      signed.replace("edge-relay", "own-project").replace(',"thoughtSignature":"c2ln"', ""),
    );
  });

  test("credits are not spent, and the client is told", () => {
    const text = TEXT.replace('"request"', '"enabled_credit_types":["GOOGLE_ONE_AI"],"request"');
    const { body, answer } = open(ENVELOPES, fromEnvelope(text));
    expect(JSON.parse(decode(body())).enabled_credit_types).toEqual([]);
    expect(answer.dropped).toEqual(["enabledCreditTypes"]);
  });
});

describe("from the Gemini API to an envelope", () => {
  const lane = open(TO_ENVELOPE, laneRequest({ contents: [] }), "own");

  test("the client's body stands in it as it is", () => {
    expect(decode(lane.body())).toBe('{"model":"own","project":"own-project","request":{"contents":[]}}');
  });

  test("a whole answer comes out of it, an error has none", () => {
    const answer = gemini.wholeContent("hi");
    expect(decode(lane.answer.whole(200, encode(`{"response":${answer},"traceId":"t"}`)).body)).toBe(answer);
    const error = encode('{"error":{"code":429}}');
    expect(lane.answer.whole(429, error).body).toBe(error);
    expect(lane.answer.stage()).not.toBeNull();
  });
});

describe("a translation to an envelope", () => {
  const client = { ...GEMINI, protocol: "anthropic" } as const;
  const request = laneRequest({ model: "asked", max_tokens: 9, messages: [{ role: "user", content: "hi" }] });

  test("writes its request into it, and reads an answer that has one", () => {
    const lane = open(laneFor(client, "gemini", true), request, "own");
    const sent = JSON.parse(decode(lane.body()));
    expect(sent).toMatchObject({ model: "own", project: "own-project", request: { generationConfig: {} } });
    expect(sent.request.contents).toEqual([{ role: "user", parts: [{ text: "hi" }] }]);
    const answer = encode(`{"response":${gemini.wholeContent("hello")},"traceId":"t"}`);
    const told = JSON.parse(decode(lane.answer.whole(200, answer).body));
    expect(told).toMatchObject({ type: "message", model: "asked", content: [{ type: "text", text: "hello" }] });
  });

  test("another form of it is in an envelope too, and reads its own answer", () => {
    const tools = [{ name: "look up", input_schema: { type: "object" } }];
    const asked = laneRequest({ max_tokens: 9, messages: [{ role: "user", content: "hi" }], tools });
    const lane = open(laneFor(client, "gemini", true), asked, "own");
    const other = lane.instead('{"error":{"message":"Unknown name \\"parametersJsonSchema\\""}}')?.lane;
    const sent = JSON.parse(decode(other?.body()));
    expect(sent).toMatchObject({ model: "own", project: "own-project" });
    expect(JSON.stringify(sent.request.tools)).not.toContain("parametersJsonSchema");
    const [declared] = sent.request.tools[0].functionDeclarations;
    const parts = [{ functionCall: { name: declared.name, args: {} } }];
    const answer = { response: { candidates: [{ content: { parts }, finishReason: "STOP" }] } };
    const told = JSON.parse(decode(other?.answer.whole(200, encode(JSON.stringify(answer))).body));
    expect(told.content[0]).toMatchObject({ type: "tool_use", name: "look up" });
  });

  test("a count has its model inside", () => {
    const lane = open(laneFor({ ...client, task: "count" }, "gemini", true), request, "own");
    expect(JSON.parse(decode(lane.body()))).toEqual({
      request: { model: "models/own", contents: [{ role: "user", parts: [{ text: "hi" }] }] },
    });
    expect(JSON.parse(decode(lane.answer.whole(200, encode('{"totalTokens":7}')).body))).toEqual({ input_tokens: 7 });
  });
});

test("a count that comes in an envelope goes to the Gemini API without one, and is answered without one", () => {
  const { body, answer } = open(COUNT_FROM_ENVELOPE, fromEnvelope('{"request":{"model":"models/m","contents":[]}}'));
  expect(decode(body())).toBe('{"contents":[]}');
  expect(answer).toBe(AS_IT_IS);
});

describe("a stream in one JSON array", () => {
  const asked = laneRequest({ contents: [] }, { stream: true, asArray: true });
  const words = ["a {", 'b } "', "c"];
  const bare = gemini.arrayStreamOf(words).join("");
  const error = JSON.stringify(gemini.errorOf(503, "UNAVAILABLE", "broke"), null, 2);

  function throughLane(lane: Lane, text: string, sizes: number[]): string {
    const stage = open(lane, asked).answer.stage();
    const bytes = encode(text);
    const pieces: Uint8Array[] = [];
    for (let at = 0, turn = 0; at < bytes.length; turn++) {
      const size = sizes[turn % sizes.length] ?? 1;
      pieces.push(stage?.push(bytes.subarray(at, at + size)) ?? new Uint8Array());
      at += size;
    }
    return [...pieces, stage?.end()].map(decode).join("");
  }
  const cuts = fc.array(fc.integer({ min: 1, max: 80 }), { minLength: 1 });

  test("has each of its elements put into an envelope, and taken out of it, from any cut", () => {
    fc.assert(
      fc.property(cuts, (sizes) => {
        const wrapped = throughLane(FROM_ENVELOPE, bare, sizes);
        expect(JSON.parse(wrapped)).toEqual(gemini.chunksOf(words).map((response) => ({ response })));
        expect(throughLane(TO_ENVELOPE, wrapped, sizes)).toBe(bare);
      }),
    );
  });

  test("keeps an error as it is, and what broke off", () => {
    for (const lane of [FROM_ENVELOPE, TO_ENVELOPE]) {
      expect(throughLane(lane, `[${error}\n]`, [7])).toBe(`[${error}\n]`);
      expect(throughLane(lane, '[{"a":"', [7])).toBe('[{"a":"');
    }
  });

  test("whose element never ends is given up when that is longer than any model's", () => {
    const stage = open(TO_ENVELOPE, asked).answer.stage();
    const piece = encode("x".repeat(8 * 1024 * 1024));
    stage?.push(encode('[{"response":{"a":"'));
    for (let pieces = 0; pieces < 2; pieces++) expect(stage?.push(piece)).toHaveLength(0);
    expect(() => stage?.push(piece)).toThrow(UnreadableStream);
  });
});
