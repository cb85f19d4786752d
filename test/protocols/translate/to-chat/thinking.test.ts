import { describe, expect, test } from "vitest";
import type { HubRequest } from "../../../../src/protocols/translate/hub.ts";
import { body, READ, written } from "./written.ts";

const effort = (fields: Partial<HubRequest>, model = "own", quirks = {}) =>
  body(fields, quirks, model).reasoning_effort;

describe("how much to think", () => {
  test("is left to the model where the client does not say", () => {
    expect(body()).not.toHaveProperty("reasoning_effort");
  });

  test("is one of OpenAI's words, by effort, by budget and by neither", () => {
    expect(effort({ effort: "low" })).toBe("low");
    expect(effort({ thinking: { type: "enabled", budget_tokens: 10_000 } })).toBe("high");
    expect(effort({ thinking: { type: "adaptive" } })).toBe("high");
    expect(effort({ thinking: { type: "disabled" } })).toBe("none");
  });

  test("is the nearest that the model has", () => {
    expect(effort({ effort: "max" }, "gpt-5.5")).toBe("xhigh");
    expect(effort({ effort: "minimal" }, "gpt-5.1")).toBe("low");
    expect(effort({ thinking: { type: "disabled" } }, "o3")).toBe("low");
    expect(effort({ effort: "low" }, "gpt-5-pro")).toBe("high");
    expect(effort({ effort: "max" }, "own", { efforts: ["low", "high"] })).toBe("high");
  });

  test("is said to no model that does not think, and named as dropped where it was wanted", () => {
    const wanted = written({ effort: "high" }, {}, "gpt-4.1");
    expect(wanted.body).not.toHaveProperty("reasoning_effort");
    expect(wanted.dropped).toEqual(["output_config.effort"]);
    expect(written({ thinking: { type: "adaptive" } }, {}, "gpt-4.1").dropped).toEqual(["thinking"]);
    expect(written({ thinking: { type: "disabled" } }, {}, "gpt-4.1").dropped).toEqual([]);
  });

  test("is said in no way where a service has none", () => {
    const { body: sent, dropped } = written({ effort: "high" }, { thinkingControl: null });
    expect([Object.keys(sent), dropped]).toEqual([["model", "messages"], ["output_config.effort"]]);
  });

  test("is a switch in the template of a model that is run with vLLM", () => {
    const quirks = { thinkingControl: "chat_template_kwargs" } as const;
    expect(body({ thinking: { type: "disabled" } }, quirks)).toMatchObject({
      chat_template_kwargs: { enable_thinking: false, thinking: false },
    });
  });

  test("is not said again in a way that was refused", () => {
    const refused = (line: string) => effort({ effort: "xhigh" }, "own", { without: [line] });
    expect(refused("reasoning_effort")).toBeUndefined();
    expect(refused("reasoning_effort=xhigh")).toBe("high");
    expect(refused("reasoning_effort in low,medium")).toBe("medium");
    const off = { effort: "none" } as const;
    expect(effort(off, "own", { without: ["reasoning_effort=none"] })).toBeUndefined();
    const thinking = body({ effort: "high" }, { thinkingControl: "thinking", without: ["thinking"] });
    expect(thinking).not.toHaveProperty("thinking");
  });

  test("is nothing beside tools for a model that takes the two apart", () => {
    const quirks = { without: ["reasoning_effort with tools"] };
    const { body: sent, dropped } = written({ effort: "high", tools: [READ] }, quirks, "gpt-5.6-sol");
    expect([sent.reasoning_effort, dropped]).toEqual(["none", ["output_config.effort"]]);
    expect(effort({ effort: "high" }, "gpt-5.6-sol", quirks)).toBe("high");
  });
});
