-- Who owns what and who may call what, for all that there is, so that it cannot be forgotten for something new.
-- All belongs to entitled_owner. The daemon may only EXECUTE the functions of api; those run as the owner,
-- with a search_path of their own, under row-level security.

DO $$
DECLARE
  thing record;
BEGIN
  FOR thing IN
    SELECT p.oid::regprocedure AS name, n.nspname AS schema, p.proowner
      FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
     WHERE n.nspname IN ('entitled', 'api')
  LOOP
    IF thing.proowner <> 'entitled_owner'::regrole THEN
      EXECUTE format('ALTER ROUTINE %s OWNER TO entitled_owner', thing.name);
    END IF;
    EXECUTE format('REVOKE ALL ON ROUTINE %s FROM PUBLIC', thing.name);
    IF thing.schema = 'api' THEN
      EXECUTE format('ALTER ROUTINE %s SECURITY DEFINER SET search_path = entitled, pg_temp', thing.name);
      EXECUTE format('GRANT EXECUTE ON ROUTINE %s TO entitled_daemon', thing.name);
    END IF;
  END LOOP;
  FOR thing IN
    SELECT c.oid::regclass AS name
      FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE n.nspname IN ('entitled', 'api', 'entitled_meta') AND c.relkind IN ('r', 'p', 'v', 'm')
       AND c.relowner <> 'entitled_owner'::regrole
  LOOP
    EXECUTE format('ALTER TABLE %s OWNER TO entitled_owner', thing.name);
  END LOOP;
  FOR thing IN
    SELECT nspname AS name, nspowner FROM pg_namespace WHERE nspname IN ('entitled', 'api', 'entitled_meta')
  LOOP
    IF thing.nspowner <> 'entitled_owner'::regrole THEN
      EXECUTE format('ALTER SCHEMA %I OWNER TO entitled_owner', thing.name);
    END IF;
    EXECUTE format('REVOKE ALL ON SCHEMA %I FROM PUBLIC, entitled_daemon', thing.name);
    EXECUTE format('REVOKE ALL ON ALL TABLES IN SCHEMA %I FROM PUBLIC, entitled_daemon', thing.name);
  END LOOP;
END
$$;

GRANT USAGE ON SCHEMA api TO entitled_daemon;
