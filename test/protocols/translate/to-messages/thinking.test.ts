import { describe, expect, test } from "vitest";
import type { HubRequest } from "../../../../src/protocols/translate/hub.ts";
import {
  assistant,
  body,
  call,
  OPUS_4_6,
  OPUS_5_5,
  OTHER,
  result,
  SONNET_4_5,
  TOOL,
  text,
  user,
  write,
} from "./writing.ts";

/** What a request says of thinking and effort, and what it does not. */
function told(hub: Partial<HubRequest>, model: string) {
  const { thinking, output_config } = body(hub, model);
  return [thinking, output_config];
}

const ADAPTIVE = { type: "adaptive" } as const;
const FORCED: Partial<HubRequest> = { tools: [TOOL], toolChoice: { type: "any" } };

describe("thinking", () => {
  test("is not spoken of where the client does not", () => {
    for (const model of [OPUS_5_5, OPUS_4_6, SONNET_4_5, OTHER])
      expect(told({}, model)).toEqual([undefined, undefined]);
  });

  test("is adaptive with an effort on the newer models, and a budget on the older", () => {
    expect(told({ effort: "medium" }, OPUS_5_5)).toEqual([ADAPTIVE, { effort: "medium" }]);
    expect(told({ effort: "medium" }, SONNET_4_5)).toEqual([{ type: "enabled", budget_tokens: 6_000 }, undefined]);
    expect(told({ effort: "low" }, SONNET_4_5)).toEqual([{ type: "enabled", budget_tokens: 1_024 }, undefined]);
    expect(told({ thinking: ADAPTIVE }, OPUS_5_5)).toEqual([ADAPTIVE, undefined]);
    expect(told({ thinking: { type: "enabled", budget_tokens: 5_000 } }, OPUS_5_5)).toEqual([
      ADAPTIVE,
      { effort: "medium" },
    ]);
    expect(told({ thinking: { type: "enabled", budget_tokens: 5_000 } }, OTHER)[0]).toEqual({
      ...{ type: "enabled", budget_tokens: 5_000 },
    });
  });

  test("has the effort that the model has, nearest to the one asked for", () => {
    expect(told({ effort: "minimal" }, OPUS_5_5)[1]).toEqual({ effort: "low" });
    expect(told({ effort: "xhigh" }, OPUS_4_6)[1]).toEqual({ effort: "high" });
    expect(told({ effort: "max" }, "claude-opus-4-5")).toEqual([
      { type: "enabled", budget_tokens: 6_000 },
      { effort: "high" },
    ]);
  });

  // qwen-code#8039
  test("is shown by models that hide it, where the client wants to see it", () => {
    expect(told({ effort: "high", showThinking: true }, OPUS_5_5)[0]).toEqual({ ...ADAPTIVE, display: "summarized" });
    expect(told({ effort: "high", showThinking: true }, OPUS_4_6)[0]).toEqual(ADAPTIVE);
  });

  test("has a budget of at least 1024 that leaves room for the answer, or there is none", () => {
    const budget = (maxTokens: number, effort: "low" | "max") => told({ effort, maxTokens }, SONNET_4_5)[0];
    expect(budget(2_000, "max")).toEqual({ type: "enabled", budget_tokens: 1_500 });
    expect(budget(64_000, "max")).toEqual({ type: "enabled", budget_tokens: 48_000 });
    expect(budget(1_300, "low")).toBeUndefined();
    expect(write({ effort: "low", maxTokens: 1_300 }, SONNET_4_5).dropped).toEqual(["thinking"]);
  });

  test("is turned off as each model wants it", () => {
    const off = { thinking: { type: "disabled" } } as const;
    expect(told(off, SONNET_4_5)).toEqual([undefined, undefined]);
    expect(told({ effort: "none" }, "claude-opus-5")).toEqual([{ type: "disabled" }, undefined]);
    expect(told(off, "claude-sonnet-5-5")).toEqual([{ type: "between_tools" }, undefined]);
    expect(told(off, OPUS_5_5)).toEqual([undefined, { effort: "low" }]);
    expect(write(off, OPUS_5_5).dropped).toEqual(["thinking"]);
    expect(write(off, "claude-opus-5").dropped).toEqual([]);
  });

  test("is off where a call is forced, which does not go with it", () => {
    expect(told({ ...FORCED, effort: "high" }, SONNET_4_5)).toEqual([undefined, undefined]);
    expect(write({ ...FORCED, effort: "high" }, SONNET_4_5).dropped).toEqual(["thinking"]);
    expect(told(FORCED, "claude-opus-5")).toEqual([{ type: "disabled" }, undefined]);
    expect(write(FORCED, "claude-opus-5").dropped).toEqual([]);
  });

  test("is none of a model that cannot", () => {
    expect(told({ effort: "high" }, "claude-3-5-haiku-20241022")).toEqual([undefined, undefined]);
    expect(write({ effort: "high" }, "claude-3-5-haiku-20241022").dropped).toEqual(["thinking"]);
  });
});

describe("thinking in the history", () => {
  const thought = (signature: string) => ({ type: "thinking", thinking: "Hm.", signature }) as const;
  const history = (signature: string) => [
    ...[user(text("a")), assistant(thought(signature), call("1")), user(result("1"))],
  ];

  // Antigravity-Manager#139
  test("that is missing before the last call turns it off where the model has a budget", () => {
    expect(told({ messages: history(""), effort: "high" }, SONNET_4_5)).toEqual([undefined, undefined]);
    expect(write({ messages: history(""), effort: "high" }, SONNET_4_5).dropped).toEqual(["thinking"]);
    expect(told({ messages: history("c2lnbmVk"), effort: "high" }, SONNET_4_5)[0]).toMatchObject({ type: "enabled" });
    expect(told({ messages: history(""), effort: "high" }, OPUS_5_5)[0]).toEqual(ADAPTIVE);
  });
});

describe("sampling", () => {
  const sampled = (hub: Partial<HubRequest>, model: string) => {
    const { body: sent, dropped } = write(hub, model);
    return [sent.temperature, sent.top_p, sent.top_k, dropped];
  };
  const ALL = { temperature: 0.5, topP: 0.9, topK: 40 };

  test("is as the client wants it where the model lets it be", () => {
    expect(sampled(ALL, OTHER)).toEqual([0.5, 0.9, 40, []]);
    expect(sampled({ temperature: 1.7 }, OTHER)).toEqual([1, undefined, undefined, ["temperature"]]);
  });

  test("is never temperature and top_p together with Claude 4.5 and later", () => {
    expect(sampled(ALL, SONNET_4_5)).toEqual([0.5, undefined, 40, ["top_p"]]);
    expect(sampled({ topP: 0.9 }, SONNET_4_5)).toEqual([undefined, 0.9, undefined, []]);
  });

  // inspect_ai#3721, cherry-studio#15532
  test("is none with the models that have lost it, and what has an effect is named", () => {
    expect(sampled(ALL, OPUS_5_5)).toEqual([undefined, undefined, undefined, ["temperature", "top_p", "top_k"]]);
    expect(sampled({ temperature: 1, topP: 1 }, OPUS_5_5)).toEqual([undefined, undefined, undefined, []]);
  });

  test("is little beside thinking", () => {
    expect(sampled({ ...ALL, effort: "low" }, SONNET_4_5)).toEqual([
      ...[undefined, undefined, undefined],
      ["temperature", "top_p", "top_k"],
    ]);
    expect(sampled({ topP: 0.97, effort: "low" }, SONNET_4_5)).toEqual([undefined, 0.97, undefined, []]);
  });
});
