/** What sessions of clients, and the agents within them, have used: read from the request log, which is kept for some weeks. */
import { z } from "zod";
import type { UsageView } from "../../vocabulary.ts";
import { idCursor, type Page } from "../api/page.ts";
import { time } from "../api/values.ts";

export const usageSessionsQuery = z.strictObject({
  cursor: idCursor("req"),
  from: time.optional(),
  to: time.optional(),
  key_id: z.string().min(1).max(100).optional(),
  /** One session: its agents. */
  session_id: z.string().min(1).max(64).optional(),
});

export type ReadUsageSessions = z.output<typeof usageSessionsQuery>;

export interface SessionUsage extends UsageView {
  key_id: string;
  session_id: string;
  /** Null for the session's own requests. */
  agent_id: string | null;
  parent_agent_id: string | null;
  requests: number;
  cost_usd: string;
  /** The first and the last request that this page has of it. */
  first_at: string;
  last_at: string;
}

/** Dearest first. With `next_cursor` the log goes on, and so may the sessions: what they have there is to be added. */
export type SessionsPage = Page<SessionUsage>;
