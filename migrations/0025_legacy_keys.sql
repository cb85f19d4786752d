-- Keys that another relay has made and that work here with their old value. Such a key does not prove itself, so its id follows
-- from a digest of it, and isolates know the ids of all of them by one row of `settings`, `legacy_keys`: the ids one after the
-- other, 32 characters each. Empty: made here.
ALTER TABLE api_keys ADD COLUMN imported_from TEXT NOT NULL DEFAULT '';

-- So that the row can be made anew without a look at every key.
CREATE INDEX api_keys_imported ON api_keys (id) WHERE imported_from <> '';
