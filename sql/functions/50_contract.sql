-- Contracts: what they are, how they are found, locked and shown. contract.list, contract.show.
-- 51_contract_activate.sql writes them and puts them into force, 52_contract_change.sql changes them.

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

-- When a pool's term is over what was left has lapsed, whether its entry is written yet or not (rule 7):
-- units that have expired, and units that are left.
CREATE OR REPLACE FUNCTION entitled.grant_expired(g entitled.pool_grant) RETURNS int
LANGUAGE sql STABLE
RETURN CASE WHEN g.ends <= entitled.clock_now() THEN g.granted - g.used ELSE g.expired END;

CREATE OR REPLACE FUNCTION entitled.grant_left(g entitled.pool_grant) RETURNS int
LANGUAGE sql STABLE
RETURN CASE WHEN g.ends <= entitled.clock_now() THEN 0 ELSE g.granted - g.used - g.expired END;

-- A contract with its grants as the protocol shows it. starts and ends are the days that were agreed on.
CREATE OR REPLACE FUNCTION entitled.contract_object(c entitled.contract) RETURNS jsonb
LANGUAGE sql STABLE AS $$
  SELECT jsonb_build_object(
    'contract', entitled.contract_name(c.contract_id),
    'partner', (SELECT code FROM entitled.partner p WHERE p.partner_id = c.partner_id),
    'plan', c.plan, 'state', entitled.contract_state(c), 'starts', c.starts, 'ends', c.ends,
    'price', entitled.money_text(c.price, c.currency), 'delivered_by', c.delivered_by,
    'grants', (SELECT coalesce(jsonb_agg(jsonb_build_object(
                 'pool', benefit, 'unit', unit, 'granted', granted, 'used', used,
                 'expired', entitled.grant_expired(g), 'remaining', entitled.grant_left(g), 'overage', overage,
                 'coverage', coverage, 'starts', g.starts, 'expires', g.ends) ORDER BY rank, benefit), '[]')
                 FROM entitled.pool_grant g
                WHERE g.partner_id = c.partner_id AND g.contract_id = c.contract_id))
$$;

-- The contract that renews this one, if there is one that was not cancelled; and the one that took its place.
CREATE OR REPLACE FUNCTION entitled.contract_renewal(c entitled.contract) RETURNS bigint
LANGUAGE sql STABLE AS $$
  SELECT contract_id FROM entitled.contract next
   WHERE next.partner_id = c.partner_id AND next.renews = c.contract_id AND next.cancelled_at IS NULL
$$;

CREATE OR REPLACE FUNCTION entitled.contract_upgrade_of(c entitled.contract) RETURNS bigint
LANGUAGE sql STABLE AS $$
  SELECT contract_id FROM entitled.contract next
   WHERE next.partner_id = c.partner_id AND next.upgrades = c.contract_id
$$;

-- All that is known of a contract: the object, and its accesses, its own quantities, the instants of its
-- term as they are by now, what came before and after it, and when it changed.
CREATE OR REPLACE FUNCTION entitled.contract_detail(c entitled.contract) RETURNS jsonb
LANGUAGE sql STABLE AS $$
  SELECT entitled.contract_object(c) || jsonb_build_object(
    'accesses', (SELECT coalesce(jsonb_agg(jsonb_build_object(
                   'benefit', benefit, 'coverage', coverage, 'starts', a.starts, 'expires', a.ends) ORDER BY benefit), '[]')
                   FROM entitled.contract_access a
                  WHERE a.partner_id = c.partner_id AND a.contract_id = c.contract_id),
    'quantities', c.quantities, 'term_starts', c.term_starts, 'term_ends', c.term_ends,
    'renews', entitled.contract_name(c.renews),
    'renewed_by', entitled.contract_name(entitled.contract_renewal(c)),
    'upgrades', entitled.contract_name(c.upgrades),
    'upgraded_by', entitled.contract_name(entitled.contract_upgrade_of(c)),
    'created_at', c.created_at, 'activated_at', c.activated_at, 'cancelled_at', c.cancelled_at,
    'cancel_reason', c.cancel_reason)
$$;

-- The contract of this name, locked: the first lock of each method that changes one. not_found.
CREATE OR REPLACE FUNCTION entitled.contract_lock(contract text) RETURNS entitled.contract
LANGUAGE plpgsql AS $$
DECLARE
  locked entitled.contract;
BEGIN
  SELECT * INTO locked FROM entitled.contract c
   WHERE c.contract_id = entitled.contract_number(contract)
     FOR NO KEY UPDATE;
  IF NOT FOUND THEN
    PERFORM entitled.refuse('not_found', 'there is no contract ' || contract);
  END IF;
  RETURN locked;
END
$$;

-- The partner of a locked contract, locked after it: changes of one partner's contracts follow each other,
-- and its time zone stays while a term is fixed by it.
CREATE OR REPLACE FUNCTION entitled.contract_partner_lock(c entitled.contract) RETURNS entitled.partner
LANGUAGE plpgsql AS $$
DECLARE
  locked entitled.partner;
BEGIN
  SELECT * INTO locked FROM entitled.partner p WHERE p.partner_id = c.partner_id FOR NO KEY UPDATE;
  RETURN locked;
END
$$;

-- Refuses (invalid_state) to sell anything to a partner that is disabled.
CREATE OR REPLACE FUNCTION entitled.partner_check_customer(customer entitled.partner) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
  IF customer.disabled_at IS NOT NULL THEN
    PERFORM entitled.refuse('invalid_state', format('nothing is sold to %s: it is disabled', customer.code));
  END IF;
END
$$;

-- Refuses to do with a contract what its state does not allow; reason: invalid_state or contract_not_active;
-- why: the end of the sentence "contract CON-000123 is expired: …".
CREATE OR REPLACE FUNCTION entitled.contract_refuse(c entitled.contract, reason text, why text) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
  PERFORM entitled.refuse(reason,
    format('contract %s is %s: %s', entitled.contract_name(c.contract_id), entitled.contract_state(c), why),
    jsonb_build_object('contract', entitled.contract_name(c.contract_id), 'state', entitled.contract_state(c)));
END
$$;

-- {"contract"}: with all that is known of it. not_found.
CREATE OR REPLACE FUNCTION entitled.contract_show(caller entitled.principal, params jsonb) RETURNS jsonb
LANGUAGE plpgsql AS $$
DECLARE
  c entitled.contract;
BEGIN
  SELECT * INTO c FROM entitled.contract s WHERE s.contract_id = entitled.contract_number(params ->> 'contract');
  IF NOT FOUND THEN
    PERFORM entitled.refuse('not_found', 'there is no contract ' || (params ->> 'contract'));
  END IF;
  RETURN jsonb_build_object('contract', entitled.contract_detail(c));
END
$$;

-- A page of contracts by number, after the number `after`: of one partner, or (NULL) of all. The comparison
-- of rows and the two statements are for the planner: incident_list_query() tells why.
CREATE OR REPLACE FUNCTION entitled.contract_page(
  whose bigint, after bigint, wanted text, ends_before timestamptz, rows int) RETURNS entitled.contract[]
LANGUAGE plpgsql STABLE AS $$
BEGIN
  IF whose IS NULL THEN
    RETURN array(SELECT c FROM entitled.contract c
                  WHERE c.contract_id > after
                    AND (wanted IS NULL OR entitled.contract_state(c) = wanted)
                    AND (ends_before IS NULL OR (entitled.contract_state(c) = 'active' AND c.term_ends <= ends_before))
                  ORDER BY c.contract_id LIMIT rows);
  END IF;
  RETURN array(SELECT c FROM entitled.contract c
                WHERE c.partner_id <= whose AND (c.partner_id, c.contract_id) > (whose, after)
                  AND (wanted IS NULL OR entitled.contract_state(c) = wanted)
                  AND (ends_before IS NULL OR (entitled.contract_state(c) = 'active' AND c.term_ends <= ends_before))
                ORDER BY c.partner_id, c.contract_id LIMIT rows);
END
$$;

-- {"contracts", "next"?}: of the partner that is named, the caller's own, or all; by number, from where the
-- cursor's page ended. not_found: the partner; invalid_params: the cursor.
CREATE OR REPLACE FUNCTION entitled.contract_list(caller entitled.principal, params jsonb) RETURNS jsonb
LANGUAGE plpgsql AS $$
DECLARE
  whose bigint := caller.partner_id; -- NULL: all
  page_size int := coalesce((params ->> 'limit')::int, 50);
  ends_before timestamptz := entitled.clock_now() + make_interval(days => (params ->> 'expiring_within')::int);
  page entitled.contract[];
BEGIN
  IF params ? 'partner' THEN
    whose := (entitled.partner_find(params ->> 'partner')).partner_id;
  END IF;
  page := entitled.contract_page(whose, coalesce(entitled.cursor_number('contract', params ->> 'cursor'), 0),
                                 params ->> 'state', ends_before, page_size + 1);
  RETURN jsonb_build_object(
           'contracts', (SELECT coalesce(jsonb_agg(entitled.contract_object(c) ORDER BY c.contract_id), '[]')
                           FROM unnest(page[:page_size]) c))
         || CASE WHEN cardinality(page) > page_size
                 THEN jsonb_build_object('next', entitled.cursor_name('contract', page[page_size].contract_id))
                 ELSE '{}' END;
END
$$;
