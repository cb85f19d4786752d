/** What an HTTP status says, for services that mean it; and how services say why not. Pure. */
import { object, text } from "../../ground/json.ts";
import type { Answer, Verdict } from "./channel.ts";

/** These pass. Every other status of 400 and more is an answer for good. */
const PASSING = [408, 425, 429];
/** A longer text is a page, and no word for why not. */
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
  // Not cut here: the half of a secret would not be known as one (src/alerts/send.ts).
  return why ? `${code}: ${why}` : code;
}

/** `retry-after` in seconds; a date is not what these services send. */
function waitOf({ retryAfter }: Answer): number | null {
  return retryAfter !== null && /^\d{1,6}(?:\.\d+)?$/.test(retryAfter) ? Number(retryAfter) * 1_000 : null;
}

/** The usual places of an error's words; else the beginning of a short text. */
function whyOf({ body, text: said }: Answer): string | null {
  const read = object(body);
  const named = text(read?.message) ?? text(read?.error) ?? text(read?.description) ?? text(read?.msg);
  return named ?? (said.length <= LONGEST_TEXT && !said.startsWith("<") ? text(said.trim()) : null);
}
