import { describe, expect, test } from "vitest";
import { scanTopLevel } from "../../../src/protocols/scan.ts";
import { carry } from "../../../src/protocols/translate/carried.ts";
import type { Json } from "../../../src/protocols/translate/hub.ts";
import type { LaneRequest } from "../../../src/protocols/translate/lane.ts";
import { laneFor } from "../../../src/protocols/translate/lane-for.ts";
import { RESPONSES_BYTES } from "../../../src/protocols/translate/responses-bytes.ts";
import { laneRequest, open } from "./requests.ts";

const encode = (text: string) => new TextEncoder().encode(text);
const decode = (bytes: Uint8Array | undefined) => new TextDecoder().decode(bytes);

/** A request of these bytes, as the relay makes it. */
function requestOf(text: string): LaneRequest {
  const body = encode(text);
  const scan = scanTopLevel(body, new Set(["model"]));
  const modelAt = (scan.ok && scan.members.get("model")) || null;
  return { ...laneRequest(JSON.parse(text)), body, modelAt, json: () => JSON.parse(text) };
}

const request = (input: Json[]) => requestOf(JSON.stringify({ model: "asked", input, store: false }));
const inputOf = (bytes: Uint8Array | undefined) => JSON.parse(decode(bytes)).input;
const reasoning = (encrypted_content: string): Json => ({
  type: "reasoning",
  id: "rs_1",
  summary: [],
  encrypted_content,
});
const CALL = { type: "function_call", id: "fc_1", call_id: "call_1", name: "f", arguments: "{}" };
const OUTPUT = { type: "function_call_output", call_id: "call_1", output: "edge-relay. is a relay" };
const FOREIGN = reasoning(carry("anthropic", "EqQB"));

test("a Responses client is served by a Responses upstream on this lane", () => {
  const client = { protocol: "responses", envelope: null, usageUnasked: false, task: "answer" } as const;
  expect(laneFor(client, "responses")).toBe(RESPONSES_BYTES);
});

describe("the client's own bytes to OpenAI", () => {
  test("go as they are, and their answer comes natively", () => {
    const own = request([reasoning("gAAA"), CALL, OUTPUT]);
    const { body, answer, endpoint } = open(RESPONSES_BYTES, own, "asked");
    expect(body()).toBe(own.body);
    expect([answer.stage(), endpoint]).toEqual([null, null]);
    expect(decode(open(RESPONSES_BYTES, own, "own").body())).toBe(decode(own.body).replace('"asked"', '"own"'));
  });

  test("are left without reasoning that another provider has signed, and without nothing else", () => {
    const { body } = open(RESPONSES_BYTES, request([FOREIGN, CALL, OUTPUT, reasoning("gAAA")]));
    expect(inputOf(body())).toEqual([CALL, OUTPUT, reasoning("gAAA")]);
  });

  test("are the same around the items, with the model before or behind them, numbers and spaces as they were", () => {
    const items = JSON.stringify([FOREIGN, CALL]);
    const left = JSON.stringify([CALL]);
    const bodies = [
      `{ "seed": 1.0, "model":"asked", "input":ITEMS}`,
      `{"input": ITEMS ,"seed":1e2,  "model": "asked"}`,
    ];
    for (const text of bodies) {
      const { body } = open(RESPONSES_BYTES, requestOf(text.replace("ITEMS", items)), "own");
      expect(decode(body())).toBe(text.replace("ITEMS", left).replace("asked", "own"));
    }
  });

  test("have a summary of the relay's making as a text, and one of OpenAI's as it is", () => {
    const theirs = { type: "compaction", encrypted_content: "gAAA" };
    const ours = { type: "compaction", encrypted_content: carry("relay", "they agreed") };
    const { body } = open(RESPONSES_BYTES, request([theirs, ours]));
    expect(inputOf(body())).toEqual([
      theirs,
      { type: "message", role: "user", content: expect.stringContaining("they agreed") },
    ]);
  });

  test("go as they are where they only speak of what is carried, or cannot be read", () => {
    const speaking = request([CALL, OUTPUT]);
    expect(open(RESPONSES_BYTES, speaking, "asked").body()).toBe(speaking.body);
    const large: LaneRequest = { ...request([FOREIGN]), json: () => null };
    expect(open(RESPONSES_BYTES, large, "asked").body()).toBe(large.body);
    const text = requestOf('{"model":"asked","input":"edge-relay."}');
    expect(open(RESPONSES_BYTES, text, "asked").body()).toBe(text.body);
  });
});

describe("reasoning that was encrypted for another organisation", () => {
  const refusedWith = JSON.stringify({
    error: { message: "could not be verified", code: "invalid_encrypted_content" },
  });

  // sub2api#3038: the conversation has moved from one account to another.
  test("is left out once OpenAI has refused it, with the ids that belong to it", () => {
    const said = { type: "message", id: "msg_1", role: "assistant", content: [] };
    const asked = { type: "message", role: "user", content: "hi" };
    const lane = open(RESPONSES_BYTES, request([asked, reasoning("gAAA"), said, CALL, OUTPUT]), "own");
    const other = lane.instead(refusedWith);
    const { id: _, ...call } = CALL;
    expect(inputOf(other?.lane.body())).toEqual([
      asked,
      { type: "message", role: "assistant", content: [] },
      call,
      OUTPUT,
    ]);
    expect(JSON.parse(decode(other?.lane.body())).model).toBe("own");
    expect(other?.lacks).toBeNull();
    expect(other?.lane.instead(refusedWith)).toBeNull();
  });

  test("is none of what other refusals are about", () => {
    const lane = open(RESPONSES_BYTES, request([reasoning("gAAA")]));
    for (const error of ["", "{}", '{"error":{"message":"no such model","code":"model_not_found"}}']) {
      expect(lane.instead(error)).toBeNull();
    }
  });
});
