import { describe, expect, test } from "vitest";
import type { Account } from "../../src/pool/account.ts";
import {
  type AccountActivity,
  type Candidate,
  type ChoiceCriteria,
  platformsOf,
  rankTargets,
} from "../../src/pool/choose.ts";
import { afterFault, HEALTHY } from "../../src/pool/health.ts";
import { servesModel, upstreamModel } from "../../src/pool/models.ts";
import { EMPTY_POOL, type Pool } from "../../src/pool/pool.ts";
import { orderBy, STRATEGIES, type Strategy } from "../../src/pool/strategy.ts";
import { targetsOf } from "../../src/pool/target.ts";
import { family as familyOf } from "../../src/providers/anthropic/family.ts";
import { classify } from "../../src/providers/faults.ts";
import type { ProviderQuota } from "../../src/providers/quota/windows.ts";
import fc from "../fast-check.ts";
import { accountNamed as account } from "./accounts.ts";

const NOW = 1_790_000_000_000;

function pool(accounts: Account[], fields: Partial<Pool> = {}): Pool {
  return { accounts, groups: new Map(), strategy: "priority", health: new Map(), aliases: {}, ...fields };
}

const CRITERIA: ChoiceCriteria = {
  platforms: ["anthropic"],
  own: ["anthropic"],
  kinds: null,
  protocol: "anthropic",
  envelope: null,
  usageUnasked: false,
  task: null,
  model: "claude-sonnet-4-5",
  otherModels: [],
  client: null,
  boundAccountId: null,
  boundGroupId: null,
  owner: "",
  stickyAccountId: null,
  responseAccountId: null,
  session: null,
};
const FRESH: AccountActivity = { inFlightOf: () => 0, lastChosenOf: () => 0 };

function candidates(from: Pool, criteria: ChoiceCriteria = CRITERIA, activity = FRESH): Candidate[] {
  return rankTargets({ pool: from, targets: targetsOf(from.accounts, criteria), criteria }, activity, NOW, Math.random);
}

function rank(from: Pool, criteria: Partial<ChoiceCriteria> = {}, activity = FRESH): string[] {
  return candidates(from, { ...CRITERIA, ...criteria }, activity).map(({ account }) => account.id);
}

/** A fault of the account's only key, as the provider would report it. */
function faulty(status: number, headers: Record<string, string> = {}, model: string | null = CRITERIA.model) {
  const body = '{"type":"error","error":{"type":"rate_limit_error","message":"no"}}';
  const family = model === null ? null : familyOf(model);
  return classify({ platform: "anthropic", family, status, headers: new Headers(headers), body }, NOW);
}

/** Of one window; `scope`: a model family. */
function quotaOf(used: number, resetsAt: number, scope: string | null = null): ProviderQuota {
  const window = { name: "7d", scope, used, status: null, reason: null, resetsAt, readAt: NOW - 1000 };
  return { windows: [{ ...window, source: "headers" }], deciding: null, asked: null };
}

describe("eligible", () => {
  test.each([
    ["another platform", { platform: "openai" as const }],
    ["switched off", { schedulable: false }],
    ["without a usable key", { apiKeys: [] }],
    ["past its expiry note", { expiresAt: NOW }],
    ["for other models", { allowedModels: ["claude-opus-*"] }],
  ])("not when it is %s", (_, fields) => {
    expect(rank(pool([account("a", fields), account("b")]))).toEqual(["b"]);
  });

  test("only the bound account, or the bound group's members", () => {
    const groups = new Map([["g", { strategy: "priority" as const, members: new Set(["b", "c"]) }]]);
    const three = pool([account("a"), account("b"), account("c")], { groups });
    expect(rank(three, { boundAccountId: "c" })).toEqual(["c"]);
    expect(rank(three, { boundGroupId: "g" })).toEqual(["b", "c"]);
    expect(rank(three, { boundGroupId: "gone" })).toEqual([]);
  });
});

describe("accounts of several platforms", () => {
  const GPT = { ...CRITERIA, protocol: "responses" as const, model: "gpt-5.5", own: ["droid"] as const };
  /** `permitted`: the platforms that the key may use. */
  const ids = (from: Pool, criteria: ChoiceCriteria, permitted = criteria.platforms) => {
    const choice = {
      pool: from,
      targets: targetsOf(from.accounts, criteria),
      criteria: { ...criteria, platforms: permitted },
    };
    return rankTargets(choice, FRESH, NOW, Math.random).map(({ account: { id } }) => id);
  };

  test("are one pool, by priority; those of the path that only lack a rule against the model come last", () => {
    const accounts = [
      account("plain", { platform: "droid", baseUrl: "https://other.test", priority: 1 }),
      account("named", { platform: "droid", allowedModels: ["gpt-*"], priority: 60 }),
      account("maker", { platform: "openai" }),
    ];
    const criteria = { ...GPT, platforms: ["droid", "openai"] as const };
    expect(ids(pool(accounts), criteria)).toEqual(["maker", "named", "plain"]);
    expect(ids(pool(accounts), { ...criteria, stickyAccountId: "plain" })).toEqual(["maker", "named", "plain"]);
    expect(ids(pool(accounts), { ...criteria, stickyAccountId: "named" })).toEqual(["named", "maker", "plain"]);
    // Where the key may use the path's own platform alone, its accounts are what they always were.
    expect(ids(pool(accounts), criteria, ["droid"])).toEqual(["plain", "named"]);
  });

  test("leave a provider out that cannot have the model, also while the others are limited", () => {
    const { baseUrl } = account("x", { platform: "droid" }).kind;
    const official = account("official", { platform: "droid", baseUrl: baseUrl.official ?? "" });
    const accounts = [official, account("maker", { platform: "openai" })];
    const criteria = { ...GPT, platforms: ["droid", "openai"] as const };
    const limited = afterFault(HEALTHY, faulty(429, { "retry-after": "60" }, null), "0-aaaa", NOW);
    expect(ids(pool(accounts), criteria)).toEqual(["maker"]);
    expect(ids(pool(accounts, { health: new Map([["maker", limited]]) }), criteria)).toEqual([]);
    expect(ids(pool([official]), criteria)).toEqual(["official"]);
  });

  test("that name a model go before those of the path that nobody knows to have it", () => {
    const accounts = [
      account("plain", { platform: "droid", baseUrl: "https://other.test", priority: 1 }),
      account("named", { platform: "openai", allowedModels: ["glm-*"] }),
    ];
    const criteria = { ...GPT, model: "glm-5", platforms: ["droid", "openai"] as const };
    expect(ids(pool(accounts), criteria)).toEqual(["named", "plain"]);
    expect(ids(pool(accounts), { ...criteria, model: "glm-5" }, ["droid"])).toEqual(["plain"]);
    expect(ids(pool(accounts), { ...criteria, model: "kimi" })).toEqual(["plain"]);
  });

  test("of a path with two platforms serve only where the first has none", () => {
    const accounts = [account("anthropic"), account("droid", { platform: "droid" })];
    const criteria = { ...CRITERIA, platforms: ["droid", "anthropic"] as const, own: ["droid", "anthropic"] as const };
    expect(ids(pool(accounts), criteria)).toEqual(["droid"]);
    expect(ids(pool(accounts), criteria, ["anthropic"])).toEqual(["anthropic"]);
    expect(ids(pool(accounts), { ...criteria, boundAccountId: "anthropic" })).toEqual(["anthropic"]);
  });

  test("a key is asked about the platforms that could serve, those first that are asked first", () => {
    const criteria = { ...GPT, platforms: ["droid", "openai", "gemini"] as const };
    const asked = (accounts: Account[], from = pool(accounts)) =>
      platformsOf(from, targetsOf(accounts, criteria), criteria);
    expect(asked([])).toEqual(["droid"]);
    expect(asked([account("plain", { platform: "droid" }), account("maker", { platform: "openai" })])).toEqual([
      "openai",
      "droid",
    ]);
    expect(asked([account("named", { platform: "droid", modelMapping: { "gpt-*": "x" } })])).toEqual(["droid"]);
    expect(asked([], EMPTY_POOL)).toEqual(["droid", "openai", "gemini"]);
  });
});

describe("order", () => {
  test("priority, then headroom in tenths, then in flight, then least recently used", () => {
    const health = new Map([["c", { ...HEALTHY, quota: quotaOf(0.5, NOW + 1000) }]]);
    const accounts = [account("a", { priority: 60 }), account("b"), account("c"), account("d"), account("e")];
    const activity = {
      inFlightOf: (id: string) => (id === "b" ? 1 : 0),
      lastChosenOf: (id: string) => (id === "d" ? 9 : id === "e" ? 3 : 0),
    };
    expect(rank(pool(accounts, { health }), {}, activity)).toEqual(["e", "d", "b", "c", "a"]);
  });

  test("of equal priority those that need no translation come first, whatever their headroom", () => {
    const health = new Map([["c", { ...HEALTHY, quota: quotaOf(0.5, NOW + 1000) }]]);
    const accounts = [account("a"), account("b", { priority: 40 }), account("c")];
    const from = { ...pool(accounts, { health }) };
    const targets = targetsOf(accounts, CRITERIA).map((target) =>
      target.account.id === "c" ? target : { ...target, lane: { ...target.lane, translates: true as const } },
    );
    const order = (strategy: Strategy) =>
      rankTargets({ pool: { ...from, strategy }, targets, criteria: CRITERIA }, FRESH, NOW, Math.random).map(
        ({ account: { id } }) => id,
      );
    expect(order("priority")).toEqual(["b", "c", "a"]);
    expect(order("failover")).toEqual(["b", "c", "a"]);
    expect(order("round-robin")).toEqual(["c", "a", "b"]);
  });

  test("headroom of a window that has been reset counts no more", () => {
    const health = new Map([["a", { ...HEALTHY, quota: quotaOf(0.9, NOW) }]]);
    expect(rank(pool([account("a"), account("b")], { health }))).toEqual(["a", "b"]);
  });

  test("the window of one model family ranks requests for that family, and no others", () => {
    const health = new Map([["a", { ...HEALTHY, quota: quotaOf(0.9, NOW + 1000, "opus") }]]);
    const accounts = pool([account("a"), account("b")], { health });
    expect(rank(accounts, { model: "claude-opus-4-1" })).toEqual(["b", "a"]);
    expect(rank(accounts, { model: "claude-sonnet-4-5" })).toEqual(["a", "b"]);
  });

  test("the session's account comes first while it is usable", () => {
    const accounts = [account("a"), account("b", { priority: 90 })];
    expect(rank(pool(accounts), { stickyAccountId: "b" })).toEqual(["b", "a"]);
    const health = new Map([["b", afterFault(HEALTHY, faulty(429, { "retry-after": "60" }, null), "0-aaaa", NOW)]]);
    expect(rank(pool(accounts, { health }), { stickyAccountId: "b" })).toEqual(["a"]);
  });

  test("accounts in a guessed cooldown come last, those with a named reset not at all", () => {
    const guessed = afterFault(HEALTHY, faulty(429), "0-aaaa", NOW);
    const named = afterFault(HEALTHY, faulty(429, { "retry-after": "60" }), "0-aaaa", NOW);
    const health = new Map([
      ["a", guessed],
      ["b", named],
    ]);
    expect(rank(pool([account("a"), account("b"), account("c")], { health }))).toEqual(["c", "a"]);
  });

  test("an account to be probed is there twice: to be probed, and for when another request is probing it", () => {
    const health = new Map([["a", { ...HEALTHY, probing: true }]]);
    const ranked = candidates(pool([account("a")], { health }));
    expect(ranked.map(({ account: { id }, probe }) => [id, probe])).toEqual([
      ["a", true],
      ["a", false],
    ]);
  });

  test("a limit of one model family leaves the others alone", () => {
    const limit = faulty(
      429,
      {
        "anthropic-ratelimit-unified-status": "rejected",
        "anthropic-ratelimit-unified-representative-claim": "seven_day_opus",
        "anthropic-ratelimit-unified-reset": String(NOW / 1000 + 3600),
      },
      "claude-opus-4-8",
    );
    const health = new Map([["a", afterFault(HEALTHY, limit, "0-aaaa", NOW)]]);
    expect(rank(pool([account("a")], { health }), { model: "claude-opus-4-8" })).toEqual([]);
    expect(rank(pool([account("a")], { health }), { model: "claude-sonnet-4-5" })).toEqual(["a"]);
  });
});

describe("several keys on an account", () => {
  const apiKeys = ["k0", "k1", "k2"].map((id, position) => ({ id, position, sealed: "" }));
  const keysOf = (from: Pool, criteria: Partial<ChoiceCriteria> = {}, turn = 0) =>
    candidates(from, { ...CRITERIA, ...criteria }, { inFlightOf: () => 0, lastChosenOf: () => turn })[0]?.keyIds;
  const three = pool([account("a", { apiKeys })]);

  test("take turns, but a session begins with the same one", () => {
    expect([0, 1, 2, 3].map((turn) => keysOf(three, {}, turn)?.[0])).toEqual(["k0", "k1", "k2", "k0"]);
    const first = keysOf(three, { session: "s" }, 0);
    expect(keysOf(three, { session: "s" }, 1)).toEqual(first);
    const starts = new Set(Array.from({ length: 50 }, (_, index) => keysOf(three, { session: `s${index}` })?.[0]));
    expect(starts.size).toBe(3);
  });

  test("keep their order under failover", () => {
    expect(keysOf({ ...three, strategy: "failover" }, { session: "s1" }, 5)).toEqual(["k0", "k1", "k2"]);
  });

  test("a refused one is left out, the others go on", () => {
    const refused = afterFault(HEALTHY, faulty(429, { "retry-after": "60" }), "k0", NOW);
    const health = new Map([["a", refused]]);
    expect(keysOf({ ...three, health })).toEqual(["k1", "k2"]);
  });
});

describe("strategies", () => {
  const contenders = ["a", "b", "c", "d"].map((id, index) => ({
    id,
    priority: 50 - index,
    weight: index,
    native: true,
    used: 0,
    inFlight: 0,
    lastChosen: index,
  }));

  test("each gives every account once", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...STRATEGIES),
        fc.infiniteStream(fc.double({ min: 0, max: 0.999, noNaN: true })),
        (strategy, randoms) => {
          const ordered = orderBy(strategy, contenders, () => randoms.next().value);
          expect(ordered.map(({ id }) => id).sort()).toEqual(["a", "b", "c", "d"]);
        },
      ),
    );
  });

  test("round-robin goes by the last choice, failover by priority alone", () => {
    expect(orderBy("round-robin", contenders, Math.random).map(({ id }) => id)).toEqual(["a", "b", "c", "d"]);
    expect(orderBy("failover", contenders, Math.random).map(({ id }) => id)).toEqual(["d", "c", "b", "a"]);
  });

  test("weighted: first places in proportion to the weights, weight 0 last", () => {
    const firsts: Record<string, number> = {};
    for (let run = 0; run < 6_000; run++) {
      const ordered = orderBy("weighted", contenders, Math.random);
      const first = ordered[0]?.id ?? "";
      firsts[first] = (firsts[first] ?? 0) + 1;
      expect(ordered.at(-1)?.id).toBe("a");
    }
    expect((firsts.d ?? 0) / 6_000).toBeCloseTo(3 / 6, 1);
    expect((firsts.b ?? 0) / 6_000).toBeCloseTo(1 / 6, 1);
  });
});

describe("models", () => {
  const rules = {
    allowedModels: ["glm-*"],
    modelMapping: { "claude-*": "glm-4.6", "claude-3-*-latest": "old-*", "claude-opus-4-8": "glm-max", "*[1m]": "*" },
  };

  test.each([
    ["claude-opus-4-8", "glm-max"],
    ["claude-sonnet-4-5", "glm-4.6"],
    ["claude-3-haiku-latest", "old-haiku"],
    ["glm-4.6", "glm-4.6"],
    ["gpt-5[1m]", "gpt-5"],
    ["unknown", "unknown"],
  ])("%s is asked for as %s", (model, expected) => {
    expect(upstreamModel(rules, model)).toBe(expected);
  });

  test("a mapped name is served, an unmapped one only when it is allowed", () => {
    expect(servesModel(rules, "claude-sonnet-4-5")).toBe(true);
    expect(servesModel(rules, "glm-5")).toBe(true);
    expect(servesModel(rules, "gpt-5")).toBe(false);
    expect(servesModel({ allowedModels: [], modelMapping: {} }, "gpt-5")).toBe(true);
  });
});
