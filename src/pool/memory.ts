/**
 * What one isolate remembers of the accounts it has used: who is busy, and who was chosen when. Good enough to spread
 * a burst over equals; limits that must hold exactly are the Keeper's.
 */

const inFlight = new Map<string, number>();
const lastChosen = new Map<string, number>();
let choices = 0;

/** Notes that a request goes to an account. Whoever calls this calls `noteDone` once, however the request ends. */
export function noteChosen(accountId: string): void {
  inFlight.set(accountId, inFlightOf(accountId) + 1);
  lastChosen.set(accountId, ++choices);
}

export function noteDone(accountId: string): void {
  const left = inFlightOf(accountId) - 1;
  if (left > 0) inFlight.set(accountId, left);
  else inFlight.delete(accountId);
}

/** Requests of this isolate under way at an account. */
export function inFlightOf(accountId: string): number {
  return inFlight.get(accountId) ?? 0;
}

/** A number that grows with each choice; 0 for an account that this isolate has never chosen. */
export function lastChosenOf(accountId: string): number {
  return lastChosen.get(accountId) ?? 0;
}
