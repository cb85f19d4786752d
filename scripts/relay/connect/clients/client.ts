/**
 * What a client must be told so that it calls this relay. This is the only source: the console's Connect tabs, `edge-relay connect` and a
 * test of `docs/clients.md` read the same files. Pure, and without Node, because browsers import it.
 */
import type { Setting } from "../formats/format.ts";

/** Formats of requests, by the last part of the path that a client adds to its base URL. */
export type WireFormat = "messages" | "responses" | "chat" | "gemini";

/** How a client gets its key. */
export type KeySource =
  | { from: "file"; key: string }
  | { from: "environment"; variable: string }
  | { from: "command"; command: string };

export interface Wanted {
  /** The relay's, without a slash at its end. */
  origin: string;
  key: KeySource;
  /** The model that the client should ask for; null: the client's own choice, or the usual one if it must be told. */
  model: string | null;
  /** For Claude Code's status line: the command that prints it. */
  statusLine?: string;
}

export interface ConfigurationFile {
  /** Below the home directory. The first one that exists, or else the first. */
  paths: readonly [string, ...string[]];
  /** A variable with which the client looks elsewhere: its value replaces this beginning of the path. */
  elsewhere?: { variable: string; insteadOf: string };
  format: "json" | "toml" | "dotenv";
  /** Of JSON: the client reads nothing of a file with a comma at the end of a list, or with comments either. Left out: it reads both. */
  strict?: "commas" | "comments";
  settings: Setting[];
}

/** For people: lines to paste, or fields to fill in. */
export interface Snippet {
  /** Which title the text gets. */
  title: "terminal" | "file" | "baseUrl" | "apiKey" | "code";
  /** The file, if the text is one. */
  file?: string;
  text: string;
}

export interface Client {
  /** Its name on the command line and in the console's addresses. */
  id: string;
  /** Its name, the same in every language. */
  name: string;
  /** What it sends, and which path it adds to the relay's origin. A connection is tested with this. */
  format: WireFormat;
  base: string;
  /** A model that it usually asks for. */
  model: string;
  /** What is shown to somebody who enters it by hand. */
  shown: (origin: string, key: string) => Snippet[];
  /** Left out if there is no file to write. Then a person enters what is shown. */
  connects?: Connects;
}

export interface Connects {
  /** The first one is the default. */
  keySources: readonly [KeySource["from"], ...KeySource["from"][]];
  /** The variable from which it takes the key, if that cannot be chosen. */
  keyVariable?: string;
  files: (wanted: Wanted) => ConfigurationFile[];
  /** Variables of a shell that go before what is written, and would lead it past the relay. */
  shadows: (wanted: Wanted) => readonly string[];
  /** What somebody must know or do afterwards; in English, like all of the command line. */
  remarks?: readonly string[];
}

/** The variable for clients without a name of their own for it. */
export const KEY_VARIABLE = "RELAY_KEY";

export function terminal(...lines: string[]): Snippet {
  return { title: "terminal", text: lines.join("\n") };
}

export function exported(variables: Record<string, string>): string[] {
  return Object.entries(variables).map(([name, value]) => `export ${name}=${value}`);
}

/** For a client whose settings are fields of a window. */
export function fields(baseUrl: string, key: string): Snippet[] {
  return [
    { title: "baseUrl", text: baseUrl },
    { title: "apiKey", text: key },
  ];
}
