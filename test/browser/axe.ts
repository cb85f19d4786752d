/** What axe finds on a page: every violation of WCAG 2.2 A and AA that it knows, with where it is. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Page } from "playwright-core";

const SOURCE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

interface Violation {
  id: string;
  help: string;
  nodes: { target: unknown[] }[];
}

/** A line for each rule that is broken; none where all is well. What fades in is waited for: half faded, it has no contrast. */
export async function violations(page: Page): Promise<string[]> {
  await page.evaluate(async () => {
    const ending = document
      .getAnimations()
      .filter(({ effect }) => effect?.getComputedTiming().endTime !== Number.POSITIVE_INFINITY);
    await Promise.all(ending.map((animation) => animation.finished.catch(() => null)));
  });
  await page.evaluate(SOURCE);
  const found: Violation[] = await page.evaluate(async (tags) => {
    const axe: { run(on: Document, how: object): Promise<{ violations: Violation[] }> } = Reflect.get(
      globalThis,
      "axe",
    );
    return (await axe.run(document, { runOnly: tags, resultTypes: ["violations"] })).violations;
  }, TAGS);
  return found.map(
    ({ id, help, nodes }) => `${id}: ${help} (${nodes.map(({ target }) => target.join(" ")).join(", ")})`,
  );
}
