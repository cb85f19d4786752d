/** Asks a provider's authorization server. Never throws; what it answers is not logged. */
import { MINUTE_MS } from "../ground/durations.ts";
import {
  type Flow,
  type FlowSettings,
  outcomeOf,
  type TokenOutcome,
  type TokenRequest,
} from "../providers/oauth/flow.ts";

/**
 * Long, because an answer that comes after we have stopped waiting may bring the only valid refresh token. Nobody waits
 * that long for a token: see PATIENCE_MS in tokens.ts.
 */
const ANSWER_MS = MINUTE_MS;
const LARGEST_ANSWER = 64 * 1024;

/** `first`: at which of the addresses to begin. One where nothing of the kind is found is passed over. */
export async function askForTokens(
  flow: Flow,
  settings: FlowSettings,
  request: TokenRequest,
  first = 0,
): Promise<TokenOutcome> {
  const { tokenUrls } = settings;
  let outcome: TokenOutcome = { kind: "elsewhere", status: 0 };
  for (let tried = 0; tried < tokenUrls.length && outcome.kind === "elsewhere"; tried++) {
    outcome = await ask(flow, tokenUrls[(first + tried) % tokenUrls.length] ?? "", request);
  }
  return outcome;
}

async function ask(flow: Flow, url: string, { headers, body }: TokenRequest): Promise<TokenOutcome> {
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(), ANSWER_MS);
  try {
    const response = await fetch(
      new Request(url, { method: "POST", headers, body, redirect: "manual", signal: late.signal }),
    );
    const answer = (await response.text()).slice(0, LARGEST_ANSWER);
    return outcomeOf(flow, response.status, answer, Date.now());
  } catch {
    return { kind: "unclear", status: 0 };
  } finally {
    clearTimeout(timer);
  }
}
