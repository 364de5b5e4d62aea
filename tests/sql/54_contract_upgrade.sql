-- contract.upgrade: the effect before and after, and that over the term nobody has more than the higher plan.
BEGIN;
SELECT plan(40);
CREATE FUNCTION pg_temp.at(instant timestamptz) RETURNS void LANGUAGE sql AS
$$ SELECT set_config('entitled.now', instant::text, true) $$;
CREATE FUNCTION pg_temp.upgrade(name text, plan text, more jsonb DEFAULT '{}') RETURNS jsonb LANGUAGE sql AS
$$ SELECT t.ask('contract.upgrade', 'mia', jsonb_build_object('contract', name, 'plan', plan) || more) -> 'body' $$;
CREATE FUNCTION pg_temp.show(name text) RETURNS jsonb LANGUAGE sql AS
$$ SELECT t.result('contract.show', 'rita', jsonb_build_object('contract', name)) -> 'contract' $$;
CREATE FUNCTION pg_temp.grants(name text) RETURNS jsonb LANGUAGE sql AS $$
  SELECT jsonb_agg(jsonb_build_array(g -> 'pool', g -> 'granted', g -> 'used', g -> 'expired', g -> 'remaining'))
    FROM jsonb_array_elements(pg_temp.show(name) -> 'grants') g
$$;
INSERT INTO entitled.benefit VALUES ('lab', 'Laboratory', 'pool', 'day'), ('manager', 'Services manager', 'access', NULL);
INSERT INTO entitled.plan (plan, name, kind, level, months, sold) VALUES
  ('gold', 'Gold', 'membership', 3, 12, true), ('silver', 'Silver', 'membership', 2, 12, true);
INSERT INTO entitled.plan (plan, name, kind, months, sold) VALUES
  ('isv-plus', 'MSPA for ISVs, Plus', 'service', 12, true), ('small', 'Small', 'service', 12, true);
INSERT INTO entitled.plan_fee VALUES ('isv-plus', 'us', 40000, 'USD', false), ('gold', 'us', 1500, 'USD', false);
INSERT INTO entitled.plan_benefit VALUES
  ('isv-plus', 'priority-incidents', 8, true, 20, '{priority,professional}', '24x7'),
  ('isv-plus', 'lab', 4, false, 30, '{}', 'business-hours'),
  ('isv-plus', 'manager', NULL, false, 100, '{}', 'business-hours'),
  ('small', 'priority-incidents', 2, false, 20, '{priority}', '24x7'),
  ('gold', 'critical-phone', NULL, false, 100, '{critical}', '24x7'), ('gold', 'manager', NULL, false, 100, '{}', '24x7'),
  ('gold', 'professional-incidents', 5, false, 10, '{professional}', '24x7');

-- Standard to Plus: 3 of 6 (one topped up) are used.
SELECT t.contract('emptyco', 'mspa-standard', '2004-06-01', '{"delivered_by": "fabriks"}') AS std \gset
SELECT t.result('contract.top_up', 'mia', jsonb_build_object('contract', :'std', 'benefit', 'priority-incidents', 'units', 1)) \g /dev/null
SELECT t.open('emptyco', 'priority', '{"delivered_by": "fabriks"}') FROM generate_series(1, 3) \g /dev/null
SELECT pg_temp.upgrade(:'std', 'isv-plus', '{"dry_run": true}') AS shown \gset
SELECT is(:'shown'::jsonb,
          '{"from": "mspa-standard", "to": "isv-plus", "ends": "2005-06-01", "fee_before": "7000.00 USD", "fee_after": "40000.00 USD",
            "pools": [
              {"pool": "priority-incidents", "unit": "incident", "granted_before": 6, "used": 3, "granted_after": 5, "left_after": 5},
              {"pool": "lab", "unit": "day", "granted_before": 0, "used": 0, "granted_after": 4, "left_after": 4},
              {"pool": "consulting", "unit": "minute", "granted_before": 600, "used": 0, "granted_after": 0, "left_after": 0}],
            "accesses": {"gained": ["manager"], "lost": ["coordinator-phone"]},
            "expires": [{"pool": "priority-incidents", "units": 3}, {"pool": "consulting", "units": 600}]}',
          'a dry run shows all that would be');
SELECT is(pg_temp.show(:'std') ->> 'state', 'active', 'and does nothing');
SELECT pg_temp.upgrade(:'std', 'isv-plus') AS done \gset
SELECT is(:'done'::jsonb - 'contract', :'shown'::jsonb, 'then that is what is done');
SELECT :'done'::jsonb #>> '{contract,contract}' AS plus \gset
SELECT is(pg_temp.show(:'plus') - 'grants', jsonb_build_object(
            'contract', :'plus', 'partner', 'emptyco', 'plan', 'isv-plus', 'state', 'active', 'starts', '2004-08-23', 'ends', '2005-06-01',
            'term_starts', '2004-08-23T12:00:00+00:00'::text, 'term_ends', '2005-06-01T04:00:00+00:00'::text, 'price', '40000.00 USD',
            'delivered_by', 'fabriks', 'quantities', '{}'::jsonb, 'renews', NULL, 'renewed_by', NULL, 'upgrades', :'std', 'upgraded_by', NULL,
            'created_at', '2004-08-23T12:00:00+00:00', 'activated_at', '2004-08-23T12:00:00+00:00', 'cancelled_at', NULL, 'cancel_reason', NULL,
            'accesses', '[{"benefit": "manager", "coverage": "business-hours", "starts": "2004-08-23T12:00:00+00:00",
                           "expires": "2005-06-01T04:00:00+00:00"}]'::jsonb), 'from now to the same end; who delivers it stays');
SELECT is(pg_temp.grants(:'plus'), '[["priority-incidents", 5, 0, 0, 5], ["lab", 4, 0, 0, 4]]', 'its quantities less what the old one used');
SELECT is(pg_temp.grants(:'std'), '[["priority-incidents", 6, 3, 3, 0], ["consulting", 600, 0, 600, 0]]', 'rule 7: what was left of the old one expires');
SELECT is(pg_temp.show(:'std') @> jsonb_build_object('state', 'expired', 'term_ends', '2004-08-23T12:00:00+00:00', 'upgraded_by', :'plus',
          'cancelled_at', NULL), true, 'the old one has ended, and names it');
SELECT is((SELECT string_agg(concat_ws(' ', kind, units, note), ', ' ORDER BY seq) FROM entitled.ledger JOIN entitled.pool_grant g USING (partner_id, grant_id)
            WHERE entitled.contract_name(contract_id) = :'std' AND unit = 'incident'),
          'grant 5, top_up 1, debit 1, debit 1, debit 1, expiry 3 upgraded to isv-plus', 'the ledger tells it');
SELECT is(t.ask('contract.renew', 'mia', jsonb_build_object('contract', :'std')) #>> '{body,message}',
          'contract ' || :'std' || ' was upgraded: renew ' || :'plus', 'the new one is renewed, not the old');
SELECT is((SELECT string_agg(coalesce(o #>> '{charge,contract}', o #>> '{data,reason}'), ' ') FROM generate_series(1, 6) n,
           LATERAL t.open('emptyco', 'priority', jsonb_build_object('delivered_by', 'fabriks', 'title', n::text)) o),
          concat_ws(' ', :'plus', :'plus', :'plus', :'plus', :'plus', 'entitlement_exhausted'), 'over the term: 8 incidents, as the higher plan has');
SELECT is(t.result('contract.renew', 'mia', jsonb_build_object('contract', :'plus')) #> '{contract,grants,0,granted}', '8', 'its renewal has all of them again');

-- Once more: what both of them used counts.
SELECT pg_temp.upgrade(:'plus', 'mspa-plus', '{"quantities": {"priority-incidents": 10, "consulting": 90}, "price": "50000 USD"}') AS again \gset
SELECT is(:'again'::jsonb #> '{pools,0}', '{"pool": "priority-incidents", "unit": "incident", "granted_before": 5, "used": 5, "granted_after": 2, "left_after": 2}',
          'upgraded twice: 10 over the term, less 3 and 5');
SELECT is(:'again'::jsonb ->> 'fee_after', '50000.00 USD', 'the fee that was agreed');
SELECT is(pg_temp.upgrade(:'again'::jsonb #>> '{contract,contract}', 'small') #> '{pools,0,granted_after}', '0', 'never below nothing');

-- What is no upgrade.
SELECT t.contract('fabriks', 'mspa-standard', '2004-06-01') AS held \gset
SELECT is(pg_temp.upgrade(:'held', plan, more) #>> '{data,reason}', reason, format('to %s: %s', plan, reason))
  FROM (VALUES ('moon', '{}'::jsonb, 'not_found'), ('premier-developer', '{}', 'invalid_state'), ('gold', '{}', 'invalid_state'),
               ('mspa-plus', '{}', 'invalid_params'), ('mspa-plus', '{"quantities": {"lab": 1}}', 'invalid_params')) v (plan, more, reason);
SELECT is(pg_temp.upgrade(:'held', plan, more || '{"dry_run": true}') #>> '{data,reason}', reason, format('a dry run to %s: %s', plan, reason))
  FROM (VALUES ('moon', '{}'::jsonb, 'not_found'), ('premier-developer', '{}', 'invalid_state'), ('gold', '{}', 'invalid_state'),
               ('mspa-plus', '{}', 'invalid_params')) v (plan, more, reason);
SELECT is(pg_temp.upgrade('CON-000003', plan) #>> '{data,reason}', 'invalid_state', 'a membership to: ' || plan)
  FROM unnest('{registered,mspa-standard}'::text[]) plan;
SELECT is(pg_temp.upgrade('CON-000001', 'silver') ->> 'message', 'plan silver is not a higher level than certified', 'the same level is not higher');

-- Memberships: Registered to Certified to Gold within a year.
SELECT is(pg_temp.upgrade('CON-000003', 'certified') - '{contract,ends}'::text[],
          '{"from": "registered", "to": "certified", "fee_before": "0.00 USD", "fee_after": "1500.00 USD", "expires": [],
            "pools": [{"pool": "professional-incidents", "unit": "incident", "granted_before": 0, "used": 0, "granted_after": 5, "left_after": 5}],
            "accesses": {"gained": [], "lost": []}}', 'Registered to Certified');
SELECT is(t.result('partner.show', 'petra') #>> '{partner,level}', 'certified', 'its level at once');
SELECT is(t.open('fabriks', 'professional') #>> '{charge,remaining}', '4', 'and its pool');
SELECT pg_temp.at('2004-12-01') \g /dev/null
SELECT is(pg_temp.upgrade(t.result('contract.list', 'petra') #>> '{contracts,2,contract}', 'gold') - '{contract}'::text[],
          '{"from": "certified", "to": "gold", "ends": "2005-08-23", "fee_before": "1500.00 USD", "fee_after": "1500.00 USD",
            "expires": [{"pool": "professional-incidents", "units": 4}],
            "pools": [{"pool": "professional-incidents", "unit": "incident", "granted_before": 5, "used": 1, "granted_after": 4, "left_after": 4}],
            "accesses": {"gained": ["manager"], "lost": []}}', 'Certified to Gold');
SELECT is(t.result('partner.show', 'petra') #>> '{partner,level}', 'gold', 'one membership at a time');
SELECT is(t.result('balance.get', 'petra', '{"at": "2004-11-30T23:00:00Z"}') ->> 'level', 'certified', 'and each in its time');
SELECT is(t.result('balance.get', 'petra', '{"at": "2004-08-23T11:00:00Z"}') ->> 'level', 'registered', 'from the first');
SELECT is(jsonb_path_query_array(t.result('contract.list', 'petra', '{"state": "active"}'), '$.contracts[*].plan'), '["mspa-standard", "gold"]', 'what runs');

-- At the very first instant the old one is left with an empty term.
SELECT pg_temp.at('2005-01-01 05:00Z') \g /dev/null
SELECT t.contract('fabriks', 'small', '2005-01-01') AS young \gset
SELECT is(pg_temp.upgrade(:'young', 'isv-plus') #> '{contract,state}', '"active"', 'at its first instant');
SELECT is(pg_temp.grants(:'young'), '[["priority-incidents", 2, 0, 2, 0]]', 'rule 7: nothing of it is left');

-- The table itself.
SELECT throws_ok($$ UPDATE entitled.contract SET upgrades = contract_id WHERE contract_id = 1 $$, '23514', NULL, 'none upgrades itself');
SELECT throws_ok($$ INSERT INTO entitled.contract (partner_id, plan, membership, starts, ends, upgrades, created_by, created_at)
  SELECT partner_id, plan, membership, starts, ends, upgrades, created_by, created_at FROM entitled.contract WHERE upgrades IS NOT NULL LIMIT 1 $$,
  '23505', NULL, 'nor two the same');
SELECT is_empty('SELECT * FROM t.broken_grants()', 'counters and entries agree');
SELECT is_empty($$ SELECT * FROM entitled.pool_grant WHERE used + expired > granted OR (ends <= entitled.clock_now() AND used + expired < granted
                    AND partner_id = (SELECT partner_id FROM entitled.partner WHERE code = 'emptyco')) $$, 'no pool is below zero');
SELECT finish();
ROLLBACK;
