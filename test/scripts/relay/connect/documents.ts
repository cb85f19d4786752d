/** Configuration files as people have them: with any order, spaces, comments, line ends and commas that the format allows. */
import fc from "../../../fast-check.ts";

const NAMES = ["env", "model", "theme", "permissions", "provider", "list", "ANTHROPIC_BASE_URL", "x-y", 'odd "name"'];
const scalar = fc.oneof(
  fc.constantFrom('"text"', '"with // no comment"', '"a \\"quoted\\" word"', "1", "-2.5e3", "true", "null", '"{"'),
  fc.string().map((text) => JSON.stringify(text)),
);
const gap = fc.constantFrom("", " ", "\n", "\n  ", "\r\n\t", " /* why */ ", "\n  // because\n  ");
/** Without line comments, which would swallow what follows on their line. */
const space = fc.constantFrom("", " ", "\n", "\n  ");

const { value } = fc.letrec<{ value: string; object: string; array: string }>((tie) => ({
  value: fc.oneof({ maxDepth: 3 }, scalar, tie("object"), tie("array")),
  object: containers("{", "}", fc.tuple(fc.constantFrom(...NAMES), space, tie("value"))),
  array: containers("[", "]", fc.tuple(fc.constant(null), space, tie("value"))),
}));

function containers(open: string, close: string, item: fc.Arbitrary<[string | null, string, string]>) {
  const parts = fc.record({
    items: fc.uniqueArray(fc.tuple(item, gap), { maxLength: 4, selector: ([[name]]) => name ?? Symbol() }),
    trailing: fc.boolean(),
    end: gap,
  });
  return parts.map(({ items, trailing, end }) => {
    const texts = items.map(([[name, inner, text], before], at) => {
      const comma = at < items.length - 1 || trailing ? "," : "";
      return `${before}${name === null ? "" : `${JSON.stringify(name)}:${inner}`}${text}${comma}`;
    });
    return `${open}${texts.join("")}${end}${close}`;
  });
}

/** An object; or nothing yet. */
export const jsonText = fc.oneof(
  {
    weight: 9,
    arbitrary: fc
      .tuple(gap, containers("{", "}", fc.tuple(fc.constantFrom(...NAMES), space, value)), gap)
      .map((all) => all.join("")),
  },
  { weight: 1, arbitrary: fc.constantFrom("", "\n", "// nothing yet\n", "{}", "{ }\n", "\uFEFF{\n}\n") },
);

const tomlValue = fc.constantFrom(
  '"text"',
  "'it''s'".replace("''", " "),
  "12",
  "true",
  "1979-05-27 07:32:00",
  '["a", # one\n "b",\n]',
  '{ a = 1, b = "c" }',
  '"""\nlong\n[not.a.table]\nx = 1\n"""',
);
const tomlPair = fc
  .tuple(
    fc.constantFrom("approval", "model", '"quoted name"', "notify", "a.b"),
    tomlValue,
    fc.constantFrom("", "  # why"),
  )
  .map(([name, text, comment]) => ({ name, line: `${name} = ${text}${comment}` }));
const tomlPairs = fc
  .uniqueArray(tomlPair, { maxLength: 3, selector: ({ name }) => name })
  .map((pairs) => pairs.map(({ line }) => line));
const remarks = fc.array(fc.constantFrom("", "# a remark", "  # indented"), { maxLength: 2 });

/** TOML with tables; perhaps without a line end after the last line. */
export const tomlText = fc
  .record({
    top: fc.tuple(remarks, tomlPairs),
    tables: fc.uniqueArray(
      fc.tuple(fc.constantFrom("[projects.x]", "[tui]", "[mcp.'a b']", "[[hooks]]"), remarks, tomlPairs, remarks),
      {
        maxLength: 3,
        selector: ([header]) => header,
      },
    ),
    end: fc.constantFrom("\n", "\r\n"),
    ended: fc.boolean(),
  })
  .map(({ top, tables, end, ended }) => {
    const lines = [...top.flat(), ...tables.flatMap(([header, ...rest]) => [header, ...rest.flat()])];
    return lines.length === 0 ? "" : `${lines.join(end)}${ended ? end : ""}`;
  });

export const dotenvText = fc
  .record({
    lines: fc.array(
      fc.constantFrom(
        "",
        "# a remark",
        "A=1",
        "export B='two words'",
        'C="several\nlines"',
        "D = spaced # why",
        "  E=",
        "GEMINI_API_KEY=own",
      ),
      { maxLength: 6 },
    ),
    end: fc.constantFrom("\n", "\r\n"),
    ended: fc.boolean(),
  })
  .map(({ lines, end, ended }) => (lines.length === 0 ? "" : `${lines.join(end)}${ended ? end : ""}`));
