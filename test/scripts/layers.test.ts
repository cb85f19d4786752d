import { expect, test } from "vitest";
import { problemsOf } from "../../scripts/layers.ts";

test.each([
  [
    "a lower room imports a higher one",
    "src/pool/a.ts",
    'import { x } from "../relay/b.ts";',
    /relay is not below pool/,
  ],
  ["only for its types", "src/store/a.ts", 'import type { X } from "../gate/b.ts";', /gate is not below store/],
  ["the import goes over several lines", "src/pool/a.ts", 'import {\n  x,\n  y,\n} from "../gate/b.ts";', /not below/],
  ["a room is handed on", "src/pool/a.ts", 'export { x } from "../relay/b.ts";', /not below/],
  ["neighbours import each other", "src/holder/a.ts", 'import { x } from "../account-check/b.ts";', /not below/],
  ["a file lies in no known room", "src/utils/a.ts", "", /in no layer/],
  ["source imports a script", "src/pool/a.ts", 'import { x } from "../../scripts/b.ts";', /outside of src/],
  ["a pure room reads the clock", "src/pricing/a.ts", "const now = Date.now();", /the clock/],
  ["it stands below a line of comment", "src/pricing/a.ts", "// Why.\nconst now = Date.now();", /the clock/],
  ["a pure room fetches", "src/protocols/a.ts", "await fetch(url);", /the network/],
  ["a pure room knows the environment", "src/providers/a.ts", "function f(env: Env) {}", /the environment/],
  ["a room whose modules all tests share remembers", "src/ground/a.ts", "let last = 0;", /remember/],
  ["a pure room reads the database", "src/protocols/a.ts", 'import { eq } from "drizzle-orm";', /the database/],
])("is a problem where %s", (_, path, text, expected) => {
  const problems = problemsOf(path, text);
  expect(problems).toHaveLength(1);
  expect(problems[0]).toMatch(expected);
});

test.each([
  ["a higher room imports a lower one", "src/relay/a.ts", 'import { x } from "../pool/b.ts";'],
  ["a room imports its own files", "src/pool/a/b.ts", 'import { x } from "../c.ts";'],
  ["the entry imports all of them", "src/worker.ts", 'import { x } from "./relay/b.ts";'],
  ["a comment speaks of what is forbidden", "src/pricing/a.ts", "/** No fetch( and no Date.now( here. */\n// Env"],
  ["a room that acts remembers", "src/gate/a.ts", "let last = 0;"],
  [
    "a room whose modules all tests share makes a table at first use",
    "src/pricing/a.ts",
    "let table: T | undefined;\nexport const all = () => (table ??= make());",
  ],
  ["a function counts", "src/ground/a.ts", "function f() {\n  let count = 0;\n}"],
  ["a room that acts reads the clock", "src/relay/a.ts", "const now = Date.now();"],
  ["a method has the name of a global", "src/protocols/a.ts", "stub.fetch(request);"],
])("is fine where %s", (_, path, text) => {
  expect(problemsOf(path, text)).toEqual([]);
});
