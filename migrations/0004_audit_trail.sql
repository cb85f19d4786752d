-- Who did it (a session, and the identity where Cloudflare Access stands in front), from which address, and what
-- changed: `changes` is {field: {old, new}}, never a secret. '' where nothing is known: rows of before, and what the
-- relay does by itself.
ALTER TABLE audit ADD COLUMN session TEXT NOT NULL DEFAULT '';
ALTER TABLE audit ADD COLUMN identity TEXT NOT NULL DEFAULT '';
ALTER TABLE audit ADD COLUMN address TEXT NOT NULL DEFAULT '';
ALTER TABLE audit ADD COLUMN changes TEXT NOT NULL DEFAULT '{}';

-- A session that was opened behind Cloudflare Access belongs to the identity that opened it.
ALTER TABLE admin_sessions ADD COLUMN identity TEXT NOT NULL DEFAULT '';
