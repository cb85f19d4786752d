/** The words for groups, in the language in use. */
import { wordsOf } from "../../locale/words.ts";

export const words = await wordsOf(
  () => import("../../locale/en/groups.ts").then(({ groups }) => groups),
  () => import("../../locale/zh-cn/groups.ts").then(({ groups }) => groups),
);
