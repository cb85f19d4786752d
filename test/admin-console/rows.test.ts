import { describe, expect, test } from "vitest";
import { en } from "../../admin/src/locale/en.ts";
import { formatsFor } from "../../admin/src/locale/format.ts";
import { accountState } from "../../admin/src/pages/accounts/account-state.ts";
import { keyLimits, keyState } from "../../admin/src/pages/keys/key-state.ts";
import { CLIENTS } from "../../admin/src/pages/keys/snippets.ts";
import { REQUEST_FILTERS } from "../../admin/src/pages/requests/filters.ts";
import { outcomeFace } from "../../admin/src/pages/requests/outcome.ts";
import { OUTCOMES } from "../../src/store/schema.ts";

const format = formatsFor("en", en.units, "UTC");
const NOW = Date.parse("2026-11-21T12:00:00Z");
const BEFORE = "2026-11-21T11:59:59Z";
const LATER = "2026-11-28T12:00:00Z";

const OPEN = {
  enabled: true,
  expires_at: null,
  deleted_at: null,
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
  test.each([
    [{}, "Active"],
    [{ enabled: false }, "Disabled"],
    [{ expires_at: LATER }, "Active"],
    [{ expires_at: BEFORE }, "Expired"],
    [{ expires_at: BEFORE, enabled: false }, "Disabled"],
    [{ deleted_at: BEFORE, enabled: false }, "Deleted"],
  ])("%j is %s", (change, text) => {
    expect(keyState({ ...OPEN, ...change }, NOW).text).toBe(text);
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
    return accountState({ status, status_reason, status_until: until, temporary_states: states }, format);
  };

  test("is the one that the relay reports, and never a green one where it is not in use", () => {
    expect(state("ok")).toEqual({ text: "OK", tone: "ok", why: undefined });
    expect(state("paused")).toMatchObject({ text: "Paused", tone: "off" });
    expect(state("expired")).toMatchObject({ text: "Expired", tone: "bad" });
    expect(state("disabled", null, aside("account", null))).toEqual({
      text: "Out of service",
      tone: "bad",
      why: "Too many requests",
    });
  });

  test("says until when it is limited, where the relay says that", () => {
    expect(state("limited", "2026-11-21T13:00:00Z").text).toBe("Limited until 21 Nov 2026, 13:00");
    expect(state("cooling_down", "2026-11-21T14:00:00Z").text).toBe("Limited until 21 Nov 2026, 14:00");
    expect(state("limited").text).toBe("Limited");
  });

  test("tells why single keys have stepped aside while it is in use", () => {
    expect(state("ok", null, aside("key", LATER))).toMatchObject({ tone: "ok", why: "Too many requests" });
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
      ?.lines("https://relay.example", key)
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
    expect(linesOf("claude-code")).toEqual([
      `export ANTHROPIC_BASE_URL=https://relay.example/api\nexport ANTHROPIC_AUTH_TOKEN=${key}\nclaude`,
    ]);
  });

  test("files in JSON are JSON", () => {
    expect(JSON.parse(linesOf("droid")[0] ?? "")).toMatchObject({ customModels: [{ apiKey: key }] });
    expect(JSON.parse(linesOf("opencode")[0] ?? "")).toMatchObject({ provider: { anthropic: {}, openai: {} } });
  });
});
