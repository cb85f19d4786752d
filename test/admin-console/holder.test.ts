/** What the page of a key's holder makes of a pasted text, and of the relay's answers. */
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { createHolder } from "../../admin/src/pages/me/holder.ts";
import { createMyKey, keyIn } from "../../admin/src/pages/me/key.ts";
import { usedLimits } from "../../admin/src/pages/me/used-limits.ts";
import { words } from "../../admin/src/pages/me/words.ts";
import { KEY_STATES } from "../../src/gate/standing.ts";
import type { LimitView } from "../../src/holder/quota.ts";

const KEY = `cr_${"0123456789abcdef".repeat(4)}`;

let sent: { url: string; init: RequestInit }[];
let answer: () => Response;
beforeEach(() => {
  sent = [];
  answer = () => Response.json({});
  vi.stubGlobal("fetch", async (url: string, init: RequestInit) => {
    sent.push({ url, init });
    return answer();
  });
});
afterEach(() => void vi.unstubAllGlobals());

describe("a pasted text", () => {
  test.each([
    ["the key", KEY],
    ["with spaces and a line's end", `  ${KEY}\n`],
    ["a line that sets it", `export ANTHROPIC_AUTH_TOKEN=${KEY}`],
    ["a line of a configuration", `  "apiKey": "${KEY}",`],
  ])("holds the key: %s", (_name, text) => expect(keyIn(text)).toBe(KEY));

  test.each([
    ["nothing", ""],
    ["a provider's key", "sk-ant-api03-0123456789abcdef"],
    ["a key that was cut off", KEY.slice(0, -1)],
    ["a key with more behind it", `${KEY}0`],
    ["a key inside of another word", `x${KEY}`],
  ])("holds none: %s", (_name, text) => expect(keyIn(text)).toBeNull());
});

describe("the key", () => {
  const stored = new Map<string, string>();
  const storage = {
    getItem: (name: string) => stored.get(name) ?? null,
    setItem: (name: string, value: string) => void stored.set(name, value),
    removeItem: (name: string) => void stored.delete(name),
  };
  beforeEach(() => stored.clear());

  test("is there again after a reload of the tab, and not after it was forgotten", () => {
    vi.stubGlobal("sessionStorage", storage);
    createMyKey().keep(KEY);
    const again = createMyKey();
    expect(again.current.value).toBe(KEY);
    again.forget();
    expect(createMyKey().current.value).toBeNull();
    expect(stored.size).toBe(0);
  });

  test("holds as long as the page where the browser stores nothing", () => {
    const shut = () => {
      throw new Error("denied");
    };
    vi.stubGlobal("sessionStorage", { getItem: shut, setItem: shut, removeItem: shut });
    const key = createMyKey();
    key.keep(KEY);
    expect(key.current.value).toBe(KEY);
    key.forget();
    expect(key.current.value).toBeNull();
  });

  test("goes along as a header, without the console's cookie, and stands in no address", async () => {
    const holder = createHolder(KEY, () => {});
    const { signal } = new AbortController();
    answer = () => Response.json({ items: [], next_cursor: null, from: "", to: "" });
    await Promise.all([holder.quota(signal), holder.totals(signal), holder.days(signal), holder.models(signal)]);
    await holder.requests("req_1");
    expect(sent.map(({ url }) => url)).toEqual([
      "/api/usage/quota",
      "/api/usage",
      "/api/usage/daily",
      "/api/usage/models",
      "/api/usage/requests?cursor=req_1",
    ]);
    for (const { init } of sent) expect(init).toMatchObject({ headers: { "x-api-key": KEY }, credentials: "omit" });
  });
});

describe("a refusal", () => {
  const refusal =
    (status: number, reason: string, headers = {}) =>
    () =>
      Response.json(
        { type: "error", error: { type: "x", message: "in the relay's own words" } },
        { status, headers: { "x-edge-relay-refusal": reason, ...headers } },
      );
  const told = async () => {
    const refused = vi.fn();
    const asked = await createHolder(KEY, refused).quota(new AbortController().signal);
    return { text: asked.ok ? "" : asked.problem.text, refused: refused.mock.calls.length };
  };

  test.each([
    [401, "key_invalid", 1],
    [401, "key_unknown", 1],
    [401, "key_disabled", 1],
    [403, "ip_denied", 1],
    [503, "gate_unavailable", 0],
  ] as const)(
    "%i %s has a sentence of the page's own; the key is taken back where it is at fault",
    async (status, reason, refused) => {
      answer = refusal(status, reason);
      expect(await told()).toEqual({ text: words.refusals[reason], refused });
    },
  );

  test("for asking too often says when to ask again, and leaves the key", async () => {
    answer = refusal(429, "figures_rate", { "retry-after": "7200" });
    expect(await told()).toEqual({ text: words.tooOften("in 2 hours"), refused: 0 });
    answer = refusal(429, "figures_rate");
    expect((await told()).text).toBe(words.tooOften(null));
  });

  test("that the page does not know is told in the relay's words", async () => {
    answer = refusal(400, "constructor");
    expect((await told()).text).toBe("in the relay's own words");
  });
});

test("every state of a key in which requests are refused has a sentence with its end", () => {
  for (const state of KEY_STATES) if (state !== "active") expect(words.standing[state]("in 3 hours")).toMatch(/\.$/);
  expect(words.standing.window_full("in 3 hours")).toContain("in 3 hours");
  expect(words.standing.budget_used("in 3 hours")).toContain("in 3 hours");
  expect(words.standing.budget_used(null)).toContain("for good");
});

test("limits stand in the order of the console's own page of a key", () => {
  const limit = (name: LimitView["name"], of: number | string): LimitView => {
    return {
      name,
      limit: of,
      used: of,
      remaining: 0,
      resets_at: name === "daily_cost_usd" ? "2026-11-27T00:00:00.000Z" : null,
    };
  };
  expect(
    usedLimits({ limits: [limit("concurrency", 2), limit("total_tokens", 9), limit("daily_cost_usd", "1.5")] }),
  ).toEqual([
    { name: "today", limit: "1.5", used: "1.5", money: true, resetsAt: "2026-11-27T00:00:00.000Z" },
    { name: "tokens", limit: 9, used: 9, money: false, resetsAt: null },
    { name: "inFlight", limit: 2, used: 2, money: false, resetsAt: null },
  ]);
});
