/**
 * What one isolate remembers of the accounts it has used: how many requests each has in flight, and when each was chosen
 * last. That is good enough to spread a burst over equals; the Keeper holds the limits that must be exact.
 */

const inFlight = new Map<string, number>();
const lastChosen = new Map<string, number>();
let choices = 0;

/** Counts a request to an account. Whoever calls this must call `requestEnded` once, however the request ends. */
export function requestStarted(accountId: string): void {
  inFlight.set(accountId, inFlightOf(accountId) + 1);
  lastChosen.set(accountId, ++choices);
}

export function requestEnded(accountId: string): void {
  const left = inFlightOf(accountId) - 1;
  if (left > 0) inFlight.set(accountId, left);
  else inFlight.delete(accountId);
}

/** How many requests of this isolate an account has in flight. */
export function inFlightOf(accountId: string): number {
  return inFlight.get(accountId) ?? 0;
}

/** A number that grows with each choice; 0 for an account that this isolate has never chosen. */
export function lastChosenOf(accountId: string): number {
  return lastChosen.get(accountId) ?? 0;
}
