/** The words for why requests are refused, in the language in use. */
import { wordsOf } from "../../locale/words.ts";

export const words = await wordsOf(
  () => import("../../locale/en/refusals.ts").then(({ refusals }) => refusals),
  () => import("../../locale/zh-cn/refusals.ts").then(({ refusals }) => refusals),
);

/** A reason that is unknown here, because the relay is newer, is shown by its own name. */
export function reasonText(reason: string): string {
  const known: Record<string, string> = words.reasons;
  return known[reason] ?? reason;
}
