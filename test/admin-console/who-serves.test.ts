import { describe, expect, test } from "vitest";
import { refusals } from "../../admin/src/locale/en/refusals.ts";
import { whoServes } from "../../admin/src/locale/en/who-serves.ts";
import { pageAt } from "../../admin/src/pages/pages.ts";
import { PROTOCOLS as OFFERED, questionIn, searchOf } from "../../admin/src/pages/who-serves/question.ts";
import { PROTOCOLS } from "../../src/protocols/wire.ts";
import type { Refusal } from "../../src/refusal.ts";
import type { WhyNot } from "../../src/relay/who-serves.ts";

/** Said to a Worker that asks again, or to nobody at all: `src/gate/refusal-counts.ts` counts neither. */
type Unsaid = "aliases_differ" | "cancelled";

// A reason that has no words, and words without a reason, do not compile.
const whyNot: Record<WhyNot, string> = whoServes.whyNot;
const reasons: Record<Exclude<Refusal["reason"], Unsaid>, string> = refusals.reasons;

describe("the question who would serve", () => {
  test("offers every wire format that the relay speaks, and no other", () => {
    expect([...OFFERED].sort()).toEqual([...PROTOCOLS].sort());
  });

  test("stands in the address, and reads the same out of it", () => {
    const question = { key: "k1", model: "gpt-5 mini&x", protocol: "responses", client: "codex_cli" } as const;
    expect(questionIn(searchOf(question))).toEqual(question);
  });

  test("leaves out what is empty, and is asked in Messages where no API is named that there is", () => {
    expect(searchOf({ key: "", model: "" })).toBe("");
    expect(questionIn("?model=%20claude-haiku-4-5%20&protocol=smtp&client=")).toEqual({
      key: "",
      model: "claude-haiku-4-5",
      protocol: "anthropic",
    });
  });

  test("has a page of its own", () => {
    expect(pageAt("/who-serves")?.page.name).toBe("who-serves");
  });

  test("has different words for each reason not to serve, and for each reason to refuse", () => {
    for (const words of [Object.values(whyNot), Object.values(reasons)]) expect(new Set(words).size).toBe(words.length);
  });
});
