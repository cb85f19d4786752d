import { describe, expect, test } from "vitest";
import { accountInput } from "../../admin/src/pages/accounts/account-input.ts";
import { type KeyFormValues, keyInput } from "../../admin/src/pages/keys/key-input.ts";

const NOW = Date.parse("2026-11-21T12:00:00Z");
const EMPTY: KeyFormValues = {
  name: "laptop",
  description: "",
  concurrency: "",
  requests: "",
  windowMinutes: "60",
  expiry: "never",
  expiryDate: "",
};

function made(values: Partial<KeyFormValues>) {
  const input = keyInput({ ...EMPTY, ...values }, NOW);
  if (!input.ok) throw new Error(JSON.stringify(input.errors));
  return input.value;
}

function refused(values: Partial<KeyFormValues>) {
  const input = keyInput({ ...EMPTY, ...values }, NOW);
  return input.ok ? [] : Object.keys(input.errors);
}

describe("a new key", () => {
  test("has no limits where none were entered", () => {
    expect(made({ name: "  laptop " })).toEqual({ name: "laptop" });
  });

  test("takes the limits as numbers", () => {
    expect(made({ concurrency: " 3 ", requests: "200", windowMinutes: "5", description: " for Mira " })).toEqual({
      name: "laptop",
      description: "for Mira",
      concurrency_limit: 3,
      rate_limit_requests: 200,
      rate_limit_window_minutes: 5,
    });
  });

  test("ignores a window that limits nothing", () => {
    expect(made({ windowMinutes: "nonsense" })).toEqual({ name: "laptop" });
  });

  test("refuses requests without a window", () => {
    expect(refused({ requests: "5", windowMinutes: " " })).toEqual(["rate_limit_window_minutes"]);
  });

  test.each(["0", "-1", "1.5", "1e3", "ten", "1 000", "9999999999999999999"])("refuses %j as a count", (text) => {
    expect(refused({ concurrency: text })).toEqual(["concurrency_limit"]);
    expect(refused({ requests: text })).toEqual(["rate_limit_requests"]);
    expect(refused({ requests: "1", windowMinutes: text })).toEqual(["rate_limit_window_minutes"]);
  });

  test("needs a name", () => {
    expect(refused({ name: "   " })).toEqual(["name"]);
  });

  test("counts days of expiry from now", () => {
    expect(made({ expiry: "7" }).expires_at).toBe("2026-11-28T12:00:00.000Z");
  });

  test("reads a chosen date in the reader's own time zone, and only a future one", () => {
    const local = "2031-01-02T03:04";
    expect(made({ expiry: "date", expiryDate: local }).expires_at).toBe(new Date(2031, 0, 2, 3, 4).toISOString());
    expect(refused({ expiry: "date", expiryDate: "2020-01-01T00:00" })).toEqual(["expires_at"]);
    expect(refused({ expiry: "date", expiryDate: "" })).toEqual(["expires_at"]);
  });
});

describe("a new account", () => {
  const values = { name: " team ", baseUrl: " https://api.anthropic.com ", apiKey: " sk-1 " };

  test("is an Anthropic account with one key", () => {
    expect(accountInput(values)).toEqual({
      ok: true,
      value: {
        name: "team",
        platform: "anthropic",
        kind: "api-key",
        base_url: "https://api.anthropic.com",
        api_key: "sk-1",
      },
    });
  });

  test.each(["", "api.anthropic.com", "ftp://host", "https://", "https:// host", "javascript:alert(1)"])(
    "refuses the base URL %j",
    (baseUrl) => {
      const input = accountInput({ ...values, baseUrl });
      expect(input.ok ? [] : Object.keys(input.errors)).toEqual(["base_url"]);
    },
  );

  test("names everything that is missing at once", () => {
    const input = accountInput({ name: "", baseUrl: "", apiKey: " " });
    expect(input.ok ? [] : Object.keys(input.errors).sort()).toEqual(["api_key", "base_url", "name"]);
  });
});
