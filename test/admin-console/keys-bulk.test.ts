import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { createClient } from "../../admin/src/api.ts";
import { type BulkVerb, runBulk, targetsOf } from "../../admin/src/pages/keys/bulk.ts";
import { createKeys } from "../../admin/src/pages/keys/keys.ts";

const key = (id: string, of: { enabled?: boolean; tags?: string[]; deleted_at?: string } = {}) => ({
  id,
  enabled: true,
  tags: [],
  deleted_at: null,
  ...of,
});
const CHOSEN = [
  key("on"),
  key("off", { enabled: false, tags: ["team"] }),
  key("gone", { deleted_at: "2026-11-21T00:00:00Z" }),
];

describe("a change to many keys", () => {
  test.each<[BulkVerb, string[]]>([
    [{ is: "enable" }, ["off"]],
    [{ is: "disable" }, ["on"]],
    [{ is: "remove" }, ["on", "off"]],
    [{ is: "tag", tag: "team" }, ["on"]],
    [{ is: "untag", tag: "team" }, ["off"]],
    [{ is: "tag", tag: "" }, []],
  ])("%j goes to %j: those that it changes, and none that is deleted", (verb, ids) => {
    expect(targetsOf(verb, CHOSEN)).toEqual(ids);
  });
});

/** A relay that answers as docs/admin-api.md has it, and refuses the key `stuck`. */
let asked: { method: string; path: string; body: { ids?: string[] } }[];

beforeEach(() => {
  asked = [];
  vi.stubGlobal("fetch", async (input: string, init: RequestInit) => {
    const path = new URL(input).pathname;
    const body = typeof init.body === "string" ? JSON.parse(init.body) : {};
    if (init.method !== "GET") asked.push({ method: String(init.method), path, body });
    const ids: string[] = body.ids ?? [];
    const results = ids.map((id) => ({
      id,
      error: id === "stuck" ? { type: "gate_unreachable", message: "…" } : null,
    }));
    const failed = results.filter(({ error }) => error !== null).length;
    return Response.json({ updated: ids.length - failed, failed, results });
  });
});
afterEach(() => vi.unstubAllGlobals());

const keys = () => createKeys(createClient("http://relay.test", async () => false));

describe("the relay is asked", () => {
  test("for a hundred keys at a time, which is as many as it takes", async () => {
    const many = Array.from({ length: 230 }, (_, at) => key(`k${at}`));
    const done = await runBulk(keys(), { is: "disable" }, many);
    expect(done.ok && [done.value.updated, done.value.failed]).toEqual([230, 0]);
    expect(asked.map(({ body }) => body.ids?.length)).toEqual([100, 100, 30]);
  });

  test("to take a change back of those alone that it has changed", async () => {
    const done = await runBulk(keys(), { is: "tag", tag: "team" }, [key("a"), key("stuck")]);
    expect(done.ok && [done.value.updated, done.value.failed]).toEqual([1, 1]);
    if (done.ok) expect(await done.value.undo()).toBeNull();
    expect(asked).toEqual([
      { method: "PATCH", path: "/admin/api-keys/bulk", body: { ids: ["a", "stuck"], add_tags: ["team"] } },
      { method: "PATCH", path: "/admin/api-keys/bulk", body: { ids: ["a"], remove_tags: ["team"] } },
    ]);
  });

  test("to restore each key of a deletion that is taken back", async () => {
    const done = await runBulk(keys(), { is: "remove" }, [key("a"), key("b"), key("stuck")]);
    if (done.ok) expect(await done.value.undo()).toBeNull();
    expect(asked.map(({ method, path }) => `${method} ${path}`)).toEqual([
      "POST /admin/api-keys/bulk-delete",
      "POST /admin/api-keys/a/restore",
      "POST /admin/api-keys/b/restore",
    ]);
  });

  test("to restore the others too where one key cannot be restored", async () => {
    const done = await runBulk(keys(), { is: "remove" }, [key("a"), key("b")]);
    const restored: string[] = [];
    vi.stubGlobal("fetch", async (input: string) => {
      const { pathname } = new URL(input);
      if (pathname.endsWith("/restore")) restored.push(pathname);
      return Response.json(
        { error: { type: "internal", message: "…" } },
        { status: pathname.includes("/a/") ? 500 : 200 },
      );
    });
    if (done.ok) expect(await done.value.undo()).not.toBeNull();
    expect(restored).toEqual(["/admin/api-keys/a/restore", "/admin/api-keys/b/restore"]);
  });

  test("for nothing more once it has refused a part, and the console says why", async () => {
    vi.stubGlobal("fetch", async () => Response.json({ error: { type: "internal", message: "…" } }, { status: 500 }));
    const done = await runBulk(keys(), { is: "disable" }, [key("a")]);
    expect(done.ok).toBe(false);
  });
});
