/** A field of the admin API that no form of the console can set is forgotten, or stands here with the reason. */
import { expect, test } from "vitest";
import { accountFields } from "../../admin/src/pages/account/account-form.ts";
import { fieldsOfKind } from "../../admin/src/pages/accounts/kind-fields.ts";
import { ACCOUNT_KINDS } from "../../admin/src/pages/accounts/kinds.ts";
import { keyFields } from "../../admin/src/pages/keys/key-form.ts";
import { templateFields } from "../../admin/src/pages/templates/template-form.ts";
import { createAccountBody, updateAccountBody } from "../../src/admin/accounts/schema.ts";
import { createApiKeyBody, updateApiKeyBody } from "../../src/admin/keys/schema.ts";
import { createTemplateBody } from "../../src/admin/templates/schema.ts";
import { account } from "./accounts.ts";

const NOT_IN_A_FORM_OF_ACCOUNTS: Readonly<Record<string, string>> = {
  platform: "chosen by the tile that leads to the form",
  kind: "chosen by the tile that leads to the form",
  schedulable: "Pause and Resume, in the list and on the account's page",
  terms_acknowledged: "the box of the sign-in, which is no field of a change",
  oauth: "tokens of other programs: the console signs in itself, and asks for no token",
  credentials_file: "a file of other programs: the console signs in itself, and asks for no token",
};

const NOT_IN_A_FORM_OF_TEMPLATES: Readonly<Record<string, string>> = {
  enabled: "a template that disables keys would be a trap: the list of keys does it, to many at once",
  expires_at: "a date is one key's: a template has days from the first request",
};

/** The names that the fields of the API begin with: `egress.base_url` belongs to `egress`. */
function controls(fields: object): string[] {
  return Object.keys(fields).map((name) => name.replace(/\..*/, ""));
}

function without(names: readonly string[], controlled: readonly string[]): string[] {
  return [...new Set(names)].filter((name) => !controlled.includes(name)).sort();
}

test("every field of an account that the API takes can be set in some kind's form, or says why not", () => {
  const groups = [["grp_a", "Team A"]] as const;
  const forms = ACCOUNT_KINDS.flatMap(({ platform, kind }) => [
    ...controls(fieldsOfKind({ platform, kind })),
    ...controls(accountFields(account(platform, kind), groups)),
  ]);
  const taken = [...Object.keys(createAccountBody.shape), ...Object.keys(updateAccountBody.shape)];
  expect(without(taken, forms)).toEqual(Object.keys(NOT_IN_A_FORM_OF_ACCOUNTS).sort());
});

test("every field of a key that the API takes can be set in its form", () => {
  const taken = [...Object.keys(createApiKeyBody.shape), ...Object.keys(updateApiKeyBody.shape)];
  expect(without(taken, controls(keyFields(null)))).toEqual([]);
});

test("every field of a template that the API takes can be set in its form, or says why not", () => {
  const forms = controls(templateFields(null));
  expect(without(Object.keys(createTemplateBody.shape), forms)).toEqual(Object.keys(NOT_IN_A_FORM_OF_TEMPLATES).sort());
});
