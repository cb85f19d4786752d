/** What a name stands for, who serves it, and in which order. */
import { describe, expect, test } from "vitest";
import type { Account } from "../../src/pool/account.ts";
import { chainFor, stepsOf } from "../../src/pool/aliases.ts";
import { type ChoiceCriteria, rankTargets } from "../../src/pool/choose.ts";
import { afterFault, HEALTHY } from "../../src/pool/health.ts";
import { EMPTY_POOL, type Pool } from "../../src/pool/pool.ts";
import { targetsOf } from "../../src/pool/target.ts";
import { classify } from "../../src/providers/faults.ts";
import type { AliasTarget } from "../../src/vocabulary.ts";
import { accountNamed } from "./accounts.ts";

const NOW = 1_790_000_000_000;

describe("an alias", () => {
  const aliases = {
    fast: [{ model: "claude-haiku-4-5" }, { model: "gpt-5-mini", group: "g" }],
    "claude-*": [{ model: "claude-*" }, { model: "glm-*" }],
    "claude-opus-*": [{ model: "claude-opus-4-8" }],
    "fast-*": [],
  };

  test("is found by its name first, then by the longest pattern, and says the models in order", () => {
    expect(chainFor(aliases, "fast")).toEqual(aliases.fast);
    expect(chainFor(aliases, "claude-opus-9")).toEqual([{ model: "claude-opus-4-8" }]);
    expect(chainFor(aliases, "claude-x")).toEqual([{ model: "claude-x" }, { model: "glm-x" }]);
  });

  test("is none where nothing speaks of the model, or what does names nothing", () => {
    for (const model of ["slow", "fast-1", "constructor", "__proto__", ""]) expect(chainFor(aliases, model)).toBeNull();
  });

  test("of a group that is gone has no accounts there, rather than everybody's", () => {
    const [known, gone] = stepsOf(
      [
        { model: "a", group: "g" },
        { model: "b", group: "gone" },
      ],
      new Map([["g", GROUP]]),
    );
    expect(known).toEqual({ model: "a", group: GROUP });
    expect(gone?.group?.members.size).toBe(0);
  });
});

const GROUP = { strategy: "failover" as const, members: new Set(["glm"]) };

describe("those that serve an alias", () => {
  const claude = accountNamed("claude");
  const glm = accountNamed("glm", { modelMapping: { "glm-*": "glm-5-air" }, priority: 1 });
  const accounts = [claude, glm];

  function ranked(chain: AliasTarget[], criteria: Partial<ChoiceCriteria> = {}, fields: Partial<Pool> = {}) {
    const pool = { ...EMPTY_POOL, accounts, groups: new Map([["g", GROUP]]), ...fields };
    const asked: ChoiceCriteria = {
      platforms: ["anthropic"],
      own: ["anthropic"],
      kinds: null,
      ...{ protocol: "anthropic", envelope: null, usageUnasked: false, task: null, client: "curl" },
      ...{ model: "fast", otherModels: [], chain: stepsOf(chain, pool.groups) },
      ...{ boundAccountId: null, boundGroupId: null, stickyAccountId: null, responseAccountId: null },
      ...{ session: null, owner: null },
      ...criteria,
    };
    const choice = { pool, targets: targetsOf(pool.accounts, asked), criteria: asked };
    const activity = { inFlightOf: () => 0, lastChosenOf: () => 0 };
    return rankTargets(choice, activity, NOW, Math.random).map(({ account: { id }, model }) => `${id} ${model}`);
  }
  const opusOnly: Partial<Account> = { allowedModels: ["claude-opus-*"] };
  const CHAIN = [{ model: "claude-opus-4-8" }, { model: "glm-5", group: "g" }];

  test("come step by step, whatever their priorities, each under its own name for the model", () => {
    expect(ranked(CHAIN, {}, { accounts: [claude, { ...glm, ...opusOnly }] })).toEqual([
      "glm claude-opus-4-8",
      "claude claude-opus-4-8",
      "glm glm-5-air",
    ]);
    expect(ranked([...CHAIN].reverse())).toEqual(["glm glm-5-air", "glm claude-opus-4-8", "claude claude-opus-4-8"]);
  });

  test("are those of the group that a step names, ranked as the group's are", () => {
    expect(ranked([{ model: "claude-opus-4-8", group: "g" }])).toEqual(["glm claude-opus-4-8"]);
    expect(ranked([{ model: "claude-opus-4-8", group: "gone" }])).toEqual([]);
  });

  test("are of the key's own group and account only", () => {
    expect(ranked(CHAIN, { boundAccountId: "claude" })).toEqual(["claude claude-opus-4-8"]);
    expect(ranked(CHAIN, { boundGroupId: "g" })).toEqual(["glm claude-opus-4-8", "glm glm-5-air"]);
  });

  test("are without the models that the key may not use", () => {
    expect(ranked(CHAIN, { deniedModels: ["claude-opus-*"] })).toEqual(["glm glm-5-air"]);
    expect(ranked(CHAIN, { deniedModels: ["*"] })).toEqual([]);
  });

  test("begin with the session's account within a step, and not before a step", () => {
    expect(ranked(CHAIN, { stickyAccountId: "claude" })).toEqual([
      "claude claude-opus-4-8",
      "glm claude-opus-4-8",
      "glm glm-5-air",
    ]);
  });

  test("are of the next step alone where nobody of the first is usable", () => {
    const limit = {
      platform: "anthropic",
      family: null,
      status: 429,
      headers: new Headers({ "retry-after": "60" }),
      body: "",
    } as const;
    const health = new Map([["claude", afterFault(HEALTHY, classify(limit, NOW), "0-aaaa", NOW)]]);
    const chain = [{ model: "claude-opus-4-8" }, { model: "glm-5" }];
    const apart = [
      { ...claude, ...opusOnly },
      { ...glm, allowedModels: ["glm-*"] },
    ];
    expect(ranked(chain, {}, { accounts: apart })).toEqual(["claude claude-opus-4-8", "glm glm-5-air"]);
    expect(ranked(chain, {}, { accounts: apart, health })).toEqual(["glm glm-5-air"]);
  });
});
