/**
 * Reads and replaces whole files of other programs. They are written beside and renamed, so that nobody ever reads half of one. If a name
 * is a link, its target is replaced, not the link. A new file is for its owner only.
 */
import { createHash } from "node:crypto";
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, resolve } from "node:path";
import type { Outcome } from "../failure.ts";
import { failed } from "../failure.ts";

export interface Content {
  text: string;
  /** Permission bits. */
  mode: number;
}

const PRIVATE = 0o600;
const PERMISSIONS = 0o777;
/** Far longer than any client's settings. */
const LARGEST_BYTES = 4_000_000;

/** Null: there is no such file. */
export function readContent(path: string): Outcome<Content | null> {
  try {
    if (!existsSync(path)) return { ok: true, value: null };
    const { size, mode } = statSync(path);
    if (size > LARGEST_BYTES) return failed("failed", `${path} is too long to be a client's settings.`);
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(readFileSync(path));
    return { ok: true, value: { text, mode: mode & PERMISSIONS } };
  } catch (error) {
    return failed("failed", `${path} cannot be read: ${error instanceof Error ? error.message : error}`);
  }
}

/** `mode` null: as for a new file. Returns the directories that had to be created, from the innermost outwards. */
export function replaceFile(path: string, text: string, mode: number | null): Outcome<string[]> {
  const made = missingDirectories(path);
  const target = targetOf(path);
  const draft = `${target}.${process.pid}.new`;
  let drafted = false;
  try {
    mkdirSync(dirname(target), { recursive: true, mode: 0o700 });
    // A file with this process id was left by a killed process. The id is ours now, and in containers ids begin with the same numbers.
    rmSync(draft, { force: true });
    writeFileSync(draft, text, { mode: PRIVATE, flag: "wx" });
    drafted = true;
    chmodSync(draft, mode ?? PRIVATE);
    renameSync(draft, target);
    return { ok: true, value: made };
  } catch (error) {
    if (drafted) rmSync(draft, { force: true });
    return failed("failed", `${path} cannot be written: ${error instanceof Error ? error.message : error}`);
  }
}

/** Also removes the directories that were created for it, if they are empty. */
export function removeFile(path: string, madeDirectories: readonly string[]): Outcome<null> {
  try {
    rmSync(targetOf(path), { force: true });
    for (const directory of madeDirectories) if (!removeEmpty(directory)) break;
    return { ok: true, value: null };
  } catch (error) {
    return failed("failed", `${path} cannot be removed: ${error instanceof Error ? error.message : error}`);
  }
}

/** What a link leads to, there already or not yet: as of a directory of dotfiles, of which only some files are on each machine. */
function targetOf(path: string): string {
  if (existsSync(path)) return realpathSync(path);
  const link = lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() ? readlinkSync(path) : null;
  return link === null ? path : resolve(dirname(path), link);
}

/** The mode without access for others, because the file contains a key. */
export function closed(mode: number): number {
  return mode & 0o700;
}

export function digest(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

function missingDirectories(path: string): string[] {
  const missing: string[] = [];
  for (let at = dirname(path); !existsSync(at) && basename(at) !== ""; at = dirname(at)) missing.push(at);
  return missing;
}

function removeEmpty(directory: string): boolean {
  try {
    rmdirSync(directory);
    return true;
  } catch {
    // Somebody has put something into it.
    return false;
  }
}
