/** Groups of accounts, what is bound to them, and the strategy of the pool of all accounts. */
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { STRATEGIES } from "../../src/pool/strategy.ts";
import { loadPool } from "../../src/store/snapshot.ts";
import { asAdmin, everything } from "./client.ts";

let made = 0;

async function makeAccount(fields: object = {}): Promise<string> {
  const account = { name: "member", platform: "anthropic", kind: "api-key", api_key: `sk-member-${made++}-0123456789` };
  return (await asAdmin("POST", "/admin/accounts", { ...account, ...fields })).body.id;
}

const makeGroup = (fields: object = {}) => asAdmin("POST", "/admin/groups", { name: `group ${made++}`, ...fields });
const makeKey = (fields: object) => asAdmin("POST", "/admin/api-keys", { name: "bound", ...fields });

async function snapshotVersion(): Promise<number> {
  return Number(await env.DB.prepare("SELECT value FROM settings WHERE name = 'snapshot_version'").first("value"));
}

async function audited(target: string): Promise<string[]> {
  const rows = env.DB.prepare("SELECT action FROM audit WHERE target = ? ORDER BY id").bind(target);
  return (await rows.all<{ action: string }>()).results.map(({ action }) => action);
}

describe("making a group", () => {
  it("fills in what is left out", async () => {
    const { status, body } = await makeGroup({ name: " team " });
    expect(status).toBe(201);
    expect(body).toEqual({
      id: expect.stringMatching(/^grp_[0-9a-f]{32}$/),
      name: "team",
      strategy: "priority",
      account_ids: [],
      created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
      updated_at: body.created_at,
    });
    expect((await asAdmin("GET", `/admin/groups/${body.id}`)).body).toEqual(body);
    expect(await audited(body.id)).toEqual(["group.create"]);
  });

  it("takes every strategy, and members, each once", async () => {
    const accounts = [await makeAccount(), await makeAccount()].sort();
    for (const strategy of STRATEGIES) {
      const { body } = await makeGroup({ strategy, account_ids: [...accounts, ...accounts] });
      expect(body).toMatchObject({ strategy, account_ids: accounts });
    }
  });

  it("is seen by the pool at once", async () => {
    const account = await makeAccount();
    const { body } = await makeGroup({ strategy: "round-robin", account_ids: [account] });
    const { groups } = await loadPool(env, Date.now());
    expect(groups.get(body.id)).toEqual({ strategy: "round-robin", members: new Set([account]) });
  });

  it("refuses a name that is taken, and leaves no trace", async () => {
    const { body } = await makeGroup({ name: "taken" });
    const trace = async () => (await everything()).replace(/"snapshot_version","value":"\d+"/, "");
    const before = await trace();
    const second = await makeGroup({ name: "taken", account_ids: [await makeAccount()] });
    expect([second.status, second.body.error.message]).toEqual([409, "There is a group called taken already"]);
    expect(body.name).toBe("taken");
    const { results } = await env.DB.prepare("SELECT * FROM account_groups WHERE name = 'taken'").all();
    expect(results).toHaveLength(1);
    expect((await trace()).match(/group\.create/g)).toEqual(before.match(/group\.create/g));
  });

  it.each([
    ["name", { name: "" }],
    ["name", { name: undefined }],
    ["strategy", { strategy: "best" }],
    ["strategy", { strategy: null }],
    ["account_ids.0", { account_ids: ["acc_nope"] }],
    ["account_ids", { account_ids: "acc_nope" }],
    ["members", { members: [] }],
  ])("refuses a bad %s by name and changes nothing: %j", async (field, fields) => {
    const before = await everything();
    const { status, body } = await asAdmin("POST", "/admin/groups", { name: `group ${made++}`, ...fields });
    expect([status, body.error.details?.map((detail) => detail.field)]).toEqual([400, [field]]);
    expect(await everything()).toBe(before);
  });
});

describe("changing a group", () => {
  it("changes what is given and leaves the rest", async () => {
    const account = await makeAccount();
    const { body } = await makeGroup({ strategy: "random", account_ids: [account] });
    const path = `/admin/groups/${body.id}`;
    const renamed = `renamed ${made++}`;
    expect((await asAdmin("PATCH", path, { name: renamed })).body).toMatchObject({
      name: renamed,
      strategy: "random",
      account_ids: [account],
    });
    expect((await asAdmin("PATCH", path, { strategy: "weighted" })).body).toMatchObject({
      name: renamed,
      strategy: "weighted",
    });
    expect(await audited(body.id)).toEqual(["group.create", "group.update", "group.update"]);
  });

  it("sets its members as a whole, from either side", async () => {
    const [a, b, c] = await Promise.all([makeAccount(), makeAccount(), makeAccount()]);
    const { body: first } = await makeGroup({ account_ids: [a] });
    const { body: second } = await makeGroup();
    const members = (id: string) => asAdmin("GET", `/admin/groups/${id}`).then(({ body }) => body.account_ids);
    const put = await asAdmin("PUT", `/admin/groups/${first.id}/members`, { account_ids: [b, c] });
    expect(put.status).toBe(200);
    expect(put.body.account_ids).toEqual([b, c].sort());
    expect(await members(first.id)).toEqual([b, c].sort());

    const { body: joined } = await asAdmin("PATCH", `/admin/accounts/${a}`, { group_ids: [first.id, second.id] });
    expect(joined.group_ids).toEqual([first.id, second.id].sort());
    expect(await members(first.id)).toEqual([a, b, c].sort());
    expect(await members(second.id)).toEqual([a]);
    expect((await asAdmin("PATCH", `/admin/accounts/${a}`, { note: "as before" })).body.group_ids).toHaveLength(2);
    expect((await asAdmin("PATCH", `/admin/accounts/${a}`, { group_ids: [] })).body.group_ids).toEqual([]);
    expect(await members(second.id)).toEqual([]);
    const born = await makeAccount({ group_ids: [second.id] });
    expect(await members(second.id)).toEqual([born]);
    const listed = (await asAdmin("GET", "/admin/accounts?limit=200")).body.items.find(({ id }) => id === born);
    expect(listed?.group_ids).toEqual([second.id]);
  });

  it("refuses the name of another group, unknown accounts, groups and fields, and changes nothing", async () => {
    const { body: taken } = await makeGroup();
    const { body } = await makeGroup();
    const account = await makeAccount();
    const path = `/admin/groups/${body.id}`;
    const before = await everything();
    expect((await asAdmin("PATCH", path, { name: taken.name })).status).toBe(409);
    expect((await asAdmin("PATCH", path, { account_ids: [account, "acc_nope"] })).body.error.details).toEqual([
      { field: "account_ids.1", message: "names no account", code: "not_found" },
    ]);
    expect((await asAdmin("PUT", `${path}/members`, {})).status).toBe(400);
    expect((await asAdmin("PATCH", path, { id: "x" })).status).toBe(400);
    const { error } = (await asAdmin("PATCH", `/admin/accounts/${account}`, { group_ids: ["grp_nope"] })).body;
    expect(error.details).toEqual([{ field: "group_ids.0", message: "names no group", code: "not_found" }]);
    expect(await everything()).toBe(before);
    expect((await asAdmin("PATCH", path, { name: body.name })).status).toBe(200);
  });

  it("raises the snapshot version with every change", async () => {
    const start = await snapshotVersion();
    const { body } = await makeGroup();
    await asAdmin("PUT", `/admin/groups/${body.id}/members`, { account_ids: [] });
    await asAdmin("DELETE", `/admin/groups/${body.id}`);
    expect(await snapshotVersion()).toBe(start + 3);
  });
});

describe("what is bound", () => {
  it("is a key to an existing group, and to nothing else", async () => {
    const { body } = await makeGroup();
    const key = await makeKey({ bound_group_id: body.id });
    expect([key.status, key.body.bound_group_id]).toEqual([201, body.id]);
    expect((await makeKey({ bound_group_id: "grp_nope" })).body.error.details?.[0]?.field).toBe("bound_group_id");
    const patched = await asAdmin("PATCH", `/admin/api-keys/${key.body.id}`, { bound_group_id: null });
    expect(patched.body.bound_group_id).toBeNull();
  });

  it("keeps a group from being deleted, and is counted", async () => {
    const { body: group } = await makeGroup({ account_ids: [await makeAccount()] });
    const path = `/admin/groups/${group.id}`;
    const keys = [await makeKey({ bound_group_id: group.id }), await makeKey({ bound_group_id: group.id })];
    const template = await asAdmin("POST", "/admin/templates", { name: `t ${made++}`, bound_group_id: group.id });
    const before = await everything();
    const { status, body } = await asAdmin("DELETE", path);
    expect([status, body.error.type]).toEqual([409, "conflict_error"]);
    expect(body.error.message).toBe(
      `2 API keys and 1 template are bound to the group ${group.name}; bind them elsewhere first`,
    );
    expect(await everything()).toBe(before);

    await asAdmin("DELETE", `/admin/templates/${template.body.id}`);
    await asAdmin("DELETE", `/admin/api-keys/${keys[0]?.body.id}`);
    expect((await asAdmin("DELETE", path)).body.error.message).toMatch(/^1 API key is bound/);
    await asAdmin("PATCH", `/admin/api-keys/${keys[1]?.body.id}`, { bound_group_id: null });
    expect((await asAdmin("DELETE", path)).body).toEqual({ id: group.id, deleted: true });
    for (const [method, fields] of [["GET"], ["PATCH", { name: "x" }], ["DELETE"]] as const) {
      expect((await asAdmin(method, path, fields)).status).toBe(404);
    }
    const left = await env.DB.prepare("SELECT * FROM group_members WHERE group_id = ?").bind(group.id).all();
    expect(left.results).toEqual([]);
    expect(await audited(group.id)).toEqual(["group.create", "group.delete"]);
  });

  it("does not keep an account from being deleted, but is counted; its memberships go with it", async () => {
    const account = await makeAccount();
    const { body: group } = await makeGroup({ account_ids: [account] });
    const key = await makeKey({ bound_account_id: account });
    await makeKey({ bound_account_id: await makeAccount() });
    expect((await asAdmin("DELETE", `/admin/accounts/${account}`)).body).toEqual({
      id: account,
      deleted: true,
      bound_keys: 1,
      sign_in_revocation: null,
    });
    expect((await asAdmin("GET", `/admin/groups/${group.id}`)).body.account_ids).toEqual([]);
    expect((await asAdmin("GET", `/admin/api-keys/${key.body.id}`)).body.bound_account_id).toBe(account);
  });
});

describe("listing groups", () => {
  it("pages newest first, with members, and finds by a part of the name", async () => {
    const account = await makeAccount();
    const ids: string[] = [];
    for (let index = 0; index < 3; index++) {
      ids.push((await makeGroup({ name: `Paged ${index}`, account_ids: [account] })).body.id);
    }
    const seen: string[] = [];
    let cursor = "";
    do {
      const { body } = await asAdmin("GET", `/admin/groups?limit=2&search=paged${cursor}`);
      for (const item of body.items) {
        seen.push(item.id);
        expect(item.account_ids).toEqual([account]);
      }
      cursor = body.next_cursor ? `&cursor=${body.next_cursor}` : "";
    } while (cursor);
    expect(seen.sort()).toEqual(ids.sort());
    expect((await asAdmin("GET", "/admin/groups?search=nobody")).body).toEqual({ items: [], next_cursor: null });
    expect((await asAdmin("GET", "/admin/groups?cursor=acc_1")).status).toBe(400);
  });
});

describe("the strategy of the pool of all accounts", () => {
  const path = "/admin/settings/pool-strategy";

  it("is priority until it is set, and then in force at once", async () => {
    expect((await asAdmin("GET", path)).body).toEqual({ strategy: "priority" });
    const version = await snapshotVersion();
    const { status, body } = await asAdmin("PUT", path, { strategy: "weighted" });
    expect([status, body]).toEqual([200, { strategy: "weighted" }]);
    expect((await asAdmin("GET", path)).body).toEqual({ strategy: "weighted" });
    expect(await snapshotVersion()).toBe(version + 1);
    expect((await loadPool(env, Date.now())).strategy).toBe("weighted");
    expect(await audited("pool_strategy")).toEqual(["settings.update"]);
  });

  it("is one of those that there are", async () => {
    const before = await everything();
    for (const fields of [{ strategy: "best" }, {}, { strategy: "random", extra: 1 }]) {
      expect((await asAdmin("PUT", path, fields)).status).toBe(400);
    }
    expect(await everything()).toBe(before);
  });
});
