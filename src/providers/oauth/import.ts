/**
 * A sign-in that was made elsewhere, in the form that the admin API takes: its tokens, or the unchanged credentials file of a
 * command-line client. Pure. No message repeats a token.
 */
import * as z from "zod/mini";
import { isObject, object, parse, text } from "../../ground/json.ts";
import { into, textOf, time, whole } from "../../ground/shape.ts";
import type { GivenCredential } from "../kind.ts";
import { chatgptAccountOf } from "./codex.ts";
import { endOfJwt } from "./flow.ts";

/** Visible ASCII, because a token is sent in a header. Longer than a key, because some are JWTs. */
const token = z
  .string()
  .check(z.trim(), z.regex(/^[\x21-\x7e]{1,16384}$/, "must be visible ASCII characters without spaces"));

const end = z.union([
  time("must be an ISO 8601 time with a zone"),
  into(whole(0, 8e15), (at) => (at < SECONDS_END ? at * 1_000 : at)),
]);

/** Smaller numbers are seconds, larger ones milliseconds since the epoch. */
const SECONDS_END = 1e11;

export const oauthFields = {
  /** The tokens of a sign-in that was made elsewhere. */
  oauth: z.optional(
    z.strictObject({
      access_token: token,
      refresh_token: z.nullish(token),
      expires_at: z.nullish(end),
      account_id: z.nullish(token),
    }),
  ),
  /** The credentials file of the command-line client, pasted unchanged. */
  credentials_file: z.optional(z.union([textOf(0, 65_536), z.record(z.string(), z.unknown())])),
};

/** The content of such a file. */
export interface ImportedTokens {
  access: string;
  refresh: string | null;
  expiresAt: number | null;
  accountId?: string;
}

export interface ImportRules {
  /** Reads the client's own file; null if it is none. */
  file: (content: Record<string, unknown>) => ImportedTokens | null;
  /** Whether a sign-in of this kind is renewed, and so needs a refresh token. */
  renews: boolean;
}

/** One sign-in; none if neither field is given. */
export function importedGrant({ file, renews }: ImportRules): z.ZodMiniType<GivenCredential[]> {
  return into(z.strictObject(oauthFields), ({ oauth, credentials_file }, problem): GivenCredential[] => {
    if (oauth && credentials_file !== undefined)
      return problem("give oauth or credentials_file, not both", { at: "oauth" });
    let tokens: ImportedTokens | null = null;
    if (oauth) {
      const { access_token: access, refresh_token, expires_at, account_id } = oauth;
      const expiresAt = expires_at ?? endOfJwt(access);
      tokens = { access, refresh: refresh_token ?? null, expiresAt, ...(account_id && { accountId: account_id }) };
    } else if (credentials_file !== undefined) {
      const content = isObject(credentials_file) ? credentials_file : object(parse(credentials_file));
      tokens = content === undefined ? null : file(content);
      if (!tokens || !token.safeParse(tokens.access).success) {
        return problem("is not the credentials file of this kind's client", { at: "credentials_file" });
      }
    }
    if (!tokens) return [];
    const { access, refresh, expiresAt, accountId } = tokens;
    const field = oauth ? "oauth" : "credentials_file";
    if (renews && refresh === null) return problem("has no refresh token, so it could not be renewed", { at: field });
    const owner = accountId !== undefined && { accountId };
    return [{ type: "grant", access, refresh: renews ? refresh : null, expiresAt, ...owner }];
  });
}

/** `~/.claude/.credentials.json`: `{claudeAiOauth:{accessToken,refreshToken,expiresAt}}`, times in milliseconds. */
export function claudeFile(content: Record<string, unknown>): ImportedTokens | null {
  const inner = object(content.claudeAiOauth);
  const access = text(inner?.accessToken);
  if (access === null) return null;
  const expiresAt = typeof inner?.expiresAt === "number" ? inner.expiresAt : null;
  return { access, refresh: text(inner?.refreshToken), expiresAt };
}

/** `~/.codex/auth.json`: `{tokens:{access_token,refresh_token,id_token,account_id}}`. The access token says when it ends. */
export function codexFile(content: Record<string, unknown>): ImportedTokens | null {
  const tokens = object(content.tokens);
  const access = text(tokens?.access_token);
  if (access === null) return null;
  const idToken = text(tokens?.id_token);
  const accountId = text(tokens?.account_id) ?? (idToken === null ? null : chatgptAccountOf(idToken));
  return {
    ...{ access, refresh: text(tokens?.refresh_token), expiresAt: endOfJwt(access) },
    ...(accountId !== null && { accountId }),
  };
}

/** `~/.factory/auth.json`: `{access_token,refresh_token}`. */
export function droidFile(content: Record<string, unknown>): ImportedTokens | null {
  const access = text(content.access_token);
  if (access === null) return null;
  return { access, refresh: text(content.refresh_token), expiresAt: endOfJwt(access) };
}

/** `~/.gemini/oauth_creds.json`: `{access_token,refresh_token,expiry_date}`, the time in milliseconds. */
export function geminiFile(content: Record<string, unknown>): ImportedTokens | null {
  const access = text(content.access_token);
  if (access === null) return null;
  const expiresAt = typeof content.expiry_date === "number" ? content.expiry_date : null;
  return { access, refresh: text(content.refresh_token), expiresAt };
}
