import { describe, expect, test } from "vitest";
import { expiry, optional, secret, text } from "../../admin/src/form/field.ts";
import { createForm, placed, readFields } from "../../admin/src/form/form.ts";
import { fieldsOfKind } from "../../admin/src/pages/accounts/kind-fields.ts";
import { ACCOUNT_KINDS, pathOfKind } from "../../admin/src/pages/accounts/kinds.ts";
import { accountInput, unsavedInput } from "../../admin/src/pages/accounts/new-account-input.ts";
import { KEY_SECTIONS, keyFields, keyInput, newKeyInput } from "../../admin/src/pages/keys/key-form.ts";
import type { ApiKey } from "../../admin/src/pages/keys/keys.ts";
import { priceFields } from "../../admin/src/pages/prices/price-form.ts";
import { unsavedAccountBody } from "../../src/admin/accounts/schema.ts";
import { policyView } from "../../src/admin/keys/fields.ts";
import { createApiKeyBody } from "../../src/admin/keys/schema.ts";
import { OPEN_POLICY } from "../../src/keys/policy.ts";
import { CREDENTIAL_FIELDS, KINDS } from "../../src/providers/kinds.ts";

/** A key without limits and rules, as the relay answers it. */
const OPEN_KEY: ApiKey = {
  ...{
    id: "k",
    name: "",
    hint: "…1234",
    revealable: true,
    description: "",
    owner: "",
    tags: [],
    rate_limit_tier: null,
  },
  ...policyView(OPEN_POLICY),
  ...{
    created_at: "2026-01-01T00:00:00.000Z",
    updated_at: "2026-01-01T00:00:00.000Z",
    imported_from: null,
    deleted_at: null,
  },
  ...{ state: "active", state_limit: null, state_until: null, state_as_of: null, last_used_at: null, in_flight: null },
  ...{ today_cost_usd: "0", week_cost_usd: "0", total_cost_usd: "0", total_requests: 0, total_tokens: 0 },
};

const NOW = Date.parse("2026-11-21T12:00:00Z");

/** What a person who opens the form finds in it, with some of it changed. */
function drafts(fields: Record<string, { initial: string }>, typed: Record<string, string>): Record<string, string> {
  const untouched = Object.fromEntries(Object.entries(fields).map(([name, { initial }]) => [name, initial]));
  return { ...untouched, ...typed };
}

const KEY_FIELDS = keyFields(null);

function key(typed: Record<string, string>) {
  return readFields(KEY_FIELDS, drafts(KEY_FIELDS, { name: "laptop", ...typed }), NOW);
}

function made(typed: Record<string, string>) {
  const read = key(typed);
  if (!read.ok) throw new Error(JSON.stringify(read.problems));
  // What the form sends: the name, and what was typed.
  return keyInput(read.values, new Set(["name", ...Object.keys(typed)]));
}

function refused(typed: Record<string, string>) {
  const read = key(typed);
  return read.ok ? [] : Object.keys(read.problems);
}

describe("a new key", () => {
  test("has no limits where none were entered", () => {
    expect(made({ name: "  laptop " })).toEqual({ name: "laptop" });
  });

  test("takes the limits as numbers", () => {
    const typed = { concurrency_limit: " 3 ", rate_limit_requests: "200", rate_limit_window_minutes: "5" };
    expect(made({ ...typed, description: " for Mira " })).toEqual({
      name: "laptop",
      description: "for Mira",
      concurrency_limit: 3,
      rate_limit_requests: 200,
      rate_limit_window_minutes: 5,
    });
  });

  test("ignores a window that limits nothing", () => {
    expect(made({ rate_limit_window_minutes: "nonsense", rate_limit_requests: " " })).toEqual({
      name: "laptop",
      rate_limit_requests: null,
    });
  });

  test("refuses requests without a window", () => {
    expect(refused({ rate_limit_requests: "5", rate_limit_window_minutes: " " })).toEqual([
      "rate_limit_window_minutes",
    ]);
  });

  test.each(["0", "-1", "1.5", "1e3", "ten", "1 000", "9999999999999999999"])("refuses %j as a count", (count) => {
    expect(refused({ concurrency_limit: count })).toEqual(["concurrency_limit"]);
    expect(refused({ rate_limit_requests: count })).toEqual(["rate_limit_requests"]);
    expect(refused({ rate_limit_requests: "1", rate_limit_window_minutes: count })).toEqual([
      "rate_limit_window_minutes",
    ]);
  });

  test("needs a name", () => {
    expect(refused({ name: "   " })).toEqual(["name"]);
  });

  test("counts days of expiry from now", () => {
    expect(made({ expires_at: "7" }).expires_at).toBe("2026-11-28T12:00:00.000Z");
  });

  test("reads a chosen date in the relay's time zone, as all others are written, and only a future one", () => {
    const there = expiry({ label: "", never: "", days: [], own: "", ownLabel: "", zone: "+08:00" });
    expect(there.read("2031-01-02T03:04", NOW)).toEqual({ ok: true, value: "2031-01-01T19:04:00.000Z" });
    expect(refused({ expires_at: "2020-01-01T00:00" })).toEqual(["expires_at"]);
    expect(refused({ expires_at: "own" })).toEqual(["expires_at"]);
  });

  test("is asked for every field once", () => {
    const asked = KEY_SECTIONS.flatMap(({ names }): string[] => [...names]);
    expect(asked.sort()).toEqual(Object.keys(KEY_FIELDS).sort());
  });
});

describe("what a key may refer to", () => {
  const bindings = {
    accounts: [],
    groups: [["grp_a", "Team A"] as const],
    templates: [["guests", "guests"] as const],
  };
  const read = (key: ApiKey | null, typed: Record<string, string>) => {
    const fields = keyFields(key, bindings);
    const values = readFields(fields, drafts(fields, { name: "laptop", ...typed }), NOW);
    return values.ok ? keyInput(values.values, new Set(Object.keys(typed))) : values.problems;
  };

  test("is a template by its name, one that is gone too", () => {
    expect(read(null, { rate_limit_tier: "guests" })).toEqual({ rate_limit_tier: "guests" });
    const following = { ...OPEN_KEY, name: "laptop", rate_limit_tier: "gone" };
    expect(read(following, { owner: "mira" })).toEqual({ owner: "mira" });
    expect(read(following, { rate_limit_tier: "" })).toEqual({ rate_limit_tier: null });
    expect(newKeyInput("laptop", { rate_limit_tier: null, owner: "mira" })).toEqual({ name: "laptop", owner: "mira" });
  });

  test("is what a name stands for with this key alone, with groups by their names", () => {
    const aliases = { fast: [{ model: "claude-haiku-4-5", group: "grp_a" }, { model: "gpt-5-mini" }] };
    const typed = "fast = claude-haiku-4-5 @ Team A, gpt-5-mini";
    expect(read(null, { model_aliases: typed })).toEqual({ model_aliases: aliases });
    expect(createApiKeyBody.parse({ name: "laptop", model_aliases: aliases }).model_aliases).toEqual(aliases);
    const named = { ...OPEN_KEY, name: "laptop", model_aliases: aliases };
    expect(keyFields(named, bindings).model_aliases.initial).toBe(typed);
    expect(read(named, { model_aliases: "" })).toEqual({ model_aliases: {} });
    for (const wrong of ["fast", "= gpt-5", "fast = a @ nobody", "fast = a,", "a = b\na = c"]) {
      expect(Object.keys(read(null, { model_aliases: wrong })), wrong).toEqual(["model_aliases"]);
      expect(typeof Object.values(read(null, { model_aliases: wrong }))[0], wrong).toBe("string");
    }
  });

  test("is a lifetime in hours too", () => {
    expect(read(null, { activation_hours: "36" })).toEqual({ activation_hours: 36 });
  });
});

describe("a key that is changed", () => {
  const now = { ...OPEN_KEY, name: "laptop", expires_at: "2026-01-01T00:00:00.000Z", weekly_reset_day: 3 };
  const fields = keyFields(now);
  const change = (typed: Record<string, string>) => {
    const read = readFields(fields, drafts(fields, typed), NOW);
    return read.ok ? keyInput(read.values, new Set(Object.keys(typed))) : read.problems;
  };

  test("is sent only what was changed, an emptied limit as null", () => {
    expect(change({ daily_cost_limit_usd: "7.50" })).toEqual({ daily_cost_limit_usd: "7.50" });
    expect(change({ concurrency_limit: "" })).toEqual({ concurrency_limit: null });
    expect(change({ weekly_reset_day: "0" })).toEqual({ weekly_reset_day: 0 });
    expect(change({ allowed_models: "claude-*\n\n gpt-5 " })).toEqual({ allowed_models: ["claude-*", "gpt-5"] });
    expect(change({ enabled: "" })).toEqual({ enabled: false });
  });

  test("may stay expired: a date that was right once is not asked for again", () => {
    expect(change({ description: "old" })).toEqual({ description: "old" });
    expect(change({ expires_at: "2026-02-01T00:00" })).toEqual({ expires_at: "Choose a time in the future." });
  });

  test("keeps the window of a limit that is changed", () => {
    expect(change({ rate_limit_tokens: "5000" })).toEqual({ rate_limit_tokens: 5_000, rate_limit_window_minutes: 60 });
  });
});

describe("a new account", () => {
  const fields = { name: text({ label: "" }), ...fieldsOfKind({ platform: "anthropic", kind: "api-key" }) };
  const typed = { name: " team ", base_url: " https://api.anthropic.com ", api_key: " sk-1 " };
  const read = (change: Record<string, string>) => readFields(fields, { ...typed, ...change }, NOW);

  test("is of the kind that was chosen, with what that kind is given", () => {
    const account = read({});
    if (!account.ok) throw new Error("refused");
    expect(accountInput({ platform: "anthropic", kind: "api-key" }, { ...account.values, note: "" })).toEqual({
      name: "team",
      platform: "anthropic",
      kind: "api-key",
      base_url: "https://api.anthropic.com",
      api_key: "sk-1",
    });
  });

  test("of Bedrock is asked for an access key or an API key, and for nothing of the other", () => {
    const kind = { platform: "anthropic", kind: "bedrock" };
    const bedrock = fieldsOfKind(kind);
    const given = (typed: Record<string, string>) => readFields(bedrock, drafts(bedrock, typed), NOW);
    const missing = (typed: Record<string, string>) => {
      const read = given(typed);
      return read.ok ? [] : Object.keys(read.problems);
    };
    expect(missing({})).toEqual(["aws_access_key_id", "aws_secret_access_key"]);
    expect(missing({ aws_credential: "api-key" })).toEqual(["api_key"]);
    const typed = { aws_credential: "api-key", api_key: "bedrock-api-key-1", aws_access_key_id: "AKIA" };
    const read = given(typed);
    expect(read.ok && unsavedAccountBody.parse(unsavedInput(kind, read.values))).toEqual({
      ...{ ...kind, name: "unsaved" },
      ...{ api_key: "bedrock-api-key-1", aws_region: "us-east-1" },
    });
  });

  test("has several keys, and is in the groups that were chosen", () => {
    const kind = { platform: "droid", kind: "api-key" };
    const values = { name: "droid", note: "", group_ids: ["grp_a"], api_key: "fk-1", api_keys: ["fk-2"] };
    expect(accountInput(kind, values)).toEqual({
      ...{ ...kind, name: "droid" },
      ...{ api_keys: ["fk-1", "fk-2"], group_ids: ["grp_a"] },
    });
    expect(accountInput(kind, { ...values, group_ids: [], api_keys: [] })).toEqual({
      ...{ ...kind, name: "droid", api_key: "fk-1" },
    });
  });

  test("is tried with what its kind is given, and needs no name for that", () => {
    const kind = { platform: "anthropic", kind: "api-key" };
    const given = { api_key: "sk-1", base_url: "https://api.anthropic.com" };
    expect(unsavedAccountBody.parse(unsavedInput(kind, given))).toEqual({ ...kind, ...given, name: "unsaved" });
  });

  test("can be of every kind that the relay knows, and of no other", () => {
    const known = KINDS.map(({ platform, name }) => `${platform}.${name}`);
    expect(ACCOUNT_KINDS.map(pathOfKind).sort()).toEqual(known.sort());
  });

  test("is asked for fields that the relay takes, or signed in by a flow that it knows", () => {
    for (const offered of ACCOUNT_KINDS) {
      const kind = KINDS.find(({ platform, name }) => platform === offered.platform && name === offered.kind);
      expect(offered.signIn?.flow, pathOfKind(offered)).toBe(kind?.oauth?.name);
      expect(Object.keys(fieldsOfKind(offered)).length > 0, pathOfKind(offered)).toBe(offered.signIn === undefined);
      const asked = Object.entries(fieldsOfKind(offered)).filter(([, field]) => field.control.type !== "choice");
      for (const [name] of asked) {
        expect([...Object.keys(CREDENTIAL_FIELDS), "base_url", "api_version"], pathOfKind(offered)).toContain(name);
      }
    }
  });

  test.each(["", "api.anthropic.com", "ftp://host", "https://", "https:// host", "javascript:alert(1)"])(
    "refuses the base URL %j",
    (base_url) => {
      const account = read({ base_url });
      expect(account.ok ? [] : Object.keys(account.problems)).toEqual(["base_url"]);
    },
  );

  test("names everything that is missing at once", () => {
    const account = read({ name: "", base_url: "", api_key: " " });
    expect(account.ok ? [] : Object.keys(account.problems).sort()).toEqual(["api_key", "base_url", "name"]);
  });
});

describe("a price", () => {
  const read = (input: string) => readFields(priceFields(null), { input, output: "15" }, NOW);

  test("stays the text that was typed, for no float may hold it", () => {
    expect(read(" 0.000000001 ")).toEqual({ ok: true, values: { input: "0.000000001", output: "15" } });
  });

  test.each(["", "-1", "1,5", ".5", "1e3", "0.0000000001", "free"])("is not %j", (amount) => {
    expect(read(amount).ok).toBe(false);
  });
});

describe("a form", () => {
  const fields = { name: text({ label: "Name", initial: "" }), note: optional(text({ label: "Note" })) };
  const problem = (fields: { field: string; message: string; code?: string; limit?: number }[]) => ({
    status: 400,
    text: "all of it",
    fields,
  });

  test("is dirty only while it differs from how it began, and not once it is sent", async () => {
    const form = createForm(fields, async () => ({ ok: true, value: "id" }));
    expect(form.dirty.value).toBe(false);
    form.change("name", "laptop");
    expect(form.dirty.value).toBe(true);
    form.change("name", "");
    expect(form.dirty.value).toBe(false);
    form.change("name", "laptop");
    expect(await form.submit(NOW)).toEqual({ result: "id" });
    expect(form.dirty.value).toBe(false);
  });

  test("sends nothing while something is wrong, and says so once per try", async () => {
    const sent: unknown[] = [];
    const form = createForm(fields, async (values) => {
      sent.push(values);
      return { ok: true, value: null };
    });
    expect(form.problems.value).toEqual({});
    expect(await form.submit(NOW)).toBeNull();
    expect([Object.keys(form.problems.value), form.failures.value]).toEqual([["name"], 1]);
    expect(await form.submit(NOW)).toBeNull();
    expect(form.failures.value).toBe(2);
    form.change("name", "x");
    expect(form.problems.value).toEqual({});
    await form.submit(NOW);
    expect(sent).toEqual([{ name: "x" }]);
  });

  test("sends once, however often it is submitted meanwhile", async () => {
    let answer = (_: { ok: true; value: number }) => {};
    let asked = 0;
    const form = createForm(fields, () => {
      asked += 1;
      return new Promise<{ ok: true; value: number }>((resolve) => {
        answer = resolve;
      });
    });
    form.change("name", "x");
    const first = form.submit(NOW);
    expect([await form.submit(NOW), form.sending.value]).toEqual([null, true]);
    answer({ ok: true, value: 1 });
    expect([await first, asked, form.sending.value]).toEqual([{ result: 1 }, 1, false]);
  });

  test("shows the relay's problem at its field, in the words for its code", async () => {
    const wrong = problem([{ field: "name", message: "Too big: expected …", code: "too_long", limit: 100 }]);
    const form = createForm(fields, async () => ({ ok: false, problem: wrong }));
    form.change("name", "x");
    await form.submit(NOW);
    expect(form.problems.value).toEqual({ name: "Enter at most 100 characters." });
    expect(form.problem.value).toBeNull();
    expect(form.dirty.value).toBe(true);
    form.change("name", "y");
    expect(form.problems.value).toEqual({});
  });

  test("is read for a trial without being sent, as far as the trial needs it", async () => {
    const sent: unknown[] = [];
    const form = createForm({ ...fields, key: secret({ label: "Key" }) }, async (values) => {
      sent.push(values);
      return { ok: true, value: null };
    });
    expect(form.read(["key"], NOW)).toBeNull();
    expect([Object.keys(form.problems.value), form.failures.value]).toEqual([["key"], 1]);
    form.change("key", " sk-1 ");
    expect(form.read(["key"], NOW)).toEqual({ key: "sk-1" });
    await form.tell(problem([{ field: "key", message: "is refused" }]));
    expect([form.problems.value, form.problem.value]).toEqual([{ key: "Is refused" }, null]);
    expect([sent, form.dirty.value]).toEqual([[], true]);
  });

  test("says as a whole what none of its fields can show", () => {
    const inside = { field: "models.opus", message: "names no model" };
    const elsewhere = { field: "model", message: "is unknown" };
    expect(placed(problem([inside]), ["models"])).toEqual({ shown: { models: "opus: Names no model" }, rest: null });
    expect(placed(problem([inside, elsewhere]), ["models"]).rest?.text).toBe("all of it");
    expect(placed(problem([]), ["models"]).rest?.text).toBe("all of it");
  });

  test("takes what is typed for a secret without the space around it", () => {
    expect(readFields({ api_key: secret({ label: "Key" }) }, { api_key: " sk-1\n" }, NOW)).toEqual({
      ok: true,
      values: { api_key: "sk-1" },
    });
  });
});
