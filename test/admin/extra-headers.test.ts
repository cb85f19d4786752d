import { describe, expect, it } from "vitest";
import { extraHeaders } from "../../src/admin/accounts/extra-headers.ts";

function checkExtraHeaders(headers: Record<string, string>) {
  const { success, data } = extraHeaders.safeParse(headers);
  return { ok: success, value: data };
}

describe("extra headers of an account", () => {
  it("keeps ordinary ones, with lower-case names", () => {
    const headers = { "X-Team": "red one", "anthropic-beta": "context-1m", "cf-aig-cache-ttl": "60" };
    expect(checkExtraHeaders(headers)).toEqual({
      ok: true,
      value: { "x-team": "red one", "anthropic-beta": "context-1m", "cf-aig-cache-ttl": "60" },
    });
  });

  it.each([
    "host",
    "Content-Length",
    "transfer-encoding",
    "connection",
    "proxy-connection",
    "te",
    "upgrade",
    "accept-encoding",
    "x-forwarded-for",
    "cf-connecting-ip",
    "authorization",
    "Proxy-Authorization",
    "cf-aig-authorization",
    "x-api-key",
    "x-goog-api-key",
    "apikey",
    "cookie",
    "with space",
    "colon:",
    "",
    "ünïcode",
  ])("refuses the name %j", (name) => expect(checkExtraHeaders({ [name]: "x" }).ok).toBe(false));

  it.each(["", " x", "x ", "a\r\nb", "a\nb", "a\0b", "é", "x".repeat(3_000)])("refuses the value %j", (value) =>
    expect(checkExtraHeaders({ "x-team": value }).ok).toBe(false),
  );

  it("refuses one name in two spellings, and more than thirty", () => {
    expect(checkExtraHeaders({ "X-A": "1", "x-a": "2" }).ok).toBe(false);
    const many = Object.fromEntries(Array.from({ length: 31 }, (_, index) => [`x-${index}`, "1"]));
    expect(checkExtraHeaders(many).ok).toBe(false);
  });
});
