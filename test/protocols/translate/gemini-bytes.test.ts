import { describe, expect, test } from "vitest";
import { carry } from "../../../src/protocols/translate/carried.ts";
import { FROM_ENVELOPE } from "../../../src/protocols/translate/code-assist.ts";
import { signatureOf } from "../../../src/protocols/translate/from-gemini/thoughts.ts";
import { GEMINI_BYTES } from "../../../src/protocols/translate/gemini-bytes.ts";
import type { Json } from "../../../src/protocols/translate/hub.ts";
import type { LaneRequest } from "../../../src/protocols/translate/lane.ts";
import { laneFor } from "../../../src/protocols/translate/lane-for.ts";
import { laneRequest, open } from "./requests.ts";

const decode = (bytes: Uint8Array | undefined) => new TextDecoder().decode(bytes);
const encode = (text: string) => new TextEncoder().encode(text);

const FOREIGN = signatureOf([{ type: "thinking", thinking: "hm", signature: "EqoB" }]);
const CALL = { functionCall: { name: "look", args: {} } };
const SKIP = "skip_thought_signature_validator";
const REFUSED = '{"error":{"code":400,"message":"Corrupted thought signature.","status":"INVALID_ARGUMENT"}}';

function request(...parts: Json[]): LaneRequest {
  return laneRequest({
    contents: [
      { role: "user", parts: [{ text: "a" }] },
      { role: "model", parts },
    ],
    generationConfig: { topK: 1 },
  });
}

function partsOf(bytes: Uint8Array | undefined): unknown {
  return JSON.parse(decode(bytes)).contents[1].parts;
}

test("a Gemini client is served by a Gemini upstream on this lane; what is embedded goes as it is", () => {
  const client = { protocol: "gemini", envelope: null, usageUnasked: false } as const;
  expect(laneFor({ ...client, task: "answer" }, "gemini")).toBe(GEMINI_BYTES);
  expect(laneFor({ ...client, task: null }, "gemini")).not.toBe(GEMINI_BYTES);
});

describe("the client's own bytes to Google", () => {
  test("go as they are, and their answer comes natively", () => {
    const own = request({ ...CALL, thoughtSignature: "c2ln" });
    const lane = open(GEMINI_BYTES, own);
    expect(lane.body()).toBe(own.body);
    expect(lane.answer.stage()).toBeNull();
    expect(lane.instead('{"error":{"message":"too long"}}')).toBeNull();
  });

  test("go without what another provider has signed; a call has Google's value for none", () => {
    const parts = [
      { text: "b", thoughtSignature: FOREIGN },
      { ...CALL, thought_signature: FOREIGN },
      CALL,
      { text: "", thoughtSignature: FOREIGN },
    ];
    expect(partsOf(open(GEMINI_BYTES, request(...parts)).body())).toEqual([
      { text: "b" },
      { ...CALL, thoughtSignature: SKIP },
      CALL,
    ]);
    const own = { ...CALL, thoughtSignature: "c2ln" };
    const mixed = [{ text: "", thoughtSignature: FOREIGN }, own];
    expect(partsOf(open(GEMINI_BYTES, request(...mixed)).body())).toEqual([own]);
  });

  test("are the same to the byte where they only speak of such a signature", () => {
    const own = request({ text: `what is ${FOREIGN}?` });
    expect(decode(open(GEMINI_BYTES, own).body())).toBe(decode(own.body));
  });

  test("keep every byte beside the conversation", () => {
    const body = `{ "generationConfig":{"topK":1.0},"contents":[{"role":"model","parts":[{"text":"b","thoughtSignature":"${FOREIGN}"}]}] ,"x":1e3}`;
    const own = { ...laneRequest(JSON.parse(body)), body: encode(body), json: () => JSON.parse(body) };
    expect(decode(open(GEMINI_BYTES, own).body())).toBe(
      '{ "generationConfig":{"topK":1.0},"contents":[{"role":"model","parts":[{"text":"b"}]}] ,"x":1e3}',
    );
  });

  test("whose signatures are refused go once more without any", () => {
    const own = request({ text: "b", thoughtSignature: "dGV4dA==" }, { ...CALL, thoughtSignature: "c2ln" }, CALL);
    const other = open(GEMINI_BYTES, own).instead(REFUSED);
    expect(partsOf(other?.lane.body())).toEqual([{ text: "b" }, { ...CALL, thoughtSignature: SKIP }, CALL]);
    expect(other?.lacks).toBeNull();
    expect(other?.lane.instead(REFUSED)).toBeNull();
  });

  test("whose first call of a turn has no signature, and must, get Google's value for none", () => {
    const missing = '{"error":{"message":"Function call is missing a thought_signature in functionCall parts."}}';
    const other = open(GEMINI_BYTES, request(CALL, CALL)).instead(missing);
    expect(partsOf(other?.lane.body())).toEqual([{ ...CALL, thoughtSignature: SKIP }, CALL]);
  });

  test("are changed in the same way for Code Assist, whose answers stay in their envelope", () => {
    const lane = open(FROM_ENVELOPE, request({ ...CALL, thoughtSignature: FOREIGN }));
    expect(partsOf(lane.body())).toEqual([{ ...CALL, thoughtSignature: SKIP }]);
    const other = lane.instead(REFUSED);
    for (const { answer } of [lane, other?.lane].filter((each) => each !== undefined)) {
      expect(decode(answer.whole(200, encode("{}")).body)).toBe('{"response":{}}');
      expect(answer.stage()).not.toBeNull();
    }
  });
});

test("a signature of Google's own is not taken for the relay's, nor one that the relay has carried bare", () => {
  const parts = [
    { ...CALL, thoughtSignature: "ZWRnZQ==" },
    { text: "b", thoughtSignature: carry("anthropic", "x") },
  ];
  expect(partsOf(open(GEMINI_BYTES, request(...parts)).body())).toEqual(parts);
});
