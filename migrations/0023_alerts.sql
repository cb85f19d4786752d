-- Alerts: what an operator is told, over which channels, and what of it is still to be sent.
CREATE TABLE alert_channels (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  type TEXT NOT NULL,
  enabled INTEGER NOT NULL,
  -- JSON list of the types of alerts that it is sent.
  alerts TEXT NOT NULL,
  -- Whether it is told when what it was told of is over.
  recoveries INTEGER NOT NULL,
  max_per_hour INTEGER NOT NULL,
  -- All that it needs, as a JSON object, sealed; and of that what may be shown.
  sealed TEXT NOT NULL,
  shown TEXT NOT NULL,
  -- How many messages it was sent in the hour that began then.
  window_started_at INTEGER NOT NULL DEFAULT 0,
  window_sent INTEGER NOT NULL DEFAULT 0,
  -- Before when it wants none.
  retry_at INTEGER NOT NULL DEFAULT 0,
  last_ok_at INTEGER,
  last_error_at INTEGER,
  last_error TEXT NOT NULL DEFAULT '',
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) WITHOUT ROWID;

-- What is the case now. A row is why nobody is told the same a second time.
CREATE TABLE alert_episodes (
  type TEXT NOT NULL,
  subject TEXT NOT NULL,
  opened_at INTEGER NOT NULL,
  notified_at INTEGER NOT NULL,
  -- When it is over by itself; null: when somebody sees that it is.
  ends_at INTEGER,
  params TEXT NOT NULL,
  PRIMARY KEY (type, subject)
) WITHOUT ROWID;

CREATE TABLE alerts (
  id TEXT PRIMARY KEY,
  type TEXT NOT NULL,
  subject TEXT NOT NULL,
  phase TEXT NOT NULL,
  params TEXT NOT NULL,
  -- JSON: channel id → how it ended there.
  deliveries TEXT NOT NULL
) WITHOUT ROWID;

-- What is still to be sent: nearly always empty.
CREATE TABLE alert_outbox (
  alert_id TEXT NOT NULL,
  channel_id TEXT NOT NULL,
  attempts INTEGER NOT NULL,
  -- A try is under way, or its sender has died.
  sending INTEGER NOT NULL,
  -- Tries of which nobody knows whether they arrived.
  unclear INTEGER NOT NULL,
  next_at INTEGER NOT NULL,
  PRIMARY KEY (alert_id, channel_id)
) WITHOUT ROWID;
