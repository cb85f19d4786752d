/**
 * A sign-in that was made elsewhere, as the admin API is given it: its tokens, or the credentials file of a command-line
 * client as it stands. Pure. No message repeats a token.
 */
import * as z from "zod";
import { isObject, object, parse, text } from "../../ground/json.ts";
import type { GivenCredential } from "../kind.ts";
import { chatgptAccountOf } from "./codex.ts";
import { endOfJwt } from "./flow.ts";

/** Visible ASCII: a token travels in a header. Longer than a key: some are JWTs. */
const token = z
  .string()
  .trim()
  .regex(/^[\x21-\x7e]{1,16384}$/, "must be visible ASCII characters without spaces");

const time = z.union([
  z.iso.datetime({ offset: true, error: "must be an ISO 8601 time with a zone" }).transform((text) => Date.parse(text)),
  z
    .number()
    .int()
    .min(0)
    .max(8e15)
    .transform((at) => (at < SECONDS_END ? at * 1_000 : at)),
]);

/** Numbers below are seconds, above milliseconds since the epoch. */
const SECONDS_END = 1e11;

export const oauthFields = {
  oauth: z
    .strictObject({
      access_token: token,
      refresh_token: token.nullish(),
      expires_at: time.nullish(),
      account_id: token.nullish(),
    })
    .optional()
    .describe("The tokens of a sign-in that was made elsewhere"),
  credentials_file: z
    .union([z.string().max(65_536), z.record(z.string(), z.unknown())])
    .optional()
    .describe("The credentials file of the command-line client, pasted as it is"),
};

/** What such a file holds. */
export interface ImportedTokens {
  access: string;
  refresh: string | null;
  expiresAt: number | null;
  accountId?: string;
}

export interface ImportRules {
  /** Reads the client's own file; null where it is none. */
  file: (content: Record<string, unknown>) => ImportedTokens | null;
  /** A sign-in of this kind is renewed, so it needs a refresh token. */
  renews: boolean;
}

/** One sign-in; none where neither field is given. */
export function importedGrant({ file, renews }: ImportRules): z.ZodType<GivenCredential[]> {
  return z.strictObject(oauthFields).transform(({ oauth, credentials_file }, context): GivenCredential[] => {
    const problem = (field: string, message: string) => {
      context.addIssue({ code: "custom", path: [field], message });
      return z.NEVER;
    };
    if (oauth && credentials_file !== undefined) return problem("oauth", "give oauth or credentials_file, not both");
    let tokens: ImportedTokens | null = null;
    if (oauth) {
      const { access_token: access, refresh_token, expires_at, account_id } = oauth;
      const expiresAt = expires_at ?? endOfJwt(access);
      tokens = { access, refresh: refresh_token ?? null, expiresAt, ...(account_id && { accountId: account_id }) };
    } else if (credentials_file !== undefined) {
      const content = isObject(credentials_file) ? credentials_file : object(parse(credentials_file));
      tokens = content === undefined ? null : file(content);
      if (!tokens || !token.safeParse(tokens.access).success) {
        return problem("credentials_file", "is not the credentials file of this kind's client");
      }
    }
    if (!tokens) return [];
    const { access, refresh, expiresAt, accountId } = tokens;
    const field = oauth ? "oauth" : "credentials_file";
    if (renews && refresh === null) return problem(field, "has no refresh token, so it could not be renewed");
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

/** `~/.codex/auth.json`: `{tokens:{access_token,refresh_token,id_token,account_id}}`. The end stands in the access token. */
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
