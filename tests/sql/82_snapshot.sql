-- The figures of a day: the as-of rule, the snapshot that stays as it is, alerts, nights that are pending; and that
-- granted + topped up - used + credited - expired = left for each pool and day, by the ledger and by the counters.
BEGIN;
SELECT plan(95);
SET LOCAL entitled.scope = '*';
SELECT setval('entitled.incident_incident_id_seq', 1, false) \g /dev/null

CREATE FUNCTION pg_temp.at(moment text) RETURNS timestamptz LANGUAGE sql AS $$
  SELECT set_config('entitled.now', moment::timestamptz::text, true)::timestamptz $$;
-- The pools of a partner at the end of a day: name granted+topped_up-used+credited-expired=left, overage, of that day, last 30.
CREATE FUNCTION pg_temp.pools(day text, partner text DEFAULT 'contoso') RETURNS text LANGUAGE sql AS $$
  SELECT coalesce(string_agg(format('%s %s+%s-%s+%s-%s=%s o%s d%s m%s', left(p ->> 'pool', 2), p ->> 'granted', p ->> 'topped_up', p ->> 'used', p ->> 'credited',
                                    p ->> 'expired', p ->> 'left', p ->> 'overage', p ->> 'used_that_day', p ->> 'last_30'), ', ' ORDER BY n), 'none')
    FROM jsonb_array_elements(t.result('report.usage', 'rita', jsonb_build_object('date', day, 'partner', partner, 'section', 'pools')) -> 'pools')
         WITH ORDINALITY AS l (p, n) $$;
-- One member of a partner's pool at the end of a day.
CREATE FUNCTION pg_temp.pool(day text, pool text, path text, partner text DEFAULT 'contoso', contract text DEFAULT NULL) RETURNS text LANGUAGE sql AS $$
  SELECT p #>> path::text[]
    FROM jsonb_array_elements(t.result('report.usage', 'rita', jsonb_build_object('date', day, 'partner', partner, 'section', 'pools')) -> 'pools') p
   WHERE p ->> 'pool' = $2 AND (contract IS NULL OR p ->> 'contract' = contract) $$;
CREATE FUNCTION pg_temp.take(day text, caller text DEFAULT 'rita') RETURNS jsonb LANGUAGE sql AS $$
  SELECT t.ask('report.snapshot', caller, jsonb_build_object('date', day)) -> 'body' $$;

-- ---------------------------------------------------------------- what counts, and from when

SELECT is(t.result('report.pending', 'rita'), '{"dates": ["2004-08-22"]}', 'the very first night: the last day that is over');

-- It is 2004-08-23; contoso has Certified from 03-01 and MSPA Standard from 06-01, written today.
SELECT is(pg_temp.pools('2004-02-28'), 'none', 'nothing before the term');
-- (Lisbon is an hour ahead in summer, so that term begins on the evening before by UTC.)
SELECT is(pg_temp.pools('2004-03-01'), 'pr 5+0-0+0-0=5 o0 d0 m0', 'a grant counts from the start of its term, not from when it was written');
SELECT is(pg_temp.pools('2004-05-31'), 'pr 5+0-0+0-0=5 o0 d0 m0, co 600+0-0+0-0=600 o0 d0 m0, pr 5+0-0+0-0=5 o0 d0 m0', 'each from its own start');
SELECT is(pg_temp.pools('2004-08-22', 'emptyco'), 'none', 'a partner without contracts');
SELECT t.contract('emptyco', 'certified', '2004-09-01') AS later \gset
SELECT is(pg_temp.pools('2004-08-23', 'emptyco'), 'none', 'a contract that starts later is not there yet');

-- A charge counts from when the incident was opened, however late it is entered.
SELECT t.open('contoso', 'professional', '{"opened_at": "2004-08-20T10:00:00Z"}'), t.open('contoso', 'professional', '{"opened_at": "2004-08-19T23:59:59Z"}'),
       t.open('contoso', 'professional', '{"opened_at": "2004-07-20T10:00:00Z"}') \g /dev/null
SELECT is(pg_temp.pools('2004-07-19'), 'pr 5+0-0+0-0=5 o0 d0 m0, co 600+0-0+0-0=600 o0 d0 m0, pr 5+0-0+0-0=5 o0 d0 m0', 'late-logged: the day before it was opened');
SELECT is(pg_temp.pools('2004-07-20'), 'pr 5+0-1+0-0=4 o0 d1 m1, co 600+0-0+0-0=600 o0 d0 m0, pr 5+0-0+0-0=5 o0 d0 m0', 'late-logged: the day on which it was opened');
SELECT is(pg_temp.pools('2004-08-19'), 'pr 5+0-2+0-0=3 o0 d1 m1, co 600+0-0+0-0=600 o0 d0 m0, pr 5+0-0+0-0=5 o0 d0 m0', 'the last second of a day is that day''s; 30 days are 30');
SELECT is(pg_temp.pools('2004-08-20'), 'pr 5+0-3+0-0=2 o0 d1 m2, co 600+0-0+0-0=600 o0 d0 m0, pr 5+0-0+0-0=5 o0 d0 m0', 'and the next');
-- Usage, top-ups and credits when they are booked; what is given back was not used, from then on.
SELECT pg_temp.at('2004-08-25 12:00+00') \g /dev/null
SELECT t.result('usage.record', 'carla', '{"partner": "contoso", "benefit": "consulting", "units": 45, "at": "2004-08-20T12:00:00Z"}'),
       t.result('incident.credit', 'carla', '{"incident": "INC-000001", "reason": "goodwill", "note": "n"}'),
       t.result('contract.top_up', 'mia', '{"contract": "CON-000001", "benefit": "professional-incidents", "units": 2}') \g /dev/null
SELECT pg_temp.at('2004-08-26 12:00+00') \g /dev/null
SELECT is(pg_temp.pools('2004-08-24'), 'pr 5+0-3+0-0=2 o0 d0 m2, co 600+0-0+0-0=600 o0 d0 m0, pr 5+0-0+0-0=5 o0 d0 m0', 'usage, credit and top-up: not before they are booked');
SELECT is(pg_temp.pools('2004-08-25'), 'pr 5+2-3+1-0=5 o0 d0 m1, co 600+0-45+0-0=555 o0 d45 m45, pr 5+0-0+0-0=5 o0 d0 m0', 'on the day on which they are');
SELECT is(pg_temp.pool('2004-08-25', 'professional-incidents', '{percent}'), '28', 'what was given back is no part of the per cent');
SELECT is(pg_temp.pool('2004-08-25', 'professional-incidents', '{active_days}', 'contoso', 'CON-000001'), '2', 'nor is its day active');
-- An override, and its credit, are beyond; they leave used alone.
SELECT t.open('contoso', 'professional', '{"opened_at": "2004-08-26T00:30:00Z"}') FROM generate_series(1, 10) \g /dev/null
SELECT t.open('contoso', 'professional', '{"opened_at": "2004-08-25T10:00:00Z", "override_reason": "they wait"}', 'mia') ->> 'incident' AS beyond \gset
SELECT is(pg_temp.pools('2004-08-25'), 'pr 5+2-3+1-0=5 o1 d0 m1, co 600+0-45+0-0=555 o0 d45 m45, pr 5+0-0+0-0=5 o0 d0 m0', 'an override counts from when its incident was opened');
SELECT t.result('incident.credit', 'carla', jsonb_build_object('incident', :'beyond', 'reason', 'goodwill', 'note', 'n')) \g /dev/null
SELECT pg_temp.at('2004-08-27 12:00+00') \g /dev/null
SELECT is(pg_temp.pools('2004-08-26'), 'pr 5+2-8+1-0=0 o0 d5 m6, co 600+0-45+0-0=555 o0 d0 m45, pr 5+0-5+0-0=0 o0 d5 m5', 'and its credit from when it was given back');
SELECT is(pg_temp.pool('2004-08-26', 'professional-incidents', '{status}', 'contoso', 'CON-000001'), 'exhausted', 'nothing is left');
SELECT is(t.result('report.usage', 'rita', '{"date": "2004-08-26", "partner": "contoso"}') -> 'differences', '[]', 'and it all agrees with the counters');

-- A term that is cut short was not, before that.
SELECT t.result('contract.upgrade', 'mia', '{"contract": "CON-000002", "plan": "mspa-plus", "quantities": {"priority-incidents": 9, "consulting": 700}}') \g /dev/null
SELECT pg_temp.at('2004-08-29 12:00+00') \g /dev/null
SELECT is(pg_temp.pool('2004-08-26', 'consulting', '{expires}'), '2005-05-31T23:00:00+00:00', 'upgraded on the next day: until then it ended when it was agreed');
SELECT is(pg_temp.pools('2004-08-27'), 'pr 5+2-8+1-0=0 o0 d0 m6, co 600+0-45+0-555=0 o0 d0 m45, pr 5+0-5+0-0=0 o0 d0 m5, co 655+0-0+0-0=655 o0 d0 m0, pr 4+0-0+0-0=4 o0 d0 m0',
          'from that day on what was left of it has expired, and the new one is there');
SELECT is(pg_temp.pool('2004-08-27', 'consulting', '{expires}', 'contoso', 'CON-000002'), '2004-08-27T12:00:00+00:00', 'and it ended then');
SELECT t.result('contract.cancel', 'mia', '{"contract": "CON-000001", "reason": "r"}') \g /dev/null
SELECT pg_temp.at('2004-08-31 12:00+00') \g /dev/null
SELECT is(concat_ws(' ', pg_temp.pool('2004-08-28', 'professional-incidents', '{expires}', 'contoso', 'CON-000001'), pg_temp.pool('2004-08-29', 'professional-incidents', '{status}', 'contoso', 'CON-000001')),
          '2005-03-01T00:00:00+00:00 expired', 'cancelled: the same');
SELECT t.result('contract.cancel', 'mia', jsonb_build_object('contract', :'later', 'reason', 'r')) \g /dev/null
SELECT pg_temp.at('2004-09-03 12:00+00') \g /dev/null
SELECT is(pg_temp.pools('2004-09-02', 'emptyco'), 'none', 'cancelled before it began: it never was');

-- Rule 7: what is left at the end of a term has expired then, booked or not; on its last day it is still there.
SELECT t.contract('emptyco', 'certified', '2004-09-03') AS c \gset
UPDATE entitled.program SET time_zone = 'America/New_York';
SELECT pg_temp.at('2005-09-10 12:00+00') \g /dev/null
SELECT t.open('emptyco', 'professional', '{"opened_at": "2005-09-01T10:00:00Z"}') \g /dev/null
SELECT is(pg_temp.pools('2005-09-02', 'emptyco'), 'pr 5+0-1+0-0=4 o0 d0 m1', 'rule 7: the last day of a term');
SELECT is(pg_temp.pools('2005-09-03', 'emptyco'), 'pr 5+0-1+0-4=0 o0 d0 m1', 'rule 7: the day after it, nothing booked');
SELECT is(pg_temp.pool('2005-09-03', 'professional-incidents', '{forecast,status}', 'emptyco'), 'none', 'nothing to forecast of it');
SELECT entitled.grants_expire((SELECT partner_id FROM entitled.partner WHERE code = 'emptyco'), t.id('mia')) \g /dev/null
SELECT is(pg_temp.pools('2005-09-02', 'emptyco') || ' ' || pg_temp.pools('2005-09-03', 'emptyco'), 'pr 5+0-1+0-0=4 o0 d0 m1 pr 5+0-1+0-4=0 o0 d0 m1', 'rule 7: booked, the same');
SELECT t.open('emptyco', 'professional', '{"opened_at": "2005-08-30T10:00:00Z"}') ->> 'incident' AS late \gset
SELECT is((SELECT kind::text FROM entitled.ledger WHERE incident_id = entitled.incident_number(:'late')), 'late', 'one that is reported within the term and entered after its expiry');
SELECT is(pg_temp.pools('2005-09-02', 'emptyco') || ' ' || pg_temp.pools('2005-09-03', 'emptyco'), 'pr 5+0-2+0-0=3 o0 d0 m2 pr 5+0-2+0-3=0 o0 d0 m2', 'late: it was used, and less has expired');
SELECT t.result('incident.credit', 'carla', jsonb_build_object('incident', :'late', 'reason', 'goodwill', 'note', 'n')) \g /dev/null
SELECT pg_temp.at('2005-09-12 12:00+00') \g /dev/null
SELECT is(pg_temp.pools('2005-09-09', 'emptyco') || ' ' || pg_temp.pools('2005-09-10', 'emptyco'), 'pr 5+0-2+0-3=0 o0 d0 m2 pr 5+0-2+1-4=0 o0 d0 m1', 'given back after the end: it lapses');
SELECT is(t.result('report.usage', 'rita', jsonb_build_object('date', d, 'partner', 'emptyco')) -> 'differences', '[]', 'and the counters agree: ' || d)
  FROM unnest('{2005-08-29,2005-08-30,2005-09-02,2005-09-03,2005-09-10,2005-09-11}'::text[]) d;
SELECT pg_temp.at('2005-10-04 12:00+00') \g /dev/null
SELECT is(pg_temp.pools('2005-10-02', 'emptyco') || ' ' || pg_temp.pools('2005-10-03', 'emptyco'), 'pr 5+0-2+1-4=0 o0 d0 m0 none', 'what has ended is shown for 30 days');

-- ---------------------------------------------------------------- days whose night has a change of the clocks

CREATE FUNCTION pg_temp.night(zone text, day date) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  n entitled.night;
BEGIN
  UPDATE entitled.program SET time_zone = zone;
  n := entitled.night_of(day);
  RETURN concat_ws(' ', n.begins, n.cut_off, n.cut_off - n.begins);
END $$;
SELECT pg_temp.at('2005-12-01 12:00+00') \g /dev/null
SELECT is(pg_temp.night(zone, day), want, zone || ' ' || day)
  FROM (VALUES ('America/Los_Angeles', '2004-10-31'::date, '2004-10-31 07:00:00+00 2004-11-01 08:00:00+00 1 day 01:00:00'),
               ('America/Los_Angeles', '2005-04-03', '2005-04-03 08:00:00+00 2005-04-04 07:00:00+00 23:00:00'),
               ('Europe/London', '2004-10-31', '2004-10-30 23:00:00+00 2004-11-01 00:00:00+00 1 day 01:00:00'),
               ('Europe/London', '2005-03-27', '2005-03-27 00:00:00+00 2005-03-27 23:00:00+00 23:00:00'),
               ('Australia/Lord_Howe', '2004-10-31', '2004-10-30 13:30:00+00 2004-10-31 13:00:00+00 23:30:00'),
               ('Australia/Lord_Howe', '2005-03-27', '2005-03-26 13:00:00+00 2005-03-27 13:30:00+00 1 day 00:30:00'),
               ('America/Sao_Paulo', '2004-11-02', '2004-11-02 03:00:00+00 2004-11-03 02:00:00+00 23:00:00')) v (zone, day, want);
-- Each of the two hours that the clocks read twice is of that day, and the next begins where it ends.
SELECT t.contract('emptyco', 'mspa-plus', '2004-10-01', '{"quantities": {"priority-incidents": 50, "consulting": 50}}') \g /dev/null
SELECT t.open('emptyco', 'priority', jsonb_build_object('opened_at', at))
  FROM unnest('{2004-10-31T06:59:59Z,2004-10-31T07:00:00Z,2004-10-31T08:30:00Z,2004-10-31T09:30:00Z,2004-11-01T07:59:59Z,2004-11-01T08:00:00Z,
                2005-04-03T07:59:59Z,2005-04-03T08:00:00Z,2005-04-04T06:59:59Z,2005-04-04T07:00:00Z}'::text[]) at \g /dev/null
UPDATE entitled.program SET time_zone = 'America/Los_Angeles';
SELECT is(string_agg(coalesce(pg_temp.pool(d, 'priority-incidents', '{used_that_day}', 'emptyco'), '-') || ' ' || (t.result('report.usage', 'rita', jsonb_build_object('date', d, 'partner', 'emptyco')) #>> '{totals,opened}'), ', ' ORDER BY d),
          '1 1, 4 4, 1 1, 1 1, 2 2, 1 1', 'incidents around both changes of the clocks are of the right days, by pools and by the count')
  FROM unnest('{2004-10-30,2004-10-31,2004-11-01,2005-04-02,2005-04-03,2005-04-04}'::text[]) d;

-- ---------------------------------------------------------------- a snapshot stays

UPDATE entitled.program SET time_zone = 'UTC';
SELECT is(pg_temp.take('2005-12-01') #>> '{message}', 'parameter `date`: 2005-12-01 is not over yet in UTC', 'no snapshot of a day that is not over');
SELECT is(pg_temp.take('2005-02-30') #>> '{data,reason}', 'invalid_params', 'nor of a day that there is not');
SELECT is(t.reason('report.usage', 'rita', '{"date": "2005-12-02"}'), 'invalid_params', 'no figures of tomorrow');
SELECT is(t.result('report.usage', 'rita') ->> 'date', '2005-11-30', 'the last day that is over is the default');
SELECT is(t.result('report.usage', 'rita', '{"date": "2005-12-01"}') - 'totals' @> '{"so_far": true, "cut_off": "2005-12-01T12:00:00+00:00", "snapshot": false}', true, 'of today: so far');
SELECT t.contract('contoso', 'certified', '2005-11-01') AS c \gset
SELECT t.open('contoso', 'professional', jsonb_build_object('opened_at', at)) FROM unnest('{2005-11-03T10:00:00Z,2005-11-10T10:00:00Z,2005-11-17T10:00:00Z}'::text[]) at \g /dev/null
SELECT t.result('report.usage', 'rita', '{"date": "2005-11-30", "section": "pools", "limit": 500}') -> 'pools' AS pools,
       t.result('report.usage', 'rita', '{"date": "2005-11-30"}') AS summary \gset live_
SELECT pg_temp.take('2005-11-30') AS taken \gset
SELECT is(:'taken'::jsonb - 'alerts', '{"date": "2005-11-30", "pools": 1, "already": false, "cut_off": "2005-12-01T00:00:00+00:00", "partners": 1, "differences": 0}', 'taken');
SELECT is((SELECT count(*) FROM entitled.snapshot), 1::bigint, 'one row a pool');
SELECT is(t.result('report.usage', 'rita', '{"date": "2005-11-30", "section": "pools", "limit": 500}') -> 'pools', :'live_pools'::jsonb, 'what it has is what there was');
SELECT is(t.result('report.usage', 'rita', '{"date": "2005-11-30"}') - '{snapshot,alerts_total,before}'::text[], :'live_summary'::jsonb - '{snapshot,alerts_total,before}'::text[], 'its summary too');
-- Late news: the snapshot stays, the next day has it.
SELECT t.open('contoso', 'professional', '{"opened_at": "2005-11-29T10:00:00Z"}') \g /dev/null
SELECT is(pg_temp.take('2005-11-30'), :'taken'::jsonb || '{"already": true}', 'taken again: the same, already');
SELECT is(t.result('report.usage', 'rita', '{"date": "2005-11-30", "section": "pools", "limit": 500}') -> 'pools', :'live_pools'::jsonb, 'what was logged late does not change it');
SELECT is(pg_temp.pool('2005-11-30', 'professional-incidents', '{used}'), '3', 'nor a partner''s part of it');
SELECT is(t.result('report.usage', 'rita', '{"date": "2005-11-30", "partner": "contoso"}') #>> '{totals,used}', '3', 'nor its totals');
SELECT is(pg_temp.pool('2005-12-01', 'professional-incidents', '{used}'), '4', 'the next day has it');
UPDATE entitled.program SET time_zone = 'Asia/Tokyo';
SELECT is(t.result('report.usage', 'rita', '{"date": "2005-11-30"}') ->> 'cut_off', '2005-12-01T00:00:00+00:00', 'nor does another time zone of the program');
UPDATE entitled.program SET time_zone = 'UTC';
SELECT pg_temp.at('2005-12-02 12:00+00') \g /dev/null
SELECT pg_temp.take('2005-12-01') \g /dev/null
SELECT is(t.result('report.usage', 'rita', '{"date": "2005-12-01"}') #> '{before,used}', :'live_summary'::jsonb #> '{totals,used}', 'the day before, as it was kept');

-- ---------------------------------------------------------------- alerts

CREATE FUNCTION pg_temp.alerts(day text) RETURNS text LANGUAGE sql AS $$
  SELECT coalesce(string_agg((a ->> 'kind') || ' ' || (a ->> 'partner'), ', ' ORDER BY n), '')
    FROM jsonb_array_elements(t.result('report.usage', 'rita', jsonb_build_object('date', day, 'section', 'alerts')) -> 'alerts') WITH ORDINALITY l (a, n) $$;
SELECT is(pg_temp.alerts('2005-11-30'), 'runs_out contoso', 'of the first snapshot');
SELECT is(pg_temp.alerts('2005-12-01'), 'used_80 contoso', 'a day later: only what is new');
SELECT is(t.result('report.usage', 'rita', '{"date": "2005-12-01"}') ->> 'alerts_total', '1', 'counted');
SELECT pg_temp.at('2005-12-03 12:00+00') \g /dev/null
SELECT t.open('contoso', 'professional', '{"opened_at": "2005-12-02T10:00:00Z"}') \g /dev/null
SELECT pg_temp.take('2005-12-02') \g /dev/null
SELECT is(pg_temp.alerts('2005-12-02'), 'used_100 contoso', 'all used');
DELETE FROM entitled.alert WHERE kind = 'used_80'; -- as if it had gone there at once
SELECT t.result('incident.credit', 'carla', jsonb_build_object('incident', 'INC-0000' || max(incident_id), 'reason', 'goodwill', 'note', 'n')) FROM entitled.incident \g /dev/null
SELECT pg_temp.at('2005-12-04 12:00+00') \g /dev/null
SELECT pg_temp.take('2005-12-03') \g /dev/null
SELECT is(pg_temp.alerts('2005-12-03'), '', 'given back: 80 % was passed before, nobody is told again');
SELECT pg_temp.at('2006-10-15 12:00+00') \g /dev/null
SELECT is((pg_temp.take('2006-10-01') ->> 'alerts') || ' ' || pg_temp.alerts('2006-10-01'), '0 ', 'a month and a minute before it ends');
SELECT is((pg_temp.take('2006-10-02') ->> 'alerts') || ' ' || pg_temp.alerts('2006-10-02'), '1 expires_in_30 contoso', 'within 30 days of its end');
SELECT is((pg_temp.take('2006-10-03') ->> 'alerts') || ' ' || pg_temp.alerts('2006-10-03'), '0 ', 'once');
SELECT is(t.result('report.usage', 'rita', '{"date": "2006-10-02", "section": "alerts"}') #>> '{alerts,0,text}', 'professional-incidents: 4 of 5 used; the rest expires on 2006-11-01', 'in words');

-- ---------------------------------------------------------------- nights that are not done

SELECT is(t.result('report.pending', 'rita') -> 'dates', (SELECT jsonb_agg('2006-10-01'::date + d) FROM generate_series(0, 13) d),
          'none was finished yet: from the first that was begun within a month');
SELECT is(t.reason('report.finish', 'rita', '{"date": "2006-10-14"}'), 'invalid_state', 'no report is done without its snapshot');
SELECT pg_temp.take('2006-10-14') \g /dev/null
SELECT is(t.result('report.pending', 'rita') #>> '{dates,-1}', '2006-10-14', 'a snapshot alone is no report');
SELECT is(t.result('report.finish', 'rita', '{"date": "2006-10-14"}'), '{"date": "2006-10-14", "already": false}', 'done');
SELECT is(t.result('report.finish', 'ada', '{"date": "2006-10-14"}'), '{"date": "2006-10-14", "already": true}', 'done already');
SELECT is(t.result('report.pending', 'rita'), '{"dates": []}', 'nothing to do');
SELECT pg_temp.at('2006-10-18 00:00+00') \g /dev/null
SELECT is(t.result('report.pending', 'rita'), '{"dates": ["2006-10-15", "2006-10-16", "2006-10-17"]}', 'three nights missed: each by its own');
SELECT pg_temp.take(d), t.result('report.finish', 'rita', jsonb_build_object('date', d)) FROM unnest('{2006-10-15,2006-10-16}'::text[]) d \g /dev/null
SELECT is(t.result('report.pending', 'rita'), '{"dates": ["2006-10-17"]}', 'two made up, one to go');
SELECT is(t.reason('report.finish', 'rita', '{"date": "monday"}'), 'invalid_params', 'no date');

-- ---------------------------------------------------------------- a counter that is wrong is the report's first line

SELECT pg_temp.at('2006-10-19 12:00+00') \g /dev/null
SELECT t.contract('fabriks', 'mspa-plus', '2006-10-01', '{"quantities": {"priority-incidents": 50, "consulting": 50}}') AS c \gset
UPDATE entitled.pool_grant SET used = used + 3 WHERE contract_id = entitled.contract_number(:'c') AND benefit = 'consulting';
SELECT is(t.result('report.usage', 'rita', '{"date": "2006-10-18"}') -> 'differences',
          jsonb_build_array(jsonb_build_object('partner', 'fabriks', 'pool', 'consulting', 'contract', :'c', 'left', 50, 'reckoned', 47)), 'used is not what the ledger says');
SELECT is(t.result('report.usage', 'rita', '{"date": "2006-10-18", "partner": "contoso"}') ->> 'differences_total', '0', 'of another partner: nothing');
SELECT is(pg_temp.take('2006-10-18') ->> 'differences', '1', 'and the snapshot says so');
SELECT is(t.result('report.usage', 'rita', '{"date": "2006-10-18"}') ->> 'differences_total', '1', 'for good');
UPDATE entitled.pool_grant SET used = used - 3, expired = expired + 1 WHERE contract_id = entitled.contract_number(:'c') AND benefit = 'consulting';
SELECT is(t.result('report.usage', 'rita', '{"date": "2006-10-17"}') #>> '{differences,0,reckoned}', '49', 'expired is not what the ledger says');
UPDATE entitled.pool_grant SET expired = expired - 1, granted = granted + 5 WHERE contract_id = entitled.contract_number(:'c') AND benefit = 'consulting';
SELECT is(t.result('report.usage', 'rita', '{"date": "2006-10-17"}') #>> '{differences,0,reckoned}', '55', 'granted is not what the ledger says');
UPDATE entitled.pool_grant SET granted = granted - 5 WHERE contract_id = entitled.contract_number(:'c') AND benefit = 'consulting';
SELECT is(t.result('report.usage', 'rita', '{"date": "2006-10-17"}') ->> 'differences_total', '0', 'right again');

-- Nothing here has broken a chain; and no snapshot sells what has lapsed.
SELECT is_empty('SELECT * FROM t.broken_grants()', 'the ledger is whole');
SELECT is((SELECT count(*) FROM entitled.pool_grant WHERE ends <= entitled.clock_now() AND used + expired < granted), 0::bigint, 'a snapshot books what has lapsed (rule 7)');

-- ---------------------------------------------------------------- an empty database

DELETE FROM entitled.mail_outcome; DELETE FROM entitled.mail; DELETE FROM entitled.alert; DELETE FROM entitled.snapshot; DELETE FROM entitled.night;
DELETE FROM entitled.timeline; DELETE FROM entitled.ledger; DELETE FROM entitled.incident; DELETE FROM entitled.contract_access;
DELETE FROM entitled.contract_target; DELETE FROM entitled.pool_grant; DELETE FROM entitled.contract; DELETE FROM entitled.refusal;
SELECT is(pg_temp.take('2006-10-18'), '{"date": "2006-10-18", "pools": 0, "alerts": 0, "already": false, "cut_off": "2006-10-19T00:00:00+00:00", "partners": 0, "differences": 0}', 'nothing is there: nothing is taken');
SELECT is(t.result('report.usage', 'rita', jsonb_build_object('date', '2006-10-18', 'section', s)) -> s, '[]', 'and shown: ' || s)
  FROM unnest('{pools,refusals,overrides,escalations,alerts}'::text[]) s;
SELECT is(t.result('report.usage', 'rita', '{"date": "2006-10-18"}') #> '{totals,left}', '0', 'and summed up');
SELECT finish();
ROLLBACK;
