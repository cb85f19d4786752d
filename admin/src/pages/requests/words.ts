/** The words for requests, in the language in use. Fetched with the first page that needs them. */
import { wordsOf } from "../../locale/words.ts";

export const words = await wordsOf(
  () => import("../../locale/en/requests.ts").then(({ requests }) => requests),
  () => import("../../locale/zh-cn/requests.ts").then(({ requests }) => requests),
);
