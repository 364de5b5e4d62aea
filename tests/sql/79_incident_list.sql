-- incident.list: by deadline, a page at a time; by owner; in words; and that each order is read off an index, whatever is
-- in the tables: 1,000,000 incidents are paged in the time of 100 (here: 150,000, by the plan).
BEGIN;
SELECT plan(37);
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

-- The plans.
INSERT INTO entitled.partner (code, name, region, time_zone, calendar_id, created_at)
SELECT 'p' || n, 'Partner ' || n, 'us', 'UTC', 1, now() FROM generate_series(1, 1000) n;
INSERT INTO entitled.incident (partner_id, class, severity, title, coverage, opened_at, logged_at, logged_by, state, owner, due_at)
SELECT partner_id, 'professional', 'B', 'incident ' || n, '24x7', now(), now(), 1, CASE WHEN n % 5 = 0 THEN 'in_progress' WHEN n % 2 = 0 THEN 'new' ELSE 'closed' END,
       CASE n % 3 WHEN 0 THEN 1 + n % 7 END, timestamptz '2004-09-01' + n * interval '7 minutes'
  FROM entitled.partner, generate_series(1, 150) n WHERE code ~ '^p[0-9]' ORDER BY n;
SELECT partner_id AS p7 FROM entitled.partner WHERE code = 'p7' \gset
INSERT INTO entitled.incident (partner_id, class, severity, title, coverage, opened_at, logged_at, logged_by, due_at)
SELECT :p7, 'professional', 'B', 'i', '24x7', now(), now(), 1, timestamptz '2004-09-01' + n * interval '7 minutes' FROM generate_series(1, 20000) n;
ANALYZE entitled.partner, entitled.incident;
CREATE FUNCTION pg_temp.reads(params jsonb, partner bigint) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  statement text := entitled.incident_list_query(params, partner IS NOT NULL);
  n int := 0;
  value text;
  plan jsonb;
BEGIN
  FOREACH value IN ARRAY ARRAY[quote_literal(params) || '::jsonb', coalesce(partner::text, 'NULL'), '50000', '51', '1', 'now()', 'now()', '''{}''',
                               '''2004-09-01''::timestamptz'] LOOP
    n := n + 1;
    statement := replace(statement, '$' || n, value);
  END LOOP;
  PERFORM set_config('role', 'entitled_owner', true);
  EXECUTE 'EXPLAIN (FORMAT JSON) ' || statement INTO plan;
  PERFORM set_config('role', 'postgres', true);
  RETURN (SELECT string_agg(DISTINCT what, ', ')
            FROM jsonb_path_query(plan, '$.**') node,
                 LATERAL (SELECT CASE WHEN node ? 'Index Name' THEN node ->> 'Index Name'
                                      WHEN node ->> 'Node Type' ~ 'Seq Scan|Sort' THEN node ->> 'Node Type' END AS what) n
           WHERE jsonb_typeof(node) = 'object');
END $$;
SELECT is(pg_temp.reads(params, whose), want, 'read off its index: ' || params::text || CASE WHEN whose IS NULL THEN '' ELSE ' of a partner that has many' END)
  FROM (VALUES ('{"order": "due"}'::jsonb, NULL::bigint, 'incident_owned_by_due, incident_queue'),
               ('{"order": "due", "cursor": "x", "severity": "B"}', NULL, 'incident_owned_by_due, incident_queue'),
               ('{"order": "due"}', :p7, 'incident_of_partner_by_due'), ('{"order": "due", "owner": "x"}', NULL, 'incident_of_owner_by_due'),
               ('{"owner": "x"}', NULL, 'incident_of_owner'), ('{"owner": "x", "order": "oldest"}', NULL, 'incident_of_owner')) v (params, whose, want);
CREATE FUNCTION pg_temp.explain_take() RETURNS SETOF text LANGUAGE plpgsql AS $$
BEGIN
  PERFORM set_config('role', 'entitled_owner', true);
  RETURN QUERY EXECUTE $q$EXPLAIN SELECT * FROM entitled.incident WHERE owner IS NULL AND state NOT IN ('resolved', 'closed')
    ORDER BY due_at, incident_id LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED$q$;
  PERFORM set_config('role', 'postgres', true);
END $$;
SELECT matches((SELECT string_agg(line, E'\n') FROM pg_temp.explain_take() line), 'incident_queue', 'incident.take looks at the end of the queue');
SELECT finish();
ROLLBACK;
