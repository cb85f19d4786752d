/** The words for the question who would serve a request, in the language in use. */
import { wordsOf } from "../../locale/words.ts";

export const words = await wordsOf(
  () => import("../../locale/en/who-serves.ts").then(({ whoServes }) => whoServes),
  () => import("../../locale/zh-cn/who-serves.ts").then(({ whoServes }) => whoServes),
);
