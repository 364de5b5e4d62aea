-- Lists use their indexes, whatever is in the tables: 2,000 partners, 100,000 incidents.
BEGIN;
SELECT plan(10);
SELECT partner_id AS contoso FROM entitled.partner WHERE code = 'contoso' \gset
INSERT INTO entitled.partner (code, name, region, time_zone, calendar_id, created_at)
SELECT 'p' || n, 'Partner ' || n, 'us', 'UTC', 1, now() FROM generate_series(1, 2000) n;
INSERT INTO entitled.incident (partner_id, class, severity, title, coverage, opened_at, logged_at, logged_by)
SELECT partner_id, 'professional', 'B', 'incident ' || n, '24x7', now(), now(), 1
  FROM entitled.partner, generate_series(1, 50) n ORDER BY n;
INSERT INTO entitled.incident (partner_id, class, severity, title, coverage, opened_at, logged_at, logged_by)
SELECT :contoso, 'professional', 'B', 'incident ' || n, '24x7', now(), now(), 1 FROM generate_series(1, 2000) n;
SELECT partner_id AS p7 FROM entitled.partner WHERE code = 'p7' \gset
ANALYZE entitled.partner, entitled.incident;

-- The indexes that a plan reads, and what it should not have: 'Seq Scan', 'Sort'. As the owner, so with
-- row-level security.
CREATE FUNCTION pg_temp.reads(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  plan jsonb;
BEGIN
  PERFORM set_config('role', 'entitled_owner', true);
  EXECUTE 'EXPLAIN (FORMAT JSON) ' || query INTO plan;
  PERFORM set_config('role', 'postgres', true);
  RETURN (SELECT string_agg(DISTINCT what, ', ')
            FROM jsonb_path_query(plan, '$.**') node,
                 LATERAL (SELECT CASE WHEN node ? 'Index Name' THEN node ->> 'Index Name'
                                      WHEN node ->> 'Node Type' ~ 'Seq Scan|Sort' THEN node ->> 'Node Type' END AS what) n
           WHERE jsonb_typeof(node) = 'object');
END
$$;
-- The query of incident.list with its parameters in place.
CREATE FUNCTION pg_temp.list_query(params jsonb, partner bigint) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  statement text := entitled.incident_list_query(params, partner IS NOT NULL);
  value text;
  n int := 0;
BEGIN
  FOREACH value IN ARRAY ARRAY[quote_literal(params) || '::jsonb', coalesce(partner::text, 'NULL'), '50000', '51', '1',
                               'now()', 'now()', '''{}''',
                               '''2004-09-01''::timestamptz'] LOOP
    n := n + 1;
    statement := replace(statement, '$' || n, value);
  END LOOP;
  RETURN statement;
END
$$;
SELECT set_config('entitled.scope', '*', true) \g /dev/null
SELECT is(pg_temp.reads(pg_temp.list_query(params, NULL)), 'incident_by_id', 'all incidents ' || params::text)
  FROM (VALUES ('{}'::jsonb), ('{"cursor": "x"}'), ('{"order": "oldest", "state": "new"}')) v (params);
SELECT is(pg_temp.reads(pg_temp.list_query(params, :contoso)), 'incident_pkey', 'those of a partner that has many ' || params::text)
  FROM (VALUES ('{}'::jsonb), ('{"cursor": "x", "state": "new"}'), ('{"order": "oldest", "severity": "B"}')) v (params);
SELECT matches(pg_temp.reads(pg_temp.list_query('{}', :p7)), '^((Incremental )?Sort, )?incident_pkey$', 'those of a partner that has few');
SELECT set_config('entitled.scope', :'contoso', true) \g /dev/null
SELECT is(pg_temp.reads(pg_temp.list_query('{}', :contoso)), 'incident_pkey', 'a partner''s own, in its scope');
SELECT set_config('entitled.scope', '*', true) \g /dev/null
SELECT is(pg_temp.reads($$ SELECT p FROM entitled.partner p WHERE code > 'p1' ORDER BY code LIMIT 51 $$), 'partner_code_key',
          'partners by code');
SELECT is(pg_temp.reads($$ SELECT * FROM entitled.incident i WHERE i.incident_id = entitled.incident_number('INC-000001') $$),
          'incident_by_id', 'an incident by its number');
SELECT finish();
ROLLBACK;
