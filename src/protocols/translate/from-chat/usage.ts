/** The usage of an answer in the format of Chat Completions: the input includes what lay in caches, each token once. */
import type { CompletionUsage } from "openai/resources/completions";
import type { Usage } from "../../../vocabulary.ts";

export function chatUsage({ input, cacheWrite5m, cacheWrite1h, cacheRead, output, reasoning }: Usage): CompletionUsage {
  const written = cacheWrite5m + cacheWrite1h;
  const prompt = input + written + cacheRead;
  return {
    prompt_tokens: prompt,
    completion_tokens: output,
    total_tokens: prompt + output,
    prompt_tokens_details: { cached_tokens: cacheRead, cache_write_tokens: written },
    completion_tokens_details: { reasoning_tokens: reasoning },
  };
}
