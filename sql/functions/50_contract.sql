-- contract.create, contract.activate, contract.list.

-- The state of a contract; derived from its instants, never stored (rule 9: the first instant is in the
-- term, the last is not).
CREATE OR REPLACE FUNCTION entitled.contract_state(c entitled.contract) RETURNS text
LANGUAGE sql STABLE
RETURN CASE
  WHEN c.cancelled_at IS NOT NULL THEN 'cancelled'
  WHEN c.activated_at IS NULL THEN 'draft'
  WHEN entitled.clock_now() < c.term_starts THEN 'scheduled'
  WHEN entitled.clock_now() < c.term_ends THEN 'active'
  ELSE 'expired'
END;

-- A contract with its grants as the protocol shows it.
CREATE OR REPLACE FUNCTION entitled.contract_object(c entitled.contract) RETURNS jsonb
LANGUAGE sql STABLE AS $$
  SELECT jsonb_build_object(
    'contract', entitled.contract_name(c.contract_id),
    'partner', (SELECT code FROM entitled.partner p WHERE p.partner_id = c.partner_id),
    'plan', c.plan, 'state', entitled.contract_state(c), 'starts', c.starts, 'ends', c.ends,
    'price', entitled.money_text(c.price, c.currency),
    'grants', (SELECT coalesce(jsonb_agg(jsonb_build_object(
                 'pool', benefit, 'unit', unit, 'granted', granted, 'used', used, 'overage', overage,
                 'starts', g.starts, 'expires', g.ends) ORDER BY rank, benefit), '[]')
                 FROM entitled.pool_grant g
                WHERE g.partner_id = c.partner_id AND g.contract_id = c.contract_id))
$$;

-- Refuses (invalid_params) quantities that are not whole numbers for pools of the plan that are set per
-- contract, or that lack one for which the catalogue has no quantity.
CREATE OR REPLACE FUNCTION entitled.contract_check_quantities(plan_code text, quantities jsonb) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
  problem text;
BEGIN
  SELECT format('quantities.%s %s', coalesce(q.key, b.benefit),
                CASE WHEN q.key IS NULL THEN format('is missing: plan %s sets it per contract', plan_code)
                     WHEN b.benefit IS NULL THEN format('is not a pool that plan %s sets per contract', plan_code)
                     ELSE 'must be a whole number from 0 to 2147483647' END) INTO problem
    FROM jsonb_each(quantities) q
    FULL JOIN (SELECT benefit, quantity FROM entitled.plan_benefit WHERE plan = plan_code AND per_contract) b
      ON b.benefit = q.key
   WHERE b.benefit IS NULL OR (q.key IS NULL AND b.quantity IS NULL)
      OR entitled.document_value_problem(q.value, 'integer 0 2147483647') IS NOT NULL
   ORDER BY 1 LIMIT 1;
  IF problem IS NOT NULL THEN
    PERFORM entitled.refuse('invalid_params', 'parameter ' || problem);
  END IF;
END
$$;

-- The plan of this code, if it is sold. not_found: there is none; invalid_state: it is not sold any more.
CREATE OR REPLACE FUNCTION entitled.plan_for_sale(plan_code text) RETURNS entitled.plan
LANGUAGE plpgsql AS $$
DECLARE
  sought entitled.plan;
BEGIN
  SELECT * INTO sought FROM entitled.plan WHERE plan = plan_code;
  IF NOT FOUND THEN
    PERFORM entitled.refuse('not_found', format('there is no plan %s in the catalogue', plan_code));
  ELSIF NOT sought.sold THEN
    PERFORM entitled.refuse('invalid_state',
      format('plan %s is not sold any more', plan_code) || coalesce('; its successor is ' || sought.successor, ''),
      jsonb_build_object('plan', plan_code, 'successor', sought.successor));
  END IF;
  RETURN sought;
END
$$;

-- {"contract"}: a draft. Without a price, the fee of the partner's region is the price, if it is a fixed one.
CREATE OR REPLACE FUNCTION entitled.contract_create(caller entitled.principal, params jsonb) RETURNS jsonb
LANGUAGE plpgsql AS $$
DECLARE
  customer entitled.partner := entitled.partner_find(params ->> 'partner');
  sold entitled.plan := entitled.plan_for_sale(params ->> 'plan');
  quantities jsonb := coalesce(params -> 'quantities', '{}');
  starts date := entitled.date_of(params ->> 'starts');
  price numeric := split_part(params ->> 'price', ' ', 1)::numeric;
  currency text := split_part(params ->> 'price', ' ', 2);
  made entitled.contract;
BEGIN
  IF starts IS NULL THEN
    PERFORM entitled.refuse('invalid_params', 'parameter `starts` must be a date, such as 2004-08-23');
  END IF;
  PERFORM entitled.contract_check_quantities(sold.plan, quantities);
  IF price IS NULL THEN
    SELECT f.amount, f.currency INTO price, currency
      FROM entitled.plan_fee f WHERE f.plan = sold.plan AND f.region = customer.region AND NOT f.typical;
  END IF;
  INSERT INTO entitled.contract (partner_id, plan, membership, starts, ends, quantities, price, currency,
                                 created_by, created_at)
  VALUES (customer.partner_id, sold.plan, sold.kind = 'membership', starts,
          (starts + make_interval(months => sold.months))::date, quantities, price, currency,
          caller.principal_id, entitled.clock_now())
  RETURNING * INTO made;
  RETURN jsonb_build_object('contract', entitled.contract_object(made));
END
$$;

-- Makes the grants of a contract that comes into force, each with the first entry of its ledger, and its
-- accesses; from then on they have nothing to do with the catalogue.
-- invalid_state: the catalogue lacks a quantity that it had when the contract was written.
CREATE OR REPLACE FUNCTION entitled.contract_grant(c entitled.contract, caller_id bigint) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
  included record;
  made_id bigint;
  now_at timestamptz := entitled.clock_now();
  hash bytea;
BEGIN
  FOR included IN
    SELECT pb.*, b.unit, coalesce((c.quantities ->> pb.benefit)::int, pb.quantity) AS units
      FROM entitled.plan_benefit pb JOIN entitled.benefit b USING (benefit)
     WHERE pb.plan = c.plan AND b.kind = 'pool'
     ORDER BY pb.rank, pb.benefit
  LOOP
    IF included.units IS NULL THEN
      PERFORM entitled.refuse('invalid_state',
        format('plan %s now sets %s per contract, and this contract has no quantity for it: write it again',
               c.plan, included.benefit));
    END IF;
    made_id := nextval(pg_get_serial_sequence('entitled.pool_grant', 'grant_id'));
    hash := entitled.ledger_hash('', c.partner_id, made_id, 1, now_at, 'grant', included.units, NULL, caller_id, NULL);
    INSERT INTO entitled.pool_grant (partner_id, grant_id, contract_id, benefit, unit, rank, accepts, coverage,
                                     starts, ends, granted, entries, head)
    OVERRIDING SYSTEM VALUE
    VALUES (c.partner_id, made_id, c.contract_id, included.benefit, included.unit, included.rank, included.accepts,
            included.coverage, c.term_starts, c.term_ends, included.units, 1, hash);
    INSERT INTO entitled.ledger (partner_id, grant_id, seq, at, kind, units, principal_id, hash)
    VALUES (c.partner_id, made_id, 1, now_at, 'grant', included.units, caller_id, hash);
  END LOOP;
  INSERT INTO entitled.contract_access (partner_id, contract_id, benefit, accepts, coverage, starts, ends)
  SELECT c.partner_id, c.contract_id, pb.benefit, pb.accepts, pb.coverage, c.term_starts, c.term_ends
    FROM entitled.plan_benefit pb JOIN entitled.benefit b USING (benefit)
   WHERE pb.plan = c.plan AND b.kind = 'access';
END
$$;

-- The draft of this number, locked, and its partner's row after it (so that activations of one partner's
-- contracts follow each other). not_found; invalid_state: it is not a draft.
CREATE OR REPLACE FUNCTION entitled.contract_lock_draft(contract text) RETURNS entitled.contract
LANGUAGE plpgsql AS $$
DECLARE
  locked entitled.contract;
BEGIN
  SELECT * INTO locked FROM entitled.contract c
   WHERE c.contract_id = entitled.contract_number(contract)
     FOR NO KEY UPDATE;
  IF NOT FOUND THEN
    PERFORM entitled.refuse('not_found', 'there is no contract ' || contract);
  ELSIF entitled.contract_state(locked) <> 'draft' THEN
    PERFORM entitled.refuse('invalid_state',
      format('contract %s is %s: only a draft is activated', contract, entitled.contract_state(locked)),
      jsonb_build_object('state', entitled.contract_state(locked)));
  END IF;
  PERFORM FROM entitled.partner p WHERE p.partner_id = locked.partner_id FOR NO KEY UPDATE;
  RETURN locked;
END
$$;

-- {"contract"}: puts a draft into force. not_found; invalid_state: it is not a draft, or the partner holds
-- another membership in its term (which the constraint contract_one_membership forbids in any case).
CREATE OR REPLACE FUNCTION entitled.contract_activate(caller entitled.principal, params jsonb) RETURNS jsonb
LANGUAGE plpgsql AS $$
DECLARE
  c entitled.contract := entitled.contract_lock_draft(params ->> 'contract');
  zone text := (SELECT time_zone FROM entitled.partner WHERE partner_id = c.partner_id);
  held entitled.contract;
BEGIN
  c.activated_at := entitled.clock_now();
  c.term_starts := entitled.day_starts(c.starts, zone);
  c.term_ends := entitled.day_starts(c.ends, zone);
  SELECT * INTO held FROM entitled.contract other
   WHERE c.membership AND other.partner_id = c.partner_id AND other.membership AND other.cancelled_at IS NULL
     AND other.term_starts < c.term_ends AND c.term_starts < other.term_ends
   ORDER BY other.contract_id LIMIT 1;
  IF FOUND THEN
    PERFORM entitled.refuse('invalid_state',
      format('the partner holds a membership in this term already: %s, %s from %s to %s',
             entitled.contract_name(held.contract_id), held.plan, held.starts, held.ends),
      jsonb_build_object('contract', entitled.contract_name(held.contract_id)));
  END IF;
  UPDATE entitled.contract
     SET activated_at = c.activated_at, term_starts = c.term_starts, term_ends = c.term_ends
   WHERE partner_id = c.partner_id AND contract_id = c.contract_id;
  PERFORM entitled.contract_grant(c, caller.principal_id);
  RETURN jsonb_build_object('contract', entitled.contract_object(c));
END
$$;

-- {"contracts"}: of the partner that is named, the caller's own, or all; by number. not_found.
CREATE OR REPLACE FUNCTION entitled.contract_list(caller entitled.principal, params jsonb) RETURNS jsonb
LANGUAGE plpgsql AS $$
DECLARE
  whose bigint := caller.partner_id; -- NULL: all
  wanted text := params ->> 'state';
  ends_before timestamptz := entitled.clock_now() + make_interval(days => (params ->> 'expiring_within')::int);
BEGIN
  IF params ? 'partner' THEN
    whose := (entitled.partner_find(params ->> 'partner')).partner_id;
  END IF;
  RETURN jsonb_build_object('contracts', coalesce(jsonb_agg(entitled.contract_object(c) ORDER BY c.contract_id), '[]'))
    FROM entitled.contract c
   WHERE (whose IS NULL OR c.partner_id = whose)
     AND (wanted IS NULL OR entitled.contract_state(c) = wanted)
     AND (ends_before IS NULL OR (entitled.contract_state(c) = 'active' AND c.term_ends <= ends_before));
END
$$;
