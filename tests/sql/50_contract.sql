-- contract.create, contract.activate, contract.list, contract.show (rules 7 and 9: a contract's term and its grants).
BEGIN;
SELECT plan(55);
CREATE FUNCTION pg_temp.write(plan text, more jsonb DEFAULT '{}') RETURNS jsonb LANGUAGE sql AS
$$ SELECT t.ask('contract.create', 'mia', jsonb_build_object('partner', 'emptyco', 'plan', plan, 'starts', '2004-09-01') || more) -> 'body' $$;

-- contract.create
SELECT is(pg_temp.write('certified') #- '{contract,contract}',
          '{"contract": {"partner": "emptyco", "plan": "certified", "state": "draft", "starts": "2004-09-01",
            "ends": "2005-09-01", "price": "1500.00 USD", "delivered_by": null, "grants": []}}', 'a draft; the fixed fee of its region is its price');
SELECT is(pg_temp.write('certified', '{"price": "1200 USD"}') #>> '{contract,price}', '1200.00 USD', 'or what was agreed');
SELECT is(pg_temp.write('mspa-plus', '{"quantities": {"priority-incidents": 9}}') #> '{contract,price}', 'null',
          'a typical fee is no price');
SELECT is(pg_temp.write('certified', '{"starts": "2004-02-29"}') #>> '{contract,ends}', '2005-02-28', 'a year from a leap day');
SELECT is(pg_temp.write('moon') #>> '{data,reason}', 'not_found', 'no such plan');
SELECT is(pg_temp.write('certified', '{"partner": "moon"}') #>> '{data,reason}', 'not_found', 'no such partner');
SELECT is(pg_temp.write('premier-developer') ->> 'message', 'plan premier-developer is not sold any more; its successor is mspa-plus',
          'a plan that is not sold names its successor');
SELECT is(pg_temp.write('premier-developer') -> 'data', '{"reason": "invalid_state", "plan": "premier-developer", "successor": "mspa-plus"}',
          'for programs too');
SELECT is(pg_temp.write(plan, jsonb_build_object('quantities', q)) ->> 'message', 'parameter quantities.' || problem, 'refused: ' || problem)
  FROM (VALUES
    ('mspa-plus', '{}'::jsonb, 'priority-incidents is missing: plan mspa-plus sets it per contract'),
    ('mspa-plus', '{"priority-incidents": -1}', 'priority-incidents must be a whole number from 0 to 2147483647'),
    ('mspa-plus', '{"priority-incidents": 1.5}', 'priority-incidents must be a whole number from 0 to 2147483647'),
    ('mspa-plus', '{"priority-incidents": "9"}', 'priority-incidents must be a whole number from 0 to 2147483647'),
    ('mspa-plus', '{"priority-incidents": 9, "labs": 1}', 'labs is not a pool that plan mspa-plus sets per contract'),
    ('mspa-standard', '{"priority-incidents": 9}', 'priority-incidents is not a pool that plan mspa-standard sets per contract')) v (plan, q, problem);
SELECT is(pg_temp.write('certified', '{"starts": "2004-02-30"}') #>> '{data,reason}', 'invalid_params', 'no such day');

-- contract.activate
SELECT pg_temp.write('mspa-plus', '{"quantities": {"priority-incidents": 9}}') #>> '{contract,contract}' AS plus \gset
SELECT t.result('contract.activate', 'mia', jsonb_build_object('contract', :'plus', 'key', 'act')) AS activated \gset
SELECT is(:'activated'::jsonb #>> '{contract,state}', 'scheduled', 'in force, from its first day');
SELECT is(:'activated'::jsonb #> '{contract,grants}',
          '[{"pool": "priority-incidents", "unit": "incident", "granted": 9, "used": 0, "expired": 0, "remaining": 9,
             "overage": 0, "coverage": "24x7", "starts": "2004-09-01T04:00:00+00:00", "expires": "2005-09-01T04:00:00+00:00"},
            {"pool": "consulting", "unit": "minute", "granted": 1200, "used": 0, "expired": 0, "remaining": 1200,
             "overage": 0, "coverage": "24x7", "starts": "2004-09-01T04:00:00+00:00", "expires": "2005-09-01T04:00:00+00:00"}]',
          'rule 9: its grants are from midnight to midnight of New York, with its own quantities or the plan''s');
SELECT is(t.result('contract.activate', 'mia', jsonb_build_object('contract', :'plus', 'key', 'act')),
          :'activated'::jsonb || '{"replayed": true}', 'the same key: the same answer, nothing again');
SELECT is(t.reason('contract.activate', 'mia', jsonb_build_object('contract', :'plus')), 'invalid_state', 'it is put into force once');
SELECT is(t.reason('contract.activate', 'mia', '{"contract": "CON-999999"}'), 'not_found', 'no such contract');
SELECT results_eq($$
  SELECT l.seq, l.kind::text, l.units, l.principal_id = t.id('mia'),
         l.hash = entitled.ledger_hash('', l.partner_id, l.grant_id, 1, l.at, 'grant', l.units, NULL, l.principal_id, NULL),
         g.head = l.hash AND g.entries = 1
    FROM entitled.ledger l JOIN entitled.pool_grant g USING (partner_id, grant_id)
   WHERE entitled.contract_name(g.contract_id) = (SELECT max(entitled.contract_name(contract_id)) FROM entitled.pool_grant)
   ORDER BY grant_id
$$, 'VALUES (1, ''grant'', 9, true, true, true), (1, ''grant'', 1200, true, true, true)',
  'each grant begins its ledger with an entry');
SELECT is((SELECT count(*)::int FROM entitled.contract_access a JOIN entitled.contract USING (partner_id, contract_id)
            WHERE plan = 'mspa-standard' AND a.benefit = 'coordinator-phone' AND a.coverage = 'business-hours'
              AND a.starts = term_starts AND a.ends = term_ends), 1, 'accesses are copied with their terms');

-- One membership at a time.
SELECT t.contract('emptyco', 'registered', '2005-01-01') AS held \gset
SELECT pg_temp.write('certified') #>> '{contract,contract}' AS overlapping,
       pg_temp.write('certified', '{"starts": "2004-01-01"}') #>> '{contract,contract}' AS before,
       pg_temp.write('certified', '{"starts": "2006-01-01"}') #>> '{contract,contract}' AS after \gset
SELECT is(t.message('contract.activate', 'mia', jsonb_build_object('contract', :'overlapping')),
          'the partner holds a membership in this term already: ' || :'held' || ', registered from 2005-01-01 to 2006-01-01',
          'a second membership in the term of another is refused');
SELECT is(t.reason('contract.activate', 'mia', jsonb_build_object('contract', :'before')), 'ok', 'one that ends as it starts is not');
SELECT is(t.reason('contract.activate', 'mia', jsonb_build_object('contract', :'after')), 'ok', 'nor one that starts as it ends');
SELECT throws_ok(format($$ UPDATE entitled.contract SET activated_at = now(), term_starts = '2005-02-01', term_ends = '2005-03-01'
                    WHERE entitled.contract_name(contract_id) = %L $$, :'overlapping'), '23P01', NULL,
                 'and the table itself forbids it');
SELECT t.result('contract.cancel', 'mia', jsonb_build_object('contract', name, 'reason', 'it was meant for another'))
  FROM unnest(ARRAY[:'held', :'before']) name \g /dev/null
SELECT is(t.reason('contract.activate', 'mia', jsonb_build_object('contract', :'overlapping')), 'ok', 'a cancelled one is in no one''s way');
SELECT is(t.message('contract.activate', 'mia', jsonb_build_object('contract', :'held')),
          'contract ' || :'held' || ' is cancelled: only a draft is activated', 'a cancelled one is not activated');

-- The state is derived from the time (rule 9).
CREATE FUNCTION pg_temp.state(contract text) RETURNS text LANGUAGE sql AS
$$ SELECT entitled.contract_state(c) FROM entitled.contract c WHERE contract_id = entitled.contract_number($1) $$;
SET LOCAL entitled.now = '2004-09-01 03:59:59+00';
SELECT is(pg_temp.state(:'plus'), 'scheduled', 'before its first instant');
SET LOCAL entitled.now = '2004-09-01 04:00:00+00';
SELECT is(pg_temp.state(:'plus'), 'active', 'rule 9: at its first instant');
SET LOCAL entitled.now = '2005-09-01 03:59:59+00';
SELECT is(pg_temp.state(:'plus'), 'active', 'in its last second');
SET LOCAL entitled.now = '2005-09-01 04:00:00+00';
SELECT is(pg_temp.state(:'plus'), 'expired', 'rule 9: at its last instant');
SET LOCAL entitled.now = '2004-08-23 12:00+00';

-- contract.list
SELECT is(jsonb_path_query_array(t.result('contract.list', 'rita', '{"partner": "contoso"}'), '$.contracts[*].plan'),
          '["certified", "mspa-standard"]', 'contract.list of a partner');
SELECT is(jsonb_path_query_array(t.result('contract.list', 'petra'), '$.contracts[*].plan'), '["registered"]', 'a partner''s own');
SELECT is(t.reason('contract.list', 'petra', '{"partner": "contoso"}'), 'not_found', 'another''s is as none');
SELECT is(jsonb_array_length(t.result('contract.list', 'rita', '{"state": "cancelled"}') -> 'contracts'), 2, 'by state');
SELECT is(jsonb_path_query_array(t.result('contract.list', 'rita', '{"expiring_within": 200}'), '$.contracts[*].plan'),
          '["certified"]', 'those that end soon');
SELECT is(jsonb_path_query_array(t.result('contract.list', 'rita', '{"expiring_within": 300, "partner": "contoso"}'), '$.contracts[*].plan'),
          '["certified", "mspa-standard"]', 'or later');
SELECT t.result('contract.list', 'rita', '{"limit": 2, "partner": "emptyco"}') AS page \gset
SELECT is(jsonb_array_length(:'page'::jsonb -> 'contracts'), 2, 'a page of a partner''s');
SELECT is(jsonb_path_query_array(:'page', '$.contracts[*].contract')
          || jsonb_path_query_array(t.result('contract.list', 'rita',
               jsonb_build_object('partner', 'emptyco', 'cursor', :'page'::jsonb ->> 'next')), '$.contracts[*].contract'),
          jsonb_path_query_array(t.result('contract.list', 'rita', '{"partner": "emptyco"}'), '$.contracts[*].contract'),
          'and the rest: each once, by number');
SELECT t.result('contract.list', 'rita', '{"limit": 3}') AS page \gset
SELECT is(jsonb_path_query_array(:'page', '$.contracts[*].contract')
          || jsonb_path_query_array(t.result('contract.list', 'rita', jsonb_build_object('limit', 500, 'cursor', :'page'::jsonb ->> 'next')),
                                    '$.contracts[*].contract'),
          (SELECT jsonb_agg(entitled.contract_name(contract_id) ORDER BY contract_id) FROM entitled.contract), 'of all partners too');
SELECT is(t.result('contract.list', 'rita', '{"limit": 2, "partner": "contoso"}') ? 'next', false, 'a page that ends with the last has no next');
SELECT is(jsonb_path_query_array(t.result('contract.list', 'rita', '{"limit": 1, "state": "cancelled"}'), '$.contracts[*].state'),
          '["cancelled"]', 'a page has the state that is asked for');
SELECT is(t.reason('contract.list', 'rita', jsonb_build_object('cursor', entitled.cursor_name('partner', 1))), 'invalid_params', 'another list''s cursor');

-- contract.show
SELECT t.result('contract.show', 'paul', '{"contract": "CON-000001"}') -> 'contract' AS shown \gset
SELECT is(:'shown'::jsonb #- '{grants}',
          '{"contract": "CON-000001", "partner": "contoso", "plan": "certified", "state": "active", "starts": "2004-03-01",
            "ends": "2005-03-01", "term_starts": "2004-03-01T00:00:00+00:00", "term_ends": "2005-03-01T00:00:00+00:00",
            "price": "1400.00 EUR", "delivered_by": null, "quantities": {}, "renews": null, "renewed_by": null,
            "upgrades": null, "upgraded_by": null, "created_at": "2004-08-23T12:00:00+00:00",
            "activated_at": "2004-08-23T12:00:00+00:00", "cancelled_at": null, "cancel_reason": null,
            "accesses": [{"benefit": "critical-phone", "coverage": "24x7", "starts": "2004-03-01T00:00:00+00:00",
                          "expires": "2005-03-01T00:00:00+00:00"}]}', 'contract.show: all that is known of it');
SELECT is(:'shown'::jsonb -> 'grants', t.result('contract.list', 'paul') #> '{contracts,0,grants}', 'with its grants as in the list');
SELECT is(replace(t.ask('contract.show', 'petra', '{"contract": "CON-000001"}')::text, 'CON-000001', 'CON-999999'),
          t.ask('contract.show', 'petra', '{"contract": "CON-999999"}')::text, 'another''s is answered exactly as none');
SELECT is(t.reason('contract.show', 'petra', '{"contract": "CON-000001"}'), 'not_found', 'not_found');

-- A partner that is disabled, and one that delivers.
SELECT is(pg_temp.write('certified', '{"delivered_by": "moon"}') #>> '{data,reason}', 'not_found', 'who delivers must be there');
SELECT is(pg_temp.write('certified', '{"delivered_by": "emptyco"}') #>> '{data,reason}', 'invalid_params', 'and another partner');
SELECT is(pg_temp.write('mspa-standard', '{"delivered_by": "fabriks"}') #>> '{contract,delivered_by}', 'fabriks', 'it is shown');
SELECT t.contract('emptyco', 'mspa-standard', '2004-08-01', '{"delivered_by": "fabriks"}') AS delivered \gset
SELECT is((SELECT array_agg(DISTINCT delivered_by::text) FROM entitled.pool_grant
            WHERE entitled.contract_name(contract_id) = :'delivered'), '{fabriks}', 'and copied to its grants');
SELECT t.result('partner.update', 'mia', '{"partner": "emptyco", "disabled": true}') \g /dev/null
SELECT is(pg_temp.write('certified') #>> '{data,reason}', 'invalid_state', 'nothing is sold to a partner that is disabled');
SELECT is(pg_temp.write('certified', '{"starts": "9999-01-02", "partner": "contoso"}') #>> '{data,reason}', 'invalid_params',
          'no term reaches the year 10000');
SELECT is_empty('SELECT * FROM t.broken_grants()', 'counters and entries agree');
SELECT finish();
ROLLBACK;
