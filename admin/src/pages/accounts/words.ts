/** What is said of accounts, in the language in use; fetched with the first page that says it. */
import { wordsOf } from "../../locale/words.ts";

export const words = await wordsOf(
  () => import("../../locale/en/accounts.ts").then(({ accounts }) => accounts),
  () => import("../../locale/zh-cn/accounts.ts").then(({ accounts }) => accounts),
);
