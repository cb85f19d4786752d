/** Switches from the old version to the new one: a tenth first, a check from outside, then all of it; or back. */
import type { Result } from "../../src/vocabulary.ts";
import { check } from "./check.ts";
import { attached } from "./domain.ts";
import { explained } from "./faults.ts";
import { type Run, writeConfig } from "./run.ts";

const FIRST_SHARE = 10;
const CHECK_SECONDS = 60;

export const seconds = ({ options }: Pick<Run, "options">, usual: number) => options.checkSeconds ?? usual;

export async function switchOver(run: Run, version: string): Promise<Result<null, string>> {
  const { serving } = run.found;
  const look = () =>
    check({
      origin: run.originNow,
      worker: run.answers.name,
      version,
      login: run.login,
      seconds: seconds(run, CHECK_SECONDS),
      signal: run.signal,
    });
  if (serving === null || run.atOnce !== null) {
    run.say(`  All at once: ${run.atOnce}.`);
    const shared = await share(run, { [version]: 100 });
    if (!shared.ok) return shared;
    const seen = await look();
    return seen.ok ? seen : { ok: false, refusal: `The new version serves, but: ${seen.refusal}\n${wayBack(run)}` };
  }
  const tenth = await share(run, { [serving]: 100 - FIRST_SHARE, [version]: FIRST_SHARE });
  // A command that was stopped may have succeeded.
  if (!tenth.ok && !run.signal.aborted) return tenth;
  if (tenth.ok) run.say(`  ${FIRST_SHARE} %`);
  const seen = tenth.ok ? await look() : tenth;
  if (!seen.ok) {
    const back = await share(run, { [serving]: 100 }, run.unstopped);
    const outcome = back.ok
      ? `The version before serves everything again (${serving}).`
      : `${back.refusal}\n${wayBack(run)}`;
    const why = run.signal.aborted ? "Stopped." : `The new version does not pass: ${seen.refusal}`;
    return { ok: false, refusal: `${why}\n${outcome}` };
  }
  const all = await share(run, { [version]: 100 });
  if (all.ok) run.say("  100 %");
  return all;
}

/** Sets which percentage each version serves. */
export async function share(
  run: Run,
  shares: Record<string, number>,
  { run: wrangler } = run.wrangler,
): Promise<Result<null, string>> {
  const specs = Object.entries(shares).map(([version, percentage]) => `${version}@${percentage}%`);
  const set = await wrangler("versions", "deploy", ...specs, "--yes", ...writeConfig(run, attached(run)));
  return set.ok ? { ok: true, value: null } : { ok: false, refusal: explained("Switching the versions", set.refusal) };
}

function wayBack({ breaking, found, bookmark }: Run): string {
  if (!breaking) return `To go back: npm run deploy -- rollback ${found.serving}`;
  return [
    "The version before does not fit the tables any more, so it is not brought back by itself. To go back to both, and lose what was booked since:",
    `npx wrangler d1 time-travel restore DB --bookmark=${bookmark} --config .deploy/wrangler.json`,
    `npm run deploy -- rollback ${found.serving}`,
  ].join("\n");
}
