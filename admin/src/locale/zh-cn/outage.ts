/** What every page says while a part of the relay does not work, in Simplified Chinese. */
import type { outage as english } from "../en/outage.ts";

export const outage: typeof english = {
  usedUp: {
    d1: (until) => `D1 今天的额度已用完。请求照常服务，记账不会丢失；在 ${until} 之前数字停止更新，也不能修改。`,
    objects: (until) => `Durable Objects 今天的额度已用完：${until} 之前请求会被拒绝。`,
  },
  failed: (parts) => `出现故障：${parts}。`,
  more: "查看原因",
  parts: {
    secrets: "中转服务的机密",
    d1_reads: "读取 D1",
    d1_writes: "写入 D1",
    kv: "KV 存储",
    gates: "密钥对象",
    vault: "打开凭据",
    accounts: "账号",
    prices: "价格源",
    cron: "定时任务",
    backup: "定时备份",
  },
};
