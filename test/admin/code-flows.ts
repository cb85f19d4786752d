/** Providers' sign-ins with a code, as their clients do them: what is asked, and what is answered. */

const YEAR_S = 31_536_000;
export const ID_TOKEN = jwt({
  "https://api.openai.com/auth": { chatgpt_account_id: "account-of-chatgpt", chatgpt_plan_type: "pro" },
});

export interface CodeFlow {
  name: string;
  kind: string;
  tokenUrl: string;
  form: boolean;
  /** What the authorize URL says, apart from state and challenge. */
  authorize: { at: string; query: Record<string, string> };
  /** What the exchange has besides code and verifier; `state` true: also the state. */
  exchange: Record<string, string | number>;
  sendsState: boolean;
  tokens: Record<string, unknown>;
}

const CLAUDE = {
  client_id: "9d1c250a-e61b-44d9-88ed-5944d1962f5e",
  redirect_uri: "https://platform.claude.com/oauth/code/callback",
};
const CODEX = { client_id: "app_EMoamEEZ73f0CkXaXp7hrann", redirect_uri: "http://localhost:1455/auth/callback" };
/** The installed applications are those of vitest.config.ts: Google's own are not public. */
const GOOGLE = {
  google: {
    ...{ client_id: "google-client.apps.googleusercontent.com", client_secret: "google-client-secret" },
    redirect_uri: "https://codeassist.google.com/authcode",
    scopes: ["cloud-platform"],
  },
  antigravity: {
    ...{ client_id: "antigravity-client.apps.googleusercontent.com", client_secret: "antigravity-client-secret" },
    redirect_uri: "http://localhost:45462",
    scopes: ["cloud-platform", "userinfo.email", "userinfo.profile", "cclog", "experimentsandconfigs"],
  },
};
const TOKENS = {
  access_token: "access-secret-1",
  refresh_token: "refresh-secret-1",
  expires_in: 28_800,
  token_type: "Bearer",
};

export const CODE_FLOWS: CodeFlow[] = [
  {
    name: "claude",
    kind: "anthropic × oauth",
    tokenUrl: "https://platform.claude.com/v1/oauth/token",
    form: false,
    authorize: {
      at: "https://claude.ai/oauth/authorize",
      query: {
        ...CLAUDE,
        code: "true",
        response_type: "code",
        scope:
          "org:create_api_key user:profile user:inference user:sessions:claude_code user:mcp_servers user:file_upload",
      },
    },
    exchange: { grant_type: "authorization_code", ...CLAUDE },
    sendsState: true,
    tokens: TOKENS,
  },
  {
    name: "claude-setup-token",
    kind: "anthropic × setup-token",
    tokenUrl: "https://platform.claude.com/v1/oauth/token",
    form: false,
    authorize: {
      at: "https://claude.ai/oauth/authorize",
      query: { ...CLAUDE, code: "true", response_type: "code", scope: "user:inference" },
    },
    exchange: { grant_type: "authorization_code", ...CLAUDE, expires_in: YEAR_S },
    sendsState: true,
    tokens: { ...TOKENS, expires_in: YEAR_S },
  },
  {
    name: "codex",
    kind: "openai × codex-oauth",
    tokenUrl: "https://auth.openai.com/oauth/token",
    form: true,
    authorize: {
      at: "https://auth.openai.com/oauth/authorize",
      query: {
        ...CODEX,
        response_type: "code",
        scope: "openid profile email offline_access",
        id_token_add_organizations: "true",
        codex_cli_simplified_flow: "true",
      },
    },
    exchange: { grant_type: "authorization_code", ...CODEX },
    sendsState: false,
    tokens: { ...TOKENS, id_token: ID_TOKEN },
  },
  ...(["google", "antigravity"] as const).map((name): CodeFlow => {
    const { client_id, redirect_uri, client_secret } = GOOGLE[name];
    return {
      name,
      kind: name === "google" ? "gemini × code-assist" : "antigravity × oauth",
      tokenUrl: "https://oauth2.googleapis.com/token",
      form: true,
      authorize: {
        at: "https://accounts.google.com/o/oauth2/v2/auth",
        query: {
          ...{ client_id, redirect_uri, response_type: "code", access_type: "offline", prompt: "consent" },
          scope: GOOGLE[name].scopes.map((scope) => `https://www.googleapis.com/auth/${scope}`).join(" "),
        },
      },
      exchange: { grant_type: "authorization_code", client_id, client_secret, redirect_uri },
      sendsState: false,
      tokens: {
        ...TOKENS,
        expires_in: 3_599,
        scope: "https://www.googleapis.com/auth/cloud-platform",
        id_token: jwt({}),
      },
    };
  }),
];

export function jwt(claims: object): string {
  return `x.${Buffer.from(JSON.stringify(claims)).toString("base64url")}.y`;
}
