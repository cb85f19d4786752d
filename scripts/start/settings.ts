/**
 * Where and how `npm start` runs, from the environment: PORT, and EDGE_RELAY_STATE for another place of the local database.
 * EDGE_RELAY_EMPTY=1 adds no account and no key: for tests of a relay as it is right after a deployment. Pure. It refuses what it does not
 * understand, and never uses a default instead.
 */
import { join, resolve } from "node:path";
import type { Result } from "../../src/vocabulary.ts";

export interface Settings {
  /** The checkout. */
  root: string;
  port: number;
  /** Where the local D1, KV and objects are, in the form of wrangler's --persist-to. */
  stateDir: string;
  /** The output of wrangler and the Worker. */
  logFile: string;
  /** Nothing is prepared: no demo, no accounts from the environment, no first key. */
  empty: boolean;
}

type Environment = Record<string, string | undefined>;

const DEFAULT_PORT = 8787;
/** The first release that runs TypeScript without a flag. */
const OLDEST_NODE: [number, number] = [22, 18];

/** `nodeVersion`: `process.versions.node`, such as "24.21.0". */
export function readSettings(env: Environment, root: string, nodeVersion: string): Result<Settings, string> {
  const [major = 0, minor = 0] = nodeVersion.split(".").map(Number);
  const [oldestMajor, oldestMinor] = OLDEST_NODE;
  if (major < oldestMajor || (major === oldestMajor && minor < oldestMinor)) {
    return { ok: false, refusal: `Node ${OLDEST_NODE.join(".")} or newer is needed; this is ${nodeVersion}.` };
  }
  const port = env.PORT?.trim() ? Number(env.PORT) : DEFAULT_PORT;
  if (!/^\d*$/.test(env.PORT?.trim() ?? "") || port < 1 || port > 65_535) {
    return { ok: false, refusal: `PORT must be a whole number from 1 to 65535, not "${env.PORT}".` };
  }
  const empty = env.EDGE_RELAY_EMPTY?.trim() ?? "";
  if (!["", "0", "1"].includes(empty))
    return { ok: false, refusal: `EDGE_RELAY_EMPTY must be 0 or 1, not "${empty}".` };
  const own = join(root, ".wrangler");
  const stateDir = env.EDGE_RELAY_STATE ? resolve(root, env.EDGE_RELAY_STATE) : join(own, "state");
  const logFile = join(env.EDGE_RELAY_STATE ? stateDir : own, "dev.log");
  return { ok: true, value: { root, port, stateDir, logFile, empty: empty === "1" } };
}
