/** The console's words for groups, in Simplified Chinese. */
import type { groups as english } from "../en/groups.ts";

export const groups: typeof english = {
  title: "分组",
  about: "绑定了分组的密钥只由组内账号处理。没有分组的密钥使用所有账号。",
  add: "创建分组",
  search: "搜索名称",
  emptyTitle: "还没有分组",
  empty: "创建分组，为部分密钥提供专用的账号池。",
  name: "名称",
  strategy: "策略",
  strategies: {
    priority: "优先级",
    "round-robin": "轮询",
    random: "随机",
    weighted: "按权重",
    failover: "故障转移",
  },
  strategyHints: {
    priority: "优先级：数字最小的在前",
    "round-robin": "轮询：依次使用",
    random: "随机",
    weighted: "按权重：按账号的权重分配",
    failover: "故障转移：严格依次尝试",
  },
  members: "账号",
  membersHint: "一个账号可以属于多个分组。",
  noMembers: "没有账号：所有请求都会被拒绝",
  wasDeleted: (name) => `${name} 已删除。`,
};
