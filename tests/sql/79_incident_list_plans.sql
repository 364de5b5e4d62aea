-- incident.list and incident.take of 170,000 incidents: each order is read off its index, whatever is in the tables; a word that
-- most have. (tests/bench/lists pages through a million.)
BEGIN;
SELECT plan(11);
SET LOCAL entitled.scope = '*';
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
-- A word that more than 20,000 have.
SELECT is(jsonb_path_query_array(t.result('incident.list', 'rita', '{"text": "incident", "limit": 3}'), '$.incidents[*].incident'),
          (SELECT jsonb_agg(entitled.incident_name(incident_id)) FROM (SELECT incident_id FROM entitled.incident
            WHERE state = 'new' AND title LIKE 'incident %' ORDER BY incident_id DESC LIMIT 3) newest), 'a word that most have');
SELECT is(jsonb_array_length(t.result('incident.list', 'paul', '{"text": "incident"}') -> 'incidents'), 0, 'a partner finds its own only');
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
               ('{"since": "2004-08-01T00:00:00Z"}', NULL, 'incident_by_opened'),
               ('{"until": "2004-08-01T00:00:00Z", "order": "oldest", "cursor": "x"}', NULL, 'incident_by_opened'),
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
