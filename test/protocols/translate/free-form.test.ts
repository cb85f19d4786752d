import { describe, expect, test } from "vitest";
import {
  FreeFormStream,
  freeFormArguments,
  freeFormFunction,
  freeFormInput,
} from "../../../src/protocols/translate/free-form.ts";
import fc from "../../fast-check.ts";

/** The input out of `json` in pieces of the given sizes (repeated). */
function streamed(json: string, sizes: number[]): string[] {
  const stream = new FreeFormStream();
  const out: string[] = [];
  for (let at = 0, turn = 0; at < json.length; turn++) {
    const size = sizes[turn % sizes.length] ?? 1;
    out.push(stream.push(json.slice(at, at + size)));
    at += size;
  }
  return [...out, stream.end()];
}

const cuts = fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1 });

describe("a free-form tool as a function", () => {
  test("has one argument, and says so of itself", () => {
    expect(freeFormFunction("shell", "Runs it.", undefined)).toEqual({
      type: "function",
      name: "shell",
      description: "Runs it.",
      input_schema: {
        type: "object",
        properties: { input: { type: "string", description: "The input of the tool, as it is." } },
        required: ["input"],
        additionalProperties: false,
      },
    });
    expect(freeFormFunction("shell", null, { type: "text" })).not.toHaveProperty("description");
  });

  test("tells the model its grammar, wherever the format has put it", () => {
    const grammar = { syntax: "lark", definition: "start: /a+/" };
    const told = "Patches.\n\nThe input must match this lark grammar:\nstart: /a+/";
    expect(freeFormFunction("p", "Patches.", { type: "grammar", grammar }).description).toBe(told);
    expect(freeFormFunction("p", "Patches.", { type: "grammar", ...grammar }).description).toBe(told);
  });
});

describe("the input of a call", () => {
  test("is the argument, and all arguments of a model that has made up others", () => {
    expect(freeFormInput(freeFormArguments("ls"))).toBe("ls");
    expect(freeFormInput({ patch: "+a" })).toBe('{"patch":"+a"}');
    expect(freeFormInput({})).toBe("");
  });

  test("streams out of the arguments' JSON, cut anywhere", () => {
    const input = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.string({ unit: fc.constantFrom("\\", '"', "\n", "🚀", "u", "d83d") }),
    );
    const escapes = (json: string) =>
      json.replace(/[\ud800-\udfff]/g, (half) => `\\u${half.charCodeAt(0).toString(16)}`);
    fc.assert(
      fc.property(input, cuts, fc.boolean(), (text, sizes, escaped) => {
        const json = JSON.stringify({ input: text });
        const pieces = streamed(escaped ? escapes(json) : json, sizes);
        expect(pieces.join("")).toBe(text);
        // Half a character is no text; only where the cut of the JSON has it is there one.
        if (escaped && text.isWellFormed()) expect(pieces.every((piece) => piece.isWellFormed())).toBe(true);
      }),
    );
  });

  test("arrives while it streams, not at its end", () => {
    const stream = new FreeFormStream();
    expect(stream.push('{ "input" : "*** Beg')).toBe("*** Beg");
    expect(stream.push("in\\")).toBe("in");
    expect(stream.push('n" }')).toBe("\n");
    expect(stream.end()).toBe("");
  });

  test("may hold line ends as they are, and arguments that are no JSON are the input", () => {
    expect(streamed('{"input":"a\nb\\tc"}', [99]).join("")).toBe("a\nb\tc");
    expect(streamed("*** Begin Patch", [4]).join("")).toBe("*** Begin Patch");
    expect(streamed(`{"patch":"${"a".repeat(100)}"}`, [7]).join("")).toBe(`{"patch":"${"a".repeat(100)}"}`);
    expect(streamed("", [1]).join("")).toBe("");
    const deep = `${'{"1":'.repeat(5_000)}1${"}".repeat(5_000)}`;
    expect(streamed(deep, [999]).join("")).toBe(deep);
  });
});
