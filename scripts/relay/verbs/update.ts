/**
 * `update`: brings a clone, and the relay that is deployed from it, to the newest release. It says first what it will do, does one step
 * after the other, and stops at the first that fails. Changes that somebody has made in the clone are never overwritten: git refuses.
 */
import { DONE, failed, type Outcome } from "../failure.ts";
import { findUpdate, headOf, type Update } from "../update/releases.ts";
import { runStep, type Step } from "../update/step.ts";
import type { Cli, Verb } from "../verb.ts";

export const update: Verb = {
  name: "update",
  summary: "brings this clone and the relay that is deployed from it to the newest release",
  define: (command, run) =>
    void command
      .option("--check", "only say whether there is a newer one")
      .option("--yes", "do not ask")
      .option("--no-deploy", "stop before the deployment")
      .action((options) => run((cli) => bringUp(cli, options))),
};

interface Options {
  check?: true | undefined;
  yes?: true | undefined;
  deploy: boolean;
}

async function bringUp(cli: Cli, { check, yes, deploy }: Options): Promise<Outcome> {
  const { system, output, prompts } = cli;
  output.progress("Asking git for what is new …");
  const found = await findUpdate(system);
  if (!found.ok) return found;
  if (found.value.update === null) {
    const { version } = found.value;
    output.result({ version, update: null }, () => `This clone is up to date, at version ${version}.`);
    return DONE;
  }
  const { version, update } = found.value;
  const steps = stepsTo(update, deploy);
  if (check) {
    output.result({ version, update }, () => `${titleOf(version, update)} \`edge-relay update\` brings it.`);
    return DONE;
  }
  output.note(
    [`${titleOf(version, update)} To bring it, these are run in ${system.root}:`, ...steps.map(lineOf)].join("\n"),
  );
  if (!yes) {
    const sure = await prompts.confirm("Go on?");
    if (!sure.ok) return sure;
    if (!sure.value) return failed("failed", "Nothing was changed.");
  }
  return runAll(cli, version, update, steps);
}

async function runAll(cli: Cli, version: string, update: Update, steps: readonly Step[]): Promise<Outcome> {
  const { system, output } = cli;
  const before = await headOf(system);
  if (!before.ok) return before;
  for (const [at, step] of steps.entries()) {
    output.note(`\n> ${step.command.join(" ")}`);
    const ran = await runStep(system, step);
    if (ran.ok) continue;
    const back =
      at === 0
        ? "Nothing was changed. Put what you have changed into a commit of your own and merge by hand, or take it back."
        : `Back to where it was: git reset --keep ${before.value} && npm ci${step.changesRelay ? " && npm run deploy" : ""}`;
    return failed(ran.refusal.exit, ran.refusal.message, back);
  }
  const done = { version, update, steps: steps.map(({ command }) => command.join(" ")) };
  output.result(done, () => `This clone is at ${update.name} now.`);
  return { ok: true, value: done };
}

function stepsTo({ ref }: Update, deploy: boolean): Step[] {
  const steps: Step[] = [
    {
      command: ["git", "merge", "--ff-only", ref],
      why: "takes its code; refused where it would overwrite a change of yours",
    },
    { command: ["npm", "ci"], why: "installs its packages" },
    { command: ["npm", "run", "check"], why: "looks whether the code is whole" },
    { command: ["npm", "run", "deploy"], why: "migrates, deploys and looks whether it answers", changesRelay: true },
  ];
  return steps.filter(({ changesRelay }) => deploy || !changesRelay);
}

function lineOf({ command, why }: Step): string {
  return `  ${command.join(" ").padEnd(36)} ${why}`;
}

function titleOf(version: string, { name, commits }: Update): string {
  return `${name} is newer than this clone's ${version}, by ${commits} ${commits === 1 ? "commit" : "commits"}.`;
}
