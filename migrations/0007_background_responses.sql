-- Responses that go on at the provider after their client was answered (`background: true`): what is needed to book each
-- once somebody has seen its end. `entry` is the request as the log will have it, with its usage as expected.
CREATE TABLE background_responses (
  key_id TEXT NOT NULL,
  response_id TEXT NOT NULL,
  account_id TEXT NOT NULL,
  lease_grant INTEGER NOT NULL,
  entry TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (key_id, response_id)
) WITHOUT ROWID;
