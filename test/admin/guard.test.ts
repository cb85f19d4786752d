import { env } from "cloudflare:workers";
import { SignJWT } from "jose";
import { describe, expect, it } from "vitest";
import { admin } from "../../src/admin/app.ts";
import { call, everything, ORIGIN, signIn } from "./client.ts";

/** Every route that somebody registered, as a request; middleware has the method ALL, and is asked with each. */
function registeredCalls(): { method: string; path: string }[] {
  const calls = new Map<string, { method: string; path: string }>();
  for (const route of admin.routes) {
    const path = route.path.replace(/:\w+/g, "some-id").replace("*", "anything");
    const methods = route.method === "ALL" ? ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"] : [route.method];
    for (const method of methods) {
      if (method === "POST" && path === "/admin/login") continue;
      calls.set(`${method} ${path}`, { method, path });
    }
  }
  return [...calls.values()];
}

async function forged(secret: string, expiresAt: number, id = "ses_00"): Promise<string> {
  return new SignJWT()
    .setProtectedHeader({ alg: "HS256", typ: "JWT" })
    .setIssuer("edge-relay")
    .setSubject("admin")
    .setJti(id)
    .setExpirationTime(Math.floor(expiresAt / 1000))
    .sign(new TextEncoder().encode(secret));
}

const KEY = `${env.JWT_SECRET}\n${env.ADMIN_PASSWORD}`;

/** The payload of a real token, as its own bytes: what an attacker can rebuild. */
async function unsigned(): Promise<string> {
  const [, payload = ""] = (await signIn()).split(".");
  const header = btoa(JSON.stringify({ alg: "none", typ: "JWT" })).replaceAll("=", "");
  return `${header}.${payload}.`;
}

describe("deny by default", () => {
  it("knows the routes it walks", () => {
    const paths = registeredCalls().map(({ method, path }) => `${method} ${path}`);
    expect(paths).toContain("POST /admin/accounts");
    expect(paths).toContain("DELETE /admin/api-keys/some-id");
    expect(paths).toContain("GET /admin/requests");
    expect(paths).toContain("POST /admin/reseal");
    expect(paths).toContain("PUT /admin/anything");
  });

  it("answers 401 on every registered route without, with an empty, a forged, an expired and an unknown token", async () => {
    const soon = Date.now() + 60_000;
    const tokens = {
      none: undefined,
      empty: "",
      nonsense: "nonsense",
      unsigned: await unsigned(),
      "signed with another secret": await forged("another-secret-0123456789abcdef0123456789", soon),
      "signed with the bare secret": await forged(env.JWT_SECRET, soon),
      "signed with nothing": await forged("\n", soon),
      expired: await forged(KEY, Date.now() - 1_000),
      "of a session that is not there": await forged(KEY, soon),
      "the password itself": env.ADMIN_PASSWORD,
    };
    const before = await everything();
    for (const { method, path } of registeredCalls()) {
      for (const [kind, token] of Object.entries(tokens)) {
        const bearer = await call(method, path, token === undefined ? {} : { token });
        expect([bearer.status, bearer.body.error?.type], `${method} ${path}, ${kind}`).toEqual([
          401,
          "authentication_error",
        ]);
      }
      const cookie = { cookie: `__Host-edge_relay_session=${tokens.expired}`, origin: ORIGIN };
      expect((await call(method, path, { headers: cookie })).status, `${method} ${path}, cookie`).toBe(401);
      const basic = { authorization: `Basic ${btoa(`admin:${env.ADMIN_PASSWORD}`)}` };
      expect((await call(method, path, { headers: basic })).status, `${method} ${path}, basic`).toBe(401);
    }
    expect(await everything()).toBe(before);
  });

  it("refuses HEAD without a session, although routes for GET answer it", async () => {
    const request = new Request(`${ORIGIN}/admin/accounts`, { method: "HEAD" });
    expect((await admin.fetch(request, env)).status).toBe(401);
  });

  it("refuses a token whose session has expired in the record, and one of a former admin name", async () => {
    const soon = Date.now() + 60_000;
    const insert = env.DB.prepare(
      "INSERT INTO admin_sessions (id, username, created_at, expires_at) VALUES (?, ?, ?, ?)",
    );
    await env.DB.batch([
      insert.bind("ses_stale", "admin", 0, Date.now() - 1),
      insert.bind("ses_former", "root", 0, soon),
      insert.bind("ses_good", "admin", 0, soon),
    ]);
    const status = async (id: string) =>
      (await call("GET", "/admin/session", { token: await forged(KEY, soon, id) })).status;
    expect([await status("ses_stale"), await status("ses_former"), await status("ses_good")]).toEqual([401, 401, 200]);
  });

  it("accepts no session at all while the secrets are missing", async () => {
    const token = await forged("\n", Date.now() + 60_000, "ses_good");
    const bindings = { ADMIN_PASSWORD: "", JWT_SECRET: "" };
    expect((await call("GET", "/admin/session", { token, bindings })).status).toBe(401);
  });

  it("answers unknown paths with a JSON 404 once signed in", async () => {
    const { status, body } = await call("GET", "/admin/no-such-thing", { token: await signIn() });
    expect([status, body.error.type]).toEqual([404, "not_found_error"]);
    expect((await call("PUT", "/admin/accounts", { token: await signIn(), body: {} })).status).toBe(404);
  });

  it("reads doubled and trailing slashes as the same path, behind the same guard", async () => {
    expect((await call("GET", "//admin//accounts/")).status).toBe(401);
    expect((await call("GET", "//admin//accounts/", { token: await signIn() })).status).toBe(200);
  });
});

describe("every answer", () => {
  it("is kept out of caches, frames and type guesses, also when it refuses", async () => {
    for (const { headers } of [
      await call("GET", "/admin/accounts"),
      await call("GET", "/admin/accounts", { token: await signIn() }),
      await call("POST", "/admin/login", { body: { username: "admin", password: "wrong" } }),
      await call("POST", "/admin/login", { rawBody: "{", headers: { "content-type": "application/json" } }),
    ]) {
      expect(headers.get("cache-control")).toBe("no-store");
      expect(headers.get("x-content-type-options")).toBe("nosniff");
      expect(headers.get("x-frame-options")).toBe("DENY");
      expect(headers.get("content-security-policy")).toContain("default-src 'none'");
      expect(headers.get("access-control-allow-origin")).toBeNull();
    }
  });
});

describe("bodies", () => {
  it("refuses what is not declared as JSON, does not parse, or is too large, and changes nothing", async () => {
    const token = await signIn();
    const before = await everything();
    const json = { "content-type": "application/json" };
    const post = (rawBody: string, headers: Record<string, string>) =>
      call("POST", "/admin/api-keys", { token, rawBody, headers });
    expect((await post('{"name":"a"}', { "content-type": "text/plain" })).status).toBe(415);
    expect((await post('{"name":"a"}', { "content-type": "application/x-www-form-urlencoded" })).status).toBe(415);
    const broken = await post('{"name":', json);
    expect([broken.status, broken.body.error.message]).toEqual([400, "the body is not valid JSON"]);
    expect((await post("[]", json)).status).toBe(400);
    expect((await post("null", json)).status).toBe(400);
    expect((await post(JSON.stringify({ name: "a", description: "x".repeat(300_000) }), json)).status).toBe(413);
    expect(await everything()).toBe(before);
  });
});
