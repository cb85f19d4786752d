/** Without it Anthropic's API takes a token of a sign-in for a damaged key. */
export const OAUTH_BETA = "oauth-2025-04-20";
