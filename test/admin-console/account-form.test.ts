import { describe, expect, test } from "vitest";
import type { Choice } from "../../admin/src/form/field.ts";
import { readFields } from "../../admin/src/form/form.ts";
import { ACCOUNT_SECTIONS, accountChange, accountFields } from "../../admin/src/pages/account/account-form.ts";
import type { Account } from "../../admin/src/pages/accounts/accounts.ts";
import { type EgressValues, egressFields } from "../../admin/src/pages/accounts/egress-fields.ts";
import { ACCOUNT_KINDS } from "../../admin/src/pages/accounts/kinds.ts";
import { accountInput } from "../../admin/src/pages/accounts/new-account-input.ts";
import { createAccountBody, updateAccountBody } from "../../src/admin/accounts/schema.ts";
import { KINDS } from "../../src/providers/kinds.ts";
import { account } from "./accounts.ts";

const NOW = Date.parse("2026-11-21T12:00:00Z");
/** Which of two credentials is entered. */
const CHOSEN_NOT_SENT = "aws_credential";
const GROUPS: readonly Choice[] = [
  ["grp_a", "Team A"],
  ["grp_b", "Team B"],
];

/** What the relay is sent where somebody types this into the form of an account. */
function changed(from: Account, typed: Record<string, string>) {
  const fields = accountFields(from, GROUPS);
  const untouched = Object.fromEntries(Object.entries(fields).map(([name, { initial }]) => [name, initial]));
  const read = readFields(fields, { ...untouched, ...typed }, NOW);
  if (!read.ok) return read.problems;
  const input = accountChange(read.values, new Set(Object.keys(typed)));
  updateAccountBody.parse(input);
  return input;
}

const API_KEY = account("anthropic", "api-key");

describe("an account that is changed", () => {
  test("is asked for every field once, whatever its kind, and the relay takes every one", () => {
    const asked = ACCOUNT_SECTIONS.flatMap(({ names }): string[] => [...names]);
    expect(new Set(asked).size).toBe(asked.length);
    for (const { platform, kind } of ACCOUNT_KINDS) {
      for (const name of Object.keys(accountFields(account(platform, kind), GROUPS))) {
        expect(asked, `${platform} ${kind}`).toContain(name);
        if (name === CHOSEN_NOT_SENT) continue;
        expect(Object.keys(updateAccountBody.shape), name).toContain(name.replace(/\..*/, ""));
      }
    }
  });

  test("gets new credentials of its own kind, and keeps those that it has where none are entered", () => {
    const bedrock = account("anthropic", "bedrock");
    const given = {
      ...{ aws_region: "eu-central-1", aws_access_key_id: "AKIAIOSFODNN7EXAMPLE" },
      aws_secret_access_key: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    };
    expect(changed(bedrock, given)).toEqual(given);
    expect(changed(bedrock, { note: "ours" })).toEqual({ note: "ours" });
    const vertex = account("gemini", "vertex");
    expect(changed(vertex, { service_account: '{"type":"service_account"}', vertex_region: "global" })).toEqual({
      service_account: '{"type":"service_account"}',
      vertex_region: "global",
    });
    expect(changed(API_KEY, { api_key: " sk-2 " })).toEqual({ api_key: "sk-2" });
    const signedIn = Object.keys(accountFields(account("anthropic", "oauth"), GROUPS));
    expect(signedIn.filter((name) => /key|secret|service_account/.test(name))).toEqual([]);
  });

  test("gets an API key of Bedrock's in place of an access key", () => {
    const given = { aws_credential: "api-key", api_key: "bedrock-api-key-1", aws_region: "eu-central-1" };
    const { aws_credential: _, ...sent } = given;
    expect(changed(account("anthropic", "bedrock"), given)).toEqual(sent);
  });

  test("gets several keys, in the order in which they are tried", () => {
    expect(changed(API_KEY, { api_key: "sk-1", api_keys: "sk-2\n sk-3 \n" })).toEqual({
      api_keys: ["sk-1", "sk-2", "sk-3"],
    });
    expect(changed(API_KEY, { api_key: "sk-1", api_keys: "\n" })).toEqual({ api_key: "sk-1" });
  });

  test("ends on a date, and no more where that is taken away", () => {
    expect(changed(API_KEY, { expires_at: "7" })).toEqual({ expires_at: "2026-11-28T12:00:00.000Z" });
    const ending = account("anthropic", "api-key", { expires_at: "2026-01-01T00:00:00.000Z" });
    expect(changed(ending, { note: "over" })).toEqual({ note: "over" });
    expect(changed(ending, { expires_at: "" })).toEqual({ expires_at: null });
  });

  test("may wait for tenths of a second, as the relay takes them", () => {
    const quick = account("anthropic", "api-key", { first_byte_timeout_seconds: 0.5 });
    expect(changed(quick, { note: "quick" })).toEqual({ note: "quick" });
    expect(changed(quick, { idle_timeout_seconds: "2.5" })).toEqual({ idle_timeout_seconds: 2.5 });
    expect(Object.keys(changed(quick, { idle_timeout_seconds: "0.01" }))).toEqual(["idle_timeout_seconds"]);
  });

  test("loses the headers that are stored for its way out, and its extra headers, where that is asked", () => {
    const egress = { via: "gateway", base_url: "https://gateway.example.com" } as const;
    const guarded = account("anthropic", "api-key", { egress, egress_header_names: ["cf-access-client-id"] });
    expect(changed(guarded, { "egress_headers.removed": "1" })).toEqual({ egress_headers: {} });
    expect(changed(guarded, { "egress_headers.removed": "1", egress_headers: "x-typed: before" })).toEqual({
      egress_headers: {},
    });
    const bare = accountFields(account("anthropic", "api-key", { egress }), []);
    expect(bare["egress_headers.removed"]?.applies?.({ egress: "gateway" })).toBe(false);
    const named = account("anthropic", "api-key", { extra_headers: { "x-team": "a" } });
    expect(changed(named, { extra_headers: "" })).toEqual({ extra_headers: {} });
  });

  test("names a project where its kind has one, and only there", () => {
    const offered = ACCOUNT_KINDS.filter(
      ({ platform, kind }) => "project_id" in accountFields(account(platform, kind), []),
    );
    const known = KINDS.filter(({ oauth }) => oauth?.project).map(({ platform, name }) => `${platform} ${name}`);
    expect(offered.map(({ platform, kind }) => `${platform} ${kind}`).sort()).toEqual(known.sort());
    const google = account("gemini", "code-assist", { project_id: "mine-1" });
    expect(changed(google, { project_id: "" })).toEqual({ project_id: "" });
  });

  test("says how its service differs as JSON, and takes it back with nothing", () => {
    const differs = account("openai", "api-key", { quirks: { max_tokens: "max_tokens" } });
    expect(changed(differs, { quirks: '{"without": ["seed"]}' })).toEqual({ quirks: { without: ["seed"] } });
    expect(changed(differs, { quirks: " " })).toEqual({ quirks: {} });
    for (const wrong of ["[]", "null", "{", '"x"', "1"]) {
      expect(changed(differs, { quirks: wrong })).toEqual({ quirks: "Write one JSON object, in braces." });
    }
  });

  test("joins and leaves groups, and stays in those that the form does not know", () => {
    const member = account("anthropic", "api-key", { group_ids: ["grp_a", "grp_far"] });
    expect(changed(member, { group_ids: "grp_b\ngrp_far" })).toEqual({ group_ids: ["grp_b", "grp_far"] });
    expect(changed(member, { group_ids: "" })).toEqual({ group_ids: [] });
  });

  test("gets another way out as a whole, with what that way needs", () => {
    const url = "https://gateway.example.com/anthropic";
    expect(changed(API_KEY, { egress: "gateway", "egress.base_url": url, api_key: "sk-1" })).toEqual({
      egress: { via: "gateway", base_url: url },
      api_key: "sk-1",
    });
    const home = account("anthropic", "api-key", { egress: { via: "binding", name: "HOME", token_requests: false } });
    expect(changed(home, { "egress.token_requests": "1" })).toEqual({
      egress: { via: "binding", name: "HOME", token_requests: true },
    });
    expect(changed(home, { egress: "direct" })).toEqual({ egress: { via: "direct" } });
    expect(changed(home, { egress_headers: "cf-access-client-id: a\ncf-access-client-secret: b" })).toEqual({
      egress_headers: { "cf-access-client-id": "a", "cf-access-client-secret": "b" },
    });
    expect(changed(home, { note: "x" })).toEqual({ note: "x" });
  });

  test("needs an address for a gateway and a name for a binding", () => {
    expect(Object.keys(changed(API_KEY, { egress: "gateway" }))).toEqual(["egress.base_url"]);
    expect(Object.keys(changed(API_KEY, { egress: "binding" }))).toEqual(["egress.name"]);
  });
});

describe("a new account's way out", () => {
  const made = (typed: Partial<Record<keyof EgressValues, string>>) => {
    const fields = egressFields(null);
    const untouched = Object.fromEntries(Object.entries(fields).map(([name, { initial }]) => [name, initial]));
    const read = readFields(fields, { ...untouched, ...typed }, NOW);
    if (!read.ok) throw new Error(JSON.stringify(read.problems));
    const kind = { platform: "anthropic", kind: "api-key" };
    const { platform, kind: _, name, ...input } = accountInput(kind, { name: "team", note: "", ...read.values });
    createAccountBody.parse({ platform, kind: kind.kind, name, ...input });
    return input;
  };

  test("is not sent where it is the straight one, and neither is what another way would have needed", () => {
    expect(made({})).toEqual({});
    expect(made({ "egress.base_url": "https://gateway.example.com", egress_headers: "x-a: b" })).toEqual({});
  });

  test("is sent with its headers", () => {
    const typed = { egress: "binding", "egress.name": "HOME", egress_headers: "cf-access-client-id: a" };
    expect(made(typed)).toEqual({
      egress: { via: "binding", name: "HOME", token_requests: false },
      egress_headers: { "cf-access-client-id": "a" },
    });
  });
});
