/** Calls of the re-sealing that make no sense, or that nobody may make. */
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { behave, removeAccounts } from "../relay/relay-in-process.ts";
import { asAdmin, call, signIn } from "./client.ts";
import { envelopes, everywhere, GONE, NEW, OLD, step, turnRing } from "./resealing.ts";

beforeEach(async () => {
  turnRing(OLD);
  behave({ status: 500 });
  await removeAccounts();
  await env.DB.batch(["api_keys", "oauth_flows"].map((table) => env.DB.prepare(`DELETE FROM ${table}`)));
});
afterEach(() => {
  turnRing(OLD);
  vi.restoreAllMocks();
});

describe("a call that makes no sense", () => {
  test("is refused: a cursor of another key, one that is none, too large a step, an unknown field", async () => {
    await everywhere();
    turnRing(NEW, OLD);
    const { next_cursor } = await step({ limit: 1 });
    turnRing(GONE, NEW, OLD);
    const refused = async (body: unknown) => (await asAdmin("POST", "/admin/reseal", body)).body.error?.message;
    expect(await refused({ cursor: next_cursor })).toContain("belongs to another ENCRYPTION_KEY");
    for (const cursor of ["", "nonsense", "%", btoa("[]"), btoa(JSON.stringify(["k", "settings", null, 0, 0, 0, 0]))]) {
      expect(await refused({ cursor }), cursor).toContain("is not a next_cursor");
    }
    expect(await refused({ limit: 101 })).toContain("limit");
    expect(await refused({ all: true })).toContain("all");
    expect((await asAdmin("GET", "/admin/reseal?cursor=nonsense")).status).toBe(400);
  });

  test("gets in no more than any other while ENCRYPTION_KEY is too weak to seal with, and changes nothing", async () => {
    await everywhere();
    const before = await envelopes();
    const token = await signIn();
    for (const method of ["GET", "POST"]) {
      const answer = await call(method, "/admin/reseal", { token, bindings: { ENCRYPTION_KEY: `ab,${OLD}` } });
      expect(answer.status).toBe(401);
    }
    expect(await envelopes()).toEqual(before);
  });
});
