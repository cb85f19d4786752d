import { describe, expect, test } from "vitest";
import { carriedFrom } from "../../../../src/protocols/translate/carried.ts";
import { FROM_RESPONSES } from "../../../../src/protocols/translate/from-responses/half.ts";
import type { HubAnswer, Json } from "../../../../src/protocols/translate/hub.ts";
import { ASKED } from "../requests.ts";
import { block, call, end, memberRefused, messagesOf, read, START, streamed, TEXT, USAGE } from "./asked.ts";

const TRIGGER = { type: "compaction_trigger" };
const HELLO = { type: "message", role: "user", content: [{ type: "input_text", text: "Hello" }] };
const BODY = { input: [HELLO, TRIGGER], tools: [{ type: "function", name: "f" }], tool_choice: "auto" };

const SUMMARY: HubAnswer = {
  ...{ id: "msg_01", stopReason: "end_turn", stopSequence: null, usage: USAGE },
  content: [
    { type: "thinking", thinking: "What matters?", signature: "s" },
    { type: "text", text: "They said hello." },
  ],
};

const typesOf = (events: Json[]) => events.map(({ type }) => String(type).replace("response.", ""));
const itemIn = ({ output }: Json) => (output as Json[]).at(-1) as Json;

describe("a compaction in a response", () => {
  test("asks the model for a summary, behind the same tools and messages as ever", () => {
    const { hub } = read(BODY);
    expect(hub.tools).toMatchObject([{ name: "f" }]);
    expect(hub.toolChoice).toEqual({ type: "none" });
    expect(hub.messages).toMatchObject([
      { role: "user", content: [{ text: "Hello" }] },
      { role: "user", content: [{ text: expect.stringContaining("summary") }] },
    ]);
  });

  test("is one item, in which the summary comes back as what the user tells", () => {
    const thinking = block({ type: "thinking", thinking: "", signature: "" }, "What matters?");
    const events = streamed([START, ...thinking, ...block(TEXT, "They said ", "hello."), end()], BODY);
    expect(typesOf(events)).toEqual([
      ...["created", "in_progress", "output_item.added", "output_item.done", "completed"],
    ]);
    const { response } = events.at(-1) as { response: Json };
    expect(response.output).toHaveLength(1);
    const item = itemIn(response);
    expect(item).toMatchObject({ id: "cmp_01", type: "compaction" });
    expect(carriedFrom("relay", String(item.encrypted_content))).toBe("They said hello.");
    expect(messagesOf([item, HELLO])).toMatchObject([
      { content: [{ text: expect.stringMatching(/^Summary of .*:\n\nThey said hello\.$/s) }, { text: "Hello" }] },
    ]);
  });

  test("is the same where it is not streamed", () => {
    const whole = read(BODY).answer.whole(SUMMARY);
    expect(whole).toMatchObject({ object: "response", status: "completed", usage: { total_tokens: 27 } });
    expect(carriedFrom("relay", String(itemIn(whole).encrypted_content))).toBe("They said hello.");
  });

  test("fails where the model writes no summary, and is incomplete where it was cut off", () => {
    const called = streamed([START, ...block(call("f"), "{}"), end("tool_use")], BODY);
    expect(typesOf(called).slice(-2)).toEqual(["error", "failed"]);
    const cut = streamed([START, ...block(TEXT, "They"), end("max_tokens")], BODY);
    expect(cut.at(-1)).toMatchObject({ type: "response.incomplete", response: { output: [] } });
  });

  test("of another provider is refused: without it the conversation would be another", () => {
    for (const type of ["compaction", "compaction_summary", "context_compaction"]) {
      expect(memberRefused({ input: [HELLO, { type, encrypted_content: "gAAAAABo" }] })).toBe("input.1");
    }
  });
});

describe("a compaction by its own route", () => {
  const compact = (body: Json) => {
    const result = FROM_RESPONSES.compact?.(body, ASKED);
    if (!result?.ok) throw new Error("refused");
    return result.value;
  };

  test("keeps what the user has said, and has the summary in the place of all else", () => {
    const input = [HELLO, { role: "assistant", content: "Hi" }, { role: "user", content: "Bye" }];
    const { answer, hub } = compact({ input, instructions: "Be." });
    expect(hub.messages.slice(-2)).toMatchObject([
      { role: "user", content: [{ text: "Bye" }] },
      { role: "user", content: [{ text: expect.stringContaining("summary") }] },
    ]);
    expect(answer.fault?.(SUMMARY)).toBeNull();
    const whole = answer.whole(SUMMARY);
    expect(whole).toMatchObject({
      ...{ id: "resp_01", object: "response.compaction", created_at: 1_700_000_000, usage: { total_tokens: 27 } },
      output: [
        { ...HELLO, id: "msg_01_0", status: "completed" },
        { type: "message", role: "user", content: [{ type: "input_text", text: "Bye" }] },
        { type: "compaction", id: "cmp_01" },
      ],
    });
    expect(carriedFrom("relay", String(itemIn(whole).encrypted_content))).toBe("They said hello.");
  });

  test("keeps no more of it than fits in memory beside others, the latest first", () => {
    const long = "x".repeat(200_000);
    const input = ["a", "b", "c"].map((text) => ({ role: "user", content: text === "c" ? text : text + long }));
    const { output } = compact({ input }).answer.whole(SUMMARY);
    expect((output as Json[]).map(({ content }) => (content as Json[] | undefined)?.[0]?.text)).toEqual([
      ...[`b${long}`, "c", undefined],
    ]);
    expect(compact({ input: "Hi" }).answer.whole(SUMMARY).output).toMatchObject([
      { role: "user" },
      { type: "compaction" },
    ]);
  });

  test("is an error where there is no summary", () => {
    const { answer } = compact({ input: "Hi" });
    for (const none of [
      { content: [] },
      { stopReason: "max_tokens" },
      { stopReason: "refusal" },
    ] as Partial<HubAnswer>[]) {
      expect(answer.fault?.({ ...SUMMARY, ...none })).toMatchObject({ status: 502 });
    }
  });
});
