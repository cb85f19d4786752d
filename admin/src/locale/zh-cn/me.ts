/** The words of a key holder's page, in Simplified Chinese. */
import type { me as english } from "../en/me.ts";

export const me: typeof english = {
  title: "你的密钥",
  heading: "你的密钥用了多少？",
  label: "你的密钥",
  hint: "以 cr_ 开头。粘贴包含它的整行也可以。",
  submit: "查看用量",
  sending: "正在查询…",
  privacy: "密钥只会发送给此中转服务，关闭本标签页后即被忘记。",
  administrator: "你是管理员？登录",
  forget: "忘记密钥",
  expires: (when) => `${when}过期`,
  expired: (when) => `${when}已过期`,
  expiresNever: "永不过期",
  refusals: {
    key_invalid: "这不是此中转服务的密钥。请检查是否复制完整：cr_ 和 64 个字符。",
    key_unknown: "此密钥已不存在，请向提供者索取新的密钥。",
    key_disabled: "此密钥已停用，请联系提供者。",
    ip_denied: "不能从你的地址使用此密钥。",
    gate_unavailable: "中转服务暂时无法查询此密钥，请过几秒再试。",
  },
  tooOften: (when) => (when === null ? "查询过于频繁，请稍后再试。" : `查询过于频繁，请在${when}再试。`),
  standing: {
    expired: () => "此密钥已过期，使用它的请求会被拒绝。请向提供者索取新的密钥。",
    disabled: () => "此密钥已停用，使用它的请求会被拒绝。",
    window_full: (when) => `此密钥的窗口已用满，请求会被拒绝，${when ?? ""}重新开始。`,
    budget_used: (when) =>
      when === null
        ? "此密钥的预算已用完且不会重置，使用它的请求会被拒绝。请联系提供者。"
        : `此密钥的预算已用完，${when}重新接受请求。`,
  },
  limits: "限制",
  noLimits: "此密钥没有限制。",
  totals: "总计",
  totalRequests: (count) => `${count} 个请求`,
  totalTokens: (count) => `${count} 个 token`,
  requests: "你的请求",
  noRequests: "日志里还没有请求。",
  noneSoFar: "日志最新的部分里没有。",
};
