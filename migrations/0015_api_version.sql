-- The version of its provider's API that an account is asked in, where the provider wants one named (Azure); empty: none is.
ALTER TABLE accounts ADD COLUMN api_version TEXT NOT NULL DEFAULT '';
