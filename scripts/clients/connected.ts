/**
 * A client's files as `edge-relay connect` writes them and `disconnect` leaves them: runs the real command line in the client's own home.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { CLIENTS } from "../relay/connect/clients/clients.ts";
import type { Place } from "./client.ts";
import { runBounded } from "./process.ts";

const COMMAND_LINE = fileURLToPath(new URL("../relay.ts", import.meta.url));
const LIMIT_MS = 30_000;

export interface Connection {
  faults: string[];
  /** Disconnects the client. Returns what is wrong after that. */
  end: () => Promise<string[]>;
}

/** `env` is the client's own: its home contains the files. */
export async function connectClient(name: string, place: Place, env: Record<string, string>): Promise<Connection> {
  const home = env.HOME ?? "";
  const before = filesOf(name, place, home);
  const given = { ...env, EDGE_RELAY_URL: place.origin, EDGE_RELAY_KEY: place.key };
  const run = async (...args: string[]): Promise<string[]> => {
    const finished = await runBounded(process.execPath, [COMMAND_LINE, ...args], {
      cwd: home,
      env: given,
      limitMs: LIMIT_MS,
    });
    return finished.code === 0 ? [] : [`edge-relay ${args.join(" ")} ended with ${finished.code}: ${finished.output}`];
  };
  // The command line's own trial request would be among the client's requests.
  const faults = await run("connect", name, "--no-trial");
  return {
    faults,
    end: async () => {
      const failed = await run("disconnect", name);
      const after = filesOf(name, place, home);
      const differing = [...after].filter(([path, text]) => before.get(path) !== text);
      return [...failed, ...differing.map(([path]) => `${path} is not what it was before`)];
    },
  };
}

/** The content of the client's files; null if there is no file. */
function filesOf(name: string, { origin, key }: Place, home: string): Map<string, string | null> {
  const client = CLIENTS.find(({ id }) => id === name);
  const files = client?.connects?.files({ origin, key: { from: "file", key }, model: null }) ?? [];
  return new Map(
    files
      .flatMap(({ paths }) => paths)
      .map((path) => {
        const file = join(home, path);
        return [path, existsSync(file) ? readFileSync(file, "utf8") : null];
      }),
  );
}
