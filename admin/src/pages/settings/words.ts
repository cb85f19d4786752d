/** The words for settings, in the language in use. */
import { wordsOf } from "../../locale/words.ts";

export const words = await wordsOf(
  () => import("../../locale/en/settings.ts").then(({ settings }) => settings),
  () => import("../../locale/zh-cn/settings.ts").then(({ settings }) => settings),
);
