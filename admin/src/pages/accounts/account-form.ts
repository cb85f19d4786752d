/** What is asked for a new account, under the API's names: an Anthropic account with one API key. */
import { address, secret, text, type Values } from "../../form/field.ts";
import { strings } from "../../locale/strings.ts";
import type { AccountInput } from "./accounts.ts";

const words = strings.accounts;
const OFFICIAL_BASE_URL = "https://api.anthropic.com";

export const ACCOUNT_FIELDS = {
  name: text({ label: words.name, hint: words.nameHint }),
  base_url: address({ label: words.baseUrl, hint: words.baseUrlHint, initial: OFFICIAL_BASE_URL }),
  api_key: secret({ label: words.apiKey, hint: words.apiKeyHint }),
};

export function accountInput(values: Values<typeof ACCOUNT_FIELDS>): AccountInput {
  return { ...values, platform: "anthropic", kind: "api-key" };
}
