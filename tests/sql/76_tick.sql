-- The tick: warnings at 50, 80 and 100 % of each clock, each once, in order, whatever is missed; what it costs when idle.
BEGIN;
SELECT plan(31);
\ir day.psql
SET LOCAL entitled.scope = '*';
SELECT setval('entitled.incident_incident_id_seq', 1, false) \g /dev/null
CREATE FUNCTION pg_temp.tick(params text DEFAULT '{}') RETURNS text LANGUAGE sql AS $$
  SELECT body FROM api.tick('{0}', ARRAY[params::jsonb]) WHERE ok AND ordinal = 1 $$;
-- The warnings of an incident: when, which, what.
CREATE FUNCTION pg_temp.warned(of_incident bigint) RETURNS text LANGUAGE sql AS $$
  SELECT coalesce(string_agg(to_char(at, 'DD HH24:MI ') || regexp_replace(body, ' %.*', ''), ', ' ORDER BY seq), '')
    FROM entitled.timeline WHERE incident_id = of_incident AND event = 'warning' AND internal AND principal_id = 0 $$;

-- Response 60, update 120, resolution 480 minutes of business hours, 8 to 12 and 13 to 17.
SELECT pg_temp.play('office', 'critical', 'A', '2004-08-23 08:00') AS i \gset
SELECT is((pg_temp.row(:'i')).tick_at, '2004-08-23 08:30+00', 'the tick looks at half of the first deadline');
SELECT is(pg_temp.tick(), '{"did" : 0, "more" : false}', 'nothing is due');
SELECT pg_temp.at('2004-08-23 08:29:59.999+00') \g /dev/null
SELECT is(pg_temp.tick(), '{"did" : 0, "more" : false}', 'not a moment before');
SELECT pg_temp.at('2004-08-23 08:30+00') \g /dev/null
SELECT is(pg_temp.tick(), '{"did" : 1, "more" : false}', 'half of the response clock');
SELECT is(pg_temp.warned(1), '23 08:30 response: 50', 'is warned of');
SELECT is(pg_temp.tick(), '{"did" : 0, "more" : false}', 'once');
SELECT is((pg_temp.row(:'i')).tick_at, '2004-08-23 08:48+00', 'then it looks at 80 %');
SELECT is((SELECT body FROM entitled.timeline WHERE incident_id = 1 AND seq = 2), 'response: 50 % of 60 minutes have passed; the deadline is 2004-08-23T09:00:00Z', 'in words');
SELECT is(t.result('incident.show', 'olga', '{"incident": "INC-000001"}') #>> '{timeline,1}', NULL, 'not for the partner');
SELECT is(t.result('incident.show', 'carla', '{"incident": "INC-000001"}') #>> '{timeline,1,actor}', 'system', 'nobody did it: the system');
-- A day without a tick.
SELECT pg_temp.at('2004-08-23 23:00+00') \g /dev/null
SELECT is(pg_temp.tick(), '{"did" : 1, "more" : false}', 'a day later');
SELECT is(pg_temp.warned(1), '23 08:30 response: 50, 23 08:48 response: 80, 23 09:00 update: 50, 23 09:00 response: 100, 23 09:36 update: 80, '
  '23 10:00 update: 100, 23 12:00 resolution: 50, 23 15:24 resolution: 80, 23 17:00 resolution: 100' , 'what was missed is caught up, in order, as of its time');
SELECT is(pg_temp.tick(), '{"did" : 0, "more" : false}', 'once');
SELECT is((pg_temp.row(:'i')).tick_at, NULL, 'there is no more to warn of');
SELECT is(entitled.tick_due(), false, 'and nothing to look at');

-- An act in time stops the response clock and starts the update clock anew; late ticks change nothing.
SELECT pg_temp.play('office', 'critical', 'A', '2004-08-23 08:00, 2004-08-23 08:40 note, 2004-08-23 10:50 note, 2004-08-23 11:00 resolve') \g /dev/null
SELECT is(pg_temp.warned(2), '23 08:30 response: 50, 23 09:40 update: 50, 23 10:16 update: 80, 23 10:40 update: 100',
          'no tick came in all this: each act brings the incident up to its time first');
SELECT pg_temp.at('2004-09-01 12:00+00') \g /dev/null
SELECT is(pg_temp.tick(), '{"did" : 0, "more" : false}', 'resolved: nothing more');
-- Paused, reopened, of another severity.
SELECT pg_temp.play('office', 'critical', 'A', '2004-08-23 08:00, 2004-08-23 08:10 awaiting_partner') AS j \gset
SELECT is((pg_temp.row(:'j')).tick_at, NULL, 'awaiting the partner: no clock runs');
SELECT pg_temp.at('2004-08-25 08:00+00') \g /dev/null
SELECT pg_temp.step(:'j', 'in_progress') \g /dev/null
SELECT is((pg_temp.row(:'j')).tick_at, '2004-08-25 09:00+00', 'and on: half of the update clock');
SELECT pg_temp.at('2004-08-25 17:00+00') \g /dev/null
SELECT pg_temp.tick() \g /dev/null
SELECT is(pg_temp.warned(3), '25 09:00 update: 50, 25 09:36 update: 80, 25 10:00 update: 100, 25 11:50 resolution: 50, 25 15:14 resolution: 80, 25 16:50 resolution: 100', 'the pause is not counted');
SELECT pg_temp.step(:'j', 'severity', 'B') \g /dev/null
SELECT is((SELECT concat_ws(' ', update_warned, resolve_warned, to_char(tick_at, 'DD HH24:MI')) FROM pg_temp.row(:'j')), '100 50 26 13:38',
          'another target: what was warned of and is passed by the new target too is not warned of again');
SELECT pg_temp.step(:'j', 'severity', 'A') \g /dev/null
SELECT is((SELECT concat_ws(' ', resolve_warned, to_char(tick_at, 'DD HH24:MI')) FROM pg_temp.row(:'j')), '50 25 15:14', 'and back: 80 % is passed again');
SELECT pg_temp.step(:'j', 'resolve'), pg_temp.at('2004-08-26 08:00+00') \g /dev/null
SELECT pg_temp.step(:'j', 'reopen') \g /dev/null
SELECT is((SELECT concat_ws(' ', update_warned, resolve_warned, to_char(tick_at, 'DD HH24:MI')) FROM pg_temp.row(:'j')), '0 0 26 09:00', 'reopened: new clocks');
SELECT pg_temp.step(:'j', 'resolve') \g /dev/null

-- So many at a time.
SELECT pg_temp.at('2004-08-26 08:00+00') \g /dev/null
SELECT t.open('office-co', 'critical', '{"severity": "A", "outage": "server"}') FROM generate_series(1, 5) \g /dev/null
SELECT pg_temp.at('2004-08-26 08:30+00') \g /dev/null
SELECT is(pg_temp.tick('{"limit": 2}'), '{"did" : 2, "more" : true}', 'bounded: there are more');
SELECT is(pg_temp.tick('{"limit": 2}'), '{"did" : 2, "more" : true}', 'more');
SELECT is(pg_temp.tick('{"limit": 2}'), '{"did" : 1, "more" : false}', 'and the last');
SELECT is((SELECT count(*)::int FROM entitled.timeline WHERE incident_id > 3 AND event = 'warning'), 5, 'each once');
SELECT results_eq($$ SELECT ordinal, ok FROM api.tick('{0,0}', '{"{}","{}"}') $$, $$ VALUES (1, true), (2, true) $$, 'several requests, as every function of api');

-- Idle, it reads the ends of two indexes, whatever is in the tables.
-- (The queries of tick_due() and tick_incidents(); their time is a variable: under row-level security an index serves no
-- function that is not leakproof.)
CREATE FUNCTION pg_temp.plan(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  line text;
  said text := '';
BEGIN
  PERFORM set_config('role', 'entitled_owner', true);
  FOR line IN EXECUTE 'EXPLAIN ' || query LOOP
    said := said || line || E'\n';
  END LOOP;
  PERFORM set_config('role', 'postgres', true);
  RETURN said;
END $$;
INSERT INTO entitled.incident (partner_id, class, severity, title, coverage, opened_at, logged_at, logged_by, tick_at)
SELECT partner_id, 'professional', 'B', 'i', '24x7', now(), now(), 1, timestamptz '2030-01-01' + n * interval '1 minute'
  FROM entitled.partner, generate_series(1, 20000) n WHERE code = 'office-co';
ANALYZE entitled.incident;
SELECT matches(pg_temp.plan('SELECT FROM entitled.incident WHERE tick_at <= ''2004-08-23''::timestamptz'), 'Index.* using incident_by_tick', 'incidents by incident_by_tick');
SELECT matches(pg_temp.plan('SELECT * FROM entitled.incident WHERE tick_at <= ''2004-08-23''::timestamptz ORDER BY tick_at LIMIT 100 FOR NO KEY UPDATE SKIP LOCKED'),
               'incident_by_tick', 'and what is due in its order');
SET LOCAL enable_seqscan = off;
SELECT matches(pg_temp.plan('SELECT FROM entitled.escalation WHERE tick_at <= ''2004-08-23''::timestamptz'), 'escalation_by_tick', 'escalations by escalation_by_tick');
SELECT finish();
ROLLBACK;
