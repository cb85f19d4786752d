/** The fields in which the admin API takes credentials. */
import * as z from "zod/mini";
import { into } from "../ground/shape.ts";
import type { ApiKeyCredential } from "./kind.ts";

/** Visible ASCII, because an upstream key is sent in a header. White space around it comes from pasting. */
export const secret = z
  .string()
  .check(z.trim(), z.regex(/^[\x21-\x7e]{1,4096}$/, "must be visible ASCII characters without spaces"));

/** How many keys one account may have. Each is tried in turn. */
export const MOST_KEYS = 50;

export const apiKeyFields = {
  /** The API key that the provider gave you. */
  api_key: z.optional(secret),
  /** Several keys of one account, in the order in which they are tried. */
  api_keys: z.optional(z.array(secret).check(z.minLength(1), z.maxLength(MOST_KEYS))),
};

/** One API key, or several. */
export const API_KEYS: z.ZodMiniType<ApiKeyCredential[]> = into(
  z.strictObject(apiKeyFields).check(
    z.superRefine(({ api_key, api_keys }, context) => {
      if (api_key !== undefined && api_keys !== undefined) {
        context.addIssue({ code: "custom", path: ["api_key"], message: "give api_key or api_keys, not both" });
      } else if (api_keys && new Set(api_keys).size < api_keys.length) {
        const params = { code: "duplicate" };
        context.addIssue({ code: "custom", path: ["api_keys"], message: "lists a key twice", params });
      }
    }),
  ),
  ({ api_key, api_keys }) => {
    const secrets = api_key === undefined ? (api_keys ?? []) : [api_key];
    return secrets.map((secret): ApiKeyCredential => ({ type: "api-key", secret }));
  },
);
