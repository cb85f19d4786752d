-- Accounts that are signed in to: whose they are, and whether they serve keys of other owners too.
ALTER TABLE accounts ADD COLUMN owner TEXT NOT NULL DEFAULT '';
ALTER TABLE accounts ADD COLUMN shared INTEGER NOT NULL DEFAULT 0;
-- When a sign-in ends that nothing renews; null for keys, and for one that renews itself.
ALTER TABLE credentials ADD COLUMN ends_at INTEGER;
