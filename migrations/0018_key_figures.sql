-- What the gate of each key said last of its limits and of what is used of them, written with each flush of its ledger: so a list
-- of keys is sorted and filtered without an object request per key. `said_at` 0: made of the sums below, before any gate has told.
CREATE TABLE key_figures (
  key_id TEXT PRIMARY KEY,
  said_at INTEGER NOT NULL,
  -- `api_keys.updated_at` of the policy that `state` was judged by.
  policy_version INTEGER NOT NULL DEFAULT 0,
  state TEXT NOT NULL DEFAULT 'unknown',
  -- When that state ends by itself; NULL: it does not.
  state_until INTEGER,
  first_used_at INTEGER,
  last_used_at INTEGER NOT NULL,
  requests INTEGER NOT NULL,
  tokens INTEGER NOT NULL,
  cost_nanos INTEGER NOT NULL,
  window_started_at INTEGER NOT NULL DEFAULT 0,
  window_requests INTEGER NOT NULL DEFAULT 0,
  window_tokens INTEGER NOT NULL DEFAULT 0,
  window_cost_nanos INTEGER NOT NULL DEFAULT 0,
  day_started_at INTEGER NOT NULL DEFAULT 0,
  day_cost_nanos INTEGER NOT NULL DEFAULT 0,
  week_started_at INTEGER NOT NULL DEFAULT 0,
  week_cost_nanos INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;

-- What is known of keys that were used before: totals, and the last use to within an hour, or a day.
INSERT INTO key_figures (key_id, said_at, last_used_at, requests, tokens, cost_nanos)
SELECT key_id, 0, max(time), sum(requests), sum(tokens), sum(cost_nanos) FROM (
  SELECT key_id, hour * 3600000 AS time, requests, cost_nanos,
    input_tokens + cache_write_5m_tokens + cache_write_1h_tokens + cache_read_tokens + output_tokens AS tokens
  FROM usage_hourly
  UNION ALL
  SELECT key_id, day * 86400000, requests, cost_nanos,
    input_tokens + cache_write_5m_tokens + cache_write_1h_tokens + cache_read_tokens + output_tokens
  FROM usage_daily
) GROUP BY key_id;
