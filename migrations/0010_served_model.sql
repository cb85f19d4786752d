-- What the upstream that answered calls the model: a mapping or an alias may have made another name of the client's. NULL where
-- none was asked, and for what was booked before.
ALTER TABLE requests ADD COLUMN served_model TEXT;
