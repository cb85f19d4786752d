/**
 * New modules for a file, or for an isolate, without loading again those that remember nothing. `vi.resetModules` would also drop zod,
 * drizzle and every translation, and each import of a module asks vitest's own process, even for a known one. Together that is half of the
 * suite's time.
 */

/** The rooms that scripts/layers.ts forbids to remember anything, and the libraries. */
const REMEMBERS_NOTHING = /\/node_modules\/|\/src\/(?:protocols|providers|pricing|ground)\//;
/** The test runner itself is never loaded twice, as with `vi.resetModules`. */
const RUNNER = /\/vitest\/dist\/|vitest-virtual-\w+\/dist|@vitest\/dist/;

/** The part of vitest's module runner that is used. It has no type for it. */
interface Module {
  id: string;
  meta?: unknown;
  promise?: unknown;
  exports?: unknown;
  evaluated: boolean;
  importers: Set<string>;
}
interface Runner {
  evaluatedModules: {
    idToModuleMap: Map<string, Module>;
    getModuleByUrl: (url: string) => Module | undefined;
  };
  cachedModule: (url: string, importer?: string) => Promise<Module>;
}

const { moduleRunner: runner } = (globalThis as unknown as { __vitest_mocker__: { moduleRunner: Runner } })
  .__vitest_mocker__;

/** From now on, an import of a module that may remember something, or imports one that may, gets a new one. */
export function forgetModules(): void {
  const { idToModuleMap } = runner.evaluatedModules;
  const forgotten = new Set<string>();
  const forget = (id: string) => {
    const module = idToModuleMap.get(id);
    if (!module || forgotten.has(id) || RUNNER.test(id)) return;
    forgotten.add(id);
    for (const importer of module.importers) forget(importer);
    module.promise = undefined;
    module.exports = undefined;
    module.evaluated = false;
    module.importers.clear();
  };
  for (const id of [...idToModuleMap.keys()]) if (id.startsWith("/") && !REMEMBERS_NOTHING.test(id)) forget(id);
}

/** A known module is not asked for again. Whatever changes one also changes its `meta`. */
export function askOnce(): void {
  const ask = Object.getPrototypeOf(runner).cachedModule as Runner["cachedModule"];
  runner.cachedModule = async (url, importer) => {
    const known = runner.evaluatedModules.getModuleByUrl(url);
    return known?.meta ? known : ask.call(runner, url, importer);
  };
}
