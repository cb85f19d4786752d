/**
 * The slots that requests take at one account, and what its day has cost, as pure functions over its object's state: no
 * storage, no clock. A slot is released with what the request cost. A slot that lapses is booked at the estimate that came
 * with it, and a late release corrects that.
 */

export interface Slot {
  /** Id of the lease. */
  id: string;
  expiresAt: number;
  /** The request probes the account after an outage. */
  probe: boolean;
  /** What is booked if it lapses before it is released. */
  estimateNanos: number;
}

export interface Lapsed {
  id: string;
  at: number;
  probe: boolean;
  estimateNanos: number;
}

export interface Slots {
  leases: Slot[];
  /** Lapsed slots, booked at their estimates, newest last. Their requests may still be in flight, or their releases on the way. */
  lapsed: Lapsed[];
  day: { startedAt: number; costNanos: number };
}

/** A lapsed request whose release comes after so many others have lapsed stays booked at its estimate. */
const LAPSED_MAX = 64;

/** The state at `now`: slots whose time is over are booked, and a new day has begun. Both times in milliseconds since the epoch. */
export function roll<State extends Slots>(state: State, dayStartedAt: number, now: number): State {
  const over = state.leases.filter(({ expiresAt }) => expiresAt <= now);
  const begun = state.day.startedAt < dayStartedAt;
  if (over.length === 0 && !begun) return state;
  const day = begun ? { startedAt: dayStartedAt, costNanos: 0 } : state.day;
  // A slot that lapsed before the new day began belongs to the old one.
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

/** Releases the slot and books what the request cost; null if the slot is not known: it is booked already, or was never taken. */
export function releaseSlot<State extends Slots>(state: State, id: string, costNanos: number): State | null {
  const current = state.leases.some((lease) => lease.id === id);
  const lapsed = state.lapsed.find((lease) => lease.id === id);
  if (!current && !lapsed) return null;
  const booked = lapsed && lapsed.at >= state.day.startedAt ? lapsed.estimateNanos : 0;
  return {
    ...state,
    leases: state.leases.filter((lease) => lease.id !== id),
    lapsed: state.lapsed.filter((lease) => lease.id !== id),
    day: { ...state.day, costNanos: Math.max(0, state.day.costNanos + costNanos - booked) },
  };
}

/** Keeps the slot until `expiresAt`, even if it has lapsed, because its request is in flight. Null if the slot is not known. */
export function renewSlot<State extends Slots>(state: State, id: string, expiresAt: number): State | null {
  const current = state.leases.find((lease) => lease.id === id);
  if (current) {
    return { ...state, leases: state.leases.map((lease) => (lease === current ? { ...current, expiresAt } : lease)) };
  }
  const lapsed = state.lapsed.find((lease) => lease.id === id);
  const reopened = lapsed && releaseSlot(state, id, 0);
  if (!lapsed || !reopened) return null;
  const { probe, estimateNanos } = lapsed;
  return { ...reopened, leases: [...reopened.leases, { id, expiresAt, probe, estimateNanos }] };
}
