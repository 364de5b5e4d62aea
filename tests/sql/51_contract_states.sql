-- What each method does with a contract in each state; a refusal changes nothing.
BEGIN;
SELECT plan(90);

-- All that a change of contracts could touch, as one word.
CREATE FUNCTION pg_temp.world() RETURNS text LANGUAGE sql AS $$
  SELECT md5(concat((SELECT string_agg(c::text, '|' ORDER BY contract_id) FROM entitled.contract c),
                    (SELECT string_agg(g::text, '|' ORDER BY grant_id) FROM entitled.pool_grant g),
                    (SELECT string_agg(a::text, '|' ORDER BY contract_id, benefit) FROM entitled.contract_access a),
                    (SELECT string_agg(l::text, '|' ORDER BY grant_id, seq) FROM entitled.ledger l),
                    (SELECT last_value FROM entitled.contract_contract_id_seq)))
$$;

-- A contract of emptyco in a state; its name.
CREATE FUNCTION pg_temp.in_state(state text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  name text;
BEGIN
  IF state IN ('draft', 'cancelled draft') THEN
    name := t.result('contract.create', 'mia', '{"partner": "emptyco", "plan": "mspa-standard", "starts": "2004-08-01"}')
            #>> '{contract,contract}';
  ELSE
    name := t.contract('emptyco', 'mspa-standard',
                       CASE state WHEN 'scheduled' THEN '2004-12-01' WHEN 'expired' THEN '2002-01-01' ELSE '2004-08-01' END);
  END IF;
  IF state LIKE 'cancelled%' THEN
    PERFORM t.result('contract.cancel', 'mia', jsonb_build_object('contract', name, 'reason', 'test'));
  ELSIF state = 'upgraded' THEN
    PERFORM t.result('contract.upgrade', 'mia', jsonb_build_object('contract', name, 'plan', 'mspa-plus',
                                                                   'quantities', '{"priority-incidents": 9}'::jsonb));
  ELSIF state LIKE 'renewed%' THEN
    PERFORM t.result('contract.renew', 'mia', jsonb_build_object('contract', name));
  END IF;
  RETURN name;
END
$$;

-- What a method answers to a contract, and whether it changed anything.
CREATE FUNCTION pg_temp.outcome(method text, name text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  before text := pg_temp.world();
  reason text;
BEGIN
  reason := t.reason('contract.' || split_part(method, ' ', 1), 'mia', jsonb_build_object('contract', name) || CASE method
    WHEN 'cancel' THEN '{"reason": "test"}'::jsonb
    WHEN 'top_up' THEN '{"benefit": "consulting", "units": 60}'
    WHEN 'upgrade' THEN '{"plan": "mspa-plus", "quantities": {"priority-incidents": 9}}'
    WHEN 'upgrade dry' THEN '{"plan": "mspa-plus", "quantities": {"priority-incidents": 9}, "dry_run": true}'
    ELSE '{}' END);
  RETURN reason || CASE WHEN pg_temp.world() <> before THEN ', changed' ELSE '' END;
END
$$;

CREATE TEMP TABLE matrix (state text, activate text, renew text, cancel text, top_up text, upgrade text, "upgrade dry" text, show text);
INSERT INTO matrix VALUES
  ('draft',           'ok, changed',   'invalid_state', 'ok, changed',   'contract_not_active', 'contract_not_active', 'contract_not_active', 'ok'),
  ('scheduled',       'invalid_state', 'ok, changed',   'ok, changed',   'ok, changed',         'contract_not_active', 'contract_not_active', 'ok'),
  ('active',          'invalid_state', 'ok, changed',   'ok, changed',   'ok, changed',         'ok, changed',         'ok',                  'ok'),
  ('expired',         'invalid_state', 'ok, changed',   'invalid_state', 'contract_not_active', 'contract_not_active', 'contract_not_active', 'ok'),
  ('cancelled',       'invalid_state', 'invalid_state', 'invalid_state', 'contract_not_active', 'contract_not_active', 'contract_not_active', 'ok'),
  ('cancelled draft', 'invalid_state', 'invalid_state', 'invalid_state', 'contract_not_active', 'contract_not_active', 'contract_not_active', 'ok'),
  ('upgraded',        'invalid_state', 'invalid_state', 'invalid_state', 'contract_not_active', 'contract_not_active', 'contract_not_active', 'ok'),
  ('renewed',         'invalid_state', 'invalid_state', 'ok, changed',   'ok, changed',         'ok, changed',         'ok',                  'ok'),
  ('none',            'not_found',     'not_found',     'not_found',     'not_found',           'not_found',           'not_found',           'not_found');
SELECT is(pg_temp.outcome(cell.key, CASE state WHEN 'none' THEN 'CON-999999' ELSE pg_temp.in_state(state) END), cell.value,
          format('%s a contract: %s', cell.key, state))
  FROM matrix m, jsonb_each_text(to_jsonb(m) - 'state') cell;

-- A contract that has an answer to each state names it.
SELECT is(t.result('contract.show', 'mia', jsonb_build_object('contract', pg_temp.in_state(s))) #>> '{contract,state}', shown, 'the state of one: ' || s)
  FROM (VALUES ('draft', 'draft'), ('scheduled', 'scheduled'), ('active', 'active'), ('expired', 'expired'), ('cancelled', 'cancelled'),
               ('cancelled draft', 'cancelled'), ('upgraded', 'expired'), ('renewed', 'active')) v (s, shown);
SELECT is(t.ask('contract.top_up', 'mia', jsonb_build_object('contract', name, 'benefit', 'consulting', 'units', 1)) -> 'body',
          jsonb_build_object('code', 14, 'message', 'contract ' || name || ' is expired: units are added while it is scheduled or active',
                             'data', jsonb_build_object('reason', 'contract_not_active', 'contract', name, 'state', 'expired')),
          'contract_not_active is error 14, and says which contract in which state')
  FROM pg_temp.in_state('expired') name;

-- A partner that is disabled: what it has can be ended and corrected, nothing is sold to it.
CREATE TEMP TABLE held AS SELECT s, pg_temp.in_state(s) AS name FROM unnest('{draft,active,scheduled,expired}'::text[]) s;
SELECT t.result('partner.update', 'mia', '{"partner": "emptyco", "disabled": true}') \g /dev/null
SELECT is(pg_temp.outcome('activate', name), 'invalid_state', 'disabled: its draft is not activated') FROM held WHERE s = 'draft';
SELECT is(pg_temp.outcome('renew', name), 'invalid_state', 'disabled: not renewed: ' || s) FROM held WHERE s <> 'draft';
SELECT is(pg_temp.outcome('upgrade', name), 'invalid_state', 'disabled: not upgraded') FROM held WHERE s = 'active';
SELECT is(pg_temp.outcome('upgrade dry', name), 'invalid_state', 'disabled: nor tried') FROM held WHERE s = 'active';
SELECT is(pg_temp.outcome('top_up', name), 'ok, changed', 'disabled: units are put right: ' || s) FROM held WHERE s IN ('active', 'scheduled');
SELECT is(pg_temp.outcome('cancel', name), 'ok, changed', 'disabled: ended: ' || s) FROM held WHERE s IN ('draft', 'active', 'scheduled');

-- Once more under its key: the same answer, nothing twice.
SELECT t.result('partner.update', 'mia', '{"partner": "emptyco", "disabled": false}') \g /dev/null
CREATE TEMP TABLE again AS
SELECT m.method, m.more || jsonb_build_object('contract', pg_temp.in_state('active'), 'key', 'again-' || m.method) AS params
  FROM (VALUES ('renew', '{}'::jsonb), ('cancel', '{"reason": "test"}'), ('top_up', '{"benefit": "consulting", "units": 60}'),
               ('upgrade', '{"plan": "mspa-plus", "quantities": {"priority-incidents": 9}}')) m (method, more);
CREATE FUNCTION pg_temp.twice(method text, params jsonb) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  first jsonb := t.result('contract.' || method, 'mia', params);
  before text := pg_temp.world();
BEGIN
  RETURN (t.result('contract.' || method, 'mia', params) = first || '{"replayed": true}' AND pg_temp.world() = before)::text;
END
$$;
SELECT is(pg_temp.twice(method, params), 'true', 'rule 8: ' || method || ' again under its key') FROM again;
SELECT is_empty('SELECT * FROM t.broken_grants()', 'counters and entries agree after all of it');
SELECT is(t.reason('contract.cancel', 'mia', jsonb_build_object('contract', pg_temp.in_state('active'), 'reason', '  ')), 'invalid_params',
          'a reason of spaces is none');
SELECT throws_ok($$ UPDATE entitled.contract SET cancelled_at = now() WHERE contract_id = 1 $$, '23514', NULL,
                 'the table itself: no cancelling without a reason');
SELECT finish();
ROLLBACK;
