/** What may be a model's name. */
import { expect, test } from "vitest";
import { isModelName } from "../../src/relay/model-name.ts";

test("bytes that are no text are in no name: other parsers leave them out, and read another model", () => {
  const name = new TextDecoder().decode(new Uint8Array([0x67, 0x70, 0x74, 0xff, 0x2d, 0x34]));
  expect(isModelName(name)).toBe(false);
  expect(isModelName("gpt-4")).toBe(true);
});
