/** The words for accounts, in the language in use. Fetched with the first page that needs them. */
import { wordsOf } from "../../locale/words.ts";

export const words = await wordsOf(
  () => import("../../locale/en/accounts.ts").then(({ accounts }) => accounts),
  () => import("../../locale/zh-cn/accounts.ts").then(({ accounts }) => accounts),
);
