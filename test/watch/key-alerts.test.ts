/** What befalls a key, and its end, arrives at every channel in its service's own form, once. */
import { runDurableObjectAlarm } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeAll, beforeEach, expect, it, vi } from "vitest";
import { asAdmin, signIn } from "../admin/client.ts";
import { eventually } from "../eventually.ts";
import { ESTIMATE, failing, INPUT, keyWith } from "../gate/key.ts";
import { entry } from "../store/rows.ts";
import { at, beginAnew, expectOnce, makeChannels, served, watchAt } from "./provoked.ts";

beforeAll(async () => {
  await signIn();
  await makeChannels();
});
beforeEach(() => beginAnew());
afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

const made = async (policy: object) => {
  const { body } = await asAdmin("POST", "/admin/api-keys", { name: "bob", ...policy });
  return { id: body.id, gate: env.GATE.getByName(body.id) };
};
/** Books one request of so much, in dollars, and flushes. */
const spend = async ({ id, gate }: Awaited<ReturnType<typeof made>>, usd: number, leaseId: string) => {
  const admitted = await gate.admit(id, { ...INPUT, leaseId, estimate: { ...ESTIMATE, id: leaseId } });
  if (!admitted.ok) throw new Error(JSON.stringify(admitted.refusal));
  const spent = entry(Date.now(), { id: leaseId, costNanos: usd * 1e9 });
  await gate.settle(id, [{ leaseId, grant: admitted.value.grant, entry: spent, session: null }]);
  await gate.flush();
};

it("a key near its budget, and then at its end, is told by its gate's flush, once each", async () => {
  const bob = await made({ daily_cost_limit_usd: "10" });
  await spend(bob, 6, "r1");
  await spend(bob, 2.4, "r2");
  await eventually(() =>
    expectOnce("key_limit_near", /^Key bob has used 80 % of its daily budget\nIt begins anew at /),
  );
  await spend(bob, 0.2, "r3");
  await spend(bob, 2, "r4");
  await eventually(() =>
    expectOnce("key_limit_reached", /^Key bob has used up its daily budget\nIt is refused until /),
  );
  await watchAt(at(25));
  expectOnce("key_limit_near", /used 80 %/);
  expectOnce("key_limit_reached", /used up its daily budget/);
  expect(served.arrived.filter(({ text }) => text.includes("60 %") || text.includes("85 %"))).toEqual([]);
});

it("a key whose gate died between its flush and its word is told by the cron", async () => {
  const carol = await made({ total_cost_limit_usd: "1" });
  await env.DB.prepare("UPDATE api_keys SET name = 'carol' WHERE id = ?").bind(carol.id).run();
  await spend(carol, 0.95, "r5");
  await eventually(() => expectOnce("key_limit_near", /^Key carol has used 95 % of its total budget/));
  // As if nobody had ever been told.
  await env.DB.batch(
    ["alert_episodes", "alerts", "alert_outbox"].map((table) => env.DB.prepare(`DELETE FROM ${table}`)),
  );
  served.arrived.length = 0;
  for (const hours of [0, 1]) await watchAt(at(25, hours));
  expectOnce("key_limit_near", /^Key carol has used 95 % of its total budget\nIt does not begin anew/);
});

it("a key of which D1 refuses an entry while it takes the others is told once, whatever is booked behind it", async () => {
  const { body } = await asAdmin("POST", "/admin/api-keys", { name: "odd" });
  const { id } = body;
  const gate = env.GATE.getByName(id);
  const settle = async (leaseId: string, more: object = {}) => {
    const estimate = { ...ESTIMATE, id: `${id}-${leaseId}` };
    const admitted = await gate.admit(id, { ...INPUT, leaseId, estimate });
    if (!admitted.ok) throw new Error("refused");
    const booked = { ...entry(Date.now()), id: `${id}-${leaseId}`, ...more };
    await gate.settle(id, [{ leaseId, grant: admitted.value.grant, entry: booked, session: null }]);
  };
  for (const round of [1, 2]) {
    await settle(`good-${round}`);
    // What no version of the relay books: the table itself refuses it.
    await settle(`odd-${round}`, { durationMs: null });
    await settle(`good-too-${round}`);
    await runDurableObjectAlarm(gate);
  }
  await eventually(() => expectOnce("booking_refused", /^.*odd/));
  await watchAt(Date.now() + 5 * 60_000);
  expectOnce("booking_refused", /^.*odd/);
  const logged = env.DB.prepare("SELECT count(*) AS n FROM requests WHERE key_id = ?").bind(id);
  expect(await logged.first("n")).toBe(4);
});

it("a key whose flush fails again and again is told, and that it works again", async () => {
  const key = await keyWith();
  await failing(key.gate, "before", Number.POSITIVE_INFINITY);
  await key.use(1);
  for (let times = 0; times < 7; times++) await runDurableObjectAlarm(key.gate);
  await eventually(() =>
    expectOnce("flush_failing", /cannot be written to D1\n[5-7] tries have failed; the next is at /),
  );
  await failing(key.gate, "before", 0);
  await runDurableObjectAlarm(key.gate);
  await eventually(() => expectOnce("flush_failing", /^Over: What key \? has used cannot be written/, "recovered"));
});
