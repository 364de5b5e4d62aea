-- The one source of time. Tests set it (SET entitled.now = '2004-08-23 12:00+00'); production never does.

-- The time of this transaction; every row it writes carries the same.
CREATE OR REPLACE FUNCTION entitled.clock_now() RETURNS timestamptz
LANGUAGE sql STABLE PARALLEL SAFE
RETURN coalesce(nullif(current_setting('entitled.now', true), '')::timestamptz, transaction_timestamp());
