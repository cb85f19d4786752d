/** What the console says of prices, in Simplified Chinese. */
import type { prices as english } from "../en/prices.ts";

export const prices: typeof english = {
  title: "价格",
  about: "以下模型被使用过，但没有已知价格。它们的 token 已经入账；设置价格后，费用也会随之入账。",
  emptyTitle: "所有模型都有价格",
  empty: "如果使用了内置价目表和价格源都没有收录的模型，就会列在这里。",
  caption: "没有价格的模型",
  model: "模型",
  requests: "未计价请求",
  tokens: "token 数",
  tokensLong: "这些请求所在小时的全部 token 数",
  lastUsed: "最近使用",
  input: "输入价格（美元 / 百万 token）",
  output: "输出价格（美元 / 百万 token）",
  set: "设置价格",
  setting: "正在计价…",
  wasSet: (model) => `${model} 已有价格，相关请求已计价。`,
};
