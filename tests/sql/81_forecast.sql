-- The forecast: the mean method with its band (81_forecast.sql), its closed forms against a search day by day, and whether
-- the band holds what comes.
BEGIN;
SELECT plan(15);
SET LOCAL entitled.scope = '*';
SELECT setseed(0.25) \g /dev/null

CREATE FUNCTION pg_temp.f(in_force boolean, left_units int, used int, squares bigint, active int, days int, days_left int) RETURNS text
LANGUAGE sql AS $$
  SELECT concat_ws(' ', f.status, round(f.per_day::numeric, 3), 'out', coalesce(f.early::text, '-'), coalesce(f.runs_out::text, '-'),
                   coalesce(f.late::text, '-'), 'left', coalesce(f.left_low::text, '-'), coalesce(f.left_at_expiry::text, '-'),
                   coalesce(f.left_high::text, '-'))
    FROM entitled.forecast(in_force, left_units, used, squares, active, days, days_left) f $$;
SELECT is(pg_temp.f(true, 10, 20, 20, 20, 20, 30), 'ok 1.000 out 10 10 10 left 0 0 0', 'one a day: no doubt about the day');
SELECT is(pg_temp.f(true, 100, 20, 20, 20, 20, 30), 'ok 1.000 out - - - left 70 70 70', 'and enough to the end');
SELECT is(pg_temp.f(true, 0, 20, 20, 20, 20, 30), 'ok 1.000 out 0 0 0 left 0 0 0', 'nothing is left already');
SELECT is(pg_temp.f(true, 10, 3, 5, 2, 20, 30), 'not_enough_data out - - - left - - -', 'two active days are not enough');
SELECT is(pg_temp.f(true, 10, 3, 3, 3, 3, 1), 'ok 1.000 out - - - left 9 9 9', 'three are');
SELECT is(pg_temp.f(true, 10, 0, 0, 0, 20, 30), 'not_enough_data out - - - left - - -', 'nothing used: nothing to tell');
SELECT is(pg_temp.f(false, 10, 20, 20, 20, 20, 30), 'none out - - - left - - -', 'it has ended, or nothing was granted');
-- By hand: T = 10, used 10 on five days of 2: m 1, s² = (20 - 10) / 9; h = 8: 8 ± 1.2816 * sqrt(10/9 * 8 * 1.8) = 8 ± 5.126.
SELECT is(pg_temp.f(true, 20, 10, 20, 5, 10, 8), 'ok 1.000 out - - - left 6 12 18', 'by hand: the band at the end of the term');
SELECT is(pg_temp.f(true, 5, 10, 20, 5, 10, 8), 'ok 1.000 out 3 5 - left 0 0 3', 'by hand: it runs out on the 5th day, on the 3rd at the earliest');

-- The closed forms against a search: the first day on which the mean, and either edge of the band, reach what is left.
CREATE TEMP TABLE drawn AS
SELECT n, 1 + floor(random() * 60)::int AS left_units, days, used, squares, active, 1 + floor(random() * 300)::int AS days_left
  FROM generate_series(1, 400) n,
       LATERAL (SELECT count(*)::int AS days, sum(x)::int AS used, sum(x * x)::bigint AS squares, count(*) FILTER (WHERE x > 0)::int AS active
                  FROM (SELECT CASE WHEN random() < 0.3 THEN floor(random() * 4)::int ELSE 0 END AS x
                          FROM generate_series(1, 20 + n % 200)) d) s;
CREATE TEMP TABLE searched AS
SELECT d.n, f.runs_out, f.early, f.late, f.left_low, f.left_high, f.left_at_expiry, d.left_units,
       (SELECT min(h) FROM generate_series(1, days_left) h WHERE h * m >= left_units) AS mean_search,
       (SELECT min(h) FROM generate_series(1, days_left) h WHERE h * m + k * sqrt(h * (1 + h / t)) >= left_units) AS early_search,
       (SELECT min(h) FROM generate_series(1, days_left) h WHERE h * m - k * sqrt(h * (1 + h / t)) >= left_units) AS late_search,
       days_left * m AS most, k * sqrt(days_left * (1 + days_left / t)) AS width
  FROM drawn d
 CROSS JOIN LATERAL entitled.forecast(true, d.left_units, d.used, d.squares, d.active, d.days, d.days_left) f
 CROSS JOIN LATERAL (SELECT d.used::float8 / d.days AS m, d.days::float8 AS t,
                            1.2815515655 * sqrt((d.squares - d.used::float8 ^ 2 / d.days) / (d.days - 1)) AS k) s
 WHERE d.active >= 3;
SELECT cmp_ok((SELECT count(*) FROM searched WHERE late IS NOT NULL AND early < runs_out AND runs_out < late), '>', 30::bigint, 'drawn: pools that run out, in every way');
SELECT is_empty($$ SELECT * FROM searched WHERE (runs_out, early, late) IS DISTINCT FROM (mean_search, early_search, late_search) $$,
                'the days on which nothing is left: as a search finds them');
SELECT is_empty($$ SELECT * FROM searched WHERE left_low <> greatest(floor(left_units - most - width), 0)
                      OR left_high <> least(greatest(ceil(left_units - most + width), 0), left_units)
                      OR left_at_expiry <> greatest(round(left_units - most), 0) OR NOT left_low <= left_at_expiry OR NOT left_at_expiry <= left_high $$,
                'what is left at the end: within its band, and the band within what is left');

-- How often the band holds: 600 pools of steady use (each day draws from the same chances), told after 60 days for the next 30.
CREATE TEMP TABLE steady AS
SELECT (1000 - came.units) BETWEEN f.left_low AND f.left_high AS held
  FROM generate_series(1, 600) n
 CROSS JOIN LATERAL (SELECT ARRAY(SELECT CASE WHEN random() < 0.2 + 0.001 * n THEN 1 + floor(random() * 3)::int ELSE 0 END FROM generate_series(1, 90)) AS x) d
 CROSS JOIN LATERAL (SELECT sum(u)::int AS used, sum(u * u)::bigint AS squares, count(*) FILTER (WHERE u > 0)::int AS active FROM unnest(d.x[:60]) u) b
 CROSS JOIN LATERAL (SELECT sum(u)::int AS units FROM unnest(d.x[61:]) u) came
 CROSS JOIN LATERAL entitled.forecast(true, 1000, b.used, b.squares, b.active, 60, 30) f;
SELECT diag(format('steady use: the band of 80 %% held %s of %s', count(*) FILTER (WHERE held), count(*))) FROM steady;
SELECT cmp_ok((SELECT avg(held::int) FROM steady), '>=', 0.75, 'of steady use the band holds four in five, or nearly');
SELECT cmp_ok((SELECT avg(held::int) FROM steady), '<=', 0.90, 'and is not so wide that it says nothing');
SELECT volatility_is('entitled', 'forecast', ARRAY['boolean', 'integer', 'integer', 'bigint', 'integer', 'integer', 'integer'], 'immutable', 'the same figures, the same forecast');
SELECT finish();
ROLLBACK;
