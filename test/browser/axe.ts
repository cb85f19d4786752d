/** What axe finds on a page: every violation of WCAG 2.2 A and AA that it knows, with its place. */
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

/**
 * A line for each broken rule; none if all is well. A change of the theme or the width fades in with the next frame, and a half-faded text
 * fails the rule of contrast. So axe looks twice, and what the second look no longer finds does not count.
 */
export async function violations(page: Page): Promise<string[]> {
  await page.evaluate(SOURCE);
  const found = await look(page);
  return found.length === 0 ? found : await look(page);
}

async function look(page: Page): Promise<string[]> {
  await page.evaluate(async () => {
    const frame = (): Promise<number> => new Promise(requestAnimationFrame);
    await frame();
    await frame();
    const ending = document
      .getAnimations()
      .filter(({ effect }) => effect?.getComputedTiming().endTime !== Number.POSITIVE_INFINITY);
    await Promise.all(ending.map((animation) => animation.finished.catch(() => null)));
  });
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
