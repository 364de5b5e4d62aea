-- Rule 10 against its definition: random calendars in the zones with the oddest clocks, random spans, half of them around
-- a change of the clocks; minutes of coverage and the instant after them, counted minute by minute off the wall clock.
-- A failure prints its seed: psql -v seed=0.123 tries it again.
\if :{?seed}
\else
  SELECT round(random()::numeric, 6) AS seed \gset
\endif
BEGIN;
SELECT plan(6);
SELECT diag('seed ' || :seed);
SELECT setseed(:seed) \g /dev/null
SET LOCAL jit = off;
INSERT INTO entitled.calendar (code, name, time_zone) VALUES ('random', 'Random', 'UTC');
SELECT calendar_id AS random FROM entitled.calendar WHERE code = 'random' \gset

CREATE FUNCTION pg_temp.pick(int) RETURNS int LANGUAGE sql VOLATILE AS $$ SELECT floor(random() * $1)::int $$;

-- Hours of its own for each weekday (some closed, some to 24:00, some that touch, borders at any minute).
CREATE FUNCTION pg_temp.randomize(of_calendar int, zone text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  border int;
  closes int;
BEGIN
  UPDATE entitled.calendar SET time_zone = zone WHERE calendar_id = of_calendar;
  DELETE FROM entitled.calendar_hours WHERE calendar_id = of_calendar;
  FOR d IN 1 .. 7 LOOP
    border := pg_temp.pick(2) * pg_temp.pick(240);
    WHILE border < 1440 AND pg_temp.pick(5) > 0 LOOP
      closes := least(border + 1 + pg_temp.pick(600), 1440);
      INSERT INTO entitled.calendar_hours
      VALUES (of_calendar, d, make_time(border / 60, border % 60, 0),
              CASE closes WHEN 1440 THEN '24:00' ELSE make_time(closes / 60, closes % 60, 0) END);
      border := closes + pg_temp.pick(2) * pg_temp.pick(300);
    END LOOP;
  END LOOP;
END
$$;

-- When the calendar is open from a whole minute on, for so many: each open minute, by the definition of rule 10.
CREATE FUNCTION pg_temp.open_minutes(of_calendar int, zone text, since timestamptz, many int)
RETURNS TABLE (minute timestamptz) LANGUAGE sql AS $$
  SELECT m.at
    FROM (SELECT at, at AT TIME ZONE zone AS clock FROM generate_series(since, since + many * interval '1 minute', '1 minute') at) m
   WHERE EXISTS (SELECT FROM entitled.calendar_hours h
                  WHERE h.calendar_id = of_calendar AND h.weekday = extract(isodow FROM clock)
                    AND h.opens <= clock::time AND clock::time < h.closes)
     AND clock::date NOT IN (SELECT day FROM entitled.calendar_holiday h WHERE h.calendar_id = of_calendar)
$$;

CREATE TEMP TABLE tried (zone text, from_at timestamptz, to_at timestamptz, minutes bigint, expected bigint,
                         asked bigint, reached timestamptz, expected_reached timestamptz, back bigint, opens boolean);
CREATE FUNCTION pg_temp.try(of_calendar int, zone text, around timestamptz) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  from_at timestamptz := date_trunc('minute', around) - pg_temp.pick(3000) * interval '1 minute'
                         + pg_temp.pick(2) * pg_temp.pick(60000000) * interval '1 microsecond';
  to_at timestamptz := from_at + (pg_temp.pick(5000) * interval '1 minute')
                       + pg_temp.pick(2) * pg_temp.pick(60000000) * interval '1 microsecond';
  n bigint := pg_temp.pick(1200);
BEGIN
  INSERT INTO tried
  WITH open AS MATERIALIZED (
    SELECT greatest(minute, from_at) AS opens, minute + interval '1 minute' AS closes
      FROM pg_temp.open_minutes(of_calendar, zone, date_trunc('minute', from_at), 9000)),
  counted AS MATERIALIZED (
    SELECT opens, closes, sum(extract(epoch FROM closes - opens)) OVER (ORDER BY opens) AS seconds FROM open)
  SELECT zone, from_at, to_at, entitled.coverage_minutes(of_calendar, 'business-hours', from_at, to_at),
         (SELECT floor(coalesce(sum(extract(epoch FROM least(closes, to_at) - opens)), 0) / 60) FROM open WHERE opens < to_at),
         n, entitled.coverage_after(of_calendar, 'business-hours', from_at, n),
         CASE n WHEN 0 THEN (SELECT min(opens) FROM open)
                ELSE (SELECT closes - (seconds - n * 60) * interval '1 second' FROM counted
                       WHERE seconds >= n * 60 ORDER BY seconds LIMIT 1) END,
         entitled.coverage_minutes(of_calendar, 'business-hours', from_at,
                                   entitled.coverage_after(of_calendar, 'business-hours', from_at, n)),
         entitled.calendar_is_open(of_calendar, from_at) = EXISTS (SELECT FROM open WHERE opens = from_at)
         AND entitled.calendar_opens(of_calendar, from_at)
             = coalesce((SELECT min(opens) FROM open),
                        greatest(entitled.calendar_opens(of_calendar, from_at), from_at + interval '9000 minutes'));
END
$$;

-- Each zone once or twice, 16 spans each; its holidays are days of those spans.
CREATE FUNCTION pg_temp.try_zone(of_calendar int, zone text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  around timestamptz[] := array(
    SELECT CASE WHEN n % 2 = 0 AND changes[1] IS NOT NULL THEN changes[1 + pg_temp.pick(cardinality(changes))]
                ELSE '2001-01-01 00:00+00'::timestamptz + pg_temp.pick(17000) * interval '1 day' END
      FROM generate_series(1, 16) n,
           (SELECT array(SELECT starts FROM entitled.zone_parts(zone, '2001-01-01 00:00+00', '2048-01-01 00:00+00')
                          OFFSET 1) AS changes) c);
BEGIN
  PERFORM pg_temp.randomize(of_calendar, zone);
  DELETE FROM entitled.calendar_holiday WHERE calendar_id = of_calendar;
  INSERT INTO entitled.calendar_holiday
  SELECT DISTINCT of_calendar, (at AT TIME ZONE zone)::date + pg_temp.pick(5) - 2, 'off' FROM unnest(around) at, generate_series(1, 2);
  PERFORM entitled.calendar_unroll(of_calendar);
  FOR i IN 1 .. cardinality(around) LOOP
    PERFORM pg_temp.try(of_calendar, zone, around[i]);
  END LOOP;
END
$$;
SELECT pg_temp.try_zone(:random, zone)
  FROM unnest('{Australia/Lord_Howe,Asia/Kathmandu,Africa/Casablanca,America/Sao_Paulo,Pacific/Apia,America/New_York,
                Europe/Lisbon,Atlantic/Azores,Pacific/Chatham,America/St_Johns,Antarctica/Troll,Asia/Tehran,Asia/Gaza,
                America/Havana,America/Asuncion,Africa/Cairo,Asia/Pyongyang,America/Caracas,Pacific/Kiritimati,
                Australia/Lord_Howe,Africa/Casablanca,Pacific/Apia}'::text[]) zone \g /dev/null
-- Always the day that was not.
SELECT pg_temp.randomize(:random, 'Pacific/Apia'), entitled.calendar_unroll(:random) \g /dev/null
SELECT pg_temp.try(:random, 'Pacific/Apia', '2011-12-30 10:00+00') FROM generate_series(1, 8) \g /dev/null

SELECT is((SELECT count(*)::int FROM tried), 360, 'rule 10: so many spans are tried');
SELECT cmp_ok((SELECT count(*)::int FROM tried WHERE minutes > 0 AND expected_reached IS NOT NULL), '>', 180, 'most have minutes');
SELECT is_empty('SELECT zone, from_at, to_at, minutes, expected FROM tried WHERE minutes IS DISTINCT FROM expected',
                'rule 10: coverage_minutes() counts the minutes');
SELECT is_empty($$ SELECT zone, from_at, asked, reached, expected_reached FROM tried
                    WHERE reached IS DISTINCT FROM expected_reached AND expected_reached IS NOT NULL
                       OR reached < from_at + interval '9000 minutes' AND expected_reached IS NULL $$,
                'rule 10: coverage_after() finds the instant');
SELECT is_empty('SELECT zone, from_at, asked, reached, back FROM tried WHERE back <> asked', 'each is the inverse of the other');
SELECT is_empty('SELECT zone, from_at FROM tried WHERE opens IS NOT true', 'rule 10: calendar_is_open() and calendar_opens() agree');
SELECT finish();
ROLLBACK;
