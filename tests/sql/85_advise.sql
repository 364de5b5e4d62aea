-- advise.plans: what combinations of plans would cover, reckoned by hand, proven by opening the incidents under them, and
-- compared with all combinations there are.
BEGIN;
SELECT plan(93);
-- A catalogue of a region of its own, beside the fixture's: memberships free and five; base, and two that include all of it (more: more
-- of everything, lab: and days); both, whose pool comes before the free one and takes either class; handed, for what a partner
-- delivers; half, whose term is half a year; euro, which costs another currency; old, not sold; else, not of this region.
INSERT INTO entitled.region VALUES ('moon', 'Moon'), ('void', 'Void'), ('dust', 'Dust');
INSERT INTO entitled.benefit (benefit, name, kind, unit, escalates, delivered) VALUES
  ('x-desk', 'Desk', 'access', NULL, true, false), ('x-five', 'Five', 'pool', 'incident', false, false), ('x-prio', 'Prio', 'pool', 'incident', false, false),
  ('x-both', 'Both', 'pool', 'incident', false, false), ('x-hand', 'Hand', 'pool', 'incident', false, true), ('x-talk', 'Talk', 'pool', 'minute', false, false),
  ('x-lab', 'Lab', 'pool', 'day', false, false), ('x-seat', 'Seat', 'pool', 'seat', false, false), ('x-badge', 'Badge', 'access', NULL, false, false);
INSERT INTO entitled.plan (plan, name, kind, level, months, sold) VALUES
  ('m-free', 'Free', 'membership', 1, 12, true), ('m-five', 'Five', 'membership', 2, 12, true), ('m-six', 'Six', 'membership', 3, 12, true),
  ('s-base', 'Base', 'service', NULL, 12, true), ('s-more', 'More', 'service', NULL, 12, true), ('s-lab', 'Lab', 'service', NULL, 12, true),
  ('s-both', 'Both', 'service', NULL, 12, true), ('s-hand', 'Hand', 'service', NULL, 12, true), ('s-half', 'Half', 'service', NULL, 6, true),
  ('s-euro', 'Euro', 'service', NULL, 12, true), ('s-old', 'Old', 'service', NULL, 12, false), ('s-else', 'Else', 'service', NULL, 12, true);
INSERT INTO entitled.plan_fee VALUES
  ('m-free', 'moon', 0, 'USD', false), ('m-five', 'moon', 100, 'USD', false), ('m-six', 'moon', 100, 'USD', false), ('s-base', 'moon', 1000, 'USD', true),
  ('s-more', 'moon', 3000, 'USD', true), ('s-lab', 'moon', 1200, 'USD', false), ('s-both', 'moon', 500, 'USD', false), ('s-hand', 'moon', 50, 'USD', false),
  ('s-half', 'moon', 400, 'USD', false), ('s-old', 'moon', 1, 'USD', false), ('s-else', 'dust', 1, 'USD', false);
INSERT INTO entitled.plan_benefit (plan, benefit, quantity, per_contract, rank, accepts, coverage) VALUES
  ('m-free', 'critical-phone', NULL, false, 100, '{critical}', '24x7'), ('m-five', 'critical-phone', NULL, false, 100, '{critical}', '24x7'),
  ('m-five', 'x-five', 5, false, 10, '{professional}', '24x7'), ('m-six', 'critical-phone', NULL, false, 100, '{critical}', '24x7'),
  ('m-six', 'x-five', 5, false, 10, '{professional}', '24x7'), ('m-six', 'x-badge', NULL, false, 100, '{}', '24x7'),
  ('s-base', 'x-prio', 5, false, 20, '{priority,professional}', '24x7'), ('s-base', 'x-talk', 60, false, 20, '{advisory}', '24x7'),
  ('s-base', 'x-desk', NULL, false, 100, '{}', 'business-hours'),
  ('s-more', 'x-prio', 20, true, 20, '{priority,professional}', '24x7'), ('s-more', 'x-talk', 240, true, 20, '{advisory}', '24x7'),
  ('s-more', 'x-desk', NULL, false, 100, '{}', '24x7'), ('s-more', 'x-badge', NULL, false, 100, '{}', '24x7'),
  ('s-lab', 'x-prio', 5, false, 20, '{priority,professional}', '24x7'), ('s-lab', 'x-talk', 60, false, 20, '{advisory}', '24x7'),
  ('s-lab', 'x-desk', NULL, false, 100, '{}', 'business-hours'), ('s-lab', 'x-lab', 2, false, 30, '{}', '24x7'),
  ('s-both', 'x-both', 3, false, 5, '{professional,priority}', '24x7'), ('s-hand', 'x-hand', 10, false, 30, '{professional,priority}', '24x7'),
  ('s-half', 'x-seat', 2, false, 30, '{}', '24x7'), ('s-euro', 'x-five', 2, false, 10, '{professional}', '24x7'),
  ('s-old', 'x-prio', 500, false, 1, '{priority,professional}', '24x7'), ('s-else', 'x-prio', 500, false, 1, '{priority,professional}', '24x7');

CREATE FUNCTION pg_temp.advise(demand jsonb, region text DEFAULT 'moon') RETURNS jsonb LANGUAGE sql AS $$
  SELECT t.result('advise.plans', 'carla', jsonb_build_object('region', region, 'demand', demand)) $$;
-- An alternative in a line: plans, fee, and what it leaves.
CREATE FUNCTION pg_temp.said(a jsonb) RETURNS text LANGUAGE sql AS $$
  SELECT concat_ws(' ', (SELECT string_agg(p, '+' ORDER BY n) FROM jsonb_array_elements_text(a -> 'plans') WITH ORDINALITY e (p, n)), a ->> 'fee',
                   CASE WHEN (a ->> 'covers_all')::boolean THEN 'all' ELSE concat_ws('/', a ->> 'beside', a ->> 'beside_units') END) $$;
CREATE FUNCTION pg_temp.best(demand jsonb, region text DEFAULT 'moon') RETURNS text LANGUAGE sql AS $$
  SELECT pg_temp.said(pg_temp.advise(demand, region) #> '{alternatives,0}') $$;
-- The alternative of just these plans.
CREATE FUNCTION pg_temp.of(demand jsonb, plans jsonb) RETURNS jsonb LANGUAGE sql AS $$
  SELECT a FROM jsonb_array_elements(pg_temp.advise(demand) -> 'alternatives') a WHERE a -> 'plans' = plans $$;
-- Lines in words: what asked>included<beside pool.
CREATE FUNCTION pg_temp.lines(a jsonb) RETURNS text LANGUAGE sql AS $$
  SELECT string_agg(CASE WHEN l ? 'amount' THEN concat_ws(' ', l ->> 'what', l ->> 'amount', CASE WHEN (l ->> 'typical')::boolean THEN 'typical' END, l ->> 'terms')
                         WHEN l ? 'covered' THEN format('%s %s>%s', l ->> 'what', l ->> 'asked', l ->> 'covered')
                         ELSE format('%s %s>%s<%s %s', l ->> 'what', l ->> 'asked', l ->> 'included', l ->> 'beside', coalesce(l ->> 'pool', '-')) END, '; ' ORDER BY n)
    FROM jsonb_array_elements(a -> 'lines') WITH ORDINALITY e (l, n) $$;

-- ---- by hand, on the fixture's catalogue
SELECT is(pg_temp.best('{"professional": 4}', 'us'), 'certified 1500.00 USD all', 'four professional a year: Certified');
SELECT is(pg_temp.best('{"professional": 7, "priority": 3}', 'us'), 'certified+mspa-standard 8500.00 USD all', 'seven and three priority: with MSPA Standard');
SELECT is(pg_temp.best('{}', 'us'), 'registered 0.00 USD all', 'nothing: Registered');
SELECT is(pg_temp.best('{"critical": 40}', 'us'), 'registered 0.00 USD all', 'rule 2: critical ones are open to every membership');
SELECT is(pg_temp.best('{"professional": 11}', 'us'), 'certified+mspa-standard 8500.00 USD 1/0', 'where nothing covers all, what leaves least');
SELECT is(pg_temp.best('{"professional": 5}', 'emea'), 'certified 1400.00 EUR all', 'fees are the region''s');
SELECT is(pg_temp.best('{"priority": 1}', 'emea'), 'registered 0.00 EUR 1/0', 'a plan without a fee in the region is not on offer there');
SELECT is(pg_temp.advise('{}', 'void') -> 'alternatives', '[]', 'a region where nothing is on offer');
SELECT is(pg_temp.lines(pg_temp.advise('{"professional": 7, "priority": 3}', 'us') #> '{alternatives,0}'),
          'Certified: fee 1500.00 USD; MSPA Standard: fee 7000.00 USD; professional incidents 7>5<2 professional-incidents; '
          'professional incidents 2>2<0 priority-incidents; priority incidents 3>3<0 priority-incidents', 'line by line, in the order of rule 1');

-- ---- by hand, on the test's own
SELECT is((SELECT string_agg(pg_temp.said(a), ', ' ORDER BY n) FROM jsonb_array_elements(pg_temp.advise('{}') -> 'alternatives') WITH ORDINALITY e (a, n)),
          'm-free 0.00 USD all, m-five 100.00 USD all, m-six 100.00 USD all', 'nothing asked: each membership, the cheapest first; of one fee the lower');
SELECT is(pg_temp.best('{"professional": 4}'), 'm-five 100.00 USD all', 'a free pool is enough');
SELECT is(pg_temp.best('{"professional": 7, "priority": 3}'), 'm-five+s-base 1100.00 USD all', 'rule 1: the free pool first, then the priority one');
SELECT is(pg_temp.best('{"priority": 5}'), 'm-free+s-base 1000.00 USD all', 'a membership that adds nothing costs nothing more');
SELECT is(pg_temp.best('{"priority": 6}'), 'm-free+s-base+s-both 1500.00 USD all', 'two service plans');
SELECT is(pg_temp.best('{"priority": 9}'), 'm-free+s-more 3000.00 USD all', 'base and lab are of one family: not both');
SELECT is(pg_temp.best('{"usage": {"x-lab": 2}}'), 'm-free+s-lab 1200.00 USD all', 'usage is taken from its pool');
SELECT is(pg_temp.best('{"usage": {"x-lab": 3}}'), 'm-free+s-lab 1200.00 USD 0/1', 'and more than there is of it left beside');
SELECT is(pg_temp.best('{"usage": {"x-seat": 4}}'), 'm-free+s-half 800.00 USD all', 'of half a year two terms make a year');
SELECT is(pg_temp.lines(pg_temp.advise('{"usage": {"x-seat": 4}}') #> '{alternatives,0}'), 'Free: fee 0.00 USD; Half: fee 800.00 USD 2; x-seat (seats) 4>4<0 x-seat',
          'which is said');
SELECT is(pg_temp.best('{"advisory_minutes": 200, "usage": {"x-talk": 40}}'), 'm-free+s-more 3000.00 USD all', 'advisory minutes: what named usage leaves');
SELECT is(pg_temp.best('{"advisory_minutes": 21, "usage": {"x-talk": 40}}'), 'm-free+s-more 3000.00 USD all', 'to the minute');
SELECT is(pg_temp.best('{"advisory_minutes": 20, "usage": {"x-talk": 40}}'), 'm-free+s-base 1000.00 USD all', 'and not one too many');
SELECT is(pg_temp.best('{"delivered": 10}'), 'm-free+s-hand 50.00 USD all', 'what a partner delivers: its pool');
SELECT is(pg_temp.best('{"delivered": 11, "priority": 3}'), 'm-free+s-both+s-hand 550.00 USD 1/0', 'which is for nothing else');
SAVEPOINT euro;
INSERT INTO entitled.plan_fee VALUES ('s-euro', 'moon', 9, 'EUR', false);
SELECT is(pg_temp.of('{"professional": 7}', '["m-five", "s-euro"]') ->> 'fee', '9.00 EUR + 100.00 USD', 'currencies are not added up');
SELECT is(pg_temp.best('{"professional": 7}'), 'm-five+s-both 600.00 USD all', 'nor compared: sums of several stand last');
ROLLBACK TO euro;
SELECT is(pg_temp.of('{"professional": 5, "outside_hours": 2}', '["m-five"]') ->> 'covers_all', 'true', 'hours are told, not counted');
SELECT is(pg_temp.lines(pg_temp.of('{"professional": 6, "outside_hours": 2}', '["m-free", "s-more"]')),
          'Free: fee 0.00 USD; More: fee 3000.00 USD typical; professional incidents 6>6<0 x-prio; asked outside business hours 2>2', 'a desk day and night');
SELECT is(pg_temp.lines(pg_temp.of('{"professional": 6, "outside_hours": 2}', '["m-free", "s-base"]')),
          'Free: fee 0.00 USD; Base: fee 1000.00 USD typical; professional incidents 6>5<1 x-prio; asked outside business hours 2>0', 'a desk in business hours');
SELECT is(pg_temp.of('{"professional": 6}', '["m-five", "s-base"]') ->> 'typical', 'true', 'a sum with a typical fee is typical');
SELECT is(pg_temp.of('{"professional": 6}', '["m-five", "s-both"]') ->> 'typical', 'false', 'else it is not');
SELECT is(pg_temp.of('{"professional": 4}', '["m-five", "s-base"]'), NULL, 'what covers no more than without one of its plans is not proposed');
SELECT is(pg_temp.of('{"priority": 3}', '["m-free", "s-base", "s-both"]'), NULL, 'nor where it covers all without it');
SELECT is(pg_temp.of('{"priority": 30}', '["m-free", "s-base", "s-more"]'), NULL, 'a family is not combined');
SELECT ok(NOT pg_temp.advise('{"priority": 30}')::text ~ 's-old|s-else', 'neither is what is not sold, or of another region');
SELECT is(pg_temp.lines(pg_temp.of('{"critical": 2, "professional": 1}', '["m-five"]')),
          'Five: fee 100.00 USD; professional incidents 1>1<0 x-five; critical incidents 2>2<0 critical-phone', 'critical ones by an access');
-- The order of asking: `both` pays first for either class, so professional ones may take what priority ones then lack.
SELECT is(pg_temp.said(pg_temp.of('{"professional": 3, "priority": 3}', '["m-five", "s-both"]')), 'm-five+s-both 600.00 USD 3/0', 'the worse order counts');
SELECT is(pg_temp.lines(pg_temp.of('{"professional": 3, "priority": 3}', '["m-five", "s-both"]')),
          'Five: fee 100.00 USD; Both: fee 500.00 USD; professional incidents 3>3<0 x-both; priority incidents 3>0<3 -', 'and is what the lines reckon');
SELECT is(pg_temp.best('{"professional": 3, "priority": 3}'), 'm-five+s-base 1100.00 USD all', 'so what covers in any order is');
SELECT pg_temp.advise('{"professional": 3, "priority": 3}') -> 'alternatives' AS three \gset
SELECT is((SELECT array_agg(covers ORDER BY n) FROM (SELECT n, (a ->> 'covers_all')::boolean AS covers
             FROM jsonb_array_elements(:'three'::jsonb) WITH ORDINALITY e (a, n)) c),
          (SELECT array_agg((a ->> 'covers_all')::boolean ORDER BY (a ->> 'covers_all')::boolean DESC) FROM jsonb_array_elements(:'three'::jsonb) a),
          'what covers all comes first');
-- The sum of each alternative's lines is what it says of itself.
SELECT is_empty($$
  SELECT a FROM (VALUES ('{"professional": 9, "priority": 8, "critical": 2, "delivered": 12}'::jsonb), ('{"professional": 3, "priority": 3}'), ('{"priority": 40}')) d (demand),
         jsonb_array_elements(pg_temp.advise(demand) -> 'alternatives') a
   WHERE (SELECT sum(least_beside) FROM (SELECT min((l ->> 'beside')::int) AS least_beside FROM jsonb_array_elements(a -> 'lines') l WHERE l ? 'beside' GROUP BY l -> 'what') b)
         <> (a ->> 'beside')::int $$, 'the lines add up to what is left beside');

-- ---- is it true? The incidents are really opened under the plans advised
CREATE TEMP SEQUENCE trial;
-- A partner with these plans opens incidents in an order (p professional, q priority, c critical, d delivered by contoso): how many were refused.
CREATE FUNCTION pg_temp.refused(plans jsonb, letters text) RETURNS int LANGUAGE plpgsql AS $$
DECLARE
  code text := 'trial-' || nextval('pg_temp.trial');
  plan_code text;
  letter text;
  refused int := 0;
BEGIN
  PERFORM t.result('partner.create', 'mia', jsonb_build_object('partner', code, 'name', code, 'region', 'moon', 'time_zone', 'UTC', 'calendar', 'us-east'));
  FOR plan_code IN SELECT jsonb_array_elements_text(plans) LOOP
    PERFORM t.contract(code, plan_code, '2004-08-01', CASE plan_code WHEN 's-hand' THEN '{"delivered_by": "contoso"}' ELSE '{}' END::jsonb);
  END LOOP;
  FOREACH letter IN ARRAY coalesce(string_to_array(letters, NULL), '{}') LOOP
    refused := refused + (NOT t.open(code, CASE letter WHEN 'p' THEN 'professional' WHEN 'c' THEN 'critical' ELSE 'priority' END,
      CASE letter WHEN 'c' THEN '{"outage": "server"}' WHEN 'd' THEN '{"delivered_by": "contoso"}' ELSE '{}' END::jsonb) ? 'incident')::int;
  END LOOP;
  RETURN refused;
END
$$;
-- Of the first alternatives and some others: said, and seen in the orders professional first, priority first, in turn.
CREATE FUNCTION pg_temp.trials(demand jsonb) RETURNS TABLE (plans jsonb, said int, seen int[]) LANGUAGE sql AS $$
  SELECT a -> 'plans', (a ->> 'beside')::int,
         ARRAY[pg_temp.refused(a -> 'plans', p || q || rest), pg_temp.refused(a -> 'plans', q || rest || p),
               pg_temp.refused(a -> 'plans', (SELECT string_agg(substr(p, n, 1) || substr(q, n, 1), '' ORDER BY n) FROM generate_series(1, length(p || q)) n) || rest)]
    FROM (SELECT a FROM jsonb_array_elements(pg_temp.advise(demand) -> 'alternatives') WITH ORDINALITY e (a, n) WHERE n <= 2 OR n % 9 = 0) every,
         (SELECT repeat('p', coalesce((demand ->> 'professional')::int, 0)) AS p, repeat('q', coalesce((demand ->> 'priority')::int, 0)) AS q,
                 repeat('c', coalesce((demand ->> 'critical')::int, 0)) || repeat('d', coalesce((demand ->> 'delivered')::int, 0)) AS rest) letters $$;
SELECT is_empty(format('SELECT * FROM pg_temp.trials(%L) WHERE said <> (SELECT max(s) FROM unnest(seen) s)', demand),
                'what is left beside is what is refused in the worst order: ' || demand)
  FROM (VALUES ('{"professional": 7, "priority": 3}'), ('{"professional": 3, "priority": 3}'), ('{"professional": 9, "priority": 8, "critical": 2}'),
               ('{"professional": 2, "priority": 1, "delivered": 11}'), ('{"priority": 9}'), ('{}')) d (demand);
-- And of the fixture's catalogue, from what a partner asked for, to the advice, to the same asked under it.
SELECT is(pg_temp.refused('["certified", "mspa-standard"]', 'pppppppqqq'), 0, 'certified and mspa-standard: seven and three, all of them');
SELECT is(pg_temp.refused('["certified", "mspa-standard"]', 'pppppppqqqq'), 1, 'and no more');

-- ---- is it the cheapest? Compared with all combinations that there are
CREATE FUNCTION pg_temp.exhaustive(demand jsonb) RETURNS text LANGUAGE sql AS $$
  WITH RECURSIVE o AS (SELECT * FROM entitled.advise_offers('moon')),
  sets AS (
    SELECT ARRAY[plan] AS plans, ''::text AS last FROM o WHERE membership
    UNION ALL
    SELECT s.plans || o.plan, o.plan FROM sets s JOIN o ON NOT o.membership AND o.plan > s.last
     WHERE NOT (o.plan IN ('s-more', 's-lab') AND 's-base' = ANY (s.plans))),
  numbered AS MATERIALIZED (SELECT row_number() OVER () AS n, plans FROM sets),
  r AS MATERIALIZED (SELECT * FROM entitled.advise_reckon('moon', entitled.advise_given(demand),
                              (SELECT jsonb_agg(jsonb_build_object('n', n, 'plans', plans)) FROM numbered)))
  SELECT concat_ws(' ', fee, CASE WHEN beside = 0 AND beside_units = 0 THEN 'all' ELSE concat_ws('/', beside, beside_units) END)
    FROM r JOIN numbered USING (n),
         LATERAL (SELECT sum(amount) FILTER (WHERE currency = 'USD') AS fee, count(DISTINCT currency) AS currencies, min(currency) AS currency FROM o WHERE o.plan = ANY (plans)) f
   ORDER BY beside = 0 AND beside_units = 0 DESC, CASE WHEN beside + beside_units > 0 THEN beside END, CASE WHEN beside + beside_units > 0 THEN beside_units END,
            f.currency, fee LIMIT 1 $$;
SELECT setseed(0.42) \g /dev/null
CREATE TEMP TABLE random_demand AS
  SELECT jsonb_build_object('professional', (random() * 20)::int, 'priority', (random() * 15)::int, 'delivered', (random() * 1.2)::int, 'critical', (random() * 2)::int,
                            'advisory_minutes', (random() * 1.5)::int * 70, 'usage', jsonb_build_object('x-lab', (random() * 2)::int, 'x-seat', (random() * 1.4)::int)) AS demand
    FROM generate_series(1, 25);
SELECT is_empty($$
  SELECT demand, all_of, ours FROM random_demand, pg_temp.exhaustive(demand) all_of,
         LATERAL (SELECT concat_ws(' ', substring(said FROM '([0-9.]+) USD'), regexp_replace(said, '.* ', '')) AS ours FROM pg_temp.best(demand) said) b
   WHERE all_of <> ours $$, 'of 25 demands the first alternative is the best of all combinations');
SELECT is((SELECT bool_and((pg_temp.advise(demand) ->> 'complete')::boolean) FROM random_demand LIMIT 10), true, 'none was passed over');

-- ---- a hundred plans
SAVEPOINT hundred;
INSERT INTO entitled.benefit (benefit, name, kind, unit) SELECT 'y-' || n, 'y', 'pool', CASE WHEN n % 2 = 0 THEN 'incident' ELSE 'day' END FROM generate_series(1, 100) n;
INSERT INTO entitled.plan (plan, name, kind, months, sold) SELECT 'y-' || n, 'y', 'service', 12, true FROM generate_series(1, 100) n;
INSERT INTO entitled.plan_fee SELECT 'y-' || n, 'moon', 100 + n * 37 % 91, 'USD', false FROM generate_series(1, 100) n;
INSERT INTO entitled.plan_benefit (plan, benefit, quantity, rank, accepts, coverage)
SELECT 'y-' || n, 'y-' || n, 1 + n % 7, n % 5, CASE WHEN n % 2 = 0 THEN '{professional,priority}' ELSE '{}' END::entitled.incident_class[], '24x7' FROM generate_series(1, 100) n;
SELECT clock_timestamp() AS began \gset
SELECT pg_temp.advise('{"professional": 1000, "priority": 500}') AS y \gset
SELECT ok(clock_timestamp() - :'began' < interval '20 seconds', 'a hundred plans and a demand that nothing covers: seconds');
SELECT is((SELECT jsonb_array_length(:'y'::jsonb -> 'alternatives')), 64, 'the best 64 are told');
SELECT is(:'y'::jsonb -> 'complete', 'false', 'and that others were passed over');
SELECT is(pg_temp.best('{"professional": 4}'), 'm-five 100.00 USD all', 'and small demands are answered as before');
ROLLBACK TO hundred;

-- ---- what a partner asked for
SELECT t.result('partner.create', 'mia', '{"partner": "asker", "name": "Asker", "region": "us", "time_zone": "America/New_York", "calendar": "us-east"}') \g /dev/null
SELECT t.result('principal.create', 'ada', jsonb_build_object('name', 'anna', 'role', 'partner', 'partner', 'asker', 'fingerprint', repeat('2f', 32))) \g /dev/null
SELECT t.contract('asker', 'certified', '2004-01-01'), t.contract('asker', 'mspa-standard', '2004-06-01') \g /dev/null
CREATE FUNCTION pg_temp.at(moment text) RETURNS void LANGUAGE sql AS $$ SELECT set_config('entitled.now', moment, true) $$;
CREATE FUNCTION pg_temp.asked(more jsonb DEFAULT '{}') RETURNS jsonb LANGUAGE sql AS $$
  SELECT jsonb_strip_nulls(jsonb_object_agg(key, CASE WHEN value IN ('0', '{}') THEN NULL ELSE value END))
    FROM jsonb_each(t.result('advise.plans', 'carla', jsonb_build_object('partner', 'asker') || more) -> 'demand') $$;
SELECT is(pg_temp.asked(), '{}', 'nothing yet');
-- us-east is open on Mondays from 8 to 20 and on Sundays; 2004-03-01 is a Monday, 14:00 in New York.
SELECT pg_temp.at('2004-03-01 19:00+00') \g /dev/null
SELECT t.open('asker', 'professional', jsonb_build_object('title', 'p' || n)) FROM generate_series(1, 5) n \g /dev/null
SELECT is(pg_temp.asked(), '{"professional": 5}', 'what was logged');
SELECT pg_temp.at('2004-03-01 19:05+00') \g /dev/null
SELECT t.open('asker', 'professional', '{"title": "more"}'), t.open('asker', 'professional', '{"title": "more"}'), t.open('asker', 'professional', '{"title": "other"}') \g /dev/null
SELECT is(pg_temp.asked(), '{"professional": 7}', 'and what was refused, each title once a day');
SELECT t.open('asker', 'professional', '{"title": "p1"}') \g /dev/null
SELECT is(pg_temp.asked(), '{"professional": 8}', 'also of a title that was logged before it');
SELECT pg_temp.at('2004-03-02 19:00+00') \g /dev/null
SELECT t.open('asker', 'professional', '{"title": "more"}') \g /dev/null
SELECT is(pg_temp.asked(), '{"professional": 9, "outside_hours": 1}', 'again on the next day; a Tuesday is outside its hours');
SELECT t.open('asker', 'professional', '{"title": "more", "override_reason": "she insists"}', 'mia') \g /dev/null
SELECT is(pg_temp.asked(), '{"professional": 9, "outside_hours": 1}', 'that it was logged after all is the same thing asked once');
SELECT t.open('asker', 'professional', format('{"title": "row", "opened_at": "2004-03-01T15:%s:00Z"}', m)::jsonb) FROM unnest('{10,20,20,10}'::int[]) m \g /dev/null
SELECT is(pg_temp.asked('{"from": "2004-03-01", "to": "2004-03-01"}'), '{"professional": 10}', 'rows of a log that say when they were reported are told apart by that');
DELETE FROM entitled.refusal WHERE request ->> 'title' = 'row';
SELECT pg_temp.at('2004-06-07 19:00+00') \g /dev/null
SELECT t.open('asker', 'priority', '{"title": "q"}'), t.open('asker', 'critical', '{"title": "c"}'), t.open('asker', 'critical', '{"title": "c", "outage": "server"}'),
       t.open('asker', 'advisory', '{"title": "a"}'), t.open('asker', 'priority', '{"title": "d", "delivered_by": "contoso"}') \g /dev/null
SELECT is(pg_temp.asked(), '{"professional": 9, "priority": 1, "critical": 1, "delivered": 1, "outside_hours": 1}',
          'each class by itself; an outage that was forgotten is no lack of entitlement; what another was to deliver is apart');
SELECT t.result('usage.record', 'carla', jsonb_build_object('partner', 'asker', 'benefit', 'consulting', 'units', n)) FROM unnest('{90,30}'::int[]) n \g /dev/null
SELECT is(pg_temp.asked() -> 'usage', '{"consulting": 120}', 'usage by its benefit');
SELECT is(t.reason('incident.credit', 'carla', jsonb_build_object('incident', entitled.incident_name(incident_id), 'reason', reason, 'note', 'n')), 'ok', 'credited: ' || reason)
  FROM (VALUES ('p1', 'product_defect'), ('p2', 'mislogged'), ('p3', 'goodwill')) c (title, reason)
  JOIN entitled.incident i USING (title) JOIN entitled.partner p USING (partner_id) WHERE p.code = 'asker';
SELECT is(pg_temp.asked() -> 'professional', '7', 'a defect and a mistake are no demand, goodwill was');
-- From one day to another, both included, in its time zone: 2004-03-02 03:00 UTC is the first of March in New York.
SELECT is(pg_temp.asked('{"from": "2004-03-02", "to": "2004-03-02"}'), '{"professional": 1, "outside_hours": 1}', 'of one day');
SELECT is(pg_temp.asked('{"from": "2004-03-03", "to": "2004-06-06"}'), '{}', 'of other days');
SELECT is(pg_temp.asked('{"to": "2004-03-01"}') -> 'professional', '6', 'up to a day and with it');
SELECT is(t.result('advise.plans', 'carla', '{"partner": "asker"}') - '{alternatives,demand,considered,complete}'::text[],
          '{"partner": "asker", "region": "us", "from": "2003-06-09", "to": "2004-06-07"}', 'the 365 days up to today are the default');
SELECT pg_temp.at('2005-03-02 12:00+00') \g /dev/null
SELECT is(pg_temp.asked() ->> 'professional', NULL, 'what is longer ago does not count');
SELECT is((pg_temp.asked('{"from": "2004-01-01"}') -> 'professional'), '7', 'unless it is asked for');
SELECT is(pg_temp.said(t.result('advise.plans', 'carla', '{"partner": "asker", "from": "2004-01-01"}') #> '{alternatives,0}'), 'certified+mspa-standard 8500.00 USD 1/0',
          'and its advice (what another delivers is covered by nothing there)');

-- ---- who may see what; what is refused
SELECT is(t.result('advise.plans', 'anna') ->> 'partner', 'asker', 'a partner asks for itself');
SELECT is(t.message('advise.plans', 'paul', '{"partner": "asker"}'), 'there is no partner asker', 'and never sees another''s');
SELECT is(t.result('advise.plans', 'paul', '{"demand": {"professional": 3}}') #>> '{demand,professional}', '3', 'it may ask what if');
SELECT is(t.message('advise.plans', 'carla', params::jsonb), said, 'refused: ' || params)
  FROM (VALUES ('{}', 'name the partner (parameter `partner`), or a region and a demand'),
    ('{"region": "moon"}', 'name the partner (parameter `partner`), or a region and a demand'),
    ('{"region": "mars", "demand": {}}', 'there is no region mars in the catalogue'),
    ('{"partner": "asker", "demand": {"incidents": 3}}',
     'parameter `demand.incidents` is not known: a demand has critical, priority, delivered, professional, outside_hours, advisory_minutes, usage'),
    ('{"partner": "asker", "demand": {"priority": -1}}', 'parameter `demand.priority` must be a whole number from 0 to 1000000'),
    ('{"partner": "asker", "demand": {"priority": 1.5}}', 'parameter `demand.priority` must be a whole number from 0 to 1000000'),
    ('{"partner": "asker", "demand": {"priority": "3"}}', 'parameter `demand.priority` must be a whole number from 0 to 1000000'),
    ('{"partner": "asker", "demand": {"priority": 1000001}}', 'parameter `demand.priority` must be a whole number from 0 to 1000000'),
    ('{"partner": "asker", "demand": {"usage": [1]}}', 'parameter `demand.usage` must be an object: units by benefit'),
    ('{"partner": "asker", "demand": {"usage": {"x-prio": 1}}}', 'parameter `demand.usage.x-prio` is not a pool of minutes, days or seats in the catalogue'),
    ('{"partner": "asker", "demand": {"usage": {"x-lab": -1}}}', 'parameter `demand.usage.x-lab` must be a whole number from 0 to 1000000'),
    ('{"partner": "asker", "from": "2004-02-30"}', 'parameter `from` must be a date, such as 2004-08-23'),
    ('{"partner": "asker", "to": "2004-02-30"}', 'parameter `to` must be a date, such as 2004-08-23'),
    ('{"partner": "asker", "from": "2005-01-02", "to": "2005-01-01"}', 'parameter `from` must not be after `to`: 2005-01-02, 2005-01-01'),
    ('{"partner": "asker", "from": "2004-01-01", "demand": {}}', 'parameters `from` and `to` say when the partner asked: they do not go with `demand`')) v (params, said);
SELECT finish();
ROLLBACK;
