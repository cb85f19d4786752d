-- How often each key was refused, by reason and hour: counters that its gate holds and writes with its flushes, not a row for each
-- refusal. `key_id` is empty for what was refused before anybody knew whose it was, counted where no gate could take it along.
CREATE TABLE refusals_hourly (
  hour INTEGER NOT NULL,
  key_id TEXT NOT NULL,
  reason TEXT NOT NULL,
  count INTEGER NOT NULL,
  PRIMARY KEY (hour, key_id, reason)
) WITHOUT ROWID;
