/** When a service account's access token is fetched, remembered and given up, with a clock that the test puts forward. */
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { forgetToken, googleToken } from "../../src/pool/google-token.ts";
import type { ServiceAccount } from "../../src/providers/kind.ts";
import { KEY_FILE } from "../providers/vertex/service-account.ts";
import { accountNamed } from "./accounts.ts";

const SERVICE_ACCOUNT: ServiceAccount = {
  ...{ type: "service-account", clientEmail: KEY_FILE.client_email, privateKey: KEY_FILE.private_key },
  ...{ project: KEY_FILE.project_id, region: "global" },
};
const account = accountNamed("vertex");

let key = { id: "k", position: 0, sealed: "" };
let issued = 0;
let laterMs = 0;

beforeEach(() => {
  key = { ...key };
  issued = 0;
  laterMs = 0;
  const realNow = Date.now;
  vi.spyOn(Date, "now").mockImplementation(() => realNow() + laterMs);
  vi.spyOn(globalThis, "fetch").mockImplementation(async () =>
    Response.json({ access_token: `ya29.${++issued}`, expires_in: 3600 }),
  );
});
afterEach(() => vi.restoreAllMocks());

const token = async () => (await googleToken(env, account, key, SERVICE_ACCOUNT))?.access;

test("a token serves until five minutes before its end", async () => {
  expect(await token()).toBe("ya29.1");
  laterMs = 3_290_000;
  expect(await token()).toBe("ya29.1");
  laterMs = 3_301_000;
  expect(await token()).toBe("ya29.2");
});

test("one that is refused is given up, a young one is not, and another's is left alone", async () => {
  const first = await googleToken(env, account, key, SERVICE_ACCOUNT);
  if (!first) throw new Error("no token");
  forgetToken(key, first);
  expect(await token()).toBe("ya29.1");
  laterMs = 61_000;
  forgetToken(key, { ...first, access: "another" });
  expect(await token()).toBe("ya29.1");
  forgetToken(key, first);
  expect(await token()).toBe("ya29.2");
});

test("requests at the same moment may fetch one each, and none waits for another's", async () => {
  const tokens = await Promise.all([token(), token(), token()]);
  expect(tokens).toEqual(expect.arrayContaining(["ya29.1", "ya29.2", "ya29.3"]));
});

test("what nobody gives is not asked for again at once", async () => {
  vi.spyOn(globalThis, "fetch").mockImplementation(async () => {
    issued++;
    throw new Error("connection refused");
  });
  expect([await token(), await token(), issued]).toEqual([undefined, undefined, 1]);
  laterMs = 2_100;
  await token();
  expect(issued).toBe(2);
});
