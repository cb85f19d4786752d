/**
 * Google's sign-in, with form bodies: for Code Assist, and for Antigravity, which asks for more. Google gives nobody a public client, so
 * the relay asks as the installed application whose id and secret the operator has configured. A renewal usually brings no new refresh
 * token, and the old one stays valid.
 */
import { HOUR_MS } from "../../ground/durations.ts";
import { type Client, type CodeSignIn, type Flow, type FlowSettings, formRequest, type Revocation } from "./flow.ts";

const SCOPES = "https://www.googleapis.com/auth/";

const named = ({ id, secret }: Client) => ({ client_id: id, client_secret: secret });

/** `scopes`: the last part of each, as Google lists them. */
function signIn(...scopes: string[]): CodeSignIn {
  const scope = scopes.map((name) => `${SCOPES}${name}`).join(" ");
  return {
    type: "code",
    authorizeUrl: ({ authorizeUrl, client }, { state, challenge }) => {
      const query = new URLSearchParams({
        ...{ response_type: "code", client_id: client.id, redirect_uri: client.redirectUri, scope },
        // A user who has agreed before gets a refresh token only if asked again.
        ...{ access_type: "offline", prompt: "consent" },
        ...{ code_challenge: challenge, code_challenge_method: "S256", state },
      });
      return `${authorizeUrl}?${query}`;
    },
    exchange: ({ code, verifier }, { client }) =>
      formRequest({
        ...{ grant_type: "authorization_code", ...named(client), code },
        ...{ redirect_uri: client.redirectUri, code_verifier: verifier },
      }),
  };
}

const refresh = (refreshToken: string, { client }: FlowSettings) =>
  formRequest({ grant_type: "refresh_token", refresh_token: refreshToken, ...named(client) });

/** All that a user has granted an application is one grant at Google, whichever of its tokens is named. */
const revokes: Revocation = {
  request: ({ refresh, access }) => formRequest({ token: refresh ?? access }),
  others: true,
};

export const GOOGLE: Flow = {
  name: "google",
  terms:
    "Google's terms let a Gemini Code Assist licence (Standard or Enterprise; the one for individuals ended on 2026-06-18) be used by the person who holds it, in Google's own clients: using it from other software is a violation of its policy, and may end the account.",
  signIn: signIn("cloud-platform"),
  refresh,
  revokes,
  client: "configured",
  project: "code-assist",
  lifetimeMs: HOUR_MS,
};

export const ANTIGRAVITY: Flow = {
  name: "antigravity",
  terms:
    "Google's terms let Antigravity be used by the person who has signed in, in Google's own application: using it from other software is a violation of its policy, and may end the account.",
  signIn: signIn("cloud-platform", "userinfo.email", "userinfo.profile", "cclog", "experimentsandconfigs"),
  refresh,
  revokes,
  client: "configured",
  project: "code-assist",
  lifetimeMs: HOUR_MS,
};
