/**
 * Which account a session used last. It is kept with the key, because sessions of different keys have nothing to do with each
 * other. Pure. A session stays with the account that served it last, and never returns to an earlier one by itself.
 */
import { HOUR_MS } from "../ground/durations.ts";

export interface Session {
  id: string;
  accountId: string;
  expiresAt: number;
}

/** Longer than any provider keeps a prompt cache. */
const SESSION_TTL_MS = HOUR_MS;
/** Sessions are part of the state that is written with every request. */
const SESSIONS_MAX = 64;

/** The account of a session, or null. */
export function accountOfSession(sessions: readonly Session[], id: string | null, now: number): string | null {
  if (id === null) return null;
  return sessions.find((session) => session.id === id && session.expiresAt > now)?.accountId ?? null;
}

/** The sessions with this one renewed: newest last, the oldest forgotten. */
export function renewSession(sessions: readonly Session[], id: string, accountId: string, now: number): Session[] {
  const others = sessions.filter((session) => session.id !== id && session.expiresAt > now);
  return [...others, { id, accountId, expiresAt: now + SESSION_TTL_MS }].slice(-SESSIONS_MAX);
}
