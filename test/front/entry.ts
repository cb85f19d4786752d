/**
 * The Worker under test with a back door for the tests: SQL, the gates' own methods, and faults that a healthy local
 * machine never shows (D1 failing, an object torn down). Never part of a build.
 */
import { KeyGate as RealKeyGate } from "../../src/gate/gate.ts";
import { sendPendingSettlements } from "../../src/gate/pending-settlements.ts";
import { forgetPrices } from "../../src/store/prices.ts";
import { forgetSnapshot, loadPool } from "../../src/store/snapshot.ts";
import worker from "../../src/worker.ts";

export { Keeper } from "../../src/pool/keeper.ts";

/** How many of the next ledger writes fail: before reaching D1, or after it has committed (a lost answer). */
const faults = { before: 0, after: 0 };

export class KeyGate extends RealKeyGate {
  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, { ...env, DB: faultyDatabase(env.DB) });
  }

  tearDown(): void {
    this.ctx.abort("torn down by a test");
  }
}

function faultyDatabase(db: D1Database): D1Database {
  return new Proxy(db, {
    get(target, name) {
      if (name !== "batch") {
        const value = Reflect.get(target, name);
        return typeof value === "function" ? value.bind(target) : value;
      }
      return async (statements: D1PreparedStatement[]) => {
        if (faults.before > 0) {
          faults.before--;
          throw new Error("D1_ERROR: fault injected before the write");
        }
        const result = await target.batch(statements);
        if (faults.after > 0) {
          faults.after--;
          throw new Error("D1_ERROR: fault injected after the write");
        }
        return result;
      };
    },
  });
}

/** The rows that the migrations put into `settings`. */
const SETTINGS = "('snapshot_version', 'health_version', 'pool_strategy')";

/**
 * Gates and Keepers stay, but nobody asks for them, because the ids of keys and accounts are always new. What the gates have not written
 * yet is written first, so that it does not get into the books of the next file.
 */
async function empty(env: Env): Promise<void> {
  Object.assign(faults, { before: 0, after: 0 });
  const { results: keys } = await env.DB.prepare("SELECT id FROM api_keys").all<{ id: string }>();
  await Promise.all(
    keys.map(({ id }) =>
      env.GATE.getByName(id)
        .flush()
        .catch(() => {}),
    ),
  );
  const tables = await env.DB.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").all<{ name: string }>();
  const kept = /^(?:_cf_|sqlite_|settings$|admin_sessions$)/;
  const names = tables.results.map(({ name }) => name).filter((name) => !kept.test(name));
  await env.DB.batch([
    ...names.map((name) => env.DB.prepare(`DELETE FROM ${name}`)),
    env.DB.prepare(`DELETE FROM settings WHERE name NOT IN ${SETTINGS}`),
    env.DB.prepare("UPDATE settings SET value = iif(name = 'pool_strategy', 'priority', value + 1)"),
  ]);
  for (const { name } of (await env.KV.list()).keys) await env.KV.delete(name);
  forgetSnapshot();
  forgetPrices();
}

interface Command {
  /** Everything that files leave behind, except who is signed in. */
  empty?: true;
  /** Forget what is held against every account. */
  forgive?: true;
  sql?: string;
  params?: unknown[];
  faults?: Partial<typeof faults>;
  gate?: string;
  method?: "flush" | "report" | "tearDown";
}

export default {
  scheduled: (controller, env, ctx) => worker.scheduled(controller, env, ctx),

  async fetch(request, env, ctx): Promise<Response> {
    if (new URL(request.url).pathname !== "/__test") return worker.fetch(request, env, ctx);
    const command = await request.json<Command>();
    if (command.empty) await empty(env);
    if (command.forgive) {
      const { accounts, health } = await loadPool(env, Date.now());
      for (const { id } of accounts) await env.KEEPER.getByName(id).reset(id);
      health.clear();
      forgetSnapshot();
    }
    if (command.faults) Object.assign(faults, command.faults);
    if (command.sql) {
      const { results } = await env.DB.prepare(command.sql)
        .bind(...(command.params ?? []))
        .all();
      return Response.json({ value: results });
    }
    if (command.gate && command.method) {
      const gate = env.GATE.getByName(command.gate) as unknown as DurableObjectStub<KeyGate>;
      try {
        if (command.method !== "tearDown") await sendPendingSettlements(env, command.gate);
        const value = command.method === "report" ? await gate.report(command.gate) : await gate[command.method]();
        return Response.json({ value: value ?? null });
      } catch (error) {
        return Response.json({ value: null, error: String(error) });
      }
    }
    return Response.json({ value: null });
  },
} satisfies ExportedHandler<Env>;
