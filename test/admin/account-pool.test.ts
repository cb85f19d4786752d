/** The fields of an account that decide when it takes part in its pool. */
import { describe, expect, it } from "vitest";
import { asAdmin, everything } from "./client.ts";

const MINIMAL = { name: "pooled", platform: "anthropic", kind: "api-key", api_key: "sk-ant-pooled-0001" };
const create = (fields: object = {}) => asAdmin("POST", "/admin/accounts", { ...MINIMAL, ...fields });

describe("an account's part in its pool", () => {
  it("keeps each model pattern once, and takes mappings with a star", async () => {
    const { body } = await create({
      allowed_models: ["claude-*", "claude-*"],
      model_mapping: { "claude-*": "anthropic.claude-*", "gpt-*": "claude-sonnet-4-5", a: "b" },
    });
    expect(body.allowed_models).toEqual(["claude-*"]);
    expect(body.model_mapping).toEqual({ "claude-*": "anthropic.claude-*", "gpt-*": "claude-sonnet-4-5", a: "b" });
  });

  it.each([
    ["allowed_models.0", { allowed_models: [""] }],
    ["allowed_models", { allowed_models: "claude-*" }],
    ["allowed_models", { allowed_models: null }],
    ["daily_quota_usd", { daily_quota_usd: "0" }],
    ["daily_quota_usd", { daily_quota_usd: -1 }],
    ["daily_quota_usd", { daily_quota_usd: "a lot" }],
    ["quota_reset_hour", { quota_reset_hour: 24 }],
    ["quota_reset_hour", { quota_reset_hour: 1.5 }],
    ["quota_reset_hour", { quota_reset_hour: null }],
    ["expires_at", { expires_at: "2031-05-01" }],
    ["expires_at", { expires_at: "2031-05-01T00:00:00" }],
    ["first_byte_timeout_seconds", { first_byte_timeout_seconds: 0 }],
    ["first_byte_timeout_seconds", { first_byte_timeout_seconds: 3_601 }],
    ["idle_timeout_seconds", { idle_timeout_seconds: "60" }],
    ["scheduled_test", { scheduled_test: "yes" }],
    ["model_mapping.claude", { model_mapping: { claude: "claude-*" } }],
    ["model_mapping.*-*", { model_mapping: { "*-*": "claude-*" } }],
    ["model_mapping.claude-*", { model_mapping: { "claude-*": "*-*" } }],
  ])("refuses a bad %s by name and changes nothing: %j", async (field, fields) => {
    const { body } = await create();
    const before = await everything();
    for (const { status, body: refusal } of [
      await create(fields),
      await asAdmin("PATCH", `/admin/accounts/${body.id}`, fields),
    ]) {
      expect([status, refusal.error.details?.map((detail) => detail.field)]).toEqual([400, [field]]);
    }
    expect(await everything()).toBe(before);
  });
});
