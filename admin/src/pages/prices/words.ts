/** What is said of prices, in the language in use; fetched with the first page that says it. */
import { wordsOf } from "../../locale/words.ts";

export const words = await wordsOf(
  () => import("../../locale/en/prices.ts").then(({ prices }) => prices),
  () => import("../../locale/zh-cn/prices.ts").then(({ prices }) => prices),
);
