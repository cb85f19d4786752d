/** Settlements that ride on an admission: when they are stored, who is told, and what an object that dies takes along. */
import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, describe, expect, test, vi } from "vitest";
import type { AdmitInput } from "../../src/gate/rpc.ts";
import type { GateState } from "../../src/gate/state.ts";
import { OPEN_POLICY } from "../../src/keys/policy.ts";
import { INPUT, keyWith } from "./key.ts";

afterEach(() => vi.restoreAllMocks());

describe("what rode along", () => {
  // Asked within the object, where no timer comes between the answer and the look at what is stored.
  const carry = (key: Awaited<ReturnType<typeof keyWith>>, ask: Partial<AdmitInput>) =>
    runInDurableObject(key.gate, async (instance, ctx) => {
      const settlements = [key.settlement("a")];
      const answer = await instance.admit(key.id, { ...INPUT, leaseId: "carrier", settlements, ...ask });
      const stored = ctx.storage.kv.get<GateState>("state")?.pending.length;
      return { ok: answer.ok, tells: "stored" in answer, stored };
    });

  const NOT_LEASED: [string, Partial<AdmitInput>][] = [
    ["was cancelled", { leaseId: "cancelled" }],
    ["is refused", { model: "denied" }],
    ["uses nothing up", { takesLease: false }],
  ];
  test.each(NOT_LEASED)("with a request that %s is stored when that is answered", async (_, ask) => {
    const key = await keyWith({ deniedModels: ["denied"] });
    await key.admit("a");
    await key.gate.cancel(key.id, "cancelled");
    expect(await carry(key, ask)).toMatchObject({ ok: ask.takesLease === false, tells: false, stored: 1 });
  });

  test("with a request that is granted does not hold the answer back; a repetition is answered when it is stored", async () => {
    const key = await keyWith();
    await key.admit("a");
    expect(await carry(key, {})).toMatchObject({ ok: true, tells: true, stored: 0 });
    const stored = await runInDurableObject(key.gate, async (instance, ctx) => {
      await instance.settle(key.id, [key.settlement("a")]);
      return ctx.storage.kv.get<GateState>("state")?.pending.length;
    });
    expect(stored).toBe(1);
  });

  test.each(["soon", "by another write that comes first"])("is told to be stored when it is, %s", async (when) => {
    const key = await keyWith();
    await key.admit("a");
    const answer = await key.admit("b", { settlements: [key.settlement("a")] });
    if (when !== "soon") await key.gate.setPolicy(key.id, OPEN_POLICY, 2);
    await answer.stored?.();
    answer.stored?.[Symbol.dispose]?.();
    await evictDurableObject(key.gate);
    expect(await key.report()).toMatchObject({ leases: [{ id: "b" }], totals: { requests: 1 } });
  });

  test("is told of by one function for each write: whoever waits for that write already gets none", async () => {
    const key = await keyWith();
    const told = await runInDurableObject(key.gate, async (instance) => {
      for (const leaseId of ["a", "b", "c"]) await instance.admit(key.id, { ...INPUT, leaseId });
      const carry = (leaseId: string, rides: string, awaitedWrite?: string) =>
        instance.admit(key.id, {
          ...INPUT,
          leaseId,
          settlements: [key.settlement(rides)],
          ...(awaitedWrite !== undefined && { awaitedWrite }),
        });
      const first = await carry("d", "a");
      const second = await carry("e", "b", first.write);
      const other = await carry("f", "c", "of an earlier life");
      await first.stored?.();
      const later = await carry("g", "d", first.write);
      return [first, second, other, later].map(({ write, stored }) => [write === first.write, stored !== undefined]);
    });
    expect(told).toEqual([
      [true, true],
      [true, false],
      [true, true],
      [false, true],
    ]);
  });

  test.each(["another isolate's settlement", "its own isolate"])(
    "and died with its gate unstored is booked once when it is sent again: %s comes first",
    async (first) => {
      const key = await keyWith();
      await key.admit("a");
      await key.admit("other");
      let grant = 0;
      await runInDurableObject(key.gate, async (instance, ctx) => {
        const settlements = [key.settlement("a")];
        const answer = await instance.admit(key.id, { ...INPUT, leaseId: "carrier", settlements });
        if (answer.ok) ({ grant } = answer.value);
        ctx.abort("struck");
      }).catch(() => undefined);
      const gate = env.GATE.getByName(key.id);
      const [a, other, carrier] = ["a", "other", "carrier"].map((leaseId) => key.settlement(leaseId));
      if (!a || !other || !carrier) throw new Error("there are three");
      const calls = [[other], [a], [a, { ...carrier, grant }]];
      if (!first.startsWith("another")) calls.reverse();
      for (const settlements of calls) await gate.settle(key.id, settlements);
      expect(await gate.report(key.id)).toMatchObject({ leases: [], totals: { requests: 3, costNanos: 33 } });
      await gate.flush();
      expect(await key.summed()).toMatchObject({ requests: 3, cost: 33 });
    },
  );
});
