import { describe, expect, test } from "vitest";
import { laneFor } from "../../../src/protocols/translate/lane-for.ts";
import { laneRequest, open } from "./requests.ts";

const decode = (bytes: Uint8Array) => JSON.parse(new TextDecoder().decode(bytes));

/** A turn that Claude has answered, as the SDK's stream helper keeps it. */
const MESSAGES = [
  { role: "user", content: "hi" },
  {
    ...{ role: "assistant", content: "ho", refusal: null, reasoning_content: "hm" },
    reasoning_details: [{ type: "reasoning.text", text: "hm", signature: "EqQB" }],
  },
  { role: "user", content: "and now?" },
];
const REFUSED =
  '{"error":{"message":"Unknown parameter: \'messages[1].reasoning_details\'.","type":"invalid_request_error"}}';

describe("a conversation that another provider has answered in part", () => {
  const opened = (usageUnasked: boolean, body = {}) => {
    const lane = laneFor({ protocol: "chat", envelope: null, usageUnasked, task: "answer" }, "chat");
    if (!lane) throw new Error("no lane");
    const request = laneRequest({ model: "gpt-5.5", messages: MESSAGES, ...body }, { model: "gpt-5.5" });
    return open(lane, request, "gpt-5.5");
  };

  test("is sent as the client has it", () => {
    expect(decode(opened(false).body()).messages).toEqual(MESSAGES);
    expect(opened(false).answer.translates).toBe(false);
  });

  test.each([false, true])(
    "is sent without what was echoed where the upstream knows no such member (usage unasked: %s)",
    (unasked) => {
      const instead = opened(unasked, { stream: unasked }).instead(REFUSED);
      expect(decode(instead?.lane.body() ?? new Uint8Array()).messages).toEqual([
        { role: "user", content: "hi" },
        { role: "assistant", content: "ho" },
        { role: "user", content: "and now?" },
      ]);
    },
  );

  test("is sent without it also behind a refusal of something else", () => {
    const first = opened(true, { stream: true }).instead('{"error":{"message":"Unknown parameter: stream_options"}}');
    const second = first?.lane.instead(REFUSED);
    expect(decode(second?.lane.body() ?? new Uint8Array()).messages[1]).toEqual({ role: "assistant", content: "ho" });
  });

  test("is refused where it is refused for anything else, or cannot be told in another way", () => {
    expect(opened(false).instead('{"error":{"message":"No."}}')).toBeNull();
    expect(opened(true).instead('{"error":{"message":"No."}}')).toBeNull();
    expect(opened(false, { n: 2 }).instead(REFUSED)).toBeNull();
  });
});
