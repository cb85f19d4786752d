/** The words for the audit trail, in the language in use. */
import { wordsOf } from "../../locale/words.ts";

export const words = await wordsOf(
  () => import("../../locale/en/audit.ts").then(({ audit }) => audit),
  () => import("../../locale/zh-cn/audit.ts").then(({ audit }) => audit),
);
