-- usage.record: books minutes, days, seats … against the pools of a benefit (rule 3).

-- The benefit of this code, if it is one whose units are booked. not_found: there is none; invalid_params: it is
-- an access, or counts incidents.
CREATE OR REPLACE FUNCTION entitled.usage_benefit(sought text) RETURNS entitled.benefit
LANGUAGE plpgsql STABLE AS $$
DECLARE
  b entitled.benefit;
BEGIN
  SELECT * INTO b FROM entitled.benefit WHERE benefit = sought;
  IF NOT FOUND THEN
    PERFORM entitled.refuse('not_found', format('there is no benefit %s in the catalogue', sought));
  ELSIF b.kind <> 'pool' THEN
    PERFORM entitled.refuse('invalid_params',
      format('parameter `benefit` must be a pool: %s is an access, nothing of it is counted', sought));
  ELSIF b.unit = 'incident' THEN
    PERFORM entitled.refuse('invalid_params',
      format('parameter `benefit` must be a pool of minutes, days or seats: %s counts incidents, which incident.open takes',
             sought));
  END IF;
  RETURN b;
END
$$;

-- The pools of a benefit whose term includes `at`, locked in id order, then in the order of use (rule 1).
CREATE OR REPLACE FUNCTION entitled.usage_pools(of_partner bigint, of_benefit text, at timestamptz)
RETURNS entitled.pool_grant[]
LANGUAGE plpgsql AS $$
DECLARE
  pools entitled.pool_grant[];
BEGIN
  SELECT array_agg(locked.pool ORDER BY (locked.pool).rank, (locked.pool).ends NULLS LAST, (locked.pool).starts,
                                        (locked.pool).grant_id) INTO pools
    FROM (SELECT pool FROM entitled.pool_grant pool
           WHERE pool.partner_id = of_partner AND pool.benefit = of_benefit AND pool.unit <> 'incident'
             AND pool.starts <= at AND (pool.ends IS NULL OR at < pool.ends)
           ORDER BY pool.grant_id
             FOR NO KEY UPDATE) locked;
  RETURN coalesce(pools, '{}');
END
$$;

-- Refuses a usage for which too little is left: entitlement_exhausted with the pools looked at, or, where there
-- is none, no_entitlement; and what would help.
CREATE OR REPLACE FUNCTION entitled.usage_refuse(
  customer entitled.partner, b entitled.benefit, units int, at timestamptz, pools entitled.pool_grant[]) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
  remaining bigint := (SELECT coalesce(sum(p.granted - p.used), 0) FROM unnest(pools) p);
BEGIN
  IF cardinality(pools) = 0 THEN
    PERFORM entitled.refuse('no_entitlement',
      format('no contract of %s that is in force at %s includes %s', customer.code,
             to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), b.benefit),
      jsonb_build_object('partner', customer.code, 'benefit', b.benefit, 'pools', '[]'::jsonb,
        'help', 'one of these plans includes it',
        'plans', (SELECT coalesce(jsonb_agg(DISTINCT plan), '[]')
                    FROM entitled.plan JOIN entitled.plan_benefit i USING (plan) WHERE sold AND i.benefit = b.benefit)));
  END IF;
  PERFORM entitled.refuse('entitlement_exhausted',
    format('too little is left of %s of %s: %s asked, %s left', b.benefit, customer.code, units, remaining),
    jsonb_build_object('partner', customer.code, 'benefit', b.benefit, 'units', units, 'remaining', remaining,
      'pools', (SELECT jsonb_agg(jsonb_build_object(
                         'pool', p.benefit, 'contract', entitled.contract_name(p.contract_id), 'granted', p.granted,
                         'used', p.used, 'expires', p.ends) ORDER BY p.rank, p.ends NULLS LAST, p.starts, p.grant_id)
                  FROM unnest(pools) p),
      'help', 'top up or renew a contract, add a plan, or book no more than is left'));
END
$$;

-- Takes the units from the pools in their order: the parts of the charge, and what is left in all. An entry each, or two:
-- what has lapsed meanwhile (rule 7) counts as left, for the work was done in the term, and is taken back from the expiry.
-- The caller has seen to it that there are enough.
CREATE OR REPLACE FUNCTION entitled.usage_take(
  pools entitled.pool_grant[], units int, caller_id bigint, note text, incident_id bigint,
  OUT parts jsonb, OUT remaining bigint)
LANGUAGE plpgsql AS $$
DECLARE
  pool entitled.pool_grant;
  lacking int := units;
  taken int;
  late int; -- of those taken
BEGIN
  parts := '[]';
  remaining := 0;
  FOREACH pool IN ARRAY pools LOOP
    taken := least(lacking, pool.granted - pool.used);
    late := greatest(taken - (pool.granted - pool.used - pool.expired), 0);
    IF taken > late THEN
      pool := entitled.ledger_append(pool, 'usage', taken - late, caller_id, note, incident_id);
    END IF;
    IF late > 0 THEN
      pool := entitled.ledger_append(pool, 'late_usage', late, caller_id, note, incident_id);
    END IF;
    IF taken > 0 THEN
      lacking := lacking - taken;
      parts := parts || jsonb_build_object(
        'pool', pool.benefit, 'contract', entitled.contract_name(pool.contract_id), 'units', taken,
        'remaining', pool.granted - pool.used - pool.expired);
    END IF;
    remaining := remaining + pool.granted - pool.used - pool.expired;
  END LOOP;
END
$$;

-- {"charge"}: {"benefit", "unit", "units", "parts": [{"pool", "contract", "units", "remaining"}], "remaining"}: all of
-- it or nothing. Locks the pools, then the incident. not_found: the partner, the benefit, or the incident, which
-- must be the partner's; invalid_state: the partner is disabled; invalid_params: the benefit, or a time in the
-- future; entitlement_exhausted, no_entitlement.
CREATE OR REPLACE FUNCTION entitled.usage_record(caller entitled.principal, params jsonb) RETURNS jsonb
LANGUAGE plpgsql AS $$
DECLARE
  customer entitled.partner := entitled.partner_find(params ->> 'partner');
  b entitled.benefit := entitled.usage_benefit(params ->> 'benefit');
  at timestamptz := coalesce(entitled.time_param(params, 'at'), entitled.clock_now());
  units int := (params ->> 'units')::int;
  i entitled.incident;
  pools entitled.pool_grant[];
  made record;
BEGIN
  IF customer.disabled_at IS NOT NULL THEN
    PERFORM entitled.refuse('invalid_state',
      'nothing can be booked against ' || customer.code || ': it is disabled');
  ELSIF at > entitled.clock_now() THEN
    PERFORM entitled.refuse('invalid_params', 'parameter `at` must not be in the future');
  ELSIF params ? 'incident' THEN
    i := entitled.incident_find(params ->> 'incident');
    IF i.partner_id <> customer.partner_id THEN
      PERFORM entitled.refuse('not_found', 'there is no incident ' || (params ->> 'incident'));
    END IF;
  END IF;
  pools := entitled.usage_pools(customer.partner_id, b.benefit, at);
  IF units > (SELECT coalesce(sum(p.granted - p.used), 0) FROM unnest(pools) p) THEN
    PERFORM entitled.usage_refuse(customer, b, units, at, pools);
  END IF;
  made := entitled.usage_take(pools, units, caller.principal_id, params ->> 'note', i.incident_id);
  IF i.incident_id IS NOT NULL THEN
    PERFORM entitled.timeline_append(entitled.incident_lock(params ->> 'incident'), caller.principal_id, 'usage',
      format('%s %s of %s', units, b.unit || CASE units WHEN 1 THEN '' ELSE 's' END, b.benefit)
      || coalesce(': ' || (params ->> 'note'), ''));
  END IF;
  RETURN jsonb_build_object('charge', jsonb_build_object(
    'benefit', b.benefit, 'unit', b.unit, 'units', units, 'parts', made.parts, 'remaining', made.remaining));
END
$$;
