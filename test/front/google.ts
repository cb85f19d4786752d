/** Accounts with a sign-in to Google, in the form of an import. */
const KINDS = {
  "code-assist": { platform: "gemini", kind: "code-assist" },
  antigravity: { platform: "antigravity", kind: "oauth" },
};

/** Fields of a new account, whose token is valid for years: nothing is renewed unless it is refused. */
export function signedInToGoogle(kind: keyof typeof KINDS): Record<string, unknown> {
  return {
    ...{ name: kind, ...KINDS[kind], project_id: "project-of-the-account", terms_acknowledged: true, shared: true },
    oauth: { access_token: "access-1", refresh_token: "refresh-1", expires_at: 4_000_000_000 },
  };
}
