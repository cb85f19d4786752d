/** The words for the way to a client's first request, in the language in use. */
import { wordsOf } from "../../locale/words.ts";

export const words = await wordsOf(
  () => import("../../locale/en/start.ts").then(({ start }) => start),
  () => import("../../locale/zh-cn/start.ts").then(({ start }) => start),
);
