/**
 * Tells when there is a newer version, by the releases of a repository as the APIs of GitHub, Gitea and Forgejo list them: the latest one
 * (`…/releases/latest`) or all (`…/releases`). The server learns nothing of this relay but its version.
 */
import { announce } from "../alerts/announce.ts";
import type { AlertSettings } from "../alerts/settings.ts";
import { record } from "../events.ts";
import { textAtMost } from "../ground/bounded-body.ts";
import { array, isObject, object, parse, text } from "../ground/json.ts";
import { VERSION } from "../ground/version.ts";
import { checkUpstreamUrl } from "../providers/upstream-address.ts";

const PATIENCE_MS = 10_000;
const LARGEST_FEED = 2 * 1024 * 1024;

export interface Release {
  version: string;
  url: string;
}

export async function watchRelease(env: Env, settings: AlertSettings, now: number): Promise<void> {
  const { releaseFeedUrl: url } = settings;
  if (url === "") return;
  const checked = checkUpstreamUrl(url, { allowPrivate: env.ALLOW_PRIVATE_UPSTREAMS === "1" });
  if (!checked.ok) return record({ event: "release_feed_unread", why: checked.refusal });
  let feed: unknown;
  try {
    const headers = { accept: "application/json", "user-agent": `edge-relay/${VERSION}` };
    const answer = await fetch(checked.value.href, {
      headers,
      redirect: "manual",
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    if (answer.status !== 200) return record({ event: "release_feed_unread", why: `it answered ${answer.status}` });
    feed = parse(await textAtMost(answer, LARGEST_FEED));
  } catch {
    return record({ event: "release_feed_unread", why: "it did not answer" });
  }
  const newest = newestIn(feed);
  if (!newest || !isNewer(newest.version, VERSION)) return;
  await announce(env, { event: "new_version", ...newest, current: VERSION }, settings, now);
}

/** The newest release of a feed that is neither a draft nor a prerelease; null: there is none. Pure. */
export function newestIn(feed: unknown): Release | null {
  const listed = isObject(feed) ? [feed] : array(feed);
  const releases = listed.flatMap((entry): Release[] => {
    const release = object(entry);
    const version = /^v?(\d{1,6}\.\d{1,6}\.\d{1,6})$/.exec(text(release?.tag_name) ?? "")?.[1];
    if (!version || release?.draft === true || release?.prerelease === true) return [];
    const page = text(release?.html_url) ?? "";
    return [{ version, url: /^https:\/\/\S{1,300}$/.test(page) ? page : "" }];
  });
  return releases.reduce<Release | null>(
    (newest, one) => (newest && !isNewer(one.version, newest.version) ? newest : one),
    null,
  );
}

/** Whether version `one` is newer than `other`. Pure. */
export function isNewer(one: string, other: string): boolean {
  const [a, b] = [one, other].map((version) => version.split(".").map(Number));
  for (const at of [0, 1, 2]) {
    const difference = (a?.[at] ?? 0) - (b?.[at] ?? 0);
    if (difference !== 0) return difference > 0;
  }
  return false;
}
