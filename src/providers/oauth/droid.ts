/** Factory's sign-in of Droid, which WorkOS runs: people enter a code at its page; form bodies. */
import { HOUR_MS } from "../../ground/durations.ts";
import { type Flow, formRequest } from "./flow.ts";

const CLIENT_ID = "client_01HNM792M5G5G1A2THWPXKFMXB";

export const DROID: Flow = {
  name: "droid",
  terms:
    "Factory's terms let a Droid plan be used by the person who holds it, in Factory's own clients: sharing it, or using it from others, may break them and end the account.",
  signIn: {
    type: "device",
    begin: () => formRequest({ client_id: CLIENT_ID }),
    poll: (deviceCode) =>
      formRequest({
        ...{ grant_type: "urn:ietf:params:oauth:grant-type:device_code", device_code: deviceCode },
        client_id: CLIENT_ID,
      }),
  },
  refresh: (refreshToken) =>
    formRequest({ grant_type: "refresh_token", refresh_token: refreshToken, client_id: CLIENT_ID }),
  lifetimeMs: 8 * HOUR_MS,
};
