/** What the console says of settings, in Simplified Chinese. */
import type { settings as english } from "../en/settings.ts";

export const settings: typeof english = {
  title: "设置",
  strategy: "由哪个账号处理",
  strategyWhat: "适用于没有绑定分组的密钥。分组有各自的策略。",
  strategyOf: "策略",
  strategies: {
    priority: "优先级：数字最小的在前",
    "round-robin": "轮询：依次使用",
    random: "随机",
    weighted: "按权重：按账号的权重分配",
    failover: "故障转移：严格依次尝试",
  },
  look: "本控制台",
  seals: "加密数据",
  sealsWhat: "凭据和密钥以 ENCRYPTION_KEY 加密保存。在其前面加入新密钥之后，请重新加密。",
  seal: "重新加密",
  sealing: "正在加密…",
  sealed: {
    newest: (count) => `${count} 项使用最新密钥`,
    older: (count) => `${count} 项使用较旧的密钥`,
    unknown: (count) => `${count} 项没有密钥可以打开`,
  },
  resealed: (count) => `已重新加密 ${count} 项`,
  notResealed: (count) => `${count} 项保持原样`,
};
