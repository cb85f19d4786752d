/**
 * A settlement may wait for the next request of its key: who sends it, when, and that it is booked once whatever happens
 * to the invocation that has it.
 */
import { env } from "cloudflare:workers";
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { KeyGate } from "../../src/gate/gate.ts";
import { settleSoon } from "../../src/gate/pending-settlements.ts";
import type { AdmitInput, Settlement } from "../../src/gate/rpc.ts";
import { eventually } from "../eventually.ts";
import { streamOf } from "../front/messages.ts";
import { ENTRY } from "../gate/key.ts";
import { ask, asked, behave, makeAccount, makeKey, report, rows, until } from "./relay-in-process.ts";

let key: { id: string; key: string };

beforeAll(async () => {
  await makeAccount();
});
beforeEach(async () => {
  key = await makeKey();
  behave({ chunks: streamOf(["a ", "b "]) });
});
afterEach(() => vi.restoreAllMocks());

type Admitting = (
  real: () => ReturnType<KeyGate["admit"]>,
  ask: AdmitInput,
  gate: KeyGate,
) => ReturnType<KeyGate["admit"]>;

/**
 * Watches the calls to the gate of this test's key: the keys of tests before it may have settlements that still wait.
 * `admitting` may change what an admission does.
 */
function watch(admitting?: Admitting) {
  const { admit, settle } = KeyGate.prototype;
  const admits: number[] = [];
  const settles: number[] = [];
  vi.spyOn(KeyGate.prototype, "admit").mockImplementation(function (this: KeyGate, keyId, asking) {
    const real = () => admit.call(this, keyId, asking);
    if (keyId !== key.id) return real();
    admits.push(asking.settlements.length);
    return admitting ? admitting(real, asking, this) : real();
  });
  vi.spyOn(KeyGate.prototype, "settle").mockImplementation(function (this: KeyGate, keyId, settlements) {
    if (keyId === key.id) settles.push(settlements.length);
    return settle.call(this, keyId, settlements);
  });
  return { admits, settles };
}

/** Admissions say that a settlement may wait this long. */
const patient = (settleWithinMs: number) => async (real: () => ReturnType<KeyGate["admit"]>) => {
  const admission = await real();
  return admission.ok ? { ...admission, value: { ...admission.value, settleWithinMs } } : admission;
};

/** Gates die when an admission has been answered and nothing is stored of what rode along. */
const mortal: Admitting = async (real, { settlements }, gate) => {
  const { ctx } = gate as unknown as { ctx: DurableObjectState };
  const rode = settlements.length > 0;
  if (rode) Object.defineProperty(ctx.storage, "put", { configurable: true, value: async () => undefined });
  const answer = await real();
  return rode ? { ...answer, stored: async () => ctx.abort("struck") } : answer;
};

const whole = async (options?: Parameters<typeof ask>[1]) => (await ask(key.key, options)).text();

describe("a settlement", () => {
  test("rides on the next request of its key: one call to the gate for each request", async () => {
    const { admits, settles } = watch();
    for (let turn = 0; turn < 4; turn++) await whole();
    expect({ admits, settles }).toEqual({ admits: [0, 1, 1, 1], settles: [] });
    expect(await report(key.id)).toMatchObject({ leases: [], totals: { requests: 4 } });
    expect(await rows(key.id)).toHaveLength(4);
  });

  test("goes alone when its time is over, and takes along what waits beside it", async () => {
    const { settles } = watch(patient(400));
    await Promise.all([whole(), whole(), whole()]);
    await until(() => settles.length > 0);
    await scheduler.wait(600);
    expect(settles.reduce((sum, count) => sum + count)).toBe(3);
    expect(await report(key.id)).toMatchObject({ totals: { requests: 3 } });
  });

  test("waits for nobody where a place in flight counts", async () => {
    key = await makeKey({ concurrency_limit: 1 });
    const { settles } = watch();
    await whole();
    await until(() => settles.length === 1);
    expect((await ask(key.key)).status).toBe(200);
  });

  test("is in the key holder's own figures at once", async () => {
    await whole();
    const response = await import("cloudflare:workers").then(({ exports }) =>
      exports.default.fetch(new Request("https://relay.test/api/usage", { headers: { "x-api-key": key.key } })),
    );
    expect(await response.json()).toMatchObject({ requests: 1 });
  });

  test("that rode on an admission nobody answered is sent by that request's own invocation", async () => {
    vi.spyOn(console, "error").mockImplementation(() => undefined);
    let away = false;
    const { admits, settles } = watch((real) => (away ? Promise.reject(new Error("the object is away")) : real()));
    await whole();
    away = true;
    expect((await ask(key.key)).status).toBe(503);
    await until(() => settles.length === 1);
    expect(admits).toEqual([0, 1, 1, 1]);
    expect(await rows(key.id)).toHaveLength(1);
  });

  describe("that rode along, and whose gate dies before it is stored,", () => {
    test.each(["completed", "client_left", "upstream_error"])(
      "is sent again at once, though nobody asks again; the request that took it along ends as %s",
      async (outcome) => {
        vi.spyOn(console, "error").mockImplementation(() => undefined);
        const { admits, settles } = watch(mortal);
        await whole();
        if (outcome === "client_left") behave({ chunks: streamOf(["a ", "b "]).slice(0, 4), ending: "hang" });
        if (outcome === "upstream_error") behave({ status: 529, chunks: ["{}"] });
        const leaving = new AbortController();
        const response = await ask(key.key, { signal: leaving.signal });
        if (outcome === "client_left") leaving.abort();
        else await response.text();
        await until(() => settles.length > 0);
        expect({ admits, settles: settles[0] }).toEqual({ admits: [0, 1], settles: 1 });
        await eventually(async () => expect(await report(key.id)).toMatchObject({ leases: [] }));
        expect(await rows(key.id)).toMatchObject([
          { outcome, estimated: outcome === "client_left" ? 1 : 0 },
          { outcome: "completed", estimated: 0 },
        ]);
        expect(await report(key.id)).toMatchObject({ leases: [], totals: { requests: 2 } });
      },
    );
  });

  describe("that rode along to a write which another invocation waits for", () => {
    /** Each admission answers as within one write, which ends, by the gate's death or not, when all three have been answered. */
    const ofOneWrite = (dies: boolean) => {
      const functions: number[] = [];
      let answered = 0;
      const watched = watch(async (real, { settlements, awaitedWrite }, gate) => {
        const { ctx } = gate as unknown as { ctx: DurableObjectState };
        if (dies) Object.defineProperty(ctx.storage, "put", { configurable: true, value: async () => undefined });
        const { stored: _, ...answer } = await real();
        answered++;
        if (settlements.length === 0) return answer;
        const stored = async () => {
          functions.push(answered);
          await until(() => answered === 3);
          if (dies) ctx.abort("struck");
        };
        return { ...answer, write: "the write", ...(awaitedWrite !== "the write" && { stored }) };
      });
      return { functions, ...watched };
    };

    test("is not sent again where the write is done, and costs no function of its own", async () => {
      const { functions, admits, settles } = ofOneWrite(false);
      for (let turn = 0; turn < 3; turn++) await whole();
      await until(() => functions.length > 0);
      expect({ functions, admits, settles }).toEqual({ functions: [2], admits: [0, 1, 1], settles: [] });
      expect(await report(key.id)).toMatchObject({ leases: [], totals: { requests: 3 } });
    });

    test("is sent again with all others of it where the gate dies before", async () => {
      vi.spyOn(console, "error").mockImplementation(() => undefined);
      const { settles } = ofOneWrite(true);
      for (let turn = 0; turn < 3; turn++) await whole();
      await until(() => settles.length > 0);
      expect(settles[0]).toBe(2);
      await eventually(async () => expect(await report(key.id)).toMatchObject({ leases: [], totals: { requests: 3 } }));
      expect(await rows(key.id)).toHaveLength(3);
    });
  });

  test("that rides with a client who hangs up during admission is booked once", async () => {
    let slow = false;
    const { admits } = watch(async (real) => {
      if (slow) await scheduler.wait(300);
      return real();
    });
    await whole();
    slow = true;
    const leaving = new AbortController();
    const answered = ask(key.key, { signal: leaving.signal }).catch(() => null);
    await until(() => admits.length === 2);
    leaving.abort();
    await answered;
    await eventually(async () => expect(await report(key.id)).toMatchObject({ leases: [], totals: { requests: 1 } }));
    expect(await rows(key.id)).toHaveLength(1);
    expect(asked).toHaveLength(1);
  });
});

/** Nobody comes back who waits for seconds; shorter waits are over at once. */
function wakeNobody(): void {
  vi.spyOn(scheduler, "wait").mockImplementation((ms) =>
    ms < 5_000 ? Promise.resolve() : new Promise(() => undefined),
  );
}

describe("a settlement waits for nobody", () => {
  test("where its client has left, since nobody knows how long its invocation lives by then", async () => {
    const { settles } = watch();
    behave({ chunks: streamOf(["a ", "b "]).slice(0, 4), ending: "hang" });
    const leaving = new AbortController();
    await ask(key.key, { signal: leaving.signal });
    wakeNobody();
    leaving.abort();
    await until(() => settles.length > 0);
    expect(settles).toEqual([1]);
  });

  test("where a later admission says so that was under way when its request ended", async () => {
    let hasEnded = false;
    const { admits, settles } = watch(async (real) => {
      const admission = await real();
      if (!admission.ok || admits.length === 1) return admission;
      await until(() => hasEnded);
      return { ...admission, value: { ...admission.value, settleWithinMs: 0 } };
    });
    const [beginning, rest] = [streamOf(["a ", "b "]).slice(0, 4), streamOf(["a ", "b "]).slice(4)];
    behave({ chunks: [...beginning, () => until(() => admits.length === 2), ...rest] });
    const first = await ask(key.key);
    wakeNobody();
    behave({ chunks: beginning, ending: "hang" });
    const leaving = new AbortController();
    const second = ask(key.key, { signal: leaving.signal });
    await first.text();
    hasEnded = true;
    await second;
    await until(() => settles.length > 0);
    expect({ admits, settles }).toEqual({ admits: [0, 0], settles: [1] });
    leaving.abort();
  });
});

describe("a settlement that the gate has not taken for seconds", () => {
  test("rides on the next request of its key, which finds the place free", async () => {
    vi.spyOn(console, "error").mockImplementation(() => undefined);
    key = await makeKey({ concurrency_limit: 1 });
    wakeNobody();
    const gone = vi.spyOn(KeyGate.prototype, "settle").mockRejectedValue(new Error("the object is away"));
    await whole();
    await until(() => gone.mock.calls.length === 5);
    gone.mockRestore();
    const { admits } = watch();
    const next = await ask(key.key);
    expect({ status: next.status, admits }).toEqual({ status: 200, admits: [1] });
    await next.text();
    expect(await rows(key.id)).toMatchObject([{ outcome: "completed" }, { outcome: "completed" }]);
  });
});

/** Of a lease that no gate holds: it is sent as any other, and books nothing. */
const unheld = (leaseId: string): Settlement => ({
  leaseId,
  grant: 0,
  entry: { ...ENTRY, id: leaseId },
  session: null,
});

describe("an invocation keeps watch over what waits", () => {
  test("for those that end after it, which are over at once", async () => {
    const { settles } = watch(patient(1_500));
    await whole();
    await scheduler.wait(300);
    const lasted: string[] = [];
    const later = settleSoon(env, key.id, unheld("later"), 10_000).then(() => lasted.push("later"));
    await scheduler.wait(0);
    expect(lasted).toEqual(["later"]);
    await later;
    await until(() => settles.length > 0);
    expect(settles).toEqual([2]);
  });

  test("and goes on with it while a later request takes along what was there before", async () => {
    const { admits, settles } = watch(patient(600));
    await whole();
    await scheduler.wait(200);
    await whole();
    await until(() => settles.length > 0);
    expect({ admits, settles }).toEqual({ admits: [0, 1], settles: [1] });
    expect(await report(key.id)).toMatchObject({ leases: [], totals: { requests: 2 } });
  });

  test("until one ends for which it would not last, and that one keeps watch for both", async () => {
    const { settles } = watch();
    vi.spyOn(Date, "now").mockReturnValue(Date.now());
    const waits = vi.spyOn(scheduler, "wait").mockImplementation(() => new Promise(() => undefined));
    void settleSoon(env, key.id, unheld("first"), 15_000);
    void settleSoon(env, key.id, unheld("second"), 18_000);
    expect(waits.mock.calls).toEqual([[15_000]]);
    void settleSoon(env, key.id, unheld("third"), 25_000);
    expect(waits.mock.calls).toEqual([[15_000], [15_000]]);
    expect(settles).toEqual([]);
  });

  test("but for nothing that is due before it looks", async () => {
    const { settles } = watch(patient(20_000));
    await whole();
    await settleSoon(env, key.id, unheld("urgent"), 0);
    expect(settles).toEqual([2]);
  });

  test("and where it has died, the next that ends keeps watch", async () => {
    const { settles } = watch();
    vi.spyOn(scheduler, "wait").mockImplementationOnce(() => new Promise(() => undefined));
    void settleSoon(env, key.id, unheld("dead"), 100);
    await scheduler.wait(150);
    await settleSoon(env, key.id, unheld("alive"), 100);
    expect(settles).toEqual([2]);
  });
});
