-- How an account's requests leave: {"via":"direct"}, {"via":"gateway","baseUrl":…} or {"via":"binding","name":…,"tokenRequests":…}.
ALTER TABLE accounts ADD COLUMN egress TEXT NOT NULL DEFAULT '{"via":"direct"}';

-- The headers that an account's gateway or binding wants: their names, and all of them sealed.
CREATE TABLE egress_headers (
  account_id TEXT PRIMARY KEY,
  names TEXT NOT NULL,
  sealed TEXT NOT NULL
) WITHOUT ROWID;
