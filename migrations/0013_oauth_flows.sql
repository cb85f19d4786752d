-- Sign-ins that somebody has begun: what is needed to finish one, sealed. A row is taken out when it is used, once.
CREATE TABLE oauth_flows (
  id TEXT PRIMARY KEY,
  flow TEXT NOT NULL,
  sealed TEXT NOT NULL,
  expires_at INTEGER NOT NULL
) WITHOUT ROWID;
