/** What is wrong with an account, in the language in use. */
import { phrase } from "../../locale/phrases.ts";

/** `reason`: the relay's text. Without a condition it is what an operator wrote. */
export function conditionText(condition: string | null, reason: string | null): string | null {
  return condition === null || reason === null ? reason : phrase(reason);
}
