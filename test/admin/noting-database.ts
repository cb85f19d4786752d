/** The D1 binding, noting every statement that goes through it. */
import { env } from "cloudflare:workers";

interface Statement {
  sql: string;
  values: unknown[];
}

/** The real statement behind a proxied one, because `batch` accepts only real ones. */
const REAL = Symbol("real");

export interface NotingDatabase {
  DB: D1Database;
  /** Every statement, each one of a batch separately, because D1 counts queries per invocation in this way. */
  noted: Statement[];
  /** How many rows the SELECTs among them read, found by running them again. */
  rowsRead(): Promise<number>;
}

export function notingDatabase(): NotingDatabase {
  const noted: Statement[] = [];
  const described = new WeakMap<object, Statement>();
  const statement = (sql: string, values: unknown[], real: D1PreparedStatement): D1PreparedStatement => {
    const proxy = new Proxy(real, {
      get(target, property) {
        if (property === REAL) return target;
        if (property === "bind") return (...bound: unknown[]) => statement(sql, bound, real.bind(...bound));
        if (["all", "raw", "first", "run"].includes(String(property))) noted.push({ sql, values });
        const value = Reflect.get(target, property);
        return typeof value === "function" ? value.bind(target) : value;
      },
    });
    described.set(proxy, { sql, values });
    return proxy;
  };
  const DB = new Proxy(env.DB, {
    get(target, property) {
      if (property === "prepare") return (sql: string) => statement(sql, [], target.prepare(sql));
      if (property === "batch") {
        return (statements: D1PreparedStatement[]) => {
          for (const one of statements) noted.push(described.get(one) ?? { sql: "?", values: [] });
          return target.batch(statements.map((one) => Reflect.get(one, REAL) as D1PreparedStatement));
        };
      }
      const value = Reflect.get(target, property);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
  const rowsRead = async () => {
    let total = 0;
    for (const { sql, values } of noted) {
      if (!/^\s*(?:select|with)\b/i.test(sql)) continue;
      const { meta } = await env.DB.prepare(sql)
        .bind(...values)
        .all();
      total += meta.rows_read;
    }
    return total;
  };
  return { DB, noted, rowsRead };
}
