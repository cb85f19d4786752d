-- When each was looked at last, so that those that wait longest come first, and which of its account's keys made it
-- (its fingerprint), so that one question tells whether the provider still has it.
ALTER TABLE background_responses ADD COLUMN looked_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE background_responses ADD COLUMN account_key_id TEXT NOT NULL DEFAULT '';
