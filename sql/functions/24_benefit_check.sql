-- benefit.check: whether a benefit is covered at a time, by which contract, or why not and when it opens.

-- What gives a partner a benefit, one row for each pool and access that it has or had: whether its term includes `at`,
-- has a unit left (of a pool: what was reported within the term had its unit then, so what lapsed counts), and is open.
CREATE OR REPLACE FUNCTION entitled.benefit_sources(customer entitled.partner, of_benefit text, at timestamptz)
RETURNS TABLE (contract_id bigint, plan text, cancelled_at timestamptz, delivered_by text, coverage entitled.coverage_kind,
               starts timestamptz, ends timestamptz, rank int, grant_id bigint, unit text, granted int, used int,
               in_force boolean, has_left boolean, is_open boolean)
LANGUAGE sql STABLE AS $$
  SELECT c.contract_id, c.plan, c.cancelled_at, c.delivered_by, s.coverage,
         s.starts, s.ends, s.rank, s.grant_id, s.unit, s.granted, s.used,
         s.starts <= at AND (s.ends IS NULL OR at < s.ends), s.grant_id IS NULL OR s.used < s.granted,
         s.coverage = '24x7' OR coalesce(entitled.calendar_is_open(customer.calendar_id, at), false)
    FROM (SELECT a.contract_id, a.coverage, a.starts, a.ends, 0 AS rank, NULL::bigint AS grant_id, NULL::text AS unit,
                 NULL::int AS granted, NULL::int AS used
            FROM entitled.contract_access a
           WHERE a.partner_id = customer.partner_id AND a.benefit = of_benefit
          UNION ALL
          SELECT g.contract_id, g.coverage, g.starts, g.ends, g.rank, g.grant_id, g.unit, g.granted, g.used
            FROM entitled.pool_grant g
           WHERE g.partner_id = customer.partner_id AND g.benefit = of_benefit) s
    JOIN entitled.contract c ON c.partner_id = customer.partner_id AND c.contract_id = s.contract_id
$$;

-- A time as a person of this zone reads it.
CREATE OR REPLACE FUNCTION entitled.time_text(at timestamptz, time_zone text) RETURNS text
LANGUAGE sql STABLE
RETURN to_char(at AT TIME ZONE time_zone, 'YYYY-MM-DD HH24:MI') || ' ' || time_zone;

-- The answer where a pool or access is in force at `at`: covered, outside its hours, or nothing left. Of several, the
-- first that is open with a unit left; else that with a unit left; in the order of use (rule 1), an access that is
-- 24x7 first.
-- NULL: none is in force.
CREATE OR REPLACE FUNCTION entitled.benefit_in_force(customer entitled.partner, of_benefit text, at timestamptz)
RETURNS jsonb
LANGUAGE plpgsql STABLE AS $$
DECLARE
  best record;
  zone text := (SELECT c.time_zone FROM entitled.calendar c WHERE c.calendar_id = customer.calendar_id);
  opens timestamptz;
  answer jsonb;
  amount text;
BEGIN
  SELECT *, entitled.contract_name(contract_id) AS name,
         sum(granted) OVER () AS all_granted, sum(used) OVER () AS all_used
    INTO best
    FROM entitled.benefit_sources(customer, of_benefit, at)
   WHERE in_force
   ORDER BY has_left AND is_open DESC, has_left DESC, rank, CASE WHEN grant_id IS NULL THEN coverage END, ends NULLS LAST, starts,
            grant_id, contract_id
   LIMIT 1;
  IF NOT FOUND THEN
    RETURN NULL;
  END IF;
  answer := jsonb_build_object('covered', best.has_left AND best.is_open);
  amount := format('; %s of %s %ss are left', best.all_granted - best.all_used, best.all_granted, best.unit);
  IF NOT best.has_left THEN
    RETURN answer || jsonb_build_object('why', format('nothing is left: %s of %s %ss used', best.all_used,
                                                      best.all_granted, best.unit));
  END IF;
  answer := answer || jsonb_build_object('coverage', best.coverage,
    'by', jsonb_strip_nulls(jsonb_build_object('contract', best.name, 'plan', best.plan,
                                               'delivered_by', best.delivered_by)));
  IF best.is_open THEN
    RETURN answer || jsonb_build_object('why', format('covered by %s (%s), %s%s', best.name, best.plan,
      CASE best.coverage WHEN '24x7' THEN 'day and night' ELSE 'in its business hours' END,
      CASE WHEN best.grant_id IS NOT NULL THEN amount END));
  END IF;
  opens := entitled.calendar_opens(customer.calendar_id, at);
  IF opens IS NOT NULL AND (best.ends IS NULL OR opens < best.ends) THEN
    RETURN answer || jsonb_build_object('opens', opens, 'why',
      format('outside business hours: %s (%s) covers it from %s', best.name, best.plan, entitled.time_text(opens, zone)));
  END IF;
  RETURN answer || jsonb_build_object('why', format('outside business hours, and %s (%s) ends before they begin again',
    best.name, best.plan));
END
$$;

-- The answer where nothing is in force at `at`: of what begins later the earliest, else of what was written and not
-- activated the last, else of what is over the last; else the plans on sale that include it.
CREATE OR REPLACE FUNCTION entitled.benefit_not_in_force(customer entitled.partner, of_benefit text, at timestamptz)
RETURNS jsonb
LANGUAGE plpgsql STABLE AS $$
DECLARE
  best record;
  draft record;
  opens timestamptz;
  name text;
  plans jsonb;
BEGIN
  SELECT * INTO best FROM entitled.benefit_sources(customer, of_benefit, at)
   WHERE starts > at AND (ends IS NULL OR ends > starts)
   ORDER BY starts, contract_id LIMIT 1;
  IF FOUND THEN
    opens := CASE best.coverage WHEN '24x7' THEN best.starts
             ELSE entitled.calendar_opens(customer.calendar_id, best.starts) END;
    RETURN jsonb_strip_nulls(jsonb_build_object('covered', false, 'coverage', best.coverage,
      'opens', CASE WHEN best.ends IS NULL OR opens < best.ends THEN opens END,
      'why', format('not in force yet: %s (%s) is scheduled from %s', entitled.contract_name(best.contract_id), best.plan,
                    (best.starts AT TIME ZONE customer.time_zone)::date)));
  END IF;
  SELECT c.* INTO draft
    FROM entitled.contract c JOIN entitled.plan_benefit b ON b.plan = c.plan AND b.benefit = of_benefit
   WHERE c.partner_id = customer.partner_id AND c.activated_at IS NULL AND c.cancelled_at IS NULL
   ORDER BY c.contract_id DESC LIMIT 1;
  IF FOUND THEN
    RETURN jsonb_build_object('covered', false, 'why', format('not in force: %s (%s) is a draft, not activated yet',
      entitled.contract_name(draft.contract_id), draft.plan));
  END IF;
  SELECT * INTO best FROM entitled.benefit_sources(customer, of_benefit, at)
   ORDER BY ends DESC, contract_id DESC LIMIT 1;
  IF FOUND THEN
    name := format('%s (%s)', entitled.contract_name(best.contract_id), best.plan);
    RETURN jsonb_build_object('covered', false, 'why',
      CASE WHEN best.cancelled_at IS NOT NULL THEN format('not in force: %s was cancelled on %s', name,
                                           (best.cancelled_at AT TIME ZONE customer.time_zone)::date)
      ELSE format('not in force any more: %s expired, its last day was %s', name,
                  ((best.ends - interval '1 microsecond') AT TIME ZONE customer.time_zone)::date) END);
  END IF;
  SELECT coalesce(jsonb_agg(p.plan ORDER BY p.plan), '[]') INTO plans
    FROM entitled.plan p JOIN entitled.plan_benefit b USING (plan)
   WHERE p.sold AND b.benefit = of_benefit;
  RETURN jsonb_build_object('covered', false, 'plans', plans, 'why',
    format('no contract of %s includes it; ', customer.code)
    || CASE WHEN plans = '[]' THEN 'no plan on sale does'
            ELSE 'on sale with it: ' || (SELECT string_agg(value, ', ') FROM jsonb_array_elements_text(plans)) END);
END
$$;

-- The pools of a benefit that are in force at `at`, in the order of use, as balance.get shows pools; NULL: none.
CREATE OR REPLACE FUNCTION entitled.benefit_pools(customer entitled.partner, of_benefit text, at timestamptz) RETURNS jsonb
LANGUAGE sql STABLE AS $$
  SELECT jsonb_agg(jsonb_build_object(
           'pool', of_benefit, 'unit', unit, 'contract', entitled.contract_name(contract_id), 'plan', plan,
           'granted', granted, 'used', used, 'remaining', granted - used, 'coverage', coverage, 'starts', starts,
           'expires', ends) ORDER BY rank, ends NULLS LAST, starts, grant_id)
    FROM entitled.benefit_sources(customer, of_benefit, at)
   WHERE in_force AND grant_id IS NOT NULL
$$;

-- {"covered", "why", "by"?: {contract, plan, delivered_by?}, "coverage"?, "opens"?, "pools"?, "plans"?}. Covered: a
-- pool or access is in force and open at that time, a pool with a unit left. not_found: no such partner, no such
-- benefit; what partner_asked() refuses.
CREATE OR REPLACE FUNCTION entitled.benefit_check(caller entitled.principal, params jsonb) RETURNS jsonb
LANGUAGE plpgsql AS $$
DECLARE
  customer entitled.partner := entitled.partner_asked(caller, params);
  asked text := params ->> 'benefit';
  at timestamptz := coalesce((params ->> 'at')::timestamptz, entitled.clock_now());
  pools jsonb;
  answer jsonb;
BEGIN
  IF NOT EXISTS (SELECT FROM entitled.benefit WHERE benefit = asked) THEN
    PERFORM entitled.refuse('not_found', format('there is no benefit %s in the catalogue', asked));
  END IF;
  pools := entitled.benefit_pools(customer, asked, at);
  IF customer.disabled_at IS NOT NULL THEN
    answer := jsonb_build_object('covered', false, 'why', format('nothing is covered: %s is disabled', customer.code));
  ELSE
    answer := coalesce(entitled.benefit_in_force(customer, asked, at),
                       entitled.benefit_not_in_force(customer, asked, at));
  END IF;
  RETURN answer || CASE WHEN pools IS NULL THEN '{}' ELSE jsonb_build_object('pools', pools) END;
END
$$;
