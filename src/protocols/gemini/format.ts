/** The wire format of Google's generateContent, each part from its own file. */
import type { WireFormat } from "../wire.ts";
import * as check from "./check.ts";
import * as errors from "./errors.ts";
import * as models from "./models.ts";
import * as peek from "./peek.ts";
import * as usage from "./usage.ts";

export const GEMINI: WireFormat = {
  ...errors,
  ...peek,
  ...usage,
  models,
  check,
  // Google's API has no headers for limits.
  limits: { used: () => ({}), reached: () => ({}) },
  countAnswer: (totalTokens) => ({ totalTokens }),
};
