import { reset } from "cloudflare:test";
import { expect, vi } from "vitest";
import { restoreBindings } from "./bindings.ts";
import { askOnce, forgetModules } from "./modules.ts";
import { emptyTables } from "./tables.ts";

/** The rooms that remember nothing and store nothing (scripts/layers.ts): a third of all files of tests. */
const PURE = /\/test\/(?:protocols|pricing)\//;

/**
 * Files share one Worker, because a start costs two seconds of CPU. So each begins with modules of its own, which
 * remember nothing, with the settings of vitest.config.ts, an empty D1 and KV, and without objects. Those of pure rooms need none of that.
 */
askOnce();
vi.useRealTimers();
vi.restoreAllMocks();
vi.unstubAllGlobals();
if (!PURE.test(expect.getState().testPath ?? "")) {
  forgetModules();
  restoreBindings();
  await reset();
  await emptyTables();
}
