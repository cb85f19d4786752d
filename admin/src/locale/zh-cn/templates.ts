/** The console's words for templates, in Simplified Chinese. */
import type { templates as english } from "../en/templates.ts";

export const templates: typeof english = {
  title: "模板",
  about: "为同类密钥准备的一组限制和规则。修改模板后，需要应用才会影响它的密钥。",
  add: "创建模板",
  search: "搜索名称",
  emptyTitle: "还没有模板",
  empty: "为每类密钥创建一个，例如“团队”或“访客”。",
  name: "名称",
  description: "说明",
  holds: "设定内容",
  unset: "不设定",
  apply: "应用到密钥",
  applyTitle: (name) => `将 ${name} 应用到它的密钥？`,
  applyWhat: "模板设定的内容会写入由它创建的每个密钥，覆盖这些密钥现有的设置。",
  applying: "正在应用…",
  progress: (done, all) => `${done}/${all} 个密钥`,
  wasApplied: (name, updated, failed) =>
    failed === "0"
      ? `已应用 ${name}：更改了 ${updated} 个密钥。`
      : `${name}：更改了 ${updated} 个密钥，${failed} 个失败。`,
  savedUnapplied: "已保存。应用之后才会影响它的密钥。",
  deleteTitle: (name) => `删除 ${name}？`,
  deleteWhat: "它的密钥保留现有限制，但不再跟随模板。此操作无法撤销。",
  wasDeleted: (name) => `${name} 已删除。`,
};
