/** A key's limits, in the headers that OpenAI's API uses for its windows. No Chat client is known to read other headers. */
import type { Allowance } from "../../ground/allowance.ts";
import { type HeaderValues, OPENAI_WINDOWS, windowHeaders } from "../limits.ts";

export function used(allowances: readonly Allowance[], now: number): HeaderValues {
  return windowHeaders(allowances, now, OPENAI_WINDOWS);
}

export function reached(): HeaderValues {
  return {};
}
