/** Signing in with a code that a person enters at the provider's page, against a fake of Factory's exact wire form. */
import { beforeEach, expect, test } from "vitest";
import { behave, removeAccounts, until } from "../relay/relay-in-process.ts";
import { asAdmin } from "./client.ts";

const CLIENT_ID = "client_01HNM792M5G5G1A2THWPXKFMXB";
const TOKENS = {
  access_token: "access-secret-1",
  refresh_token: "refresh-secret-1",
  expires_in: 28_800,
  token_type: "Bearer",
};
const DEVICE = {
  ...{ device_code: "device-secret", user_code: "ABCD-EFGH", verification_uri: "https://factory.test/device" },
  verification_uri_complete: "https://factory.test/device?user_code=ABCD-EFGH",
  ...{ expires_in: 300, interval: 5 },
};

let approved: boolean;
const json = (status: number, answer: object) => ({
  status,
  headers: { "content-type": "application/json" },
  chunks: [JSON.stringify(answer)],
});

beforeEach(async () => {
  await removeAccounts();
  approved = false;
  behave(({ url, body, headers }) => {
    expect(headers.get("content-type")).toBe("application/x-www-form-urlencoded");
    const fields = Object.fromEntries(new URLSearchParams(body));
    if (url === "https://api.workos.com/user_management/authorize/device") {
      expect(fields).toEqual({ client_id: CLIENT_ID });
      return json(200, DEVICE);
    }
    expect(url).toBe("https://api.workos.com/user_management/authenticate");
    expect(fields).toEqual({
      grant_type: "urn:ietf:params:oauth:grant-type:device_code",
      device_code: "device-secret",
      client_id: CLIENT_ID,
    });
    return approved ? json(200, TOKENS) : json(400, { error: "authorization_pending" });
  });
});

test("a device's sign-in shows a code to enter, is asked until it was entered, and then makes the account, once", async () => {
  const { body: started } = await asAdmin("POST", "/admin/oauth/droid/start");
  expect(started).toMatchObject({
    ...{ user_code: "ABCD-EFGH", verification_url: "https://factory.test/device?user_code=ABCD-EFGH" },
    ...{ interval_seconds: 5, authorize_url: null },
  });
  const fields = { flow_id: started.flow_id, name: "droid", terms_acknowledged: true };
  const poll = () => asAdmin("POST", "/admin/oauth/droid/finish", fields);
  for (let polled = 0; polled < 3; polled++) {
    expect((await poll()).body).toEqual({ status: "pending", interval_seconds: 5 });
  }
  approved = true;
  const { body } = await poll();
  expect(body).toMatchObject({ status: "done", account: { platform: "droid", kind: "oauth" } });
  expect(JSON.stringify([started, body])).not.toContain("secret");
  expect((await poll()).body.error.details?.map(({ field }) => field)).toEqual(["flow_id"]);
});

test("a device's sign-in is over when the provider says so, however long it may be asked", async () => {
  const { body: started } = await asAdmin("POST", "/admin/oauth/droid/start");
  expect(Date.parse(String(started.expires_at)) - Date.now()).toBeLessThanOrEqual(300_000);
  behave(json(400, { error: "expired_token" }));
  const fields = { flow_id: started.flow_id, name: "droid", terms_acknowledged: true };
  expect((await asAdmin("POST", "/admin/oauth/droid/finish", fields)).body.error.message).toContain("expired_token");
});

test.each([
  ["does not answer", { status: 503 }],
  ["wants to be asked less often", json(429, { error: "rate_limited" })],
])("a device's sign-in goes on after its provider %s", async (_, trouble) => {
  let isInTrouble = true;
  behave(({ url }) => {
    if (url.endsWith("/device")) return json(200, DEVICE);
    return isInTrouble ? trouble : json(200, TOKENS);
  });
  const { body: started } = await asAdmin("POST", "/admin/oauth/droid/start");
  const fields = { flow_id: started.flow_id, name: "droid", terms_acknowledged: true };
  const poll = () => asAdmin("POST", "/admin/oauth/droid/finish", fields);
  expect((await poll()).body).toEqual({ status: "pending", interval_seconds: 5 });
  isInTrouble = false;
  expect((await poll()).body.status).toBe("done");
});

test("a device's sign-in is there for who asks while another question is under way, and makes one account", async () => {
  let asked = 0;
  behave(({ url }) => {
    if (url.endsWith("/device")) return json(200, DEVICE);
    return asked++ === 0 ? { silentMs: 300, ...json(400, { error: "authorization_pending" }) } : json(200, TOKENS);
  });
  const { body: started } = await asAdmin("POST", "/admin/oauth/droid/start");
  const fields = { flow_id: started.flow_id, name: "droid", terms_acknowledged: true };
  const poll = () => asAdmin("POST", "/admin/oauth/droid/finish", fields);
  const first = poll();
  await until(() => asked === 1);
  expect((await poll()).body.status).toBe("done");
  expect((await first).body.status).toBe("pending");
  expect((await poll()).body.error.details?.map(({ field }) => field)).toEqual(["flow_id"]);
  expect((await asAdmin("GET", "/admin/accounts")).body.items).toHaveLength(1);
});
