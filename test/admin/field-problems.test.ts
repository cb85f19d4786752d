import { describe, expect, it } from "vitest";
import * as z from "zod/mini";
import { createAccountBody } from "../../src/admin/accounts/schema.ts";
import { fieldProblems } from "../../src/admin/api/field-problems.ts";
import { pageBody } from "../../src/admin/backup/schema.ts";
import { createApiKeyBody, listApiKeysQuery } from "../../src/admin/keys/schema.ts";
import { refusalsQuery } from "../../src/admin/refusals/schema.ts";
import { resealBody } from "../../src/admin/reseal/schema.ts";
import { usageQuery } from "../../src/admin/usage/schema.ts";
import { asAdmin } from "./client.ts";

/** What the API says of the first wrong field, but for its English. */
function codeOf(schema: typeof createApiKeyBody | typeof createAccountBody, body: object) {
  const result = schema.safeParse(body);
  if (result.success) return null;
  const [first] = fieldProblems(result.error.issues, body);
  return first && [first.field, first.code, ...(first.limit === undefined ? [] : [first.limit])];
}

describe("a field problem", () => {
  const key = { name: "laptop" };

  it.each([
    [{}, ["name", "required"]],
    [{ name: "  " }, ["name", "required", 1]],
    [{ name: 7 }, ["name", "wrong_type"]],
    [{ name: "n".repeat(101) }, ["name", "too_long", 100]],
    [{ ...key, concurrency_limit: 0 }, ["concurrency_limit", "too_small", 1]],
    [{ ...key, concurrency_limit: 1.5 }, ["concurrency_limit", "wrong_type"]],
    [{ ...key, concurrency_limit: 10_001 }, ["concurrency_limit", "too_big", 10_000]],
    [{ ...key, unpriced: "ignore" }, ["unpriced", "not_an_option"]],
    [{ ...key, permissions: ["anthropic", "aol"] }, ["permissions.1", "not_an_option"]],
    [{ ...key, tags: Array.from({ length: 51 }, String) }, ["tags", "too_many", 50]],
    [{ ...key, allowed_models: ["a\u0000b"] }, ["allowed_models.0", "wrong_format"]],
    [{ ...key, concurency_limit: 1 }, ["concurency_limit", "unknown_field"]],
  ])("of the key %j has the code %j", (body, expected) => {
    expect(codeOf(createApiKeyBody, body)).toEqual(expected);
  });

  it.each([
    [{ api_keys: [] }, ["api_keys", "too_few", 1]],
    [{ api_key: "two words" }, ["api_key", "wrong_format"]],
    [{ model_mapping: { opus: 4 } }, ["model_mapping.opus", "wrong_type"]],
  ])("of the account %j has the code %j", (fields, expected) => {
    expect(codeOf(createAccountBody, { name: "a", platform: "anthropic", kind: "api-key", ...fields })).toEqual(
      expected,
    );
  });

  it.each([
    ["api-keys", listApiKeysQuery],
    ["usage", usageQuery],
    ["refusals", refusalsQuery],
    ["reseal", resealBody],
    ["backup", z.pick(pageBody, { cursor: true })],
  ])("of a cursor that the list has not written is the same everywhere: %s", (_, schema) => {
    for (const cursor of ["nonsense", "", "9".repeat(2_000)]) {
      const result = schema.safeParse({ cursor });
      const problems = result.success ? [] : fieldProblems(result.error.issues, { cursor });
      expect(problems).toEqual([
        { field: "cursor", message: "is not a next_cursor of this list", code: "wrong_format" },
      ]);
    }
  });

  it("reaches whoever asked with its code, also where no schema found it", async () => {
    const missing = await asAdmin("POST", "/admin/api-keys", { name: "k", bound_account_id: "acc_nope" });
    expect(missing.body.error.details).toEqual([
      { field: "bound_account_id", message: "names no account", code: "not_found" },
    ]);
    const both = { name: "k", activation_days: 1, activation_hours: 1 };
    expect((await asAdmin("POST", "/admin/api-keys", both)).body.error.details?.[0]?.code).toBe("invalid");
  });
});
