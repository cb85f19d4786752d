/** The wire format of OpenAI's Chat Completions, each part from its own file. */
import * as models from "../openai-models.ts";
import type { WireFormat } from "../wire.ts";
import * as check from "./check.ts";
import * as errors from "./errors.ts";
import * as limits from "./limits.ts";
import * as peek from "./peek.ts";
import * as usage from "./usage.ts";

export const CHAT: WireFormat = {
  ...errors,
  ...peek,
  ...usage,
  models,
  check,
  limits,
  countAnswer: (input_tokens) => ({ input_tokens }),
};
