-- Whose request it was, as the client says: its session, the sub-agent within it, and that one's parent. No index: a second
-- written row for each request would halve what the free plan carries; what asks for a session reads a bounded range.
ALTER TABLE requests ADD COLUMN session_id TEXT;
ALTER TABLE requests ADD COLUMN agent_id TEXT;
ALTER TABLE requests ADD COLUMN parent_agent_id TEXT;
