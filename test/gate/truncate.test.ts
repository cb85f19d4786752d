import { expect, test } from "vitest";
import { truncated } from "../../src/gate/truncate.ts";

test("texts and lists are cut to size, wherever they lie, and hold nothing that a database stumbles over", () => {
  const value = {
    fit: "größer 😀",
    long: "x".repeat(300),
    control: "a\u0000b\nc",
    half: "a\ud83db",
    deep: [{ control: "\u007f" }, ...Array(20).fill(1)],
    nothing: null,
    number: 3,
  };
  expect(truncated(value)).toEqual({
    fit: "größer 😀",
    long: `${"x".repeat(255)}…`,
    control: "a\ufffdb\ufffdc",
    half: "a\ufffdb",
    deep: [{ control: "\ufffd" }, ...Array(15).fill(1)],
    nothing: null,
    number: 3,
  });
});

test("a text that is cut in the middle of a character holds no half of it", () => {
  expect(truncated(`${"x".repeat(254)}😀 and more`)).toBe(`${"x".repeat(254)}\ufffd…`);
});
