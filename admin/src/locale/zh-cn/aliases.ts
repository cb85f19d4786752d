/** The console's words for aliases, in Simplified Chinese. */
import type { aliases as english } from "../en/aliases.ts";

export const aliases: typeof english = {
  title: "别名",
  about: "客户端使用的名称，以及它所代表的模型。由第一个有账号可用的模型应答。",
  add: "创建别名",
  search: "搜索名称",
  emptyTitle: "还没有别名",
  empty: "为一串模型取一个名称：客户端请求这个名称，某个模型被限流时由下一个应答。",
  name: "名称",
  nameHint: "名称，或带 * 的模式。",
  targets: "代表的模型",
  targetsHint: "每行一个模型，按顺序尝试。“模型 @ 分组”表示只由该分组处理。",
  note: "备注",
  wasDeleted: (name) => `${name} 已删除。`,
};
