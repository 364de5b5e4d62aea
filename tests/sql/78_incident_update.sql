-- incident.assign, incident.take, incident.update; every state and every move of an incident against a table of this test.
BEGIN;
SELECT plan(103);
\ir day.psql
SET LOCAL entitled.scope = '*';
SELECT pg_temp.at('2004-08-23 09:00+00') \g /dev/null
SELECT setval('entitled.incident_incident_id_seq', 1, false) \g /dev/null
SELECT t.open('office-co', 'critical', '{"severity": "A", "outage": "server", "product": "mail"}') ->> 'incident' AS i \gset

-- ---------------------------------------------------------------- edges
CREATE TEMP TABLE edge AS
  SELECT s AS state, m AS step, 'invalid_state' AS expected
    FROM unnest('{new,in_progress,awaiting_partner,awaiting_vendor,resolved,closed}'::text[]) s,
         unnest('{assign,update in_progress,update awaiting_partner,update awaiting_vendor,update fields,resolve,close,reopen}'::text[]) m;
UPDATE edge SET expected = e.expected
  FROM (VALUES
    ('new', 'assign', 'new'), ('in_progress', 'assign', 'in_progress'), ('awaiting_partner', 'assign', 'awaiting_partner'),
    ('awaiting_vendor', 'assign', 'awaiting_vendor'),
    ('new', 'update in_progress', 'in_progress'), ('new', 'update awaiting_partner', 'awaiting_partner'), ('new', 'update awaiting_vendor', 'awaiting_vendor'),
    ('in_progress', 'update awaiting_partner', 'awaiting_partner'), ('in_progress', 'update awaiting_vendor', 'awaiting_vendor'),
    ('awaiting_partner', 'update in_progress', 'in_progress'), ('awaiting_partner', 'update awaiting_vendor', 'awaiting_vendor'),
    ('awaiting_vendor', 'update in_progress', 'in_progress'), ('awaiting_vendor', 'update awaiting_partner', 'awaiting_partner'),
    ('new', 'update fields', 'new'), ('in_progress', 'update fields', 'in_progress'), ('awaiting_partner', 'update fields', 'awaiting_partner'),
    ('awaiting_vendor', 'update fields', 'awaiting_vendor'),
    ('new', 'resolve', 'resolved'), ('in_progress', 'resolve', 'resolved'), ('awaiting_partner', 'resolve', 'resolved'), ('awaiting_vendor', 'resolve', 'resolved'),
    ('resolved', 'close', 'closed'), ('resolved', 'reopen', 'in_progress'), ('closed', 'reopen', 'in_progress')) e (state, step, expected)
 WHERE edge.state = e.state AND edge.step = e.step;
CREATE FUNCTION pg_temp.edge(state text, step text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  said jsonb;
BEGIN
  UPDATE entitled.incident i SET state = $1, owner = NULL, title = 'x' WHERE incident_id = 1;
  said := t.ask('incident.' || split_part(step, ' ', 1), 'carla', '{"incident": "INC-000001"}'::jsonb
    || CASE split_part(step, ' ', 1) WHEN 'assign' THEN '{"to": "carlo"}' WHEN 'resolve' THEN '{"resolution": "r"}' WHEN 'reopen' THEN '{"reason": "r"}'
         WHEN 'update' THEN CASE step WHEN 'update fields' THEN '{"title": "y"}' ELSE jsonb_build_object('state', split_part(step, ' ', 2))::text END
         ELSE '{}' END::jsonb) -> 'body';
  RETURN coalesce(said #>> '{data,reason}', said #>> '{incident,state}');
END $$;
SELECT is(pg_temp.edge(state, step), expected, format('%s: %s', state, step)) FROM edge ORDER BY state, step;
SELECT is((SELECT string_agg(DISTINCT concat_ws(' ', state, step, expected), ',' ORDER BY concat_ws(' ', state, step, expected)) FROM edge
            WHERE expected <> 'invalid_state' AND step <> 'update fields'),
          (SELECT string_agg(what, ',' ORDER BY what) FROM (SELECT concat_ws(' ', from_state, move || CASE move WHEN 'update' THEN ' ' || to_state ELSE '' END, to_state) AS what
             FROM entitled.incident_move) m), 'the table of moves is this one');
SELECT is((SELECT jsonb_agg(DISTINCT split_part(step, ' ', 1)) FROM edge WHERE edge.state = s AND expected <> 'invalid_state'), entitled.incident_moves(s), 'moves that are shown: ' || s)
  FROM unnest('{new,in_progress,awaiting_partner,awaiting_vendor,resolved,closed}'::text[]) s;
UPDATE entitled.incident SET state = 'in_progress' WHERE incident_id = 1;
SELECT is(t.ask('incident.update', 'carla', '{"incident": "INC-000001", "state": "in_progress"}') -> 'body',
  '{"code": 3, "message": "incident INC-000001 is in progress: it is that already; legal now: assign, resolve, update",
    "data": {"reason": "invalid_state", "state": "in_progress", "moves": ["assign", "resolve", "update"], "states": ["awaiting_partner", "awaiting_vendor"]}}',
  'the refusal tells the moves, and the states');
UPDATE entitled.incident SET state = 'closed' WHERE incident_id = 1;
SELECT is(t.message('incident.assign', 'carla', '{"incident": "INC-000001", "to": "carlo"}'),
          'incident INC-000001 is closed: it is not handed over, reopen it first; legal now: reopen', 'in words');

-- ---------------------------------------------------------------- assign
CREATE FUNCTION pg_temp.last(of_incident bigint DEFAULT 1) RETURNS text LANGUAGE sql AS $$
  SELECT concat_ws(' ', entitled.principal_name(principal_id), event, body, state, severity::text, CASE WHEN internal THEN 'internal' END)
    FROM entitled.timeline WHERE incident_id = of_incident ORDER BY seq DESC LIMIT 1 $$;
SELECT t.open('office-co', 'critical', '{"severity": "A", "outage": "server", "product": "mail"}') ->> 'incident' AS j \gset
SELECT is(t.result('incident.assign', 'carla', jsonb_build_object('incident', :'j', 'to', 'carlo')) #>> '{incident,owner}', 'carlo', 'assigned');
SELECT is(pg_temp.last(2), 'carla assigned nobody -> carlo', 'and told');
SELECT is((pg_temp.row(:'j')).responded_at, '2004-08-23 09:00+00', 'it was responded to');
SELECT is(t.result('incident.assign', 'carla', jsonb_build_object('incident', :'j', 'to', who)) #>> '{incident,owner}', who, 'to ' || who) FROM unnest('{mia,alan,carla}'::text[]) who;
SELECT is(pg_temp.last(2), 'carla assigned alan -> carla', 'from whom to whom');
SELECT is(t.reason('incident.assign', 'carla', jsonb_build_object('incident', :'j', 'to', who)), want, 'not to ' || who)
  FROM (VALUES ('rita', 'invalid_params'), ('olga', 'invalid_params'), ('nobody', 'not_found'), ('carla', 'invalid_state')) v (who, want);
UPDATE entitled.principal SET disabled_at = now() WHERE name = 'carlo';
SELECT is(t.message('incident.assign', 'carla', jsonb_build_object('incident', :'j', 'to', 'carlo')), 'parameter `to` must be a coordinator, manager or administrator: carlo is disabled', 'nor to who is disabled');
UPDATE entitled.principal SET disabled_at = NULL WHERE name = 'carlo';
SELECT is(t.reason('incident.assign', 'carla', '{"incident": "INC-999999", "to": "carlo"}'), 'not_found', 'no such incident');

-- ---------------------------------------------------------------- update
SELECT t.result('incident.update', 'mia', jsonb_build_object('incident', :'j', 'state', 'awaiting_partner', 'severity', 'B', 'product', 'web', 'contact', 'Jo', 'title', 'a -> b')) -> 'incident' AS u \gset
SELECT is(:'u'::jsonb ->> k, v, 'updated: ' || k) FROM (VALUES ('state', 'awaiting_partner'), ('severity', 'B'), ('product', 'web'), ('contact', 'Jo'), ('title', 'a -> b')) v (k, v);
SELECT is(pg_temp.last(2), 'mia updated state: new -> awaiting_partner, severity: A -> B, product: mail -> web, contact: none -> Jo, title: it does not work -> a -> b awaiting_partner B', 'from what to what');
SELECT is(:'u'::jsonb #>> '{clocks,paused}', 'true', 'it stands');
SELECT is(t.reason('incident.update', 'carla', jsonb_build_object('incident', :'j')), 'invalid_params', 'something must be changed');
SELECT count(*) AS n FROM entitled.timeline WHERE incident_id = 2 \gset
SELECT is(t.reason('incident.update', 'carla', jsonb_build_object('incident', :'j', 'severity', 'B', 'title', 'a -> b')), 'ok', 'what is so already');
SELECT is((SELECT count(*)::int FROM entitled.timeline WHERE incident_id = 2), :n, 'is not told');
SELECT t.result('incident.update', 'carla', jsonb_build_object('incident', :'j', 'contact', 'Al')) \g /dev/null
SELECT is((pg_temp.row(:'j')).update_since, '2004-08-23 09:00+00', 'facts are no answer to the partner');
SELECT is(t.result('incident.update', 'carla', jsonb_build_object('incident', :'j', 'contact', 'Bo', 'key', 'u1')) -> 'replayed', want, 'a key, twice')
  FROM (VALUES (1, NULL::jsonb), (2, 'true')) v (n, want) ORDER BY n;

-- ---------------------------------------------------------------- take
SELECT t.result('incident.resolve', 'carla', jsonb_build_object('incident', entitled.incident_name(incident_id), 'resolution', 'r'))
  FROM entitled.incident WHERE state NOT IN ('resolved', 'closed') \g /dev/null
-- Deadlines of 3: in 60 minutes, 4: 120, 5: 60 (later number), 6: none, 7: of another class, 8: of another partner.
SELECT t.open('office-co', 'critical', '{"severity": "A", "outage": "server"}'), t.open('office-co', 'critical', '{"severity": "B", "outage": "server"}'),
       t.open('office-co', 'critical', '{"severity": "A", "outage": "server"}'), t.open('contoso', 'professional', '{"severity": "A"}'),
       t.open('office-co', 'advisory', '{"severity": "C"}'), t.open('nepal-co', 'critical', '{"severity": "C", "outage": "server"}') \g /dev/null
CREATE FUNCTION pg_temp.take(params jsonb DEFAULT '{}', caller text DEFAULT 'carlo') RETURNS text LANGUAGE sql AS $$
  SELECT coalesce(b #>> '{data,reason}', right(b #>> '{incident,incident}', 1)) FROM (SELECT t.ask('incident.take', caller, params) -> 'body' AS b) a $$;
SELECT is(pg_temp.take('{"severity": "B"}'), '4', 'the most urgent of a severity');
SELECT is(pg_temp.take('{"class": "advisory"}'), '7', 'of a class');
SELECT is(pg_temp.take('{"partner": "nepal-co"}'), '8', 'of a partner');
SELECT is(pg_temp.take(), '3', 'of all: what burns first');
SELECT is(pg_temp.last(3), 'carlo taken nobody -> carlo', 'and told');
SELECT is((SELECT concat_ws(' ', entitled.principal_name(owner), responded_at = entitled.clock_now()) FROM entitled.incident WHERE incident_id = 3), 'carlo t', 'it is the caller''s, and responded to');
SELECT is(pg_temp.take(caller => 'mia'), '5', 'then by number');
SELECT is(pg_temp.take(), '6', 'without a deadline last');
SELECT is(t.message('incident.take', 'carla', p), m, 'there is none ' || p::text)
  FROM (VALUES ('{}'::jsonb, 'there is no incident that nobody owns'), ('{"class": "priority"}', 'there is no incident that nobody owns, of those asked for'),
               ('{"partner": "moon"}', 'there is no partner moon')) v (p, m);
SELECT t.open('office-co', 'critical', '{"severity": "A", "outage": "server"}') \g /dev/null
SELECT is(t.result('incident.take', 'carla', '{"key": "k1"}') #>> '{incident,incident}', 'INC-000009', 'under a key');
SELECT is(t.result('incident.take', 'carla', '{"key": "k1"}') ->> k, v, 'the same again: ' || k) FROM (VALUES ('replayed', 'true')) v (k, v);
SELECT t.open('office-co', 'critical', '{"severity": "C", "outage": "server"}'), t.open('office-co', 'critical', '{"severity": "A", "outage": "server"}') \g /dev/null
SELECT is(pg_temp.take(), '1', 'what burns first, though it is newer');
-- In every state, against a table of this test (number 10).
CREATE FUNCTION pg_temp.take_in(state text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  UPDATE entitled.incident i SET state = $1, owner = NULL WHERE incident_id = 10;
  RETURN pg_temp.take();
END $$;
SELECT is(pg_temp.take_in(s), want, 'taken in state ' || s)
  FROM (VALUES ('new', '0'), ('in_progress', '0'), ('awaiting_partner', '0'), ('awaiting_vendor', '0'), ('resolved', 'not_found'), ('closed', 'not_found')) v (s, want);
SELECT finish();
ROLLBACK;
