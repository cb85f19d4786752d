/** The wire format of Anthropic's Messages, each part from its own file. */
import type { WireFormat } from "../wire.ts";
import * as check from "./check.ts";
import * as errors from "./errors.ts";
import * as limits from "./limits.ts";
import * as models from "./models.ts";
import * as peek from "./peek.ts";
import * as usage from "./usage.ts";

export const ANTHROPIC: WireFormat = {
  ...errors,
  ...peek,
  ...usage,
  models,
  check,
  limits,
  countAnswer: (input_tokens) => ({ input_tokens }),
};
