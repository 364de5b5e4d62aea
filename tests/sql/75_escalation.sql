-- Escalations: every edge of their state machine, who may raise one and when, what time does to them, who sees them.
BEGIN;
SELECT plan(84);
\ir day.psql
SET LOCAL entitled.scope = '*';
SELECT pg_temp.at('2004-08-23 09:00+00') \g /dev/null
SELECT setval('entitled.incident_incident_id_seq', 1, false), setval('entitled.escalation_escalation_id_seq', 1, false) \g /dev/null
SELECT t.open('office-co', 'critical', '{"severity": "A", "outage": "server"}') ->> 'incident' AS i \gset
CREATE FUNCTION pg_temp.raise(more jsonb DEFAULT '{}') RETURNS jsonb LANGUAGE sql AS $$
  SELECT t.ask('escalation.raise', 'carla', '{"incident": "INC-000001", "reason": "they wait"}'::jsonb || more) -> 'body' $$;
CREATE FUNCTION pg_temp.move(move text, escalation text DEFAULT 'ESC-000001', caller text DEFAULT 'carlo') RETURNS text LANGUAGE sql AS $$
  SELECT coalesce(b #>> '{data,reason}', b #>> '{escalation,state}')
    FROM (SELECT t.ask('escalation.' || move, caller, jsonb_build_object('escalation', escalation)) -> 'body' AS b) a $$;
CREATE FUNCTION pg_temp.told(incident text DEFAULT 'INC-000001') RETURNS text LANGUAGE sql AS $$
  SELECT string_agg(concat_ws(' ', to_char(at, 'DD HH24:MI'), entitled.principal_name(principal_id), event, body), E'\n' ORDER BY seq)
    FROM entitled.timeline WHERE incident_id = entitled.incident_number(incident) AND event ~ 'escal|ackn|went|overdue' $$;

-- Raised in business hours: level 1 must answer within an hour of them.
SELECT is(pg_temp.raise() -> 'escalation',
  '{"escalation": "ESC-000001", "incident": "INC-000001", "partner": "office-co", "level": 1, "level_name": "coordinator", "state": "raised",
    "reason": "they wait", "coverage": "business-hours", "raised_by": "carla", "to": null, "raised_at": "2004-08-23T09:00:00+00:00",
    "effective_at": "2004-08-23T09:00:00+00:00", "acknowledge_by": "2004-08-23T10:00:00+00:00", "acknowledged_at": null,
    "acknowledged_by": null, "ended_at": null, "overdue": false, "moves": ["acknowledge", "withdraw"]}', 'raised');
SELECT is(t.result('incident.show', 'olga', '{"incident": "INC-000001"}') -> k, v, 'the incident is shown as escalated: ' || k)
  FROM (VALUES ('escalated', 'true'::jsonb), ('state', '"new"')) v (k, v);
SELECT is(t.result('incident.show', 'olga', '{"incident": "INC-000001"}') #>> '{escalations,0,escalation}', 'ESC-000001', 'and has it');
SELECT is(t.result('incident.list', 'carla', '{"state": "escalated"}') #>> '{incidents,0,incident}', 'INC-000001', 'and is found as such');
SELECT is(pg_temp.move('acknowledge'), 'acknowledged', 'acknowledged');
SELECT is(pg_temp.move('resolve'), 'resolved', 'resolved');
SELECT is(t.result('incident.show', 'carla', '{"incident": "INC-000001"}') -> 'escalated', 'false', 'the incident is not escalated any more');
SELECT is(pg_temp.told(), E'23 09:00 carla escalated ESC-000001, level 1 (coordinator): they wait\n23 09:00 carlo acknowledged ESC-000001, level 1 (coordinator)\n'
                          '23 09:00 carlo escalation_resolved ESC-000001, level 1 (coordinator)', 'each step stands in the timeline');

-- Every state and every move, against a table of this test.
CREATE TEMP TABLE edge (state text, move text, expected text);
INSERT INTO edge SELECT s, m, 'invalid_state' FROM unnest('{queued,raised,acknowledged,resolved,withdrawn}'::text[]) s,
                                                   unnest('{acknowledge,resolve,withdraw}'::text[]) m;
UPDATE edge SET expected = e.expected
  FROM (VALUES ('queued', 'withdraw', 'withdrawn'), ('raised', 'acknowledge', 'acknowledged'), ('raised', 'withdraw', 'withdrawn'),
               ('acknowledged', 'resolve', 'resolved'), ('acknowledged', 'withdraw', 'withdrawn')) e (state, move, expected)
 WHERE edge.state = e.state AND edge.move = e.move;
CREATE FUNCTION pg_temp.edge(state text, move text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  UPDATE entitled.escalation e SET state = $1, tick_at = NULL,
         ended_at = CASE WHEN $1 IN ('resolved', 'withdrawn') THEN '2004-08-23 09:00+00'::timestamptz END WHERE escalation_id = 1;
  RETURN pg_temp.move(move);
END $$;
SELECT is(pg_temp.edge(state, move), expected, format('%s: %s', state, move)) FROM edge ORDER BY state, move;
SELECT is((SELECT string_agg(concat_ws(' ', state, move), ',' ORDER BY state, move) FROM edge WHERE expected <> 'invalid_state'),
          (SELECT string_agg(concat_ws(' ', from_state, move), ',' ORDER BY from_state, move) FROM entitled.escalation_move WHERE NOT by_itself),
          'the table of moves is this one');
SELECT is((SELECT string_agg(concat_ws(' ', from_state, move, to_state), ',') FROM entitled.escalation_move WHERE by_itself), 'queued take_effect raised', 'and what time does');
SELECT is(pg_temp.edge('resolved', 'withdraw'), 'invalid_state', 'an end is an end');
SELECT is(t.ask('escalation.resolve', 'carla', '{"escalation": "ESC-000001"}') -> 'body',
          '{"code": 3, "message": "escalation ESC-000001 is resolved; legal now: nothing", "data": {"reason": "invalid_state", "state": "resolved", "moves": []}}',
          'the refusal tells what is legal');
SELECT is(pg_temp.move('withdraw', e), 'not_found', 'no such escalation: ' || e) FROM unnest('{ESC-000099,INC-000001}'::text[]) e;

-- Outside the hours.
SELECT pg_temp.at('2004-08-27 17:30+00') \g /dev/null
SELECT is(pg_temp.raise() #- '{data,reason}', '{"code": 12, "data": {"opens": "2004-08-30T08:00:00+00:00"},
  "message": "outside the hours of coverage: they begin again at 2004-08-30 09:00 Europe/Lisbon; with `queue` it takes effect then"}',
  'outside the hours: refused, with the next opening');
SELECT is((SELECT reason || ' ' || method FROM entitled.refusal ORDER BY refusal_id DESC LIMIT 1), 'outside_coverage escalation.raise', 'and kept for the report');
SELECT is(pg_temp.raise('{"queue": true}') -> 'escalation' -> k, v, 'queued: ' || k)
  FROM (VALUES ('escalation', '"ESC-000002"'::jsonb)) v (k, v);
SELECT is((SELECT concat_ws(' ', state, to_char(effective_at, 'DD HH24:MI'), to_char(acknowledge_by, 'DD HH24:MI'), to_char(tick_at, 'DD HH24:MI'))
             FROM entitled.escalation WHERE escalation_id = 2), 'queued 30 08:00 30 09:00 30 08:00', 'it takes effect at the opening');
SELECT is(t.result('incident.show', 'carla', '{"incident": "INC-000001"}') -> 'escalated', 'false', 'a queued one does not make an incident an escalated one');
SELECT is(pg_temp.move('acknowledge', 'ESC-000002'), 'invalid_state', 'a queued one is not acknowledged');
SELECT is(pg_temp.raise('{"queue": true, "by": "2004-08-30T08:00:00Z"}') #>> '{data,reason}', 'invalid_params', 'by when: after it takes effect');
-- By the time alone, whether or not the tick came.
SELECT pg_temp.at('2004-08-30 08:10+00') \g /dev/null
SELECT is(pg_temp.move('acknowledge', 'ESC-000002'), 'acknowledged', 'once it has taken effect it is acknowledged, though no tick came');
SELECT matches(pg_temp.told(), '30 08:00 system escalated ESC-000002, level 1 \(coordinator\): they wait\n30 08:10 carlo acknowledged', 'the step that time made has its own time');

-- Where it goes up by itself: an hour of coverage on levels 1 and 2, four on 3; once a level.
SELECT pg_temp.at('2004-08-30 11:30+00') \g /dev/null
SELECT pg_temp.raise('{"to": "carlo"}') #>> '{escalation,acknowledge_by}' AS by \gset
SELECT is(:'by'::timestamptz, '2004-08-30 13:30+00', 'an hour over lunch');
SELECT pg_temp.at('2004-08-30 13:29:59+00'), api.tick('{0}', '{"{}"}') \g /dev/null
SELECT is((SELECT level FROM entitled.escalation WHERE escalation_id = 3), 1::smallint, 'not before its time');
SELECT pg_temp.at('2004-08-30 13:30+00'), api.tick('{0}', '{"{}"}') \g /dev/null
SELECT is((SELECT concat_ws(' ', level, state, directed_to IS NULL, to_char(acknowledge_by, 'DD HH24:MI')) FROM entitled.escalation WHERE escalation_id = 3),
          '2 raised t 30 14:30', 'up to level 2, at large');
SELECT api.tick('{0}', '{"{}"}') FROM generate_series(1, 3) \g /dev/null
SELECT is((SELECT level FROM entitled.escalation WHERE escalation_id = 3), 2::smallint, 'once');
SELECT pg_temp.at('2004-08-31 16:00+00'), api.tick('{0}', '{"{}"}') \g /dev/null
SELECT is((SELECT concat_ws(' ', level, state, overdue, to_char(acknowledge_by, 'DD HH24:MI'), tick_at IS NULL) FROM entitled.escalation WHERE escalation_id = 3),
          '3 raised t 31 09:30 t', 'a day later: up to 3 and overdue, each as of its own time');
SELECT api.tick('{0}', '{"{}"}') FROM generate_series(1, 3) \g /dev/null
SELECT is((SELECT string_agg(concat_ws(' ', to_char(at, 'DD HH24:MI'), event, body), E'\n' ORDER BY seq) FROM entitled.timeline
            WHERE incident_id = 1 AND body ~ '^ESC-000003'),
  E'30 11:30 escalated ESC-000003, level 1 (coordinator): they wait\n30 13:30 went_up ESC-000003, level 2 (services manager): not acknowledged by 2004-08-30T13:30:00Z\n'
  '30 14:30 went_up ESC-000003, level 3 (product group): not acknowledged by 2004-08-30T14:30:00Z\n31 09:30 overdue ESC-000003, level 3 (product group): not acknowledged by 2004-08-31T09:30:00Z',
  'each step once, in order, with its own time');
SELECT is(pg_temp.move('acknowledge', 'ESC-000003'), 'acknowledged', 'an overdue one is still acknowledged');
SELECT is(pg_temp.raise('{"by": "2004-08-31T16:05:00Z", "level": 2}') #>> '{escalation,acknowledge_by}', '2004-08-31T16:05:00+00:00', 'by when, as asked');
SELECT pg_temp.at('2004-08-31 16:05+00'), api.tick('{0}', '{"{}"}') \g /dev/null
SELECT is((SELECT concat_ws(' ', level, to_char(acknowledge_by, 'DD HH24:MI')) FROM entitled.escalation WHERE escalation_id = 4), '3 01 11:05', 'and on the next level that level''s own time');

SELECT is((SELECT concat_ws(' ', level, state, overdue) FROM entitled.escalation WHERE escalation_id = 2), '1 acknowledged f', 'one that was acknowledged in time stays where it is');

-- With the incident its escalations end.
SELECT pg_temp.at('2004-08-31 16:10+00') \g /dev/null
SELECT t.result('incident.resolve', 'carla', '{"incident": "INC-000001", "resolution": "r"}') \g /dev/null
SELECT is((SELECT string_agg(escalation_id || ' ' || state, ',' ORDER BY escalation_id) FROM entitled.escalation), '1 resolved,2 resolved,3 resolved,4 withdrawn',
          'resolved: the acknowledged are resolved, the others withdrawn');
SELECT is(pg_temp.raise() #>> '{data,reason}', 'invalid_state', 'a resolved one is not escalated');

-- To whom.
SELECT t.result('incident.reopen', 'carla', '{"incident": "INC-000001", "reason": "r"}') \g /dev/null
SELECT is(pg_temp.raise(jsonb_build_object('to', who)) #>> '{data,reason}', want, 'to ' || who)
  FROM (VALUES ('nobody', 'not_found'), ('rita', 'invalid_params'), ('olga', 'invalid_params')) v (who, want);
SELECT is(pg_temp.raise('{"by": "2004-08-31T16:10:00Z"}') #>> '{data,reason}', 'invalid_params', 'by when: not now');

-- Through what: an access that escalates, in force.
SELECT t.open('contoso', 'professional') ->> 'incident' AS j \gset
SELECT is((t.ask('escalation.raise', 'carla', jsonb_build_object('incident', :'j', 'reason', 'x')) #> '{body,data}') - 'help',
          '{"reason": "no_entitlement", "partner": "contoso", "plans": []}', 'no access that escalates');
UPDATE entitled.benefit SET escalates = true WHERE benefit = 'coordinator-phone';
SELECT is(t.ask('escalation.raise', 'carla', jsonb_build_object('incident', :'j', 'reason', 'x')) #>> '{body,escalation,state}', 'raised', 'a Standard partner in business hours');
UPDATE entitled.contract_access SET ends = '2004-08-31 17:00+00' WHERE partner_id = (SELECT partner_id FROM entitled.partner WHERE code = 'contoso');
SELECT pg_temp.at('2004-08-31 17:00+00') \g /dev/null
SELECT is(t.reason('escalation.raise', 'carla', jsonb_build_object('incident', :'j', 'reason', 'x')), 'no_entitlement', 'not after its term');
INSERT INTO entitled.contract_access
SELECT partner_id, contract_id, 'critical-phone', '{}', '24x7', '2004-01-01', NULL FROM entitled.contract WHERE partner_id = (SELECT partner_id FROM entitled.partner WHERE code = 'office-co');
UPDATE entitled.benefit SET escalates = true WHERE benefit = 'critical-phone';
SELECT pg_temp.at('2004-09-04 22:00+00') \g /dev/null
SELECT is(pg_temp.raise() -> 'escalation' -> k, v, 'day and night: ' || k)
  FROM (VALUES ('coverage', '"24x7"'::jsonb), ('acknowledge_by', '"2004-09-04T23:00:00+00:00"')) v (k, v);

-- In every state of the incident, against a table of this test.
CREATE FUNCTION pg_temp.raise_in(state text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  said jsonb;
BEGIN
  UPDATE entitled.incident i SET state = $1 WHERE incident_id = 1;
  said := pg_temp.raise();
  UPDATE entitled.incident i SET state = 'in_progress' WHERE incident_id = 1;
  RETURN coalesce(said #>> '{data,reason}', said #>> '{escalation,state}');
END $$;
SELECT is(pg_temp.raise_in(s), want, 'raised in state ' || s)
  FROM (VALUES ('new', 'raised'), ('in_progress', 'raised'), ('awaiting_partner', 'raised'), ('awaiting_vendor', 'raised'),
               ('resolved', 'invalid_state'), ('closed', 'invalid_state')) v (s, want);

-- Keys; and who sees what.
SELECT is(t.result('escalation.raise', 'carla', '{"incident": "INC-000001", "reason": "x", "key": "e1"}') -> 'replayed', NULL, 'a key');
SELECT is(t.result('escalation.raise', 'carla', '{"incident": "INC-000001", "reason": "x", "key": "e1"}') -> 'replayed', 'true', 'again: replayed');
SELECT is(t.result('escalation.withdraw', 'carla', jsonb_build_object('escalation', e, 'key', 'e2')) -> 'replayed', want::jsonb, 'of another method')
  FROM (VALUES (1, NULL), (2, 'true')) v (n, want), (SELECT entitled.escalation_name(max(escalation_id)) AS e FROM entitled.escalation) m ORDER BY n;
SELECT is(t.reason('escalation.list', 'olga', '{"partner": "contoso"}'), 'not_found', 'another''s are as none');
SELECT is((SELECT array_agg(e ->> 'escalation') FROM jsonb_array_elements(t.result('escalation.list', who) -> 'escalations') e WHERE e ->> 'partner' <> own), NULL, who || ' sees its own only')
  FROM (VALUES ('olga', 'office-co'), ('paul', 'contoso')) v (who, own);
SELECT is((SELECT count(*) FROM jsonb_array_elements(t.result('escalation.list', who) -> 'escalations')), n::bigint, format('%s sees %s', who, n))
  FROM (VALUES ('paul', 1), ('petra', 0)) v (who, n);
SELECT is((SELECT string_agg(DISTINCT e ->> 'partner', ',') FROM jsonb_array_elements(t.result('escalation.list', 'carla', jsonb_build_object('partner', who)) -> 'escalations') e), who, 'those of one partner: ' || who)
  FROM unnest('{contoso,office-co}'::text[]) who;
-- All pages, one after the other, are the list.
CREATE FUNCTION pg_temp.pages() RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  page jsonb := '{}';
  said text := '';
BEGIN
  LOOP
    page := t.result('escalation.list', 'carla', jsonb_strip_nulls(jsonb_build_object('limit', 2, 'cursor', page -> 'next')));
    said := concat_ws(' ', nullif(said, ''), (SELECT string_agg(right(e ->> 'escalation', 2), ' ' ORDER BY n) FROM jsonb_array_elements(page -> 'escalations') WITH ORDINALITY x (e, n)));
    EXIT WHEN NOT page ? 'next';
  END LOOP;
  RETURN said;
END $$;
SELECT is(pg_temp.pages(), (SELECT string_agg(lpad(escalation_id::text, 2, '0'), ' ' ORDER BY acknowledge_by, escalation_id) FROM entitled.escalation), 'the pages are the list, by what is due first');
SELECT is((SELECT count(*)::int FROM jsonb_array_elements(t.result('escalation.list', 'carla', params) -> 'escalations')),
          (SELECT count(*)::int FROM entitled.escalation e WHERE CASE WHEN params ? 'state' THEN e.state = params ->> 'state' WHEN params ? 'level' THEN e.level = (params ->> 'level')::int ELSE e.overdue END),
          'only ' || params::text)
  FROM (VALUES ('{"state": "raised"}'::jsonb), ('{"level": 3}'), ('{"overdue": true}')) v (params);
SELECT is(t.reason('escalation.list', 'carla', jsonb_build_object('cursor', c)), 'invalid_params', 'no cursor: ' || c)
  FROM unnest(ARRAY['x1', entitled.cursor_name('incident', 1), entitled.cursor_of('escalation', '12')]) c;
SELECT finish();
ROLLBACK;
