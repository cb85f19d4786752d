import { describe, expect, test } from "vitest";
import { claudeModel } from "../../../../src/protocols/translate/to-messages/models.ts";

describe("what a model of Claude's takes", () => {
  test("is told by its name, whatever a provider puts around it", () => {
    const names = [
      ...[
        "claude-opus-4-6",
        "us.anthropic.claude-opus-4-6-v1",
        "anthropic/claude-opus-4.6",
        "claude-opus-4-6@20260205",
      ],
      "CLAUDE-OPUS-4-6",
    ];
    for (const name of names) expect(claudeModel(name)).toEqual(claudeModel("claude-opus-4-6"));
    expect(claudeModel("claude-sonnet-4-20250514")).toEqual(claudeModel("claude-sonnet-4-0"));
    expect(claudeModel("claude-3-7-sonnet-latest").thinking).toBe("budget");
    expect(claudeModel("claude-3-opus-20240229").thinking).toBe("none");
  });

  test("is its longest answer", () => {
    const longest = (name: string) => claudeModel(name).mostOutput;
    expect(longest("claude-3-haiku-20240307")).toBe(4_096);
    expect(longest("claude-3-5-sonnet-20241022")).toBe(8_192);
    expect(longest("claude-opus-4-1-20250805")).toBe(32_000);
    expect(longest("claude-sonnet-4-5")).toBe(64_000);
    expect(longest("claude-sonnet-4-6")).toBe(128_000);
    expect(longest("claude-haiku-5-5")).toBe(128_000);
    expect(longest("glm-4.6")).toBeNull();
  });

  // qwen-code#6072, pi_agent_rust#116
  test("is a budget up to 4.5 and no budget from 4.7 on", () => {
    const way = (name: string) => claudeModel(name).thinking;
    expect(["claude-sonnet-4-5", "claude-haiku-4-5", "claude-opus-4-5"].map(way)).toEqual([
      "budget",
      "budget",
      "budget",
    ]);
    expect(["claude-opus-4-6", "claude-opus-4-7", "claude-sonnet-5"].map(way)).toEqual(Array(3).fill("adaptive"));
  });

  test("is a way not to think, or none", () => {
    const off = (name: string) => claudeModel(name).thinkingOff;
    const names = ["claude-opus-5", "claude-opus-5-5", "claude-fable-5", "claude-sonnet-5", "claude-sonnet-5-5"];
    expect(names.map(off)).toEqual(["disabled", "never", "never", "disabled", "between_tools"]);
    expect(off("claude-haiku-5-5")).toBe("disabled");
  });

  test("is the words for its effort", () => {
    const efforts = (name: string) => claudeModel(name).efforts.join(" ");
    expect(efforts("claude-sonnet-4-5")).toBe("");
    expect(efforts("claude-opus-4-5")).toBe("low medium high");
    expect(efforts("claude-opus-4-6")).toBe("low medium high max");
    expect(efforts("claude-opus-4-8")).toBe("low medium high xhigh max");
  });

  test("is system messages in the midst from Opus 4.8 on, and not with Sonnet 5", () => {
    const anywhere = (name: string) => claudeModel(name).systemAnywhere;
    expect(["claude-opus-4-7", "claude-sonnet-5", "claude-haiku-4-5"].some(anywhere)).toBe(false);
    expect(["claude-opus-4-8", "claude-opus-5", "claude-fable-5", "claude-sonnet-5-5"].every(anywhere)).toBe(true);
  });

  test("is calls that are forced until the models that refuse that", () => {
    const forced = (name: string) => claudeModel(name).forcedTools;
    expect(["claude-opus-5", "claude-sonnet-5", "claude-fable-5", "claude-haiku-5-5"].every(forced)).toBe(true);
    expect(["claude-opus-5-5", "claude-sonnet-5-5", "claude-fable-5-1", "claude-mythos-5-2"].some(forced)).toBe(false);
  });

  test("is that of the latest where its version is not known yet", () => {
    expect(claudeModel("claude-opus-7")).toEqual(claudeModel("claude-opus-5-5"));
  });
});
