/** What a service account signs, against Google's documented form, and what its key file may be. */
import { decodeProtectedHeader, importSPKI, jwtVerify } from "jose";
import { describe, expect, test } from "vitest";
import type { ServiceAccount } from "../../../src/providers/kind.ts";
import { assertionOf, exchangeOf, refusalIn, tokenIn } from "../../../src/providers/vertex/assertion.ts";
import { SERVICE_ACCOUNT } from "../../../src/providers/vertex/credential-fields.ts";
import { KEY_FILE, PUBLIC_KEY } from "./service-account.ts";

const NOW = 1_790_000_000_123;

function accountOf(fields: object = {}): ServiceAccount {
  const [given] = SERVICE_ACCOUNT.parse({ service_account: KEY_FILE, vertex_region: "us-east5", ...fields });
  if (given?.type !== "service-account") throw new Error("no service account");
  return given;
}

describe("the assertion", () => {
  test("has the header and the claims that Google documents, for an hour, signed with the account's key", async () => {
    const jwt = await assertionOf(accountOf(), NOW);
    expect(decodeProtectedHeader(jwt)).toEqual({ alg: "RS256", typ: "JWT", kid: KEY_FILE.private_key_id });
    const key = await importSPKI(PUBLIC_KEY, "RS256");
    const { payload } = await jwtVerify(jwt, key, { currentDate: new Date(NOW), algorithms: ["RS256"] });
    expect(payload).toEqual({
      iss: KEY_FILE.client_email,
      scope: "https://www.googleapis.com/auth/cloud-platform",
      aud: "https://oauth2.googleapis.com/token",
      iat: 1_790_000_000,
      exp: 1_790_003_600,
    });
  });

  test("is the same each time it is made in the same second: nothing random is in it", async () => {
    expect(await assertionOf(accountOf(), NOW)).toBe(await assertionOf(accountOf(), NOW + 500));
  });

  test("goes out as the form that Google documents", () => {
    const { headers, body } = exchangeOf("a.b.c");
    expect(headers["content-type"]).toBe("application/x-www-form-urlencoded");
    expect(Object.fromEntries(new URLSearchParams(body))).toEqual({
      grant_type: "urn:ietf:params:oauth:grant-type:jwt-bearer",
      assertion: "a.b.c",
    });
  });
});

describe("the answer", () => {
  test("has a token until it ends, for the account's project and location", () => {
    const body = JSON.stringify({ access_token: "ya29.x", expires_in: 3599, token_type: "Bearer" });
    expect(tokenIn(body, accountOf(), NOW)).toEqual({
      ...{ type: "access", access: "ya29.x", expiresAt: NOW + 3_599_000 },
      ...{ project: "made-up-project", region: "us-east5" },
    });
  });

  test.each(["", "{}", "[]", '{"access_token":7}', '{"access_token":"a b"}'])("%j has none", (body) => {
    expect(tokenIn(body, accountOf(), NOW)).toBeNull();
  });

  test("of a refusal is told by its word alone", () => {
    const body = JSON.stringify({ error: "invalid_grant", error_description: "Invalid JWT Signature." });
    expect([refusalIn(body), refusalIn("<html>"), refusalIn('{"error":{"a":1}}')]).toEqual(["invalid_grant", "", ""]);
  });
});

describe("the key file", () => {
  test("is taken as an object and as text", () => {
    expect(accountOf({ service_account: JSON.stringify(KEY_FILE) })).toEqual(accountOf());
  });

  test.each([
    ["no file", "hello"],
    ["another kind of file", { ...KEY_FILE, type: "authorized_user" }],
    [
      "a key of another form",
      { ...KEY_FILE, private_key: "-----BEGIN RSA PRIVATE KEY-----\nx\n-----END RSA PRIVATE KEY-----" },
    ],
    ["no project", { ...KEY_FILE, project_id: "a/../b" }],
    ["no address", { ...KEY_FILE, client_email: "" }],
  ])("is refused where it is %s, without a word of what it holds", (_, service_account) => {
    const read = SERVICE_ACCOUNT.safeParse({ service_account, vertex_region: "global" });
    expect(read.success).toBe(false);
    expect(JSON.stringify(read.error?.issues)).not.toContain("PRIVATE");
  });

  test("needs a location, and a location needs the file", () => {
    for (const given of [
      { service_account: KEY_FILE },
      { vertex_region: "global" },
      { service_account: KEY_FILE, vertex_region: "../x" },
    ]) {
      expect(SERVICE_ACCOUNT.safeParse(given).success).toBe(false);
    }
    expect(SERVICE_ACCOUNT.parse({})).toEqual([]);
  });
});
