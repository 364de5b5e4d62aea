-- The world of the benchmark: 10,000 partners to spread over (p1 …) and one to press on (p10001), each with
-- a Certified contract in force; and the plain function that the daemon is compared with.

SET client_min_messages = warning;
SET entitled.scope = '*';

INSERT INTO entitled.partner (code, name, region, time_zone, calendar_id, created_at)
SELECT 'p' || n, 'Partner ' || n, 'us', 'UTC', (SELECT calendar_id FROM entitled.calendar WHERE code = 'us'), now()
  FROM generate_series(1, 10001) n;
INSERT INTO entitled.contract (partner_id, plan, membership, starts, ends, term_starts, term_ends, activated_at,
                               created_by, created_at)
SELECT partner_id, 'certified', true, date_trunc('year', now())::date,
       (date_trunc('year', now()) + interval '1 year')::date,
       date_trunc('year', now()), date_trunc('year', now()) + interval '1 year', now(), 1, now()
  FROM entitled.partner
 WHERE code ~ '^p[0-9]+$';
-- The grant of a Certified contract, but for its size: nothing runs out here.
INSERT INTO entitled.pool_grant (partner_id, contract_id, benefit, unit, rank, accepts, coverage, starts, ends, granted)
SELECT partner_id, contract_id, benefit, 'incident', rank, accepts, coverage, term_starts, term_ends, 1000000000
  FROM entitled.contract
  JOIN entitled.plan_benefit USING (plan)
  JOIN entitled.benefit USING (benefit)
 WHERE unit = 'incident' AND partner_id IN (SELECT partner_id FROM entitled.partner WHERE code ~ '^p[0-9]+$');

SELECT count(entitled.ledger_append(pool, 'grant', granted, 1)) FROM entitled.pool_grant pool \g /dev/null

INSERT INTO entitled.contract_target (partner_id, contract_id, class, severity, coverage, respond_minutes, update_minutes,
                                      resolve_minutes)
SELECT partner_id, contract_id, class, severity, coverage, respond_minutes, update_minutes, resolve_minutes
  FROM entitled.contract JOIN entitled.plan_target USING (plan)
 WHERE partner_id IN (SELECT partner_id FROM entitled.partner WHERE code ~ '^p[0-9]+$');

CREATE SCHEMA bench;
GRANT USAGE ON SCHEMA bench TO entitled_daemon;

-- One incident as a plain, careful function would log it: the same rows in the same tables, under the same
-- constraints and row-level security, with the same decision for the case that the benchmark asks.
CREATE FUNCTION bench.incident_open(of_partner text, with_title text, with_key text) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = entitled, pg_temp AS $$
DECLARE
  at timestamptz := now();
  caller bigint := (SELECT principal_id FROM principal WHERE name = 'coordinator');
  asked bytea := request_digest('incident.open', jsonb_build_object('partner', of_partner, 'title', with_title,
                   'class', 'professional', 'severity', 'C'));
  whose bigint;
  pool pool_grant;
  before request;
  target contract_target;
  calendar int;
  respond timestamptz;
  update_until timestamptz;
  resolve timestamptz;
  made bigint;
  chained bytea;
  answer text;
BEGIN
  PERFORM set_config('entitled.scope', '*', true);
  SELECT partner_id, calendar_id INTO whose, calendar FROM partner WHERE code = of_partner AND disabled_at IS NULL;
  IF NOT FOUND THEN
    RETURN 'not_found';
  END IF;
  SELECT * INTO pool FROM pool_grant
   WHERE partner_id = whose AND unit = 'incident' AND 'professional' = ANY (accepts)
     AND starts <= at AND (ends IS NULL OR ends > at) AND used < granted
   ORDER BY rank, ends NULLS LAST, starts, grant_id
   LIMIT 1 FOR NO KEY UPDATE;
  IF NOT FOUND THEN
    RETURN 'entitlement_exhausted';
  END IF;
  SELECT * INTO before FROM request
   WHERE partner_id = whose AND principal_id = caller AND key = with_key FOR KEY SHARE;
  IF FOUND THEN
    RETURN before.reply;
  END IF;
  SELECT * INTO target FROM contract_target t
   WHERE t.partner_id = whose AND t.contract_id = pool.contract_id AND t.class = 'professional' AND t.severity = 'C';
  respond := coverage_after(calendar, target.coverage, at, target.respond_minutes);
  update_until := coverage_after(calendar, target.coverage, at, target.update_minutes);
  resolve := coverage_after(calendar, target.coverage, at, target.resolve_minutes);
  INSERT INTO incident (partner_id, class, severity, title, coverage, opened_at, logged_at, logged_by, contract_id, calendar_id,
                        respond_by, update_by, resolve_by, clock_started_at, running_since, due_at, tick_at)
  VALUES (whose, 'professional', 'C', with_title, pool.coverage, at, at, caller, pool.contract_id, calendar, respond,
          update_until, resolve, at, at, coalesce(least(respond, update_until, resolve), 'infinity'),
          coverage_after_seconds(calendar, target.coverage, at,
                                 least(target.respond_minutes, target.update_minutes, target.resolve_minutes) * 30::bigint))
  RETURNING incident_id INTO made;
  INSERT INTO timeline (partner_id, incident_id, seq, at, principal_id, event)
  VALUES (whose, made, 1, at, caller, 'opened');
  chained := ledger_hash(pool.head, whose, pool.grant_id, pool.entries + 1, at, 'debit', 1, made, caller, NULL);
  INSERT INTO ledger (partner_id, grant_id, seq, at, kind, units, incident_id, principal_id, hash)
  VALUES (whose, pool.grant_id, pool.entries + 1, at, 'debit', 1, made, caller, chained);
  UPDATE pool_grant SET used = used + 1, entries = entries + 1, head = chained
   WHERE partner_id = whose AND grant_id = pool.grant_id;
  answer := json_build_object('incident', incident_name(made), 'charge', json_build_object(
    'pool', pool.benefit, 'contract', contract_name(pool.contract_id), 'units', 1, 'ordinal', pool.used + 1,
    'of', pool.granted, 'remaining', pool.granted - pool.used - 1, 'override', false),
    'clocks', json_build_object('coverage', coalesce(target.coverage, pool.coverage), 'respond_by', respond,
                                'update_by', update_until, 'resolve_by', resolve));
  INSERT INTO request (partner_id, principal_id, key, at, digest, ok, reply)
  VALUES (whose, caller, with_key, at, asked, true, answer);
  RETURN answer;
END
$$;

-- What a partner has left, as a plain query would ask it.
CREATE FUNCTION bench.balance(of_partner text) RETURNS json
LANGUAGE plpgsql SECURITY DEFINER SET search_path = entitled, pg_temp AS $$
BEGIN
  PERFORM set_config('entitled.scope', '*', true);
  RETURN (SELECT body::json FROM api.balance_get(
    ARRAY[(SELECT principal_id FROM principal WHERE name = 'coordinator')],
    ARRAY[jsonb_build_object('partner', of_partner)]));
END
$$;
ALTER FUNCTION bench.incident_open OWNER TO entitled_owner;
ALTER FUNCTION bench.balance OWNER TO entitled_owner;
ANALYZE;
