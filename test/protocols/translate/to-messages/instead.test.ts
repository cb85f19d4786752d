import { describe, expect, test } from "vitest";
import type { WrittenRequest } from "../../../../src/protocols/translate/halves.ts";
import {
  assistant,
  call,
  OPUS_4_6,
  OPUS_5_5,
  OTHER,
  result,
  SONNET_4_5,
  system,
  TOOL,
  text,
  user,
  write,
} from "./writing.ts";

const error = (message: string) =>
  JSON.stringify({ type: "error", error: { type: "invalid_request_error", message }, request_id: "req_1" });

function instead(request: WrittenRequest, message: string) {
  const other = request.instead?.(error(message));
  return other ? { body: other.request.body, lacks: other.lacks, request: other.request } : null;
}

const thinking = { type: "thinking", thinking: "Hm.", signature: "c2ln" } as const;
const HISTORY = [user(text("a")), assistant(thinking, call("1")), user(result("1"))];
const CONTENT = { messages: HISTORY, effort: "high" } as const;

describe("an invalid signature", () => {
  const seen = [
    "messages.1.content.0: Invalid `signature` in `thinking` block", // claude-code-hub#518, CLIProxyAPI#570
    "messages.1.content.0: Invalid signature in thinking block",
    "messages.1.content.0: Invalid `signature` in `thinking`", // oh-my-pi#4298
    "messages.1.content.0.thinking.signature: Field required",
    "messages.3.content.0: `thinking` or `redacted_thinking` blocks in the latest assistant message cannot be modified.",
  ];

  test.each(seen)("takes all thinking out of the history: %s", (message) => {
    const other = instead(write(CONTENT), message);
    expect(JSON.stringify(other?.body)).not.toContain("Hm.");
    expect([other?.lacks, other?.body.thinking]).toEqual([null, { type: "adaptive" }]);
    expect(other && instead(other.request, message)).toBeNull();
  });

  test("turns thinking off where a budget wants it before a call", () => {
    expect(write(CONTENT, SONNET_4_5).body.thinking).toBeDefined();
    const other = instead(write(CONTENT, SONNET_4_5), seen[0] ?? "");
    expect([other?.body.thinking, other?.request.dropped]).toEqual([undefined, ["thinking"]]);
  });
});

describe("a parameter that is refused", () => {
  const ALL = {
    temperature: 0.5,
    topK: 40,
    stopSequences: ["END"],
    effort: "high",
    tools: [{ ...TOOL, strict: true }],
  } as const;
  const asked = { ...ALL, stopSequences: ["END"], tools: [{ ...TOOL, strict: true }] };

  test.each([
    ["`temperature` is deprecated for this model.", OTHER, "temperature"],
    ["top_k: Extra inputs are not permitted", OTHER, "top_k"],
    ["Unsupported parameter: 'stop_sequences'", OTHER, "stop_sequences"],
    ["output_config.effort: Extra inputs are not permitted", OPUS_4_6, "output_config.effort"],
    ["This model does not support the effort parameter.", OPUS_4_6, "output_config.effort"],
    ["tools.0.custom.strict: Extra inputs are not permitted", OPUS_4_6, "tools.strict"],
  ])("is left out, named and remembered: %s", (message, model, member) => {
    const other = instead(write(asked, model), message);
    expect(other?.lacks).toBe(member);
    expect(other?.request.dropped).toContain(member);
    expect(JSON.stringify(other?.body)).not.toContain(`"${member.split(".").at(-1)}":`);
    expect(other && instead(other.request, message)).toBeNull();
  });

  test.each(["max_tokens: Extra inputs are not permitted", "messages: at least one message is required", "no", ""])(
    "is not one that a request needs, or none at all: %s",
    (message) => {
      expect(instead(write(asked), message)).toBeNull();
    },
  );

  test("is found where the error is no JSON of the API's", () => {
    expect(write(asked, OTHER).instead?.("`top_k` is not supported")?.lacks).toBe("top_k");
  });
});

describe("what a model turns out to take is asked of it", () => {
  test("thinking as it wants it", () => {
    const enabled = '"thinking.type.enabled" is not supported for this model. Use "thinking.type.adaptive" and …';
    expect(instead(write(CONTENT, SONNET_4_5), enabled)?.body.thinking).toEqual({ type: "adaptive" });
    const disabled = '"thinking.type.disabled" is not supported for this model.';
    const off = write({ effort: "none" }, "claude-opus-5");
    expect(instead(off, disabled)?.body).not.toHaveProperty("thinking");
    const adaptive = "adaptive thinking is not supported on this model";
    expect(instead(write({ effort: "low" }), adaptive)?.body.thinking).toEqual({
      type: "enabled",
      budget_tokens: 1_024,
    });
  });

  test("system messages, the beginning of an answer, forced calls", () => {
    const messages = [user(text("a")), system("x"), assistant(text("y"))];
    const role = instead(write({ messages }), "role 'system' is not supported on this model");
    expect(JSON.stringify(role?.body)).toContain("<system-reminder>");
    const begun = write({ messages: [user(text("a")), assistant(text("y"))] }, SONNET_4_5);
    const prefill =
      "This model does not support assistant message prefill. The conversation must end with a user message.";
    expect(instead(begun, prefill)?.body.messages).toHaveLength(3);
    const forced = write({ tools: [TOOL], toolChoice: { type: "any" } }, SONNET_4_5);
    const refused = "tool_choice forces tool use is not compatible with this model";
    expect(instead(forced, refused)?.body).not.toHaveProperty("tool_choice");
  });

  test("the tools that a conversation has called, of which none may be called now", () => {
    const message = "Requests which include `tool_use` or `tool_result` blocks must define tools";
    const messages = [user(text("a")), assistant(call("1", "look"), call("2", "look")), user(result("1"), result("2"))];
    const other = instead(write({ messages }), message);
    expect(other?.body.tools).toMatchObject([{ name: "look", input_schema: { type: "object" } }]);
    expect([other?.body.tool_choice, other?.lacks]).toEqual([{ type: "none" }, null]);
    expect(other && instead(other.request, message)).toBeNull();
  });

  test("once: what was tried is not tried again", () => {
    const message = "role 'system' is not supported on this model";
    expect(instead(write({}, SONNET_4_5), message)).toBeNull();
    expect(instead(write({}, OPUS_5_5), "anything else")).toBeNull();
  });
});
