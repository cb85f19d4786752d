/**
 * The file of profiles and sessions. Only its owner may read it (600, in a directory of 700), it is replaced as a whole, and its content is
 * never printed. A file that cannot be read is refused and stays unchanged.
 */
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { object, parse, text } from "../../src/ground/json.ts";
import { configDirectory } from "./config-directory.ts";
import { failed, type Outcome } from "./failure.ts";
import type { System } from "./system.ts";

/** How Cloudflare Access lets a program through. */
export interface ServiceToken {
  id: string;
  secret: string;
}

/** A relay that somebody has set up here. */
export interface Profile {
  /** Its origin. */
  url: string;
  username: string;
  /** Only if somebody wanted it stored. */
  password?: string;
  access?: ServiceToken;
}

/** An open session, valid until `expiresAt` (milliseconds since the epoch). */
export interface Session {
  token: string;
  expiresAt: number;
}

export interface Stored {
  /** The name of the default profile. */
  current: string | null;
  profiles: Record<string, Profile>;
  /** By `sessionName`. */
  sessions: Record<string, Session>;
}

export function sessionName(url: string, username: string): string {
  return `${username} at ${url}`;
}

export function credentialPath(system: Pick<System, "env" | "platform" | "home">): string {
  return join(configDirectory(system), "credentials.json");
}

export function readStored(system: System): Outcome<Stored> {
  const path = credentialPath(system);
  try {
    if (!existsSync(path)) return { ok: true, value: { current: null, profiles: {}, sessions: {} } };
    return { ok: true, value: storedIn(parse(readFileSync(path, "utf8"))) };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return failed(
      "failed",
      `${path} cannot be read: ${why}`,
      "Mend it, or delete it and run `edge-relay setup` again.",
    );
  }
}

/** Reads, changes and replaces the file. Sessions that have ended are removed. */
export function changeStored(system: System, change: (stored: Stored) => Stored): Outcome<null> {
  const before = readStored(system);
  if (!before.ok) return before;
  const { current, profiles, sessions } = change(before.value);
  const open = Object.entries(sessions).filter(([, { expiresAt }]) => expiresAt > system.now());
  const directory = configDirectory(system);
  const path = credentialPath(system);
  const draft = `${path}.${process.pid}.new`;
  let drafted = false;
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    // An existing directory may be open to others.
    chmodSync(directory, 0o700);
    const text = JSON.stringify({ current, profiles, sessions: Object.fromEntries(open) }, null, 2);
    // A file with this process id was left by a killed process. The id is ours now, and in containers ids begin with the same numbers.
    rmSync(draft, { force: true });
    drafted = true;
    writeFileSync(draft, `${text}\n`, { mode: 0o600, flag: "wx" });
    renameSync(draft, path);
    return { ok: true, value: null };
  } catch (error) {
    if (drafted) rmSync(draft, { force: true });
    return failed("failed", `${path} cannot be written: ${error instanceof Error ? error.message : error}`);
  }
}

/** Throws if it is not what was written. */
function storedIn(value: unknown): Stored {
  const stored = object(value);
  if (!stored) throw new Error("it is no JSON object");
  const entries = (name: string) => Object.entries(object(stored[name]) ?? {});
  return {
    current: text(stored.current),
    profiles: Object.fromEntries(entries("profiles").map(([name, profile]) => [name, profileIn(profile)])),
    sessions: Object.fromEntries(entries("sessions").map(([name, session]) => [name, sessionIn(session)])),
  };
}

function profileIn(value: unknown): Profile {
  const profile = object(value);
  const url = text(profile?.url);
  const username = text(profile?.username);
  if (url === null || username === null) throw new Error("a profile has no url and username");
  const password = text(profile?.password);
  const access = object(profile?.access);
  const id = text(access?.id);
  const secret = text(access?.secret);
  return {
    url,
    username,
    ...(password !== null && { password }),
    ...(id !== null && secret !== null && { access: { id, secret } }),
  };
}

function sessionIn(value: unknown): Session {
  const session = object(value);
  const token = text(session?.token);
  const expiresAt = session?.expiresAt;
  if (token === null || typeof expiresAt !== "number") throw new Error("a session has no token and end");
  return { token, expiresAt };
}
