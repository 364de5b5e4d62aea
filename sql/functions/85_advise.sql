-- advise.plans: what each combination of plans on offer would cover of a demand, and at what fee.
--
-- A demand is a year's: incidents by class, units by benefit. It is given, or it is what a partner asked for. In which order
-- the incidents will come nobody knows, and the order decides which pool pays (rule 1): a professional incident may take
-- the unit that a priority one then lacks. So each combination is reckoned in the two extreme orders, all professional ones
-- first and all priority ones first, and the worse counts: what is said to be covered is covered in any order. (Nothing is
-- worse than one of the two: a class that takes all it can of the pools that both may use leaves the other the least.)
--
-- A combination is one membership, where the region has one, and service plans that are sold and have a fee in the region.
-- Plans of one family are alternatives, not combined: those of which one includes every benefit that the other includes, by
-- whatever quantities. (So the catalogue need not name families: a Plus plan has all that its Standard has, and more.)
-- A combination of which a plan can be left out without covering less, whatever the order, is not proposed.

-- ---------------------------------------------------------------- the demand

-- A given demand in its whole form. invalid_params: what is not known, is no whole number from 0 to 1000000, or a usage of
-- what is no pool, or of one that counts incidents.
CREATE OR REPLACE FUNCTION entitled.advise_given(demand jsonb) RETURNS jsonb
LANGUAGE plpgsql STABLE AS $$
DECLARE
  whole jsonb := '{"professional": 0, "priority": 0, "critical": 0, "delivered": 0, "outside_hours": 0, "advisory_minutes": 0}';
  usage jsonb := coalesce(demand -> 'usage', '{}');
  problem text;
BEGIN
  IF jsonb_typeof(usage) <> 'object' THEN
    PERFORM entitled.refuse('invalid_params', 'parameter `demand.usage` must be an object: units by benefit');
  END IF;
  SELECT format('parameter `demand.%s` %s', name,
                CASE WHEN known THEN 'must be a whole number from 0 to 1000000'
                     WHEN name ~ '^usage' THEN 'is not a pool of minutes, days or seats in the catalogue'
                     ELSE format('is not known: a demand has %s, usage', array_to_string(array(SELECT jsonb_object_keys(whole)), ', ')) END)
    INTO problem
    FROM (SELECT key AS name, value, whole ? key AS known FROM jsonb_each(demand) WHERE key <> 'usage'
          UNION ALL
          SELECT 'usage.' || key, value, EXISTS (SELECT FROM entitled.benefit b WHERE b.benefit = key AND b.unit <> 'incident')
            FROM jsonb_each(usage)) asked
   WHERE NOT known OR entitled.document_value_problem(value, 'integer 0 1000000') IS NOT NULL
   ORDER BY name LIMIT 1;
  IF problem IS NOT NULL THEN
    PERFORM entitled.refuse('invalid_params', problem);
  END IF;
  RETURN whole || demand || jsonb_build_object('usage', usage);
END
$$;

-- The incidents that a partner asked for within a time: those logged, but for those credited as a duplicate, logged by mistake
-- or a defect of the product; and those refused for lack of an entitlement, unless they were logged later that day (of the
-- partner) after all. What was refused several times counts once: a title and class, by the instant at which it says that it was
-- reported, or once a day where it says none.
CREATE OR REPLACE FUNCTION entitled.advise_incidents(customer entitled.partner, from_at timestamptz, to_at timestamptz)
RETURNS TABLE (class entitled.incident_class, at timestamptz, delivered boolean)
LANGUAGE sql STABLE AS $$
  WITH refused AS (
    SELECT r.class, r.at AS refused_at, reported.at, (reported.at AT TIME ZONE customer.time_zone)::date AS day,
           r.request ->> 'opened_at' AS opened_at, r.request ? 'delivered_by' AS delivered, r.request ->> 'title' AS title
      FROM entitled.refusal r
     CROSS JOIN LATERAL (SELECT coalesce((r.request ->> 'opened_at')::timestamptz, r.at) AS at) reported
     WHERE r.partner_id = customer.partner_id AND r.method = 'incident.open'
       AND r.reason IN ('entitlement_exhausted', 'no_entitlement') AND reported.at >= from_at AND reported.at < to_at)
  SELECT i.class, i.opened_at, i.delivered_by IS NOT NULL
    FROM entitled.incident i
   WHERE i.partner_id = customer.partner_id AND i.opened_at >= from_at AND i.opened_at < to_at
     AND NOT EXISTS (SELECT FROM entitled.ledger l
                      WHERE l.partner_id = i.partner_id AND l.incident_id = i.incident_id AND l.kind = 'credit'
                        AND l.reason IN ('duplicate', 'mislogged', 'product_defect'))
  UNION ALL
  (SELECT DISTINCT ON (r.title, r.class, r.day, r.opened_at) r.class, r.at, r.delivered
     FROM refused r
    WHERE NOT EXISTS (SELECT FROM entitled.incident i
                       WHERE i.partner_id = customer.partner_id AND i.title = r.title AND i.class = r.class
                         AND i.logged_at >= r.refused_at AND (i.opened_at AT TIME ZONE customer.time_zone)::date = r.day
                         AND (r.opened_at IS NULL OR i.opened_at = r.at))
    ORDER BY r.title, r.class, r.day, r.opened_at, r.at)
$$;

-- What a partner asked for from one day to another, both included, in its time zone: a demand in its whole form.
CREATE OR REPLACE FUNCTION entitled.advise_asked(customer entitled.partner, first_day date, last_day date) RETURNS jsonb
LANGUAGE plpgsql STABLE AS $$
DECLARE
  from_at timestamptz := entitled.day_starts(first_day, customer.time_zone);
  to_at timestamptz := entitled.day_starts(last_day + 1, customer.time_zone);
  counted jsonb;
BEGIN
  SELECT jsonb_build_object('professional', count(*) FILTER (WHERE class = 'professional' AND NOT delivered),
                            'priority', count(*) FILTER (WHERE class = 'priority' AND NOT delivered),
                            'critical', count(*) FILTER (WHERE class = 'critical'),
                            'delivered', count(*) FILTER (WHERE class IN ('professional', 'priority') AND delivered),
                            'outside_hours', count(*) FILTER (WHERE NOT entitled.calendar_is_open(customer.calendar_id, at)))
    INTO counted
    FROM entitled.advise_incidents(customer, from_at, to_at);
  RETURN counted || jsonb_build_object('advisory_minutes', 0, 'usage',
    (SELECT coalesce(jsonb_object_agg(benefit, units), '{}')
       FROM (SELECT g.benefit, sum(l.units) AS units
               FROM entitled.ledger l JOIN entitled.pool_grant g USING (partner_id, grant_id)
              WHERE l.partner_id = customer.partner_id AND l.kind = 'usage' AND l.at >= from_at AND l.at < to_at
              GROUP BY g.benefit) booked));
END
$$;

-- ---------------------------------------------------------------- what is on offer

-- The plans that are on offer in a region, with the fee of a year: of a shorter term, of as many as make one.
CREATE OR REPLACE FUNCTION entitled.advise_offers(of_region text)
RETURNS TABLE (plan text, name text, membership boolean, level smallint, terms int, amount numeric, currency text, typical boolean)
LANGUAGE sql STABLE AS $$
  SELECT p.plan, p.name, p.kind = 'membership', p.level, years.terms, f.amount * years.terms, f.currency, f.typical
    FROM entitled.plan p
    JOIN entitled.plan_fee f USING (plan)
   CROSS JOIN LATERAL (SELECT greatest(1, ceil(12.0 / p.months))::int AS terms) years
   WHERE f.region = of_region AND p.sold
$$;

-- What those plans include a year, in the order of use: rank; of one rank, what accepts more first (the worse case, as the
-- order of contracts is not known). place: that order. units: of a pool; 0 where only a contract says how many.
CREATE OR REPLACE FUNCTION entitled.advise_includes(of_region text)
RETURNS TABLE (plan text, benefit text, unit text, delivered boolean, accepts entitled.incident_class[], always boolean,
               per_contract boolean, units bigint, place bigint)
LANGUAGE sql STABLE AS $$
  SELECT o.plan, pb.benefit, b.unit, b.delivered, pb.accepts, b.escalates AND pb.coverage = '24x7', pb.per_contract,
         coalesce(pb.quantity, 0)::bigint * o.terms,
         row_number() OVER (ORDER BY pb.rank, cardinality(pb.accepts) DESC, o.level, o.plan, pb.benefit)
    FROM entitled.advise_offers(of_region) o
    JOIN entitled.plan_benefit pb USING (plan)
    JOIN entitled.benefit b USING (benefit)
$$;

-- ---------------------------------------------------------------- reckoning

-- What combinations ([{"n", "plans"}]) leave uncovered of a demand: incidents, units of usage, and whether what comes outside
-- business hours is covered. priority_first: the order in which more is left. beside_best: as beside, had each incident taken the
-- unit that is best for all of them.
CREATE OR REPLACE FUNCTION entitled.advise_reckon(of_region text, demand jsonb, combinations jsonb)
RETURNS TABLE (n int, beside bigint, beside_units bigint, beside_best bigint, always boolean, priority_first boolean)
LANGUAGE sql STABLE AS $$
  WITH wanted AS MATERIALIZED (
    SELECT (demand ->> 'professional')::bigint AS pro, (demand ->> 'priority')::bigint AS pri, (demand ->> 'critical')::bigint AS crit,
           (demand ->> 'delivered')::bigint AS dlv, (demand ->> 'advisory_minutes')::bigint AS adv),
  usage AS MATERIALIZED (SELECT key AS benefit, value::bigint AS units FROM jsonb_each_text(demand -> 'usage')),
  combination AS MATERIALIZED (SELECT * FROM jsonb_to_recordset(combinations) AS c (n int, plans text[])),
  include AS MATERIALIZED (SELECT * FROM entitled.advise_includes(of_region)),
  held AS MATERIALIZED (
    SELECT c.n, i.* FROM combination c CROSS JOIN unnest(c.plans) p (plan) JOIN include i USING (plan)),
  -- Pools that incidents are charged to: what each class takes when it comes first, and of the rest the other.
  pool AS (
    SELECT h.n, h.place, h.units, 'professional' = ANY (h.accepts) AS for_pro, 'priority' = ANY (h.accepts) AS for_pri
      FROM held h WHERE h.unit = 'incident' AND NOT h.delivered AND h.accepts && '{professional,priority}'),
  first AS (
    SELECT p.*, CASE WHEN for_pro THEN least(units, greatest(0, w.pro - coalesce(sum(units) FILTER (WHERE for_pro) OVER before, 0)))
                ELSE 0 END AS pro,
           CASE WHEN for_pri THEN least(units, greatest(0, w.pri - coalesce(sum(units) FILTER (WHERE for_pri) OVER before, 0)))
           ELSE 0 END AS pri
      FROM pool p, wanted w
    WINDOW before AS (PARTITION BY n ORDER BY place ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)),
  both_classes AS (
    SELECT f.n, least(w.pri + least(w.pro, sum(f.units) FILTER (WHERE f.for_pro)), w.pro + least(w.pri, sum(f.units) FILTER (WHERE f.for_pri)),
                      w.pro + w.pri, sum(f.units)) AS best,
           sum(f.pro) + least(w.pri, coalesce(sum(f.units - f.pro) FILTER (WHERE f.for_pri), 0)) AS pro_first,
           sum(f.pri) + least(w.pro, coalesce(sum(f.units - f.pri) FILTER (WHERE f.for_pro), 0)) AS pri_first
      FROM first f, wanted w GROUP BY f.n, w.pro, w.pri),
  others AS (
    SELECT h.n, coalesce(bool_or('critical' = ANY (h.accepts) AND h.unit IS NULL), false) AS critical,
           coalesce(sum(h.units) FILTER (WHERE h.delivered), 0) AS delivered, bool_or(h.always) AS always
      FROM held h GROUP BY h.n),
  stock AS (
    SELECT h.n, h.benefit, sum(h.units) AS units, bool_or(h.unit = 'minute' AND 'advisory' = ANY (h.accepts)) AS advisory
      FROM held h WHERE h.unit <> 'incident' GROUP BY h.n, h.benefit),
  spare AS (
    SELECT s.n, coalesce(sum(least(s.units, coalesce(u.units, 0))), 0) AS used,
           coalesce(sum(greatest(0, s.units - coalesce(u.units, 0))) FILTER (WHERE s.advisory), 0) AS minutes
      FROM stock s LEFT JOIN usage u USING (benefit) GROUP BY s.n)
  SELECT c.n, (w.pro + w.pri - coalesce(least(b.pro_first, b.pri_first), 0) + rest.beside)::bigint,
         (coalesce((SELECT sum(units) FROM usage), 0) - coalesce(s.used, 0) + greatest(0, w.adv - coalesce(s.minutes, 0)))::bigint,
         (w.pro + w.pri - coalesce(b.best, 0) + rest.beside)::bigint, coalesce(o.always, false), coalesce(b.pri_first < b.pro_first, false)
    FROM combination c CROSS JOIN wanted w
    LEFT JOIN both_classes b USING (n)
    LEFT JOIN others o USING (n)
    LEFT JOIN spare s USING (n)
   CROSS JOIN LATERAL (SELECT CASE WHEN o.critical THEN 0 ELSE w.crit END + greatest(0, w.dlv - coalesce(o.delivered, 0)) AS beside) rest
$$;

-- One step of the search: to each of some combinations (places in step before, [{"base", "plans", "beside", "beside_units", "beside_best",
-- "always"}], where plans begins with base plans, the membership or none) each service plan is added, and kept is what covers
-- more than without any one of its plans, in the worst order or in the best. What it covers without one is looked up in the step
-- before; what is not there has a plan too many itself.
CREATE OR REPLACE FUNCTION entitled.advise_extend(of_region text, demand jsonb, step_before jsonb, going_on int[]) RETURNS jsonb
LANGUAGE sql STABLE AS $$
  WITH before AS MATERIALIZED (
    SELECT k.*, e.place
      FROM jsonb_array_elements(step_before) WITH ORDINALITY AS e (value, place),
           jsonb_to_record(e.value) AS k (base int, plans text[], beside bigint, beside_units bigint, beside_best bigint, always boolean)),
  family AS MATERIALIZED ( -- plans that are alternatives to each other: the benefits of one include those of the other
    SELECT a.plan AS one, b.plan AS other
      FROM (SELECT plan, array_agg(benefit::text) AS has FROM entitled.plan_benefit GROUP BY plan) a
      JOIN (SELECT plan, array_agg(benefit::text) AS has FROM entitled.plan_benefit GROUP BY plan) b
        ON a.has @> b.has OR a.has <@ b.has),
  service AS MATERIALIZED (SELECT o.plan FROM entitled.advise_offers(of_region) o WHERE NOT o.membership),
  candidate AS MATERIALIZED (
    SELECT row_number() OVER () AS n, base, plans
      FROM (SELECT DISTINCT before.base,
                   before.plans[:before.base] || array(SELECT p FROM unnest(before.plans[before.base + 1:] || o.plan) p ORDER BY p) AS plans
              FROM before CROSS JOIN service o
             WHERE before.place = ANY (going_on)
               AND NOT EXISTS (SELECT FROM family f WHERE f.one = o.plan AND f.other = ANY (before.plans[before.base + 1:]))) d),
  reckoned AS MATERIALIZED (
    SELECT c.base, c.plans, r.*
      FROM entitled.advise_reckon(of_region, demand, (SELECT coalesce(jsonb_agg(jsonb_build_object('n', n, 'plans', plans)), '[]') FROM candidate)) r
      JOIN candidate c USING (n)),
  without AS MATERIALIZED (
    SELECT r.n, r.plans[:i - 1] || r.plans[i + 1:] AS plans, r.beside, r.beside_units, r.beside_best, r.always
      FROM reckoned r CROSS JOIN generate_series(r.base + 1, cardinality(r.plans)) i),
  useful AS (
    SELECT w.n
      FROM without w LEFT JOIN before b USING (plans)
     GROUP BY w.n
    HAVING bool_and(b.plans IS NULL OR w.beside < b.beside OR w.beside_best < b.beside_best OR w.beside_units < b.beside_units
                    OR (w.always AND NOT b.always AND demand ->> 'outside_hours' <> '0')))
  SELECT coalesce(jsonb_agg(to_jsonb(r) - 'n'), '[]')
    FROM reckoned r JOIN useful USING (n)
$$;

-- How many service plans at the most are combined, and how many combinations a step looks at: so the search is bounded, however
-- many plans there are.
CREATE OR REPLACE FUNCTION entitled.advise_depth_max() RETURNS int LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN 5;
CREATE OR REPLACE FUNCTION entitled.advise_step_max() RETURNS int LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN 2048;

-- All combinations that are proposed: as advise_extend() has them. complete: none was passed over by the bounds above.
CREATE OR REPLACE FUNCTION entitled.advise_search(of_region text, demand jsonb, OUT ways jsonb, OUT complete boolean)
LANGUAGE plpgsql STABLE AS $$
DECLARE
  services int := (SELECT count(*) FROM entitled.advise_offers(of_region) WHERE NOT membership);
  width int := greatest(1, entitled.advise_step_max() / greatest(services, 1));
  step jsonb;
  going_on int[];
BEGIN
  SELECT coalesce(jsonb_agg(jsonb_build_object('n', n, 'base', cardinality(plans), 'plans', plans)), '[]') INTO step
    FROM (SELECT ARRAY[plan] AS plans, row_number() OVER () AS n FROM entitled.advise_offers(of_region) WHERE membership
          UNION ALL
          SELECT '{}', 1 WHERE NOT EXISTS (SELECT FROM entitled.advise_offers(of_region) WHERE membership)) base;
  SELECT jsonb_agg((c.value || to_jsonb(r)) - 'n') INTO step
    FROM jsonb_array_elements(step) c
    LEFT JOIN entitled.advise_reckon(of_region, demand, step) r ON r.n = (c.value ->> 'n')::int;
  ways := step;
  complete := true;
  FOR depth IN 1 .. entitled.advise_depth_max() + 1 LOOP
    -- More is added to what leaves something; of too many, to those that leave least for the lowest fee.
    SELECT coalesce(array_agg(c.place ORDER BY c.beside, c.beside_units, c.amount), '{}') INTO going_on
      FROM (SELECT place, (value ->> 'beside')::bigint AS beside, (value ->> 'beside_units')::bigint AS beside_units,
                   (SELECT sum(amount) FROM entitled.advise_offers(of_region) o WHERE value -> 'plans' ? o.plan) AS amount
              FROM jsonb_array_elements(step) WITH ORDINALITY AS e (value, place)
             WHERE value ->> 'beside' <> '0' OR value ->> 'beside_units' <> '0'
                OR (value ->> 'always' = 'false' AND demand ->> 'outside_hours' <> '0')) c;
    EXIT WHEN going_on = '{}';
    complete := complete AND cardinality(going_on) <= width;
    step := entitled.advise_extend(of_region, demand, step, going_on[:width]);
    EXIT WHEN step = '[]';
    IF depth > entitled.advise_depth_max() THEN
      complete := false;
      EXIT;
    END IF;
    ways := ways || step;
  END LOOP;
END
$$;

-- ---------------------------------------------------------------- the reckoning, line by line

-- The lines of a demand that units are taken for, from pool to pool: of `asked` at each, so many are included, so many are left beside.
-- pools: [{"plan", "benefit", "units", "left", "per_contract"}] in the order of use; answers them with what is left.
CREATE OR REPLACE FUNCTION entitled.advise_take(what text, asked bigint, pools jsonb, OUT lines jsonb, OUT pools_after jsonb)
LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
  taken bigint;
BEGIN
  lines := '[]';
  pools_after := pools;
  FOR i IN 0 .. jsonb_array_length(pools) - 1 LOOP
    taken := least(asked, (pools -> i ->> 'left')::bigint);
    CONTINUE WHEN taken = 0 AND NOT (asked > 0 AND (pools -> i ->> 'per_contract')::boolean AND pools -> i ->> 'units' = '0');
    lines := lines || jsonb_strip_nulls(jsonb_build_object(
      'what', what, 'asked', asked, 'included', taken, 'beside', asked - taken, 'pool', pools -> i -> 'benefit', 'plan', pools -> i -> 'plan',
      'of', pools -> i -> 'units', 'per_contract', CASE WHEN (pools -> i ->> 'per_contract')::boolean THEN true END));
    pools_after := jsonb_set(pools_after, ARRAY[i::text, 'left'], to_jsonb((pools -> i ->> 'left')::bigint - taken));
    asked := asked - taken;
  END LOOP;
  IF lines = '[]' AND asked > 0 THEN
    lines := jsonb_build_array(jsonb_build_object('what', what, 'asked', asked, 'included', 0, 'beside', asked));
  END IF;
END
$$;

-- The lines of one alternative: its fees, then each part of the demand, in the order that was reckoned.
CREATE OR REPLACE FUNCTION entitled.advise_lines(of_region text, demand jsonb, plans text[], priority_first boolean) RETURNS jsonb
LANGUAGE plpgsql STABLE AS $$
DECLARE
  lines jsonb;
  pools jsonb;
  part record;
  took record;
BEGIN
  SELECT coalesce(jsonb_agg(jsonb_strip_nulls(jsonb_build_object(
           'what', o.name || ': fee', 'plan', o.plan, 'amount', entitled.money_text(o.amount, o.currency), 'typical', o.typical,
           'terms', nullif(o.terms, 1))) ORDER BY array_position(plans, o.plan)), '[]') INTO lines
    FROM entitled.advise_offers(of_region) o WHERE o.plan = ANY (plans);
  SELECT coalesce(jsonb_agg(to_jsonb(i) || jsonb_build_object('left', i.units) ORDER BY i.place), '[]') INTO pools
    FROM entitled.advise_includes(of_region) i WHERE i.plan = ANY (plans);
  FOR part IN
    SELECT * FROM (VALUES
      (CASE WHEN priority_first THEN 3 ELSE 1 END, 'professional incidents', demand -> 'professional',
       '$[*] ? (@.unit == "incident" && @.delivered == false && @.accepts[*] == "professional")', NULL),
      (2, 'priority incidents', demand -> 'priority',
       '$[*] ? (@.unit == "incident" && @.delivered == false && @.accepts[*] == "priority")', NULL),
      (4, 'incidents delivered by a partner', demand -> 'delivered', '$[*] ? (@.unit == "incident" && @.delivered == true)', NULL),
      (5, 'critical incidents', demand -> 'critical', '$[*] ? (!exists (@.unit ? (@ != null)) && @.accepts[*] == "critical")', NULL),
      (7, 'advisory minutes', demand -> 'advisory_minutes', '$[*] ? (@.unit == "minute" && @.accepts[*] == "advisory")', NULL)) v
      (place, what, asked, path, benefit)
    UNION ALL
    SELECT 6, format('%s (%ss)', u.key, coalesce(b.unit, 'unit')), u.value, '$[*] ? (@.unit != "incident" && @.unit != null && @.benefit == $benefit)', u.key
      FROM jsonb_each(demand -> 'usage') u LEFT JOIN entitled.benefit b ON b.benefit = u.key
     ORDER BY 1, 2
  LOOP
    CONTINUE WHEN part.asked = '0';
    took := entitled.advise_take(part.what, part.asked::bigint,
      (SELECT coalesce(jsonb_agg(CASE WHEN part.place = 5 THEN p || jsonb_build_object('left', part.asked) ELSE p END ORDER BY p -> 'place'), '[]')
         FROM jsonb_path_query(pools, part.path::jsonpath, jsonb_build_object('benefit', part.benefit)) p));
    lines := lines || CASE WHEN part.place = 5 THEN (SELECT jsonb_agg(l - 'of') FROM jsonb_array_elements(took.lines) l) ELSE took.lines END;
    -- What was taken is gone for the parts that follow.
    SELECT coalesce(jsonb_agg(coalesce(t, p) ORDER BY p -> 'place'), '[]') INTO pools
      FROM jsonb_array_elements(pools) p
      LEFT JOIN jsonb_array_elements(took.pools_after) t ON t -> 'place' = p -> 'place';
  END LOOP;
  IF demand -> 'outside_hours' <> '0' THEN
    lines := lines || jsonb_strip_nulls(
      (SELECT jsonb_build_object('what', 'asked outside business hours', 'asked', demand -> 'outside_hours',
                                 'covered', CASE WHEN count(*) > 0 THEN demand -> 'outside_hours' ELSE '0' END, 'pool', min(p ->> 'benefit'),
                                 'plan', (array_agg(p ->> 'plan' ORDER BY p ->> 'benefit', p -> 'place'))[1])
         FROM jsonb_path_query(pools, '$[*] ? (@.always == true)') p));
  END IF;
  RETURN lines;
END
$$;

-- ---------------------------------------------------------------- the method

-- The alternatives out of what was found, the best 64: those that cover all by fee, then the others by what they leave, incidents
-- before units, then fee; of one fee the fewer plans, then the lower membership, then the plans that include less (the general edition before a
-- special one). Sums of several currencies, which cannot be compared, stand after those of one.
CREATE OR REPLACE FUNCTION entitled.advise_alternatives(of_region text, demand jsonb, found jsonb) RETURNS jsonb
LANGUAGE sql STABLE AS $$
  WITH offer AS MATERIALIZED (SELECT * FROM entitled.advise_offers(of_region)),
  priced AS (
    SELECT f.plans, f.beside, f.beside_units, f.priority_first, f.beside = 0 AND f.beside_units = 0 AS covers_all, fee.*,
           (SELECT count(*) FROM entitled.plan_benefit pb WHERE pb.plan = ANY (f.plans)) AS benefits
      FROM jsonb_to_recordset(found) AS f (plans text[], beside bigint, beside_units bigint, priority_first boolean),
           LATERAL (SELECT array_agg(currency ORDER BY currency) AS currencies, array_agg(amount ORDER BY currency) AS amounts,
                           string_agg(entitled.money_text(amount, currency), ' + ' ORDER BY currency) AS fee, bool_or(typical) AS typical,
                           max(level) AS level
                      FROM (SELECT currency, sum(amount) AS amount, bool_or(typical) AS typical, max(level) AS level FROM offer
                             WHERE plan = ANY (f.plans) GROUP BY currency) by_currency) fee
     WHERE f.plans <> '{}'),
  placed AS (
    SELECT *, row_number() OVER (ORDER BY covers_all DESC, CASE WHEN NOT covers_all THEN beside END, CASE WHEN NOT covers_all THEN beside_units END,
                                          cardinality(currencies), currencies, amounts, cardinality(plans), level, benefits, plans) AS place
      FROM priced)
  SELECT coalesce(jsonb_agg(jsonb_build_object(
           'plans', plans, 'fee', fee, 'typical', typical, 'covers_all', covers_all, 'beside', beside, 'beside_units', beside_units,
           'lines', entitled.advise_lines(of_region, demand, plans, priority_first)) ORDER BY place), '[]')
    FROM placed WHERE place <= 64
$$;

-- {"partner"?, "region", "from"?, "to"?, "demand", "alternatives", "considered", "complete"}. not_found: the partner (a partner sees
-- itself only), the region; invalid_params: a demand, a day, or neither a partner nor a region and a demand.
CREATE OR REPLACE FUNCTION entitled.advise_plans(caller entitled.principal, params jsonb) RETURNS jsonb
LANGUAGE plpgsql STABLE AS $$
DECLARE
  customer entitled.partner;
  last_day date := entitled.date_of(params ->> 'to');
  first_day date := entitled.date_of(params ->> 'from');
  of_region text;
  demand jsonb;
  search record;
BEGIN
  IF params ? 'partner' OR caller.partner_id IS NOT NULL THEN
    customer := entitled.partner_asked(caller, params);
  ELSIF NOT params ? 'region' OR NOT params ? 'demand' THEN
    PERFORM entitled.refuse('invalid_params', 'name the partner (parameter `partner`), or a region and a demand');
  END IF;
  IF (params ? 'from' AND first_day IS NULL) OR (params ? 'to' AND last_day IS NULL) THEN
    PERFORM entitled.refuse('invalid_params', format('parameter `%s` must be a date, such as 2004-08-23',
                                                     CASE WHEN params ? 'from' AND first_day IS NULL THEN 'from' ELSE 'to' END));
  ELSIF params ? 'demand' AND params ?| '{from,to}' THEN
    PERFORM entitled.refuse('invalid_params', 'parameters `from` and `to` say when the partner asked: they do not go with `demand`');
  END IF;
  of_region := coalesce(params ->> 'region', customer.region);
  PERFORM entitled.partner_check(jsonb_build_object('region', of_region));
  IF params ? 'demand' THEN
    demand := entitled.advise_given(params -> 'demand');
  ELSE
    last_day := coalesce(last_day, (entitled.clock_now() AT TIME ZONE customer.time_zone)::date);
    first_day := coalesce(first_day, last_day - 364);
    IF first_day > last_day OR first_day < '0001-01-02' OR last_day > '9999-12-30' THEN
      PERFORM entitled.refuse('invalid_params', format('parameter `from` must not be after `to`: %s, %s', first_day, last_day));
    END IF;
    demand := entitled.advise_asked(customer, first_day, last_day);
  END IF;
  search := entitled.advise_search(of_region, demand);
  RETURN jsonb_strip_nulls(jsonb_build_object('partner', customer.code, 'region', of_region, 'from', first_day, 'to', last_day))
         || jsonb_build_object('demand', demand, 'alternatives', entitled.advise_alternatives(of_region, demand, search.ways),
                               'considered', jsonb_array_length(search.ways), 'complete', search.complete);
END
$$;
