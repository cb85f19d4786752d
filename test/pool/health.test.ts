import { describe, expect, test } from "vitest";
import {
  type AccountHealth,
  afterFault,
  afterSuccess,
  HEALTHY,
  isUsable,
  probeEnded,
  probeStarted,
  temporaryStates,
  usableFrom,
  usableKeys,
  withReading,
} from "../../src/pool/health.ts";
import type { Fault, FaultScope } from "../../src/providers/faults.ts";
import fc from "../fast-check.ts";

const NOW = Date.UTC(2026, 9, 14, 18);
const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const KEYS = ["a", "b", "c"];

const REQUEST: Fault = { class: "request", condition: "context_length", status: 400, onExhausted: "verbatim" };

function upstream(until: number | null = null, condition = "server_error"): Fault {
  return { class: "upstream", condition, status: 500, onExhausted: "verbatim", until };
}

function credential(
  scope: FaultScope,
  until: number | null = null,
  more: { money?: true; permanent?: true } = {},
): Fault {
  return {
    class: "credential",
    condition: "rate_limited",
    status: 429,
    onExhausted: "verbatim",
    scope,
    until,
    outOfQuota: more.money === true,
    permanent: more.permanent === true,
  };
}

/** The health after `count` upstream faults, a second apart; the last is at `at`. */
function failing(count: number, at: number, health = HEALTHY): AccountHealth {
  let state = health;
  for (let left = count - 1; left >= 0; left--) state = afterFault(state, upstream(), "a", at - left * SECOND);
  return state;
}

const usable = (health: AccountHealth, now: number, family: string | null = null) =>
  isUsable(health, family, now, KEYS);

describe("request faults", () => {
  test("change nothing, however many", () => {
    const states = [HEALTHY, failing(2, NOW), failing(3, NOW), afterFault(HEALTHY, credential("key"), "a", NOW)];
    for (const state of states) expect(afterFault(state, REQUEST, "a", NOW)).toBe(state);
  });
});

describe("a credential's limit", () => {
  test("puts the key into cooldown until the named moment exactly, and the others go on", () => {
    const health = afterFault(HEALTHY, credential("key", NOW + 42 * SECOND), "a", NOW);
    expect(usableKeys(health, null, NOW, KEYS)).toEqual(["b", "c"]);
    expect(isUsable(health, null, NOW + 42 * SECOND - 1, ["a"])).toBe("no");
    expect(isUsable(health, null, NOW + 42 * SECOND, ["a"])).toBe("yes");
    expect(usableFrom(health, null, NOW, ["a"])).toBe(NOW + 42 * SECOND);
    expect(usableFrom(health, null, NOW, KEYS)).toBe(NOW);
  });

  test("of the account puts all keys into cooldown, and needs no probe afterwards", () => {
    const health = afterFault(HEALTHY, credential("account", NOW + 5 * HOUR), "a", NOW);
    expect(usable(health, NOW)).toBe("no");
    expect(usableFrom(health, null, NOW, KEYS)).toBe(NOW + 5 * HOUR);
    expect(usable(health, NOW + 5 * HOUR)).toBe("yes");
  });

  test("of a family puts only that family of that key into cooldown", () => {
    const health = afterFault(HEALTHY, credential({ family: "opus" }, NOW + DAY), "a", NOW);
    expect(isUsable(health, "opus", NOW, ["a"])).toBe("no");
    expect(isUsable(health, "sonnet", NOW, ["a"])).toBe("yes");
    expect(isUsable(health, null, NOW, ["a"])).toBe("yes");
    expect(usableKeys(health, "opus", NOW, KEYS)).toEqual(["b", "c"]);
    expect(usableFrom(health, "opus", NOW, ["a"])).toBe(NOW + DAY);
    expect(isUsable(health, "opus", NOW + DAY, ["a"])).toBe("yes");
  });

  test("without a named end is guessed at 10 s, 30 s, 90 s … and never above 15 minutes", () => {
    let [health, now] = [HEALTHY, NOW];
    const guesses = [];
    for (let round = 0; round < 8; round++) {
      health = afterFault(health, credential("key"), "a", now);
      const end = usableFrom(health, null, now, ["a"]) ?? 0;
      guesses.push((end - now) / SECOND);
      now = end;
    }
    expect(guesses).toEqual([10, 30, 90, 270, 810, 900, 900, 900]);
  });

  test("a burst of refusals is one wrong guess", () => {
    let health = HEALTHY;
    for (let request = 0; request < 50; request++) health = afterFault(health, credential("key"), "a", NOW + request);
    expect(usableFrom(health, null, NOW + 50, ["a"])).toBe(NOW + 10 * SECOND);
  });

  test("guesses shrink a step with a success, and are forgotten after half an hour", () => {
    let health = afterFault(HEALTHY, credential("key"), "a", NOW);
    health = afterFault(health, credential("key"), "a", NOW + 10 * SECOND);
    const served = afterSuccess(health, "a", NOW + MINUTE);
    expect(usableFrom(afterFault(served, credential("key"), "a", NOW + MINUTE), null, NOW, ["a"])).toBe(
      NOW + 90 * SECOND,
    );
    const later = NOW + 2 * HOUR;
    expect(usableFrom(afterFault(health, credential("key"), "a", later), null, later, ["a"])).toBe(later + 10 * SECOND);
  });

  test("a named end replaces a guess, the later of two named ends holds, and no guess shortens one", () => {
    const guessed = afterFault(HEALTHY, credential("account"), "a", NOW);
    const known = afterFault(guessed, credential("account", NOW + 2 * SECOND), "a", NOW);
    expect(usableFrom(known, null, NOW, KEYS)).toBe(NOW + 2 * SECOND);
    const longer = afterFault(known, credential("account", NOW + HOUR), "a", NOW);
    const shorter = afterFault(longer, credential("account", NOW + MINUTE), "a", NOW);
    expect(usableFrom(afterFault(shorter, credential("account"), "a", NOW), null, NOW, KEYS)).toBe(NOW + HOUR);
  });

  test("a success that was under way before the limit does not end it", () => {
    const health = afterFault(HEALTHY, credential("account", NOW + HOUR), "a", NOW);
    expect(afterSuccess(health, "a", NOW + SECOND)).toBe(health);
    const key = afterFault(HEALTHY, credential("key", NOW + HOUR), "a", NOW);
    expect(afterSuccess(key, "a", NOW + SECOND)).toBe(key);
  });

  test("that has no cooldown is recorded, at most once a minute", () => {
    const recorded = afterFault(HEALTHY, credential("nobody"), "a", NOW);
    expect(recorded).toEqual({ ...HEALTHY, lastError: { at: NOW, status: 429, condition: "rate_limited" } });
    expect(afterFault(recorded, credential("nobody"), "a", NOW + SECOND)).toBe(recorded);
    expect(afterFault(recorded, credential("nobody"), "a", NOW + MINUTE).lastError?.at).toBe(NOW + MINUTE);
  });
});

describe("a closed credential", () => {
  test("stays out for ever, until it serves or is reset", () => {
    const key = afterFault(HEALTHY, credential("key", null, { permanent: true }), "a", NOW);
    expect(isUsable(key, null, NOW + 365 * DAY, ["a"])).toBe("no");
    expect(usableFrom(key, null, NOW, ["a"])).toBeNull();
    expect(usableKeys(key, null, NOW, KEYS)).toEqual(["b", "c"]);
    expect(isUsable(afterSuccess(key, "a", NOW + HOUR), null, NOW + HOUR, ["a"])).toBe("yes");

    const account = afterFault(HEALTHY, credential("account", null, { permanent: true }), "a", NOW);
    expect([usable(account, NOW + 365 * DAY), usableFrom(account, null, NOW, KEYS)]).toEqual(["no", null]);
    expect(temporaryStates(account, NOW)).toMatchObject([{ scope: "account", until: null }]);
  });
});

describe("a key out of quota", () => {
  const drained = afterFault(HEALTHY, credential("key", NOW + MINUTE, { money: true }), "a", NOW);

  test("goes into cooldown, and keeps its place while no other key has served", () => {
    expect(usableKeys(drained, null, NOW, KEYS)).toEqual(["b", "c"]);
    expect(usableKeys(drained, null, NOW + MINUTE, KEYS)).toEqual(["a", "b", "c"]);
  });

  test("goes to the end once a later key has served, and returns when it serves again", () => {
    const served = afterSuccess(drained, "b", NOW);
    expect(usableKeys(served, null, NOW + MINUTE, KEYS)).toEqual(["b", "c", "a"]);
    expect(afterSuccess(served, "b", NOW)).toBe(served);
    const paid = afterSuccess(served, "a", NOW + MINUTE);
    expect(usableKeys(paid, null, NOW + MINUTE, KEYS)).toEqual(["a", "b", "c"]);
    expect(paid.keys.a).toMatchObject({ outOfQuota: false, last: false });
  });

  test("a rate limit moves no key", () => {
    const limited = afterFault(HEALTHY, credential("key", NOW + MINUTE), "a", NOW);
    expect(usableKeys(afterSuccess(limited, "b", NOW), null, NOW + MINUTE, KEYS)).toEqual(["a", "b", "c"]);
  });
});

describe("the breaker", () => {
  test("leaves the account alone until the third fault in a row, then opens for 15 s", () => {
    expect(usable(failing(2, NOW), NOW)).toBe("yes");
    const open = failing(3, NOW);
    expect([usable(open, NOW), usable(open, NOW + 15 * SECOND - 1)]).toEqual(["no", "no"]);
    expect(usable(open, NOW + 15 * SECOND)).toBe("probe");
  });

  test("is not opened by faults that a success, a refusal or a minute comes between", () => {
    const two = failing(2, NOW);
    expect(usable(failing(2, NOW + 3 * SECOND, afterSuccess(two, "a", NOW)), NOW + 3 * SECOND)).toBe("yes");
    const refused = afterFault(two, credential("key", NOW + SECOND), "a", NOW);
    expect(usable(failing(2, NOW + 3 * SECOND, refused), NOW + 3 * SECOND)).toBe("yes");
    expect(usable(failing(2, NOW + 2 * MINUTE, two), NOW + 2 * MINUTE)).toBe("yes");
  });

  test("is opened by timeouts, which take minutes each", () => {
    let health = HEALTHY;
    for (let count = 0; count < 3; count++)
      health = afterFault(health, upstream(null, "timed_out"), "a", NOW + count * 10 * MINUTE);
    expect(usable(health, NOW + 20 * MINUTE)).toBe("no");
  });

  test("opens for longer after each failed probe, up to 5 minutes", () => {
    let [health, now] = [failing(3, NOW), NOW];
    const openings = [];
    for (let round = 0; round < 7; round++) {
      const end = usableFrom(health, null, now, KEYS) ?? 0;
      openings.push((end - now) / SECOND);
      now = end;
      health = afterFault(probeStarted(health, now), upstream(), "a", now);
    }
    expect(openings).toEqual([15, 30, 60, 120, 240, 300, 300]);
  });

  test("lets one probe through at a time, and everybody after its success", () => {
    const at = NOW + 15 * SECOND;
    const probing = probeStarted(failing(3, NOW), at);
    expect(usable(probing, at)).toBe("no");
    expect(usableFrom(probing, null, at, KEYS)).toBe(at + 2 * MINUTE);
    expect(usable(probing, at + 2 * MINUTE)).toBe("probe");
    expect(usable(probeEnded(probing), at)).toBe("probe");
    expect(usable(afterFault(probing, REQUEST, "a", at), at)).toBe("probe");
    expect(usable(afterSuccess(probing, "a", at + SECOND), at + SECOND)).toBe("yes");
  });

  test("a success from before it opened does not close it, nor do late failures hold it open", () => {
    const open = failing(3, NOW);
    const late = failing(20, NOW + 14 * SECOND, afterSuccess(open, "a", NOW + SECOND));
    expect(usable(late, NOW + 14 * SECOND)).toBe("no");
    expect(usable(late, NOW + 15 * SECOND)).toBe("probe");
  });

  test("a named wait holds from the first fault, exactly, without a probe; an hour is believed for 15 minutes", () => {
    const busy = afterFault(HEALTHY, upstream(NOW + 5 * SECOND), "a", NOW);
    expect([usable(busy, NOW), usable(busy, NOW + 5 * SECOND)]).toEqual(["no", "yes"]);
    const down = afterFault(HEALTHY, upstream(NOW + HOUR), "a", NOW);
    expect(usableFrom(down, null, NOW, KEYS)).toBe(NOW + 15 * MINUTE);
  });

  test("a refusal as the answer to a probe shows that the upstream is back", () => {
    const at = NOW + 15 * SECOND;
    const refused = afterFault(probeStarted(failing(3, NOW), at), credential("key", at + HOUR), "a", at);
    expect(usableKeys(refused, null, at, KEYS)).toEqual(["b", "c"]);
    expect(usable(refused, at)).toBe("yes");
  });
});

test("a healthy account's successes change nothing", () => {
  expect(afterSuccess(HEALTHY, "a", NOW)).toBe(HEALTHY);
  const family = afterFault(HEALTHY, credential({ family: "opus" }, NOW + SECOND), "a", NOW);
  expect(afterSuccess(family, "a", NOW + HOUR)).toBe(family);
  expect(withReading(HEALTHY, null, NOW)).toBe(HEALTHY);
});

test("an account without a usable key is not usable", () => {
  expect(isUsable(HEALTHY, null, NOW, [])).toBe("no");
  expect(usableFrom(HEALTHY, null, NOW, [])).toBeNull();
});

test("lists what is in cooldown or disabled, with its reason and its end", () => {
  let health = afterFault(HEALTHY, credential("account", NOW + MINUTE), "a", NOW);
  health = afterFault(health, credential("key", NOW + HOUR, { money: true }), "a", NOW);
  health = afterFault(health, credential({ family: "opus" }, NOW + DAY), "b", NOW);
  health = afterFault(health, credential("key", null, { permanent: true }), "c", NOW);
  const condition = "rate_limited";
  expect(temporaryStates(health, NOW)).toEqual([
    { scope: "account", key: null, family: null, condition, until: NOW + MINUTE },
    { scope: "key", key: "a", family: null, condition, until: NOW + HOUR },
    { scope: "family", key: "b", family: "opus", condition, until: NOW + DAY },
    { scope: "key", key: "c", family: null, condition, until: null },
  ]);
  expect(temporaryStates(health, NOW + 2 * DAY)).toEqual([
    { scope: "key", key: "c", family: null, condition, until: null },
  ]);
});

describe("whatever happens", () => {
  const FAMILIES = ["opus", "sonnet", "constructor", "__proto__"];
  const scope = fc.oneof(
    fc.constantFrom<FaultScope>("key", "account", "nobody"),
    fc.constantFrom(...FAMILIES).map((family) => ({ family })),
  );
  const wait = fc.option(fc.integer({ min: -MINUTE, max: 60 * DAY }), { nil: null });
  const step = fc.record({
    kind: fc.constantFrom("request", "credential", "upstream", "timeout", "success", "probe"),
    key: fc.constantFrom(...KEYS),
    scope,
    wait,
    money: fc.boolean(),
    pause: fc.oneof(fc.integer({ min: 0, max: 5 * SECOND }), fc.integer({ min: 0, max: 2 * HOUR })),
  });
  const steps = fc.array(step, { maxLength: 40 });
  type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never;

  function faultOf({ kind, scope, wait, money }: Step, now: number): Fault {
    const until = wait === null ? null : now + wait;
    if (kind === "credential") return credential(scope, until, money ? { money } : {});
    return kind === "request" ? REQUEST : upstream(until, kind === "timeout" ? "timed_out" : "server_error");
  }

  function play(list: Step[], check?: (before: AccountHealth, after: AccountHealth, step: Step, now: number) => void) {
    let [health, now] = [HEALTHY, NOW];
    for (const each of list) {
      now += each.pause;
      const after =
        each.kind === "success"
          ? afterSuccess(health, each.key, now)
          : each.kind === "probe"
            ? probeStarted(health, now)
            : afterFault(health, faultOf(each, now), each.key, now);
      check?.(health, after, each, now);
      health = after;
    }
    return { health, now };
  }

  test("a request fault leaves everybody as usable as before", () => {
    fc.assert(
      fc.property(steps, (list) => {
        const { health, now } = play(list);
        const after = afterFault(health, REQUEST, "a", now);
        expect({ ...after, probeStartedAt: null }).toEqual({ ...health, probeStartedAt: null });
      }),
    );
  });

  test("no end is further away than the longest window, no guess than 15 minutes", () => {
    fc.assert(
      fc.property(steps, (list) => {
        play(list, (_, after, __, now) => {
          for (const { until } of temporaryStates(after, now)) expect(until).toBeLessThanOrEqual(now + 8 * DAY);
          for (const cooldown of [after.parked, ...Object.values(after.keys).map((key) => key.parked)]) {
            if (cooldown && !cooldown.known) expect(cooldown.until).toBeLessThanOrEqual(now + 15 * MINUTE);
          }
        });
      }),
    );
  });

  test("at the end that is announced the account is usable, and after one success freely", () => {
    fc.assert(
      fc.property(steps, fc.constantFrom(null, ...FAMILIES), (list, family) => {
        const { health, now } = play(list);
        const end = usableFrom(health, family, now, KEYS);
        if (end === null) throw new Error("nothing permanent was played");
        expect(isUsable(health, family, now, KEYS)).toBe(end > now ? "no" : health.probing ? "probe" : "yes");
        expect(isUsable(health, family, end, KEYS)).not.toBe("no");
        const [key = ""] = usableKeys(health, family, end, KEYS);
        expect(isUsable(afterSuccess(health, key, end), family, end, KEYS)).toBe("yes");
      }),
    );
  });

  test("the state survives JSON, and stays small", () => {
    fc.assert(
      fc.property(steps, (list) => {
        const { health } = play(list);
        expect(JSON.parse(JSON.stringify(health))).toEqual(health);
      }),
    );
    let health = HEALTHY;
    for (let count = 0; count < 2_000; count++) {
      health = afterFault(health, credential({ family: `model-${count}` }, NOW + HOUR + count), "a", NOW);
      if (count % 4 === 0) health = afterFault(health, credential("key", NOW + HOUR + count), `key-${count}`, NOW);
    }
    expect(Object.keys(health.keys).length).toBeLessThanOrEqual(200);
    expect(Object.keys(health.keys.a?.families ?? {}).length).toBeLessThanOrEqual(32);
    expect(JSON.stringify(health).length).toBeLessThan(60_000);
  });

  test("enough successes leave nothing but notes, so that they stop costing writes", () => {
    fc.assert(
      fc.property(steps, (list) => {
        const played = play(list);
        let health = played.health;
        const later = played.now + 9 * DAY;
        for (let count = 0; count < 10; count++) for (const key of KEYS) health = afterSuccess(health, key, later);
        for (const key of KEYS) expect(afterSuccess(health, key, later)).toBe(health);
        expect(temporaryStates(health, later)).toEqual([]);
      }),
    );
  });
});
