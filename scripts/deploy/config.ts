/**
 * The configuration that a deployment uses: `wrangler.toml`, with what a person decided and what their account already has.
 * Generated into `.deploy/`, which git does not see, so the clone stays as it was pulled. Pure.
 */
import type { Answers } from "./answers.ts";

/** What is read here of `wrangler.toml`; everything else goes along as it is. */
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

/** The ids of what the relay stores in. */
export interface Resources {
  database: { id: string; name: string };
  kv: string;
}

/** Paths lead out of the folder that the configuration is written to, which lies in the checkout. */
const OUT = "..";

/**
 * `domain` apart from the answers: a deployment takes it only once nothing stands in its way. Ids are always written: found by
 * name alone, a database that was renamed or chosen by hand would be taken for a missing one, and an empty one made in its place.
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
    // Each version would have an address of its own, in public, with the real database behind it.
    preview_urls: false,
  } as RawConfig;
}

const outOf = (path: string) => `${OUT}/${path.replace(/^\.\//, "")}`;

/** The domain that somebody wrote into `wrangler.toml` by hand. */
export function domainIn({ routes = [] }: RawConfig): string | null {
  const own = routes.find((route) => typeof route === "object" && route.custom_domain === true);
  return typeof own === "object" ? own.pattern : null;
}
