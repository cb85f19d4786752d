/** The words of the overview, in the language in use. */
import { wordsOf } from "../../locale/words.ts";

export const words = await wordsOf(
  () => import("../../locale/en/overview.ts").then(({ overview }) => overview),
  () => import("../../locale/zh-cn/overview.ts").then(({ overview }) => overview),
);
