import { describe, expect, test } from "vitest";
import { LONG_STRING, parsedValue, scanTopLevel, splice, walkTopLevel } from "../../src/protocols/scan.ts";
import fc from "../fast-check.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const text = (raw: Uint8Array) => new TextDecoder().decode(raw);

/** What the scan finds under `name`, parsed. */
function find(json: string, name: string): unknown {
  const raw = bytes(json);
  const scan = scanTopLevel(raw, new Set([name]));
  if (!scan.ok) throw new Error(scan.detail);
  return parsedValue(raw, scan.members.get(name));
}

describe("finds top-level members", () => {
  test.each([
    ['{"model":"a"}', "a"],
    [' {\n"x" : [1,{"model":"no"}] ,\t"model" : "a" } ', "a"],
    ['{"messages":[{"model":"no","content":"\\"model\\":\\"no\\""}],"model":"a"}', "a"],
    ['{"model":"first","model":"last"}', "last"],
    ['{"mod\\u0065l":"escaped"}', "escaped"],
    ['{"model":"sm\\u00f6rg\\\\\\"x"}', 'smörg\\"x'],
    ['{"a":"\\\\","model":"after a backslash"}', "after a backslash"],
    ['{"a":"\\\\\\"","model":"after an escaped quote"}', "after an escaped quote"],
    ['{"a":"🚀你好","model":"b"}', "b"],
    ['{"a":{},"b":[],"c":[[],{}],"model":true}', true],
    ['{"model":{"nested":[1,2]}}', { nested: [1, 2] }],
    ['{"a":-0.5E+10,"b":0,"c":1e-7,"model":false}', false],
  ])("%s", (json, expected) => {
    expect(find(json, "model")).toEqual(expected);
  });

  test("absent members are absent", () => {
    expect(find('{"a":{"model":"nested only"}}', "model")).toBeUndefined();
  });
});

describe("refuses what is not JSON", () => {
  test.each([
    "",
    " ",
    "[]",
    '"text"',
    "{",
    '{"a"}',
    '{"a":}',
    '{"a":1,}',
    '{"a":1 "b":2}',
    '{"a":[1,]}',
    '{"a":[1 2]}',
    '{"a":[}',
    '{"a":{]}',
    '{"a":"open',
    '{"a":"open\\"}',
    '{"a":tru}',
    '{"a":01}',
    '{"a":1.}',
    '{"a":-}',
    '{"a":.5}',
    '{"a":+1}',
    '{"a":1e}',
    '{"a":1e+}',
    '{"a":1x}',
    '{"a":truex}',
    '{"a":1}x',
    '{"a":1}}',
    "{a:1}",
    "{'a':1}",
    '{"a":{"b":1,}}',
    '{"a":undefined}',
  ])("%s", (json) => {
    expect(scanTopLevel(bytes(json), new Set(["a"])).ok).toBe(false);
  });

  test("nesting without end is refused, not followed", () => {
    expect(scanTopLevel(bytes(`{"a":${"[".repeat(100_000)}`), new Set(["a"])).ok).toBe(false);
  });
});

const name = fc.oneof(fc.constantFrom("model", "stream", "max_tokens", "metadata"), fc.string());

test("agrees with JSON.parse on any object, in any spacing", () => {
  fc.assert(
    fc.property(fc.dictionary(name, fc.jsonValue()), fc.constantFrom(undefined, 1, "\t"), (object, space) => {
      const json = JSON.stringify(object, null, space);
      const expected = JSON.parse(json);
      for (const key of Object.keys(expected)) expect(find(json, key)).toEqual(expected[key]);
    }),
    { numRuns: 500 },
  );
});

test("finds the end of a string wherever quotes and backslashes stand in it, and wherever it begins", () => {
  // `!` and `#` are the bytes next to a quote, which a search of several bytes at once could take for one.
  const string = fc.string({ unit: fc.constantFrom('"', "\\", "#", "!", "a", "é"), maxLength: 24 });
  fc.assert(
    fc.property(fc.array(string), string, fc.nat(7), (before, model, spaces) => {
      const json = " ".repeat(spaces) + JSON.stringify({ before, model, after: before });
      expect(find(json, "model")).toBe(model);
      expect(find(json, "after")).toEqual(before);
    }),
    { numRuns: 1_000 },
  );
});

test("tells of every name and every long string, and of nothing else", () => {
  const long = "long ".repeat(LONG_STRING / 4);
  const json = JSON.stringify({ a: { b: [long, "short", { c: long }] }, [long]: ["a"], d: long }, null, 1);
  const raw = bytes(json);
  const at = (start: number, end: number) => JSON.parse(text(raw.subarray(start, end)));
  const heard: unknown[] = [];
  const listener = {
    onName: (start: number, end: number, value: number) => heard.push([at(start, end), json[value]]),
    onLongString: (start: number, end: number) => heard.push(at(start, end)),
  };
  expect(walkTopLevel(raw, () => undefined, listener)).toEqual({ ok: true });
  expect(heard).toEqual([["a", "{"], ["b", "["], long, ["c", '"'], long, [long, "["], ["d", '"'], long]);
});

test.each([0, 1, 2, 3, 5, 7])("reads a body that lies %i bytes into a pool, as a Buffer of Node's does", (offset) => {
  const text = '{"model": "gemini-2.5-pro", "generationConfig": {"maxOutputTokens": 64}}';
  const pool = Buffer.alloc(offset + text.length);
  pool.write(text, offset);
  const body = pool.subarray(offset);
  const scanned = scanTopLevel(body, new Set(["model", "generationConfig"]));
  if (!scanned.ok) throw new Error(scanned.detail);
  expect(parsedValue(body, scanned.members.get("model"))).toBe("gemini-2.5-pro");
  const inner = scanned.members.get("generationConfig");
  const config = scanTopLevel(body.subarray(inner?.start, inner?.end), new Set(["maxOutputTokens"]));
  expect(config.ok && config.members.size).toBe(1);
});

test("agrees with JSON.parse on whether it is JSON after a character of structure is damaged", () => {
  // Words have no characters of structure, so every such character in the text is structure.
  const word = fc.string({ unit: fc.constantFrom("a", "b", "é"), maxLength: 3 });
  const value = fc.letrec((tie) => ({
    any: fc.oneof(
      { maxDepth: 3 },
      word,
      fc.nat(),
      fc.constant(null),
      fc.array(tie("any")),
      fc.dictionary(word, tie("any")),
    ),
  })).any;
  const damage = fc.constantFrom("{", "}", "[", "]", ",", ":", "1", "x", "");
  fc.assert(
    fc.property(fc.dictionary(word, value, { minKeys: 1 }), fc.nat(), damage, (object, pick, replacement) => {
      const json = JSON.stringify(object);
      const structure = [...json.matchAll(/[{}[\],:]/g)].map((match) => match.index);
      const at = structure[pick % structure.length] ?? 0;
      const damaged = json.slice(0, at) + replacement + json.slice(at + 1);
      const parses = () => JSON.parse(damaged);
      const scanned = scanTopLevel(bytes(damaged), new Set(["a"])).ok;
      if (scanned) expect(parses).not.toThrow();
      else expect(parses).toThrow();
    }),
    { numRuns: 2_000 },
  );
});

test("a splice changes one value and no other byte", () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.string(), (object, model) => {
      const json = JSON.stringify({ before: 1, ...object, model: "old", after: "é" }, null, 1);
      const raw = bytes(json);
      const scan = scanTopLevel(raw, new Set(["model"]));
      const span = scan.ok ? scan.members.get("model") : undefined;
      if (!span) throw new Error("not found");
      const renamed = text(splice(raw, span, model));
      expect(JSON.parse(renamed)).toEqual({ ...JSON.parse(json), model });
      expect(renamed).toBe(text(raw.subarray(0, span.start)) + JSON.stringify(model) + text(raw.subarray(span.end)));
    }),
  );
});
