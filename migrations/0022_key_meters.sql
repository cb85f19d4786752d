-- What the gate of each key has used of the free plan's daily allowances, by its own count, on the day `meter_day` (days since the
-- epoch in UTC, as Cloudflare counts them).
ALTER TABLE key_figures ADD COLUMN meter_day INTEGER NOT NULL DEFAULT 0;
ALTER TABLE key_figures ADD COLUMN admissions INTEGER NOT NULL DEFAULT 0;
ALTER TABLE key_figures ADD COLUMN object_requests INTEGER NOT NULL DEFAULT 0;
ALTER TABLE key_figures ADD COLUMN object_rows INTEGER NOT NULL DEFAULT 0;
ALTER TABLE key_figures ADD COLUMN d1_rows INTEGER NOT NULL DEFAULT 0;
