/** What an HTTP status means, for services that use it properly, and where services put their reasons. Pure. */
import { object, text } from "../../ground/json.ts";
import type { Answer, Verdict } from "./channel.ts";

/** These are temporary. Any other status from 400 on is final. */
const PASSING = [408, 425, 429];
/** A longer text is a page, not a reason. */
const LONGEST_TEXT = 200;

export function byStatus(answer: Answer, why: string | null = whyOf(answer)): Verdict {
  const { status } = answer;
  if (status >= 200 && status < 300) return { ok: true };
  const again = PASSING.includes(status) || status >= 500;
  return { ok: false, again, afterMs: again ? waitOf(answer) : null, why: refusal(String(status), why) };
}

/** A refusal with a code of the service's own. */
export function byCode(code: number, why: string | null, passing: readonly number[], afterMs: number): Verdict {
  const again = passing.includes(code);
  return { ok: false, again, afterMs: again ? afterMs : null, why: refusal(String(code), why) };
}

function refusal(code: string, why: string | null): string {
  // It is not cut here, because half of a secret would not be recognised as one (src/alerts/send.ts).
  return why ? `${code}: ${why}` : code;
}

/** `retry-after` in seconds. These services send no dates. */
function waitOf({ retryAfter }: Answer): number | null {
  return retryAfter !== null && /^\d{1,6}(?:\.\d+)?$/.test(retryAfter) ? Number(retryAfter) * 1_000 : null;
}

/** The error's words from their usual places, otherwise the beginning of a short text. */
function whyOf({ body, text: said }: Answer): string | null {
  const read = object(body);
  const named = text(read?.message) ?? text(read?.error) ?? text(read?.description) ?? text(read?.msg);
  return named ?? (said.length <= LONGEST_TEXT && !said.startsWith("<") ? text(said.trim()) : null);
}
