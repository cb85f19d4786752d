/** `npm run deploy -- rollback`: the previous version, or a named one, serves everything again. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { object, parse, text } from "../../src/ground/json.ts";
import type { Result } from "../../src/vocabulary.ts";
import { type Deployment, deploymentsOf, leading } from "./look.ts";
import { HISTORY, type Run } from "./run.ts";
import { share } from "./switch.ts";

/** The version that served before the current one; null: there is none. Of two that share, the one with the larger share counts. */
export function versionBefore(deployments: readonly Deployment[]): string | null {
  const [now, ...earlier] = deployments;
  const current = leading(now);
  // An upgrade that was interrupted loses its small share again.
  if (now && now.versions.length > 1) return current;
  return earlier.map(leading).find((version) => version !== null && version !== current) ?? null;
}

export async function rollBack(run: Run): Promise<Result<string, string>> {
  const { wrangler, answers, options } = run;
  const deployments = await deploymentsOf(wrangler, answers.name);
  if (!deployments.ok) return deployments;
  const version = options.version ?? versionBefore(deployments.value);
  if (version === null) return { ok: false, refusal: "There is no earlier version to go back to." };
  if (options.dryRun) {
    run.say(`- Give version ${version} all requests`);
    return { ok: true, value: version };
  }
  run.say(`- Giving version ${version} all requests`);
  const shared = await share(run, { [version]: 100 });
  return shared.ok ? { ok: true, value: version } : shared;
}

/** Says that the database stays unchanged, and how to take it back too if an upgrade from this version recorded a bookmark. */
export function databaseRemark(root: string, version: string): string {
  const stays = "The database stays as it is.";
  const bookmark = bookmarkFor(root, version);
  if (bookmark === null) return stays;
  return `${stays} To take it back to that upgrade too, and lose what was booked since:
npx wrangler d1 time-travel restore DB --bookmark=${bookmark} --config .deploy/wrangler.json`;
}

function bookmarkFor(root: string, version: string): string | null {
  const path = join(root, HISTORY);
  if (!existsSync(path)) return null;
  const entries = readFileSync(path, "utf8")
    .split("\n")
    .map((line) => object(parse(line)));
  // Half a line comes from a run that was killed, and is ignored.
  return text(entries.findLast((entry) => entry?.serving === version && entry.bookmark)?.bookmark) ?? null;
}
