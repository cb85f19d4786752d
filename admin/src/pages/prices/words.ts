/** The words for prices, in the language in use. Fetched with the first page that needs them. */
import { wordsOf } from "../../locale/words.ts";

export const words = await wordsOf(
  () => import("../../locale/en/prices.ts").then(({ prices }) => prices),
  () => import("../../locale/zh-cn/prices.ts").then(({ prices }) => prices),
);
