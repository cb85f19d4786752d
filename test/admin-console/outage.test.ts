/** What every page says while the relay does not do what it should. */
import { describe, expect, test } from "vitest";
import { outageText } from "../../admin/src/shell/outage.tsx";

type Check = Parameters<typeof outageText>[0]["checks"][number];

const check = (name: Check["name"], status: Check["status"]): Check => ({ name, status, detail: null, ms: 1 });

describe("the banner", () => {
  test("is not there while all is well, or should only be looked at", () => {
    expect(outageText({ used_up: [], checks: [check("cron", "warn"), check("kv", "ok")] })).toBeNull();
  });

  test("leaves accounts to the pill beside it", () => {
    expect(outageText({ used_up: [], checks: [check("accounts", "failed")] })).toBeNull();
  });

  test("names the parts that have failed", () => {
    const text = outageText({ used_up: [], checks: [check("kv", "failed"), check("vault", "failed")] });
    expect(text).toBe("Something has failed: KV and opening credentials.");
  });

  test("says of an allowance that is used up what still works, and until when", () => {
    const used_up = [{ of: "d1", until: "2026-11-28T00:00:00.000Z" } as const];
    const text = outageText({ used_up, checks: [check("d1_writes", "failed")] });
    expect(text).toMatch(/^D1 has used up today’s allowance\. Requests are served and nothing is lost; .* until .+\.$/);
  });
});
