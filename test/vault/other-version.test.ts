/** A sign-in that another version of the relay has taken in: this one cannot renew it, and loses nothing of it. */
import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, expect, test, vi } from "vitest";
import type { StoredGrant } from "../../src/vault/grant.ts";
import { asAdmin } from "../admin/client.ts";

afterEach(() => vi.restoreAllMocks());

test("a sign-in of a kind that this version does not know stays, and its alarm waits between two tries", async () => {
  vi.spyOn(console, "warn").mockImplementation(() => undefined);
  const made = { name: "other", platform: "anthropic", kind: "api-key", api_key: "sk-other-0123456789" };
  const { id } = (await asAdmin("POST", "/admin/accounts", made)).body;
  const stub = env.KEEPER.getByName(id);
  await stub.adopt({
    ...{ accountId: id, grantId: "aa", baseUrl: "https://api.anthropic.com", madeAt: 1 },
    ...{ platform: "anthropic", kind: "of-tomorrow" },
    grant: { access: "access", refresh: "refresh", expiresAt: Date.now() - 1 },
  });
  await runDurableObjectAlarm(stub);
  const { rings, grant } = await runInDurableObject(stub, async (_, { storage }) => ({
    rings: await storage.getAlarm(),
    grant: storage.kv.get<StoredGrant>("grant"),
  }));
  expect(rings).toBeGreaterThan(Date.now() + 1_000);
  expect(grant).toMatchObject({ grantId: "aa", version: 1, ended: null });
  expect(await stub.token("aa", null)).toEqual({ state: "unavailable" });
});
