/** What the fake Cloudflare stores of one account, in the API's own words. */
import { DatabaseSync } from "node:sqlite";
import { unstable_splitSqlQuery } from "wrangler";

export const ACCOUNT_ID = "0123456789abcdef0123456789abcdef";
export const TOKEN = "fake-token";

/** A binding as an upload's metadata names it; a secret's value is in `text`. */
export interface Binding {
  name: string;
  type: string;
  text?: string;
  id?: string;
  namespace_id?: string;
  bucket_name?: string;
}

export interface Version {
  id: string;
  number: number;
  metadata: { created_on: string; source: string; has_preview: boolean };
  annotations: Record<string, string>;
  bindings: Binding[];
  migration_tag: string | null;
  /** The uploaded entry module. */
  code: string;
  compatibility_date: string;
  compatibility_flags: string[];
  placement: unknown;
}

export interface Deployment {
  id: string;
  source: string;
  strategy: "percentage";
  created_on: string;
  annotations: Record<string, string>;
  versions: { version_id: string; percentage: number }[];
}

export interface Worker {
  name: string;
  versions: Version[];
  /** The newest first, as the API lists them. */
  deployments: Deployment[];
  migration_tag: string | null;
  workersDev: boolean;
  crons: string[];
  observability: unknown;
}

/** Where a database's statements go: SQLite here, or the one that a real Worker uses. */
export interface Database {
  uuid: string;
  name: string;
  query(sql: string, params: unknown[]): Promise<Record<string, unknown>[][]>;
}

export interface Account {
  workers: Map<string, Worker>;
  databases: Database[];
  namespaces: { id: string; title: string }[];
  buckets: string[];
  zones: { id: string; name: string }[];
  /** Records that exist without any Worker. */
  dnsRecords: string[];
  domains: { id: string; hostname: string; service: string }[];
  /** The account's subdomain of workers.dev; null: none has been taken. */
  subdomain: string | null;
  /** Creates the database behind a new one of the API. */
  createDatabase(name: string): Database;
}

export function emptyAccount(): Account {
  return {
    workers: new Map(),
    databases: [],
    namespaces: [],
    buckets: [],
    zones: [{ id: "f".repeat(32), name: "example.com" }],
    dnsRecords: [],
    domains: [],
    subdomain: "somebody",
    createDatabase: sqliteDatabase,
  };
}

export function sqliteDatabase(name: string): Database {
  const sqlite = new DatabaseSync(":memory:");
  return {
    uuid: crypto.randomUUID(),
    name,
    async query(sql, params) {
      return unstable_splitSqlQuery(sql).map((statement) =>
        sqlite.prepare(statement).all(...(params as string[])),
      ) as Record<string, unknown>[][];
    },
  };
}
