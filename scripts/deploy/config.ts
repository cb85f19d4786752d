/**
 * The configuration of a deployment: `wrangler.toml`, with what a person decided and what their account already has. It is generated into
 * `.deploy/`, which git ignores, so the clone stays unchanged. Pure.
 */
import type { Answers } from "./answers.ts";

/** The parts of `wrangler.toml` that are read here. Everything else is copied unchanged. */
export interface RawConfig {
  name?: string;
  main?: string;
  assets?: { directory?: string };
  d1_databases?: { binding: string; database_name?: string; database_id?: string; migrations_dir?: string }[];
  kv_namespaces?: { binding: string; id?: string }[];
  r2_buckets?: { binding: string; bucket_name?: string }[];
  send_email?: { name: string }[];
  routes?: (string | { pattern: string; custom_domain?: boolean })[];
  vars?: Record<string, string>;
}

/** The ids of the relay's storage. */
export interface Resources {
  database: { id: string; name: string };
  kv: string;
}

/** Paths lead out of the folder of the configuration, which is in the checkout. */
const OUT = "..";

/**
 * `domain` is separate from the answers, because a deployment takes it only once nothing prevents that. Ids are always written: by name
 * alone, a database that was renamed or chosen by hand would seem to be missing, and an empty one would be created in its place.
 */
export function configFor(
  raw: RawConfig,
  answers: Answers,
  { database, kv }: Resources,
  domain: string | null,
): RawConfig {
  const { placement, backupBucket, email, vars } = answers;
  return {
    ...raw,
    ...(answers.name !== undefined && { name: answers.name }),
    ...(answers.account !== undefined && { account_id: answers.account }),
    ...(raw.main !== undefined && { main: outOf(raw.main) }),
    ...(raw.assets && { assets: { ...raw.assets, directory: outOf(raw.assets.directory ?? "") } }),
    d1_databases: (raw.d1_databases ?? []).map((each) =>
      each.binding === "DB"
        ? {
            ...each,
            database_name: database.name,
            database_id: database.id,
            migrations_dir: outOf(each.migrations_dir ?? "migrations"),
          }
        : each,
    ),
    kv_namespaces: (raw.kv_namespaces ?? []).map((each) => (each.binding === "KV" ? { ...each, id: kv } : each)),
    ...(backupBucket && { r2_buckets: [...(raw.r2_buckets ?? []), { binding: "BACKUPS", bucket_name: backupBucket }] }),
    ...(email && { send_email: [...(raw.send_email ?? []), { name: "ALERT_EMAIL" }] }),
    vars: { ...raw.vars, ...vars },
    ...(placement === null && { placement: undefined }),
    ...(placement && { placement: placement === "smart" ? { mode: "smart" } : { region: placement } }),
    ...(answers.domain !== undefined && { routes: domain ? [{ pattern: domain, custom_domain: true }] : undefined }),
    workers_dev: answers.workersDev ?? !answers.domain,
    // Otherwise each version would have a public address of its own, with the real database behind it.
    preview_urls: false,
  } as RawConfig;
}

const outOf = (path: string) => `${OUT}/${path.replace(/^\.\//, "")}`;

/** The domain that somebody has written into `wrangler.toml` by hand. */
export function domainIn({ routes = [] }: RawConfig): string | null {
  const own = routes.find((route) => typeof route === "object" && route.custom_domain === true);
  return typeof own === "object" ? own.pattern : null;
}
