import { describe, expect, test } from "vitest";
import { geminiArrayViolations, geminiViolations } from "./gemini.ts";
import { at, findsEach, type Loose, repeated, swapped, unnamed, without } from "./mutants.ts";

const HEAD = { responseId: "r", modelVersion: "m" };
const chunk = (parts: Loose[], more: Loose = {}, rest: Loose = {}) => ({
  candidates: [{ content: { role: "model", parts }, index: 0, ...more }],
  ...rest,
  ...HEAD,
});
const USAGE = { promptTokenCount: 3, candidatesTokenCount: 2, thoughtsTokenCount: 1, totalTokenCount: 6 };

const VALID = [
  chunk([{ text: "Hm.", thought: true }]),
  chunk([{ text: "Look." }]),
  chunk([{ functionCall: { name: "a", args: { b: 1 } }, thoughtSignature: "s" }]),
  chunk([{ text: "" }], { finishReason: "STOP" }, { usageMetadata: USAGE }),
];

const ERROR = { error: { code: 503, message: "It broke off.", status: "UNAVAILABLE" } };
const candidate = (event: Loose) => event.candidates[0];

describe("the validator of Gemini streams", () => {
  findsEach(VALID, unnamed, geminiViolations, {
    "a chunk without parts": (events) => {
      candidate(at(events, 1)).content.parts = [];
    },
    "a last chunk without parts": (events) => {
      delete candidate(at(events, 3)).content;
    },
    "no usage at the end": (events) => {
      delete at(events, 3).usageMetadata;
    },
    "a total that is not the sum": (events) => {
      at(events, 3).usageMetadata.totalTokenCount = 5;
    },
    "more cached than there was": (events) => {
      at(events, 3).usageMetadata.cachedContentTokenCount = 4;
    },
    "arguments as a text": (events) => {
      candidate(at(events, 2)).content.parts[0].functionCall.args = '{"b":1}';
    },
    "a call without arguments": (events) => {
      delete candidate(at(events, 2)).content.parts[0].functionCall.args;
    },
    "a call without a name": (events) => {
      candidate(at(events, 2)).content.parts[0].functionCall.name = "";
    },
    "a part of two kinds": (events) => {
      candidate(at(events, 2)).content.parts[0].text = "Look.";
    },
    "a part of none": (events) => {
      candidate(at(events, 1)).content.parts[0] = {};
    },
    "a role that is OpenAI's": (events) => {
      candidate(at(events, 1)).content.role = "assistant";
    },
    "another model": (events) => {
      at(events, 1).modelVersion = "other";
    },
    "no id": (events) => {
      for (const event of events) delete event.responseId;
    },
    "a reason to finish that is the Messages API's": (events) => {
      candidate(at(events, 3)).finishReason = "end_turn";
    },
    "no reason to finish": (events) => without(events, 3),
    "two ends": (events) => repeated(events, 3),
    "something behind the end": (events) => swapped(events, 2),
    "an error behind the end": (events) => [...events, ERROR],
    "two candidates": (events) => {
      at(events, 1).candidates.push(candidate(at(events, 1)));
    },
  });

  test("takes an error and a blocked prompt for an end", () => {
    expect(geminiViolations(unnamed([...VALID.slice(0, 1), ERROR]))).toEqual([]);
    expect(geminiViolations(unnamed([{ ...HEAD, promptFeedback: { blockReason: "SAFETY" } }]))).toEqual([]);
    expect(geminiViolations(unnamed([{ error: {} }]))).not.toEqual([]);
  });

  test("takes no [DONE] and no named event, and the same stream as an array", () => {
    expect(geminiViolations(unnamed([...VALID, "[DONE]"]))).not.toEqual([]);
    expect(geminiViolations(`event: x\n${unnamed(VALID)}`)).not.toEqual([]);
    expect(geminiArrayViolations(JSON.stringify(VALID))).toEqual([]);
    expect(geminiArrayViolations(JSON.stringify(VALID).slice(0, -1))).not.toEqual([]);
    expect(geminiArrayViolations(JSON.stringify(VALID.slice(0, 2)))).not.toEqual([]);
  });
});
