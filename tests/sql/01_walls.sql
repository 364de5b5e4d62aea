-- Who may do what in the database: the daemon's role EXECUTEs the functions of api and nothing else; behind
-- that stands row-level security, which shows nothing without a scope.
BEGIN;
SELECT plan(17);

SELECT is_empty($$
  SELECT p.oid::regprocedure FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
   WHERE n.nspname = 'api'
     AND NOT (prosecdef AND 'search_path=entitled, pg_temp' = ANY (proconfig)
              AND proowner = 'entitled_owner'::regrole AND has_function_privilege('entitled_daemon', p.oid, 'EXECUTE'))
$$, 'every door runs as the owner, with a fixed search_path, and the daemon may use it');
SELECT is_empty($$
  SELECT p.oid::regprocedure FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
   WHERE n.nspname IN ('api', 'entitled') AND has_function_privilege('public', p.oid, 'EXECUTE')
$$, 'PUBLIC may execute nothing');
SELECT is_empty($$
  SELECT p.oid::regprocedure FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
   WHERE n.nspname IN ('entitled', 'entitled_meta') AND has_function_privilege('entitled_daemon', p.oid, 'EXECUTE')
$$, 'the daemon may execute no inner function');
SELECT is_empty($$
  SELECT c.oid::regclass FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
   WHERE n.nspname IN ('api', 'entitled', 'entitled_meta') AND c.relkind IN ('r', 'v', 'm', 'p')
     AND has_table_privilege('entitled_daemon', c.oid, 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER')
$$, 'the daemon may touch no table');
SELECT is_empty($$
  SELECT c.oid::regclass FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
   WHERE n.nspname IN ('api', 'entitled', 'entitled_meta')
     AND CASE WHEN c.relkind = 'S' THEN has_sequence_privilege('entitled_daemon', c.oid, 'USAGE, SELECT, UPDATE') END
$$, 'the daemon may touch no sequence');
SELECT is_empty($$
  SELECT c.oid::regclass, c.relowner::regrole FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
   WHERE n.nspname IN ('api', 'entitled', 'entitled_meta') AND c.relowner <> 'entitled_owner'::regrole
$$, 'all belongs to entitled_owner');
SELECT is_empty($$
  SELECT a.attrelid::regclass FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
   WHERE c.relnamespace = 'entitled'::regnamespace AND c.relkind = 'r' AND a.attname = 'partner_id'
     AND c.relname <> 'principal' AND NOT (c.relrowsecurity AND c.relforcerowsecurity)
$$, 'every table of partners'' rows has row-level security that binds its owner too');
SELECT is(rolsuper OR rolcreaterole OR rolcreatedb OR rolbypassrls OR rolreplication, false,
          'the daemon''s role has no attribute of power')
  FROM pg_roles WHERE rolname = 'entitled_daemon';
SELECT is_empty($$ SELECT roleid::regrole FROM pg_auth_members WHERE member = 'entitled_daemon'::regrole $$,
                'the daemon''s role is a member of no role');
SELECT set_eq($$ SELECT 'jit=off'::text UNION SELECT 'TimeZone=UTC' $$,
              $$ SELECT s FROM pg_db_role_setting, unnest(setconfig) s
                  WHERE setrole = 'entitled_daemon'::regrole AND s ~* '^(jit|timezone)=' $$,
              'the daemon''s role has jit off and speaks UTC');

-- As the daemon itself.
GRANT USAGE ON SCHEMA public, t TO entitled_daemon;
GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA pg_temp TO entitled_daemon;
GRANT USAGE, UPDATE ON ALL SEQUENCES IN SCHEMA pg_temp TO entitled_daemon;
SELECT t.id('paul') AS paul, t.id('rita') AS rita \gset
SET LOCAL ROLE entitled_daemon;
SELECT throws_ok('SELECT * FROM entitled.partner', '42501', NULL, 'the daemon reads no table');
SELECT throws_ok('SELECT entitled.clock_now()', '42501', NULL, 'the daemon calls no inner function');
SELECT throws_ok('CREATE TABLE api.mine ()', '42501', NULL, 'the daemon makes nothing in api');
SELECT is((SELECT count(*)::int FROM api.partner_list(ARRAY[:rita], ARRAY['{}'::jsonb]) WHERE ok), 1,
          'the daemon calls a door');

-- As the owner, without and with a scope.
RESET ROLE;
GRANT USAGE ON SCHEMA public TO entitled_owner;
GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA pg_temp TO entitled_owner;
GRANT USAGE, UPDATE ON ALL SEQUENCES IN SCHEMA pg_temp TO entitled_owner;
SET LOCAL ROLE entitled_owner;
SET LOCAL entitled.scope = '';
SELECT is((SELECT count(*)::int FROM entitled.partner) + (SELECT count(*)::int FROM entitled.contract)
          + (SELECT count(*)::int FROM entitled.pool_grant) + (SELECT count(*)::int FROM entitled.ledger)
          + (SELECT count(*)::int FROM entitled.request), 0, 'without a scope, the owner itself sees no row');
SELECT set_config('entitled.scope', partner_id::text, true) FROM entitled.principal WHERE name = 'paul' \g /dev/null
SELECT results_eq('SELECT code::text FROM entitled.partner', ARRAY['contoso'], 'in a partner''s scope, only its rows');
SELECT throws_ok($$ INSERT INTO entitled.partner (code, name, region, time_zone, calendar_id, created_at)
                    VALUES ('x', 'x', 'us', 'UTC', 1, now()) $$, '42501', NULL, 'and it writes no other''s');
RESET ROLE;
SELECT finish();
ROLLBACK;
