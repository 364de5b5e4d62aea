-- contract.renew, contract.cancel, contract.top_up (rules 6 and 7): what they make of grants and the ledger.
BEGIN;
SELECT plan(58);
CREATE FUNCTION pg_temp.at(instant timestamptz) RETURNS void LANGUAGE sql AS
$$ SELECT set_config('entitled.now', instant::text, true) $$;
CREATE FUNCTION pg_temp.act(method text, name text, more jsonb DEFAULT '{}') RETURNS jsonb LANGUAGE sql AS
$$ SELECT t.ask('contract.' || method, 'mia', jsonb_build_object('contract', name) || more) -> 'body' $$;
CREATE FUNCTION pg_temp.show(name text) RETURNS jsonb LANGUAGE sql AS
$$ SELECT t.result('contract.show', 'rita', jsonb_build_object('contract', name)) -> 'contract' $$;
-- granted, used, expired, remaining of each grant.
CREATE FUNCTION pg_temp.grants(name text) RETURNS jsonb LANGUAGE sql AS $$
  SELECT jsonb_agg(jsonb_build_array(g -> 'granted', g -> 'used', g -> 'expired', g -> 'remaining'))
    FROM jsonb_array_elements(pg_temp.show(name) -> 'grants') g
$$;
-- The entries of a contract's first pool.
CREATE FUNCTION pg_temp.entries(name text) RETURNS text LANGUAGE sql AS $$
  SELECT string_agg(concat_ws(' ', kind, units, note), ', ' ORDER BY seq)
    FROM entitled.ledger JOIN (SELECT * FROM entitled.pool_grant WHERE entitled.contract_name(contract_id) = name ORDER BY grant_id LIMIT 1) g
         USING (partner_id, grant_id)
$$;

-- Plans as of conf/catalogue.conf: one that is not sold any more, with a successor; one with none.
INSERT INTO entitled.plan (plan, name, kind, months, sold, successor) VALUES
  ('isv-plus', 'MSPA for ISVs, Plus', 'service', 12, true, NULL), ('developer', 'Developer', 'service', 12, true, 'isv-plus'),
  ('gone', 'Gone', 'service', 12, true, NULL), ('going', 'Going', 'service', 12, true, 'gone');
INSERT INTO entitled.plan (plan, name, kind, level, months, sold) VALUES ('gold', 'Gold', 'membership', 3, 12, true);
INSERT INTO entitled.plan_benefit VALUES
  ('developer', 'priority-incidents', 20, true, 20, '{priority,professional}', '24x7'),
  ('developer', 'consulting', 2400, true, 30, '{advisory}', '24x7'),
  ('isv-plus', 'priority-incidents', 30, true, 20, '{priority,professional}', '24x7'),
  ('isv-plus', 'professional-incidents', 2, true, 30, '{professional}', '24x7'),
  ('isv-plus', 'consulting', 900, false, 30, '{advisory}', '24x7');

-- ---------------------------------------------------------------- renewal
SELECT t.contract('emptyco', 'developer', '2003-09-01', '{"quantities": {"priority-incidents": 7, "consulting": 60}, "delivered_by": "fabriks", "price": "9 USD"}') AS dev \gset
UPDATE entitled.plan SET sold = false WHERE plan IN ('developer', 'gone', 'going');
SELECT t.open('emptyco', 'priority', '{"delivered_by": "fabriks"}') \g /dev/null
SELECT pg_temp.act('renew', :'dev') -> 'contract' AS renewed \gset
SELECT is(:'renewed'::jsonb - '{contract,grants}'::text[],
          '{"partner": "emptyco", "plan": "isv-plus", "state": "scheduled", "starts": "2004-09-01", "ends": "2005-09-01",
            "price": null, "delivered_by": "fabriks"}', 'rule 7: a renewal is a new contract, from the day on which the old one ends; of the successor');
SELECT is(pg_temp.grants(:'renewed'::jsonb ->> 'contract'), '[[7, 0, 0, 7], [900, 0, 0, 900], [2, 0, 0, 2]]',
          'rule 7: fresh grants; what the plan sets per contract is as before, all else as in the plan');
SELECT is(pg_temp.show(:'renewed'::jsonb ->> 'contract') ->> 'renews', :'dev', 'it names the one that it renews');
SELECT is(pg_temp.show(:'dev') ->> 'renewed_by', :'renewed'::jsonb ->> 'contract', 'which names it');
SELECT is(pg_temp.act('renew', :'dev') ->> 'message', 'contract ' || :'dev' || ' is renewed already, by ' || (:'renewed'::jsonb ->> 'contract'), 'once');
SELECT pg_temp.at('2004-09-01 03:59:59.999999Z') \g /dev/null
SELECT is(t.result('balance.get', 'rita', '{"partner": "emptyco"}') #>> '{pools,0,contract}', :'dev', 'the old one counts to its last microsecond');
SELECT is(t.open('emptyco', 'priority', '{"delivered_by": "fabriks"}') #>> '{charge,contract}', :'dev', 'and is charged');
SELECT pg_temp.at('2004-09-01 04:00Z') \g /dev/null
SELECT is(t.open('emptyco', 'priority', '{"delivered_by": "fabriks"}') #>> '{charge,contract}', :'renewed'::jsonb ->> 'contract', 'rule 9: from its first instant the new one');
SELECT is(pg_temp.grants(:'dev') -> 0, '[7, 2, 5, 0]', 'rule 7: what was left of the old one has expired, visibly');
SELECT is(pg_temp.grants(:'renewed'::jsonb ->> 'contract') -> 0, '[7, 1, 0, 6]', 'rule 7: and is not carried over');
SELECT pg_temp.act('cancel', :'renewed'::jsonb ->> 'contract', '{"reason": "by mistake"}') \g /dev/null
SELECT is(pg_temp.entries(:'dev'), 'grant 7, debit 1, debit 1, expiry 5', 'rule 7: the expiry is an entry, with the next change');
SELECT is(pg_temp.show(:'dev') -> 'renewed_by', 'null', 'a renewal that was cancelled does not count');
SELECT is((pg_temp.act('renew', :'dev', '{"plan": "mspa-plus", "quantities": {"consulting": 61}, "price": "5 USD"}') -> 'contract') - '{contract,grants,starts,ends,partner}'::text[],
          '{"plan": "mspa-plus", "state": "active", "price": "5.00 USD", "delivered_by": "fabriks"}', 'an expired one is renewed with another plan and price');
SELECT is(pg_temp.grants(pg_temp.show(:'dev') ->> 'renewed_by'), '[[7, 0, 0, 7], [61, 0, 0, 61]]', 'quantities of its own, else those of the old one');
SELECT pg_temp.at('2004-08-23 12:00Z') \g /dev/null

SELECT t.contract('emptyco', 'mspa-standard', '2003-09-01') AS std \gset
SELECT is(pg_temp.act('renew', :'std', '{"plan": "moon"}') #>> '{data,reason}', 'not_found', 'no such plan');
SELECT is(pg_temp.act('renew', :'std', '{"plan": "developer"}') #>> '{data,reason}', 'invalid_state', 'a plan that is not sold');
SELECT is(pg_temp.act('renew', :'std', '{"plan": "mspa-plus"}') #>> '{data,reason}', 'invalid_params', 'a quantity that is nowhere');
SELECT is(pg_temp.act('renew', :'std', '{"quantities": {"consulting": 9}}') #>> '{data,reason}', 'invalid_params', 'one that the plan does not leave open');
UPDATE entitled.plan SET sold = false WHERE plan = 'mspa-standard';
SELECT is(pg_temp.act('renew', :'std') ->> 'message', 'plan mspa-standard is not sold any more', 'not sold, no successor');
UPDATE entitled.plan SET successor = 'going' WHERE plan = 'mspa-standard';
SELECT is(pg_temp.act('renew', :'std') ->> 'message', 'plan going is not sold any more; its successor is gone', 'nor is its successor');
UPDATE entitled.plan SET sold = true WHERE plan = 'mspa-standard';
SELECT is(pg_temp.act('renew', :'std') #>> '{contract,plan}', 'mspa-standard', 'the same plan, where it is sold, whatever its successor');
SELECT is(pg_temp.act('renew', :'std') #>> '{data,reason}', 'invalid_state', 'once');
SELECT t.contract('emptyco', 'certified', '2003-09-01') AS member \gset
SELECT t.contract('emptyco', 'registered', '2005-01-01') AS later \gset
SELECT is(pg_temp.act('renew', :'member') #>> '{data,contract}', :'later', 'a membership is not renewed into the term of another');
SELECT pg_temp.act('cancel', :'later', '{"reason": "test"}') \g /dev/null
SELECT is(pg_temp.act('renew', :'member', '{"plan": "gold"}') #>> '{contract,state}', 'scheduled', 'once that is cancelled it is');
SELECT is(t.result('contract.renew', 'mia', jsonb_build_object('contract', pg_temp.show(:'member') ->> 'renewed_by')) #>> '{contract,starts}', '2005-09-01',
          'a renewal that is scheduled can be renewed');

-- ---------------------------------------------------------------- top-ups
SELECT t.contract('emptyco', 'mspa-standard', '2004-06-01') AS top \gset
SELECT is(pg_temp.act('top_up', :'top', '{"benefit": "priority-incidents", "units": 2, "note": "order 7"}') #> '{contract,grants,0,granted}', '7', 'a top-up adds');
SELECT is(pg_temp.entries(:'top'), 'grant 5, top_up 2 order 7', 'by an entry of its own');
SELECT is(pg_temp.grants(:'top'), '[[7, 0, 0, 7], [600, 0, 0, 600]]', 'to that pool only');
SELECT is(pg_temp.act('top_up', :'top', '{"benefit": "moon", "units": 2}') ->> 'message', 'contract ' || :'top' || ' has no pool moon', 'no such pool');
SELECT is(pg_temp.act('top_up', :'top', '{"benefit": "coordinator-phone", "units": 2}') #>> '{data,reason}', 'not_found', 'an access is none');
SELECT is(pg_temp.act('top_up', :'top', '{"benefit": "professional-incidents", "units": 2}') #>> '{data,reason}', 'not_found', 'nor another contract''s');
UPDATE entitled.pool_grant SET granted = 2147483646 WHERE entitled.contract_name(contract_id) = :'top' AND unit = 'minute';
SELECT is(pg_temp.act('top_up', :'top', '{"benefit": "consulting", "units": 2}') #>> '{data,reason}', 'invalid_params', 'more than a pool can have');
SELECT is(pg_temp.act('top_up', :'top', '{"benefit": "consulting", "units": 1}') ? 'contract', true, 'as much as it can');
UPDATE entitled.pool_grant SET granted = 601 WHERE entitled.contract_name(contract_id) = :'top' AND unit = 'minute';
SELECT t.contract('fabriks', 'mspa-standard', '2004-06-01') AS few \gset
SELECT t.open('fabriks', 'priority') FROM generate_series(1, 5) \g /dev/null
SELECT is(t.open('fabriks', 'priority') #>> '{data,reason}', 'entitlement_exhausted', 'rule 4: used up');
SELECT pg_temp.act('top_up', :'few', '{"benefit": "priority-incidents", "units": 1}') \g /dev/null
SELECT is(t.open('fabriks', 'priority') -> 'charge', jsonb_build_object('pool', 'priority-incidents', 'contract', :'few', 'units', 1, 'ordinal', 6,
          'of', 6, 'remaining', 0, 'override', false), 'topped up: incident 6 of 6');
SELECT is(t.open('fabriks', 'priority') #>> '{data,reason}', 'entitlement_exhausted', 'rule 4: and used up again');
SELECT t.contract('fabriks', 'mspa-standard', '2005-08-01') AS planned \gset
SELECT is(pg_temp.act('top_up', :'planned', '{"benefit": "consulting", "units": 60}') #> '{contract,grants,1,remaining}', '660', 'a scheduled one too');

-- ---------------------------------------------------------------- cancelling
SELECT t.contract('contoso', 'mspa-plus', '2004-06-01', '{"quantities": {"priority-incidents": 9}, "delivered_by": "fabriks"}') AS plus \gset
SELECT t.open('contoso', 'priority', '{"delivered_by": "fabriks"}') ->> 'incident' AS one, t.open('contoso', 'priority', '{"delivered_by": "fabriks", "title": "two"}') ->> 'incident' AS two,
       t.open('contoso', 'priority', '{"delivered_by": "fabriks"}') ->> 'incident' AS three \gset
SELECT t.result('incident.credit', 'carla', jsonb_build_object('incident', t.open('contoso', 'priority', '{"delivered_by": "fabriks"}') ->> 'incident',
                                                               'reason', 'goodwill', 'note', 'n')) \g /dev/null
UPDATE entitled.incident SET state = 'closed' WHERE entitled.incident_name(incident_id) = :'one';
UPDATE entitled.incident SET state = 'resolved' WHERE entitled.incident_name(incident_id) = :'three';
SELECT pg_temp.act('cancel', :'plus', '{"reason": "they merge"}') AS cancelled \gset
SELECT is(:'cancelled'::jsonb -> 'open_incidents', jsonb_build_array(
            jsonb_build_object('incident', :'two', 'class', 'priority', 'severity', 'B', 'state', 'new', 'title', 'two'),
            jsonb_build_object('incident', :'three', 'class', 'priority', 'severity', 'B', 'state', 'resolved', 'title', 'it does not work')),
          'cancelling tells which incidents charged to it, and not given back, are not closed');
SELECT is(jsonb_path_query_array(:'cancelled', '$.contract.state'), '["cancelled"]', 'cancelled');
SELECT is(pg_temp.grants(:'plus'), '[[9, 3, 6, 0], [1200, 0, 1200, 0]]', 'rule 7: what is left expires; they stay charged');
SELECT is(pg_temp.entries(:'plus'), 'grant 9, debit 1, debit 1, debit 1, debit 1, credit 1 n, expiry 6 they merge', 'rule 7: by an entry, with the reason');
SELECT is((pg_temp.show(:'plus') - 'grants') @> '{"term_ends": "2004-08-23T12:00:00+00:00", "cancelled_at": "2004-08-23T12:00:00+00:00",
            "cancel_reason": "they merge", "ends": "2005-06-01"}', true, 'its term ends now; when and why is kept');
SELECT is(t.open('contoso', 'priority', '{"delivered_by": "fabriks"}') #>> '{data,reason}', 'no_entitlement', 'rule 9: from that instant it covers nothing');
SELECT t.contract('emptyco', 'certified', '2002-01-01') AS old \gset
SELECT pg_temp.act('cancel', name, '{"reason": "test"}') FROM unnest(ARRAY[:'member', pg_temp.show(:'member') ->> 'renewed_by']) name \g /dev/null
SELECT is((SELECT array_agg(DISTINCT ends) FROM entitled.contract_access WHERE entitled.contract_name(contract_id) = :'member'),
          '{2004-08-23 12:00Z}', 'accesses end too');
SELECT is(t.result('balance.get', 'rita', '{"partner": "emptyco"}') -> 'level', 'null', 'and the level');
SELECT is(t.result('balance.get', 'rita', '{"partner": "emptyco", "at": "2004-08-23T11:59:59Z"}') ->> 'level', 'certified', 'which it had until then');
SELECT t.contract('emptyco', 'gold', '2004-08-23') AS gold \gset
SELECT is(t.result('balance.get', 'rita', '{"partner": "emptyco"}') ->> 'level', 'gold', 'another membership can follow');
SELECT is(t.result('balance.get', 'rita', '{"partner": "emptyco", "at": "2004-08-23T11:59:59Z"}') ->> 'level', 'gold', 'of the same day the one that was not cancelled');
SELECT pg_temp.act('cancel', :'planned', '{"reason": "not wanted"}') \g /dev/null
SELECT is((pg_temp.show(:'planned') ->> 'term_starts') = (pg_temp.show(:'planned') ->> 'term_ends'), true, 'a scheduled one has an empty term');
SELECT is(pg_temp.grants(:'planned'), '[[5, 0, 5, 0], [660, 0, 660, 0]]', 'rule 7: all of it expires');
SELECT pg_temp.at('2005-09-01') \g /dev/null
SELECT is(jsonb_path_query_array(t.result('balance.get', 'rita', '{"partner": "fabriks"}'), '$.pools[*].contract'), '[]', 'it never counts');
SELECT is(t.open('fabriks', 'priority') #>> '{data,reason}', 'no_entitlement', 'and is never charged');
SELECT pg_temp.at('2004-08-23 12:00Z') \g /dev/null
SELECT t.result('contract.create', 'mia', '{"partner": "emptyco", "plan": "mspa-standard", "starts": "2004-08-01"}') #>> '{contract,contract}' AS draft \gset
SELECT is(pg_temp.act('cancel', :'draft', '{"reason": "test"}') -> 'open_incidents', '[]', 'a draft just ends');
SELECT is(pg_temp.show(:'draft') ->> 'state', 'cancelled', 'as cancelled');

-- A unit that was reported within the term and entered after the expiry is taken back from it.
SELECT pg_temp.at('2004-08-23 13:00Z') \g /dev/null
SELECT is(t.open('contoso', 'priority', '{"delivered_by": "fabriks", "opened_at": "2004-08-23T11:00:00Z"}') #>> '{charge,contract}', :'plus',
          'reported before the cancelling, entered after it: charged');
SELECT is(pg_temp.entries(:'plus'), 'grant 9, debit 1, debit 1, debit 1, debit 1, credit 1 n, expiry 6 they merge, late 1', 'rule 7: late, by an entry of its own');
SELECT is(pg_temp.grants(:'plus') -> 0, '[9, 4, 5, 0]', 'rule 7: from what had expired');
SELECT is_empty('SELECT * FROM t.broken_grants()', 'counters and entries agree');
SELECT finish();
ROLLBACK;
