-- Six bytes of a credential's SHA-256: what is remembered of it is found by that, so that nothing has to be opened for it.
-- Empty for those that were stored before; they go by their seal until they are entered again.
ALTER TABLE credentials ADD COLUMN fingerprint TEXT NOT NULL DEFAULT '';
