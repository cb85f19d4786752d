-- The project of the provider's in which an account's requests are to be made (Google Code Assist); empty: the one that its sign-in finds.
ALTER TABLE accounts ADD COLUMN project_id TEXT NOT NULL DEFAULT '';
