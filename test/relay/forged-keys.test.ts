/** What somebody costs the relay who comes with keys that nobody has made, one after the other and all at once. */
import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { toHex } from "../../src/ground/hex.ts";
import { forgetKeySecrets } from "../../src/store/key-secrets.ts";
import worker from "../../src/worker.ts";
import { notingDatabase } from "../admin/noting-database.ts";

/** Whatever is asked of a binding is noted. */
function watched(name: string, touched: string[]) {
  return new Proxy({}, { get: (_, member) => touched.push(`${name}.${String(member)}`) && undefined });
}

test("1,000 forged keys cost a new isolate one question to D1, and no object, no write and nothing of KV", async () => {
  forgetKeySecrets();
  const { DB, noted, rowsRead } = notingDatabase();
  const touched: string[] = [];
  const bindings = Object.fromEntries(["GATE", "KEEPER", "KV"].map((name) => [name, watched(name, touched)]));
  const forge = (at: number) => {
    const hex = toHex(crypto.getRandomValues(new Uint8Array(32)));
    return at % 3 === 0 ? `cr_${hex}` : at % 3 === 1 ? `sk-${hex}` : hex;
  };
  const send = async (at: number) => {
    const ctx = createExecutionContext();
    const path = ["/v1/messages", "/v1/models", "/v1/chat/completions", "/api/usage"][at % 4] ?? "";
    const isPost = at % 4 === 0 || at % 4 === 2;
    const request = new Request(`http://relay.test${path}`, {
      method: isPost ? "POST" : "GET",
      headers: { "x-api-key": forge(at), "cf-connecting-ip": `198.51.${at % 250}.7` },
      ...(isPost && { body: '{"model":"claude-sonnet-4-5"}' }),
    }) as Request<unknown, IncomingRequestCfProperties>;
    const { status } = await worker.fetch(request, { ...env, ...bindings, DB } as unknown as Env, ctx);
    await waitOnExecutionContext(ctx);
    return status;
  };
  const first = await Promise.all(Array.from({ length: 20 }, (_, at) => send(at)));
  for (let at = 20; at < 1_000; at++) first.push(await send(at));
  expect(new Set(first)).toEqual(new Set([401]));
  expect(touched).toEqual([]);
  expect(noted.map(({ sql }) => sql.trim().split(/\s+/).slice(0, 1).join())).toEqual(["SELECT"]);
  expect(await rowsRead()).toBeLessThanOrEqual(2);
});
