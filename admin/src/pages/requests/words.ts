/** What is said of requests, in the language in use; fetched with the first page that says it. */
import { wordsOf } from "../../locale/words.ts";

export const words = await wordsOf(
  () => import("../../locale/en/requests.ts").then(({ requests }) => requests),
  () => import("../../locale/zh-cn/requests.ts").then(({ requests }) => requests),
);
