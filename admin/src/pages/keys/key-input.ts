/**
 * From what a person typed to what the API takes. Pure; refuses with one message per field, named as the API names it.
 */

import { strings } from "../../locale/en.ts";
import type { ApiKeyInput } from "./keys.ts";

export interface KeyFormValues {
  name: string;
  description: string;
  concurrency: string;
  requests: string;
  windowMinutes: string;
  /** "never", a number of days, or "date". */
  expiry: string;
  /** Of a `datetime-local` input: local time without a zone. Read only when `expiry` is "date". */
  expiryDate: string;
}

export const EXPIRY_DAYS = [1, 7, 30, 90, 365] as const;
const DAY_MS = 86_400_000;

export type KeyFormErrors = Partial<Record<keyof ApiKeyInput, string>>;

/** `now` in milliseconds since the epoch. */
export function keyInput(
  values: KeyFormValues,
  now: number,
): { ok: true; value: ApiKeyInput } | { ok: false; errors: KeyFormErrors } {
  const errors: KeyFormErrors = {};
  const name = values.name.trim();
  if (name === "") errors.name = strings.form.required;

  const concurrency = countOf(values.concurrency);
  if (concurrency === "invalid") errors.concurrency_limit = strings.form.wholeNumber;
  const requests = countOf(values.requests);
  if (requests === "invalid") errors.rate_limit_requests = strings.form.wholeNumber;
  // The window alone limits nothing, so it is read only along with the requests.
  const window = requests === null ? null : countOf(values.windowMinutes);
  if (window === "invalid") errors.rate_limit_window_minutes = strings.form.wholeNumber;
  if (window === null && requests !== null) errors.rate_limit_window_minutes = strings.form.requestsNeedWindow;

  const expiresAt = expiryOf(values, now);
  if (expiresAt === "missing") errors.expires_at = strings.form.dateNeeded;
  if (expiresAt === "past") errors.expires_at = strings.form.datePast;

  if (Object.keys(errors).length > 0) return { ok: false, errors };

  const value: ApiKeyInput = { name };
  if (values.description.trim() !== "") value.description = values.description.trim();
  if (typeof concurrency === "number") value.concurrency_limit = concurrency;
  if (typeof requests === "number" && typeof window === "number") {
    value.rate_limit_requests = requests;
    value.rate_limit_window_minutes = window;
  }
  if (typeof expiresAt === "number") value.expires_at = new Date(expiresAt).toISOString();
  return { ok: true, value };
}

/** Null for an empty field. */
function countOf(text: string): number | null | "invalid" {
  const trimmed = text.trim();
  if (trimmed === "") return null;
  const count = /^\d{1,15}$/.test(trimmed) ? Number(trimmed) : 0;
  return count >= 1 ? count : "invalid";
}

/** Milliseconds since the epoch, or null for never. */
function expiryOf(values: KeyFormValues, now: number): number | null | "missing" | "past" {
  if (values.expiry === "never") return null;
  if (values.expiry !== "date") return now + Number(values.expiry) * DAY_MS;
  const time = new Date(values.expiryDate).getTime();
  if (Number.isNaN(time)) return "missing";
  return time > now ? time : "past";
}
