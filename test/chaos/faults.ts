/**
 * The faults of the chaos run: isolates that are dropped with everything in their memory, objects that die or are evicted, and a D1 that
 * fails before it has written, or after.
 */
import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { vi } from "vitest";
import type { AdmitInput } from "../../src/gate/rpc.ts";
import type { Random } from "./plan.ts";

/** One life of the Worker's modules. Once it is dropped it can reach nothing, whatever its code still tries. */
export interface Isolate {
  dropped: boolean;
}

const GONE = "this isolate was dropped";

/** A call of an isolate to a binding. Once the isolate is dropped, the call is refused, and so is its answer. */
async function alive<Answer>(isolate: Isolate, call: () => Promise<Answer>): Promise<Answer> {
  if (isolate.dropped) throw new Error(GONE);
  const answer = await call();
  if (isolate.dropped) throw new Error(GONE);
  return answer;
}

type Method = (...parameters: unknown[]) => Promise<unknown>;

/** What happens to the lease of one request. */
export interface LeaseNotes {
  asked: (leaseId: string) => void;
  granted: () => void;
}

/** A binding of objects, for one request. */
function mortalObjects<Namespace extends Env["GATE"] | Env["KEEPER"]>(
  namespace: Namespace,
  isolate: Isolate,
  notes: LeaseNotes | null,
): Namespace {
  const getByName = (name: string) => {
    const stub = namespace.getByName(name) as unknown as Record<string, Method>;
    const call = (method: string, parameters: unknown[]) => {
      if (method === "admit") notes?.asked((parameters[1] as AdmitInput).leaseId);
      return alive(isolate, async () => {
        const answer = await stub[method]?.(...parameters);
        if (method === "admit" && (answer as { ok: boolean }).ok) notes?.granted();
        return answer;
      });
    };
    return new Proxy(
      {},
      {
        get:
          (_, method: string) =>
          (...parameters: unknown[]) =>
            call(method, parameters),
      },
    );
  };
  return { getByName } as unknown as Namespace;
}

/** The bindings that a request of this isolate sees. */
export function mortalEnv(real: Env, isolate: Isolate, notes: LeaseNotes): Env {
  return {
    ...real,
    GATE: mortalObjects(real.GATE, isolate, notes),
    KEEPER: mortalObjects(real.KEEPER, isolate, null),
  };
}

export interface Strikes {
  d1Before: number;
  d1After: number;
  d1Reads: number;
  crashes: number;
  evictions: number;
  isolatesDropped: number;
}

/** The objects of the run, and what happens to them. */
export class Faults {
  readonly strikes: Strikes = { d1Before: 0, d1After: 0, d1Reads: 0, crashes: 0, evictions: 0, isolatesDropped: 0 };
  /** Objects that a D1 call wants dead while it runs. The run itself kills them, because it may reach any object. */
  readonly #wanted: number[] = [];
  readonly #random: Random;
  #raging = true;

  constructor(random: Random) {
    this.#random = random;
  }

  /** Replaces D1 for everybody, for the Worker and its objects alike. */
  plagueD1(): void {
    const prototype = Object.getPrototypeOf(env.DB) as D1Database;
    const { batch, prepare } = prototype;
    const faults = this;
    vi.spyOn(prototype, "batch").mockImplementation(async function (this: D1Database, statements) {
      if (!faults.#raging) return batch.call(this, statements) as never;
      const fate = faults.#random();
      if (faults.#random() < 0.2) faults.#wanted.push(faults.#random());
      if (faults.#random() < 0.5) await scheduler.wait(faults.#random() * 4);
      if (fate < 0.08) {
        faults.strikes.d1Before++;
        throw new Error("D1_ERROR: failed before it wrote");
      }
      const results = await batch.call(this, statements);
      if (faults.#random() < 0.2) faults.#wanted.push(faults.#random());
      if (faults.#random() < 0.5) await scheduler.wait(faults.#random() * 4);
      if (fate > 0.92) {
        faults.strikes.d1After++;
        throw new Error("D1_ERROR: the answer was lost");
      }
      return results as never;
    });
    vi.spyOn(prototype, "prepare").mockImplementation(function (this: D1Database, sql: string) {
      if (faults.#raging && faults.#random() < 0.02) {
        faults.strikes.d1Reads++;
        throw new Error("D1_ERROR: cannot be reached");
      }
      return prepare.call(this, sql);
    });
  }

  /** From now on there are no more faults. */
  calm(): void {
    this.#raging = false;
  }

  /** The position among the objects of the one to kill next, from 0 up to 1; undefined: none. */
  wanted(): number | undefined {
    return this.#raging ? this.#wanted.shift() : undefined;
  }

  /** Ends an object immediately: nothing after its present await happens, and what it had not stored is gone. */
  async crash(stub: DurableObjectStub): Promise<void> {
    this.strikes.crashes++;
    await runInDurableObject(stub as DurableObjectStub<never>, (_, ctx) => ctx.abort("struck")).catch(() => undefined);
  }

  async evict(stub: DurableObjectStub): Promise<void> {
    this.strikes.evictions++;
    await evictDurableObject(stub as DurableObjectStub<never>).catch(() => undefined);
  }
}
