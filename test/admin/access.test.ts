/** Cloudflare Access in front of the admin API: tokens as Access makes them, keys as it publishes them. */
import { env } from "cloudflare:workers";
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from "jose";
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { type Answer, call, PASSWORD } from "./client.ts";

const AUDIENCE = "4714c1358e65fe4b408ad6d432a5f878f08194bdb4752441fd56faefa9b2b6f2";
const GOOD = { username: "admin", password: PASSWORD };

/** A team of its own for each test: what was learned of one says nothing about another. */
let teams = 0;
let team = "";
let bindings: Partial<Env> = {};

type Pair = Awaited<ReturnType<typeof generateKeyPair>>;
let pair: Pair;
let other: Pair;
let published: { kid: string; pair: Pair }[] = [];
let asked: string[] = [];
let answer: () => Promise<Response>;

async function certificates(): Promise<Response> {
  const keys = published.map(async ({ kid, pair: { publicKey } }) => ({
    ...(await exportJWK(publicKey)),
    kid,
    alg: "RS256",
    use: "sig",
  }));
  return Response.json({ keys: await Promise.all(keys), public_cert: {}, public_certs: [] });
}

beforeAll(async () => {
  pair = await generateKeyPair("RS256", { extractable: true });
  other = await generateKeyPair("RS256", { extractable: true });
});

beforeEach(() => {
  team = `team-${teams++}`;
  bindings = { ACCESS_TEAM_DOMAIN: `${team}.cloudflareaccess.com`, ACCESS_AUD: AUDIENCE };
  published = [{ kid: "one", pair }];
  asked = [];
  answer = certificates;
  vi.stubGlobal("fetch", (input: RequestInfo) => {
    asked.push(new Request(input).url);
    return answer();
  });
});

afterEach(() => vi.unstubAllGlobals());

interface Token {
  claims?: { [Claim in keyof JWTPayload]: JWTPayload[Claim] | undefined };
  kid?: string;
  key?: CryptoKey;
  header?: Record<string, string>;
}

function accessToken({ claims = {}, kid = "one", key = pair.privateKey, header = {} }: Token = {}): Promise<string> {
  const now = Math.floor(Date.now() / 1000);
  const payload = {
    aud: [AUDIENCE],
    email: "ada@example.com",
    exp: now + 600,
    iat: now,
    nbf: now,
    iss: `https://${team}.cloudflareaccess.com`,
    type: "app",
    identity_nonce: "6ei69kawdKzMIAPF",
    sub: "7335d417-61da-459d-899c-0a01c76a2f94",
    country: "DE",
    ...claims,
  };
  // What a claim is set to undefined for is left out, as JSON has it.
  return new SignJWT(JSON.parse(JSON.stringify(payload)))
    .setProtectedHeader({ alg: "RS256", kid, typ: "JWT", ...header })
    .sign(key);
}

const behind = async (token: string | Promise<string>) => ({ "cf-access-jwt-assertion": await token });

async function signInWith(token: string | Promise<string>): Promise<Answer> {
  return call("POST", "/admin/login", { body: GOOD, bindings, headers: await behind(token) });
}

describe("behind Access", () => {
  it("a password and a session are asked for all the same, and the identity goes into the trail", async () => {
    const headers = await behind(accessToken());
    expect((await call("GET", "/admin/accounts", { bindings, headers })).status).toBe(401);
    const { status, body } = await call("POST", "/admin/login", { body: GOOD, bindings, headers });
    expect(status).toBe(200);
    const token = body.access_token;
    const made = await call("POST", "/admin/api-keys", { body: { name: "k" }, token, bindings, headers });
    expect(made.status).toBe(201);
    const trail = await call("GET", "/admin/audit?identity=ada@example.com", { token, bindings, headers });
    expect(trail.body.items.map(({ action, actor, identity }) => [action, actor, identity])).toEqual([
      ["api-key.create", "admin", "ada@example.com"],
      ["session.login", "admin", "ada@example.com"],
    ]);
    expect(asked).toEqual([`https://${team}.cloudflareaccess.com/cdn-cgi/access/certs`]);
  });

  it("a service token is known by its client id", async () => {
    const claims = { email: undefined, common_name: "e367.access", sub: "" };
    const { status } = await signInWith(accessToken({ claims }));
    expect(status).toBe(200);
    const row = env.DB.prepare("SELECT identity FROM audit ORDER BY id DESC LIMIT 1");
    expect(await row.first("identity")).toBe("service:e367.access");
  });

  it("a session is good for whom it was opened by, and for nobody who found its token", async () => {
    const { access_token: token } = (await signInWith(accessToken())).body;
    const as = async (headers: Record<string, string>) =>
      (await call("GET", "/admin/session", { token, bindings, headers })).status;
    expect(await as(await behind(accessToken()))).toBe(200);
    expect(await as(await behind(accessToken({ claims: { email: "eve@example.com" } })))).toBe(401);
    expect((await call("GET", "/admin/session", { token })).status).toBe(401);
  });

  it("the failures of one identity are no other's", async () => {
    const eve = await behind(accessToken({ claims: { email: "eve@example.com" } }));
    const wrong = { username: "admin", password: "guessed" };
    const guesses = [];
    for (let at = 0; at < 31; at++) {
      const headers = { ...eve, "cf-connecting-ip": `2001:db8:f:${at}::1` };
      guesses.push((await call("POST", "/admin/login", { body: wrong, bindings, headers })).status);
    }
    expect([guesses[0], guesses.at(-1)]).toEqual([401, 429]);
    expect((await signInWith(accessToken())).status).toBe(200);
  });
});

describe("what Access did not let through", () => {
  const hour = 3_600;
  const soon = () => Math.floor(Date.now() / 1000);

  it.each<[string, () => string | Promise<string>]>([
    ["no token", () => ""],
    ["nonsense", () => "nonsense"],
    ["an expired token", () => accessToken({ claims: { exp: soon() - 1, iat: soon() - hour } })],
    ["one that is not valid yet", () => accessToken({ claims: { nbf: soon() + hour } })],
    ["one without an end", () => accessToken({ claims: { exp: undefined } })],
    ["one for another application", () => accessToken({ claims: { aud: ["another"] } })],
    ["one of another team", () => accessToken({ claims: { iss: "https://evil.cloudflareaccess.com" } })],
    ["one of nobody", () => accessToken({ claims: { email: undefined } })],
    ["one signed with a key that Access does not have", () => accessToken({ key: other.privateKey })],
    ["one that names an unknown key", () => accessToken({ kid: "two", key: other.privateKey })],
    [
      "one whose signature was replaced by the public key as a secret",
      async () => {
        const secret = new TextEncoder().encode(JSON.stringify(await exportJWK(pair.publicKey)));
        return new SignJWT({ aud: AUDIENCE, iss: `https://${team}.cloudflareaccess.com`, email: "ada@example.com" })
          .setProtectedHeader({ alg: "HS256", kid: "one" })
          .setSubject("x")
          .setIssuedAt()
          .setExpirationTime("1h")
          .sign(secret);
      },
    ],
    [
      "one without a signature",
      async () => {
        const [, payload] = (await accessToken()).split(".");
        return `${btoa(JSON.stringify({ alg: "none", kid: "one" })).replaceAll("=", "")}.${payload}.`;
      },
    ],
  ])("is refused, sign-in included: %s", async (_, make) => {
    const answered = await signInWith(make());
    expect([answered.status, answered.body.error.type]).toEqual([403, "permission_error"]);
    expect(answered.headers.get("set-cookie")).toBeNull();
  });

  it("is refused also with a good session, and with an e-mail address that anybody could write", async () => {
    const { access_token: token } = (await signInWith(accessToken())).body;
    const headers = { "cf-access-authenticated-user-email": "ada@example.com" };
    expect((await call("GET", "/admin/accounts", { token, bindings, headers })).status).toBe(403);
    expect((await call("GET", "/admin/no-such-thing", { token, bindings })).status).toBe(403);
  });
});

describe("the keys of Access", () => {
  it("are asked for once, and again only where a token names one that is not among them", async () => {
    for (let request = 0; request < 5; request++) await signInWith(accessToken());
    expect(asked).toHaveLength(1);
    // A flood of forged tokens does not become a flood of questions.
    for (let request = 0; request < 5; request++) await signInWith(accessToken({ kid: "forged" }));
    expect(asked).toHaveLength(1);
    vi.useFakeTimers({ now: Date.now() + 31_000, toFake: ["Date"] });
    published = [{ kid: "two", pair: other }];
    const rotated = await signInWith(accessToken({ kid: "two", key: other.privateKey }));
    vi.useRealTimers();
    expect([rotated.status, asked.length]).toEqual([200, 2]);
  });

  it("that cannot be had leave a clear refusal, and those known go on working", async () => {
    answer = async () => new Response("down", { status: 500 });
    const refused = await signInWith(accessToken());
    expect([refused.status, refused.body.error.type]).toEqual([503, "access_unavailable"]);
    answer = certificates;
    expect((await signInWith(accessToken())).status).toBe(200);
    answer = () => Promise.reject(new Error("no route"));
    vi.useFakeTimers({ now: Date.now() + 2 * 3_600_000, toFake: ["Date"] });
    const later = await signInWith(accessToken());
    vi.useRealTimers();
    expect(later.status).toBe(200);
  });

  it("are waited for by each request itself: one that never hears leaves the others alone", async () => {
    let calls = 0;
    answer = () => (calls++ === 0 ? new Promise<Response>(() => {}) : certificates());
    const lost = signInWith(accessToken());
    lost.catch(() => {});
    await expect.poll(() => calls).toBe(1);
    expect((await signInWith(accessToken())).status).toBe(200);
  });
});

describe("half a configuration", () => {
  it.each([
    { ACCESS_TEAM_DOMAIN: "team.cloudflareaccess.com", ACCESS_AUD: "" },
    { ACCESS_TEAM_DOMAIN: "", ACCESS_AUD: AUDIENCE },
    { ACCESS_TEAM_DOMAIN: "evil.test/#", ACCESS_AUD: AUDIENCE },
  ])("opens nothing: %o", async (half) => {
    const answered = await call("POST", "/admin/login", { body: GOOD, bindings: half });
    expect([answered.status, answered.body.error.type]).toEqual([503, "configuration_error"]);
    expect(asked).toEqual([]);
  });

  it("takes the team's name, its domain, or its URL", async () => {
    for (const domain of [team, `${team}.cloudflareaccess.com`, `https://${team}.cloudflareaccess.com/`]) {
      bindings = { ...bindings, ACCESS_TEAM_DOMAIN: domain };
      expect((await signInWith(accessToken())).status, domain).toBe(200);
    }
  });
});
