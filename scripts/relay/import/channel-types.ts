/**
 * The numbered types of channels of one-api (relay/channeltype) and of new-api (constant/channel.go), which agree only up to 25. A type
 * that is not listed speaks a format of its own, or is no language model.
 */

export type ChannelPlace =
  /** OpenAI's formats at this address, or at the channel's own address with the same ending. */
  | { as: "openai"; at: string; ending: string }
  /** The channel has the whole address. */
  | { as: "openai-exact" }
  | { as: "anthropic" | "gemini" | "azure" | "bedrock" | "vertex" | "codex" };

const openai = (at: string, ending = "/v1"): ChannelPlace => ({ as: "openai", at, ending });

const BOTH: Record<number, ChannelPlace> = {
  1: openai("https://api.openai.com"),
  3: { as: "azure" },
  14: { as: "anthropic" },
  // Both used the providers' own formats there. The same keys work for OpenAI's format.
  16: openai("https://open.bigmodel.cn", "/api/paas/v4"),
  17: openai("https://dashscope.aliyuncs.com", "/compatible-mode/v1"),
  20: openai("https://openrouter.ai/api"),
  24: { as: "gemini" },
  25: openai("https://api.moonshot.cn"),
  31: openai("https://api.lingyiwanwu.com"),
  33: { as: "bedrock" },
};

const ONE_API: Record<number, ChannelPlace> = {
  ...BOTH,
  8: openai(""),
  19: openai("https://ai.360.cn"),
  26: openai("https://api.baichuan-ai.com"),
  27: openai("https://api.minimax.chat"),
  28: openai("https://api.mistral.ai"),
  29: openai("https://api.groq.com/openai"),
  30: openai("http://localhost:11434"),
  32: openai("https://api.stepfun.com"),
  36: openai("https://api.deepseek.com"),
  39: openai("https://api.together.xyz"),
  40: openai("https://ark.cn-beijing.volces.com", "/api/v3"),
  41: openai("https://api.novita.ai/v3/openai", ""),
  42: { as: "vertex" },
  44: openai("https://api.siliconflow.cn"),
  45: openai("https://api.x.ai"),
  47: openai("https://qianfan.baidubce.com", "/v2"),
  49: openai("https://dashscope.aliyuncs.com", "/compatible-mode/v1"),
  50: openai("", ""),
  51: openai("https://generativelanguage.googleapis.com/v1beta/openai", ""),
};

const NEW_API: Record<number, ChannelPlace> = {
  ...BOTH,
  4: openai("http://localhost:11434"),
  8: { as: "openai-exact" },
  19: openai("https://api.360.cn"),
  26: openai("https://open.bigmodel.cn", "/api/paas/v4"),
  27: openai("https://api.perplexity.ai", ""),
  35: openai("https://api.minimax.chat"),
  40: openai("https://api.siliconflow.cn"),
  41: { as: "vertex" },
  42: openai("https://api.mistral.ai"),
  43: openai("https://api.deepseek.com"),
  45: openai("https://ark.cn-beijing.volces.com", "/api/v3"),
  46: openai("https://qianfan.baidubce.com", "/v2"),
  47: openai(""),
  48: openai("https://api.x.ai"),
  53: openai("https://llm.submodel.ai"),
  57: { as: "codex" },
};

export const CHANNEL_TYPES = { "one-api": ONE_API, "new-api": NEW_API };

/** Types that used the provider's own format, and use OpenAI's here. */
export const OTHER_FORMAT: ReadonlySet<number> = new Set([16, 17]);
