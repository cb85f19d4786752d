import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { BUCKETS, percentile } from "../../src/store/latency.ts";

const counted = (buckets: (typeof BUCKETS)["ttft"], values: readonly number[]) =>
  buckets.map(({ from, to }) => values.filter((value) => value > from && (to === null || value <= to)).length);

describe("a percentile out of a histogram", () => {
  test("lies in the bucket of the real one, whatever was measured", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 400_000 }), { minLength: 1, maxLength: 200 }),
        fc.constantFrom(0.5, 0.95),
        fc.constantFrom(BUCKETS.ttft, BUCKETS.duration),
        (values, of, buckets) => {
          const real = values.toSorted((a, b) => a - b)[Math.ceil(of * values.length) - 1] ?? 0;
          const bucket = buckets.find(({ from, to }) => real > from && (to === null || real <= to));
          const estimate = percentile(buckets, counted(buckets, values), of) ?? -1;
          expect(estimate).toBeGreaterThanOrEqual(Math.max(0, bucket?.from ?? 0));
          expect(estimate).toBeLessThanOrEqual(bucket?.to ?? Number.POSITIVE_INFINITY);
        },
      ),
    );
  });

  test("is none where nothing was measured", () => {
    expect(percentile(BUCKETS.ttft, [], 0.5)).toBeNull();
  });
});
