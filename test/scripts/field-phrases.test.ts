/** Whatever the relay says is wrong with a field of the console's forms, the console says in Chinese too. */
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { inChinese } from "../../admin/src/locale/phrases-zh-cn.ts";
import { KINDS } from "../../src/providers/kinds.ts";
import { isForeign } from "../browser/foreign-words.ts";

const ROOT = join(import.meta.dirname, "../..");
/** Whatever a form sends is read by these. */
const WHAT_FORMS_SEND = [
  "src/admin/{accounts,aliases,alerts,groups,keys,oauth,prices,templates}/*.ts",
  "src/admin/api/values.ts",
  "src/admin/sessions/confirm.ts",
  "src/providers/{credential-fields,upstream-address}.ts",
  "src/providers/{bedrock,vertex}/credential-fields.ts",
  "src/providers/oauth/{import,pasted}.ts",
];
/** A sentence without its subject, which is the field: it begins with a small verb. */
const BEGINNING =
  "(?:must|is|are|has|have|may|give|needs|names|lists|belongs|was|does|there is|a \\*|holds|carries|leads|at most|a key has|the provider)";
const OF_A_FIELD = new RegExp(`"(${BEGINNING} [^"\\n]*)"|\`(${BEGINNING} [^\`\\n]*)\``, "g");
/** Fields of the API, and what every language calls so. */
const NAMES = [/\S*_\S*/, /digest|state|https?:\/\//, /us-east\S*|global|my-project-123|Vertex AI|AWS|ASIA|AKIA…/];
const TERMS = KINDS.flatMap(({ oauth }) => oauth?.terms ?? [])[0] ?? "";

const sentences = globSync(WHAT_FORMS_SEND, { cwd: ROOT }).flatMap((file) => {
  const code = readFileSync(join(ROOT, file), "utf8").replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, "");
  return [...code.matchAll(OF_A_FIELD)].map(([, plain, filled = ""]) => plain ?? filled);
});

test("there are sentences, from every room", () => {
  expect(sentences.length).toBeGreaterThan(60);
  for (const known of ["must start with https://", "holds no code", "names no group", "must be a time such as 22:00"])
    expect(sentences).toContain(known);
});

test.each([...new Set(sentences)])("%s", (sentence) => {
  const english = sentence.replace(/\$\{(?:flow|kind\.oauth)\.terms\}/, TERMS).replace(/\$\{tier\}/, "");
  const chinese = inChinese(english.replace(/\$\{[^}]+\}/g, "17"));
  expect(chinese).not.toBeNull();
  expect(isForeign(chinese ?? "", NAMES), chinese ?? "").toBe(false);
});
