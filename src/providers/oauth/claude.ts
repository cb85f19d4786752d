/**
 * Anthropic's sign-in of Claude Code: the public parameters of its own client, JSON bodies. The setup token is the same
 * with one scope; it lives for a year and is not renewed.
 */
import { DAY_MS, HOUR_MS } from "../../ground/durations.ts";
import { type Flow, jsonRequest } from "./flow.ts";

const CLIENT_ID = "9d1c250a-e61b-44d9-88ed-5944d1962f5e";

const TERMS =
  "Anthropic's terms let a Claude subscription be used by the person who holds it, in Anthropic's own applications: sharing it, or using it from others, may break them and end the account.";

export const CLAUDE: Flow = {
  name: "claude",
  terms: TERMS,
  refresh: (_, refreshToken) =>
    jsonRequest({ grant_type: "refresh_token", refresh_token: refreshToken, client_id: CLIENT_ID }),
  lifetimeMs: 8 * HOUR_MS,
};

export const CLAUDE_SETUP_TOKEN: Flow = {
  name: "claude-setup-token",
  terms: TERMS,
  refresh: null,
  lifetimeMs: 365 * DAY_MS,
};
