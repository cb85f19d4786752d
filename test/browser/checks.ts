/** Named checks that run in order, and their count. After a failure the later ones still run, and each failure is reported. */
export class Checks {
  passed = 0;
  failed = 0;

  async check(claim: string, prove: () => Promise<void>): Promise<void> {
    try {
      await prove();
      this.passed += 1;
      console.log(`  ok    ${claim}`);
    } catch (error) {
      this.failed += 1;
      console.log(
        `  FAIL  ${claim}\n        ${String(error instanceof Error ? error.message : error).slice(0, 2_000)}`,
      );
    }
  }
}

/** Throws with `why` unless `holds`. */
export function expect(holds: boolean, why: string): asserts holds {
  if (!holds) throw new Error(why);
}
