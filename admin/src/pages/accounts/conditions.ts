/** What is wrong with an account, in the language in use. */
import { phrase } from "../../locale/phrases.ts";

/** `reason`: as the relay says it. Without a condition it is an operator's own words. */
export function conditionText(condition: string | null, reason: string | null): string | null {
  return condition === null || reason === null ? reason : phrase(reason);
}
