/** What an operator may say of how an account's upstream differs. */
import { expect, test } from "vitest";
import { asAdmin } from "./client.ts";

const MINIMAL = { name: "vendor", platform: "openai", kind: "api-key", api_key: "sk-quirks-0123456789" };
const create = (quirks: unknown) => asAdmin("POST", "/admin/accounts", { ...MINIMAL, quirks });

test("quirks are shown as they were given, and no others", async () => {
  const quirks = {
    ...{ reasoning_history: null, thinking_control: "chat_template_kwargs", efforts: ["low", "high"], top_k: true },
    extra_body: { reasoning_split: true },
    without: ["stop", "temperature"],
  };
  const { status, body } = await create(quirks);
  expect([status, body.quirks]).toEqual([201, quirks]);
  expect((await asAdmin("GET", `/admin/accounts/${body.id}`)).body.quirks).toEqual(quirks);
  const { body: changed } = await asAdmin("PATCH", `/admin/accounts/${body.id}`, { quirks: { files: true } });
  expect(changed.quirks).toEqual({ files: true });
});

test.each([
  [{ unknown: true }, "unknown"],
  [{ tool_choice: "sometimes" }, "tool_choice"],
  [{ efforts: ["huge"] }, "efforts"],
  [{ extra_body: { model: "another" } }, "extra_body"],
  [{ extra_body: { n: 5 } }, "extra_body"],
  [{ extra_body: { "no name": 1 } }, "extra_body"],
  [{ extra_body: { kwargs: { deep: true } } }, "extra_body"],
  [{ extra_body: Object.fromEntries(Array.from({ length: 17 }, (_, at) => [`p${at}`, 1])) }, "extra_body"],
  [{ without: Array.from({ length: 33 }, (_, at) => `p${at}`) }, "without"],
  ["all", "quirks"],
])("quirks of %j are refused", async (quirks, field) => {
  const { status, body } = await create(quirks);
  expect(status).toBe(400);
  expect(JSON.stringify(body)).toContain(field);
});
