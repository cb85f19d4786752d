-- The hours that hold requests without a known price are asked for by every visit to the prices and by every run of the cron, and as a
-- rule there are none: without an index both read the sums of all keys. Partial, so that a sum whose requests are all priced costs no
-- row more to write; one that holds such a request costs an entry, until its price is set.
CREATE INDEX usage_hourly_unpriced ON usage_hourly (hour) WHERE unpriced <> 0;
