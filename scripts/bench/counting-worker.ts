/**
 * The relay with its bindings counted: the real Worker and its real objects, behind stand-ins that pass every call on and note what
 * Cloudflare would charge for it. Only for the benchmark's ledger; never deployed.
 *
 * Counts are kept by scope: a key's id for what its gate does and for calls to the gate, SHARED for everything else. `GET /bench/ledger`
 * shows them. Worker and objects share an isolate here, so one map serves both.
 */
import { KeyGate } from "../../src/gate/gate.ts";
import { Keeper } from "../../src/pool/keeper.ts";
import relay from "../../src/worker.ts";
import { type Counts, NO_COUNTS, SHARED } from "./counts.ts";

const tally = new Map<string, Counts>();

function count(scope: string, field: keyof Counts, amount = 1): void {
  const counts = tally.get(scope) ?? { ...NO_COUNTS };
  counts[field] += amount;
  tally.set(scope, counts);
}

export default {
  fetch(request, env, ctx) {
    if (new URL(request.url).pathname === "/bench/ledger") return Response.json(Object.fromEntries(tally));
    return relay.fetch(request, countedEnv(env, SHARED), ctx);
  },
} satisfies ExportedHandler<Env>;

class CountingGate extends KeyGate {
  constructor(ctx: DurableObjectState, env: Env) {
    super(counted(ctx, gateScope(ctx.id.name)), env);
    Object.defineProperty(this, "env", { value: countedEnv(env, gateScope(ctx.id.name)) });
  }

  override alarm(): Promise<void> {
    count(gateScope(this.ctx.id.name), "objectRequests");
    count(gateScope(this.ctx.id.name), "alarms");
    return super.alarm();
  }
}

class CountingKeeper extends Keeper {
  constructor(ctx: DurableObjectState, env: Env) {
    super(counted(ctx, SHARED), env);
    Object.defineProperty(this, "env", { value: countedEnv(env, SHARED) });
  }
}

export { CountingGate as KeyGate, CountingKeeper as Keeper };

/** Gates have the names of their keys. */
function gateScope(name: string | undefined): string {
  return name ?? SHARED;
}

/** The base class of objects accepts only the runtime's own context, so the stand-in for its storage is put into that. */
function counted(ctx: DurableObjectState, scope: string): DurableObjectState {
  return Object.defineProperty(ctx, "storage", { value: countedStorage(ctx.storage, scope) });
}

/** `target` with some members replaced. Methods keep their receiver, because the runtime's objects require it. */
function standIn<Target extends object>(target: Target, replaced: Partial<Target>): Target {
  return new Proxy(target, {
    get: (_, name) => {
      if (Object.hasOwn(replaced, name)) return Reflect.get(replaced, name);
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

function countedEnv(env: Env, scope: string): Env {
  return {
    ...env,
    DB: countedDatabase(env.DB, scope),
    KV: countedKv(env.KV, scope),
    GATE: countedObjects(env.GATE, gateScope),
    KEEPER: countedObjects(env.KEEPER, () => SHARED),
  };
}

function countedObjects<Namespace extends Env["GATE"] | Env["KEEPER"]>(
  objects: Namespace,
  scopeOf: (name: string | undefined) => string,
): Namespace {
  return standIn(objects, {
    getByName: (name, options) => countedStub(objects.getByName(name, options), scopeOf(name)),
    get: (id, options) => countedStub(objects.get(id, options), scopeOf(id.name)),
  } as Partial<Namespace>);
}

/** Every call on a stub is a billed request. */
function countedStub<Stub extends object>(stub: Stub, scope: string): Stub {
  return new Proxy(stub, {
    get:
      (_, name) =>
      (...args: unknown[]) => {
        count(scope, "objectRequests");
        // Called on the stub itself: a stub's methods are remote, and `bind` would be a remote call too.
        return (stub as Record<PropertyKey, (...args: unknown[]) => unknown>)[name]?.(...args);
      },
  });
}

function countedStorage(storage: DurableObjectStorage, scope: string): DurableObjectStorage {
  const rows = (amount: number) => count(scope, "objectRowsWritten", amount);
  const { kv, sql } = storage;
  return standIn(storage, {
    kv: standIn(kv, {
      put: (key, value) => {
        rows(1);
        kv.put(key, value);
      },
      delete: (key) => {
        rows(1);
        return kv.delete(key);
      },
    }),
    sql: standIn(sql, {
      exec: (query, ...bindings) => {
        const cursor = sql.exec(query, ...bindings);
        rows(cursor.rowsWritten);
        return cursor as ReturnType<typeof sql.exec<never>>;
      },
    }),
    put: (first: unknown, ...rest: unknown[]) => {
      rows(typeof first === "string" ? 1 : Object.keys(first as object).length);
      return (storage.put as (...args: unknown[]) => Promise<void>).call(storage, first, ...rest);
    },
    delete: ((first: string | string[], options?: DurableObjectPutOptions) => {
      rows(typeof first === "string" ? 1 : first.length);
      return (storage.delete as (...args: unknown[]) => unknown).call(storage, first, options);
    }) as DurableObjectStorage["delete"],
    setAlarm: (time, options) => {
      rows(1);
      return storage.setAlarm(time, options);
    },
    deleteAlarm: (options) => {
      rows(1);
      return storage.deleteAlarm(options);
    },
  });
}

function countedKv(kv: KVNamespace, scope: string): KVNamespace {
  const counted =
    (method: "get" | "getWithMetadata" | "put" | "delete" | "list", field: "kvReads" | "kvWrites") =>
    (...args: unknown[]) => {
      count(scope, field);
      return (kv[method] as (...args: unknown[]) => unknown).apply(kv, args);
    };
  return standIn(kv, {
    get: counted("get", "kvReads"),
    getWithMetadata: counted("getWithMetadata", "kvReads"),
    put: counted("put", "kvWrites"),
    delete: counted("delete", "kvWrites"),
    list: counted("list", "kvWrites"),
  } as Partial<KVNamespace>);
}

/** D1 returns with each result what it cost. `first` and `raw` do not, so they are answered from `all`. */
function countedDatabase(database: D1Database, scope: string): D1Database {
  const note = <Row>(result: D1Result<Row>) => {
    count(scope, "d1RowsWritten", result.meta.rows_written);
    count(scope, "d1RowsRead", result.meta.rows_read);
    return result;
  };
  const real = new WeakMap<D1PreparedStatement, D1PreparedStatement>();
  const counted = (statement: D1PreparedStatement): D1PreparedStatement => {
    const rows = async () => note(await statement.all<Record<string, unknown>>()).results;
    const stand = standIn(statement, {
      bind: (...values) => counted(statement.bind(...values)),
      run: async () => note(await statement.run()),
      all: async () => note(await statement.all()),
      first: async (column?: string) => {
        const [row] = await rows();
        return (row === undefined ? null : column === undefined ? row : row[column]) as never;
      },
      raw: (async () => (await rows()).map((row) => Object.values(row))) as D1PreparedStatement["raw"],
    });
    real.set(stand, statement);
    return stand;
  };
  return standIn(database, {
    prepare: (query) => counted(database.prepare(query)),
    batch: async <Row>(statements: D1PreparedStatement[]) => {
      const results = await database.batch<Row>(statements.map((statement) => real.get(statement) ?? statement));
      return results.map(note);
    },
  });
}
