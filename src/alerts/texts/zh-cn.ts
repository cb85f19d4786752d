/** Alerts in Simplified Chinese. */
import type { KeyLimitParams, NamedShare } from "../alert.ts";
import type { Texts } from "./texts.ts";

const LIMITS: Record<KeyLimitParams["limit"], string> = {
  window_requests: "窗口请求数",
  window_tokens: "窗口 Token 数",
  window_cost: "窗口费用",
  daily_cost: "每日预算",
  weekly_cost: "每周预算",
  total_cost: "总预算",
  total_tokens: "总 Token 数",
};

const ALLOWANCES: Record<string, string> = {
  worker_requests: "Worker 请求数",
  object_requests: "Durable Object 请求数",
  object_rows: "Durable Object 写入行数",
  d1_rows: "D1 写入行数",
  kv_writes: "KV 写入次数",
};

/** The fault table's names for what takes an account out of use. Others are shown unchanged. */
const REASONS: Record<string, string> = {
  account_disabled: "服务商已关闭该账号",
  verification_required: "服务商要求账号本人完成验证",
  sign_in_not_allowed: "所属组织不允许这种登录方式",
  reauth_required: "登录已失效，或服务商不再续期，需要重新登录",
  reauth_required_answer_lost: "续期的应答在途中丢失，剩下的令牌已被用过，需要重新登录",
  key_refused: "密钥被拒绝：有误、已吊销，或属于其他服务",
  not_permitted: "该密钥没有权限，常见原因是套餐不含此模型",
  project_gone: "服务商处的项目已不存在，或不再对该账号开放",
  project_not_ready: "服务商处的项目尚未启用此 API",
  spend_limit: "已达到在服务商处设置的消费上限",
  out_of_credit: "账号在服务商处已无余额",
  usage_limit: "已达到账号的用量上限",
  family_limit: "已达到该系列模型的用量上限",
  daily_quota: "服务商当日配额已用完",
  rate_limited: "已达到服务商的速率限制",
};

const STATES: Record<string, string> = {
  ok: "正常",
  untested: "未测试",
  paused: "已暂停",
  expired: "已到期",
  limited: "受限",
  cooling_down: "冷却中",
  sign_in_needed: "需要登录",
  disabled: "停用",
};

const reasonOf = (reason: string | null) => (reason === null ? [] : [`原因：${REASONS[reason] ?? reason}。`]);

const periodOf = (of: "day" | "month") => (of === "day" ? "今日" : "本月");

function shareLine(what: string, share: NamedShare | null): string[] {
  if (!share) return [];
  const { name, percent, before } = share;
  return [
    before === null ? `${what} ${name} 是新出现的：${percent}%。` : `${what} ${name}：${before}% → ${percent}%。`,
  ];
}

export const zhCN: Texts = {
  say: {
    sign_in_needed: ({ name, reason }) => ({
      title: `账号 ${name} 需要重新登录`,
      lines: [...reasonOf(reason), "在控制台重新登录之前，它不会处理任何请求。"],
    }),
    sign_in_ends: ({ name, ends }, at) => ({
      title: `账号 ${name} 的登录即将到期`,
      lines: [`到期时间：${at(ends)}。它不会自动续期，请在此之前换上新令牌。`],
    }),
    account_disabled: ({ name, reason }) => ({
      title: `账号 ${name} 已停用`,
      lines: [...reasonOf(reason), "它不会自行恢复。"],
    }),
    account_limited: ({ name, reason, until }, at) => ({
      title: `账号 ${name} 受限`,
      lines: [...reasonOf(reason), ...(until ? [`直到：${at(until)}。`] : [])],
    }),
    credential_unreadable: ({ name, position }) => ({
      title: `账号 ${name} 的一个密钥无法解封`,
      lines: [`它是第 ${position + 1} 个。ENCRYPTION_KEY 与封存时不同，或该行被改动过：请重新填写密钥。`],
    }),
    key_limit_near: ({ name, limit, percent, resets_at }, at) => ({
      title: `密钥 ${name} 的${LIMITS[limit]}已用 ${percent}%`,
      lines: [resets_at ? `将于 ${at(resets_at)} 重新计算。` : "不会重新计算。"],
    }),
    key_limit_reached: ({ name, limit, resets_at }, at) => ({
      title: `密钥 ${name} 的${LIMITS[limit]}已用完`,
      lines: [resets_at ? `在 ${at(resets_at)} 之前，它的请求会被拒绝。` : "在提高上限之前，它的请求会被拒绝。"],
    }),
    budget_near: ({ of, percent, spent_usd, budget_usd }) => ({
      title: `中继${periodOf(of)}预算已用 ${percent}%`,
      lines: [`$${spent_usd} / $${budget_usd}。不会因此拒绝请求。`],
    }),
    budget_reached: ({ of, spent_usd, budget_usd, to }, at) => ({
      title: `中继${periodOf(of)}预算已用完`,
      lines: [`$${spent_usd} / $${budget_usd}；周期于 ${at(to)} 结束。不会因此拒绝请求。`],
    }),
    model_unpriced: ({ model, requests }) => ({
      title: `模型 ${model} 没有已知价格`,
      lines: [`最近一天有 ${requests} 个请求按替代价格计费。请在控制台设置它的价格。`],
    }),
    cache_share_fell: ({ percent, before, model, key, account }) => ({
      title: `提示缓存命中下降：${before}% → ${percent}%`,
      lines: [
        "占全部输入 Token 的比例，最近六小时与此前一天相比。",
        ...shareLine("模型", model),
        ...shareLine("密钥", key),
        ...shareLine("账号", account),
      ],
    }),
    allowance_near: ({ allowance, percent, used, limit, exhausted_at }, at) => ({
      title: `当日${ALLOWANCES[allowance] ?? allowance}已用 ${percent}%`,
      lines: [
        `免费套餐 ${used} / ${limit}；UTC 零点重新计算。`,
        exhausted_at ? `照此速度，将于 ${at(exhausted_at)} 用完。` : "照此速度，当日够用。",
      ],
    }),
    allowance_used_up: ({ of }) => ({
      title: `当日${of === "objects" ? " Durable Objects " : " D1 "}额度已用完`,
      lines: [
        of === "objects"
          ? "UTC 零点之前，所有请求都会被拒绝：没有别处能保证密钥的限制。"
          : "请求照常处理；用量先保存，UTC 零点之后写入。",
      ],
    }),
    flush_failing: ({ name, failures, next_try }, at) => ({
      title: `密钥 ${name} 的用量无法写入 D1`,
      lines: [`已失败 ${failures} 次，下次尝试：${at(next_try)}。数据没有丢失，由它的闸门对象保存。`],
    }),
    booking_refused: ({ name, request }) => ({
      title: `D1 拒绝了密钥 ${name} 的一条记录`,
      lines: [`请求 ${request} 已单独存放，不在日志中；其余记录照常写入。`],
    }),
    storage_unwritable: ({ since }, at) => ({
      title: "D1 不接受写入",
      lines: [`最晚从 ${at(since)} 开始。请求照常转发，用量先保存，之后写入。`, "如果是当日额度用完，UTC 零点后恢复。"],
    }),
    job_failed: ({ job }) => ({
      title: `定时任务失败：${job}`,
      lines: ["原因见 Worker 日志。下次到点会再试。"],
    }),
    new_version: ({ version, current, url }) => ({
      title: `新版本 ${version} 已发布`,
      lines: [`当前版本：${current}。`, ...(url ? [url] : [])],
    }),
    digest: (digest, at) => {
      const { period, from, to, requests, errors, cost_usd, cache_percent, top_keys, accounts } = digest;
      const share = (percent: number | null) => (percent === null ? "无" : `${percent}%`);
      const day = period === "day" ? "日报" : "周报";
      const states = Object.entries(accounts).map(([state, count]) => `${STATES[state] ?? state} ${count}`);
      return {
        title: `中继${day}：${requests[0]} 个请求，$${cost_usd[0]}`,
        lines: [
          `${at(from)} 至 ${at(to)}；括号内为上一周期。`,
          `请求：${requests[0]}（${requests[1]}）`,
          `错误：${errors[0]}（${errors[1]}）`,
          `费用：$${cost_usd[0]}（$${cost_usd[1]}）`,
          `缓存命中：${share(cache_percent[0])}（${share(cache_percent[1])}）`,
          ...top_keys.map(({ name, requests: count, cost_usd: cost }) => `密钥 ${name}：$${cost}，${count} 个请求`),
          `账号：${states.join("，") || "无"}`,
        ],
      };
    },
  },
  over: (title) => `已恢复：${title}`,
  again: (title) => `仍然：${title}`,
  repeated: "这条消息可能重复：不清楚上一次是否送达。",
  test: (channel) => ({
    title: "Edge Relay 告警测试",
    lines: [`通道 ${channel} 工作正常，没有任何问题。`],
  }),
};
