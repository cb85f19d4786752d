/** From what a person typed to what the API takes. Pure; the relay itself judges which addresses are allowed. */

import { strings } from "../../locale/en.ts";
import type { AccountInput } from "./accounts.ts";

export interface AccountFormValues {
  name: string;
  baseUrl: string;
  apiKey: string;
}

export type AccountFormErrors = Partial<Record<keyof AccountInput, string>>;

export function accountInput(
  values: AccountFormValues,
): { ok: true; value: AccountInput } | { ok: false; errors: AccountFormErrors } {
  const errors: AccountFormErrors = {};
  const name = values.name.trim();
  const baseUrl = values.baseUrl.trim();
  const apiKey = values.apiKey.trim();
  if (name === "") errors.name = strings.form.required;
  if (!/^https?:\/\/[^\s/]/i.test(baseUrl) || !URL.canParse(baseUrl)) errors.base_url = strings.form.url;
  if (apiKey === "") errors.api_key = strings.form.required;
  if (Object.keys(errors).length > 0) return { ok: false, errors };
  return {
    ok: true,
    value: { name, platform: "anthropic", kind: "api-key", base_url: baseUrl, api_key: apiKey },
  };
}
