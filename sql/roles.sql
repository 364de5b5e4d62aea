-- The two roles of a database, made once by its administrator (entitled-migrate does it if it may).
--   entitled_owner   owns everything, cannot log in
--   entitled_daemon  what the daemon connects as: owns nothing, may only EXECUTE the functions of
--                    the schema api (which run as the owner, under row-level security)
-- Safe to run again.

DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'entitled_owner') THEN
    CREATE ROLE entitled_owner NOLOGIN;
  END IF;
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'entitled_daemon') THEN
    CREATE ROLE entitled_daemon LOGIN;
  END IF;
END
$$;

-- Plans of a batch are short: compiling them costs more than running them (3.5 ms against 1.3 ms).
ALTER ROLE entitled_daemon SET jit = off;
-- One plan for all sizes of batches; planning each batch anew costs ten times its look-ups.
ALTER ROLE entitled_daemon SET plan_cache_mode = force_generic_plan;
-- A plan that is kept may have been made while its table was empty, and then reads all of it, for ever more.
ALTER ROLE entitled_daemon SET enable_seqscan = off;
ALTER ROLE entitled_daemon SET timezone = 'UTC';
-- A batch whose daemon has given it up does not go on holding its locks.
ALTER ROLE entitled_daemon SET client_connection_check_interval = '2s';
ALTER ROLE entitled_daemon SET idle_in_transaction_session_timeout = '30s';
