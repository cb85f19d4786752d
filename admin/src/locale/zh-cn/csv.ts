/** The console's words for lists as files, in Simplified Chinese. */
import type { csv as english } from "../en/csv.ts";

export const csv: typeof english = {
  why: "把符合筛选条件的全部内容导出为一个文件",
  stop: "停止",
  lines: (count: string) => `${count} 行…`,
};
