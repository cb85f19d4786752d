/**
 * The places that requests take at one account, and what a day of it has cost, as pure functions over its object's
 * state: no storage, no clock. A place is given back with what the request cost; one that lapses is booked at what was
 * estimated when it was taken, and a late return corrects that.
 */

export interface Place {
  /** Id of the lease. */
  id: string;
  expiresAt: number;
  /** The request is the one that tries the account again after an outage. */
  probe: boolean;
  /** What is booked should nobody ever say what it cost. */
  estimateNanos: number;
}

export interface Lapsed {
  id: string;
  at: number;
  probe: boolean;
  estimateNanos: number;
}

export interface Places {
  leases: Place[];
  /** Booked at their estimate, newest last: their requests may still be under way, or their return on its way. */
  lapsed: Lapsed[];
  day: { startedAt: number; costNanos: number };
}

/** A request that returns its place later than 64 others have lapsed stays booked at its estimate. */
const LAPSED_MAX = 64;

/** As it is at `now`: places that have lapsed booked, and a new day begun. `dayStartedAt` in milliseconds. */
export function roll<State extends Places>(state: State, dayStartedAt: number, now: number): State {
  const over = state.leases.filter(({ expiresAt }) => expiresAt <= now);
  const begun = state.day.startedAt < dayStartedAt;
  if (over.length === 0 && !begun) return state;
  const day = begun ? { startedAt: dayStartedAt, costNanos: 0 } : state.day;
  // What lapsed before the new day belonged to the old one.
  const today = over.filter(({ expiresAt }) => expiresAt >= day.startedAt);
  const costNanos = day.costNanos + today.reduce((sum, { estimateNanos }) => sum + estimateNanos, 0);
  const lapsed = over.map(({ id, expiresAt, probe, estimateNanos }) => ({ id, at: expiresAt, probe, estimateNanos }));
  return {
    ...state,
    leases: state.leases.filter(({ expiresAt }) => expiresAt > now),
    lapsed: [...state.lapsed, ...lapsed].slice(-LAPSED_MAX),
    day: { ...day, costNanos },
  };
}

/** The place given back and booked at what the request cost; null where it is not known here: booked already, or never taken. */
export function giveBack<State extends Places>(state: State, id: string, costNanos: number): State | null {
  const held = state.leases.some((lease) => lease.id === id);
  const lapsed = state.lapsed.find((lease) => lease.id === id);
  if (!held && !lapsed) return null;
  const booked = lapsed && lapsed.at >= state.day.startedAt ? lapsed.estimateNanos : 0;
  return {
    ...state,
    leases: state.leases.filter((lease) => lease.id !== id),
    lapsed: state.lapsed.filter((lease) => lease.id !== id),
    day: { ...state.day, costNanos: Math.max(0, state.day.costNanos + costNanos - booked) },
  };
}

/** The place kept until `expiresAt`, also one that has lapsed meanwhile: its request lives. Null where it is not known. */
export function renew<State extends Places>(state: State, id: string, expiresAt: number): State | null {
  const held = state.leases.find((lease) => lease.id === id);
  if (held) return { ...state, leases: state.leases.map((lease) => (lease === held ? { ...held, expiresAt } : lease)) };
  const lapsed = state.lapsed.find((lease) => lease.id === id);
  const reopened = lapsed && giveBack(state, id, 0);
  if (!lapsed || !reopened) return null;
  const { probe, estimateNanos } = lapsed;
  return { ...reopened, leases: [...reopened.leases, { id, expiresAt, probe, estimateNanos }] };
}
