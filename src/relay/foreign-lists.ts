/**
 * The models that a platform's upstreams list, for clients of another format. An upstream is asked as a client of its own format
 * would ask it, and only ids and names are read.
 */
import { array, object, text } from "../ground/json.ts";
import type { Candidate } from "../pool/choose.ts";
import type { Pool } from "../pool/pool.ts";
import { type Protocol, WIRE } from "../protocols/wire.ts";
import type { Platform } from "../vocabulary.ts";
import type { Call } from "./call.ts";
import { type ListedModel, withoutPrefix } from "./models.ts";
import { findRoute } from "./routes.ts";
import { listed } from "./upstream-lists.ts";

/** The relay's own path of each platform's list, and the query that makes it one page. Other platforms list no models of their own. */
const LISTS: Partial<Record<Platform, { path: string; search: string }>> = {
  anthropic: { path: "/api/v1/models", search: "?limit=1000" },
  openai: { path: "/openai/v1/models", search: "" },
  gemini: { path: "/gemini/v1beta/models", search: "?pageSize=1000" },
};

/** Whether the two formats write lists of models in the same way. */
export function listsAlike(one: Protocol, other: Protocol): boolean {
  return WIRE[one].models === WIRE[other].models;
}

/** For each platform, what the first of its `candidates` that has a list lists. Nothing if it does not answer soon. */
export async function foreignLists(call: Call, pool: Pool, candidates: readonly Candidate[]): Promise<ListedModel[]> {
  const platforms = [...new Set(candidates.map(({ account }) => account.platform))];
  const lists = await Promise.all(
    platforms.map(async (platform) => {
      const asking = askingFor(call, platform);
      const own = candidates.filter(({ account }) => account.platform === platform);
      const accounts = own.map(({ account }) => account);
      const found = asking && (await listed(asking, pool, own, accounts));
      return found?.kind === "list" && asking ? entriesOf(asking.route.protocol, found.value.list) : [];
    }),
  );
  return lists.flat();
}

/** The call, as a client of the platform's own format would make it; null if the platform has no list. */
function askingFor(call: Call, platform: Platform): Call | null {
  const list = LISTS[platform];
  const found = list && findRoute("GET", list.path, new Headers());
  if (!found) return null;
  const headers = {
    ...WIRE[found.route.protocol].check.HEADERS,
    "user-agent": call.http.headers.get("user-agent") ?? "",
  };
  return { ...call, ...found, search: list.search, http: new Request(call.url, { headers }) };
}

function entriesOf(protocol: Protocol, list: Record<string, unknown>): ListedModel[] {
  const { MEMBER, idOf, nameOf } = WIRE[protocol].models;
  return array(list[MEMBER]).flatMap((value) => {
    const entry = object(value);
    const id = idOf(entry);
    return typeof id === "string" ? [{ id: withoutPrefix(id), name: text(nameOf(entry)) }] : [];
  });
}
