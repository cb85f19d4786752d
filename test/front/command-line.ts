/** The command line as people use it: the real program, with its output caught, and a home directory of its own. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough, Readable, Writable } from "node:stream";
import { runCommandLine } from "../../scripts/relay/program.ts";
import type { System } from "../../scripts/relay/system.ts";
import { ADMIN_PASSWORD } from "./admin-password.ts";
import { ownRelay } from "./own-relay.ts";

export interface Ran {
  code: number;
  out: string;
  err: string;
}

export interface Circumstances {
  env?: Record<string, string>;
  /** What comes through a pipe. */
  stdin?: string;
  /** What somebody types at a terminal, a line for each question; it may depend on what was printed. */
  typed?: (string | ((printed: string) => Promise<string>))[];
  signal?: AbortSignal;
  /** The clone; default: its user's home. */
  root?: string;
  /** The time of the machine's clock. */
  now?: () => number;
  /** Called with everything that is printed, at once. */
  onPrint?: (text: string) => void;
}

export class CommandLine {
  /** Its user's home, and the clone. Neither is the real one. */
  readonly home: string = mkdtempSync(join(tmpdir(), "edge-relay-cli-"));
  readonly env: Record<string, string>;

  /** Without `env`: somebody who may do everything at the relay that the tests share. */
  constructor(env: Record<string, string> = { EDGE_RELAY_URL: ownRelay().url, EDGE_RELAY_PASSWORD: ADMIN_PASSWORD }) {
    this.env = env;
  }

  /** Runs a command line to its end. */
  async run(args: readonly string[], circumstances: Circumstances = {}): Promise<Ran> {
    const {
      env = {},
      stdin = "",
      typed,
      signal = new AbortController().signal,
      root = this.home,
      now = Date.now,
      onPrint,
    } = circumstances;
    const printed = { out: "", err: "" };
    const keyboard = Object.assign(new PassThrough(), { isTTY: true });
    const answers = [...(typed ?? [])];
    const typeNext = async () => {
      const answer = answers.shift() ?? "";
      const text = typeof answer === "string" ? answer : await answer(printed.err);
      // The program listens for the answer once the question is printed.
      setImmediate(() => keyboard.write(`${text}\n`));
    };
    const sink = (where: keyof typeof printed) =>
      new Writable({
        write(chunk, _encoding, done) {
          printed[where] += chunk;
          onPrint?.(String(chunk));
          // A question ends with a space.
          if (where === "err" && typed && /[:\]?] $/.test(String(chunk))) void typeNext();
          done();
        },
      });
    const system: System = {
      env: { HOME: this.home, ...this.env, ...env },
      platform: "linux",
      home: this.home,
      root,
      stdin: typed ? keyboard : Readable.from([stdin]),
      stdout: sink("out"),
      stderr: sink("err"),
      signal,
      now,
    };
    const code = await runCommandLine(args, system);
    return { code, ...printed };
  }

  /** The result of a command with `--json`; throws if it failed. */
  async json<Value>(...args: string[]): Promise<Value> {
    const { code, out, err } = await this.run([...args, "--json"]);
    if (code !== 0) throw new Error(`edge-relay ${args.join(" ")}: ${code}\n${err}`);
    return JSON.parse(out) as Value;
  }

  dispose(): void {
    rmSync(this.home, { recursive: true, force: true });
  }
}
