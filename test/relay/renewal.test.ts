/** A stream that lives longer than a lease keeps its leases: the key's and the account's. */
import { env } from "cloudflare:workers";
import { afterEach, expect, test, vi } from "vitest";
import { LEASE_TTL_MS } from "../../src/ground/durations.ts";
import { Keeper } from "../../src/pool/keeper.ts";
import { eventually } from "../eventually.ts";
import { streamOf } from "../front/messages.ts";
import { ask, behave, leasesFreed, makeAccount, makeKey, report } from "./relay-in-process.ts";

afterEach(() => vi.restoreAllMocks());

const WORDS = Array.from({ length: 60 }, (_, index) => `word${index} `);

/** Lets the relay's clock for renewals run a thousand times as fast. */
function hurryRenewals(): void {
  const real = globalThis.setInterval;
  const quick = (run: () => void, every?: number) => real(run, every === LEASE_TTL_MS / 3 ? every / 1000 : every);
  vi.spyOn(globalThis, "setInterval").mockImplementation(quick as typeof setInterval);
}

test("while a stream lives its leases are renewed, and freed when it ends", async () => {
  hurryRenewals();
  const renewed = vi.spyOn(Keeper.prototype, "renew");
  const account = await makeAccount({ max_concurrency: 1 });
  const key = await makeKey({ concurrency_limit: 1 });
  behave({ chunks: streamOf(WORDS), pauseMs: 20 });
  const text = (await ask(key.key)).text();
  const expiries = async () => (await report(key.id)).leases.map(({ expiresAt }) => expiresAt);
  const [granted = 0] = await expiries();
  await eventually(async () => {
    const [later = 0] = await expiries();
    expect(later).toBeGreaterThan(granted);
    expect(renewed).toHaveBeenCalled();
  });
  expect(await env.KEEPER.getByName(account.id).report(0)).toMatchObject({ inFlight: 1 });
  expect(await text).toContain("message_stop");
  await leasesFreed(key.id);
  const { length } = renewed.mock.calls;
  await eventually(async () => expect(await env.KEEPER.getByName(account.id).report(0)).toMatchObject({ inFlight: 0 }));
  // The clock stops with the stream.
  await scheduler.wait(700);
  expect(renewed.mock.calls.length).toBeLessThanOrEqual(length + 1);
});
