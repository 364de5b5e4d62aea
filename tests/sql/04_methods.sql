-- Every method of common/methods.def that SQL answers has its door, and there is no other door but those the daemon itself asks;
-- :methods are those names, from `run`.
BEGIN;
SELECT plan(2);
SELECT cmp_ok(cardinality(string_to_array(:'methods', ',')), '>=', 20, 'common/methods.def was read');
SELECT set_eq($$ SELECT proname::text FROM pg_proc WHERE pronamespace = 'api'::regnamespace AND prokind = 'f' $$,
              string_to_array(:'methods', ',') || '{announce,events,identify,position,replayed,tick}'::text[], 'the doors are the methods');
SELECT finish();
ROLLBACK;
