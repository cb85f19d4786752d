/**
 * What a client is told so that it calls this relay. The one source of it: the console's Connect tabs, `edge-relay connect` and a test
 * of `docs/clients.md` read the same files. Pure, and without Node: browsers import it.
 */
import type { Setting } from "../formats/format.ts";

/** Formats of requests, by the last part of the path that a client adds to its base URL. */
export type WireFormat = "messages" | "responses" | "chat" | "gemini";

/** How a client comes by its key. */
export type KeySource =
  | { from: "file"; key: string }
  | { from: "environment"; variable: string }
  | { from: "command"; command: string };

export interface Wanted {
  /** The relay's, without a slash at its end. */
  origin: string;
  key: KeySource;
  /** The model that the client is to ask for; null: the client's own choice, or the usual one where it needs to be told. */
  model: string | null;
  /** Claude Code's status line: the command that prints it. */
  statusLine?: string;
}

export interface ConfigurationFile {
  /** Below the home directory; the first one that is there, or else the first. */
  paths: readonly [string, ...string[]];
  /** A variable by which the client looks elsewhere for it: what it holds stands in place of this beginning of the path. */
  elsewhere?: { variable: string; insteadOf: string };
  format: "json" | "toml" | "dotenv";
  /** Of JSON: the client reads nothing of a file with a comma at the end of a list, or with comments either. Left out: it reads both. */
  strict?: "commas" | "comments";
  settings: Setting[];
}

/** For people: lines to paste, or fields to fill in. */
export interface Snippet {
  /** Which of the words for titles: what the text is. */
  title: "terminal" | "file" | "baseUrl" | "apiKey" | "code";
  /** The file, where it is one. */
  file?: string;
  text: string;
}

export interface Client {
  /** What it is called on the command line and in the console's addresses. */
  id: string;
  /** Its name, the same in every language. */
  name: string;
  /** What it sends, and what it is told behind the relay's origin: by this a connection is tried out. */
  format: WireFormat;
  base: string;
  /** A model that it commonly asks for. */
  model: string;
  /** What it shows to whoever enters it by hand. */
  shown: (origin: string, key: string) => Snippet[];
  /** Left out where there is no file to write: then a person enters what is shown. */
  connects?: Connects;
}

export interface Connects {
  /** The first one is taken where nobody says. */
  keySources: readonly [KeySource["from"], ...KeySource["from"][]];
  /** The variable that it takes the key from, where that cannot be chosen. */
  keyVariable?: string;
  files: (wanted: Wanted) => ConfigurationFile[];
  /** Variables of a shell that go before what is written, and would lead it past the relay. */
  shadows: (wanted: Wanted) => readonly string[];
  /** What somebody has to know or do afterwards; English, as all of the command line. */
  remarks?: readonly string[];
}

/** The variable for clients that have no name of their own for it. */
export const KEY_VARIABLE = "RELAY_KEY";

export function terminal(...lines: string[]): Snippet {
  return { title: "terminal", text: lines.join("\n") };
}

export function exported(variables: Record<string, string>): string[] {
  return Object.entries(variables).map(([name, value]) => `export ${name}=${value}`);
}

/** Of a client whose settings are fields of a window. */
export function fields(baseUrl: string, key: string): Snippet[] {
  return [
    { title: "baseUrl", text: baseUrl },
    { title: "apiKey", text: key },
  ];
}
