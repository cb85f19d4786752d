/** The words for a key's holder, in the language in use. */
import { wordsOf } from "../../locale/words.ts";

export const words = await wordsOf(
  () => import("../../locale/en/me.ts").then(({ me }) => me),
  () => import("../../locale/zh-cn/me.ts").then(({ me }) => me),
);
