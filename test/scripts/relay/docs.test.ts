/** The page of the command line against the program itself: verbs, options, exit codes and findings are the same ones. */
import { readFileSync } from "node:fs";
import type { Command } from "@commander-js/extra-typings";
import { expect, test } from "vitest";
import { FINDINGS } from "../../../scripts/relay/doctor/finding.ts";
import { EXIT } from "../../../scripts/relay/failure.ts";
import { createProgram } from "../../../scripts/relay/program.ts";

const read = (path: string) => readFileSync(new URL(`../../../${path}`, import.meta.url), "utf8");
const page = read("docs/command-line.md");

/** The rows of the table under a heading cell: what its first cell names, and the rest. */
function rows(heading: string): Map<string, string> {
  const table = new RegExp(`^\\| ${heading} \\|.*\n\\|.*\n((?:\\|.*\n)+)`, "m").exec(page)?.[1] ?? "";
  const lines = [...table.matchAll(/^\| `(.*?)` \| (.*) \|$/gm)];
  return new Map(lines.map(([, name = "", rest = ""]) => [name, rest]));
}

/** Every verb that can be run, as it is typed. */
function leaves(command: Command, before: readonly string[] = []): [name: string, command: Command][] {
  return command.commands.flatMap((each) => {
    const name = [...before, each.name()];
    return each.commands.length > 0 ? leaves(each as Command, name) : [[name.join(" "), each as Command]];
  });
}

const program = createProgram({ stdout: process.stdout, stderr: process.stderr }, async () => {});
const verbs = new Map(leaves(program));

test("the page has every verb and no other, each with options that it takes", () => {
  const documented = rows("verb");
  expect([...documented.keys()].sort()).toEqual([...verbs.keys()].sort());
  for (const [name, text] of documented) {
    const options = verbs.get(name)?.options.map(({ long }) => long);
    for (const [, option] of text.matchAll(/`(--[a-z-]+)`/g)) expect(options, `${name} ${option}`).toContain(option);
  }
});

test("every verb says what it does, and takes the options that all have", () => {
  for (const [name, command] of verbs) {
    const help = command.helpInformation();
    expect(command.description(), name).not.toBe("");
    for (const option of ["--url", "--profile", "--json", "--help"]) expect(help, name).toContain(option);
  }
});

test("the page has every exit code and every finding of the doctor", () => {
  expect([...rows("code").keys()].map(Number)).toEqual(Object.values(EXIT));
  expect([...rows("finding").keys()].sort()).toEqual([...FINDINGS].sort());
});

test("findings that are named where faults are listed are ones", () => {
  const named = [...read("docs/troubleshooting.md").matchAll(/\(doctor: (.*?)\)/g)].flatMap(([, names = ""]) =>
    [...names.matchAll(/`(\w+)`/g)].map(([, name]) => name),
  );
  expect(named.length).toBeGreaterThan(10);
  expect(FINDINGS).toEqual(expect.arrayContaining(named));
});
