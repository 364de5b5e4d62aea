-- balance.get: what a partner has left, and what is open now.
BEGIN;
SELECT plan(17);
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
SELECT is(jsonb_path_query(:'before', '$.benefits[*] ? (@.benefit == "coordinator-phone")') - '{benefit,plan,opens}'::text[],
          '{"coverage": "business-hours", "available_now": false, "hours": "Mon 09:00-13:00 14:00-18:00, Tue-Fri 09:00-18:00", "time_zone": "Europe/Lisbon"}',
          'rule 10: its hours stand beside it, with their time zone');
SELECT is(jsonb_path_query(:'before', '$.benefits[*] ? (@.benefit == "critical-phone")') ? 'hours', false, '24x7 has none');
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
-- What has expired, and who delivers (rule 7).
SET LOCAL entitled.now = '2004-08-23 12:00+00';
SELECT t.contract('contoso', 'mspa-standard', '2004-08-01', '{"delivered_by": "fabriks"}') AS given \gset
SELECT t.result('contract.cancel', 'mia', jsonb_build_object('contract', :'given', 'reason', 'test')) \g /dev/null
CREATE FUNCTION pg_temp.counters(at text) RETURNS jsonb LANGUAGE sql AS $$
  SELECT jsonb_agg(jsonb_build_array(p -> 'pool', p -> 'granted', p -> 'used', p -> 'expired', p -> 'remaining', p -> 'delivered_by'))
    FROM jsonb_array_elements(t.result('balance.get', 'paul', CASE WHEN at IS NULL THEN '{}' ELSE jsonb_build_object('at', at) END) -> 'pools') p
$$;
SELECT is(pg_temp.counters(NULL), '[["professional-incidents", 5, 1, 0, 4, null], ["priority-incidents", 5, 0, 0, 5, null], ["consulting", 600, 0, 0, 600, null]]',
          'what was cancelled is not in the balance');
SELECT is(pg_temp.counters('2004-08-02T00:00:00Z'),
          '[["professional-incidents", 5, 1, 0, 4, null], ["priority-incidents", 5, 0, 5, 0, "fabriks"], ["priority-incidents", 5, 0, 0, 5, null],
            ["consulting", 600, 0, 600, 0, "fabriks"], ["consulting", 600, 0, 0, 600, null]]',
          'rule 7: that of a time within its term shows what expired, nothing left; and who delivers');
SET LOCAL entitled.now = '2005-03-01 00:00+00';
SELECT is(pg_temp.counters('2005-02-28T23:59:59.999999Z') -> 0, '["professional-incidents", 5, 1, 4, 0, null]',
          'rule 7: once a term is over nothing is left, though no entry is written yet');
SET LOCAL entitled.now = '2005-02-28 23:59:59.999999+00';
SELECT is(pg_temp.counters(NULL) -> 0, '["professional-incidents", 5, 1, 0, 4, null]', 'rule 9: in its last microsecond it was there');
SELECT finish();
ROLLBACK;
