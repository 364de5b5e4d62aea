-- catalogue.apply: the whole catalogue by a document. Grants and accesses are copies, so what is in force
-- keeps its terms.

-- Refuses (invalid_params) what a plan includes, where it contradicts itself, its benefit or the rules of
-- charging 2 and 3; item: one element of includes, benefit: what the document says of its benefit.
CREATE OR REPLACE FUNCTION entitled.catalogue_check_item(item jsonb, benefit jsonb, path text) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
  is_pool boolean := benefit ->> 'kind' = 'pool';
  per_contract boolean := coalesce((item ->> 'per_contract')::boolean, false);
  accepts jsonb := coalesce(item -> 'accepts', '[]');
BEGIN
  IF benefit IS NULL THEN
    PERFORM entitled.document_refuse(path || '.benefit', 'is not among the benefits');
  ELSIF NOT is_pool AND (item ? 'quantity' OR per_contract) THEN
    PERFORM entitled.document_refuse(path || '.quantity', 'has no meaning for an access');
  ELSIF is_pool AND NOT item ? 'quantity' AND NOT per_contract THEN
    PERFORM entitled.document_refuse(path || '.quantity', 'is missing: a pool has one, or it is per contract');
  ELSIF is_pool AND accepts ? 'critical' THEN
    PERFORM entitled.document_refuse(path || '.accepts', 'must not have critical: it is never charged to a pool');
  ELSIF is_pool AND (accepts ?| '{professional,priority}') AND benefit ->> 'unit' <> 'incident' THEN
    PERFORM entitled.document_refuse(path || '.accepts',
      'must not have professional or priority: they are charged by the incident');
  ELSIF is_pool AND accepts ? 'advisory' AND benefit ->> 'unit' = 'incident' THEN
    PERFORM entitled.document_refuse(path || '.accepts', 'must not have advisory: it is not charged by the incident');
  END IF;
END
$$;

-- Refuses (invalid_params) targets of a plan of which two are for one class and severity, or one says nothing.
CREATE OR REPLACE FUNCTION entitled.catalogue_check_targets(targets jsonb, path text) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
  problem record;
BEGIN
  SELECT n - 1 AS place, says_nothing, t ->> 'class' AS class, t ->> 'severity' AS severity INTO problem
    FROM (SELECT t, n, NOT t ?| '{respond,update,resolve}' AS says_nothing,
                 row_number() OVER (PARTITION BY t -> 'class', t -> 'severity' ORDER BY n) > 1 AS again
            FROM jsonb_array_elements(targets) WITH ORDINALITY e (t, n)) checked
   WHERE says_nothing OR again
   ORDER BY n LIMIT 1;
  IF FOUND AND problem.says_nothing THEN
    PERFORM entitled.document_refuse(format('%s[%s]', path, problem.place), 'must have respond, update or resolve');
  ELSIF FOUND THEN
    PERFORM entitled.document_refuse(format('%s[%s]', path, problem.place),
                                     format('is there twice: %s %s', problem.class, problem.severity));
  END IF;
END
$$;

-- Refuses (invalid_params) one plan of a document; plan_codes, regions: those in the document, as keys;
-- benefits: by code.
CREATE OR REPLACE FUNCTION entitled.catalogue_check_plan(
  plan jsonb, plan_codes jsonb, regions jsonb, benefits jsonb, path text) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
  includes jsonb := coalesce(plan -> 'includes', '[]');
  fees jsonb := coalesce(plan -> 'fees', '[]');
BEGIN
  IF (plan ->> 'kind' = 'membership') <> (plan ? 'level') THEN
    PERFORM entitled.document_refuse(path || '.level', 'must be there for a membership, and only there');
  ELSIF plan ->> 'successor' = plan ->> 'plan' THEN
    PERFORM entitled.document_refuse(path || '.successor', 'must be another plan');
  ELSIF NOT plan_codes ? coalesce(plan ->> 'successor', plan ->> 'plan') THEN
    PERFORM entitled.document_refuse(path || '.successor', 'is not among the plans');
  END IF;
  PERFORM entitled.document_check_unique(fees, 'region', path || '.fees');
  PERFORM entitled.document_check_unique(includes, 'benefit', path || '.includes');
  FOR i IN 0 .. jsonb_array_length(fees) - 1 LOOP
    IF NOT regions ? (fees -> i ->> 'region') THEN
      PERFORM entitled.document_refuse(format('%s.fees[%s].region', path, i), 'is not among the regions');
    END IF;
  END LOOP;
  FOR i IN 0 .. jsonb_array_length(includes) - 1 LOOP
    PERFORM entitled.catalogue_check_item(includes -> i, benefits -> (includes -> i ->> 'benefit'),
                                          format('%s.includes[%s]', path, i));
  END LOOP;
  PERFORM entitled.catalogue_check_targets(coalesce(plan -> 'targets', '[]'), path || '.targets');
END
$$;

-- Refuses (invalid_params) a document that cannot be applied; nulls are stripped from it.
CREATE OR REPLACE FUNCTION entitled.catalogue_check(document jsonb) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
  plan_codes jsonb;
  regions jsonb;
  benefits jsonb;
BEGIN
  PERFORM entitled.document_check(document, '{
    "program?": {"name?": "text", "time_zone?": "zone"},
    "regions": [{"region": "code", "name": "text"}],
    "benefits": [{"benefit": "code", "name": "text", "kind": "one pool access", "unit?": "one incident minute day seat",
      "escalates?": "boolean", "delivered?": "boolean"}],
    "plans": [{"plan": "code", "name": "text", "kind": "one membership service", "level?": "integer 1 32767",
      "months": "integer 1 120", "sold?": "boolean", "successor?": "code",
      "fees?": [{"region": "code", "fee": "money", "typical?": "boolean"}],
      "includes?": [{"benefit": "code", "quantity?": "integer 0 2147483647", "per_contract?": "boolean",
        "rank?": "integer 0 32767", "accepts?": ["one professional priority critical advisory"],
        "coverage": "one 24x7 business-hours"}],
      "targets?": [{"class": "one professional priority critical advisory", "severity": "one A B C",
        "coverage": "one 24x7 business-hours", "respond?": "integer 1 1000000", "update?": "integer 1 1000000",
        "resolve?": "integer 1 1000000"}]}]}', '');
  PERFORM entitled.document_check_unique(document -> 'regions', 'region', 'regions');
  PERFORM entitled.document_check_unique(document -> 'benefits', 'benefit', 'benefits');
  PERFORM entitled.document_check_unique(document -> 'plans', 'plan', 'plans');
  FOR i IN 0 .. jsonb_array_length(document -> 'benefits') - 1 LOOP
    IF (document -> 'benefits' -> i ->> 'kind' = 'pool') <> (document -> 'benefits' -> i ? 'unit') THEN
      PERFORM entitled.document_refuse(format('benefits[%s].unit', i), 'must be there for a pool, and only there');
    ELSIF document -> 'benefits' -> i ->> 'kind' = 'pool' AND (document -> 'benefits' -> i ->> 'escalates')::boolean THEN
      PERFORM entitled.document_refuse(format('benefits[%s].escalates', i), 'must not be true for a pool: an access escalates');
    ELSIF document -> 'benefits' -> i ->> 'unit' IS DISTINCT FROM 'incident' AND (document -> 'benefits' -> i ->> 'delivered')::boolean THEN
      PERFORM entitled.document_refuse(format('benefits[%s].delivered', i), 'must be true for a pool of incidents only');
    END IF;
  END LOOP;
  SELECT coalesce(jsonb_object_agg(value ->> 'plan', true), '{}') INTO plan_codes
    FROM jsonb_array_elements(document -> 'plans');
  SELECT coalesce(jsonb_object_agg(value ->> 'region', true), '{}') INTO regions
    FROM jsonb_array_elements(document -> 'regions');
  SELECT coalesce(jsonb_object_agg(value ->> 'benefit', value), '{}') INTO benefits
    FROM jsonb_array_elements(document -> 'benefits');
  FOR i IN 0 .. jsonb_array_length(document -> 'plans') - 1 LOOP
    PERFORM entitled.catalogue_check_plan(document -> 'plans' -> i, plan_codes, regions, benefits,
                                          format('plans[%s]', i));
  END LOOP;
END
$$;

-- Refuses (invalid_state) a document that leaves out what contracts, grants or partners refer to.
CREATE OR REPLACE FUNCTION entitled.catalogue_check_removals(document jsonb) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
  used text;
BEGIN
  -- EXISTS for each one that goes, not a look at all contracts.
  SELECT min(what) INTO used
    FROM (SELECT format('plan %s cannot be removed: contracts refer to it', plan) FROM entitled.plan p
           WHERE plan NOT IN (SELECT value ->> 'plan' FROM jsonb_array_elements(document -> 'plans'))
             AND EXISTS (SELECT FROM entitled.contract c WHERE c.plan = p.plan)
          UNION ALL
          SELECT format('benefit %s cannot be removed: contracts in force refer to it', benefit)
            FROM entitled.benefit b
           WHERE benefit NOT IN (SELECT value ->> 'benefit' FROM jsonb_array_elements(document -> 'benefits'))
             AND (EXISTS (SELECT FROM entitled.pool_grant g WHERE g.benefit = b.benefit)
                  OR EXISTS (SELECT FROM entitled.contract_access a WHERE a.benefit = b.benefit))
          UNION ALL
          SELECT format('region %s cannot be removed: partners are in it', region) FROM entitled.region r
           WHERE region NOT IN (SELECT value ->> 'region' FROM jsonb_array_elements(document -> 'regions'))
             AND EXISTS (SELECT FROM entitled.partner p WHERE p.region = r.region)) removed (what);
  IF used IS NOT NULL THEN
    PERFORM entitled.refuse('invalid_state', used);
  END IF;
END
$$;

-- Makes the catalogue that of a checked document. What it does not say of the program is as it was at first: a document
-- replaces all of it.
CREATE OR REPLACE FUNCTION entitled.catalogue_replace(document jsonb) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
  PERFORM entitled.catalogue_check_removals(document);
  UPDATE entitled.program
     SET name = coalesce(document #>> '{program,name}', 'Partner Program'),
         time_zone = coalesce(document #>> '{program,time_zone}', 'UTC');
  DELETE FROM entitled.plan_fee;
  DELETE FROM entitled.plan_benefit;
  DELETE FROM entitled.plan_target;
  DELETE FROM entitled.plan
   WHERE plan NOT IN (SELECT value ->> 'plan' FROM jsonb_array_elements(document -> 'plans'));
  DELETE FROM entitled.benefit
   WHERE benefit NOT IN (SELECT value ->> 'benefit' FROM jsonb_array_elements(document -> 'benefits'));
  DELETE FROM entitled.region
   WHERE region NOT IN (SELECT value ->> 'region' FROM jsonb_array_elements(document -> 'regions'));
  INSERT INTO entitled.region
  SELECT * FROM jsonb_to_recordset(document -> 'regions') AS r (region text, name text)
      ON CONFLICT (region) DO UPDATE SET name = excluded.name;
  INSERT INTO entitled.benefit (benefit, name, kind, unit, escalates, delivered)
  SELECT benefit, name, kind, unit, coalesce(escalates, false), coalesce(delivered, false)
    FROM jsonb_to_recordset(document -> 'benefits') AS b (benefit text, name text, kind text, unit text, escalates boolean,
                                                            delivered boolean)
      ON CONFLICT (benefit) DO UPDATE SET (name, kind, unit, escalates, delivered) =
         (excluded.name, excluded.kind, excluded.unit, excluded.escalates, excluded.delivered);
  INSERT INTO entitled.plan (plan, name, kind, level, months, sold, successor)
  SELECT plan, name, kind, level, months, coalesce(sold, true), successor
    FROM jsonb_to_recordset(document -> 'plans')
         AS p (plan text, name text, kind text, level smallint, months smallint, sold boolean, successor text)
      ON CONFLICT (plan) DO UPDATE SET (name, kind, level, months, sold, successor) =
         (excluded.name, excluded.kind, excluded.level, excluded.months, excluded.sold, excluded.successor);
  INSERT INTO entitled.plan_fee (plan, region, amount, currency, typical)
  SELECT plan, region, split_part(fee, ' ', 1)::numeric, split_part(fee, ' ', 2), coalesce(typical, false)
    FROM jsonb_to_recordset(document -> 'plans') AS p (plan text, fees jsonb),
         jsonb_to_recordset(coalesce(fees, '[]')) AS f (region text, fee text, typical boolean);
  INSERT INTO entitled.plan_benefit (plan, benefit, quantity, per_contract, rank, accepts, coverage)
  SELECT plan, benefit, quantity, coalesce(per_contract, false), coalesce(rank, 100), coalesce(accepts, '{}'), coverage
    FROM jsonb_to_recordset(document -> 'plans') AS p (plan text, includes jsonb),
         jsonb_to_recordset(coalesce(includes, '[]')) AS b (benefit text, quantity int, per_contract boolean,
           rank smallint, accepts entitled.incident_class[], coverage entitled.coverage_kind);
  INSERT INTO entitled.plan_target (plan, class, severity, coverage, respond_minutes, update_minutes, resolve_minutes)
  SELECT plan, class, severity, coverage, respond, update, resolve
    FROM jsonb_to_recordset(document -> 'plans') AS p (plan text, targets jsonb),
         jsonb_to_recordset(coalesce(targets, '[]')) AS t (class entitled.incident_class, severity "char",
           coverage entitled.coverage_kind, respond int, update int, resolve int);
END
$$;

-- Replaces the catalogue: {"changes": [{change, what, detail}], "dry_run"}. A dry run does the same and
-- undoes it, so that it refuses and shows exactly what would be.
CREATE OR REPLACE FUNCTION entitled.catalogue_apply(caller entitled.principal, params jsonb) RETURNS jsonb
LANGUAGE plpgsql AS $$
DECLARE
  document jsonb := jsonb_strip_nulls(params -> 'document');
  dry_run boolean := coalesce((params ->> 'dry_run')::boolean, false);
  before jsonb;
  changes jsonb;
BEGIN
  PERFORM entitled.catalogue_check(document);
  LOCK TABLE entitled.plan IN SHARE ROW EXCLUSIVE MODE; -- one at a time
  before := entitled.catalogue_facts();
  BEGIN
    PERFORM entitled.catalogue_replace(document);
    changes := entitled.fact_changes(before, entitled.catalogue_facts());
    IF dry_run THEN
      RAISE EXCEPTION USING ERRCODE = 'EN002', MESSAGE = 'a dry run is undone';
    END IF;
  EXCEPTION WHEN SQLSTATE 'EN002' THEN
    NULL;
  END;
  RETURN jsonb_build_object('changes', changes, 'dry_run', dry_run);
END
$$;
