/**
 * Connects a client to a relay, and disconnects it. Everything is computed before anything is written, and what will be written is recorded
 * first: whatever fails in between, the files are as they were.
 */
import { failed, type Outcome } from "../failure.ts";
import type { System } from "../system.ts";
import type { Client, ConfigurationFile, Wanted } from "./clients/client.ts";
import { closed, digest, readContent, removeFile, replaceFile } from "./files.ts";
import { pathOf } from "./places.ts";
import { type OwnedFile, type Without, withOurs, withoutOurs } from "./plan.ts";
import { backupPath, type Connected, readConnections, writeConnections } from "./state.ts";

/** One file as it is, as it was without us, and as it will be. */
interface Change {
  now: { text: string; mode: number } | null;
  original: string | null;
  text: string;
  mode: number | null;
  owned: OwnedFile;
}

export function connect(system: System, client: Client, wanted: Wanted): Outcome<Connected> {
  const planned = planConnection(system, client, wanted);
  if (!planned.ok) return planned;
  const { connections, changes } = planned.value;
  const before = connections.find((each) => each.client === client.id) ?? null;
  const connected: Connected = {
    client: client.id,
    origin: wanted.origin,
    since: new Date(system.now()).toISOString(),
    files: changes.map(({ owned }) => owned),
  };
  for (const { original, owned } of changes) {
    if (original === null || owned.backup === null) continue;
    const kept = replaceFile(owned.backup, original, null);
    if (!kept.ok) return kept;
  }
  const remembered = remember(system, client.id, connected);
  if (!remembered.ok) return remembered;
  const written = writeAll(changes);
  if (written.ok) {
    const files = changes.map(({ owned }, at) => ({
      ...owned,
      directories: owned.directories.length > 0 ? owned.directories : (written.value[at] ?? []),
    }));
    const kept = remember(system, client.id, { ...connected, files });
    return kept.ok ? { ok: true, value: { ...connected, files } } : kept;
  }
  remember(system, client.id, before);
  return written;
}

/** Null: not connected. The others are as they are now, because somebody else may have connected one since the plan was made. */
function remember(system: System, client: string, connected: Connected | null): Outcome<unknown> {
  const connections = readConnections(system);
  if (!connections.ok) return connections;
  const others = connections.value.filter((each) => each.client !== client);
  return writeConnections(system, connected ? [...others, connected] : others);
}

/** Writes all files or none. Returns the directories that were created for each. */
function writeAll(changes: readonly Change[]): Outcome<string[][]> {
  const made: string[][] = [];
  for (const [at, { owned, text, mode }] of changes.entries()) {
    const written = replaceFile(owned.path, text, mode);
    if (!written.ok) {
      for (const [done, { owned, now }] of changes.slice(0, at).entries()) {
        if (now) replaceFile(owned.path, now.text, now.mode);
        else removeFile(owned.path, made[done] ?? []);
      }
      return written;
    }
    made.push(written.value);
  }
  return { ok: true, value: made };
}

/** What would be written; used for a trial request before anything is. */
export function planConnection(
  system: System,
  client: Client,
  wanted: Wanted,
): Outcome<{ connections: Connected[]; changes: Change[] }> {
  const connections = readConnections(system);
  if (!connections.ok) return connections;
  const files = (client.connects?.files(wanted) ?? []).map((file) => ({ file, path: pathOf(system, file) }));
  const before = connections.value.find((each) => each.client === client.id);
  const elsewhere = before?.files.find(({ path }) => !files.some((each) => each.path === path));
  if (elsewhere) {
    const advice = `Run \`edge-relay disconnect ${client.id}\` first.`;
    return failed("failed", `${client.name} is connected already, in ${elsewhere.path}.`, advice);
  }
  const changes: Change[] = [];
  for (const [index, { file, path }] of files.entries()) {
    const owned = before?.files.find((each) => each.path === path) ?? null;
    const change = changeOf({ system, client, wanted, file, path, index, before: owned });
    if (!change.ok) return change;
    changes.push(change.value);
  }
  return { ok: true, value: { connections: connections.value, changes } };
}

interface ToChange {
  system: System;
  client: Client;
  wanted: Wanted;
  file: ConfigurationFile;
  path: string;
  index: number;
  before: OwnedFile | null;
}

function changeOf({ system, client, wanted, file, path, index, before }: ToChange): Outcome<Change> {
  const now = readContent(path);
  if (!now.ok) return now;
  const without = before ? withoutFile(before, now.value) : null;
  if (without && !without.ok) return without;
  const original = without ? without.value.text : (now.value?.text ?? null);
  const merged = withOurs(path, file, original);
  if (!merged.ok) return failed("failed", merged.refusal, "Nothing was changed.");
  const { text, owned } = merged.value;
  const mode = before ? before.mode : (now.value?.mode ?? null);
  const hasKey = wanted.key.from === "file" && text.includes(wanted.key.key);
  const change: Change = {
    now: now.value,
    original,
    text,
    mode: mode !== null && hasKey ? closed(mode) : mode,
    owned: {
      path,
      format: file.format,
      owned,
      wrote: digest(text),
      mode: original === null ? null : mode,
      backup: original === null ? null : backupPath(system, client.id, index),
      directories: before?.directories ?? [],
    },
  };
  return { ok: true, value: change };
}

function withoutFile(file: OwnedFile, now: { text: string } | null): Outcome<Without> {
  const backup = file.backup === null ? null : readContent(file.backup);
  if (backup && !backup.ok) return backup;
  const known = now && { text: now.text, digest: digest(now.text) };
  const without = withoutOurs(file, known, backup?.value?.text ?? null);
  if (without.ok) return without;
  const copy = file.backup === null ? "" : ` What was there before lies in ${file.backup}.`;
  return failed("failed", without.refusal, `Mend the file, and try again; nothing was changed.${copy}`);
}

/** The result for one file. */
export interface Restored {
  path: string;
  outcome: "restored" | "taken out" | "removed" | "gone";
  /** Names of settings that somebody has changed since, and that stay. */
  changed: string[];
  /** The copy, if the file was changed by others and the copy is kept. */
  copy: string | null;
}

export function disconnect(system: System, client: string): Outcome<Restored[]> {
  const connections = readConnections(system);
  if (!connections.ok) return connections;
  const connected = connections.value.find((each) => each.client === client);
  if (!connected) return failed("failed", `${client} is not connected.`, "`edge-relay connect --list` tells what is.");
  const steps: { file: OwnedFile; there: boolean; without: Without }[] = [];
  for (const file of connected.files) {
    const now = readContent(file.path);
    if (!now.ok) return now;
    const without = withoutFile(file, now.value);
    if (!without.ok) return without;
    steps.push({ file, there: now.value !== null, without: without.value });
  }
  // The first file records the directories that were created for all of them.
  for (const { file, there, without } of steps.toReversed()) {
    if (!there) continue;
    const done =
      without.text === null ? removeFile(file.path, file.directories) : replaceFile(file.path, without.text, file.mode);
    if (!done.ok) return done;
  }
  const forgotten = remember(system, client, null);
  if (!forgotten.ok) return forgotten;
  return { ok: true, value: steps.map((step) => restored(step)) };
}

function restored({ file, there, without }: { file: OwnedFile; there: boolean; without: Without }): Restored {
  const { path, backup } = file;
  const keepsCopy = backup !== null && !without.untouched;
  if (backup !== null && !keepsCopy) removeFile(backup, []);
  const outcome = !there ? "gone" : without.text === null ? "removed" : without.untouched ? "restored" : "taken out";
  return { path, outcome, changed: without.changed, copy: keepsCopy ? backup : null };
}
