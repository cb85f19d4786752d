/**
 * Whether the relay may talk to an address at all: an account's base URL, a provider's authorization server. Pure: it asks no DNS, so a
 * public name that resolves to a private address passes here. In production, Workers reach no private network, and
 * `global_fetch_strictly_public` keeps fetch away from our own zone.
 */
import { inRange, isRange } from "../ground/addresses.ts";
import type { Result } from "../vocabulary.ts";

/**
 * Whether an upstream may be at `text`: returns the URL, or the reason why not.
 * `allowPrivate` is for development: plain http, loopback, private networks and bare host names pass too.
 */
export function checkUpstreamUrl(text: string, { allowPrivate }: { allowPrivate: boolean }): Result<URL, string> {
  if (!URL.canParse(text)) return { ok: false, refusal: "is not a URL" };
  const url = new URL(text);
  if (url.protocol !== "https:" && !(allowPrivate && url.protocol === "http:")) {
    return { ok: false, refusal: "must start with https://" };
  }
  if (url.username || url.password) return { ok: false, refusal: "must not hold a username or password" };
  if (text.includes("?") || text.includes("#")) return { ok: false, refusal: "must not hold a query or fragment" };
  const reach = reachOf(url.hostname);
  if (reach === "public" || (reach === "private" && allowPrivate)) return { ok: true, value: url };
  return { ok: false, refusal: "must name a public host" };
}

/** The addresses in a setting (separated by commas or spaces) that the relay may talk to. */
export function addressesIn(list: string, options: Parameters<typeof checkUpstreamUrl>[1]): string[] {
  return list.split(/[\s,]+/).filter((address) => checkUpstreamUrl(address, options).ok);
}

/** `private`: this machine or its network, fine in development. `forbidden`: never an upstream. */
type Reach = "public" | "private" | "forbidden";

const LOCAL_NAMES = /\.(?:localhost|local|internal|lan|home|corp|home\.arpa)$/;

function reachOf(hostname: string): Reach {
  const address = hostname.startsWith("[") ? hostname.slice(1, -1) : hostname;
  if (isRange(address)) return SPECIAL.find(([range]) => inRange(address, range))?.[1] ?? "public";
  const name = hostname.replace(/\.$/, "");
  if (name === "metadata.google.internal") return "forbidden";
  return name.includes(".") && !LOCAL_NAMES.test(name) ? "public" : "private";
}

/** The IANA special-purpose registries; the first match counts. A mapped address counts as the IPv4 address that it carries. */
const SPECIAL: readonly [range: string, reach: Reach][] = [
  ["10.0.0.0/8", "private"],
  ["100.64.0.0/10", "private"],
  ["127.0.0.0/8", "private"],
  ["172.16.0.0/12", "private"],
  ["192.168.0.0/16", "private"],
  ["0.0.0.0/8", "forbidden"],
  // Link-local, and the metadata service of every cloud.
  ["169.254.0.0/16", "forbidden"],
  ["192.0.0.0/24", "forbidden"],
  ["192.0.2.0/24", "forbidden"],
  ["192.88.99.0/24", "forbidden"],
  ["198.18.0.0/15", "forbidden"],
  ["198.51.100.0/24", "forbidden"],
  ["203.0.113.0/24", "forbidden"],
  // Multicast, reserved and broadcast.
  ["224.0.0.0/3", "forbidden"],
  ["::1/128", "private"],
  // One cloud's metadata service is inside the unique local addresses.
  ["fd00:ec2::254/128", "forbidden"],
  ["fc00::/7", "private"],
  // Teredo, benchmarking, documentation, and 6to4, which can carry any IPv4 address.
  ["2001::/23", "forbidden"],
  ["2001:db8::/32", "forbidden"],
  ["2002::/16", "forbidden"],
  ["3fff::/20", "forbidden"],
  // Only 2000::/3 is routed; the rest holds NAT64, link-local and multicast.
  ["::/3", "forbidden"],
  ["4000::/2", "forbidden"],
  ["8000::/1", "forbidden"],
];
