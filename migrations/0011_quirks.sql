-- How an account's upstream differs from the format that it speaks, as far as its operator says: JSON of
-- src/protocols/translate/quirks.ts, of which any member may be missing.
ALTER TABLE accounts ADD COLUMN quirks TEXT NOT NULL DEFAULT '{}';
-- What an upstream's model has refused, so that it is left out at once next time.
CREATE TABLE model_gaps (
  account_id TEXT NOT NULL,
  model TEXT NOT NULL,
  parameter TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (account_id, model, parameter)
) WITHOUT ROWID;
