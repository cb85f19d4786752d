/**
 * Whether there is something newer than this clone: the newest release (a tag such as v1.2.3), or, without any tags, new commits of the
 * branch that this one follows. Asks the remote, and changes no file.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { object, parse, text } from "../../../src/ground/json.ts";
import { failed, type Outcome } from "../failure.ts";
import type { System } from "../system.ts";
import { outputOf } from "./step.ts";

export interface Update {
  /** For people: the release, or the branch. */
  name: string;
  /** For git. */
  ref: string;
  /** How many more commits it has. */
  commits: number;
}

export interface Found {
  /** The clone's own version. */
  version: string;
  update: Update | null;
}

export async function findUpdate(system: System): Promise<Outcome<Found>> {
  const version = versionIn(system.root);
  if (version === null) return failed("failed", `${system.root} has no package.json with a version.`);
  const git = (...args: string[]) => outputOf(system, "git", ...args);
  const inside = await git("rev-parse", "--show-prefix");
  if (!inside.ok || inside.value !== "") {
    return failed("failed", `${system.root} is no clone of git's.`, "Clone the repository, and run this there.");
  }
  const branch = await git("rev-parse", "--abbrev-ref", "--symbolic-full-name", "@{upstream}");
  const remote = branch.ok ? branch.value.split("/")[0] : "origin";
  const fetched = await git("fetch", "--quiet", "--tags", remote ?? "origin");
  if (!fetched.ok)
    return { ok: false, refusal: { ...fetched.refusal, advice: "Is there a connection, and the remote?" } };

  const tags = await git("tag", "--list", "v*");
  if (!tags.ok) return tags;
  const newest = newestOf(tags.value.split("\n"));
  const target = newest ?? (branch.ok ? branch.value : null);
  if (target === null) {
    return failed(
      "failed",
      "There is no release, and this branch follows none.",
      "Check out the branch that you want to follow.",
    );
  }
  const commits = await git("rev-list", "--count", `HEAD..${target}`);
  if (!commits.ok) return commits;
  const update = commits.value === "0" ? null : { name: target, ref: target, commits: Number(commits.value) };
  return { ok: true, value: { version, update } };
}

export function headOf(system: System): Promise<Outcome<string>> {
  return outputOf(system, "git", "rev-parse", "--short", "HEAD");
}

function versionIn(root: string): string | null {
  try {
    return text(object(parse(readFileSync(join(root, "package.json"), "utf8")))?.version);
  } catch {
    return null;
  }
}

/** The highest release among the tags. Previews (`v2.0.0-rc.1`) do not count. */
export function newestOf(tags: readonly string[]): string | null {
  const releases = tags.flatMap((tag) => {
    const [, major, minor, patch] = /^v(\d{1,9})\.(\d{1,9})\.(\d{1,9})$/.exec(tag) ?? [];
    return major === undefined ? [] : [{ tag, parts: [major, minor, patch].map(Number) }];
  });
  releases.sort((a, b) => {
    const [at] = [0, 1, 2].filter((index) => a.parts[index] !== b.parts[index]);
    return at === undefined ? 0 : (b.parts[at] ?? 0) - (a.parts[at] ?? 0);
  });
  return releases[0]?.tag ?? null;
}
