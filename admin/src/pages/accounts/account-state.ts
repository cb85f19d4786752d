/** How an account is doing, as the relay says, in words. Pure. */
import type { Formats } from "../../locale/format.ts";
import { strings } from "../../locale/strings.ts";
import type { Account } from "./accounts.ts";

const words = strings.accounts;

export interface AccountState {
  text: string;
  tone: "ok" | "warn" | "bad" | "off";
  /** Why, in the relay's words; undefined where there is nothing to explain. */
  why: string | undefined;
}

export function accountState(
  { status, temporary_states }: Pick<Account, "status" | "temporary_states">,
  format: Formats,
): AccountState {
  const whole = temporary_states.find(({ scope }) => scope === "account");
  const why = (whole ?? temporary_states[0])?.reason;
  switch (status) {
    case "ok":
      return { text: words.scheduled, tone: "ok", why };
    case "limited": {
      const until = whole ? whole.until : firstEnd(temporary_states);
      return { text: until === null ? words.limited : words.limitedUntil(format.date(until)), tone: "warn", why };
    }
    case "disabled":
      return { text: words.outOfService, tone: "bad", why };
    case "unschedulable":
      return { text: words.unscheduled, tone: "off", why: undefined };
    case "expired":
      return { text: words.expired, tone: "bad", why: undefined };
  }
}

/** When the first of several keys is back, and with it the account; ISO 8601, in one zone, sorts as text. */
function firstEnd(states: Account["temporary_states"]): string | null {
  const ends = states.flatMap(({ until }) => until ?? []);
  return ends.sort()[0] ?? null;
}
