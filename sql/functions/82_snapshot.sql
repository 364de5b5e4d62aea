-- The figures of a day: of each pool at its cut-off, reckoned from the ledger; report.snapshot keeps them, report.pending
-- and report.finish tell which nights are not done (doc/architecture.md, "The night").
--
-- What counts is what had happened before the cut-off: a charge of an incident when that was opened, whenever it was
-- entered; usage, top-ups and credits when they were booked; a grant and all before it from the start of its term. What is
-- left at the end of a term has expired then, booked or not (rule 7).

-- The statement that reckons a day: rows of entitled.snapshot. $1 begins, $2 the cut-off, $3 the time zone, $4 the date; and where
-- it is for some partners only, $5 their numbers (so that each form is planned for itself).
CREATE OR REPLACE FUNCTION entitled.figures_query(few boolean) RETURNS text
LANGUAGE sql IMMUTABLE AS $$
  SELECT format($query$
  WITH back AS MATERIALIZED ( -- what was given back, and the kind of charge that it was
    SELECT l.partner_id, l.grant_id, l.incident_id, l.units, l.at, c.kind
      FROM entitled.ledger l
      JOIN entitled.ledger c ON c.partner_id = l.partner_id AND c.incident_id = l.incident_id AND c.grant_id = l.grant_id
                                AND c.kind IN ('debit', 'override', 'late')
     WHERE l.kind = 'credit' %1$s),
  cut AS MATERIALIZED ( -- terms that were cut short after the cut-off: their end was still the one that was agreed on
    SELECT l.partner_id, l.contract_id, entitled.day_starts(l.ends, p.time_zone) AS expires
      FROM (SELECT l.* FROM entitled.contract l WHERE l.cancelled_at IS NOT NULL %1$s
            UNION ALL
            SELECT c.* FROM entitled.contract l
              JOIN entitled.contract c ON c.partner_id = l.partner_id AND c.contract_id = l.upgrades AND c.cancelled_at IS NULL
             WHERE l.upgrades IS NOT NULL %1$s) l
      JOIN entitled.partner p ON p.partner_id = l.partner_id
     WHERE l.term_ends >= $2),
  -- What each entry is at the cut-off: g granted, t topped up, o beyond, u used (of a day), b used and given back, c given back,
  -- x booked as lapsed (a late one takes of it back); of what came after it: a added, s taken.
  entry AS (
    SELECT l.partner_id, l.grant_id, l.units, CASE WHEN l.kind IN ('late', 'late_usage') THEN l.units END AS late,
           CASE WHEN l.kind = 'debit' OR l.kind = 'late' THEN
                  CASE WHEN i.opened_at >= $2 THEN 's' WHEN back.at < $2 THEN 'b' ELSE 'u' END
                WHEN l.kind IN ('usage', 'late_usage') THEN CASE WHEN l.at >= $2 THEN 's' ELSE 'u' END
                WHEN l.kind = 'grant' THEN 'g'
                WHEN l.kind = 'top_up' THEN CASE WHEN l.at >= $2 THEN 'a' ELSE 't' END
                WHEN l.kind = 'expiry' THEN 'x'
                WHEN i.opened_at < $2 THEN 'o' END::"char" AS what,
           CASE WHEN l.kind IN ('usage', 'late_usage') THEN l.at WHEN l.kind IN ('debit', 'late') THEN i.opened_at END AS happened
      FROM entitled.ledger l
      LEFT JOIN entitled.incident i ON i.partner_id = l.partner_id AND i.incident_id = l.incident_id
      LEFT JOIN back ON back.partner_id = l.partner_id AND back.incident_id = l.incident_id AND back.grant_id = l.grant_id
     WHERE l.kind <> 'credit' %1$s
    UNION ALL
    SELECT l.partner_id, l.grant_id, CASE l.kind WHEN 'override' THEN -l.units ELSE l.units END, NULL,
           CASE WHEN l.kind <> 'override' THEN CASE WHEN l.at < $2 THEN 'c' ELSE 'a' END WHEN l.at < $2 THEN 'o' END::"char", NULL
      FROM back l),
  daily AS (
    SELECT e.partner_id, e.grant_id, e.what, e.day, sum(e.units)::int AS units, sum(e.late)::int AS late
      FROM (SELECT partner_id, grant_id, what, CASE WHEN what = 'u' THEN (happened AT TIME ZONE $3)::date END AS day, units, late
              FROM entry) e
     GROUP BY e.partner_id, e.grant_id, e.what, e.day),
  pool AS (
    SELECT partner_id, grant_id,
           coalesce(sum(units) FILTER (WHERE what = 'g'), 0)::int AS granted,
           coalesce(sum(units) FILTER (WHERE what = 't'), 0)::int AS topped_up,
           coalesce(sum(units) FILTER (WHERE what = 'u'), 0)::int AS kept,
           coalesce(sum(units) FILTER (WHERE what = 'b'), 0)::int AS undone,
           coalesce(sum(units) FILTER (WHERE what = 'c'), 0)::int AS credited,
           coalesce(sum(units) FILTER (WHERE what = 'o'), 0)::int AS overage,
           (coalesce(sum(units) FILTER (WHERE what = 'x'), 0) - coalesce(sum(late), 0))::int AS booked,
           coalesce(sum(units) FILTER (WHERE what = 'a'), 0)::int AS added_since,
           coalesce(sum(units) FILTER (WHERE what = 's'), 0)::int AS taken_since,
           coalesce(sum(units::bigint * units) FILTER (WHERE what = 'u'), 0)::bigint AS squares,
           count(*) FILTER (WHERE what = 'u')::int AS active_days,
           coalesce(sum(units) FILTER (WHERE day > $4 - 30), 0)::int AS last_30,
           coalesce(sum(units) FILTER (WHERE day = $4), 0)::int AS that_day
      FROM daily GROUP BY partner_id, grant_id)
  SELECT g.partner_id, $4 AS date, g.grant_id, term.expires, s.granted, s.topped_up, s.used, s.credited, s.expired, s.overage,
         s.left_units,
         -- By the counters of now, rolled back: what came after the cut-off, and what was booked or has lapsed.
         g.granted - g.used - g.expired - s.added_since + s.taken_since + s.booked - s.expired AS reckoned,
         s.last_30, s.that_day, s.active_days,
         CASE WHEN s.over THEN 'expired' WHEN s.left_units <= 0 AND s.had > 0 THEN 'exhausted'
              WHEN s.kept::bigint * 5 >= s.had::bigint * 4 AND s.had > 0 THEN 'nearly' WHEN f.runs_out IS NOT NULL THEN 'runs_out'
              WHEN term.expires < $2 + interval '30 days' THEN 'expires_soon' ELSE 'ok' END::entitled.pool_status AS status,
         f.status::entitled.forecast_status AS forecast, f.per_day, $4 + f.runs_out AS runs_out, $4 + f.early AS runs_out_early,
         $4 + f.late AS runs_out_late, f.left_at_expiry, f.left_low, f.left_high
    FROM entitled.pool_grant g
    LEFT JOIN cut ON cut.partner_id = g.partner_id AND cut.contract_id = g.contract_id
   CROSS JOIN LATERAL (SELECT coalesce(cut.expires, g.ends) AS expires) term
    LEFT JOIN pool e ON e.partner_id = g.partner_id AND e.grant_id = g.grant_id
   CROSS JOIN LATERAL ( -- (A pool has an entry; where somebody took it out, that is a difference and no error.)
     SELECT coalesce(e.granted, 0) AS granted, coalesce(e.topped_up, 0) AS topped_up, coalesce(e.kept + e.undone, 0) AS used,
            coalesce(e.kept, 0) AS kept, coalesce(e.credited, 0) AS credited, coalesce(e.overage, 0) AS overage,
            coalesce(e.booked, 0) AS booked, coalesce(e.added_since, 0) AS added_since, coalesce(e.taken_since, 0) AS taken_since,
            coalesce(e.squares, 0) AS squares, coalesce(e.active_days, 0) AS active_days, coalesce(e.last_30, 0) AS last_30,
            coalesce(e.that_day, 0) AS that_day, coalesce(e.granted + e.topped_up, 0) AS had,
            coalesce(term.expires < $2, false) AS over
     OFFSET 0) r
   CROSS JOIN LATERAL (
     SELECT r.*, CASE WHEN r.over THEN r.had - r.used + r.credited ELSE 0 END AS expired,
            CASE WHEN r.over THEN 0 ELSE r.had - r.used + r.credited END AS left_units
     OFFSET 0) s
   CROSS JOIN LATERAL entitled.forecast(
     NOT s.over AND s.had > 0, s.left_units, s.kept, s.squares, s.active_days, $4 - (g.starts AT TIME ZONE $3)::date + 1,
     coalesce(((term.expires - interval '1 microsecond') AT TIME ZONE $3)::date, '9999-12-31') - $4) f
   WHERE g.starts < $2 AND (g.ends IS NULL OR (g.ends > g.starts AND g.ends >= $2 - interval '30 days')) %2$s
  $query$, CASE WHEN few THEN 'AND l.partner_id = ANY ($5)' ELSE '' END, CASE WHEN few THEN 'AND g.partner_id = ANY ($5)' ELSE '' END)
$$;

-- The same of some partners as a function, so that its plan is kept: there is a page for each partner.
DO $$
BEGIN
  EXECUTE format('CREATE OR REPLACE FUNCTION entitled.figures_of_some(timestamptz, timestamptz, text, date, bigint[])'
                 ' RETURNS SETOF entitled.snapshot LANGUAGE plpgsql STABLE ROWS 5 AS %L',
                 'BEGIN RETURN QUERY ' || entitled.figures_query(true) || '; END');
END
$$;

-- The statement that has the figures of all partners; its parameters are those of figures_query().
CREATE OR REPLACE FUNCTION entitled.figures_source(taken boolean) RETURNS text
LANGUAGE sql IMMUTABLE
RETURN CASE WHEN taken THEN 'SELECT s.* FROM entitled.snapshot s WHERE s.date = $4' ELSE entitled.figures_query(false) END;

-- The figures of a night and of some partners: those that were kept, or what they would be now. (ROWS: so that what is
-- joined to them is looked up, and not read as a whole.)
CREATE OR REPLACE FUNCTION entitled.figures(n entitled.night, of_partners bigint[]) RETURNS SETOF entitled.snapshot
LANGUAGE plpgsql STABLE ROWS 5 AS $$
BEGIN
  IF n.taken_at IS NULL THEN
    RETURN QUERY SELECT * FROM entitled.figures_of_some(n.begins, n.cut_off, n.time_zone, n.date, of_partners);
  ELSE
    RETURN QUERY SELECT s.* FROM entitled.snapshot s WHERE s.partner_id = ANY (of_partners) AND s.date = n.date;
  END IF;
END
$$;

-- Notes what a snapshot has that is to be told once (a pool's status may say several; of 80 and 100 % only the latter).
-- How many are new.
CREATE OR REPLACE FUNCTION entitled.alerts_raise(n entitled.night) RETURNS int
LANGUAGE plpgsql AS $$
DECLARE
  raised int;
BEGIN
  INSERT INTO entitled.alert (partner_id, grant_id, kind, date, text)
  SELECT s.partner_id, s.grant_id, a.kind, n.date,
         format(a.words, g.benefit, s.used - s.credited, s.granted + s.topped_up, s.runs_out,
                (s.expires AT TIME ZONE p.time_zone)::date)
    FROM entitled.snapshot s
    JOIN entitled.pool_grant g ON g.partner_id = s.partner_id AND g.grant_id = s.grant_id
    JOIN entitled.partner p ON p.partner_id = s.partner_id
   CROSS JOIN LATERAL (VALUES
           ('used_80', s.status = 'nearly', '%1$s: %2$s of %3$s used'),
           ('used_100', s.status = 'exhausted', '%1$s: all %3$s used'),
           ('runs_out', s.runs_out IS NOT NULL AND s.left_units > 0, '%1$s: %2$s of %3$s used; at this rate nothing is left on %4$s'),
           ('expires_in_30', s.left_units > 0 AND s.expires < n.cut_off + interval '30 days',
            '%1$s: %2$s of %3$s used; the rest expires on %5$s')) a (kind, yes, words)
   WHERE s.date = n.date AND s.status <> 'ok' AND a.yes
     AND NOT (a.kind = 'used_80' AND (s.partner_id, s.grant_id) IN (
           SELECT t.partner_id, t.grant_id FROM entitled.alert t WHERE t.kind = 'used_100'))
      ON CONFLICT DO NOTHING;
  GET DIAGNOSTICS raised = ROW_COUNT;
  RETURN raised;
END
$$;

-- Books what has lapsed (rule 7), of so many partners at the most: what is left lapses by itself, the entries can wait.
CREATE OR REPLACE FUNCTION entitled.snapshot_expire(by_principal bigint, at_most int) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
  whose bigint;
BEGIN
  FOR whose IN
    SELECT DISTINCT g.partner_id FROM entitled.pool_grant g
     WHERE g.ends <= entitled.clock_now() AND g.used + g.expired < g.granted
     ORDER BY g.partner_id LIMIT at_most
  LOOP
    PERFORM entitled.grants_expire(whose, by_principal);
  END LOOP;
END
$$;

-- {"date", "cut_off", "partners", "pools", "already", "differences", "alerts"}: keeps the figures of a day, all as of one moment
-- (they come from one statement); a date taken before stays as it was. Of two at once the second waits, and finds it taken.
-- invalid_params: the date, or the day is not over.
-- The settings: this one reads all there is, and its plan is made for that (those of the daemon's role are for look-ups).
CREATE OR REPLACE FUNCTION entitled.report_snapshot(caller entitled.principal, params jsonb) RETURNS jsonb
LANGUAGE plpgsql
SET enable_seqscan = on
SET work_mem = '128MB'
AS $$
DECLARE
  n entitled.night := entitled.night_of(entitled.date_param(params, 'date'));
  already boolean := n.taken_at IS NOT NULL;
  raised int;
BEGIN
  IF NOT already AND n.date > entitled.program_last_day() THEN
    PERFORM entitled.refuse('invalid_params', format('parameter `date`: %s is not over yet in %s', n.date, n.time_zone));
  END IF;
  IF NOT already THEN
    INSERT INTO entitled.night (date, begins, cut_off, time_zone, taken_at, partners, pools, summary)
    VALUES (n.date, n.begins, n.cut_off, n.time_zone, entitled.clock_now(), 0, 0, '{}')
        ON CONFLICT (date) DO NOTHING;
    already := NOT FOUND;
  END IF;
  IF already THEN
    SELECT * INTO STRICT n FROM entitled.night WHERE date = n.date;
    SELECT count(*) INTO raised FROM entitled.alert WHERE date = n.date;
  ELSE
    EXECUTE entitled.summary_query('INSERT INTO entitled.snapshot ' || entitled.figures_query(false) || ' RETURNING *', false)
       INTO n.summary USING n.begins, n.cut_off, n.time_zone, n.date, NULL::bigint[];
    raised := entitled.alerts_raise(n);
    UPDATE entitled.night k
       SET partners = (n.summary #>> '{totals,partners}')::int, pools = (n.summary #>> '{totals,pools}')::int,
           summary = n.summary || jsonb_build_object('alerts_total', raised, 'before', (
             SELECT y.summary -> 'totals' FROM entitled.night y WHERE y.date = n.date - 1))
     WHERE k.date = n.date
    RETURNING * INTO n;
    PERFORM entitled.snapshot_expire(caller.principal_id, 1000);
  END IF;
  RETURN jsonb_build_object('date', n.date, 'cut_off', n.cut_off, 'partners', n.partners, 'pools', n.pools, 'already', already,
                            'differences', n.summary -> 'differences_total', 'alerts', raised);
END
$$;

-- {"dates"}: the nights whose report is not finished: from the day after the last finished one to the last day that is over;
-- before any was finished, from the first that was begun within a month, or only that last day.
CREATE OR REPLACE FUNCTION entitled.report_pending(caller entitled.principal, params jsonb) RETURNS jsonb
LANGUAGE plpgsql STABLE AS $$
DECLARE
  last_day date := entitled.program_last_day();
BEGIN
  RETURN jsonb_build_object('dates', (
    SELECT coalesce(jsonb_agg(f.first_day + d ORDER BY d), '[]')
      FROM (SELECT coalesce(max(date) FILTER (WHERE finished_at IS NOT NULL) + 1,
                            min(date) FILTER (WHERE date > last_day - 31), last_day) AS first_day FROM entitled.night) f
     CROSS JOIN LATERAL generate_series(0, last_day - f.first_day) d));
END
$$;

-- {"date", "already"}. invalid_params: the date; invalid_state: there is no snapshot of it.
CREATE OR REPLACE FUNCTION entitled.report_finish(caller entitled.principal, params jsonb) RETURNS jsonb
LANGUAGE plpgsql AS $$
DECLARE
  day date := entitled.date_param(params, 'date');
  n entitled.night;
BEGIN
  SELECT * INTO n FROM entitled.night WHERE date = day FOR NO KEY UPDATE;
  IF NOT FOUND THEN
    PERFORM entitled.refuse('invalid_state', format('there is no snapshot of %s: take it first', day));
  END IF;
  UPDATE entitled.night SET finished_at = entitled.clock_now() WHERE date = day AND finished_at IS NULL;
  RETURN jsonb_build_object('date', day, 'already', n.finished_at IS NOT NULL);
END
$$;
