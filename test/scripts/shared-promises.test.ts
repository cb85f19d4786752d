/** A promise at module level belongs to the request that made it, and never settles where that one is cancelled. */
import { readdir, readFile } from "node:fs/promises";
import { expect, test } from "vitest";

const SOURCE = new URL("../../src/", import.meta.url);

test("no module of the Worker keeps a promise: requests share reads in `Remembered` only", async () => {
  const files = (await readdir(SOURCE, { recursive: true })).filter((name) => name.endsWith(".ts"));
  expect(files.length).toBeGreaterThan(100);
  const keeping: string[] = [];
  for (const name of files) {
    const text = await readFile(new URL(name, SOURCE), "utf8");
    const kept = text.match(
      /^(?:export )?(?:let|const) [^\n=]*\bPromise<[^\n]*|^(?:let|const) [^\n]*new Map<[^\n]*Promise</gm,
    );
    for (const line of kept ?? []) if (!line.includes("=>")) keeping.push(`${name}: ${line}`);
  }
  expect(keeping).toEqual([]);
});
