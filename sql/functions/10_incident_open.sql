-- incident.open and incident.check: the hot path, and the heart of the product.
--
-- A whole batch in one call. The pools of all partners concerned are locked once, in id order (so there
-- are no deadlocks); then each request is decided in its order in memory; then all is written in sets,
-- one statement a table. One path for all sizes. Rules of charging 1, 2, 4, 5 and 8.
--
-- Other writers of a partner's pools take the same locks: whoever holds them sees what is left, and
-- nobody can take a unit that is gone.

-- Reads the requests into open_asks, ordered by partner and then as they came. An answer that another
-- transaction gives to the same key at this moment is not seen yet: then the primary key of
-- entitled.request ends this batch, and its members, asked again, find it.
CREATE OR REPLACE FUNCTION entitled.open_read(callers bigint[], requests jsonb[]) RETURNS entitled.open_ask[]
LANGUAGE plpgsql STABLE AS $$
BEGIN
  -- MATERIALIZED: under row-level security an index serves plain columns only, not `params ->> 'partner'`.
  -- LATERAL … LIMIT 1: a look-up in it each, whatever the planner believes of the sizes.
  RETURN (
  WITH asked AS MATERIALIZED (
    SELECT u.*, u.params ->> 'partner' AS partner, u.params ->> 'key' AS key,
           entitled.request_digest('incident.open', u.params) AS digest
      FROM unnest(callers, requests) WITH ORDINALITY AS u (caller, params, ordinal)),
  read AS (
    SELECT (asked.ordinal, asked.caller, who.role, asked.key, asked.digest,
            answered.yes IS NOT NULL
              OR row_number() OVER (PARTITION BY partner.partner_id, asked.caller, asked.key ORDER BY asked.ordinal) > 1,
            partner.partner_id, partner.code, partner.disabled_at IS NOT NULL,
            (asked.params ->> 'class')::entitled.incident_class, asked.params ->> 'outage',
            asked.params ->> 'override_reason',
            coalesce((asked.params ->> 'opened_at')::timestamptz, entitled.clock_now()),
            asked.params ->> 'delivered_by', (asked.params ->> 'severity')::"char", partner.calendar_id)::entitled.open_ask AS ask
      FROM asked
      LEFT JOIN LATERAL (SELECT role FROM entitled.principal
                          WHERE principal_id = asked.caller AND disabled_at IS NULL LIMIT 1) who ON true
      LEFT JOIN LATERAL (SELECT partner_id, code, disabled_at, calendar_id FROM entitled.partner
                          WHERE code = asked.partner LIMIT 1) partner ON true
      LEFT JOIN LATERAL (SELECT true AS yes FROM entitled.request
                          WHERE partner_id = partner.partner_id AND principal_id = asked.caller
                            AND key = asked.key LIMIT 1) answered ON true)
  SELECT array_agg(ask ORDER BY (ask).partner_id, (ask).ordinal) FROM read);
END
$$;

DROP FUNCTION IF EXISTS entitled.open_pools(entitled.open_ask[], boolean); -- before it gave columns
DROP FUNCTION IF EXISTS entitled.open_pick(entitled.open_ask, entitled.pool_grant[], int[], int);
DROP FUNCTION IF EXISTS entitled.open_decide(entitled.open_ask[], entitled.pool_grant[], boolean);

-- The pools that incidents of these requests could be charged to, by partner and then in the order of
-- use (rule 1), as a row of arrays: one number is one pool in all of them. Locks them, in id order, if told to.
CREATE OR REPLACE FUNCTION entitled.open_pools(asks entitled.open_ask[], locking boolean) RETURNS entitled.open_pool_set
LANGUAGE plpgsql AS $$
DECLARE
  pools entitled.open_pool_set;
BEGIN
  -- Both queries say the same, but for the lock.
  IF locking THEN
    SELECT array_agg(partner_id), array_agg(grant_id), array_agg(contract_id), array_agg(benefit), array_agg(coverage),
           array_agg('professional' = ANY (accepts)), array_agg('priority' = ANY (accepts)), array_agg(delivered_by),
           array_agg(starts), array_agg(until), array_agg(granted), array_agg(used), array_agg(overage), array_agg(expired),
           array_agg(entries), array_agg(head)
      INTO pools
      FROM (SELECT * FROM (SELECT p.*, coalesce(p.ends, 'infinity') AS until FROM entitled.pool_grant p
                            WHERE p.partner_id = ANY (ARRAY(SELECT partner_id FROM unnest(asks))) AND p.unit = 'incident'
                              AND (p.ends IS NULL OR p.ends > (SELECT min(opened_at) FROM unnest(asks)))
                            ORDER BY p.partner_id, p.grant_id
                              FOR NO KEY UPDATE) locked
             ORDER BY partner_id, rank, until, starts, grant_id) ordered;
  ELSE
    SELECT array_agg(partner_id), array_agg(grant_id), array_agg(contract_id), array_agg(benefit), array_agg(coverage),
           array_agg('professional' = ANY (accepts)), array_agg('priority' = ANY (accepts)), array_agg(delivered_by),
           array_agg(starts), array_agg(until), array_agg(granted), array_agg(used), array_agg(overage), array_agg(expired),
           array_agg(entries), array_agg(head)
      INTO pools
      FROM (SELECT p.*, coalesce(p.ends, 'infinity') AS until FROM entitled.pool_grant p
             WHERE p.partner_id = ANY (ARRAY(SELECT partner_id FROM unnest(asks))) AND p.unit = 'incident'
               AND (p.ends IS NULL OR p.ends > (SELECT min(opened_at) FROM unnest(asks)))
             ORDER BY partner_id, rank, until, starts, grant_id) ordered;
  END IF;
  RETURN pools;
END
$$;

-- What forbids a request whatever is left: the error object, or NULL. (But for a partner to deliver it that
-- there is not: open_begin() looks, where one is named. With a query in it this could not be inlined.)
CREATE OR REPLACE FUNCTION entitled.open_problem(ask entitled.open_ask) RETURNS jsonb
LANGUAGE sql STABLE AS $$
  SELECT CASE
    WHEN ask.role IS NULL THEN
      entitled.error_object('forbidden', 'this principal is disabled')
    WHEN ask.partner_id IS NULL THEN
      entitled.error_object('not_found', 'there is no such partner')
    WHEN ask.disabled THEN
      entitled.error_object('invalid_state', 'nothing can be logged against ' || ask.partner || ': it is disabled')
    WHEN ask.opened_at > entitled.clock_now() THEN
      entitled.error_object('invalid_params', 'parameter `opened_at` must not be in the future')
    WHEN ask.override_reason IS NOT NULL AND ask.role NOT IN ('manager', 'admin') THEN
      entitled.error_object('forbidden', 'an override is a services manager''s: ask one to log it')
    WHEN btrim(ask.override_reason) = '' THEN
      entitled.error_object('override_needs_reason', 'an override needs a reason')
    WHEN ask.class = 'critical' AND ask.outage IS NULL THEN
      entitled.error_object('outage_required', 'a critical incident needs an outage: network or server')
  END
$$;

-- The decision before pools are looked at: what was asked, and what forbids it whatever is left.
CREATE OR REPLACE FUNCTION entitled.open_begin(ask entitled.open_ask) RETURNS entitled.open_decision
LANGUAGE plpgsql STABLE AS $$
DECLARE
  made entitled.open_decision;
BEGIN
  made := (ask.ordinal, ask.partner_id, ask.caller, ask.key, ask.digest, ask.class, ask.outage, ask.opened_at,
           ask.override_reason, entitled.open_problem(ask), NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
           ask.delivered_by, NULL, ask.severity, ask.calendar_id, NULL);
  IF made.error IS NULL AND ask.delivered_by IS NOT NULL
     AND NOT EXISTS (SELECT FROM entitled.partner WHERE code = ask.delivered_by) THEN
    made.error := entitled.error_object('not_found', 'there is no such partner to deliver it');
  END IF;
  RETURN made;
END
$$;

DROP FUNCTION IF EXISTS entitled.open_uncharged(entitled.open_ask); -- before it named the contract

-- The coverage under which an incident that is not charged is open to the partner (rules 2 and 3): by an access, or by a
-- pool that is charged by usage, and of which contract. Of several: 24x7 first, then what has a target for its severity,
-- the soonest answer first, then by number. NULL: by nothing.
CREATE OR REPLACE FUNCTION entitled.open_uncharged(
  ask entitled.open_ask, OUT coverage entitled.coverage_kind, OUT contract_id bigint)
LANGUAGE plpgsql STABLE AS $$
BEGIN
  SELECT covering.coverage, covering.contract_id INTO coverage, contract_id
    FROM (SELECT a.coverage, a.contract_id FROM entitled.contract_access a
           WHERE a.partner_id = ask.partner_id AND ask.class = ANY (a.accepts)
             AND a.starts <= ask.opened_at AND (a.ends IS NULL OR a.ends > ask.opened_at)
          UNION ALL
          SELECT g.coverage, g.contract_id FROM entitled.pool_grant g
           WHERE g.partner_id = ask.partner_id AND ask.class = ANY (g.accepts) AND g.unit <> 'incident'
             AND g.starts <= ask.opened_at AND (g.ends IS NULL OR g.ends > ask.opened_at)) covering
    LEFT JOIN LATERAL (SELECT true AS yes, t.respond_minutes FROM entitled.contract_target t
                        WHERE t.partner_id = ask.partner_id AND t.contract_id = covering.contract_id
                          AND t.class = ask.class AND t.severity = ask.severity LIMIT 1) target ON true
   ORDER BY covering.coverage, target.yes, target.respond_minutes, covering.contract_id LIMIT 1;
END
$$;

-- The refusal of a request that nothing covers (rule 4): entitlement_exhausted with the pools looked at,
-- or no_entitlement with the plans on sale that include its class; and what would help.
CREATE OR REPLACE FUNCTION entitled.open_refusal(ask entitled.open_ask) RETURNS jsonb
LANGUAGE plpgsql STABLE AS $$
DECLARE
  looked_at jsonb;
  total int;
  until timestamptz;
BEGIN
  -- What is left is nothing, whatever this batch has not written yet: used is shown as granted.
  SELECT jsonb_agg(jsonb_build_object('pool', benefit, 'contract', entitled.contract_name(contract_id),
                                      'granted', granted, 'used', granted, 'expires', ends)
                   ORDER BY rank, ends NULLS LAST, starts, grant_id), sum(granted), min(ends)
    INTO looked_at, total, until
    FROM entitled.pool_grant
   WHERE partner_id = ask.partner_id AND unit = 'incident' AND ask.class = ANY (accepts)
     AND starts <= ask.opened_at AND (ends IS NULL OR ends > ask.opened_at)
     AND delivered_by IS NOT DISTINCT FROM ask.delivered_by;
  IF looked_at IS NOT NULL THEN
    RETURN entitled.error_object(
      'entitlement_exhausted',
      format('nothing is left for %s incidents of %s: %s of %s used', ask.class, ask.partner, total, total),
      jsonb_build_object('partner', ask.partner, 'class', ask.class, 'pools', looked_at,
        'help', 'top up or renew a contract, add a plan, or ask a services manager for an override with a reason'));
  END IF;
  RETURN entitled.error_object(
    'no_entitlement',
    format('no contract of %s that is in force at %s covers %s incidents', ask.partner,
           to_char(ask.opened_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), ask.class)
    || coalesce(' delivered by ' || ask.delivered_by, ''),
    jsonb_build_object('partner', ask.partner, 'class', ask.class, 'pools', '[]'::jsonb,
      'help', 'one of these plans includes them',
      'plans', (SELECT coalesce(jsonb_agg(DISTINCT plan), '[]')
                  FROM entitled.plan JOIN entitled.plan_benefit USING (plan)
                 WHERE sold AND ask.class = ANY (accepts))));
END
$$;

-- Which pool a request takes its unit from: the number of the first one in the order of use (rule 1) that
-- accepts its class, is in its term then (rule 9: the first instant is in, the last is not), is delivered by
-- whom it names (or by nobody, where it names none) and was not used up (what has lapsed since counts as left:
-- it was reported in the term); else minus the number of the first that would do, were it not used up; else 0.
-- accepts: whether each pool accepts the class; first: the number of the partner's first pool; the other arrays as in
-- open_pool_set (they are given one by one: a row of them would be copied for each request).
CREATE OR REPLACE FUNCTION entitled.open_pick(
  ask entitled.open_ask, owners bigint[], accepts boolean[], deliverers text[], starts timestamptz[], ends timestamptz[],
  granted int[], used int[], first int) RETURNS int
LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
  spent int := 0;
BEGIN
  FOR i IN first .. cardinality(owners) LOOP
    EXIT WHEN owners[i] <> ask.partner_id;
    IF accepts[i] AND starts[i] <= ask.opened_at AND ask.opened_at < ends[i]
       AND deliverers[i] IS NOT DISTINCT FROM ask.delivered_by THEN
      IF used[i] < granted[i] THEN
        RETURN i;
      ELSIF spent = 0 THEN
        spent := -i;
      END IF;
    END IF;
  END LOOP;
  RETURN spent;
END
$$;

-- Decides each request in its order, from the pools as open_pools() gives them. writing: pools are locked, and incidents
-- get their numbers (not for a check). Requests that repeat a key are left out. again: it has looked before.
CREATE OR REPLACE FUNCTION entitled.open_decide(
  asks entitled.open_ask[], writing boolean, again boolean DEFAULT false) RETURNS entitled.open_decision[]
LANGUAGE plpgsql AS $$
DECLARE
  pools entitled.open_pool_set := entitled.open_pools(asks, writing);
  -- A variable each: of those an element is found at once, whatever their size.
  owners bigint[] := coalesce(pools.owners, '{}');
  grants bigint[] := pools.grants;
  contracts bigint[] := pools.contracts;
  benefits text[] := pools.benefits;
  coverages entitled.coverage_kind[] := pools.coverages;
  professional boolean[] := pools.professional;
  priority boolean[] := pools.priority;
  deliverers text[] := pools.deliverers;
  starts timestamptz[] := pools.starts;
  ends timestamptz[] := pools.ends;
  granted int[] := pools.granted;
  used int[] := pools.used; -- from here on they change as the batch goes on
  overage int[] := pools.overage;
  expired int[] := pools.expired;
  entries int[] := pools.entries;
  heads bytea[] := pools.heads;
  ask entitled.open_ask;
  made entitled.open_decision;
  decisions entitled.open_decision[] := '{}';
  slot int; -- the number of the pool that is taken from
  first int := 1; -- of the partner's pools
  refused boolean := false;
BEGIN
  FOREACH ask IN ARRAY asks LOOP
    CONTINUE WHEN ask.repeats AND writing;
    made := entitled.open_begin(ask);
    slot := 0;
    IF made.error IS NULL AND ask.class IN ('critical', 'advisory') THEN -- rules 2 and 3: not charged
      SELECT u.coverage, u.contract_id INTO made.coverage, made.contract_id FROM entitled.open_uncharged(ask) u;
    ELSIF made.error IS NULL THEN
      first := coalesce(array_position(owners, ask.partner_id, first), first);
      slot := entitled.open_pick(ask, owners, CASE ask.class WHEN 'professional' THEN professional ELSE priority END,
                                 deliverers, starts, ends, granted, used, first);
      slot := CASE WHEN slot < 0 AND ask.override_reason IS NULL THEN 0 ELSE slot END;
    END IF;
    IF slot <> 0 THEN
      made.kind := CASE WHEN slot < 0 THEN 'override'
                        WHEN used[slot] + expired[slot] < granted[slot] THEN 'debit' ELSE 'late' END;
      slot := abs(slot);
      used[slot] := used[slot] + (made.kind <> 'override')::int;
      overage[slot] := overage[slot] + (made.kind = 'override')::int;
      expired[slot] := expired[slot] - (made.kind = 'late')::int;
      entries[slot] := entries[slot] + 1;
      made.coverage := coverages[slot];
      made.grant_id := grants[slot];
      made.contract_id := contracts[slot];
      made.pool := benefits[slot];
      made.granted := granted[slot];
      made.used := used[slot];
      made.overage := overage[slot];
      made.expired := expired[slot];
      made.seq := entries[slot];
    END IF;
    IF made.error IS NULL AND made.coverage IS NULL THEN
      made.error := entitled.open_refusal(ask);
      refused := true;
    ELSIF made.error IS NULL AND writing THEN
      made.incident_id := nextval('entitled.incident_incident_id_seq');
      IF slot <> 0 THEN
        heads[slot] := entitled.ledger_hash(heads[slot], made.partner_id, made.grant_id, made.seq, entitled.clock_now(),
                                            made.kind, 1, made.incident_id, made.caller, made.note);
        made.hash := heads[slot];
      END IF;
    END IF;
    decisions := decisions || made;
  END LOOP;
  -- While this waited for a lock, pools may have been made that its look did not see (an upgrade): before it refuses, it
  -- looks again.
  RETURN CASE WHEN refused AND writing AND NOT again THEN entitled.open_decide(asks, true, true) ELSE decisions END;
END
$$;

-- The charge of a decision, as the protocol shows it; NULL where nothing was charged.
CREATE OR REPLACE FUNCTION entitled.open_charge(made entitled.open_decision) RETURNS json
LANGUAGE sql STABLE
RETURN CASE WHEN made.kind IS NULL THEN NULL WHEN made.delivered_by IS NULL THEN
  json_build_object('pool', made.pool, 'contract', entitled.contract_name(made.contract_id), 'units', 1,
                    'ordinal', made.used, 'of', made.granted, 'remaining', made.granted - made.used - made.expired,
                    'override', made.kind = 'override')
ELSE
  json_build_object('pool', made.pool, 'contract', entitled.contract_name(made.contract_id), 'units', 1,
                    'ordinal', made.used, 'of', made.granted, 'remaining', made.granted - made.used - made.expired,
                    'override', made.kind = 'override', 'delivered_by', made.delivered_by)
END;

-- Answers the requests whose key was answered before, or earlier in this batch.
CREATE OR REPLACE FUNCTION entitled.open_replay(asks entitled.open_ask[]) RETURNS SETOF api.reply
LANGUAGE plpgsql AS $$
DECLARE
  ask entitled.open_ask;
  before entitled.request;
BEGIN
  FOREACH ask IN ARRAY asks LOOP
    CONTINUE WHEN NOT ask.repeats;
    SELECT * INTO before FROM entitled.request
     WHERE partner_id = ask.partner_id AND principal_id = ask.caller AND key = ask.key
       FOR KEY SHARE; -- a replay waits for the standby just as the first answer did
    IF NOT FOUND THEN -- the one before it in the batch was not kept: this one is to be asked by itself
      RAISE EXCEPTION 'a key that is asked twice in one batch was not kept';
    ELSIF before.digest <> ask.digest THEN
      RETURN NEXT (ask.ordinal, false, entitled.error_object(
        'key_reused', 'this key was used before with other parameters; take a new key')::text)::api.reply;
    ELSE
      RETURN NEXT (ask.ordinal, before.ok, entitled.replayed(before)::text)::api.reply;
    END IF;
  END LOOP;
END
$$;

-- Locks, decides, writes and answers. One statement writes it all, so that a batch of one pays for one.
CREATE OR REPLACE FUNCTION api.incident_open(callers bigint[], requests jsonb[]) RETURNS SETOF api.reply
LANGUAGE plpgsql AS $$
DECLARE
  asks entitled.open_ask[];
  decisions entitled.open_decision[];
BEGIN
  PERFORM entitled.scope_enter(callers);
  asks := entitled.open_read(callers, requests);
  decisions := entitled.open_decide(asks, true);
  RETURN QUERY
  WITH made AS MATERIALIZED (
    SELECT decided.*, error IS NULL AS ok, requests[ordinal] AS params, entitled.clock_now() AS now,
           CASE WHEN error IS NULL THEN
             json_build_object('incident', entitled.incident_name(incident_id), 'charge', charge,
                               'clocks', json_build_object('coverage', coalesce(counted, coverage), 'respond_by', respond_by,
                                                           'update_by', update_by, 'resolve_by', resolve_by))::text
           ELSE error::text END AS body
      FROM entitled.clock_open(decisions) decided),
  incident AS (
    INSERT INTO entitled.incident (partner_id, incident_id, class, severity, title, description, contact, product,
                                   channel, outage, coverage, opened_at, logged_at, logged_by, delivered_by, contract_id,
                                   calendar_id, respond_by, update_by, resolve_by, clock_started_at, running_since, due_at,
                                   tick_at)
    SELECT partner_id, incident_id, class, severity, params ->> 'title', params ->> 'description', params ->> 'contact',
           params ->> 'product', params ->> 'channel', outage, coverage, opened_at, now, caller, delivered_by, contract_id,
           calendar_id, respond_by, update_by, resolve_by, opened_at, opened_at,
           coalesce(least(respond_by, update_by, resolve_by), 'infinity'), tick_at
      FROM made WHERE ok),
  timeline AS (
    INSERT INTO entitled.timeline (partner_id, incident_id, seq, at, principal_id, event, entered_at)
    SELECT partner_id, incident_id, 1, opened_at, caller, 'opened', nullif(now, opened_at)
      FROM made WHERE ok),
  ledger AS (
    INSERT INTO entitled.ledger (partner_id, grant_id, seq, at, kind, units, incident_id, principal_id, note, hash)
    SELECT partner_id, grant_id, seq, now, kind, 1, incident_id, caller, note, hash
      FROM made WHERE kind IS NOT NULL),
  pool AS (
    UPDATE entitled.pool_grant pool
       SET used = charged.used, overage = charged.overage, expired = charged.expired, entries = seq, head = hash
      FROM (SELECT DISTINCT ON (partner_id, grant_id) partner_id, grant_id, made.used, made.overage, made.expired, seq, hash
              FROM made WHERE kind IS NOT NULL ORDER BY partner_id, grant_id, seq DESC) charged
     WHERE (pool.partner_id, pool.grant_id) = (charged.partner_id, charged.grant_id)),
  refusal AS (
    INSERT INTO entitled.refusal (partner_id, at, principal_id, reason, class, request, method)
    SELECT partner_id, now, caller, error #>> '{data,reason}', class, params - 'key', 'incident.open'
      FROM made WHERE entitled.is_refusal(error)),
  request AS (
    INSERT INTO entitled.request (partner_id, principal_id, key, at, digest, ok, reply)
    SELECT partner_id, caller, key, now, digest, ok, body
      FROM made WHERE ok OR entitled.is_refusal(error))
  SELECT made.ordinal, made.ok, made.body FROM made;
  IF cardinality(decisions) < cardinality(asks) THEN
    RETURN QUERY SELECT * FROM entitled.open_replay(asks);
  END IF;
END
$$;

-- The same decision, nothing written, nothing locked; each request by itself.
CREATE OR REPLACE FUNCTION api.incident_check(callers bigint[], requests jsonb[]) RETURNS SETOF api.reply
LANGUAGE plpgsql AS $$
DECLARE
  ask entitled.open_ask;
BEGIN
  PERFORM entitled.scope_enter(callers);
  FOREACH ask IN ARRAY entitled.open_read(callers, requests) LOOP
    RETURN QUERY
    SELECT made.ordinal, made.error IS NULL OR entitled.is_refusal(made.error),
           CASE WHEN made.error IS NULL THEN
             json_build_object('would_open', true, 'charge', entitled.open_charge(made))::text
           WHEN entitled.is_refusal(made.error) THEN
             jsonb_build_object('would_open', false, 'error', made.error)::text
           ELSE made.error::text END
      FROM unnest(entitled.open_decide(ARRAY[ask], false)) made;
  END LOOP;
END
$$;
