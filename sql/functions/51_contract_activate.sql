-- contract.create, contract.activate: a contract is written as a draft, and put into force.

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

-- A contract of a plan for a customer, not written yet: starts and ends (the day after its last), quantities,
-- price: as of the method's parameter, or the fee of the customer's region, if that is a fixed one.
-- invalid_params: a quantity, or a term beyond the year 9999.
CREATE OR REPLACE FUNCTION entitled.contract_offer(
  caller entitled.principal, customer entitled.partner, sold entitled.plan, starts date, quantities jsonb, price text)
RETURNS entitled.contract
LANGUAGE plpgsql AS $$
DECLARE
  c entitled.contract;
BEGIN
  PERFORM entitled.contract_check_quantities(sold.plan, quantities);
  c.partner_id := customer.partner_id;
  c.plan := sold.plan;
  c.membership := sold.kind = 'membership';
  c.starts := starts;
  c.ends := (starts + make_interval(months => sold.months))::date;
  IF c.ends > '9999-12-31' THEN
    PERFORM entitled.refuse('invalid_params', 'a term must end before the year 10000');
  END IF;
  c.quantities := quantities;
  c.price := split_part(price, ' ', 1)::numeric;
  c.currency := split_part(price, ' ', 2);
  IF price IS NULL THEN
    SELECT f.amount, f.currency INTO c.price, c.currency
      FROM entitled.plan_fee f WHERE f.plan = sold.plan AND f.region = customer.region AND NOT f.typical;
  END IF;
  c.created_by := caller.principal_id;
  c.created_at := entitled.clock_now();
  RETURN c;
END
$$;

-- Writes a contract, which gets its number by this.
CREATE OR REPLACE FUNCTION entitled.contract_write(c entitled.contract) RETURNS entitled.contract
LANGUAGE plpgsql AS $$
BEGIN
  c.contract_id := nextval(pg_get_serial_sequence('entitled.contract', 'contract_id'));
  INSERT INTO entitled.contract OVERRIDING SYSTEM VALUE VALUES (c.*);
  RETURN c;
END
$$;

-- {"contract"}: a draft. not_found: partner, plan, or who delivers; invalid_state: the plan is not sold any
-- more, or the partner is disabled; invalid_params: the first day, a quantity, or it delivers to itself.
CREATE OR REPLACE FUNCTION entitled.contract_create(caller entitled.principal, params jsonb) RETURNS jsonb
LANGUAGE plpgsql AS $$
DECLARE
  customer entitled.partner := entitled.partner_find(params ->> 'partner');
  sold entitled.plan := entitled.plan_for_sale(params ->> 'plan');
  starts date := entitled.date_of(params ->> 'starts');
  made entitled.contract;
BEGIN
  PERFORM entitled.partner_check_customer(customer);
  IF starts IS NULL THEN
    PERFORM entitled.refuse('invalid_params', 'parameter `starts` must be a date, such as 2004-08-23');
  ELSIF params ->> 'delivered_by' = customer.code THEN
    PERFORM entitled.refuse('invalid_params', 'parameter `delivered_by` must be another partner');
  END IF;
  made := entitled.contract_offer(caller, customer, sold, starts, coalesce(params -> 'quantities', '{}'),
                                  params ->> 'price');
  IF params ? 'delivered_by' THEN
    made.delivered_by := (entitled.partner_find(params ->> 'delivered_by')).code;
  END IF;
  made := entitled.contract_write(made);
  RETURN jsonb_build_object('contract', entitled.contract_object(made));
END
$$;

-- The pools that a contract has by the catalogue of now, with its own quantities. Of one that takes the place of
-- another in mid-term (upgrades): less what that one used, and the one before it …, and at least 0; so over the
-- term nobody has more than the highest plan. units NULL: the catalogue lacks a quantity that it had when the
-- contract was written.
CREATE OR REPLACE FUNCTION entitled.contract_pools(c entitled.contract)
RETURNS TABLE (benefit entitled.code, unit text, rank smallint, accepts entitled.incident_class[],
               coverage entitled.coverage_kind, units int)
LANGUAGE sql STABLE AS $$
  WITH RECURSIVE before AS (
    SELECT k.contract_id, k.upgrades FROM entitled.contract k
     WHERE k.partner_id = c.partner_id AND k.contract_id = c.upgrades
    UNION ALL
    SELECT k.contract_id, k.upgrades FROM before
      JOIN entitled.contract k ON k.partner_id = c.partner_id AND k.contract_id = before.upgrades)
  SELECT pb.benefit, b.unit, pb.rank, pb.accepts, pb.coverage,
         CASE WHEN quantity.own IS NOT NULL THEN greatest(quantity.own - coalesce(used.before, 0), 0) END::int
    FROM entitled.plan_benefit pb
    JOIN entitled.benefit b USING (benefit)
   CROSS JOIN LATERAL (SELECT coalesce((c.quantities ->> pb.benefit)::int, pb.quantity) AS own) quantity
   CROSS JOIN LATERAL (SELECT sum(g.used) AS before FROM before
                         JOIN entitled.pool_grant g ON g.partner_id = c.partner_id AND g.contract_id = before.contract_id
                        WHERE g.benefit = pb.benefit) used
   WHERE pb.plan = c.plan AND b.kind = 'pool'
$$;

-- Makes the grants of a contract that comes into force, each with the first entry of its ledger, its accesses and
-- its targets; from then on they have nothing to do with the catalogue. invalid_state: it lacks a quantity.
CREATE OR REPLACE FUNCTION entitled.contract_grant(c entitled.contract, by_principal bigint) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
  pool record;
  made entitled.pool_grant;
BEGIN
  FOR pool IN SELECT * FROM entitled.contract_pools(c) p ORDER BY p.rank, p.benefit LOOP
    IF pool.units IS NULL THEN
      PERFORM entitled.refuse('invalid_state',
        format('plan %s now sets %s per contract, and this contract has no quantity for it: write it again',
               c.plan, pool.benefit));
    END IF;
    INSERT INTO entitled.pool_grant (partner_id, contract_id, benefit, unit, rank, accepts, coverage, starts, ends,
                                     granted, delivered_by)
    VALUES (c.partner_id, c.contract_id, pool.benefit, pool.unit, pool.rank, pool.accepts, pool.coverage,
            c.term_starts, c.term_ends, pool.units, c.delivered_by)
    RETURNING * INTO made;
    PERFORM entitled.ledger_append(made, 'grant', pool.units, by_principal);
  END LOOP;
  INSERT INTO entitled.contract_access (partner_id, contract_id, benefit, accepts, coverage, starts, ends)
  SELECT c.partner_id, c.contract_id, pb.benefit, pb.accepts, pb.coverage, c.term_starts, c.term_ends
    FROM entitled.plan_benefit pb JOIN entitled.benefit b USING (benefit)
   WHERE pb.plan = c.plan AND b.kind = 'access';
  INSERT INTO entitled.contract_target (partner_id, contract_id, class, severity, coverage, respond_minutes,
                                        update_minutes, resolve_minutes)
  SELECT c.partner_id, c.contract_id, t.class, t.severity, t.coverage, t.respond_minutes, t.update_minutes,
         t.resolve_minutes
    FROM entitled.plan_target t
   WHERE t.plan = c.plan;
END
$$;

-- Puts a draft into force; its row and its customer's are locked. Both ends of the term are fixed as instants,
-- by the customer's time zone of now (rule 9); but a renewal begins when what it renews ends, also where the customer
-- has moved to another zone: no hour is in both terms, and none in neither. invalid_state: the customer holds another membership in its term
-- (which the constraint contract_one_membership forbids in any case), or what contract_grant() refuses.
CREATE OR REPLACE FUNCTION entitled.contract_enter_force(
  c entitled.contract, customer entitled.partner, by_principal bigint) RETURNS entitled.contract
LANGUAGE plpgsql AS $$
DECLARE
  held entitled.contract;
BEGIN
  c.activated_at := entitled.clock_now();
  c.term_starts := coalesce((SELECT old.term_ends FROM entitled.contract old
                              WHERE old.partner_id = c.partner_id AND old.contract_id = c.renews),
                            entitled.day_starts(c.starts, customer.time_zone));
  c.term_ends := entitled.day_starts(c.ends, customer.time_zone);
  SELECT * INTO held FROM entitled.contract other
   WHERE c.membership AND other.partner_id = c.partner_id AND other.membership
     AND other.activated_at IS NOT NULL AND other.cancelled_at IS NULL
     AND tstzrange(other.term_starts, other.term_ends) && tstzrange(c.term_starts, c.term_ends)
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
  PERFORM entitled.contract_grant(c, by_principal);
  RETURN c;
END
$$;

-- {"contract"}: puts a draft into force. not_found; invalid_state: it is no draft, the partner is disabled, and
-- what contract_enter_force() refuses.
CREATE OR REPLACE FUNCTION entitled.contract_activate(caller entitled.principal, params jsonb) RETURNS jsonb
LANGUAGE plpgsql AS $$
DECLARE
  c entitled.contract := entitled.contract_lock(params ->> 'contract');
  customer entitled.partner := entitled.contract_partner_lock(c);
BEGIN
  IF entitled.contract_state(c) <> 'draft' THEN
    PERFORM entitled.contract_refuse(c, 'invalid_state', 'only a draft is activated');
  END IF;
  PERFORM entitled.partner_check_customer(customer);
  PERFORM entitled.grants_expire(c.partner_id, caller.principal_id);
  c := entitled.contract_enter_force(c, customer, caller.principal_id);
  RETURN jsonb_build_object('contract', entitled.contract_object(c));
END
$$;
