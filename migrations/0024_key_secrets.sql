-- What keys of other relays are known by, whose backups were restored here, sealed: the KEY_SECRET with which they prove themselves
-- (`keys`), and the pepper of those that had been imported there (`imported_keys`). `id` is a fingerprint of the secret, so
-- that each is here once. No rows in a relay whose keys are all its own.
CREATE TABLE key_secrets (
  id TEXT PRIMARY KEY,
  used_for TEXT NOT NULL,
  sealed TEXT NOT NULL,
  created_at INTEGER NOT NULL
) WITHOUT ROWID;
