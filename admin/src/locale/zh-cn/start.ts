/** The console's words for the way to a client's first request, in Simplified Chinese. */
import type { start as english } from "../en/start.ts";

export const start: typeof english = {
  title: "接入客户端",
  about: "从账号到第一个请求。可以随时离开，之后从同一步继续。",
  progress: "进度",
  done: "已完成",
  steps: {
    account: "账号",
    key: "密钥",
    client: "客户端",
    request: "第一个请求",
  },
  why: {
    account: "由谁应答：某个服务商的 API 密钥或登录。",
    key: "客户端凭它访问中转服务，用量也由它限制。",
    client: "适合你所用客户端的内容，粘贴即可。",
    request: "此页面会一直等待，请求成功后变为绿色。",
  },
  otherKind: "选择其他服务商",
  chooseKey: "使用哪个密钥？",
  newKey: "新密钥",
  newKeyHint: "其他设置都在密钥自己的页面上。",
  existing: "或使用已有的密钥",
  use: "使用此密钥",
  forKey: (name) => `使用密钥 ${name}`,
  wait: "然后用它发送一个请求",
  worked: "接入成功",
  workedWhat: "从现在起，它的请求会出现在日志中，费用会计入概览。",
  another: "接入另一个客户端",
  log: "打开请求日志",
  overview: "前往概览",
};
