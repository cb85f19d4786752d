import { globSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";

test("the source writes to the log in one place, so that nothing is logged that is no event", () => {
  const files = globSync("src/**/*.ts").filter((path) => path !== "src/events.ts");
  expect(files.length).toBeGreaterThan(100);
  expect(files.filter((path) => /\bconsole\.\w+\(/.test(readFileSync(path, "utf8")))).toEqual([]);
});
