/** What the command line knows of the process around it. Passed in, so that tests can use another one. */
import type { Readable, Writable } from "node:stream";

export interface System {
  env: Record<string, string | undefined>;
  platform: NodeJS.Platform;
  /** The user's own directory. */
  home: string;
  /** The clone. */
  root: string;
  stdin: Readable & { isTTY?: boolean };
  stdout: Writable & { isTTY?: boolean };
  stderr: Writable & { isTTY?: boolean };
  /** Aborted by Ctrl-C. */
  signal: AbortSignal;
  /** Milliseconds since the epoch. */
  now(): number;
}
