/** The words for keys, in the language in use. Fetched with the first page that needs them. */
import { wordsOf } from "../../locale/words.ts";

export const words = await wordsOf(
  () => import("../../locale/en/keys.ts").then(({ keys }) => keys),
  () => import("../../locale/zh-cn/keys.ts").then(({ keys }) => keys),
);
