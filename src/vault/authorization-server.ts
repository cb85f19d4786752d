/** Asks a provider's authorization server. Never throws; no answer is logged. */
import { textAtMost } from "../ground/bounded-body.ts";
import { MINUTE_MS } from "../ground/durations.ts";
import {
  type Flow,
  type FlowSettings,
  outcomeOf,
  type TokenOutcome,
  type TokenRequest,
} from "../providers/oauth/flow.ts";
import type { Exit } from "./exit.ts";

/**
 * Long, because an answer that comes after we have stopped waiting may bring the only valid refresh token. Requests do not wait
 * that long for a token: see PATIENCE_MS in tokens.ts.
 */
const ANSWER_MS = MINUTE_MS;
const LARGEST_ANSWER = 64 * 1024;

/** Asks for tokens. `first`: with which of the addresses to begin. An address that has no such endpoint is passed over. */
export async function askForTokens(
  flow: Flow,
  settings: FlowSettings,
  exit: Exit,
  request: TokenRequest,
  first = 0,
): Promise<TokenOutcome> {
  const { tokenUrls } = settings;
  let outcome: TokenOutcome = { kind: "elsewhere", status: 0 };
  for (let tried = 0; tried < tokenUrls.length && outcome.kind === "elsewhere"; tried++) {
    const answer = await askServer(exit, tokenUrls[(first + tried) % tokenUrls.length] ?? "", request);
    outcome = answer ? outcomeOf(flow, answer.status, answer.body, Date.now()) : { kind: "unclear", status: 0 };
  }
  return outcome;
}

/** One POST; null if no answer came. A redirect counts as an answer: nothing is sent to where it leads. */
export async function askServer(
  exit: Exit,
  url: string,
  { headers, body }: TokenRequest,
): Promise<{ status: number; body: string } | null> {
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(), ANSWER_MS);
  try {
    const response = await exit(url, { method: "POST", headers, body, redirect: "manual", signal: late.signal });
    return { status: response.status, body: await textAtMost(response, LARGEST_ANSWER) };
  } catch {
    return null;
  } finally {
    clearTimeout(timer);
  }
}
