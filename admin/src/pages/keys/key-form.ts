/** What is asked for a new key, under the API's names. Limits that are not asked here can be set through the API. */
import type { Choice, Values } from "../../form/field.ts";
import { count, expiry, onlyWhere, optional, text } from "../../form/field.ts";
import { strings } from "../../locale/strings.ts";

const words = strings.keys;
const USUAL_WINDOW_MINUTES = "60";
const DAYS = [1, 7, 30, 90, 365];

export const KEY_FIELDS = {
  name: text({ label: words.name, hint: words.nameHint }),
  description: optional(text({ label: words.description })),
  concurrency_limit: optional(count({ label: words.concurrency })),
  rate_limit_requests: optional(count({ label: words.requests })),
  // The window alone limits nothing.
  rate_limit_window_minutes: onlyWhere(
    (drafts) => drafts.rate_limit_requests?.trim() !== "",
    count({ label: words.window, initial: USUAL_WINDOW_MINUTES }),
  ),
  expires_at: expiry({
    label: words.expiry,
    never: words.expiryNever,
    days: DAYS.map((days): Choice => [String(days), words.expiryDays(days)]),
    own: words.expiryDate,
    ownLabel: words.expiryOn,
  }),
};

export type KeyValues = Values<typeof KEY_FIELDS>;

export const KEY_SECTIONS = [
  { names: ["name", "description"] },
  {
    title: words.limits,
    names: ["concurrency_limit", "rate_limit_requests", "rate_limit_window_minutes", "expires_at"],
  },
] as const;
