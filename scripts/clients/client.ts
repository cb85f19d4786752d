/** What a row of the table says about a client: what to install, how to start it, and what counts as success. */
import type { Loop, Script } from "./loop.ts";

/** Sets of the relay's routes that belong together. */
export const LANES = ["messages", "openai", "gemini", "code-assist", "droid"] as const;
export type Lane = (typeof LANES)[number];

/** The lanes that are run by default. */
export const WIRED: readonly Lane[] = ["messages", "openai", "gemini", "droid", "code-assist"];

/** A wire format that an upstream of these trials speaks. */
export type UpstreamFormat = "anthropic" | "chat" | "responses" | "gemini";

/** A kind of account that people sign in to. */
export type Subscription = "claude" | "codex" | "droid" | "google" | "antigravity";

/** What a row may use in arguments, environment and files. */
export interface Place {
  /** The relay's origin, without a trailing slash. */
  origin: string;
  key: string;
  /** A directory for temporary files, deleted after the run. */
  temporary: string;
}

export interface Refusal {
  /** Limits and rules of its key, as the admin API takes them. */
  key?: Record<string, unknown>;
  /** Whether one request is made with the key before. */
  spent?: true;
  /** The status with which the upstream refuses the relay's credential. */
  upstream?: number;
  status: number;
  /** How often the client asks before it gives up. */
  tries: number;
  shows: RegExp;
}

export interface Client {
  /** The row's name, here and for `--only`, which also accepts its beginning. */
  name: string;
  package: string;
  version: string;
  /** The program inside `node_modules`; a `.js` file is run with this Node. For a library: any of its files. */
  program: string;
  /** For a library: the file of `agents/` that uses it. */
  agent?: string;
  lane: Lane;
  args: (loop: Loop) => string[];
  /** In addition to what every client gets (see trial.ts). */
  env: (place: Place) => Record<string, string>;
  /** Files in the client's home, by path. */
  files?: (place: Place) => Record<string, string>;
  script: Script;
  /** The client's name in the relay's request rows. */
  recognisedAs: string;
  /** For "refusal" it gets a key that the relay never issued, unless `refusal` says what else is wrong. */
  expects: "tool loop" | "refusal";
  /** What it is refused for, and what it then does and shows. Only with a relay of our own. */
  refusal?: Refusal;
  /** The first account of the pool is over its limit, and the client must notice nothing. Only with a relay of our own. */
  limitedFirst?: true;
  /** Side requests for which this row exists: they must have been made. All requests must succeed anyway. */
  mustAsk?: string[];
  /** Side requests that the relay rightly refuses, and the status that the client can handle. */
  refused?: Record<string, number>;
  /** The relay must change these requests or their answers, so their bytes are not compared. */
  rewritten?: true;
  /** Configured by `edge-relay connect` with this name, and by nothing else. Afterwards its files must be what they were. */
  connectedAs?: string;
  /** The only account speaks this format, which is not the client's own. Only with a relay of our own. */
  upstream?: UpstreamFormat;
  /** The only account is a sign-in of this kind, which serves only its own client. Only with a relay of our own. */
  subscription?: Subscription;
}

export const EXE = process.platform === "win32" ? ".exe" : "";
export const PLATFORM = `${process.platform}-${process.arch}`;
