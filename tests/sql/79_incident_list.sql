-- incident.list: by deadline, a page at a time; by owner. (79_incident_list_plans.sql: of many.)
BEGIN;
SELECT plan(51);
\ir day.psql
SET LOCAL entitled.scope = '*';
SELECT pg_temp.at('2004-08-23 09:00+00') \g /dev/null
SELECT setval('entitled.incident_incident_id_seq', 1, false) \g /dev/null
-- 1: 60 minutes, 2: 120, 3: 60, 4: no deadline, 5: another partner's, 240; 6: 60 and resolved; 7: no deadline.
SELECT t.open('office-co', 'critical', '{"severity": "A", "outage": "server"}'), t.open('office-co', 'critical', '{"severity": "B", "outage": "server"}'),
       t.open('office-co', 'critical', '{"severity": "A", "outage": "server"}'), t.open('contoso', 'professional'),
       t.open('nepal-co', 'advisory', '{"severity": "C"}'), t.open('office-co', 'critical', '{"severity": "A", "outage": "server"}'),
       t.open('contoso', 'priority') \g /dev/null
SELECT pg_temp.step('INC-000006', 'resolve'), pg_temp.step('INC-000002', 'assign', 'carla'), pg_temp.step('INC-000004', 'assign', 'carla') \g /dev/null
CREATE FUNCTION pg_temp.list(params jsonb, caller text DEFAULT 'rita') RETURNS text LANGUAGE sql AS $$
  SELECT coalesce(string_agg(right(i ->> 'incident', 1), ' ' ORDER BY n), '')
    FROM jsonb_array_elements(t.result('incident.list', caller, params) -> 'incidents') WITH ORDINALITY AS e (i, n) $$;
-- All pages of so many, one after the other.
CREATE FUNCTION pg_temp.pages(params jsonb, size int) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  page jsonb := '{}';
  said text := '';
BEGIN
  FOR n IN 1 .. 20 LOOP
    page := t.result('incident.list', 'rita', params || jsonb_strip_nulls(jsonb_build_object('limit', size, 'cursor', page -> 'next')));
    said := concat_ws(' ', nullif(said, ''), (SELECT string_agg(right(i ->> 'incident', 1), ' ' ORDER BY o) FROM jsonb_array_elements(page -> 'incidents') WITH ORDINALITY x (i, o)));
    EXIT WHEN NOT page ? 'next';
  END LOOP;
  RETURN said;
END $$;
-- 2 was answered by the assignment: its next deadline is the update, in 240 minutes of office hours (14:00); 5: at 13:00.
SELECT is(pg_temp.list(params), want, 'incident.list ' || params::text)
  FROM (VALUES ('{"order": "due"}'::jsonb, '1 3 5 2 4 7'), ('{"order": "due", "partner": "office-co"}', '1 3 2'), ('{"order": "due", "owner": "carla"}', '2 4'),
               ('{"order": "due", "owner": "carla", "partner": "contoso"}', '4'), ('{"order": "due", "severity": "A"}', '1 3'),
               ('{"order": "due", "state": "resolved"}', ''), ('{"order": "due", "owner": "nobody"}', ''), ('{"owner": "carla"}', '4 2'),
               ('{"owner": "carla", "order": "oldest"}', '2 4'), ('{"owner": "carla", "partner": "office-co"}', '2'), ('{"state": "escalated"}', '')) v (params, want);
SELECT is(pg_temp.list('{"order": "due"}', who), want, who || ' sees its own') FROM (VALUES ('olga', '1 3 2'), ('paul', '4 7'), ('petra', '')) v (who, want);
SELECT is(pg_temp.pages(params, size), pg_temp.list(params), format('pages of %s are the list: %s', size, params))
  FROM (VALUES ('{"order": "due"}'::jsonb), ('{"order": "due", "partner": "office-co"}'), ('{"order": "due", "owner": "carla"}'), ('{"owner": "carla"}')) v (params),
       unnest('{1,2,3}'::int[]) size;
SELECT is(t.result('incident.list', 'rita', '{"order": "due", "limit": 1}') #>> '{incidents,0,due_at}', '2004-08-23T10:00:00+00:00', 'with its deadline');
SELECT is(t.reason('incident.list', 'rita', jsonb_build_object('order', 'due', 'cursor', c)), 'invalid_params', 'no cursor of this order: ' || c)
  FROM unnest(ARRAY['1', entitled.cursor_name('incident', 1), entitled.cursor_of('due', '1.x')]) c;
-- With since or until: by the time of opening; 8 was reported before all of them.
SELECT t.open('contoso', 'professional', '{"opened_at": "2004-08-23T08:30:00Z"}') \g /dev/null
SELECT is(pg_temp.list(params), want, 'incident.list ' || params::text)
  FROM (VALUES ('{"since": "2004-08-23T08:00:00Z"}'::jsonb, '7 6 5 4 3 2 1 8'), ('{"since": "2004-08-23T08:00:00Z", "order": "oldest"}', '8 1 2 3 4 5 6 7'),
               ('{"since": "2004-08-23T08:30:01Z"}', '7 6 5 4 3 2 1'), ('{"until": "2004-08-23T09:00:00Z"}', '8'), ('{"until": "2004-08-23T08:30:00Z"}', ''),
               ('{"since": "2004-08-23T08:30:00Z", "until": "2004-08-23T08:30:01Z"}', '8'),
               ('{"since": "2004-08-23T08:00:00Z", "partner": "contoso"}', '7 4 8'), ('{"until": "2004-08-24T00:00:00Z", "owner": "carla"}', '4 2'),
               ('{"since": "2004-08-23T08:00:00Z", "order": "due", "partner": "contoso"}', '4 7 8'), ('{}', '8 7 6 5 4 3 2 1')) v (params, want);
SELECT is(pg_temp.pages(params, size), pg_temp.list(params), format('pages of %s are the list: %s', size, params))
  FROM (VALUES ('{"since": "2004-08-23T08:00:00Z"}'::jsonb), ('{"until": "2004-08-24T00:00:00Z", "order": "oldest"}'),
               ('{"since": "2004-08-23T08:00:00Z", "partner": "contoso"}')) v (params), unnest('{1,2,3}'::int[]) size;
SELECT is(t.reason('incident.list', 'rita', params || jsonb_build_object('cursor', t.result('incident.list', 'rita', '{"limit": 1}') -> 'next')), 'invalid_params',
          'a cursor of another order is none: ' || params::text)
  FROM (VALUES ('{"since": "2004-08-23T08:00:00Z"}'::jsonb), ('{"order": "due"}')) v (params);
SELECT finish();
ROLLBACK;
