/** Signing in with a code that a person enters at the provider's page, against a fake of Factory's exact wire form. */
import { beforeEach, expect, test } from "vitest";
import { behave, removeAccounts } from "../relay/relay-in-process.ts";
import { asAdmin } from "./client.ts";

const CLIENT_ID = "client_01HNM792M5G5G1A2THWPXKFMXB";
const TOKENS = {
  access_token: "access-secret-1",
  refresh_token: "refresh-secret-1",
  expires_in: 28_800,
  token_type: "Bearer",
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
      const uri = "https://factory.test/device";
      return json(200, {
        ...{ device_code: "device-secret", user_code: "ABCD-EFGH", verification_uri: uri },
        ...{ verification_uri_complete: `${uri}?user_code=ABCD-EFGH`, expires_in: 300, interval: 5 },
      });
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
