/** What may be a model's name. */
import { expect, test } from "vitest";
import { isModelName, isPathName } from "../../src/protocols/model-name.ts";

test("bytes that are no text are in no name: other parsers leave them out, and read another model", () => {
  const name = new TextDecoder().decode(new Uint8Array([0x67, 0x70, 0x74, 0xff, 0x2d, 0x34]));
  expect(isModelName(name)).toBe(false);
  expect(isModelName("gpt-4")).toBe(true);
});

test("behind a slash lie other resources of Google's: its names have none where they become a path", () => {
  for (const name of ["veo-3.0/operations", "models/gemini-2.5-pro"])
    expect(isPathName(name, { action: true })).toBe(false);
  expect(isPathName("gemini-2.5-pro", { action: true })).toBe(true);
  expect(isPathName("openai/gpt-oss-20b:free", { action: false })).toBe(true);
});
