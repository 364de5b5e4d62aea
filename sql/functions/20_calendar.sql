-- Business hours: when a calendar is open, right over daylight-saving changes and holidays (rules 9, 10).
--
-- A calendar is open when the wall clock of its time zone reads an hour of the weekday, and the day is no
-- holiday. Where the clock is set back and reads an hour twice, both are open; an hour that it skips is not.

-- Whether the calendar is open at this instant; NULL if there is no such calendar.
CREATE OR REPLACE FUNCTION entitled.calendar_is_open(calendar_id int, at timestamptz) RETURNS boolean
LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT EXISTS (SELECT FROM entitled.calendar_hours h
                  WHERE h.calendar_id = c.calendar_id AND h.weekday = extract(isodow FROM wall.clock)
                    AND h.opens <= wall.clock::time AND wall.clock::time < h.closes)
         AND NOT EXISTS (SELECT FROM entitled.calendar_holiday h
                          WHERE h.calendar_id = c.calendar_id AND h.day = wall.clock::date)
    FROM entitled.calendar c, LATERAL (SELECT $2 AT TIME ZONE c.time_zone AS clock) wall
   WHERE c.calendar_id = $1
$$;

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

-- When the clocks of a zone are next set forward or back after `since` and not after `until`; NULL: not.
CREATE OR REPLACE FUNCTION entitled.zone_shift(since timestamptz, until timestamptz, time_zone text)
RETURNS timestamptz
LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
DECLARE
  before interval := entitled.zone_offset(since, time_zone);
  low timestamptz := date_trunc('second', since);
  high timestamptz := date_trunc('second', until);
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

-- The first instant of a day in a time zone: its midnight, or where that is skipped, when the clocks are
-- set forward; where there are two, the first (rule 9).
CREATE OR REPLACE FUNCTION entitled.day_starts(day date, time_zone text) RETURNS timestamptz
LANGUAGE sql STABLE PARALLEL SAFE
RETURN coalesce((entitled.local_instants(day::timestamp, time_zone))[1], day::timestamp AT TIME ZONE time_zone);

-- The first instant of a local day, at or after `at`, at which the calendar is open; NULL if there is none.
-- It is the start of some hours, or (where clocks change within them) the change.
CREATE OR REPLACE FUNCTION entitled.calendar_day_opens(of_calendar int, zone text, day date, at timestamptz)
RETURNS timestamptz
LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT min(candidate)
    FROM (SELECT unnest(entitled.local_instants(day + h.opens, zone)) AS candidate
            FROM entitled.calendar_hours h
           WHERE h.calendar_id = of_calendar AND h.weekday = extract(isodow FROM day)
          UNION ALL
          SELECT entitled.zone_shift(entitled.day_starts(day, zone) - interval '1 second',
                                     entitled.day_starts(day + 1, zone), zone)) start
   WHERE candidate >= at AND entitled.calendar_is_open(of_calendar, candidate)
$$;

-- The first instant at or after `at` at which the calendar is open; NULL if there is none in 400 days.
CREATE OR REPLACE FUNCTION entitled.calendar_opens(calendar_id int, at timestamptz) RETURNS timestamptz
LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
DECLARE
  zone text := (SELECT c.time_zone FROM entitled.calendar c WHERE c.calendar_id = $1);
  today date := (at AT TIME ZONE zone)::date;
  day date;
  found_at timestamptz;
BEGIN
  IF entitled.calendar_is_open(calendar_id, at) THEN
    RETURN at;
  END IF;
  FOR n IN 0 .. 400 LOOP
    day := today + n;
    IF entitled.zone_offset((day - 1)::timestamp AT TIME ZONE zone, zone)
       <> entitled.zone_offset((day + 2)::timestamp AT TIME ZONE zone, zone) THEN
      found_at := entitled.calendar_day_opens(calendar_id, zone, day, at);
    ELSE -- no clocks change near this day: the plain case, which is the quick one
      SELECT min((day + h.opens) AT TIME ZONE zone) INTO found_at
        FROM entitled.calendar_hours h
       WHERE h.calendar_id = $1 AND h.weekday = extract(isodow FROM day) AND (day + h.opens) AT TIME ZONE zone >= at
         AND NOT EXISTS (SELECT FROM entitled.calendar_holiday o WHERE o.calendar_id = $1 AND o.day = today + n);
    END IF;
    IF found_at IS NOT NULL THEN
      RETURN found_at;
    END IF;
  END LOOP;
  RETURN NULL;
END
$$;

-- Whether PostgreSQL knows this as the name of a time zone. (Abbreviations and POSIX rules are none; the
-- list of names is slow to read, so what has the plain shape of a name is only tried.)
CREATE OR REPLACE FUNCTION entitled.zone_exists(name text) RETURNS boolean
LANGUAGE plpgsql STABLE AS $$
BEGIN
  PERFORM now() AT TIME ZONE name;
  RETURN name ~ '^[A-Z][a-z]+(/[A-Z][a-z]+)+$' OR EXISTS (SELECT FROM pg_timezone_names z WHERE z.name = $1);
EXCEPTION WHEN invalid_parameter_value THEN
  RETURN false;
END
$$;
