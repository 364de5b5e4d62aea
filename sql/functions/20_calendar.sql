-- The clocks of time zones: their changes, and the first instant of a local day (rule 9).

-- How far the clocks of a zone are from UTC at this instant.
CREATE OR REPLACE FUNCTION entitled.zone_offset(at timestamptz, time_zone text) RETURNS interval
LANGUAGE sql STABLE PARALLEL SAFE
RETURN (at AT TIME ZONE time_zone) - (at AT TIME ZONE 'UTC');

-- The instants at which the clocks of a zone read this local time: none (it is skipped), one, or two.
CREATE OR REPLACE FUNCTION entitled.local_instants(local timestamp, time_zone text) RETURNS timestamptz[]
LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT coalesce(array_agg(DISTINCT instant ORDER BY instant), '{}')
    FROM (SELECT (local - entitled.zone_offset(near, time_zone)) AT TIME ZONE 'UTC' AS instant
            FROM unnest(ARRAY[(local - interval '1 day') AT TIME ZONE time_zone,
                              (local + interval '1 day') AT TIME ZONE time_zone]) near) read
   WHERE instant AT TIME ZONE time_zone = local
$$;

-- When the clocks of a zone are next set forward or back after `since` and not after `until`, which are whole
-- seconds with one change at the most between them; NULL: not.
CREATE OR REPLACE FUNCTION entitled.zone_shift(since timestamptz, until timestamptz, time_zone text)
RETURNS timestamptz
LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
DECLARE
  before interval := entitled.zone_offset(since, time_zone);
  low timestamptz := since;
  high timestamptz := until;
  middle timestamptz;
BEGIN
  IF entitled.zone_offset(high, time_zone) = before THEN
    RETURN NULL;
  END IF;
  WHILE high - low > interval '1 second' LOOP
    middle := date_trunc('second', low + (high - low) / 2);
    IF entitled.zone_offset(middle, time_zone) = before THEN
      low := middle;
    ELSE
      high := middle;
    END IF;
  END LOOP;
  RETURN high;
END
$$;

-- The time from since to until (whole seconds) in parts of one offset each, in order. Changes of the clocks less than
-- a day apart would be taken for one; the nearest of any zone since 2000 are a week apart.
CREATE OR REPLACE FUNCTION entitled.zone_parts(time_zone text, since timestamptz, until timestamptz)
RETURNS TABLE (starts timestamptz, ends timestamptz, ahead interval)
LANGUAGE sql STABLE PARALLEL SAFE AS $$
  WITH day AS (
    SELECT at, lag(at) OVER w AS day_before, ahead, lag(ahead) OVER w AS ahead_before
      FROM (SELECT least(n, until) AS at FROM generate_series(since, until + interval '23 hours', '24 hours') n) u,
           LATERAL (SELECT entitled.zone_offset(at, time_zone) AS ahead) o
    WINDOW w AS (ORDER BY at)),
  start AS (
    SELECT since AS at
    UNION ALL
    SELECT entitled.zone_shift(day_before, at, time_zone) FROM day WHERE ahead <> ahead_before)
  SELECT at, lead(at, 1, until) OVER (ORDER BY at), entitled.zone_offset(at, time_zone)
    FROM start WHERE at < until
$$;

-- The first instant of a day in a time zone: its midnight, or where that is skipped, when the clocks are
-- set forward; where there are two, the first (rule 9).
CREATE OR REPLACE FUNCTION entitled.day_starts(day date, time_zone text) RETURNS timestamptz
LANGUAGE sql STABLE PARALLEL SAFE
RETURN coalesce((entitled.local_instants(day::timestamp, time_zone))[1], day::timestamp AT TIME ZONE time_zone);

-- Whether PostgreSQL knows this as the name of a time zone. (Abbreviations and POSIX rules are none; the
-- list of names is slow to read, so what has the plain shape of a name is only tried.)
CREATE OR REPLACE FUNCTION entitled.zone_exists(name text) RETURNS boolean
LANGUAGE plpgsql STABLE AS $$
BEGIN
  PERFORM now() AT TIME ZONE name;
  RETURN name ~ '^[A-Z][A-Za-z]+(/[A-Z][A-Za-z_-]+)+$' OR EXISTS (SELECT FROM pg_timezone_names z WHERE z.name = $1);
EXCEPTION WHEN invalid_parameter_value THEN
  RETURN false;
END
$$;

-- A calendar's week for people: "Mon-Fri 09:00-12:00 13:00-17:00, Sat 09:00-12:00"; NULL if it has no hours.
CREATE OR REPLACE FUNCTION entitled.calendar_hours_text(of_calendar int) RETURNS text
LANGUAGE plpgsql STABLE AS $$
DECLARE
  names text[] := '{Mon,Tue,Wed,Thu,Fri,Sat,Sun}';
BEGIN
  -- Days in a row with the same hours are one: their number less their rank among those stays the same.
  RETURN (
  WITH day AS (
    SELECT weekday, string_agg(to_char(opens, 'HH24:MI') || '-' || to_char(closes, 'HH24:MI'), ' ' ORDER BY opens) AS spans
      FROM entitled.calendar_hours WHERE calendar_id = of_calendar GROUP BY weekday),
  stretch AS (
    SELECT min(weekday) AS first_day, max(weekday) AS last_day, spans
      FROM (SELECT *, weekday - row_number() OVER (PARTITION BY spans ORDER BY weekday) AS island FROM day) ranked
     GROUP BY spans, island)
  SELECT string_agg(names[first_day] || CASE WHEN last_day > first_day THEN '-' || names[last_day] ELSE '' END
                    || ' ' || spans, ', ' ORDER BY first_day)
    FROM stretch);
END
$$;
