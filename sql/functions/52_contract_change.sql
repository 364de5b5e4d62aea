-- contract.renew, contract.cancel, contract.top_up, contract.upgrade (doc/architecture.md, "How the engine
-- carries them out"). Each locks the contract, the partner's row, then grants in id order.

-- Locks the grants of a contract and those of its partner that lapsed without an entry, in id order in one
-- pass, and books the latter (rule 7). The result: the grants of the contract, as they are now.
CREATE OR REPLACE FUNCTION entitled.contract_grants_lock(c entitled.contract, by_principal bigint)
RETURNS entitled.pool_grant[]
LANGUAGE plpgsql AS $$
DECLARE
  g entitled.pool_grant;
  own entitled.pool_grant[] := '{}';
BEGIN
  FOR g IN
    SELECT * FROM entitled.pool_grant p
     WHERE p.partner_id = c.partner_id
       AND (p.contract_id = c.contract_id OR (p.ends <= entitled.clock_now() AND p.used + p.expired < p.granted))
     ORDER BY p.grant_id
       FOR NO KEY UPDATE
  LOOP
    IF g.ends <= entitled.clock_now() AND g.used + g.expired < g.granted THEN
      g := entitled.ledger_append(g, 'expiry', g.granted - g.used - g.expired, by_principal);
    END IF;
    IF g.contract_id = c.contract_id THEN
      own := own || g;
    END IF;
  END LOOP;
  RETURN own;
END
$$;

-- Ends a contract in force before its time, with its grants (locked) and accesses: now, or where it is
-- scheduled at its start, which leaves an empty term. What is left expires; note: why.
CREATE OR REPLACE FUNCTION entitled.contract_end(
  c entitled.contract, grants entitled.pool_grant[], by_principal bigint, note text) RETURNS entitled.contract
LANGUAGE plpgsql AS $$
DECLARE
  g entitled.pool_grant;
BEGIN
  c.term_ends := greatest(entitled.clock_now(), c.term_starts);
  UPDATE entitled.contract SET term_ends = c.term_ends
   WHERE partner_id = c.partner_id AND contract_id = c.contract_id;
  UPDATE entitled.pool_grant SET ends = c.term_ends
   WHERE partner_id = c.partner_id AND contract_id = c.contract_id;
  UPDATE entitled.contract_access SET ends = c.term_ends
   WHERE partner_id = c.partner_id AND contract_id = c.contract_id;
  FOREACH g IN ARRAY grants LOOP
    IF g.used + g.expired < g.granted THEN
      PERFORM entitled.ledger_append(g, 'expiry', g.granted - g.used - g.expired, by_principal, note);
    END IF;
  END LOOP;
  RETURN c;
END
$$;

-- ---------------------------------------------------------------- renew

-- The plan that renews a contract: the one asked for; or the contract's own, or its successor where that is
-- not sold. not_found, invalid_state as plan_for_sale().
CREATE OR REPLACE FUNCTION entitled.renewal_plan(c entitled.contract, asked text) RETURNS entitled.plan
LANGUAGE sql AS $$
  SELECT entitled.plan_for_sale(coalesce(asked, CASE WHEN NOT sold THEN successor END, plan))
    FROM entitled.plan WHERE plan = c.plan
$$;

-- {"contract"}: the contract of the term that follows, in force (scheduled until its first day). Quantities that
-- its plan sets per contract are the old one's, but for those given. not_found; invalid_state: the contract is a
-- draft or cancelled, has been renewed or upgraded, its plan is not sold and has no successor that is, the
-- partner is disabled, or holds another membership then; invalid_params: quantities.
CREATE OR REPLACE FUNCTION entitled.contract_renew(caller entitled.principal, params jsonb) RETURNS jsonb
LANGUAGE plpgsql AS $$
DECLARE
  c entitled.contract := entitled.contract_lock(params ->> 'contract');
  customer entitled.partner := entitled.contract_partner_lock(c);
  sold entitled.plan;
  kept jsonb;
  made entitled.contract;
BEGIN
  IF entitled.contract_state(c) IN ('draft', 'cancelled') THEN
    PERFORM entitled.contract_refuse(c, 'invalid_state', 'only what is or was in force is renewed');
  ELSIF entitled.contract_upgrade_of(c) IS NOT NULL THEN
    PERFORM entitled.refuse('invalid_state',
      format('contract %s was upgraded: renew %s', params ->> 'contract',
             entitled.contract_name(entitled.contract_upgrade_of(c))),
      jsonb_build_object('contract', entitled.contract_name(entitled.contract_upgrade_of(c))));
  ELSIF entitled.contract_renewal(c) IS NOT NULL THEN
    PERFORM entitled.refuse('invalid_state',
      format('contract %s is renewed already, by %s', params ->> 'contract',
             entitled.contract_name(entitled.contract_renewal(c))),
      jsonb_build_object('contract', entitled.contract_name(entitled.contract_renewal(c))));
  END IF;
  PERFORM entitled.partner_check_customer(customer);
  sold := entitled.renewal_plan(c, params ->> 'plan');
  SELECT coalesce(jsonb_object_agg(q.key, q.value), '{}') INTO kept
    FROM jsonb_each(c.quantities) q
    JOIN entitled.plan_benefit pb ON pb.plan = sold.plan AND pb.benefit = q.key AND pb.per_contract;
  PERFORM entitled.grants_expire(c.partner_id, caller.principal_id);
  made := entitled.contract_offer(caller, customer, sold, c.ends, kept || coalesce(params -> 'quantities', '{}'),
                                  params ->> 'price');
  made.renews := c.contract_id;
  made.delivered_by := c.delivered_by;
  made := entitled.contract_enter_force(entitled.contract_write(made), customer, caller.principal_id);
  RETURN jsonb_build_object('contract', entitled.contract_object(made));
END
$$;

-- ---------------------------------------------------------------- cancel

-- The incidents charged to a contract (and not given back) that are not closed, by number.
CREATE OR REPLACE FUNCTION entitled.contract_open_incidents(c entitled.contract) RETURNS jsonb
LANGUAGE sql STABLE AS $$
  SELECT coalesce(jsonb_agg(jsonb_build_object(
           'incident', entitled.incident_name(i.incident_id), 'class', i.class, 'severity', i.severity,
           'state', i.state, 'title', i.title) ORDER BY i.incident_id), '[]')
    FROM entitled.pool_grant g
    JOIN entitled.ledger l USING (partner_id, grant_id)
    JOIN entitled.incident i USING (partner_id, incident_id)
   WHERE g.partner_id = c.partner_id AND g.contract_id = c.contract_id AND l.kind IN ('debit', 'late', 'override')
     AND i.state <> 'closed'
     AND NOT EXISTS (SELECT FROM entitled.ledger back
                      WHERE back.partner_id = l.partner_id AND back.incident_id = l.incident_id AND back.kind = 'credit')
$$;

-- {"contract", "open_incidents"}: ends a contract now; those incidents are served to their end and stay charged.
-- not_found; invalid_state: it is expired, or cancelled already; invalid_params: a reason of spaces.
CREATE OR REPLACE FUNCTION entitled.contract_cancel(caller entitled.principal, params jsonb) RETURNS jsonb
LANGUAGE plpgsql AS $$
DECLARE
  c entitled.contract := entitled.contract_lock(params ->> 'contract');
  grants entitled.pool_grant[];
BEGIN
  PERFORM entitled.contract_partner_lock(c);
  IF entitled.contract_state(c) IN ('expired', 'cancelled') THEN
    PERFORM entitled.contract_refuse(c, 'invalid_state', 'there is nothing to cancel');
  ELSIF btrim(params ->> 'reason') = '' THEN
    PERFORM entitled.refuse('invalid_params', 'parameter `reason` must say why');
  END IF;
  grants := entitled.contract_grants_lock(c, caller.principal_id);
  c.cancelled_at := entitled.clock_now();
  c.cancel_reason := params ->> 'reason';
  UPDATE entitled.contract SET cancelled_at = c.cancelled_at, cancel_reason = c.cancel_reason
   WHERE partner_id = c.partner_id AND contract_id = c.contract_id;
  IF c.activated_at IS NOT NULL THEN
    c := entitled.contract_end(c, grants, caller.principal_id, c.cancel_reason);
  END IF;
  RETURN jsonb_build_object('contract', entitled.contract_object(c),
                            'open_incidents', entitled.contract_open_incidents(c));
END
$$;

-- ---------------------------------------------------------------- top up

-- {"contract"}: adds units to a pool. not_found: the contract, or it has no such pool; contract_not_active: it is
-- neither scheduled nor active; invalid_params: more units than a pool can have.
CREATE OR REPLACE FUNCTION entitled.contract_top_up(caller entitled.principal, params jsonb) RETURNS jsonb
LANGUAGE plpgsql AS $$
DECLARE
  c entitled.contract := entitled.contract_lock(params ->> 'contract');
  units int := (params ->> 'units')::int;
  g entitled.pool_grant;
BEGIN
  PERFORM entitled.contract_partner_lock(c);
  IF entitled.contract_state(c) NOT IN ('scheduled', 'active') THEN
    PERFORM entitled.contract_refuse(c, 'contract_not_active', 'units are added while it is scheduled or active');
  END IF;
  SELECT * INTO g FROM unnest(entitled.contract_grants_lock(c, caller.principal_id)) own
   WHERE own.benefit = params ->> 'benefit';
  IF NOT FOUND THEN
    PERFORM entitled.refuse('not_found', format('contract %s has no pool %s', params ->> 'contract', params ->> 'benefit'));
  ELSIF g.granted::bigint + units > 2147483647 THEN
    PERFORM entitled.refuse('invalid_params', 'parameter `units` would make the pool larger than 2147483647');
  END IF;
  PERFORM entitled.ledger_append(g, 'top_up', units, caller.principal_id, params ->> 'note');
  RETURN jsonb_build_object('contract', entitled.contract_object(c));
END
$$;

-- ---------------------------------------------------------------- upgrade

-- What an upgrade does: held is the contract in force, taking the one in its place (not written yet).
-- {"from", "to", "ends", "pools", "accesses": {"gained", "lost"}, "expires", "fee_before"?, "fee_after"?}
CREATE OR REPLACE FUNCTION entitled.upgrade_effect(held entitled.contract, taking entitled.contract) RETURNS jsonb
LANGUAGE sql STABLE AS $$
  WITH before AS (
    SELECT * FROM entitled.pool_grant WHERE partner_id = held.partner_id AND contract_id = held.contract_id),
  lost AS (
    SELECT benefit FROM entitled.contract_access WHERE partner_id = held.partner_id AND contract_id = held.contract_id),
  gained AS (
    SELECT benefit FROM entitled.plan_benefit JOIN entitled.benefit USING (benefit)
     WHERE plan = taking.plan AND kind = 'access')
  SELECT jsonb_build_object(
    'from', held.plan, 'to', taking.plan, 'ends', held.ends,
    'pools', (SELECT coalesce(jsonb_agg(jsonb_build_object(
                'pool', benefit, 'unit', coalesce(after.unit, before.unit),
                'granted_before', coalesce(before.granted, 0), 'used', coalesce(before.used, 0),
                'granted_after', coalesce(after.units, 0), 'left_after', coalesce(after.units, 0))
                ORDER BY coalesce(after.rank, before.rank), benefit), '[]')
                FROM before FULL JOIN entitled.contract_pools(taking) after USING (benefit)),
    'accesses', jsonb_build_object(
      'gained', (SELECT coalesce(jsonb_agg(benefit ORDER BY benefit), '[]')
                   FROM (SELECT benefit FROM gained EXCEPT SELECT benefit FROM lost) g),
      'lost', (SELECT coalesce(jsonb_agg(benefit ORDER BY benefit), '[]')
                 FROM (SELECT benefit FROM lost EXCEPT SELECT benefit FROM gained) l)),
    'expires', (SELECT coalesce(jsonb_agg(jsonb_build_object('pool', benefit, 'units', granted - used - expired)
                                          ORDER BY rank, benefit), '[]')
                  FROM before WHERE used + expired < granted))
    || jsonb_strip_nulls(jsonb_build_object('fee_before', entitled.money_text(held.price, held.currency),
                                            'fee_after', entitled.money_text(taking.price, taking.currency)))
$$;

-- Refuses (invalid_state) a plan that is no upgrade of a contract: of another kind, or no higher a level.
CREATE OR REPLACE FUNCTION entitled.upgrade_check_plan(c entitled.contract, sold entitled.plan) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
  IF c.membership <> (sold.kind = 'membership') THEN
    PERFORM entitled.refuse('invalid_state',
      format('plan %s is a %s and plan %s is not: they stand side by side', sold.plan,
             CASE sold.kind WHEN 'service' THEN 'service plan' ELSE sold.kind END, c.plan));
  ELSIF sold.level <= (SELECT level FROM entitled.plan WHERE plan = c.plan) THEN
    PERFORM entitled.refuse('invalid_state', format('plan %s is not a higher level than %s', sold.plan, c.plan));
  END IF;
END
$$;

-- The contract that would take the place of one that is active, from now to the same end, not written yet.
-- not_found; invalid_state: as plan_for_sale() and upgrade_check_plan(); invalid_params: quantities.
CREATE OR REPLACE FUNCTION entitled.upgrade_offer(
  caller entitled.principal, c entitled.contract, customer entitled.partner, params jsonb) RETURNS entitled.contract
LANGUAGE plpgsql AS $$
DECLARE
  sold entitled.plan := entitled.plan_for_sale(params ->> 'plan');
  now_at timestamptz := entitled.clock_now();
  offered entitled.contract;
BEGIN
  PERFORM entitled.upgrade_check_plan(c, sold);
  -- Its days are for people. The last one stays a day even where the partner has moved to another time zone.
  offered := entitled.contract_offer(
    caller, customer, sold, least((now_at AT TIME ZONE customer.time_zone)::date, c.ends - 1),
    coalesce(params -> 'quantities', '{}'), params ->> 'price');
  offered.ends := c.ends;
  offered.term_starts := now_at;
  offered.term_ends := c.term_ends;
  offered.activated_at := now_at;
  offered.upgrades := c.contract_id;
  offered.delivered_by := c.delivered_by;
  RETURN offered;
END
$$;

-- The effect (upgrade_effect()) and, unless it is a dry run, "contract", the new one. A dry run writes nothing.
-- not_found; contract_not_active; invalid_state: the partner is disabled; and what upgrade_offer() refuses.
CREATE OR REPLACE FUNCTION entitled.contract_upgrade(caller entitled.principal, params jsonb) RETURNS jsonb
LANGUAGE plpgsql AS $$
DECLARE
  c entitled.contract := entitled.contract_lock(params ->> 'contract');
  customer entitled.partner := entitled.contract_partner_lock(c);
  grants entitled.pool_grant[];
  taking entitled.contract;
  effect jsonb;
BEGIN
  IF entitled.contract_state(c) <> 'active' THEN
    PERFORM entitled.contract_refuse(c, 'contract_not_active', 'only what is in force is upgraded');
  END IF;
  PERFORM entitled.partner_check_customer(customer);
  taking := entitled.upgrade_offer(caller, c, customer, params);
  IF (params ->> 'dry_run')::boolean THEN
    RETURN entitled.upgrade_effect(c, taking);
  END IF;
  grants := entitled.contract_grants_lock(c, caller.principal_id);
  effect := entitled.upgrade_effect(c, taking); -- what the old one used stands still from here on
  PERFORM entitled.contract_end(c, grants, caller.principal_id, 'upgraded to ' || taking.plan);
  taking := entitled.contract_write(taking);
  PERFORM entitled.contract_grant(taking, caller.principal_id);
  RETURN effect || jsonb_build_object('contract', entitled.contract_object(taking));
END
$$;
