import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, test } from "vitest";
import { apiKeyId, makeApiKey, verifyApiKey } from "../../src/keys/api-key.ts";
import worker from "../../src/worker.ts";

const OLD = "old-secret-0123456789abcdef0123456789abcdef0123";
const NEW = "new-secret-0123456789abcdef0123456789abcdef0123";

describe("self-proving keys", () => {
  test("a made key proves itself and has a stable id", async () => {
    const key = await makeApiKey(NEW);
    expect(key).toMatch(/^cr_[0-9a-f]{64}$/);
    expect(await verifyApiKey(key, NEW)).toBe(await apiKeyId(key));
    expect(await verifyApiKey(key, NEW)).toMatch(/^[0-9a-f]{32}$/);
  });

  test("any changed character makes it a forgery", async () => {
    const key = await makeApiKey(NEW);
    for (let at = 3; at < key.length; at += 5) {
      const flipped = key[at] === "0" ? "1" : "0";
      expect(await verifyApiKey(key.slice(0, at) + flipped + key.slice(at + 1), NEW)).toBeNull();
    }
  });

  test.each(["", "cr_", "cr_zz", `CR_${"0".repeat(64)}`, `cr_${"0".repeat(63)}`, `cr_${"A".repeat(64)}`])(
    "%s is no key",
    async (key) => {
      expect(await verifyApiKey(key, NEW)).toBeNull();
    },
  );

  test("after a rotation old keys stay valid while their secret is listed, and no longer", async () => {
    const old = await makeApiKey(OLD);
    expect(await verifyApiKey(old, `${NEW},${OLD}`)).toBe(await apiKeyId(old));
    expect(await verifyApiKey(old, NEW)).toBeNull();
    expect(await verifyApiKey(await makeApiKey(`${NEW}, ${OLD}`), NEW)).not.toBeNull();
  });
});

test("2,000 forged keys cause one look at D1, whether any were restored here, and no KV or object operation", async () => {
  const touched: string[] = [];
  const guarded = (name: string) =>
    new Proxy(
      {},
      {
        get: (_, member) => {
          touched.push(`${name}.${String(member)}`);
          throw new Error("touched storage");
        },
      },
    );
  const DB = {
    prepare: (sql: string) => {
      touched.push(sql);
      return { all: async () => ({ results: [] }) };
    },
  };
  const bindings = { ...env, DB, KV: guarded("KV"), GATE: guarded("GATE") } as unknown as Env;
  const body = '{"model":"claude-sonnet-4-5","messages":[]}';
  for (let index = 0; index < 2_000; index++) {
    const key = `cr_${index.toString(16).padStart(64, "0")}`;
    const ctx = createExecutionContext();
    const request = new Request("http://relay/v1/messages", { method: "POST", headers: { "x-api-key": key }, body });
    const response = await worker.fetch(request as Request<unknown, IncomingRequestCfProperties>, bindings, ctx);
    if (index % 1_000 === 0) await waitOnExecutionContext(ctx);
    if (response.status !== 401) expect(response.status).toBe(401);
  }
  expect(touched).toEqual([expect.stringContaining("FROM key_secrets")]);
});
