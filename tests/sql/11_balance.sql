-- balance.get: what a partner has left, and what is open now.
BEGIN;
SELECT plan(11);
SELECT t.result('balance.get', 'paul') AS before \gset
SELECT is(jsonb_path_query_array(:'before', '$.pools[*].pool'), '["professional-incidents", "priority-incidents", "consulting"]',
          'a partner''s own is the default; its pools in the order of use (rule 1)');
SELECT is(:'before'::jsonb ->> 'level', 'certified', 'its level');
SELECT t.open('contoso', 'professional') \g /dev/null
SELECT is(jsonb_path_query_array(t.result('balance.get', 'rita', '{"partner": "contoso"}'), '$.pools[*].remaining'), '[4, 5, 600]',
          'a charge is seen at once');
SELECT is(jsonb_path_query(:'before', '$.benefits[*] ? (@.benefit == "coordinator-phone")') ->> 'available_now', 'false',
          'rule 10: at lunch in Lisbon, the coordinator is away');
SELECT is((jsonb_path_query(:'before', '$.benefits[*] ? (@.benefit == "coordinator-phone")') ->> 'opens')::timestamptz,
          '2004-08-23 14:00 Europe/Lisbon', 'rule 10: and when that ends');
SELECT is(jsonb_path_query(:'before', '$.benefits[*] ? (@.benefit == "critical-phone")') ->> 'available_now', 'true', '24x7 is open');
SET LOCAL entitled.now = '2004-08-23 13:00+00';
SELECT is(jsonb_path_query(t.result('balance.get', 'paul'), '$.benefits[*] ? (@.benefit == "coordinator-phone")') ->> 'available_now',
          'true', 'rule 10: after lunch it is there');
SET LOCAL entitled.now = '2005-03-01 00:00+00';
SELECT is(jsonb_path_query_array(t.result('balance.get', 'paul'), '$.pools[*].pool'), '["priority-incidents", "consulting"]',
          'rule 9: at the last instant of its term a pool is gone');
SELECT is(t.result('balance.get', 'paul') -> 'level', 'null', 'and the membership with it');
SELECT is(replace(t.ask('balance.get', 'paul', '{"partner": "fabriks"}')::text, 'fabriks', 'nothing'),
          t.ask('balance.get', 'paul', '{"partner": "nothing"}')::text, 'another''s is answered exactly as none');
SELECT is(t.reason('balance.get', 'paul', '{"partner": "fabriks"}'), 'not_found', 'not_found');
SELECT finish();
ROLLBACK;
