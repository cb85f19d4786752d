/** Aliases of models: what an operator says that a name stands for. */
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { loadPool } from "../../src/store/snapshot.ts";
import { asAdmin } from "./client.ts";

let made = 0;

const TARGETS = [{ model: "claude-opus-4-8" }, { model: "glm-5" }];
const makeAlias = (fields: object = {}) =>
  asAdmin("POST", "/admin/aliases", { name: `alias-${made++}`, targets: TARGETS, ...fields });
const makeGroup = async () => (await asAdmin("POST", "/admin/groups", { name: `of aliases ${made++}` })).body.id;

async function audited(target: string): Promise<{ action: string; changes: string }[]> {
  const rows = env.DB.prepare("SELECT action, changes FROM audit WHERE target = ? ORDER BY id").bind(target);
  return (await rows.all<{ action: string; changes: string }>()).results;
}

describe("an alias", () => {
  it("is made, shown, listed, changed and deleted, and the audit trail tells of it", async () => {
    const { status, body } = await makeAlias({ name: " fast ", note: "for titles" });
    expect(status).toBe(201);
    expect(body).toEqual({
      id: expect.stringMatching(/^als_[0-9a-f]{32}$/),
      name: "fast",
      targets: TARGETS,
      note: "for titles",
      created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
      updated_at: body.created_at,
    });
    const path = `/admin/aliases/${body.id}`;
    expect((await asAdmin("GET", path)).body).toEqual(body);
    expect((await asAdmin("GET", "/admin/aliases?search=fas")).body.items).toEqual([body]);
    const changed = await asAdmin("PATCH", path, { targets: [{ model: "gpt-5-mini" }] });
    expect(changed).toMatchObject({ status: 200, body: { name: "fast", targets: [{ model: "gpt-5-mini" }] } });
    expect(await asAdmin("DELETE", path)).toMatchObject({ status: 200, body: { deleted: true } });
    expect((await asAdmin("GET", path)).status).toBe(404);
    for (const method of ["PATCH", "DELETE"]) expect((await asAdmin(method, path, {})).status).toBe(404);
    const trail = await audited(body.id);
    expect(trail.map(({ action }) => action)).toEqual(["alias.create", "alias.update", "alias.delete"]);
    expect(trail[1]?.changes).toContain("gpt-5-mini");
    expect(trail[0]?.changes).not.toContain("for titles");
  });

  it("is seen by the pool at once, as it is changed and when it is gone", async () => {
    const { body } = await makeAlias();
    const inPool = async () => (await loadPool(env, Date.now())).aliases[String(body.name)];
    expect(await inPool()).toEqual(TARGETS);
    await asAdmin("PATCH", `/admin/aliases/${body.id}`, { targets: [{ model: "x" }] });
    expect(await inPool()).toEqual([{ model: "x" }]);
    await asAdmin("DELETE", `/admin/aliases/${body.id}`);
    expect(await inPool()).toBeUndefined();
  });

  it("has a name of its own", async () => {
    const { body } = await makeAlias({ name: "taken" });
    const second = await makeAlias({ name: "taken" });
    expect([second.status, second.body.error.message]).toEqual([409, "There is an alias called taken already"]);
    const other = await makeAlias();
    const renamed = await asAdmin("PATCH", `/admin/aliases/${other.body.id}`, { name: "taken" });
    expect([renamed.status, renamed.body.error.message]).toEqual([409, "There is an alias called taken already"]);
    expect((await asAdmin("PATCH", `/admin/aliases/${body.id}`, { name: "taken" })).status).toBe(200);
    expect((await audited(other.body.id)).map(({ action }) => action)).toEqual(["alias.create"]);
  });

  it.each([
    ["no name", { name: "" }, "name"],
    ["a name that cannot be seen", { name: "a\u0000b" }, "name"],
    ["a name that is none", { name: "__proto__" }, "name"],
    ["no targets", { targets: [] }, "targets"],
    ["a target without a model", { targets: [{ group: "g" }] }, "targets.0.model"],
    ["something else", { targets: [{ model: "a", priority: 1 }] }, "targets.0.priority"],
    ["a star that stands for nothing", { targets: [{ model: "a" }, { model: "b-*" }] }, "targets.1.model"],
    ["a star that could stand for either of two", { name: "*-a-*", targets: [{ model: "b-*" }] }, "targets.0.model"],
    ["a group that there is not", { targets: [{ model: "a", group: "grp_none" }] }, "targets.0.group"],
    ["more than would be tried", { targets: Array.from({ length: 11 }, () => ({ model: "a" })) }, "targets"],
  ])("is refused with %s, by the field's name", async (_, fields, field) => {
    const { status, body } = await makeAlias(fields);
    expect(status).toBe(400);
    expect(body.error.details?.map((detail) => detail.field)).toContain(field);
  });

  it("may be a pattern, and name a group, which then cannot be deleted", async () => {
    const group = await makeGroup();
    const { status, body } = await makeAlias({ name: "claude-*", targets: [{ model: "glm-*", group }] });
    expect(status).toBe(201);
    const refused = await asAdmin("DELETE", `/admin/groups/${group}`);
    expect([refused.status, refused.body.error.message]).toEqual([409, expect.stringContaining("1 alias is bound to")]);
    await asAdmin("DELETE", `/admin/aliases/${body.id}`);
    expect((await asAdmin("DELETE", `/admin/groups/${group}`)).status).toBe(200);
  });
});

describe("a key's own aliases", () => {
  const makeKey = (model_aliases: unknown) => asAdmin("POST", "/admin/api-keys", { name: "aliased", model_aliases });

  it("are kept as they are given", async () => {
    const aliases = { fast: [{ model: "a" }, { model: "b", group: await makeGroup() }], "x-*": [{ model: "y-*" }] };
    const { status, body } = await makeKey(aliases);
    expect([status, body.model_aliases]).toEqual([201, aliases]);
  });

  it.each([
    ["a list", [], "model_aliases"],
    ["a name with nothing behind it", { a: [] }, "model_aliases.a"],
    ["a star that stands for nothing", { a: [{ model: "b*" }] }, "model_aliases.a.0.model"],
    ["a group that there is not", { a: [{ model: "b", group: "grp_none" }] }, "model_aliases.a.0.group"],
    [
      "too many",
      Object.fromEntries(Array.from({ length: 51 }, (_, at) => [`a${at}`, [{ model: "b" }]])),
      "model_aliases",
    ],
  ])("are refused with %s, by the field's name", async (_, aliases, field) => {
    const { status, body } = await makeKey(aliases);
    expect(status).toBe(400);
    expect(body.error.details?.map((detail) => detail.field)).toContain(field);
  });
});
