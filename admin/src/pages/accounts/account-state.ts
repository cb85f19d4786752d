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
  {
    status,
    status_reason,
    status_until: until,
    temporary_states,
  }: Pick<Account, "status" | "status_reason" | "status_until" | "temporary_states">,
  format: Formats,
): AccountState {
  const why = status_reason ?? temporary_states[0]?.reason;
  switch (status) {
    case "ok":
    case "untested":
      return { text: words.scheduled, tone: "ok", why };
    case "limited":
    case "cooling_down":
      return { text: until === null ? words.limited : words.limitedUntil(format.date(until)), tone: "warn", why };
    case "disabled":
    case "sign_in_needed":
      return { text: words.outOfService, tone: "bad", why };
    case "paused":
      return { text: words.unscheduled, tone: "off", why: undefined };
    case "expired":
      return { text: words.expired, tone: "bad", why: undefined };
  }
}
