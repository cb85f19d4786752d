/** The table of kinds, beside the files that there are. */
import { readdir } from "node:fs/promises";
import { expect, test } from "vitest";
import { KINDS } from "../../src/providers/kinds.ts";
import { PLATFORMS } from "../../src/vocabulary.ts";

const PROVIDERS = new URL("../../src/providers/", import.meta.url);

test("every file of a kind is in the table, once, under its platform and its name", async () => {
  const files = await readdir(PROVIDERS, { recursive: true });
  // What kinds of one platform share lies beside them.
  const kinds = files.filter((file) => PLATFORMS.some((platform) => file.startsWith(`${platform}/`)));
  const named = KINDS.map(({ platform, name }) => `${platform}/${name}.ts`);
  expect(named.toSorted()).toEqual(kinds.filter((file) => !file.endsWith("/family.ts")).toSorted());
});
