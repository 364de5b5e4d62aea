-- Business hours (rule 10) and local midnights (rule 9), over daylight-saving changes and holidays; calendar.show
-- and calendar.apply.
BEGIN;
SELECT plan(44);
CREATE FUNCTION pg_temp.cal(text) RETURNS int LANGUAGE sql AS $$ SELECT calendar_id FROM entitled.calendar WHERE code = $1 $$;
CREATE FUNCTION pg_temp.opens(text, text) RETURNS timestamptz LANGUAGE sql AS
$$ SELECT entitled.calendar_opens(pg_temp.cal($1), $2::timestamptz) $$;
CREATE FUNCTION pg_temp.open(text, text) RETURNS boolean LANGUAGE sql AS
$$ SELECT entitled.calendar_is_open(pg_temp.cal($1), $2::timestamptz) $$;
-- The definition of business hours, read off the clock.
CREATE FUNCTION pg_temp.open_by_definition(text, timestamptz) RETURNS boolean LANGUAGE sql AS $$
  SELECT EXISTS (SELECT FROM entitled.calendar_hours h
                  WHERE h.calendar_id = c.calendar_id AND h.weekday = extract(isodow FROM clock)
                    AND h.opens <= clock::time AND clock::time < h.closes)
         AND NOT EXISTS (SELECT FROM entitled.calendar_holiday h WHERE h.calendar_id = c.calendar_id AND h.day = clock::date)
    FROM entitled.calendar c, LATERAL (SELECT $2 AT TIME ZONE c.time_zone AS clock) wall
   WHERE code = $1
$$;

-- Portugal is at +01:00 in summer: 9 to 13 and 14 to 18 on a Monday.
SELECT is(pg_temp.open('portugal', '2004-08-23 07:59:59.999+00'), false, 'rule 10: closed just before nine');
SELECT is(pg_temp.open('portugal', '2004-08-23 08:00+00'), true, 'rule 10: open at nine');
SELECT is(pg_temp.open('portugal', '2004-08-23 12:30+00'), false, 'rule 10: closed at lunch');
SELECT is(pg_temp.open('portugal', '2004-08-23 17:00+00'), false, 'rule 10: closed at the hour it closes');
SELECT is(pg_temp.open('portugal', '2004-10-05 10:00+00'), false, 'rule 10: closed on a holiday');
SELECT is(pg_temp.open('portugal', '2004-08-22 10:00+00'), false, 'rule 10: closed on a Sunday');
SELECT is(entitled.calendar_is_open(-1, now()), NULL, 'no calendar, no answer');
SELECT is(pg_temp.opens('portugal', '2004-08-23 09:00+00'), '2004-08-23 09:00+00', 'rule 10: where it is open, at once');
SELECT is(pg_temp.opens('portugal', '2004-08-23 12:30+00'), '2004-08-23 13:00+00', 'rule 10: after lunch');
SELECT is(pg_temp.opens('portugal', '2004-08-27 17:00+00'), '2004-08-30 08:00+00', 'rule 10: on Friday evening, on Monday');
SELECT is(pg_temp.opens('portugal', '2004-10-04 17:30+00'), '2004-10-06 08:00+00', 'rule 10: over a holiday');
-- The clocks go back on Sunday 2004-10-31, and forward on 2005-03-27.
SELECT is(pg_temp.opens('portugal', '2004-10-29 17:00+00'), '2004-11-01 09:00+00', 'rule 10: over the end of summer time');
SELECT is(pg_temp.opens('portugal', '2005-03-25 18:00+00'), '2005-03-28 08:00+00', 'rule 10: over its start');
-- New York: Sunday has 24 hours of the clock, 25 or 23 of time.
SELECT is((SELECT count(*)::int FROM generate_series('2004-10-31 04:00+00'::timestamptz, '2004-11-01 04:59+00', '1 hour') at
            WHERE pg_temp.open('us-east', at::text)), 25, 'rule 10: a day of 25 hours is open for 25');
SELECT is((SELECT count(*)::int FROM generate_series('2005-04-03 05:00+00'::timestamptz, '2005-04-04 03:59+00', '1 hour') at
            WHERE pg_temp.open('us-east', at::text)), 23, 'rule 10: one of 23 for 23');
SELECT is(pg_temp.open('us-east', '2004-09-06 03:59:59.999999+00'), true, 'rule 10: 24:00 leaves no gap before midnight');
SELECT is(pg_temp.opens('us-east', '2004-08-28 12:00+00'), '2004-08-29 04:00+00', 'rule 10: from midnight on');

-- Hours within the change itself.
SELECT t.result('calendar.apply', 'ada', jsonb_build_object('document',
  jsonb_set(t.result('calendar.show', 'ada'), '{calendars,2}', '{"calendar": "night", "name": "Night",
    "time_zone": "America/New_York", "hours": [{"weekday": 7, "opens": "01:30", "closes": "02:30"}]}'))) \g /dev/null
SELECT is(pg_temp.opens('night', '2004-10-31 04:00+00'), '2004-10-31 05:30+00', 'half past one in summer time');
SELECT is(pg_temp.opens('night', '2004-10-31 06:00+00'), '2004-10-31 06:30+00', 'and half past one again, after the clock went back');
SELECT is(pg_temp.opens('night', '2004-10-31 07:30+00'), '2004-11-07 06:30+00', 'and then in a week');
SELECT is(pg_temp.opens('night', '2005-04-03 06:30+00'), '2005-04-03 06:30+00', 'half past one, before the clock goes forward');
SELECT is(pg_temp.open('night', '2005-04-03 07:00+00'), false, 'after which it reads three');
UPDATE entitled.calendar_hours SET opens = '02:15', closes = '03:15' WHERE calendar_id = pg_temp.cal('night');
SELECT entitled.calendar_unroll(pg_temp.cal('night')) \g /dev/null
SELECT is(pg_temp.opens('night', '2005-04-03 05:00+00'), '2005-04-03 07:00+00',
          'hours that begin in what is skipped begin when the clock goes forward');
UPDATE entitled.calendar_hours SET opens = '00:30', closes = '01:30' WHERE calendar_id = pg_temp.cal('night');
SELECT entitled.calendar_unroll(pg_temp.cal('night')) \g /dev/null
SELECT is(pg_temp.opens('night', '2004-10-31 05:45+00'), '2004-10-31 06:00+00',
          'hours that the clock goes back into begin again');
DELETE FROM entitled.calendar_hours WHERE calendar_id = pg_temp.cal('night');
SELECT entitled.calendar_unroll(pg_temp.cal('night')) \g /dev/null
SELECT is(pg_temp.opens('night', '2004-10-31 05:45+00'), NULL, 'without hours, never');

-- Against the definition itself, every five minutes around changes of all kinds: by night, at
-- midnight, by half an hour.
CREATE TEMP TABLE around AS
  SELECT zone, change, change + n * interval '5 minutes' AS at
    FROM (VALUES ('America/New_York', '2004-10-31 06:00+00'::timestamptz), ('America/New_York', '2005-04-03 07:00+00'),
                 ('America/Sao_Paulo', '2004-11-02 03:00+00'), ('America/Sao_Paulo', '2005-02-20 02:00+00'),
                 ('Atlantic/Azores', '2004-10-31 01:00+00'), ('Australia/Lord_Howe', '2004-10-30 15:30+00'),
                 ('Australia/Lord_Howe', '2005-03-26 15:00+00')) c (zone, change),
         generate_series(-26, 26) n;
INSERT INTO entitled.calendar_hours
SELECT pg_temp.cal('night'), d, h.opens, h.closes
  FROM generate_series(1, 7) d,
       (VALUES ('00:15'::time, '00:45'::time), ('00:50', '01:10'), ('01:20', '01:40'), ('02:05', '02:20'),
       ('02:50', '03:10'), ('23:20', '23:40')) h (opens, closes);
CREATE TEMP TABLE differ (zone text, at timestamptz, said timestamptz, found timestamptz);
DO $$
DECLARE
  one record;
BEGIN
  FOR one IN SELECT DISTINCT zone, change FROM around LOOP
    UPDATE entitled.calendar SET time_zone = one.zone WHERE code = 'night';
    PERFORM entitled.calendar_unroll(pg_temp.cal('night'));
    INSERT INTO differ
    WITH open AS MATERIALIZED (
      SELECT minute FROM (SELECT min(at) AS low, max(at) AS high FROM around WHERE change = one.change) r,
             generate_series(date_trunc('hour', low), high + interval '1 day', '5 minutes') minute
       WHERE pg_temp.open_by_definition('night', minute))
    SELECT one.zone, at, entitled.calendar_opens(pg_temp.cal('night'), at), (SELECT min(minute) FROM open WHERE minute >= at)
      FROM around WHERE change = one.change;
  END LOOP;
END
$$;
SELECT is((SELECT count(*)::int FROM differ), 371, 'rule 10: calendar_opens() is tried around seven changes of the clocks');
SELECT is_empty('SELECT * FROM differ WHERE said IS DISTINCT FROM found', 'rule 10: it finds when the calendar is open');
DELETE FROM entitled.calendar_hours WHERE calendar_id = pg_temp.cal('night');
UPDATE entitled.calendar SET time_zone = 'America/New_York' WHERE code = 'night';

-- Local midnights.
SELECT is(entitled.day_starts('2004-08-23', 'America/New_York'), '2004-08-23 04:00+00', 'rule 9: midnight in New York');
SELECT is(entitled.day_starts('2004-10-17', 'America/Sao_Paulo'), '2004-10-17 03:00+00', 'rule 9: midnight in Sao Paulo');
SELECT is(entitled.day_starts('2004-11-02', 'America/Sao_Paulo'), '2004-11-02 03:00+00', 'rule 9: where midnight is skipped, the change');
SELECT is(entitled.day_starts('2004-10-31', 'Atlantic/Azores'), '2004-10-31 00:00+00', 'rule 9: where there are two, the first');

-- calendar.show, calendar.apply.
SELECT is(t.result('calendar.show', 'paul', '{"calendar": "portugal"}') #> '{calendars,0,hours,0}',
          '{"weekday": 1, "opens": "09:00", "closes": "13:00"}', 'calendar.show gives the hours');
SELECT is(t.reason('calendar.show', 'paul', '{"calendar": "moon"}'), 'not_found', 'calendar.show: not_found');
SELECT t.result('calendar.show', 'ada') AS doc \gset
SELECT is(t.result('calendar.apply', 'ada', jsonb_build_object('document', :'doc'::jsonb)) -> 'changes', '[]',
          'what calendar.show gives, applied, changes nothing');
SELECT is(t.result('calendar.apply', 'ada', jsonb_build_object('dry_run', true, 'document',
            jsonb_set(:'doc'::jsonb #- '{calendars,0}', '{calendars,0,name}', '"Iberia"'))) -> 'changes',
          '[{"change": "removed", "what": "calendar night", "detail": "name: Night, time_zone: America/New_York"},
            {"change": "changed", "what": "calendar portugal", "detail": "name: Portugal -> Iberia"}]',
          'a dry run tells what would change');
SELECT is(t.result('calendar.show', 'ada'), :'doc'::jsonb, 'and changes nothing');
SELECT is(t.reason('calendar.apply', 'ada', '{"document": {"calendars": []}}'), 'invalid_state',
          'a calendar that partners have is not removed');
SELECT is(t.message('calendar.apply', 'ada', '{"document": {"calendars": []}}'),
          'calendar portugal cannot be removed: partners have it', 'and is named');
SELECT is(t.message('calendar.apply', 'ada', jsonb_build_object('document', jsonb_build_object('calendars', jsonb_build_array(c)))),
          'document: ' || problem, 'refused: ' || problem)
  FROM (VALUES
    ('{"calendar": "x", "name": "X", "time_zone": "CEST"}'::jsonb, 'calendars[0].time_zone must be the name of a time zone, such as Europe/Lisbon'),
    ('{"calendar": "x", "name": "X", "time_zone": "UTC", "hours": [{"weekday": 8, "opens": "09:00", "closes": "10:00"}]}',
     'calendars[0].hours[0].weekday must be a whole number from 1 to 7'),
    ('{"calendar": "x", "name": "X", "time_zone": "UTC", "hours": [{"weekday": 1, "opens": "09:00", "closes": "12:00"}, {"weekday": 1, "opens": "11:00", "closes": "13:00"}]}',
     'calendars[0].hours[1] overlaps with other hours of its weekday'),
    ('{"calendar": "x", "name": "X", "time_zone": "UTC", "hours": [{"weekday": 1, "opens": "12:00", "closes": "09:00"}]}',
     'calendars[0].hours[0] must close after it opens'),
    ('{"calendar": "x", "name": "X", "time_zone": "UTC", "holidays": [{"day": "2004-02-30", "name": "none"}]}',
     'calendars[0].holidays[0].day must be a date, such as 2004-12-24'),
    ('{"calendar": "x", "name": "X", "time_zone": "UTC", "holiday": []}', 'calendars[0].holiday is not known')) v (c, problem);
SELECT finish();
ROLLBACK;
