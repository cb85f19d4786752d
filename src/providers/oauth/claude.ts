/**
 * Anthropic's sign-in of Claude Code: the public parameters of its own client, JSON bodies, and a state that is sent along with the
 * code. The setup token is the same with one scope. It is valid for a year and is not renewed.
 */
import { DAY_MS, HOUR_MS } from "../../ground/durations.ts";
import { type CodeSignIn, type Flow, jsonRequest } from "./flow.ts";

const CLIENT_ID = "9d1c250a-e61b-44d9-88ed-5944d1962f5e";
/** A page that shows the code, as `code#state`. */
const REDIRECT_URI = "https://platform.claude.com/oauth/code/callback";
const SCOPES =
  "org:create_api_key user:profile user:inference user:sessions:claude_code user:mcp_servers user:file_upload";
const YEAR_S = 31_536_000;

/** Without this flag Anthropic's API takes the token of a sign-in for a damaged key. */
export const OAUTH_BETA = "oauth-2025-04-20";

const TERMS =
  "Anthropic's terms let a Claude subscription be used by the person who holds it, in Anthropic's own applications: sharing it, or using it from others, may break them and end the account.";

function signIn(scope: string, more: Record<string, number>): CodeSignIn {
  return {
    type: "code",
    authorizeUrl: ({ authorizeUrl }, { state, challenge }) => {
      const query = new URLSearchParams({
        ...{ code: "true", client_id: CLIENT_ID, response_type: "code", redirect_uri: REDIRECT_URI, scope },
        ...{ code_challenge: challenge, code_challenge_method: "S256", state },
      });
      return `${authorizeUrl}?${query}`;
    },
    exchange: ({ code, state, verifier }) =>
      jsonRequest({
        ...{ grant_type: "authorization_code", client_id: CLIENT_ID, code, redirect_uri: REDIRECT_URI },
        ...{ code_verifier: verifier, state, ...more },
      }),
  };
}

export const CLAUDE: Flow = {
  name: "claude",
  terms: TERMS,
  signIn: signIn(SCOPES, {}),
  refresh: (refreshToken) =>
    jsonRequest({ grant_type: "refresh_token", refresh_token: refreshToken, client_id: CLIENT_ID }),
  lifetimeMs: 8 * HOUR_MS,
};

export const CLAUDE_SETUP_TOKEN: Flow = {
  name: "claude-setup-token",
  terms: TERMS,
  signIn: signIn("user:inference", { expires_in: YEAR_S }),
  refresh: null,
  lifetimeMs: 365 * DAY_MS,
};
