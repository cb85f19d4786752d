import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import type { Entry } from "../../src/store/entry.ts";
import { NO_USAGE } from "../../src/vocabulary.ts";
import { asAdmin } from "./client.ts";

const HOUR = 3_600_000;

const create = async (fields: object = {}) =>
  (await asAdmin("POST", "/admin/api-keys", { name: "a key", ...fields })).body;
const extend = (id: string, fields: object) => asAdmin("POST", `/admin/api-keys/${id}/extend`, fields);
const live = (id: string) => asAdmin("GET", `/admin/api-keys/${id}/live`);

let leases = 0;

/** A first use, as the relay does it; answers the lease. */
async function use(id: string): Promise<string> {
  const leaseId = `req_${leases++}`;
  const ask = {
    leaseId,
    platforms: ["anthropic"] as const,
    model: "claude-opus-4-8",
    client: "claude_code",
    userAgent: "",
    ip: null,
    takesLease: true,
    session: null,
    worstNanos: 0,
    worstTokens: 0,
    responseId: null,
    estimate: null,
    settlements: [],
  };
  expect((await env.GATE.getByName(id).admit(id, ask)).ok).toBe(true);
  return leaseId;
}

const ENTRY: Omit<Entry, "id" | "time"> = {
  accountId: "acc_1",
  platform: "anthropic",
  client: "claude_code",
  protocol: "anthropic",
  upstreamProtocol: "anthropic",
  model: "claude-opus-4-8",
  status: 200,
  outcome: "completed",
  stream: true,
  usage: { ...NO_USAGE, input: 10, cacheWrite5m: 20, cacheWrite1h: 30, cacheRead: 40, output: 50, reasoning: 5 },
  costNanos: 1_234_567_890,
  unpriced: false,
  priceMode: "standard",
  estimated: false,
  ttftMs: 1,
  durationMs: 2,
  attempts: [],
};

describe("extending a key", () => {
  it("adds to an expiry that lies ahead, in days or hours, at the gate too", async () => {
    const { id } = await create({ expires_at: "2099-01-01T00:00:00Z" });
    expect((await extend(id, { days: 2 })).body.expires_at).toBe("2099-01-03T00:00:00.000Z");
    expect((await extend(id, { hours: 5 })).body.expires_at).toBe("2099-01-03T05:00:00.000Z");
    expect((await env.GATE.getByName(id).report(id))?.expiresAt).toBe(Date.parse("2099-01-03T05:00:00Z"));
  });

  it("counts from now where the expiry has passed", async () => {
    const { id } = await create({ expires_at: "2020-01-01T00:00:00Z" });
    const before = Date.now();
    const expiry = Date.parse(String((await extend(id, { hours: 1 })).body.expires_at));
    expect(expiry).toBeGreaterThanOrEqual(before + HOUR);
    expect(expiry).toBeLessThanOrEqual(Date.now() + HOUR);
  });

  it("lengthens a lifetime that has not begun", async () => {
    const { id } = await create({ activation_days: 3 });
    const { body } = await extend(id, { hours: 5 });
    expect(body).toMatchObject({ expires_at: null, activation_days: null, activation_hours: 77 });
  });

  it("adds to the end of a lifetime that has begun, which only the gate knows", async () => {
    const { id } = await create({ activation_hours: 10 });
    await use(id);
    const began = (await env.GATE.getByName(id).report(id))?.expiresAt ?? 0;
    const { body } = await extend(id, { hours: 2 });
    expect(body).toMatchObject({ expires_at: new Date(began + 2 * HOUR).toISOString(), activation_hours: 10 });
    expect((await live(id)).body.expires_at).toBe(body.expires_at);
  });

  it("changes nothing where there is nothing to extend, or nobody to ask", async () => {
    const forever = await create();
    expect((await extend(forever.id, { days: 1 })).status).toBe(409);
    const gone = await create({ activation_days: 1 });
    await asAdmin("DELETE", `/admin/api-keys/${gone.id}`);
    expect((await extend(gone.id, { days: 1 })).status).toBe(409);
    expect((await extend("0".repeat(32), { days: 1 })).status).toBe(404);
    const { id } = await create({ activation_days: 1 });
    const GATE = { getByName: () => ({ report: () => Promise.reject(new Error("moved")) }) } as unknown as Env["GATE"];
    const unreachable = await asAdmin("POST", `/admin/api-keys/${id}/extend`, { days: 1 }, { GATE });
    expect([unreachable.status, unreachable.body.error.type]).toEqual([503, "gate_unreachable"]);
    expect((await asAdmin("GET", `/admin/api-keys/${id}`)).body.activation_days).toBe(1);
  });

  it.each([{}, { days: 1, hours: 1 }, { days: 0 }, { hours: 1.5 }, { weeks: 1 }])("refuses %j", async (fields) => {
    const { id } = await create({ activation_days: 1 });
    expect((await extend(id, fields)).status).toBe(400);
  });
});

describe("live figures", () => {
  it("come from the gate: in flight, this window, today, this week, in total", async () => {
    const { id } = await create({ rate_limit_window_minutes: 60, rate_limit_requests: 10, activation_days: 1 });
    const before = (await live(id)).body;
    expect(before).toMatchObject({ in_flight: 0, activated_at: null, expires_at: null, unflushed: 0 });

    const leaseId = await use(id);
    await use(id);
    const time = Date.now();
    await env.GATE.getByName(id).settle(id, [
      { leaseId, grant: 0, entry: { ...ENTRY, id: leaseId, time }, session: null },
    ]);
    const { status, body } = await live(id);
    expect(status).toBe(200);
    const money = { cost_usd: "1.23456789" };
    expect(body).toMatchObject({
      in_flight: 1,
      window: { requests: 2, tokens: 150, ...money },
      today: money,
      week: money,
      total: { requests: 1, tokens: 150, ...money },
      unflushed: 1,
      quarantined: 0,
    });
    const { window, today, week, activated_at, expires_at } = body as unknown as {
      window: { resets_at: string };
      today: { resets_at: string };
      week: { resets_at: string };
      activated_at: string;
      expires_at: string;
    };
    expect(Date.parse(expires_at) - Date.parse(activated_at)).toBe(24 * HOUR);
    expect(Date.parse(window.resets_at) - Date.parse(activated_at)).toBeLessThanOrEqual(HOUR);
    expect(today.resets_at).toMatch(/T00:00:00\.000Z$/);
    expect(Date.parse(week.resets_at)).toBeGreaterThanOrEqual(Date.parse(today.resets_at));
  });

  it("have no window where the key has none", async () => {
    const { id } = await create();
    expect((await live(id)).body.window).toBeNull();
  });

  it("are refused of a deleted key, of none, and while the gate does not answer", async () => {
    const { id } = await create();
    const GATE = { getByName: () => ({ report: () => Promise.reject(new Error("moved")) }) } as unknown as Env["GATE"];
    expect((await asAdmin("GET", `/admin/api-keys/${id}/live`, undefined, { GATE })).status).toBe(503);
    await asAdmin("DELETE", `/admin/api-keys/${id}`);
    expect((await live(id)).status).toBe(409);
    expect((await live("0".repeat(32))).status).toBe(404);
  });
});
