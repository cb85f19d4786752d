/** The words for aliases, in the language in use. */
import { wordsOf } from "../../locale/words.ts";

export const words = await wordsOf(
  () => import("../../locale/en/aliases.ts").then(({ aliases }) => aliases),
  () => import("../../locale/zh-cn/aliases.ts").then(({ aliases }) => aliases),
);
