/** Leases of accounts while their Keeper is hard to reach: nothing is granted twice, leaked, or left unbooked. */
import { env } from "cloudflare:workers";
import { afterEach, describe, expect, test, vi } from "vitest";
import type { Account } from "../../src/pool/account.ts";
import type { Keeper } from "../../src/pool/keeper.ts";
import { leaseAccount } from "../../src/pool/lease.ts";
import { eventually } from "../eventually.ts";

afterEach(() => vi.restoreAllMocks());

const limited = (id: string) =>
  ({ id, maxConcurrency: 1, dailyQuotaNanos: null, quotaResetHour: 0, apiKeys: [] }) as unknown as Account;
const input = (id: string) => ({ id, family: null, probe: false, counted: true, estimateNanos: 3 });

/** The bindings, with a Keeper whose calls of one name fail: before they arrive, or with their answer lost. */
function hard(method: "acquire" | "release", when: "before" | "after", times: number): Env {
  let left = times;
  const faulty = async <Answer>(called: string, reach: () => Promise<Answer>): Promise<Answer> => {
    const fails = called === method && left-- > 0;
    if (fails && when === "before") throw new Error("it restarts");
    const answer = await reach();
    if (fails) throw new Error("the answer was lost");
    return answer;
  };
  const getByName = (name: string) => {
    const real = env.KEEPER.getByName(name);
    return {
      acquire: (...asked: Parameters<Keeper["acquire"]>) => faulty("acquire", () => real.acquire(...asked)),
      release: (...asked: Parameters<Keeper["release"]>) => faulty("release", () => real.release(...asked)),
    };
  };
  return { ...env, KEEPER: { getByName } as unknown as Env["KEEPER"] };
}

describe("a Keeper that fails", () => {
  test.each(["before", "after"] as const)("twice %s a grant still takes exactly one place", async (when) => {
    const id = `acc_lease_${when}`;
    const lease = await leaseAccount(hard("acquire", when, 2), limited(id), input("a"));
    expect((await env.KEEPER.getByName(id).report(0)).inFlight).toBe(1);
    await lease?.release(5);
    expect(await env.KEEPER.getByName(id).report(0)).toMatchObject({ inFlight: 0, todayNanos: 5 });
  });

  test("for good takes no place: what may have been granted is given back", async () => {
    vi.spyOn(console, "error").mockImplementation(() => undefined);
    const id = "acc_lease_lost";
    expect(await leaseAccount(hard("acquire", "after", 3), limited(id), input("a"))).toBeNull();
    await eventually(async () => expect((await env.KEEPER.getByName(id).report(0)).inFlight).toBe(0));
  });

  test.each(["before", "after"] as const)("three times %s a release loses no cost and books it once", async (when) => {
    const id = `acc_release_${when}`;
    const lease = await leaseAccount(hard("release", when, 3), limited(id), input("a"));
    await lease?.release(7);
    expect(await env.KEEPER.getByName(id).report(0)).toMatchObject({ inFlight: 0, todayNanos: 7 });
  });
});
