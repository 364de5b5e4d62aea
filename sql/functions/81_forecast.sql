-- The forecast of a pool (doc/architecture.md, "The night"): the mean method on the daily use of its term so far, with a
-- band that holds what comes four times in five. Hyndman & Athanasopoulos, "Forecasting: principles and practice",
-- 3rd edition, 5.2 and 5.5: over h days h * m, with the standard deviation s * sqrt(h * (1 + h / T)).

-- Of a pool with so many units left, by its net use so far: used in all, squares the sum of the squares of each day's,
-- on active_days of days (its first day and the report's included); days_left: of its term after the report's day.
-- in force: it has not ended, and something was granted.
-- per_day: units a day; runs_out, early, late: after how many days nothing is left, by the mean, and by either edge of the
-- band; NULL: not in this term. left_at_expiry, left_low, left_high: units at the end of the term.
-- With m the mean, k = z * s, L what is left: the edges are the roots of k² h (1 + h/T) = (L - h m)².
-- (One row, as SETOF, so that it is inlined where it stands in FROM; OFFSET 0 keeps each step a step.)
CREATE OR REPLACE FUNCTION entitled.forecast(
  in_force boolean, left_units int, used int, squares bigint, active_days int, days int, days_left int,
  OUT status text, OUT per_day double precision, OUT runs_out int, OUT early int, OUT late int,
  OUT left_at_expiry int, OUT left_low int, OUT left_high int)
RETURNS SETOF record
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN NOT in_force THEN 'none' WHEN active_days < 3 THEN 'not_enough_data' ELSE 'ok' END,
         f.m,
         CASE WHEN f.mean_days <= days_left THEN f.mean_days::int END,
         CASE WHEN f.early_days <= days_left THEN f.early_days::int END,
         CASE WHEN f.late_days <= days_left THEN f.late_days::int END,
         CASE WHEN f.m IS NOT NULL THEN greatest(round(left_units - f.most), 0)::int END,
         CASE WHEN f.m IS NOT NULL THEN greatest(floor(left_units - f.most - f.width), 0)::int END,
         CASE WHEN f.m IS NOT NULL THEN greatest(ceil(least(left_units - f.most + f.width, left_units)), 0)::int END
    FROM (SELECT d.m, days_left * d.m AS most, sqrt(d.kk * days_left * (1 + days_left / d.t)) AS width,
                 CASE WHEN left_units <= 0 THEN 0 WHEN d.m > 0 THEN ceil(left_units / d.m) END AS mean_days,
                 CASE WHEN left_units <= 0 THEN 0 WHEN d.b + d.root > 0 THEN ceil(2 * d.ll / (d.b + d.root)) END AS early_days,
                 CASE WHEN left_units <= 0 THEN 0 WHEN d.a > 0 THEN ceil((d.b + d.root) / (2 * d.a)) END AS late_days
            FROM (SELECT q.m, q.t, q.kk, q.ll, q.a, q.b, sqrt(greatest(q.b * q.b - 4 * q.a * q.ll, 0)) AS root
                    FROM (SELECT s.m, s.t, s.kk, left_units::double precision * left_units AS ll,
                                 s.m * s.m - s.kk / s.t AS a, 2 * left_units * s.m + s.kk AS b
                            FROM (SELECT used::double precision / days AS m, days::double precision AS t,
                                         -- z² * s²; z of 80 % is 1.2816
                                         1.642374 * greatest(squares - used::double precision * used / days, 0) / (days - 1) AS kk
                                   WHERE in_force AND active_days >= 3
                                  OFFSET 0) s
                          OFFSET 0) q
                  OFFSET 0) d
          OFFSET 0) f
   RIGHT JOIN (SELECT) always ON true
$$;

-- The same as the protocol shows it, of a row of a snapshot.
CREATE OR REPLACE FUNCTION entitled.forecast_object(s entitled.snapshot) RETURNS jsonb
LANGUAGE sql IMMUTABLE AS $$
  SELECT jsonb_build_object(
    'status', s.forecast, 'per_day', round(s.per_day::numeric, 3), 'runs_out', s.runs_out, 'runs_out_early', s.runs_out_early,
    'runs_out_late', s.runs_out_late, 'left_at_expiry', s.left_at_expiry, 'left_low', s.left_low, 'left_high', s.left_high)
$$;
