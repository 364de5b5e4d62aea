-- entitled.error_code() has the codes of common/error.def; :error_def is reason=code,… of that file, from `run`.
BEGIN;
SELECT plan(3);
CREATE TEMP TABLE def AS
  SELECT split_part(pair, '=', 1) AS reason, split_part(pair, '=', 2)::int AS code
    FROM regexp_split_to_table(:'error_def', ',') pair;
SELECT cmp_ok((SELECT count(*)::int FROM def), '>=', 19, 'common/error.def was read');
SELECT is_empty($$ SELECT reason, code, entitled.error_code(reason) FROM def
                    WHERE entitled.error_code(reason) <> code $$, 'each code that SQL knows is the one of error.def');
-- Those that are the daemon's alone: what is wrong with the line or the connection, and with the database.
SELECT set_eq('SELECT reason FROM def WHERE entitled.error_code(reason) IS NULL',
              ARRAY['parse_error', 'invalid_request', 'method_not_found', 'busy', 'unavailable', 'unknown_outcome'],
              'SQL knows every reason but the daemon''s own');
SELECT finish();
ROLLBACK;
