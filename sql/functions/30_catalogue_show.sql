-- catalogue.show, and the catalogue in the forms in which it is shown and compared.

-- A plan's fee or a contract's price, as the protocol writes money; NULL for none.
CREATE OR REPLACE FUNCTION entitled.money_text(amount numeric, currency text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN amount::numeric(12, 2)::text || ' ' || currency;

-- The plans, memberships first, by level and name, or the one that is named.
CREATE OR REPLACE FUNCTION entitled.plan_objects(only_plan text DEFAULT NULL) RETURNS jsonb
LANGUAGE sql STABLE AS $$
  SELECT coalesce(jsonb_agg(jsonb_build_object(
           'plan', p.plan, 'name', p.name, 'kind', p.kind, 'level', p.level, 'months', p.months, 'sold', p.sold,
           'successor', p.successor,
           'fees', (SELECT coalesce(jsonb_agg(jsonb_build_object(
                      'region', region, 'fee', entitled.money_text(amount, currency), 'typical', typical)
                      ORDER BY region), '[]')
                      FROM entitled.plan_fee f WHERE f.plan = p.plan),
           'includes', (SELECT coalesce(jsonb_agg(jsonb_build_object(
                          'benefit', benefit, 'quantity', quantity, 'per_contract', per_contract, 'rank', rank,
                          'accepts', to_jsonb(accepts), 'coverage', coverage) ORDER BY rank, benefit), '[]')
                          FROM entitled.plan_benefit b WHERE b.plan = p.plan),
           'targets', (SELECT coalesce(jsonb_agg(jsonb_build_object(
                         'class', class, 'severity', severity, 'coverage', coverage, 'respond', respond_minutes,
                         'update', update_minutes, 'resolve', resolve_minutes) ORDER BY class, severity), '[]')
                         FROM entitled.plan_target t WHERE t.plan = p.plan))
           ORDER BY p.kind, p.level, p.plan), '[]')
    FROM entitled.plan p
   WHERE only_plan IS NULL OR p.plan = only_plan
$$;

-- {"program", "regions", "benefits", "plans"}, a document that catalogue.apply takes. not_found: there is no such plan.
CREATE OR REPLACE FUNCTION entitled.catalogue_show(caller entitled.principal, params jsonb) RETURNS jsonb
LANGUAGE plpgsql AS $$
DECLARE
  plans jsonb := entitled.plan_objects(params ->> 'plan');
BEGIN
  IF params ? 'plan' AND plans = '[]' THEN
    PERFORM entitled.refuse('not_found', 'there is no plan ' || (params ->> 'plan'));
  END IF;
  RETURN jsonb_build_object(
    'program', (SELECT jsonb_build_object('name', name, 'time_zone', time_zone) FROM entitled.program),
    'regions', (SELECT coalesce(jsonb_agg(jsonb_build_object('region', region, 'name', name) ORDER BY region), '[]')
                  FROM entitled.region),
    'benefits', (SELECT coalesce(jsonb_agg(jsonb_build_object('benefit', benefit, 'name', name, 'kind', kind,
                                                              'unit', unit, 'escalates', escalates,
                                                              'delivered', delivered) ORDER BY benefit), '[]')
                   FROM entitled.benefit),
    'plans', plans);
END
$$;

-- The state of the catalogue for fact_changes().
CREATE OR REPLACE FUNCTION entitled.catalogue_facts() RETURNS jsonb
LANGUAGE sql STABLE AS $$
  SELECT coalesce(jsonb_object_agg(what, fact), '{}')
    FROM (SELECT 'program', to_jsonb(p) - 'one' FROM entitled.program p
          UNION ALL
          SELECT 'region ' || region, jsonb_build_object('name', name) FROM entitled.region
          UNION ALL
          SELECT 'benefit ' || benefit, to_jsonb(b) - 'benefit' FROM entitled.benefit b
          UNION ALL
          SELECT 'plan ' || plan, to_jsonb(p) - 'plan' FROM entitled.plan p
          UNION ALL
          SELECT format('plan %s fee %s', plan, region),
                 jsonb_build_object('fee', entitled.money_text(amount, currency), 'typical', typical)
            FROM entitled.plan_fee
          UNION ALL
          SELECT format('plan %s benefit %s', plan, benefit), to_jsonb(b) - 'plan' - 'benefit'
            FROM entitled.plan_benefit b
          UNION ALL
          SELECT format('plan %s target %s %s', plan, class, severity),
                 jsonb_build_object('coverage', coverage, 'respond', respond_minutes, 'update', update_minutes,
                                    'resolve', resolve_minutes)
            FROM entitled.plan_target) facts (what, fact)
$$;
