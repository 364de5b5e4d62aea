-- Minutes of business hours (rule 10): worked by hand, over changes of the clocks of every kind, midnight, lunch, holidays
-- and year ends; and that each question is a look-up. 22_coverage_property.sql has the random ones.
BEGIN;
SELECT plan(80);

SELECT t.result('calendar.apply', 'ada', jsonb_build_object('document', jsonb_build_object('calendars',
  t.result('calendar.show', 'ada') -> 'calendars' || (
    SELECT jsonb_agg(jsonb_build_object('calendar', code, 'name', code, 'time_zone', zone,
             'hours', (SELECT jsonb_agg(jsonb_build_object('weekday', d, 'opens', split_part(h, '-', 1),
                                                           'closes', split_part(h, '-', 2)))
                         FROM unnest(days) d, string_to_table(hours, ' ') h),
             'holidays', (SELECT coalesce(jsonb_agg(jsonb_build_object('day', day, 'name', 'off')), '[]')
                            FROM unnest(holidays) day)))
      FROM (VALUES ('office', 'Europe/Lisbon', '{1,2,3,4,5}'::int[], '09:00-13:00 14:00-18:00', '{2004-12-31,2005-01-01}'::text[]),
                   ('always', 'Europe/Lisbon', '{1,2,3,4,5,6,7}', '00:00-24:00', '{2004-12-25}'),
                   ('newyork', 'America/New_York', '{7}', '01:30-02:30', '{}'),
                   ('lordhowe', 'Australia/Lord_Howe', '{1,2,3,4,5,6,7}', '01:00-03:00', '{}'),
                   ('kathmandu', 'Asia/Kathmandu', '{1,2,3,4,5}', '09:00-17:00', '{}'),
                   ('casablanca', 'Africa/Casablanca', '{7}', '01:00-04:00', '{}'),
                   ('saopaulo', 'America/Sao_Paulo', '{6,7}', '00:00-02:00 22:00-24:00', '{}'),
                   ('apia', 'Pacific/Apia', '{1,2,3,4,5,6,7}', '09:00-17:00', '{2012-01-01}'),
                   ('never', 'UTC', '{1}', '09:00-17:00', NULL)) c (code, zone, days, hours, holidays))))) \g /dev/null
-- Friday 22:00 to Saturday 02:00 is two rows, as is what follows at once.
INSERT INTO entitled.calendar (code, name, time_zone) VALUES ('night', 'Night', 'Europe/Lisbon');
INSERT INTO entitled.calendar_hours
SELECT calendar_id, d, o, c FROM entitled.calendar,
       (VALUES (5, '22:00'::time, '24:00'::time), (6, '00:00', '02:00'), (3, '09:00', '12:00'), (3, '12:00', '15:00')) h (d, o, c)
 WHERE code = 'night';
DELETE FROM entitled.calendar_hours WHERE calendar_id = (SELECT calendar_id FROM entitled.calendar WHERE code = 'never');
SELECT entitled.calendar_unroll(calendar_id) FROM entitled.calendar WHERE code IN ('night', 'never') \g /dev/null

CREATE FUNCTION pg_temp.cal(text) RETURNS int LANGUAGE sql AS $$ SELECT calendar_id FROM entitled.calendar WHERE code = $1 $$;
CREATE FUNCTION pg_temp.minutes(text, text, text) RETURNS bigint LANGUAGE sql AS
$$ SELECT entitled.coverage_minutes(pg_temp.cal($1), 'business-hours', $2::timestamptz, $3::timestamptz) $$;
CREATE FUNCTION pg_temp.after(text, text, bigint) RETURNS timestamptz LANGUAGE sql AS
$$ SELECT entitled.coverage_after(pg_temp.cal($1), 'business-hours', $2::timestamptz, $3) $$;

-- Portugal is an hour ahead of UTC in summer; 2004-08-23 is a Monday.
SELECT is(pg_temp.minutes(calendar, from_at, to_at), expected::bigint, 'rule 10: minutes: ' || what)
  FROM (VALUES
    ('office', '2004-08-23 08:00+00', '2004-08-23 17:00+00', 480, 'a day is its hours without lunch'),
    ('office', '2004-08-23 08:00+00', '2004-08-23 09:00+00', 60, 'from the first instant'),
    ('office', '2004-08-23 11:30+00', '2004-08-23 13:30+00', 60, 'over lunch'),
    ('office', '2004-08-23 12:00+00', '2004-08-23 13:00+00', 0, 'lunch itself'),
    ('office', '2004-08-23 16:59+00', '2004-08-24 08:01+00', 2, 'over the night'),
    ('office', '2004-08-27 16:00+00', '2004-08-30 09:00+00', 120, 'over the weekend'),
    ('office', '2004-08-23 00:00+00', '2004-08-30 00:00+00', 2400, 'a week'),
    ('office', '2004-08-28 10:00+00', '2004-08-29 10:00+00', 0, 'from Saturday to Sunday'),
    ('office', '2004-10-29 16:00+00', '2004-11-01 10:00+00', 120, 'over the end of summer time'),
    ('office', '2005-03-25 17:00+00', '2005-03-28 09:00+00', 120, 'over its start'),
    ('office', '2004-12-30 17:00+00', '2005-01-03 10:00+00', 120, 'over the end of the year and two holidays'),
    ('office', '2004-12-31 00:00+00', '2005-01-01 00:00+00', 0, 'a holiday'),
    ('office', '2004-02-27 17:00+00', '2004-03-01 10:00+00', 120, 'over the 29th of February'),
    ('office', '2004-08-23 08:00:30+00', '2004-08-23 08:01:29.999999+00', 0, 'less than a minute is none'),
    ('office', '2004-08-23 08:00:30+00', '2004-08-23 08:01:30+00', 1, 'a minute from half past to half past'),
    ('office', '2004-08-23 11:59:30+00', '2004-08-23 13:00:30+00', 1, 'half a minute before lunch and half after'),
    ('office', '2004-08-23 17:00+00', '2004-08-23 08:00+00', 0, 'backwards'),
    ('office', '2004-08-23 09:00+00', '2004-08-23 09:00+00', 0, 'no time'),
    ('night', '2004-08-27 20:00+00', '2004-08-28 02:00+00', 240, 'from Friday night into Saturday'),
    ('night', '2004-08-25 10:30+00', '2004-08-25 11:30+00', 60, 'over hours that follow at once'),
    ('always', '2004-08-22 23:00+00', '2004-08-29 23:00+00', 10080, '24:00 leaves no gap'),
    ('always', '2004-10-31 00:00+01', '2004-11-01 00:00+00', 1500, 'a day of 25 hours'),
    ('always', '2005-03-27 00:00+00', '2005-03-28 00:00+01', 1380, 'a day of 23 hours'),
    ('always', '2004-12-24 12:00+00', '2004-12-26 12:00+00', 1440, 'but for Christmas'),
    ('newyork', '2004-10-31 00:00+00', '2004-11-01 00:00+00', 90, 'half past one to two, and half past one again to half past two'),
    ('newyork', '2005-04-03 00:00+00', '2005-04-04 00:00+00', 30, 'half past one to half past two, where two is skipped'),
    ('lordhowe', '2004-10-30 12:00+00', '2004-10-31 00:00+00', 90, 'the clock goes forward by half an hour'),
    ('lordhowe', '2005-03-26 12:00+00', '2005-03-27 00:00+00', 150, 'and back by half an hour'),
    ('lordhowe', '2004-11-01 12:00+00', '2004-11-02 00:00+00', 120, 'and else it is two'),
    ('kathmandu', '2004-08-23 00:00+00', '2004-08-23 04:15+00', 60, 'a quarter to six ahead of UTC'),
    ('kathmandu', '2004-08-23 11:00+00', '2004-08-24 00:00+00', 15, 'and its evening'),
    ('casablanca', '2024-03-10 00:00+00', '2024-03-11 00:00+00', 240, 'Ramadan begins: back'),
    ('casablanca', '2024-04-14 00:00+00', '2024-04-15 00:00+00', 120, 'Ramadan ends: forward'),
    ('saopaulo', '2017-10-15 00:00+00', '2017-10-15 05:00+00', 180, 'from ten to midnight, which is skipped, and on to two'),
    ('saopaulo', '2018-02-17 20:00+00', '2018-02-18 12:00+00', 300, 'the hour before midnight twice'),
    ('apia', '2011-12-29 12:00+00', '2011-12-31 12:00+00', 960, 'the skipped 30th of December has no hours'),
    ('apia', '2011-12-30 03:00+00', '2011-12-30 19:00+00', 0, 'between the 29th and the 31st'),
    ('apia', '2011-12-31 03:00+00', '2012-01-01 19:00+00', 0, 'and the holiday after'),
    ('never', '2004-01-01 00:00+00', '2005-01-01 00:00+00', 0, 'without hours'),
    ('office', '1999-12-31 23:59+00', '2004-01-01 00:00+00', NULL, 'before those years'),
    ('office', '2004-01-01 00:00+00', '2051-01-01 00:01+00', NULL, 'after them'),
    ('moon', '2004-01-01 00:00+00', '2004-02-01 00:00+00', NULL, 'no calendar'),
    ('office', '2000-01-01 00:00+00', '2000-01-03 10:00+00', 60, 'from the first instant of those years')) c (calendar, from_at, to_at, expected, what);

SELECT is(pg_temp.after(calendar, from_at, minutes), expected::timestamptz, 'rule 10: after: ' || what)
  FROM (VALUES
    ('office', '2004-08-23 08:00+00', 0, '2004-08-23 08:00+00', 'nothing, where it is open'),
    ('office', '2004-08-23 12:00+00', 0, '2004-08-23 13:00+00', 'nothing, at lunch'),
    ('office', '2004-08-23 08:00+00', 60, '2004-08-23 09:00+00', 'an hour'),
    ('office', '2004-08-23 08:00+00', 240, '2004-08-23 12:00+00', 'four hours: the instant lunch begins, not that it ends'),
    ('office', '2004-08-23 08:00+00', 241, '2004-08-23 13:01+00', 'four hours and a minute'),
    ('office', '2004-08-23 12:00+00', 60, '2004-08-23 14:00+00', 'an hour from lunch'),
    ('office', '2004-08-23 08:00+00', 480, '2004-08-23 17:00+00', 'a day'),
    ('office', '2004-08-27 16:30+00', 60, '2004-08-30 08:30+00', 'over the weekend'),
    ('office', '2004-10-29 16:00+00', 120, '2004-11-01 10:00+00', 'over the end of summer time'),
    ('office', '2004-12-30 17:00+00', 120, '2005-01-03 10:00+00', 'over the end of the year'),
    ('office', '2004-08-23 11:59:30+00', 1, '2004-08-23 13:00:30+00', 'half a minute before lunch and half after'),
    ('office', '2004-08-23 08:00:00.000001+00', 240, '2004-08-23 13:00:00.000001+00', 'to the microsecond'),
    ('office', '2004-08-23 07:00+00', 2400, '2004-08-27 17:00+00', 'a week'),
    ('night', '2004-08-27 20:00+00', 180, '2004-08-28 00:00+00', 'over midnight'),
    ('newyork', '2004-10-31 05:30+00', 60, '2004-10-31 07:00+00', 'half an hour of the first reading and half of the second'),
    ('newyork', '2005-04-03 06:30+00', 31, '2005-04-10 05:31+00', 'what is skipped, in a week'),
    ('lordhowe', '2004-10-30 14:30+00', 90, '2004-10-30 16:00+00', 'half an hour less'),
    ('kathmandu', '2004-08-23 00:00+00', 480, '2004-08-23 11:15+00', 'a day in Kathmandu'),
    ('apia', '2011-12-30 02:00+00', 61, '2011-12-30 19:01+00', 'over the day that was not'),
    ('never', '2004-08-23 08:00+00', 1, NULL, 'without hours'),
    ('never', '2004-08-23 08:00+00', 0, NULL, 'nothing, without hours'),
    ('office', '2050-12-29 08:00+00', 100000, NULL, 'beyond those years'),
    ('office', '1999-08-23 08:00+00', 1, NULL, 'before them'),
    ('office', '2004-08-23 08:00+00', -1, NULL, 'less than nothing')) c (calendar, from_at, minutes, expected, what);

-- 24x7 is the plain difference.
SELECT is(entitled.coverage_minutes(pg_temp.cal('office'), '24x7', '2004-10-31 00:00+01', '2004-11-01 00:00:59+00'), 1500::bigint,
          'rule 10: 24x7 counts every minute');
SELECT is(entitled.coverage_minutes(pg_temp.cal('office'), '24x7', '2004-08-24 00:00+00', '2004-08-23 00:00+00'), 0::bigint,
          'none backwards');
SELECT is(entitled.coverage_after(pg_temp.cal('office'), '24x7', '2004-08-28 12:00+00', 1500), '2004-08-29 13:00+00',
          'rule 10: 24x7 goes on at the weekend');
SELECT is(entitled.coverage_after(pg_temp.cal('office'), '24x7', '2004-08-28 12:00:01+00', 0), '2004-08-28 12:00:01+00',
          'and begins at once');

-- What is stored: touching hours are one stretch; the seconds add up.
SELECT results_eq($$ SELECT opens, closes FROM entitled.calendar_stretch WHERE calendar_id = pg_temp.cal('night')
                        AND opens BETWEEN '2004-08-25' AND '2004-08-29' ORDER BY 1 $$,
  $$ VALUES ('2004-08-25 08:00+00'::timestamptz, '2004-08-25 14:00+00'::timestamptz), ('2004-08-27 21:00+00', '2004-08-28 01:00+00') $$,
  'hours that touch are one stretch');
SELECT is_empty($$ SELECT * FROM (SELECT *, lag(closes) OVER w AS closed, lag(seconds_before) OVER w
                                          + extract(epoch FROM lag(closes) OVER w - lag(opens) OVER w) AS seconds
                                    FROM entitled.calendar_stretch WINDOW w AS (PARTITION BY calendar_id ORDER BY opens)) s
                    WHERE opens <= closed OR seconds_before <> coalesce(seconds, 0) $$, 'each begins after the one before, and counts it');

-- Only what changed is unrolled; what was changed behind its back is put right.
CREATE TEMP TABLE was AS SELECT ctid AS place, * FROM entitled.calendar_stretch;
SELECT t.result('calendar.apply', 'ada', jsonb_build_object('document', jsonb_set(t.result('calendar.show', 'ada'),
  '{calendars,1,name}', '"Apia"'))) \g /dev/null
SELECT is_empty('SELECT ctid, * FROM entitled.calendar_stretch EXCEPT SELECT * FROM was', 'another name rewrites nothing');
SELECT t.result('calendar.apply', 'ada', jsonb_build_object('dry_run', true, 'document', jsonb_set(t.result('calendar.show', 'ada'),
  '{calendars,1,hours}', '[]'))) \g /dev/null
SELECT is_empty('SELECT ctid, * FROM entitled.calendar_stretch EXCEPT SELECT * FROM was', 'nor does a dry run');
UPDATE entitled.calendar SET time_zone = 'Asia/Tokyo' WHERE code = 'office';
SELECT is(entitled.calendar_unroll_all(), 1, 'calendar_unroll_all() unrolls what is not right');
SELECT is(entitled.calendar_unroll_all(), 0, 'and then nothing');
SELECT is(pg_temp.after('office', '2004-08-23 00:00+00', 60), '2004-08-23 01:00+00', 'which counts at once');

-- Both questions are look-ups in the indexes, as many years as there are.
ANALYZE entitled.calendar_stretch;
CREATE FUNCTION pg_temp.reads(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  plan jsonb;
BEGIN
  EXECUTE 'EXPLAIN (FORMAT JSON) ' || query INTO plan;
  RETURN (SELECT string_agg(DISTINCT coalesce(node ->> 'Index Name', node ->> 'Node Type'), ', ')
            FROM jsonb_path_query(plan, '$.**') node
           WHERE jsonb_typeof(node) = 'object' AND node ->> 'Node Type' <> 'Limit');
END
$$;
SELECT is(pg_temp.reads($$ SELECT closes FROM entitled.calendar_stretch WHERE calendar_id = 1 AND opens <= '2004-08-23' ORDER BY opens DESC LIMIT 1 $$),
          'calendar_stretch_pkey', 'rule 10: what is open is a look-up');
SELECT is(pg_temp.reads($$ SELECT closes FROM entitled.calendar_stretch WHERE calendar_id = 1 AND seconds_before < 100000 ORDER BY seconds_before DESC LIMIT 1 $$),
          'calendar_stretch_by_seconds', 'rule 10: so is what is reached');
SELECT finish();
ROLLBACK;
