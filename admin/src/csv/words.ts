/** The words for lists as files, in the language in use. Fetched with the first list that offers one. */
import { wordsOf } from "../locale/words.ts";

export const words = await wordsOf(
  () => import("../locale/en/csv.ts").then(({ csv }) => csv),
  () => import("../locale/zh-cn/csv.ts").then(({ csv }) => csv),
);
