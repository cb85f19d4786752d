import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { call, ORIGIN, PASSWORD, signIn } from "./client.ts";

const login = (body: unknown, headers: Record<string, string> = {}) => call("POST", "/admin/login", { body, headers });
const GOOD = { username: "admin", password: PASSWORD };
const basic = (pair: string) => ({ authorization: `Basic ${btoa(pair)}` });

describe("signing in", () => {
  it("answers a bearer token that opens the API, and a cookie that scripts cannot read", async () => {
    const { status, body, headers } = await login(GOOD);
    expect([status, body.token_type, body.expires_in]).toEqual([200, "bearer", 43_200]);
    const session = await call("GET", "/admin/session", { token: body.access_token });
    expect([session.status, session.body.username, session.body.timezone_offset_hours]).toEqual([200, "admin", 0]);
    expect(Date.parse(String(session.body.expires_at))).toBeGreaterThan(Date.now());

    const cookie = headers.get("set-cookie") ?? "";
    expect(cookie).toContain(`__Host-edge_relay_session=${body.access_token};`);
    for (const attribute of ["HttpOnly", "Secure", "SameSite=Strict", "Path=/"]) expect(cookie).toContain(attribute);
  });

  it.each(["http://127.0.0.1:8787", "http://[::1]:8787", "http://localhost:8787"])(
    "works in the clear on %s, with a cookie of another name and without Secure",
    async (origin) => {
      const plain = await call("POST", "/admin/login", { body: GOOD, origin });
      const cookie = plain.headers.get("set-cookie") ?? "";
      expect(cookie).toMatch(/^edge_relay_session=.*HttpOnly/);
      expect(cookie).not.toContain("Secure");
      const headers = { cookie: cookie.slice(0, cookie.indexOf(";")) };
      expect((await call("GET", "/admin/session", { headers, origin })).status).toBe(200);
    },
  );

  it.each(["http://relay.test", "http://192.168.1.5:8787", "http://127.0.0.1.evil.test"])(
    "answers nothing in the clear on %s, whatever is asked with whatever is shown",
    async (origin) => {
      for (const [method, path] of [
        ["POST", "/admin/login"],
        ["GET", "/admin/session"],
        ["GET", "/admin/accounts"],
      ] as const) {
        const token = await signIn();
        const answer = await call(method, path, { origin, token, ...(method === "POST" && { body: GOOD }) });
        expect([answer.status, answer.body.error.message]).toEqual([403, "The admin API answers over https only"]);
        expect(answer.headers.get("set-cookie")).toBeNull();
      }
    },
  );

  it("tells the browser to come back over https only", async () => {
    for (const path of ["/admin/session", "/admin/nothing"]) {
      expect((await call("GET", path)).headers.get("strict-transport-security")).toBe("max-age=31536000");
    }
    const plain = await call("GET", "/admin/session", { origin: "http://127.0.0.1:8787" });
    expect(plain.headers.get("strict-transport-security")).toBeNull();
  });

  it("takes HTTP Basic as well, with a password that holds a colon", async () => {
    const good = await call("POST", "/admin/login", { headers: basic(`admin:${PASSWORD}`) });
    expect([good.status, typeof good.body.access_token]).toEqual([200, "string"]);
    const bindings = { ADMIN_PASSWORD: "a:b:ü:long" };
    const header = {
      authorization: `Basic ${btoa(String.fromCharCode(...new TextEncoder().encode("admin:a:b:ü:long")))}`,
    };
    expect((await call("POST", "/admin/login", { headers: header, bindings })).status).toBe(200);
  });

  it.each([
    ["a wrong password", { username: "admin", password: "wrong" }],
    ["a prefix of it", { username: "admin", password: PASSWORD.slice(0, -1) }],
    ["another user", { username: "Admin", password: PASSWORD }],
    ["no password", { username: "admin" }],
    ["nothing", {}],
  ])("refuses %s with the same words and without a cookie", async (_, body) => {
    const answer = await login(body);
    expect([answer.status, answer.body.error.message]).toEqual([401, "Wrong username or password"]);
    expect(answer.headers.get("set-cookie")).toBeNull();
  });

  it("refuses bad Basic credentials", async () => {
    for (const pair of ["admin:wrong", "admin", `:${PASSWORD}`, ""]) {
      expect((await call("POST", "/admin/login", { headers: basic(pair) })).status, pair).toBe(401);
    }
    expect((await call("POST", "/admin/login", { headers: { authorization: "Basic %%%" } })).status).toBe(401);
  });

  it("names a field that it does not know", async () => {
    const { status, body } = await login({ ...GOOD, otp: "1" });
    expect([status, body.error.details]).toEqual([
      400,
      [{ field: "otp", message: "unknown field", code: "unknown_field" }],
    ]);
  });

  it.each([
    ["ADMIN_PASSWORD", "", "is not set"],
    ["JWT_SECRET", "", "is not set"],
    ["ADMIN_PASSWORD", "seven77", "is too short: at least 8 characters are needed"],
    ["JWT_SECRET", "x".repeat(31), "is too short: at least 32 characters are needed"],
    ["ENCRYPTION_KEY", `ab,${"x".repeat(60)}`, "has a part (1 of 2, parted by commas) that is too short"],
    ["ENCRYPTION_KEY", `${"x".repeat(40)},`, "has a part (2 of 2, parted by commas) that is too short"],
    ["KEY_SECRET", `${"x".repeat(40)},${"y".repeat(31)}`, "has a part (2 of 2, parted by commas) that is too short"],
  ])("is off while %s is %j, and says why without repeating it", async (name, value, why) => {
    const token = await signIn();
    const bindings = { [name]: value };
    const { status, body } = await call("POST", "/admin/login", { body: GOOD, bindings });
    expect([status, body.error.type]).toEqual([503, "configuration_error"]);
    expect(body.error.message).toContain(`${name} ${why}`);
    if (value !== "") expect(body.error.message).not.toContain(value);
    expect((await call("GET", "/admin/accounts", { token, bindings })).status).toBe(401);
  });

  it("slows guessing from one address, the whole /64 of an IPv6 one, and leaves others alone", async () => {
    const from = (address: string) => login(GOOD, { "cf-connecting-ip": address });
    const answers = [];
    // One network, in every way in which its addresses may be written.
    for (let guess = 0; guess < 10; guess++) {
      answers.push(await from(`2001:db8:1:2::${guess}`));
      answers.push(await from(`2001:DB8:1:2:0:0:0:${guess}`));
      answers.push(await from(`2001:0db8:0001:0002:${guess}::`));
      answers.push(await from(`2001:db8:1:2:3:4:192.0.2.${guess}`));
    }
    const blocked = answers.filter(({ status }) => status === 429);
    // Ten a minute, and the minute may turn while we ask.
    expect(blocked.length).toBeGreaterThanOrEqual(20);
    expect(blocked[0]?.body.error.type).toBe("rate_limit_error");
    expect(blocked[0]?.headers.get("retry-after")).toBe("60");
    expect((await from("2001:db8:1:3::1")).status).toBe(200);
  });

  it("counts a compressed /64 as itself, and not together with its neighbours", async () => {
    const from = (address: string) => login(GOOD, { "cf-connecting-ip": address });
    for (let guess = 0; guess < 40; guess++) await from(`2a00::${guess}:0:0:1`);
    expect((await from("2a00::5:6:7:8")).status).toBe(429);
    // The same text up to the fourth colon, and another network.
    expect((await from("2a00:0:0:1::1")).status).toBe(200);
  });

  it("forgets expired sessions, and leaves a trace of each new one", async () => {
    await env.DB.prepare(
      "INSERT INTO admin_sessions (id, username, created_at, expires_at) VALUES ('ses_old', 'admin', 0, 1)",
    ).run();
    await login(GOOD);
    expect(await env.DB.prepare("SELECT * FROM admin_sessions WHERE id = 'ses_old'").first()).toBeNull();
    const trace = await env.DB.prepare("SELECT * FROM audit ORDER BY id DESC").first();
    expect(trace).toMatchObject({ actor: "admin", action: "session.login", address: expect.stringMatching(/^198\./) });
    expect(trace?.session).toBe(trace?.target);
  });
});

describe("signing out", () => {
  it("makes the token worthless and clears the cookie, and leaves other sessions alone", async () => {
    const [one, other] = [(await login(GOOD)).body.access_token, (await login(GOOD)).body.access_token];
    const out = await call("POST", "/admin/logout", { token: one });
    expect(out.status).toBe(200);
    expect(out.headers.get("set-cookie")).toMatch(/^__Host-edge_relay_session=;.*Max-Age=0.*Secure/);
    expect((await call("GET", "/admin/session", { token: one })).status).toBe(401);
    expect((await call("GET", "/admin/session", { token: other })).status).toBe(200);
  });

  it("happens to everybody when the password changes", async () => {
    const token = (await login(GOOD)).body.access_token;
    const changed = await call("GET", "/admin/session", { token, bindings: { ADMIN_PASSWORD: "a new one" } });
    expect(changed.status).toBe(401);
  });
});

describe("the cookie", () => {
  it("opens reading, and changes only what our own pages ask for", async () => {
    const cookie = `__Host-edge_relay_session=${(await login(GOOD)).body.access_token}`;
    const post = async (headers: Record<string, string>) =>
      (await call("POST", "/admin/api-keys", { body: { name: "by cookie" }, headers: { cookie, ...headers } })).status;
    expect((await call("GET", "/admin/session", { headers: { cookie } })).status).toBe(200);
    expect(await post({})).toBe(403);
    expect(await post({ origin: "null" })).toBe(403);
    expect(await post({ origin: "https://evil.test" })).toBe(403);
    expect(await post({ origin: `${ORIGIN}.evil.test` })).toBe(403);
    expect(await post({ origin: ORIGIN.replace("https", "http") })).toBe(403);
    expect(await post({ origin: `${ORIGIN}:8443` })).toBe(403);
    expect(await post({ origin: ORIGIN })).toBe(201);
    expect(await post({ "sec-fetch-site": "same-site" })).toBe(403);
    expect(await post({ "sec-fetch-site": "same-origin" })).toBe(201);
  });

  it("opens nothing under the name that another host of the domain could set over https", async () => {
    const cookie = `edge_relay_session=${(await login(GOOD)).body.access_token}`;
    expect((await call("GET", "/admin/session", { headers: { cookie } })).status).toBe(401);
  });

  it("is not asked when a bearer token is named, even an empty one", async () => {
    const cookie = `__Host-edge_relay_session=${(await login(GOOD)).body.access_token}`;
    expect((await call("GET", "/admin/session", { headers: { cookie, authorization: "Bearer" } })).status).toBe(401);
    expect((await call("GET", "/admin/session", { headers: { cookie, authorization: "Bearer x" } })).status).toBe(401);
  });

  it("is not needed by a bearer token from any origin", async () => {
    const token = (await login(GOOD)).body.access_token;
    const answer = await call("POST", "/admin/logout", { token, headers: { origin: "https://elsewhere.test" } });
    expect(answer.status).toBe(200);
  });
});
