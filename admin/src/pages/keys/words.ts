/** What is said of keys, in the language in use; fetched with the first page that says it. */
import { wordsOf } from "../../locale/words.ts";

export const words = await wordsOf(
  () => import("../../locale/en/keys.ts").then(({ keys }) => keys),
  () => import("../../locale/zh-cn/keys.ts").then(({ keys }) => keys),
);
