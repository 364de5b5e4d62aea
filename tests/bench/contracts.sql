-- The world of tests/bench/contracts: as many plans as asked (:plans), partners with one contract (single-1 …) and
-- partners with twenty (many-1 …); and a function that logs batches of incidents and tells what one took.

SET client_min_messages = warning;
CREATE SCHEMA bench;

-- One call of a method as the principal that is asked for; raises what it is refused with.
CREATE FUNCTION bench.ask(method text, caller text, params jsonb) RETURNS jsonb
LANGUAGE plpgsql AS $$
DECLARE
  answer record;
BEGIN
  EXECUTE format('SELECT ok, body FROM api.%I($1, $2)', replace(method, '.', '_')) INTO answer
    USING ARRAY[(SELECT principal_id FROM entitled.principal WHERE name = caller)],
          ARRAY[params || jsonb_build_object('key', gen_random_uuid())];
  IF NOT answer.ok THEN
    RAISE EXCEPTION '%: %', method, answer.body;
  END IF;
  RETURN answer.body;
END
$$;

SELECT entitled.bootstrap_admin('ada', repeat('0a', 32)) \g /dev/null
SELECT bench.ask('calendar.apply', 'ada', '{"document": {"calendars": [{"calendar": "office", "name": "Office",
  "time_zone": "UTC", "hours": [{"weekday": 1, "opens": "09:00", "closes": "17:00"}]}]}}') \g /dev/null
SELECT bench.ask('catalogue.apply', 'ada', jsonb_build_object('document', jsonb_build_object(
  'regions', '[{"region": "us", "name": "US"}]'::jsonb,
  'benefits', '[{"benefit": "incidents", "name": "Incidents", "kind": "pool", "unit": "incident"}]'::jsonb,
  'plans', (SELECT jsonb_agg(jsonb_build_object('plan', 'plan-' || n, 'name', 'Plan ' || n, 'kind', 'service', 'months', 12,
              'sold', true, 'includes', '[{"benefit": "incidents", "rank": 10, "coverage": "24x7", "quantity": 10000000,
                "accepts": ["professional", "priority"]}]'::jsonb))
              FROM generate_series(1, :plans) n)))) \g /dev/null
SELECT bench.ask('partner.create', 'ada', jsonb_build_object('partner', kind || '-' || n, 'name', kind, 'region', 'us',
                 'time_zone', 'UTC', 'calendar', 'office'))
  FROM (VALUES ('single'), ('many')) k (kind), generate_series(1, 64) n \g /dev/null
SELECT bench.ask('contract.activate', 'ada', jsonb_build_object('contract', bench.ask('contract.create', 'ada',
         jsonb_build_object('partner', kind || '-' || n, 'plan', 'plan-1', 'starts', current_date - 100 - c)) #> '{contract,contract}'))
  FROM (VALUES ('single', 1), ('many', 20)) k (kind, contracts), generate_series(1, 64) n, generate_series(1, contracts) c
  \g /dev/null

-- Microseconds for one incident, in `rounds` batches of this size, of one partner or one after the other of 64.
CREATE FUNCTION bench.opens(kind text, size int, partners int, rounds int) RETURNS float
LANGUAGE plpgsql SET enable_seqscan = off SET plan_cache_mode = force_generic_plan SET jit = off AS $$
DECLARE
  caller bigint := (SELECT principal_id FROM entitled.principal WHERE name = 'ada');
  batch jsonb[];
  began timestamptz;
  took float := 0;
  done bigint;
BEGIN
  FOR round IN 1 .. rounds LOOP
    batch := array(SELECT jsonb_build_object('partner', kind || '-' || 1 + (round + n) % partners, 'class', 'professional',
                                             'severity', 'C', 'title', 'Something broke', 'key', gen_random_uuid())
                     FROM generate_series(1, size) n);
    began := clock_timestamp();
    SELECT count(*) FILTER (WHERE ok) INTO done FROM api.incident_open(array_fill(caller, ARRAY[size]), batch);
    took := took + extract(epoch FROM clock_timestamp() - began) * 1e6;
    IF done <> size THEN
      RAISE EXCEPTION 'only % of % were logged', done, size;
    END IF;
  END LOOP;
  RETURN took / rounds / size;
END
$$;
VACUUM ANALYZE;
