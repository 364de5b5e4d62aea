-- Business hours (rule 10): when a calendar is open, minutes of coverage between two instants, and the instant after
-- so many minutes.
--
-- A calendar is open when the wall clock of its time zone reads an hour of the weekday, and the day is no holiday.
-- Where the clock is set back and reads an hour twice, both are open; an hour that it skips is not. This is worked
-- out once, when a calendar is made or changed: entitled.calendar_stretch holds when each one is open, with the
-- seconds of coverage before, and each question is one or two look-ups in its indexes.

-- The years that calendars are unrolled for; what is asked of another time has no answer (NULL).
CREATE OR REPLACE FUNCTION entitled.coverage_since() RETURNS timestamptz
LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN timestamptz '2000-01-01 00:00+00';
CREATE OR REPLACE FUNCTION entitled.coverage_until() RETURNS timestamptz
LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN timestamptz '2051-01-01 00:00+00';

-- ---------------------------------------------------------------- unrolling

-- When a calendar is open, from its hours, holidays and time zone: while the offset of the zone stays the same, local
-- hours are instants by plain subtraction, cut where it changes. What touches or overlaps becomes one.
CREATE OR REPLACE FUNCTION entitled.calendar_stretches(of_calendar int)
RETURNS TABLE (opens timestamptz, closes timestamptz, seconds_before bigint)
LANGUAGE sql STABLE
SET jit = off AS $$
  WITH hours AS (
    SELECT greatest(part.starts, (day + h.opens - part.ahead) AT TIME ZONE 'UTC') AS opens,
           least(part.ends, (day + h.closes - part.ahead) AT TIME ZONE 'UTC') AS closes
      FROM entitled.calendar c,
           LATERAL entitled.zone_parts(c.time_zone, entitled.coverage_since(), entitled.coverage_until()) part,
           LATERAL (SELECT (part.starts AT TIME ZONE 'UTC' + part.ahead)::date AS first_day,
                           (part.ends AT TIME ZONE 'UTC' + part.ahead)::date AS last_day) local,
           LATERAL (SELECT first_day + n AS day FROM generate_series(0, last_day - first_day) n) days
      JOIN entitled.calendar_hours h ON h.calendar_id = of_calendar AND h.weekday = extract(isodow FROM day)
     WHERE c.calendar_id = of_calendar
       AND day NOT IN (SELECT o.day FROM entitled.calendar_holiday o WHERE o.calendar_id = of_calendar)),
  -- Each that begins after all before it have ended begins a stretch.
  begun AS (
    SELECT hours.opens, hours.closes,
           count(*) FILTER (WHERE hours.opens > closed_before) OVER (ORDER BY hours.opens) AS stretch
      FROM (SELECT *, max(closes) OVER (ORDER BY opens ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
                      AS closed_before
              FROM hours WHERE opens < closes) hours),
  stretches AS (
    SELECT min(begun.opens) AS opens, max(begun.closes) AS closes FROM begun GROUP BY stretch)
  SELECT s.opens, s.closes, (sum(seconds) OVER (ORDER BY s.opens) - seconds)::bigint
    FROM stretches s, LATERAL (SELECT extract(epoch FROM s.closes - s.opens)::bigint AS seconds) l
$$;

-- Unrolls one calendar, unless what is there is right: true if it was not.
CREATE OR REPLACE FUNCTION entitled.calendar_unroll(of_calendar int) RETURNS boolean
LANGUAGE plpgsql AS $$
DECLARE
  fresh entitled.calendar_stretch[] := array(
    SELECT (of_calendar, s.opens, s.closes, s.seconds_before)::entitled.calendar_stretch
      FROM entitled.calendar_stretches(of_calendar) s ORDER BY s.opens);
BEGIN
  IF fresh = array(SELECT s FROM entitled.calendar_stretch s WHERE s.calendar_id = of_calendar ORDER BY s.opens) THEN
    RETURN false;
  END IF;
  DELETE FROM entitled.calendar_stretch s WHERE s.calendar_id = of_calendar;
  INSERT INTO entitled.calendar_stretch SELECT * FROM unnest(fresh);
  RETURN true;
END
$$;

-- Unrolls all calendars whose stretches are not right: how many those were. entitled-migrate calls it each time, so it
-- is how a new version of the time zones (tzdata) gets in.
CREATE OR REPLACE FUNCTION entitled.calendar_unroll_all() RETURNS int
LANGUAGE plpgsql AS $$
BEGIN
  LOCK TABLE entitled.calendar IN SHARE ROW EXCLUSIVE MODE; -- as calendar_apply() does
  RETURN (SELECT count(*) FILTER (WHERE entitled.calendar_unroll(calendar_id)) FROM entitled.calendar);
END
$$;

-- ---------------------------------------------------------------- questions

-- Whether the calendar is open at this instant; NULL if there is no such calendar, or outside those years.
CREATE OR REPLACE FUNCTION entitled.calendar_is_open(calendar_id int, at timestamptz) RETURNS boolean
LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
DECLARE
  last_closes timestamptz;
BEGIN
  IF (at >= entitled.coverage_since() AND at < entitled.coverage_until()) IS NOT true THEN
    RETURN NULL;
  END IF;
  SELECT s.closes INTO last_closes FROM entitled.calendar_stretch s
   WHERE s.calendar_id = $1 AND s.opens <= at ORDER BY s.opens DESC LIMIT 1;
  IF FOUND THEN
    RETURN at < last_closes;
  ELSIF EXISTS (SELECT FROM entitled.calendar c WHERE c.calendar_id = $1) THEN
    RETURN false;
  END IF;
  RETURN NULL;
END
$$;

-- The first instant at or after `at` at which the calendar is open; NULL if there is none in those years.
CREATE OR REPLACE FUNCTION entitled.calendar_opens(calendar_id int, at timestamptz) RETURNS timestamptz
LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
DECLARE
  last_closes timestamptz;
  next_opens timestamptz;
BEGIN
  IF (at >= entitled.coverage_since() AND at < entitled.coverage_until()) IS NOT true THEN
    RETURN NULL;
  END IF;
  SELECT s.closes INTO last_closes FROM entitled.calendar_stretch s
   WHERE s.calendar_id = $1 AND s.opens <= at ORDER BY s.opens DESC LIMIT 1;
  IF at < last_closes THEN
    RETURN at;
  END IF;
  SELECT s.opens INTO next_opens FROM entitled.calendar_stretch s
   WHERE s.calendar_id = $1 AND s.opens > at ORDER BY s.opens LIMIT 1;
  RETURN next_opens;
END
$$;

-- How many microseconds the calendar has been open before `at`, since those years began; NULL for another time, or if
-- there is no such calendar.
CREATE OR REPLACE FUNCTION entitled.coverage_microseconds(calendar_id int, at timestamptz) RETURNS bigint
LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
DECLARE
  last_opens timestamptz;
  last_closes timestamptz;
  seconds bigint;
BEGIN
  IF (at BETWEEN entitled.coverage_since() AND entitled.coverage_until()) IS NOT true THEN
    RETURN NULL;
  END IF;
  SELECT s.opens, s.closes, s.seconds_before INTO last_opens, last_closes, seconds
    FROM entitled.calendar_stretch s
   WHERE s.calendar_id = $1 AND s.opens <= at ORDER BY s.opens DESC LIMIT 1;
  IF FOUND THEN
    RETURN seconds * 1000000 + (extract(epoch FROM least(at, last_closes) - last_opens) * 1000000)::bigint;
  ELSIF EXISTS (SELECT FROM entitled.calendar c WHERE c.calendar_id = $1) THEN
    RETURN 0;
  END IF;
  RETURN NULL;
END
$$;

-- The whole seconds of coverage from one instant to another: 24x7 the plain difference, else those during which the
-- calendar is open. 0 where to_at is not after from_at. NULL: no calendar, or another time than those years.
CREATE OR REPLACE FUNCTION entitled.coverage_seconds(
  calendar_id int, kind entitled.coverage_kind, from_at timestamptz, to_at timestamptz) RETURNS bigint
LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
DECLARE
  microseconds bigint;
BEGIN
  IF kind = '24x7' THEN
    microseconds := extract(epoch FROM to_at - from_at) * 1000000;
  ELSE
    microseconds := entitled.coverage_microseconds(calendar_id, to_at)
                    - entitled.coverage_microseconds(calendar_id, from_at);
  END IF;
  RETURN CASE WHEN microseconds > 0 THEN microseconds / 1000000 WHEN microseconds <= 0 THEN 0 END;
END
$$;

-- The whole minutes of coverage from one instant to another; as coverage_seconds().
CREATE OR REPLACE FUNCTION entitled.coverage_minutes(
  calendar_id int, kind entitled.coverage_kind, from_at timestamptz, to_at timestamptz) RETURNS bigint
LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
  RETURN entitled.coverage_seconds(calendar_id, kind, from_at, to_at) / 60;
END
$$;

-- For each number of seconds, the first instant at which so many of coverage have passed since from_at; each as
-- coverage_after(), in the order of counts. Where from_at stands in the calendar is looked up once for all.
CREATE OR REPLACE FUNCTION entitled.coverage_after_each(
  calendar_id int, kind entitled.coverage_kind, from_at timestamptz, counts bigint[]) RETURNS timestamptz[]
LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
DECLARE
  before bigint; -- microseconds, as coverage_microseconds() counts them
  target bigint;
  count bigint;
  stretch record;
  reached timestamptz;
  answer timestamptz[] := '{}';
BEGIN
  FOREACH count IN ARRAY counts LOOP
    reached := NULL;
    IF (count BETWEEN 0 AND 6000000000) IS NOT true THEN
      NULL;
    ELSIF kind = '24x7' THEN
      reached := from_at + count * interval '1 second';
    ELSIF count = 0 THEN
      reached := entitled.calendar_opens(calendar_id, from_at);
    ELSE
      before := coalesce(before, entitled.coverage_microseconds(calendar_id, from_at));
      target := before + count * 1000000;
      -- (Of whole numbers, less than the target in seconds is less than that rounded up.)
      SELECT s.opens, s.closes, s.seconds_before INTO stretch
        FROM entitled.calendar_stretch s
       WHERE s.calendar_id = $1 AND s.seconds_before < (target + 999999) / 1000000
       ORDER BY s.seconds_before DESC LIMIT 1;
      reached := stretch.opens + (target - stretch.seconds_before * 1000000) * interval '1 microsecond';
      reached := CASE WHEN reached <= stretch.closes THEN reached END;
    END IF;
    answer := answer || reached;
  END LOOP;
  RETURN answer;
END
$$;

-- The first instant at which so many seconds of coverage have passed since from_at; as coverage_after().
CREATE OR REPLACE FUNCTION entitled.coverage_after_seconds(
  calendar_id int, kind entitled.coverage_kind, from_at timestamptz, count bigint) RETURNS timestamptz
LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
  RETURN (entitled.coverage_after_each(calendar_id, kind, from_at, ARRAY[count]))[1];
END
$$;

-- The first instant at which so many minutes of coverage have passed since from_at; after 0 minutes: from_at itself
-- where it is open, else the next opening. NULL: never, beyond those years, no calendar, or less than 0 minutes.
CREATE OR REPLACE FUNCTION entitled.coverage_after(
  calendar_id int, kind entitled.coverage_kind, from_at timestamptz, minutes bigint) RETURNS timestamptz
LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
  RETURN entitled.coverage_after_seconds(calendar_id, kind, from_at, minutes * 60);
END
$$;
