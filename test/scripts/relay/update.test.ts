/** `edge-relay update` in a clone of its own, with git and npm as they are; its remote is a directory. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { newestOf } from "../../../scripts/relay/update/releases.ts";
import { outputOf } from "../../../scripts/relay/update/step.ts";
import { CommandLine } from "../../front/command-line.ts";

const scratch = mkdtempSync(join(tmpdir(), "edge-relay-update-"));
const remote = join(scratch, "remote");
const root = join(scratch, "clone");
const identity = Object.fromEntries(
  ["AUTHOR", "COMMITTER"].flatMap((who) => [
    [`GIT_${who}_NAME`, "somebody"],
    [`GIT_${who}_EMAIL`, "somebody@example.com"],
  ]),
);
const env = {
  PATH: process.env.PATH ?? "",
  GIT_CONFIG_GLOBAL: "/dev/null",
  npm_config_update_notifier: "false",
  ...identity,
};
const line = new CommandLine(env);

function git(cwd: string, ...args: string[]): string {
  return execFileSync("git", args, { cwd, env: { ...env, HOME: scratch }, encoding: "utf8", stdio: "pipe" }).trim();
}

/** A release of a relay whose check and deployment leave a line each. */
function release(version: string, check = "echo checked >> done.txt"): void {
  const scripts = { check, deploy: "echo deployed >> done.txt" };
  writeFileSync(
    join(remote, "package.json"),
    JSON.stringify({ name: "relay", version, private: true, scripts }, null, 1),
  );
  const lock = { name: "relay", version, lockfileVersion: 3, packages: { "": { name: "relay", version } } };
  writeFileSync(join(remote, "package-lock.json"), JSON.stringify(lock));
  git(remote, "add", "-A");
  git(remote, "commit", "--quiet", "-m", `Version ${version}`);
  git(remote, "tag", `v${version}`);
}

const update = (...args: string[]) => line.run(["update", ...args], { root });

beforeAll(() => {
  execFileSync("git", ["init", "--quiet", "-b", "main", remote], { env: { ...env, HOME: scratch } });
  writeFileSync(join(remote, "wrangler.toml"), 'name = "relay"\n');
  writeFileSync(join(remote, ".gitignore"), "done.txt\nnode_modules/\n");
  release("0.1.0");
  git(scratch, "clone", "--quiet", remote, root);
});
afterAll(() => {
  line.dispose();
  rmSync(scratch, { recursive: true, force: true });
});

it("says what is newer and what it will do, does nothing without a yes, and then each step in order", async () => {
  expect(await update()).toMatchObject({ code: 0, out: "This clone is up to date, at version 0.1.0.\n" });

  release("0.10.0");
  const checked = await update("--check");
  expect(checked).toMatchObject({
    code: 0,
    out: expect.stringMatching(/^v0\.10\.0 is newer than this clone's 0\.1\.0, by 1 commit\./),
  });
  expect(await line.run(["update"], { root, typed: ["n"] })).toMatchObject({
    code: 1,
    err: expect.stringContaining("Nothing was changed."),
  });
  expect((await update()).code).toBe(2);
  expect(git(root, "describe", "--tags")).toBe("v0.1.0");

  // What operators have in it stays.
  writeFileSync(join(root, "wrangler.toml"), 'name = "mine"\n');
  const done = await update("--yes");
  expect(done).toMatchObject({ code: 0, out: "This clone is at v0.10.0 now.\n" });
  for (const step of ["git merge --ff-only v0.10.0", "npm ci", "npm run check", "npm run deploy"]) {
    expect(done.err).toContain(`  ${step} `);
    expect(done.err).toContain(`> ${step}\n`);
  }
  expect(git(root, "describe", "--tags")).toBe("v0.10.0");
  expect(readFileSync(join(root, "done.txt"), "utf8")).toBe("checked\ndeployed\n");
  expect(readFileSync(join(root, "wrangler.toml"), "utf8")).toBe('name = "mine"\n');
});

it("stops at the step that fails, deploys nothing, and says how to go back", async () => {
  release("0.11.0", "exit 3");
  const before = git(root, "rev-parse", "--short", "HEAD");
  const failed = await update("--yes");
  expect(failed).toMatchObject({ code: 1, out: "" });
  expect(failed.err).toContain("npm run check has failed with 3.");
  expect(failed.err).toContain(`git reset --keep ${before} && npm ci\n`);
  expect(readFileSync(join(root, "done.txt"), "utf8")).toBe("checked\ndeployed\n");
  git(root, "reset", "--keep", before);
  expect(git(root, "describe", "--tags")).toBe("v0.10.0");
});

it("overwrites no change of its user's: git refuses, and nothing has happened", async () => {
  writeFileSync(join(root, "package.json"), '{"version":"0.10.0"}\n');
  const refused = await update("--yes", "--no-deploy");
  expect(refused).toMatchObject({ code: 1, err: expect.stringContaining("Nothing was changed.") });
  expect(refused.err).toContain("would be overwritten by merge");
  expect(readFileSync(join(root, "package.json"), "utf8")).toBe('{"version":"0.10.0"}\n');
});

it("gives a branch's name to git alone and to no shell, on Windows too, whatever a remote has called it", async () => {
  const odd = join(scratch, "odd");
  git(scratch, "clone", "--quiet", "-b", "main", remote, odd);
  const name = ["x;touch$", "{IFS}pwned;&calc"].join("");
  git(remote, "branch", name);
  git(odd, "fetch", "--quiet");
  git(odd, "checkout", "--quiet", "-b", "mine", "--track", `origin/${name}`);
  git(odd, "tag", "-d", ...git(odd, "tag").split("\n"));
  const system = { env, platform: "win32", root: odd, signal: new AbortController().signal } as const;
  const counted = await outputOf(system as never, "git", "rev-list", "--count", `HEAD..origin/${name}`);
  expect(counted).toEqual({ ok: true, value: "0" });
  expect(existsSync(join(odd, "pwned"))).toBe(false);
});

it("says so where the remote is gone, or where there is no clone", async () => {
  git(root, "remote", "set-url", "origin", join(scratch, "gone"));
  expect(await update("--check")).toMatchObject({ code: 1, err: expect.stringContaining("git fetch") });
  expect((await line.run(["update"])).err).toContain("has no package.json");
});

it("takes the highest release for the newest, and no preview", () => {
  expect(newestOf(["v0.9.9", "v0.10.0", "v0.10.0-rc.1", "v1.0", "nightly"])).toBe("v0.10.0");
  expect(newestOf(["", "v2.0.0-beta.1"])).toBeNull();
});
