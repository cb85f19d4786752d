import { describe, expect, test } from "vitest";
import { en } from "../../admin/src/locale/en.ts";
import { formatsFor } from "../../admin/src/locale/format.ts";
import { accountState } from "../../admin/src/pages/accounts/account-state.ts";
import { tightestBudget } from "../../admin/src/pages/keys/budget.ts";
import { KEY_FILTERS } from "../../admin/src/pages/keys/filters.ts";
import { keyLimits, keyState } from "../../admin/src/pages/keys/key-state.ts";
import { REQUEST_FILTERS } from "../../admin/src/pages/requests/filters.ts";
import { outcomeFace } from "../../admin/src/pages/requests/outcome.ts";
import { healthFace } from "../../admin/src/shell/health-pill.tsx";
import { CLIENTS } from "../../scripts/relay/connect/clients/clients.ts";
import { ACCOUNT_STATUSES, type AccountStatus } from "../../src/admin/accounts/schema.ts";
import { KEY_STATES, type KeyState } from "../../src/gate/standing.ts";
import { OUTCOMES } from "../../src/store/schema.ts";

const format = formatsFor("en", en.units, "UTC");
const NOW = Date.parse("2026-11-21T12:00:00Z");
const LATER = "2026-11-28T12:00:00Z";

const OPEN = {
  expires_at: null,
  concurrency_limit: null,
  rate_limit_requests: null,
  rate_limit_window_minutes: null,
  activation_days: null,
  activation_hours: null,
  rate_limit_tokens: null,
  rate_limit_cost_usd: null,
  daily_cost_limit_usd: null,
  weekly_cost_limit_usd: null,
  total_cost_limit_usd: null,
  token_limit: null,
  bound_account_id: null,
  bound_group_id: null,
  permissions: [],
  allowed_models: [],
  denied_models: [],
  allowed_clients: [],
  allowed_ips: [],
};

describe("a key's state", () => {
  test.each<[KeyState | "deleted" | "unknown", string, string]>([
    ["active", "Active", "ok"],
    ["budget_used", "Budget used up", "bad"],
    ["window_full", "Window full", "warn"],
    ["expired", "Expired", "warn"],
    ["disabled", "Disabled", "off"],
    ["deleted", "Deleted", "off"],
    ["unknown", "Not known yet", "off"],
  ])("%s is said as %s", (state, text, tone) => {
    expect(keyState({ state, state_limit: null, state_until: null }, format)).toEqual({ text, tone, why: undefined });
  });

  test("has words for every state that the relay knows, and only one of them is green", () => {
    const faces = KEY_STATES.map((state) => keyState({ state, state_limit: null, state_until: null }, format));
    expect(faces.filter(({ tone }) => tone === "ok").map(({ text }) => text)).toEqual(["Active"]);
    expect(KEY_FILTERS.status.choices.map(([state]) => state).sort()).toEqual([...KEY_STATES, "deleted"].sort());
  });

  test("names the limit and its end", () => {
    const used = { state: "budget_used", state_limit: "daily_cost", state_until: LATER } as const;
    expect(keyState(used, format).why).toBe("Dollars a day, until 28 Nov 2026, 12:00");
  });
});

describe("a key's budget", () => {
  const spent = { today_cost_usd: "4", week_cost_usd: "9", total_cost_usd: "9" };
  const budgets = { daily_cost_limit_usd: "5", weekly_cost_limit_usd: "10", total_cost_limit_usd: "100" };

  test("is the one that is nearest to its end", () => {
    expect(tightestBudget({ ...spent, ...budgets })).toMatchObject({
      of: "week",
      used: "9",
      limit: "10",
      share: 0.9,
    });
  });

  test("is none where none was set", () => {
    const none = { daily_cost_limit_usd: null, weekly_cost_limit_usd: null, total_cost_limit_usd: null };
    expect(tightestBudget({ ...spent, ...none })).toBeNull();
  });
});

describe("a key's limits", () => {
  test("says so when there are none", () => {
    expect(keyLimits(OPEN, NOW, format)).toBe("No limits");
  });

  test("names its budgets first", () => {
    const key = { ...OPEN, daily_cost_limit_usd: "5", total_cost_limit_usd: "50", concurrency_limit: 2 };
    expect(keyLimits(key, NOW, format)).toBe("$5.00 a day · $50.00 in total · 2 at a time");
  });

  test("lists what is limited", () => {
    const key = { ...OPEN, concurrency_limit: 2, rate_limit_requests: 1_000, rate_limit_window_minutes: 60 };
    expect(keyLimits({ ...key, expires_at: LATER }, NOW, format)).toBe(
      "2 at a time · 1,000 per 60 min · until 28 Nov 2026, 12:00",
    );
  });

  test("never calls a key unlimited that the API has limited", () => {
    expect(keyLimits({ ...OPEN, rate_limit_cost_usd: "5" }, NOW, format)).toBe("1 more limit");
    expect(keyLimits({ ...OPEN, concurrency_limit: 1, allowed_ips: ["::1"], token_limit: 9 }, NOW, format)).toBe(
      "1 at a time · 2 more limits",
    );
  });
});

describe("an account's state", () => {
  const aside = (scope: "account" | "key" | "family", until: string | null) => ({
    scope,
    key: null,
    family: null,
    condition: "rate_limit",
    reason: "Too many requests",
    until,
  });
  const state = (
    status: Parameters<typeof accountState>[0]["status"],
    until: string | null = null,
    ...states: ReturnType<typeof aside>[]
  ) => {
    const status_reason = until === null && states.length === 0 ? null : "Too many requests";
    const status_condition = status_reason && "rate_limited";
    return accountState(
      { status, status_condition, status_reason, status_until: until, temporary_states: states },
      format,
    );
  };

  test.each<[AccountStatus, string, string]>([
    ["ok", "OK", "ok"],
    ["untested", "Untested", "off"],
    ["limited", "Limited", "warn"],
    ["cooling_down", "Cooling down", "warn"],
    ["sign_in_needed", "Sign-in needed", "bad"],
    ["disabled", "Out of service", "bad"],
    ["paused", "Paused", "off"],
    ["expired", "Expired", "bad"],
  ])("%s is said as %s", (status, text, tone) => {
    expect(state(status)).toEqual({ text, tone, why: undefined });
  });

  test("is green in one case only, and every case has its own words", () => {
    const faces = ACCOUNT_STATUSES.map((status) => state(status));
    expect(faces.filter(({ tone }) => tone === "ok").map(({ text }) => text)).toEqual(["OK"]);
    expect(new Set(faces.map(({ text }) => text)).size).toBe(ACCOUNT_STATUSES.length);
  });

  test("says until when it is limited, and why", () => {
    const limited = state("limited", "2026-11-21T14:00:00Z", aside("account", "2026-11-21T14:00:00Z"));
    expect(limited).toMatchObject({ text: "Limited until 21 Nov 2026, 14:00", why: "Too many requests" });
    expect(limited.until).toBe("2026-11-21T14:00:00Z");
  });

  test("tells why single keys have stepped aside while it is in use", () => {
    expect(state("ok", null, aside("key", LATER))).toMatchObject({ tone: "ok", why: "Too many requests" });
  });
});

describe("the health of all accounts", () => {
  const face = (...statuses: AccountStatus[]) => healthFace(statuses.map((status) => ({ status })));

  test("counts those that can serve among those that should", () => {
    expect(face("ok", "untested", "paused")).toEqual({ tone: "ok", text: "2 accounts healthy" });
    expect(face("ok", "limited", "expired")).toEqual({ tone: "warn", text: "1 of 3 accounts healthy" });
  });

  test("says so where none can, or there is none", () => {
    expect(face("sign_in_needed", "paused").text).toBe("No account can serve");
    expect(face("paused").text).toBe("No account can serve");
    expect(face().text).toBe("No accounts yet");
  });
});

describe("an outcome", () => {
  test("is good only when the request completed and was not an error", () => {
    expect(outcomeFace("completed", 200).tone).toBe("ok");
    expect(outcomeFace("completed", 400).tone).toBe("bad");
    expect(outcomeFace("client_left", 499).tone).toBe("warn");
    expect(outcomeFace("upstream_broke", 200).tone).toBe("bad");
  });

  test("has words for every outcome that the relay knows", () => {
    for (const outcome of OUTCOMES) {
      expect(outcomeFace(outcome, 200).text).not.toBe(outcome);
      expect(outcomeFace(outcome, 200).text).not.toContain("_");
    }
  });

  test("can be filtered for, whichever it is", () => {
    expect(REQUEST_FILTERS.outcome.choices.map(([outcome]) => outcome).sort()).toEqual([...OUTCOMES].sort());
  });

  test("is shown by its own name where it is new to the console", () => {
    expect(outcomeFace("moved_elsewhere", 200).text).toBe("moved elsewhere");
  });
});

describe("lines to paste", () => {
  const key = `cr_${"ab".repeat(32)}`;
  const linesOf = (id: string) =>
    CLIENTS.find((client) => client.id === id)
      ?.shown("https://relay.example", key)
      .map(({ text }) => text) ?? [];

  test("carry the key and the address, for every client", () => {
    for (const { id } of CLIENTS) {
      expect(linesOf(id).join("\n"), id).toContain(key);
      expect(linesOf(id).join("\n"), id).toContain("https://relay.example/");
    }
  });

  test("curl carries the key, and a body that is JSON", () => {
    const [lines = ""] = linesOf("curl");
    expect(lines).toContain("https://relay.example/api/v1/messages");
    expect(lines).toContain(`"x-api-key: ${key}"`);
    const body: unknown = JSON.parse(/-d '(.*)'$/.exec(lines)?.[1] ?? "");
    expect(body).toMatchObject({ stream: true, messages: [{ role: "user" }] });
  });

  test("Claude Code gets the base URL without /v1, which it adds itself", () => {
    expect(linesOf("claude")).toEqual([
      `export ANTHROPIC_BASE_URL=https://relay.example/api\nexport ANTHROPIC_AUTH_TOKEN=${key}\nclaude`,
    ]);
  });

  test("files in JSON are JSON", () => {
    expect(JSON.parse(linesOf("droid")[0] ?? "")).toMatchObject({ customModels: [{ apiKey: key }] });
    expect(JSON.parse(linesOf("opencode")[0] ?? "")).toMatchObject({ provider: { anthropic: {}, openai: {} } });
  });
});
