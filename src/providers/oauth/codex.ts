/**
 * OpenAI's sign-in of Codex: the public parameters of its own client, and form bodies. The claims of the id token say whose ChatGPT
 * subscription it is.
 */
import { DAY_MS } from "../../ground/durations.ts";
import { object, text } from "../../ground/json.ts";
import { claimsOf, type Flow, formRequest, jsonRequest } from "./flow.ts";

const CLIENT_ID = "app_EMoamEEZ73f0CkXaXp7hrann";
/** Only Codex itself listens there. The browser shows the address, which people paste as a whole. */
const REDIRECT_URI = "http://localhost:1455/auth/callback";

export const CODEX: Flow = {
  name: "codex",
  terms:
    "OpenAI's terms let a ChatGPT subscription be used by the person who holds it: sharing it, or using it other than through OpenAI's own clients, may break them and end the account.",
  signIn: {
    type: "code",
    authorizeUrl: ({ authorizeUrl }, { state, challenge }) => {
      const query = new URLSearchParams({
        ...{ response_type: "code", client_id: CLIENT_ID, redirect_uri: REDIRECT_URI },
        ...{ scope: "openid profile email offline_access", code_challenge: challenge, code_challenge_method: "S256" },
        ...{ id_token_add_organizations: "true", codex_cli_simplified_flow: "true", state },
      });
      return `${authorizeUrl}?${query}`;
    },
    exchange: ({ code, verifier }) =>
      formRequest({
        ...{ grant_type: "authorization_code", client_id: CLIENT_ID, code },
        ...{ redirect_uri: REDIRECT_URI, code_verifier: verifier },
      }),
  },
  refresh: (refreshToken) =>
    formRequest({
      ...{ grant_type: "refresh_token", refresh_token: refreshToken, client_id: CLIENT_ID },
      scope: "openid profile email",
    }),
  // As in Codex's own `logout` (codex-rs/login/src/auth/revoke.rs).
  revokes: {
    request: ({ refresh, access }) =>
      jsonRequest(
        refresh === null
          ? { token: access, token_type_hint: "access_token" }
          : { token: refresh, token_type_hint: "refresh_token", client_id: CLIENT_ID },
      ),
    others: false,
  },
  lifetimeMs: DAY_MS,
  accountIdIn: (answer) => {
    const idToken = text(answer.id_token);
    return idToken === null ? null : chatgptAccountOf(idToken);
  },
};

/** Null if the id token does not say it. */
export function chatgptAccountOf(idToken: string): string | null {
  return text(object(claimsOf(idToken)?.["https://api.openai.com/auth"])?.chatgpt_account_id);
}
