/** The words for templates, in the language in use. */
import { wordsOf } from "../../locale/words.ts";

export const words = await wordsOf(
  () => import("../../locale/en/templates.ts").then(({ templates }) => templates),
  () => import("../../locale/zh-cn/templates.ts").then(({ templates }) => templates),
);
