/**
 * Modules of its own for a file, or for an isolate, without loading again what cannot remember anything: `vi.resetModules` forgets
 * zod, drizzle and every translation too, and each import of a module asks vitest's own process, also of one that is known. Both
 * together are half of what the suite costs.
 */

/** The rooms that scripts/layers.ts keeps from remembering, and the libraries. */
const REMEMBERS_NOTHING = /\/node_modules\/|\/src\/(?:protocols|providers|pricing|ground)\//;
/** What runs the tests is never loaded twice, as `vi.resetModules` has it. */
const RUNNER = /\/vitest\/dist\/|vitest-virtual-\w+\/dist|@vitest\/dist/;

/** What of vitest's runner of modules is used; it has no name for any of it. */
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

/** The next import of each module that may remember anything, or that imports one which may, is of a new one. */
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

/** A module that is known is not asked for again. Whatever changes one, changes its `meta` too. */
export function askOnce(): void {
  const ask = Object.getPrototypeOf(runner).cachedModule as Runner["cachedModule"];
  runner.cachedModule = async (url, importer) => {
    const known = runner.evaluatedModules.getModuleByUrl(url);
    return known?.meta ? known : ask.call(runner, url, importer);
  };
}
