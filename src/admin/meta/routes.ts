/**
 * `/admin/meta`: the possible choices for forms and filters (`/names` is a separate list). They come from lists in the code and from the
 * newest keys and sums; each reads a bounded number of rows.
 */
import { Hono } from "hono/tiny";
import { STRATEGIES } from "../../pool/strategy.ts";
import { PROTOCOLS } from "../../protocols/wire.ts";
import { KINDS } from "../../providers/kinds.ts";
import { CLIENT_IDS } from "../../relay/client.ts";
import { OUTCOMES } from "../../store/schema.ts";
import { loadPool } from "../../store/snapshot.ts";
import { PLATFORMS, type Platform } from "../../vocabulary.ts";
import { ACCOUNT_STATUSES } from "../accounts/schema.ts";
import { type AdminEnv, respond, type VerbContext, type VerbResult, verbContext } from "../api/context.ts";
import { API_KEY_STATUSES } from "../keys/schema.ts";
import { readNames } from "./names.ts";

export interface MetaView {
  platforms: readonly Platform[];
  kinds: {
    platform: Platform;
    kind: string;
    official_base_url: string | null;
    signed_in: boolean;
    serves: readonly string[] | null;
  }[];
  protocols: readonly string[];
  strategies: readonly string[];
  outcomes: readonly string[];
  account_statuses: readonly string[];
  key_statuses: readonly string[];
  /** The clients that the relay recognises, and others that were seen lately. */
  clients: string[];
  /** The models that accounts and aliases name in full, and those that were asked for lately. */
  models: string[];
  owners: string[];
  tags: string[];
}

/** How many of the newest sums and keys are looked at; below, how many values each list may have. */
const ROWS = 1_000;
const MOST_VALUES = 500;

async function readMeta({ env, now }: VerbContext): Promise<VerbResult<MetaView>> {
  const distinct = (value: string, from: string) =>
    env.DB.prepare(`SELECT DISTINCT ${value} AS value FROM ${from} WHERE value <> '' ORDER BY 1 LIMIT ${MOST_VALUES}`);
  const keys = `(SELECT owner, tags FROM api_keys ORDER BY created_at DESC, id DESC LIMIT ${ROWS}) AS newest`;
  const [pool, [clients, models, owners, tags]] = await Promise.all([
    loadPool(env, now),
    env.DB.batch<{ value: string }>([
      distinct("client", `(SELECT client FROM client_hourly ORDER BY hour DESC LIMIT ${ROWS})`),
      distinct("model", `(SELECT model FROM usage_hourly ORDER BY hour DESC LIMIT ${ROWS})`),
      distinct("owner", keys),
      distinct("tag.value", `${keys}, json_each(newest.tags) AS tag`),
    ]),
  ]);
  const named = [
    ...pool.accounts.flatMap(({ allowedModels, modelMapping }) => [...allowedModels, ...Object.keys(modelMapping)]),
    ...Object.keys(pool.aliases),
  ].filter((model) => !model.includes("*"));
  return {
    ok: true,
    value: {
      platforms: PLATFORMS,
      kinds: KINDS.map(({ platform, name, baseUrl, oauth, serves = null }) => ({
        ...{ platform, kind: name, official_base_url: baseUrl.official, signed_in: Boolean(oauth), serves },
      })),
      protocols: PROTOCOLS,
      strategies: STRATEGIES,
      outcomes: OUTCOMES,
      account_statuses: ACCOUNT_STATUSES,
      key_statuses: API_KEY_STATUSES,
      clients: sorted(CLIENT_IDS, valuesOf(clients)),
      models: sorted(named, valuesOf(models)).slice(0, MOST_VALUES),
      owners: valuesOf(owners),
      tags: valuesOf(tags),
    },
  };
}

function valuesOf(result: D1Result<{ value: string }> | undefined): string[] {
  return (result?.results ?? []).map(({ value }) => value);
}

function sorted(...lists: readonly (readonly string[])[]): string[] {
  return [...new Set(lists.flat())].sort();
}

export const metaRoutes = new Hono<AdminEnv>()
  .get("/", async (c) => respond(c, await readMeta(verbContext(c)), 200))
  .get("/names", async (c) => respond(c, await readNames(verbContext(c)), 200));
