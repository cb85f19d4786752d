/** Finding keys that there are, and seeing one again. */
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { apiKeyId } from "../../src/keys/api-key.ts";
import { asAdmin, type Body } from "./client.ts";

const create = async (fields: object = {}): Promise<Body> =>
  (await asAdmin("POST", "/admin/api-keys", { name: "a key", ...fields })).body;

describe("revealing a key", () => {
  it("answers the key and writes down who looked", async () => {
    const { id, api_key } = await create();
    const { status, body } = await asAdmin("GET", `/admin/api-keys/${id}?reveal=1`);
    expect([status, body.api_key]).toEqual([200, api_key]);
    const { results } = await env.DB.prepare("SELECT * FROM audit WHERE target = ? ORDER BY action").bind(id).all();
    expect(results.map(({ actor, action }) => `${actor} ${action}`)).toEqual([
      "admin api-key.create",
      "admin api-key.reveal",
    ]);
    expect(JSON.stringify(results)).not.toContain(api_key.slice(3));
  });

  it("fails, rather than answer something else, when the sealed copy was moved from another key", async () => {
    const [one, other] = [await create(), await create()];
    await env.DB.prepare("UPDATE api_keys SET sealed = (SELECT sealed FROM api_keys WHERE id = ?) WHERE id = ?")
      .bind(other.id, one.id)
      .run();
    const { status, body } = await asAdmin("GET", `/admin/api-keys/${one.id}?reveal=1`);
    expect([status, body.error.type, body.api_key]).toEqual([500, "api_error", undefined]);
  });
});

describe("listing keys", () => {
  const ids = async (query: string) =>
    (await asAdmin("GET", `/admin/api-keys?${query}`)).body.items.map(({ id }) => id);

  it("pages without gaps or repeats", async () => {
    const made: string[] = [];
    for (let index = 0; index < 7; index++) made.push((await create({ owner: "pager", tags: ["paged-tag"] })).id);
    const seen: string[] = [];
    let cursor = "";
    do {
      const { body } = await asAdmin("GET", `/admin/api-keys?limit=3&search=paged-tag${cursor}`);
      seen.push(...body.items.map(({ id }) => id));
      cursor = body.next_cursor ? `&cursor=${body.next_cursor}` : "";
    } while (cursor);
    expect([...seen].sort()).toEqual(made.sort());
    expect(new Set(seen).size).toBe(7);
  });

  it("puts the newest first", async () => {
    const { id } = await create();
    await env.DB.prepare("UPDATE api_keys SET created_at = created_at + 1000000 WHERE id = ?").bind(id).run();
    expect((await ids("limit=1"))[0]).toBe(id);
  });

  it("finds by a part of the name, the description or a tag, taking every character as itself", async () => {
    const { id } = await create({ name: "Zürich 50%", description: "for the `night_shift`", tags: ["blue", 're"d'] });
    const long = "a name that is a good deal longer than fifty bytes, which LIKE refuses";
    const { id: longId } = await create({ name: long });
    for (const part of ["zürich", "50%", "NIGHT_shift", "blu", 're"d']) {
      expect(await ids(`search=${encodeURIComponent(part)}`), part).toEqual([id]);
    }
    for (const part of ['","', "5_%", "night%shift"])
      expect(await ids(`search=${encodeURIComponent(part)}`)).toEqual([]);
    expect(await ids(`search=${encodeURIComponent(long)}`)).toEqual([longId]);
  });

  it("finds a pasted key, even a deleted one, and nothing for a stranger's", async () => {
    const { id, api_key } = await create();
    expect(await ids(`search=${api_key}`)).toEqual([id]);
    await asAdmin("DELETE", `/admin/api-keys/${id}`);
    expect(await ids(`search=${api_key}`)).toEqual([id]);
    expect(await ids(`search=${api_key}&status=active`)).toEqual([]);
    expect(await ids(`search=cr_${"0".repeat(64)}`)).toEqual([]);
    expect(id).toBe(await apiKeyId(api_key));
  });

  it("separates active, disabled, expired and deleted", async () => {
    const tags = ["status-test"];
    const active = (await create({ tags, expires_at: "2099-01-01T00:00:00Z" })).id;
    const disabled = (await create({ tags, enabled: false })).id;
    const expired = (await create({ tags, expires_at: "2020-01-01T00:00:00Z" })).id;
    const deleted = (await create({ tags })).id;
    await asAdmin("DELETE", `/admin/api-keys/${deleted}`);
    const found = async (status: string) => (await ids(`search=status-test${status}`)).sort();
    expect(await found("&status=active")).toEqual([active]);
    expect(await found("&status=disabled")).toEqual([disabled]);
    expect(await found("&status=expired")).toEqual([expired]);
    expect(await found("&status=deleted")).toEqual([deleted]);
    expect(await found("&status=all")).toEqual([active, disabled, expired, deleted].sort());
    expect(await found("")).toEqual([active, disabled, expired].sort());
  });

  it.each(["status=nonsense", "cursor=1", "limit=0", "q=x", "reveal=1"])("refuses ?%s", async (query) =>
    expect((await asAdmin("GET", `/admin/api-keys?${query}`)).status).toBe(400),
  );
});
