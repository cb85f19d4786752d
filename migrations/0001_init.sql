-- Every table is WITHOUT ROWID and has no secondary index unless a comment says why:
-- D1 bills one written row per table row and one more per index entry, and the free plan has 100,000 a day.
-- Times are milliseconds since the epoch, money is integer nano-dollars, booleans are 0/1.

CREATE TABLE accounts (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  platform TEXT NOT NULL,
  kind TEXT NOT NULL,
  base_url TEXT NOT NULL,
  priority INTEGER NOT NULL DEFAULT 50,
  weight INTEGER NOT NULL DEFAULT 1,
  max_concurrency INTEGER,
  cost_multiplier_milli INTEGER NOT NULL DEFAULT 1000,
  schedulable INTEGER NOT NULL DEFAULT 1,
  protocols TEXT NOT NULL DEFAULT '[]',
  allowed_models TEXT NOT NULL DEFAULT '[]',
  model_mapping TEXT NOT NULL DEFAULT '{}',
  daily_quota_nanos INTEGER,
  quota_reset_hour INTEGER NOT NULL DEFAULT 0,
  expires_at INTEGER,
  first_byte_timeout_ms INTEGER,
  idle_timeout_ms INTEGER,
  scheduled_test INTEGER NOT NULL DEFAULT 0,
  extra_headers TEXT NOT NULL DEFAULT '{}',
  note TEXT NOT NULL DEFAULT '',
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) WITHOUT ROWID;

-- One row per upstream key of an account. `sealed` is AES-256-GCM bound to (credentials, account_id/position).
CREATE TABLE credentials (
  account_id TEXT NOT NULL,
  position INTEGER NOT NULL,
  sealed TEXT NOT NULL,
  hint TEXT NOT NULL,
  PRIMARY KEY (account_id, position)
) WITHOUT ROWID;

-- Pools: an account may be in several, a key is bound to one or to none (then every account may serve it).
CREATE TABLE account_groups (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  strategy TEXT NOT NULL DEFAULT 'priority',
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE group_members (
  group_id TEXT NOT NULL,
  account_id TEXT NOT NULL,
  PRIMARY KEY (group_id, account_id)
) WITHOUT ROWID;

-- What each account's Keeper has found out, for all locations to read. Written when usability changes, not per request.
CREATE TABLE account_health (
  account_id TEXT PRIMARY KEY,
  health TEXT NOT NULL,
  updated_at INTEGER NOT NULL
) WITHOUT ROWID;

-- `id` is a hash of the key, so a pasted key is found by its id; `policy` is the JSON that the key's gate copies.
CREATE TABLE api_keys (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  description TEXT NOT NULL DEFAULT '',
  owner TEXT NOT NULL DEFAULT '',
  tags TEXT NOT NULL DEFAULT '[]',
  policy TEXT NOT NULL,
  template_id TEXT,
  sealed TEXT NOT NULL,
  hint TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  deleted_at INTEGER
) WITHOUT ROWID;

-- Ids are hashes; without this the newest-first list would read every key. One more row per new key, none per request.
CREATE INDEX api_keys_by_creation ON api_keys (created_at, id);

-- The request log. `id` is time-ordered, so a page of the newest is a range scan of the primary key.
CREATE TABLE requests (
  id TEXT PRIMARY KEY,
  time INTEGER NOT NULL,
  key_id TEXT NOT NULL,
  account_id TEXT,
  platform TEXT NOT NULL,
  client TEXT NOT NULL,
  protocol TEXT NOT NULL,
  upstream_protocol TEXT,
  model TEXT NOT NULL,
  status INTEGER NOT NULL,
  outcome TEXT NOT NULL,
  stream INTEGER NOT NULL,
  input_tokens INTEGER NOT NULL,
  cache_write_5m_tokens INTEGER NOT NULL,
  cache_write_1h_tokens INTEGER NOT NULL,
  cache_read_tokens INTEGER NOT NULL,
  output_tokens INTEGER NOT NULL,
  reasoning_tokens INTEGER NOT NULL,
  web_searches INTEGER NOT NULL,
  cost_nanos INTEGER NOT NULL,
  unpriced INTEGER NOT NULL,
  price_mode TEXT NOT NULL,
  estimated INTEGER NOT NULL,
  ttft_ms INTEGER,
  duration_ms INTEGER NOT NULL,
  attempts TEXT NOT NULL
) WITHOUT ROWID;

-- Sums per hour, written in the same transaction as the log rows they sum.
CREATE TABLE usage_hourly (
  hour INTEGER NOT NULL,
  key_id TEXT NOT NULL,
  account_id TEXT NOT NULL,
  model TEXT NOT NULL,
  requests INTEGER NOT NULL,
  errors INTEGER NOT NULL,
  input_tokens INTEGER NOT NULL,
  cache_write_5m_tokens INTEGER NOT NULL,
  cache_write_1h_tokens INTEGER NOT NULL,
  cache_read_tokens INTEGER NOT NULL,
  output_tokens INTEGER NOT NULL,
  reasoning_tokens INTEGER NOT NULL,
  web_searches INTEGER NOT NULL,
  cost_nanos INTEGER NOT NULL,
  unpriced INTEGER NOT NULL,
  PRIMARY KEY (hour, key_id, account_id, model)
) WITHOUT ROWID;

-- A key holder asks for one key's days; without this that would read everybody's hours. An upsert of an hour that is
-- already there writes no index entry, so it costs one row per new hour and none per request.
CREATE INDEX usage_hourly_by_key ON usage_hourly (key_id, hour);

-- Hours too old for usage_hourly, summed by day for ever. `day` counts days of TIMEZONE_OFFSET since the epoch.
CREATE TABLE usage_daily (
  day INTEGER NOT NULL,
  key_id TEXT NOT NULL,
  account_id TEXT NOT NULL,
  model TEXT NOT NULL,
  requests INTEGER NOT NULL,
  errors INTEGER NOT NULL,
  input_tokens INTEGER NOT NULL,
  cache_write_5m_tokens INTEGER NOT NULL,
  cache_write_1h_tokens INTEGER NOT NULL,
  cache_read_tokens INTEGER NOT NULL,
  output_tokens INTEGER NOT NULL,
  reasoning_tokens INTEGER NOT NULL,
  web_searches INTEGER NOT NULL,
  cost_nanos INTEGER NOT NULL,
  unpriced INTEGER NOT NULL,
  PRIMARY KEY (day, key_id, account_id, model)
) WITHOUT ROWID;

-- Named sets of key policy fields; `fields` is what POST /admin/api-keys would take, in its own words.
CREATE TABLE templates (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  description TEXT NOT NULL DEFAULT '',
  fields TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) WITHOUT ROWID;

-- Prices set by hand; they win over the feed and over the built-in table.
CREATE TABLE price_overrides (
  model TEXT PRIMARY KEY,
  price TEXT NOT NULL,
  updated_at INTEGER NOT NULL
) WITHOUT ROWID;

-- How far each key's ledger has reached D1: what makes a repeated flush book nothing twice.
CREATE TABLE ledger_marks (
  key_id TEXT PRIMARY KEY,
  seq INTEGER NOT NULL,
  last_used_at INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE settings (
  name TEXT PRIMARY KEY,
  value TEXT NOT NULL
) WITHOUT ROWID;

-- Raised in the transaction of every change to accounts; isolates compare it before they reload the snapshot.
INSERT INTO settings (name, value) VALUES ('snapshot_version', '1');
-- Raised with every change to account_health, likewise.
INSERT INTO settings (name, value) VALUES ('health_version', '1');
-- How accounts that are in no group of the asking key are ranked.
INSERT INTO settings (name, value) VALUES ('pool_strategy', 'priority');

CREATE TABLE admin_sessions (
  id TEXT PRIMARY KEY,
  username TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE audit (
  id TEXT PRIMARY KEY,
  time INTEGER NOT NULL,
  actor TEXT NOT NULL,
  action TEXT NOT NULL,
  target TEXT NOT NULL,
  detail TEXT NOT NULL DEFAULT '{}'
) WITHOUT ROWID;
