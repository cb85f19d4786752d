/** A key and its gate, with the actions that tests need. */
import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect } from "vitest";
import type { KeyGate } from "../../src/gate/gate.ts";
import type { AdmitInput, Settlement } from "../../src/gate/rpc.ts";
import { type KeyPolicy, OPEN_POLICY } from "../../src/keys/policy.ts";
import type { Entry } from "../../src/store/entry.ts";
import { NO_USAGE } from "../../src/vocabulary.ts";

let made = 0;

/** A key with this policy, known to its gate, with functions to admit and settle requests. */
export async function keyWith(policy: Partial<KeyPolicy> = {}) {
  const id = `key${made++}-${crypto.randomUUID()}`;
  const gate = env.GATE.getByName(id);
  await gate.setPolicy(id, { ...OPEN_POLICY, ...policy }, 1);
  const grants = new Map<string, number>();
  const settlement = (leaseId: string, entry: Partial<Entry> = {}): Settlement => ({
    leaseId,
    grant: grants.get(leaseId) ?? 0,
    entry: { ...ENTRY, id: `${id}-${leaseId}`, ...entry },
    session: null,
  });
  return {
    id,
    gate,
    settlement,
    async admit(leaseId: string, input: Partial<AdmitInput> = {}) {
      const estimate = { ...ESTIMATE, id: `${id}-${leaseId}` };
      const admission = await gate.admit(id, { ...INPUT, leaseId, estimate, ...input });
      if (admission.ok) grants.set(leaseId, admission.value.grant);
      return admission;
    },
    settle: (leaseId: string, entry: Partial<Entry> = {}) => gate.settle(id, [settlement(leaseId, entry)]),
    report: async () => {
      const report = await gate.report(id);
      if (!report) throw new Error("no report");
      return report;
    },
    /** Admits and settles `count` requests. */
    async use(count: number, from = 0): Promise<void> {
      for (let index = from; index < from + count; index++) {
        expect((await this.admit(`r${index}`)).ok).toBe(true);
        await this.settle(`r${index}`);
      }
    },
    logged: async () => {
      const rows = await env.DB.prepare("SELECT id FROM requests WHERE key_id = ?").bind(id).all<{ id: string }>();
      return rows.results.length;
    },
    summed: () =>
      env.DB.prepare(
        "SELECT sum(requests) AS requests, sum(output_tokens) AS output, sum(cost_nanos) AS cost FROM usage_hourly WHERE key_id = ?",
      )
        .bind(id)
        .first<{ requests: number; output: number; cost: number }>(),
  };
}

export const INPUT: AdmitInput = {
  leaseId: "",
  platforms: ["anthropic"],
  model: "claude-sonnet-4-5",
  client: "curl",
  userAgent: "curl/8",
  ip: null,
  takesLease: true,
  session: null,
  worstNanos: 0,
  worstTokens: 0,
  responseId: null,
  estimate: null,
  settlements: [],
};

export const ENTRY: Entry = {
  id: "",
  time: 1_780_000_000_000,
  accountId: "acc_1",
  platform: "anthropic",
  client: "curl",
  protocol: "anthropic",
  upstreamProtocol: "anthropic",
  model: "claude-sonnet-4-5",
  status: 200,
  outcome: "completed",
  stream: true,
  usage: { ...NO_USAGE, input: 3, output: 7 },
  costNanos: 11,
  unpriced: false,
  priceMode: "standard",
  estimated: false,
  ttftMs: 1,
  durationMs: 2,
  attempts: [],
};

export const ESTIMATE: Entry = {
  ...ENTRY,
  accountId: null,
  upstreamProtocol: null,
  status: 0,
  outcome: "lost",
  usage: { ...NO_USAGE, input: 2, output: 3 },
  costNanos: 5,
  estimated: true,
  ttftMs: null,
};

/** Makes the gate's writes to D1 fail: before they reach it, or after they have committed. */
export async function failing(
  gate: DurableObjectStub<KeyGate>,
  when: "before" | "after",
  times: number,
): Promise<void> {
  await runInDurableObject(gate, (instance) => {
    const real = env.DB;
    let left = times;
    const batch = async (statements: D1PreparedStatement[]) => {
      if (left > 0 && when === "before") {
        left--;
        throw new Error("D1 is away");
      }
      const results = await real.batch(statements);
      if (left > 0) {
        left--;
        throw new Error("the answer was lost");
      }
      return results;
    };
    const prepare = real.prepare.bind(real);
    Object.defineProperty(instance, "env", { value: { ...env, DB: { batch, prepare } }, configurable: true });
  });
}
