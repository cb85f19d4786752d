import { describe, expect, test } from "vitest";
import { en } from "../../admin/src/locale/en.ts";
import { chooseLocale } from "../../admin/src/locale/locale.ts";
import { zhCN } from "../../admin/src/locale/zh-cn.ts";

describe("the language", () => {
  test.each<[string | null, string[], string]>([
    [null, ["en-US", "zh-CN"], "en"],
    [null, ["zh-CN", "en"], "zh-CN"],
    [null, ["zh"], "zh-CN"],
    [null, ["zh-Hant-TW", "en"], "zh-CN"],
    [null, ["fr", "zh-CN"], "zh-CN"],
    [null, ["fr", "de"], "en"],
    [null, [], "en"],
    ["en", ["zh-CN"], "en"],
    ["zh-CN", ["en"], "zh-CN"],
    ["tlh", ["zh-CN"], "zh-CN"],
  ])("chosen %j, wanted %j: %s", (chosen, wanted, locale) => {
    expect(chooseLocale(chosen, wanted)).toBe(locale);
  });
});

/** Every sentence under its path; one with figures is said with stand-ins for them. */
function sentences(words: object, path = ""): Map<string, string> {
  const all = new Map<string, string>();
  for (const [name, value] of Object.entries(words)) {
    const at = path === "" ? name : `${path}.${name}`;
    if (typeof value === "string") all.set(at, value);
    else if (typeof value === "function") all.set(at, String(value("{1}", "{2}", "{3}")));
    else for (const [below, text] of sentences(value, at)) all.set(below, text);
  }
  return all;
}

/** Those of the console, and those of each page, which lie in files of their own. */
const english = sentences(
  Object.assign(
    { ...en },
    ...Object.values(import.meta.glob<object>("../../admin/src/locale/en/*.ts", { eager: true })),
  ),
);
const chinese = sentences(
  Object.assign(
    { ...zhCN },
    ...Object.values(import.meta.glob<object>("../../admin/src/locale/zh-cn/*.ts", { eager: true })),
  ),
);

describe("Chinese", () => {
  test("has every sentence that English has, and no other", () => {
    expect([...chinese.keys()].sort()).toEqual([...english.keys()].sort());
  });

  test("says every sentence in Chinese, but for names and units", () => {
    const latin = [...chinese].filter(([, text]) => !/\p{Script=Han}/u.test(text)).map(([at]) => at);
    const others = latin.filter((at) => !at.startsWith("accounts.platforms."));
    expect(others.sort()).toEqual([
      ...["product", "settings.access"],
      ...["units.milliseconds", "units.none", "units.seconds"],
    ]);
  });

  test("leaves out no name or figure that English gives", () => {
    for (const [at, text] of english) {
      for (const figure of text.match(/\{\d\}/g) ?? []) expect(chinese.get(at), at).toContain(figure);
    }
  });
});
