/** Colours against what they lie on, by WCAG's formula: 4.5 for text, 3 for what has to be seen. Both themes. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";

const tokens = readFileSync(new URL("../../admin/src/styles/tokens.css", import.meta.url), "utf8");

function coloursOf(selector: string): Map<string, string> {
  const start = tokens.indexOf(`${selector} {`);
  const block = tokens.slice(start, tokens.indexOf("\n}", start));
  return new Map(
    [...block.matchAll(/--([\w-]+):\s*(#[0-9a-f]{6});/g)].map(([, name = "", value = ""]) => [name, value]),
  );
}

function luminance(hex: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const share = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(one: string, other: string): number {
  const [dark = 0, light = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
}

const CHARTS = [1, 2, 3, 4, 5, 6].map((at) => `chart-${at}`);
const GROUNDS = ["page", "surface", "raised", "sunken"];

describe.each([
  ["light", ":root"],
  ["dark", ':root[data-theme="dark"]'],
])("in the %s theme", (_, selector) => {
  const colours = coloursOf(selector);
  const colour = (name: string) => colours.get(name) ?? "#000000";

  test("texts hold 4.5:1 on whatever they lie on", () => {
    for (const text of ["ink", "soft", "accent", "ok", "warn", "bad"]) {
      for (const ground of [...GROUNDS, "hover", "off-tint"]) {
        expect(contrast(colour(text), colour(ground)), `${text} on ${ground}`).toBeGreaterThanOrEqual(4.5);
      }
    }
    for (const tone of ["accent", "ok", "warn", "bad"]) {
      expect(contrast(colour(tone), colour(`${tone}-tint`)), `${tone} on its tint`).toBeGreaterThanOrEqual(4.5);
    }
    expect(contrast(colour("on-accent"), colour("accent"))).toBeGreaterThanOrEqual(4.5);
  });

  test("borders of controls hold 3:1", () => {
    for (const ground of GROUNDS) {
      expect(contrast(colour("control"), colour(ground)), `control on ${ground}`).toBeGreaterThanOrEqual(3);
    }
  });

  test("the colours of charts hold 3:1 on the surface, and are six", () => {
    for (const name of CHARTS) {
      expect(contrast(colour(name), colour("surface")), name).toBeGreaterThanOrEqual(3);
      expect(contrast(colour(name), colour("raised")), name).toBeGreaterThanOrEqual(3);
    }
    expect(new Set(CHARTS.map(colour)).size).toBe(6);
  });
});
