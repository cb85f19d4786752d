/** Domains: zones of the account, the addresses of a Worker, and what prevents new ones. */
import type { ApiRequest, Route } from "./cloudflare.ts";
import { type Answer, failure, success } from "./envelope.ts";

interface Origin {
  hostname: string;
}

function changeset({ account, parts, body }: ApiRequest): Answer {
  const origins = JSON.parse(body.toString()) as Origin[];
  const known = (hostname: string) => account.domains.find((domain) => domain.hostname === hostname);
  const updated = origins.flatMap(({ hostname }) => {
    const domain = known(hostname);
    return domain ? [{ ...domain, modified: domain.service !== parts[0] }] : [];
  });
  const free = origins.filter(({ hostname }) => !known(hostname));
  const conflicting = free.filter(({ hostname }) => account.dnsRecords.includes(hostname));
  const added = free.filter(({ hostname }) => !account.dnsRecords.includes(hostname));
  return success({ added, removed: [], updated, conflicting });
}

function attach({ account, parts, body }: ApiRequest): Answer {
  const { origins } = JSON.parse(body.toString()) as { origins: Origin[] };
  for (const { hostname } of origins) {
    if (!account.zones.some(({ name }) => hostname === name || hostname.endsWith(`.${name}`))) {
      return failure(400, 100112, `Could not find zone for ${hostname}`);
    }
  }
  account.domains = account.domains.filter(({ service }) => service !== parts[0]);
  for (const { hostname } of origins)
    account.domains.push({ id: crypto.randomUUID(), hostname, service: parts[0] ?? "" });
  return success(null);
}

export const ZONE_ROUTES: readonly Route[] = [
  [
    "GET",
    /^\/zones$/,
    ({ account, query }) => {
      const zones = account.zones.filter(({ name }) => !query.get("name") || name === query.get("name"));
      return success(zones, { page: 1, per_page: 50, total_count: zones.length });
    },
  ],
  [
    "GET",
    /^\/workers\/domains$/,
    ({ account, query }) => {
      const wanted = query.get("hostname");
      return success(account.domains.filter(({ hostname }) => !wanted || hostname === wanted));
    },
  ],
  ["POST", /^\/workers\/scripts\/([^/]+)\/domains\/changeset$/, changeset],
  ["PUT", /^\/workers\/scripts\/([^/]+)\/domains\/records$/, attach],
];
