import { describe, expect, it } from "vitest";
import { formatUsd, parseDecimal, parseUsd } from "../../src/pricing/money.ts";
import fc from "../fast-check.ts";

describe("money", () => {
  it("survives the way out and back, for every amount of nano-dollars", () => {
    const amounts = fc.oneof(fc.nat({ max: 3_000_000_000 }), fc.maxSafeNat());
    fc.assert(fc.property(amounts, (nanos) => parseUsd(formatUsd(nanos)) === nanos));
  });

  it("reads a JSON number as the decimal that its author wrote", () => {
    const decimals = fc.tuple(fc.nat({ max: 999_999 }), fc.integer({ min: 0, max: 9 }));
    fc.assert(
      fc.property(decimals, ([digits, places]) => {
        const text = `0.${String(digits).padStart(9, "0").slice(0, places) || "0"}`;
        return parseUsd(JSON.parse(text)) === parseUsd(text);
      }),
    );
  });

  it("adds without loss where floats would not", () => {
    expect(parseUsd("0.1")).toBe(100_000_000);
    expect(Number(parseUsd(0.1)) + Number(parseUsd(0.2))).toBe(parseUsd("0.3"));
  });

  it.each([
    ["0", 0],
    ["0.000000001", 1],
    [1e-9, 1],
    [1.5e-7, 150],
    ["12.5", 12_500_000_000],
    [" 7 ", 7_000_000_000],
    ["007.10", 7_100_000_000],
    ["9007199.254740991", Number.MAX_SAFE_INTEGER],
  ])("reads %s", (amount, nanos) => expect(parseUsd(amount)).toBe(nanos));

  it.each([
    ["0.0000000001", "too_many_decimals"],
    [1e-10, "too_many_decimals"],
    ["-1", "negative"],
    [-0.5, "negative"],
    [-1e-9, "negative"],
    ["9007199.254740992", "too_large"],
    [1e21, "too_large"],
    ["", "not_a_number"],
    [".5", "not_a_number"],
    ["5.", "not_a_number"],
    ["1e3", "not_a_number"],
    ["$5", "not_a_number"],
    ["1,000", "not_a_number"],
    ["+1", "not_a_number"],
    ["٣", "not_a_number"],
    [Number.NaN, "not_a_number"],
    [Number.POSITIVE_INFINITY, "not_a_number"],
  ])("refuses %s as %s", (amount, problem) => expect(parseUsd(amount)).toBe(problem));

  it("writes the shortest exact decimal", () => {
    expect([0, 1, 10_500_000, 2_000_000_000, -1_500_000_000].map(formatUsd)).toEqual([
      "0",
      "0.000000001",
      "0.0105",
      "2",
      "-1.5",
    ]);
  });

  it("reads factors in thousandths", () => {
    expect(parseDecimal(1.25, 3)).toBe(1_250);
    expect(parseDecimal("0.0001", 3)).toBe("too_many_decimals");
  });
});
