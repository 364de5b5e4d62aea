-- The lists of the nightly report. Each section is a function
--   entitled.report_<section>(n, whose, after, rows) → (n, key, object)
-- of a night, one partner or (NULL) all, the key after which the page begins (NULL: from the start), and how many rows; in
-- order. A key is numbers with dots between them.

-- A moment as a number in a key: microseconds since 1970.
CREATE OR REPLACE FUNCTION entitled.time_key(at timestamptz) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN (extract(epoch FROM at) * 1000000)::bigint;

-- ---------------------------------------------------------------- pools

-- The pools of a page, in the order of their partners' codes, contracts and names: partner and grant.
CREATE OR REPLACE FUNCTION entitled.report_pools_page(night entitled.night, whose bigint, after bigint[], rows int)
RETURNS TABLE (n bigint, partner_id bigint, grant_id bigint)
LANGUAGE plpgsql STABLE ROWS 5 AS $$
#variable_conflict use_column
DECLARE
  -- Where the page before ended.
  from_code text := (SELECT p.code FROM entitled.partner p WHERE p.partner_id = after[1]);
  from_contract bigint := (SELECT g.contract_id FROM entitled.pool_grant g WHERE g.partner_id = after[1] AND g.grant_id = after[2]);
  from_pool text := (SELECT g.benefit FROM entitled.pool_grant g WHERE g.partner_id = after[1] AND g.grant_id = after[2]);
  found_source text := CASE WHEN night.taken_at IS NOT NULL THEN
      'SELECT s.grant_id, g.contract_id, g.benefit FROM entitled.snapshot s'
      ' JOIN entitled.pool_grant g ON g.partner_id = s.partner_id AND g.grant_id = s.grant_id'
      ' WHERE s.partner_id = p.partner_id AND s.date = $1'
    ELSE
      'SELECT g.grant_id, g.contract_id, g.benefit FROM entitled.pool_grant g WHERE g.partner_id = p.partner_id AND g.starts < $2'
      ' AND (g.ends IS NULL OR (g.ends > g.starts AND g.ends >= $2 - interval ''30 days''))'
    END;
BEGIN
  IF after IS NOT NULL AND from_pool IS NULL THEN
    PERFORM entitled.refuse('invalid_params', 'parameter `cursor` is not one that this method gave as `next`');
  END IF;
  IF whose IS NOT NULL THEN
    RETURN QUERY
    SELECT row_number() OVER (ORDER BY g.contract_id, g.benefit), g.partner_id, g.grant_id
      FROM entitled.pool_grant g
     WHERE g.partner_id = whose
       AND CASE WHEN night.taken_at IS NOT NULL THEN EXISTS (
                  SELECT FROM entitled.snapshot s WHERE s.partner_id = whose AND s.date = night.date AND s.grant_id = g.grant_id)
                ELSE g.starts < night.cut_off
                     AND (g.ends IS NULL OR (g.ends > g.starts AND g.ends >= night.cut_off - interval '30 days')) END
       AND (after IS NULL OR (g.contract_id, g.benefit::text) > (from_contract, from_pool))
     ORDER BY g.contract_id, g.benefit LIMIT rows;
    RETURN;
  END IF;
  -- OFFSET 0: the pools of one partner after the other, until there are enough.
  RETURN QUERY EXECUTE format(
    'SELECT row_number() OVER (ORDER BY p.code, f.contract_id, f.benefit), p.partner_id, f.grant_id'
    '  FROM entitled.partner p CROSS JOIN LATERAL (%s OFFSET 0) f WHERE p.code >= $3 %s'
    ' ORDER BY p.code, f.contract_id, f.benefit LIMIT $6',
    found_source, CASE WHEN after IS NOT NULL THEN 'AND (p.code, f.contract_id, f.benefit) > ($3, $4, $5)' ELSE '' END)
    USING night.date, night.cut_off, coalesce(from_code, ''), from_contract, from_pool, rows;
END
$$;

-- How much of a pool is used (what was given back is not), in whole per cent: 100 only where nothing is left.
CREATE OR REPLACE FUNCTION entitled.figure_percent(f entitled.snapshot) RETURNS int
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN f.granted + f.topped_up > 0 THEN (f.used - f.credited)::bigint * 100 / (f.granted::bigint + f.topped_up) ELSE 0 END;

-- A pool's figures as the protocol shows them.
CREATE OR REPLACE FUNCTION entitled.figure_object(f entitled.snapshot, g entitled.pool_grant) RETURNS jsonb
LANGUAGE sql STABLE AS $$
  SELECT jsonb_build_object(
    'partner', p.code, 'name', p.name, 'time_zone', p.time_zone, 'pool', g.benefit, 'unit', g.unit, 'contract', entitled.contract_name(g.contract_id),
    'plan', (SELECT c.plan FROM entitled.contract c WHERE c.partner_id = g.partner_id AND c.contract_id = g.contract_id),
    'coverage', g.coverage, 'starts', g.starts, 'expires', f.expires, 'granted', f.granted, 'topped_up', f.topped_up,
    'used', f.used, 'credited', f.credited, 'expired', f.expired, 'overage', f.overage, 'left', f.left_units,
    'percent', entitled.figure_percent(f), 'last_30', f.last_30, 'used_that_day', f.that_day, 'active_days', f.active_days,
    'forecast', entitled.forecast_object(f), 'status', f.status)
    FROM entitled.partner p WHERE p.partner_id = f.partner_id
$$;

CREATE OR REPLACE FUNCTION entitled.report_pools(night entitled.night, whose bigint, after bigint[], rows int)
RETURNS TABLE (n bigint, key text, object jsonb)
LANGUAGE plpgsql STABLE AS $$
#variable_conflict use_column
DECLARE
  partners bigint[];
  grants bigint[];
  places bigint[];
BEGIN
  SELECT array_agg(p.partner_id ORDER BY p.n), array_agg(p.grant_id ORDER BY p.n) INTO partners, grants
    FROM entitled.report_pools_page(night, whose, after, rows) p;
  RETURN QUERY
  SELECT page.n, f.partner_id || '.' || f.grant_id, entitled.figure_object(f, g)
    FROM entitled.figures(night, array(SELECT DISTINCT u FROM unnest(partners) u)) f
    JOIN unnest(partners, grants) WITH ORDINALITY page (partner_id, grant_id, n)
      ON page.partner_id = f.partner_id AND page.grant_id = f.grant_id
   CROSS JOIN LATERAL (SELECT * FROM entitled.pool_grant l
                        WHERE l.partner_id = f.partner_id AND l.grant_id = f.grant_id LIMIT 1) g
   ORDER BY page.n;
END
$$;

-- ---------------------------------------------------------------- what happened on that day

CREATE OR REPLACE FUNCTION entitled.report_refusals(night entitled.night, whose bigint, after bigint[], rows int)
RETURNS TABLE (n bigint, key text, object jsonb)
LANGUAGE plpgsql STABLE AS $$
DECLARE
  first_id bigint := coalesce(whose, 0); -- a range, which an index serves for one partner and for all
  last_id bigint := coalesce(whose, 9223372036854775807);
BEGIN
  RETURN QUERY
  SELECT row_number() OVER (ORDER BY r.at, r.refusal_id), concat_ws('.', entitled.time_key(r.at), r.refusal_id),
         jsonb_build_object('at', r.at, 'partner', p.code, 'name', p.name, 'by', entitled.principal_name(r.principal_id),
                            'reason', r.reason, 'class', r.class, 'method', r.method)
         || CASE WHEN r.request ? 'title' THEN jsonb_build_object('title', r.request -> 'title') ELSE '{}' END
    FROM entitled.refusal r JOIN entitled.partner p ON p.partner_id = r.partner_id
   WHERE r.at >= night.begins AND r.at < night.cut_off AND r.partner_id BETWEEN first_id AND last_id
     AND (after IS NULL OR (entitled.time_key(r.at), r.refusal_id) > (after[1], after[2]))
   ORDER BY r.at, r.refusal_id LIMIT rows;
END
$$;

CREATE OR REPLACE FUNCTION entitled.report_overrides(night entitled.night, whose bigint, after bigint[], rows int)
RETURNS TABLE (n bigint, key text, object jsonb)
LANGUAGE plpgsql STABLE AS $$
DECLARE
  first_id bigint := coalesce(whose, 0);
  last_id bigint := coalesce(whose, 9223372036854775807);
BEGIN
  RETURN QUERY
  SELECT row_number() OVER (ORDER BY i.opened_at, i.incident_id), concat_ws('.', entitled.time_key(i.opened_at), i.incident_id),
         jsonb_build_object('at', i.opened_at, 'partner', p.code, 'name', p.name, 'incident', entitled.incident_name(i.incident_id),
                            'pool', g.benefit, 'contract', entitled.contract_name(g.contract_id),
                            'by', entitled.principal_name(l.principal_id), 'note', l.note)
    FROM entitled.ledger l
    JOIN entitled.incident i ON i.partner_id = l.partner_id AND i.incident_id = l.incident_id
    JOIN entitled.pool_grant g ON g.partner_id = l.partner_id AND g.grant_id = l.grant_id
    JOIN entitled.partner p ON p.partner_id = l.partner_id
   WHERE l.kind = 'override' AND i.opened_at >= night.begins AND i.opened_at < night.cut_off
     AND l.partner_id BETWEEN first_id AND last_id
     AND (after IS NULL OR (entitled.time_key(i.opened_at), i.incident_id) > (after[1], after[2]))
   ORDER BY i.opened_at, i.incident_id LIMIT rows;
END
$$;

-- Of the snapshot of that day, by partner and pool.
CREATE OR REPLACE FUNCTION entitled.report_alerts(night entitled.night, whose bigint, after bigint[], rows int)
RETURNS TABLE (n bigint, key text, object jsonb)
LANGUAGE plpgsql STABLE AS $$
DECLARE
  first_id bigint := coalesce(whose, 0); -- a range, which an index serves for one partner and for all
  last_id bigint := coalesce(whose, 9223372036854775807);
BEGIN
  RETURN QUERY
  SELECT row_number() OVER (ORDER BY a.partner_id, a.grant_id, a.rank), concat_ws('.', a.partner_id, a.grant_id, a.rank),
         jsonb_build_object('partner', p.code, 'name', p.name, 'pool', g.benefit, 'contract', entitled.contract_name(g.contract_id),
                            'kind', a.kind, 'text', a.text)
    FROM (SELECT l.*, array_position('{used_100,used_80,runs_out,expires_in_30}'::text[], l.kind::text) AS rank
            FROM entitled.alert l WHERE l.date = night.date) a
    JOIN entitled.partner p ON p.partner_id = a.partner_id
    JOIN entitled.pool_grant g ON g.partner_id = a.partner_id AND g.grant_id = a.grant_id
   WHERE a.partner_id BETWEEN first_id AND last_id
     AND (after IS NULL OR (a.partner_id, a.grant_id, a.rank) > (after[1], after[2], after[3]))
   ORDER BY a.partner_id, a.grant_id, a.rank LIMIT rows;
END
$$;

-- ---------------------------------------------------------------- what stood at the cut-off

-- The higher level first, then the older.
CREATE OR REPLACE FUNCTION entitled.report_escalations(night entitled.night, whose bigint, after bigint[], rows int)
RETURNS TABLE (n bigint, key text, object jsonb)
LANGUAGE plpgsql STABLE AS $$
DECLARE
  first_id bigint := coalesce(whose, 0); -- a range, which an index serves for one partner and for all
  last_id bigint := coalesce(whose, 9223372036854775807);
BEGIN
  RETURN QUERY
  SELECT row_number() OVER (ORDER BY -e.level, e.raised_at, e.escalation_id),
         concat_ws('.', -e.level, entitled.time_key(e.raised_at), e.escalation_id),
         jsonb_build_object(
           'escalation', entitled.escalation_name(e.escalation_id), 'incident', entitled.incident_name(e.incident_id),
           'partner', p.code, 'name', p.name, 'level', e.level, 'state', e.state, 'raised_at', e.raised_at,
           'age_hours', floor(extract(epoch FROM night.cut_off - e.raised_at) / 3600)::int, 'overdue', e.overdue, 'reason', e.reason)
    FROM entitled.escalations_at(night.cut_off) e JOIN entitled.partner p ON p.partner_id = e.partner_id
   WHERE e.partner_id BETWEEN first_id AND last_id
     AND (after IS NULL OR (-e.level, entitled.time_key(e.raised_at), e.escalation_id) > (after[1], after[2], after[3]))
   ORDER BY -e.level, e.raised_at, e.escalation_id LIMIT rows;
END
$$;

-- A partner's incidents: opened in the 30 days before the cut-off, or open then; newest first.
CREATE OR REPLACE FUNCTION entitled.report_incidents(night entitled.night, whose bigint, after bigint[], rows int)
RETURNS TABLE (n bigint, key text, object jsonb)
LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN QUERY
  SELECT row_number() OVER (ORDER BY i.opened_at DESC, i.incident_id DESC),
         concat_ws('.', -entitled.time_key(i.opened_at), -i.incident_id),
         jsonb_build_object(
           'incident', entitled.incident_name(i.incident_id), 'title', i.title, 'class', i.class, 'severity', i.severity,
           'state', entitled.incident_state_at(i.partner_id, i.incident_id, night.cut_off), 'opened_at', i.opened_at,
           'pool', g.benefit, 'contract', entitled.contract_name(g.contract_id))
    FROM entitled.incident i
    LEFT JOIN LATERAL (SELECT l.grant_id FROM entitled.ledger l
                        WHERE l.partner_id = i.partner_id AND l.incident_id = i.incident_id
                          AND l.kind IN ('debit', 'override', 'late') LIMIT 1) charge ON true
    LEFT JOIN LATERAL (SELECT o.benefit, o.contract_id FROM entitled.pool_grant o
                        WHERE o.partner_id = i.partner_id AND o.grant_id = charge.grant_id LIMIT 1) g ON true
   WHERE i.partner_id = whose AND i.opened_at < night.cut_off
     AND (i.opened_at >= night.cut_off - interval '30 days'
          OR entitled.incident_open_at(i.partner_id, i.incident_id, i.reopened, i.resolved_at, night.cut_off))
     AND (after IS NULL OR (-entitled.time_key(i.opened_at), -i.incident_id) > (after[1], after[2]))
   ORDER BY i.opened_at DESC, i.incident_id DESC LIMIT rows;
END
$$;

-- ---------------------------------------------------------------- a partner's ledger and curves

-- The entries of a partner's pools that a night shows, in the order in which they happened: what each changed of what was
-- left, and what was left after it. What has lapsed by itself is one entry, of the end of the term, whether it is booked or
-- not; what is given back, or taken, after that end changes nothing any more. Of a snapshot: what was entered by then.
-- place: where an entry stands among those of one moment.
CREATE OR REPLACE FUNCTION entitled.report_entries(night entitled.night, whose bigint)
RETURNS TABLE (happened_at timestamptz, place int, grant_id bigint, at timestamptz, kind text, change bigint, left_units bigint,
               incident_id bigint, principal_id bigint, why text)
LANGUAGE sql STABLE AS $$
  WITH shown AS MATERIALIZED (
    SELECT f.grant_id, f.expires, g.starts FROM entitled.figures(night, ARRAY[whose]) f
      JOIN entitled.pool_grant g ON g.partner_id = f.partner_id AND g.grant_id = f.grant_id),
  entry AS (
    SELECT h.happened_at, l.seq AS place, l.grant_id, l.at, l.kind::text AS kind,
           CASE WHEN h.happened_at > s.expires AND s.expires < night.cut_off THEN 0
                ELSE CASE l.kind WHEN 'grant' THEN l.units WHEN 'top_up' THEN l.units WHEN 'override' THEN 0
                                 WHEN 'credit' THEN CASE WHEN c.kind = 'override' THEN 0 ELSE l.units END ELSE -l.units END END AS change,
           l.incident_id, l.principal_id, concat_ws(': ', replace(l.reason, '_', ' '), l.note) AS why
      FROM shown s
      JOIN entitled.ledger l ON l.partner_id = whose AND l.grant_id = s.grant_id AND l.kind <> 'expiry'
      LEFT JOIN LATERAL (SELECT i.opened_at FROM entitled.incident i
                          WHERE i.partner_id = whose AND i.incident_id = l.incident_id
                            AND l.kind IN ('debit', 'late', 'override') LIMIT 1) i ON true
      LEFT JOIN LATERAL (SELECT o.kind FROM entitled.ledger o
                          WHERE l.kind = 'credit' AND o.partner_id = whose AND o.incident_id = l.incident_id
                            AND o.kind IN ('debit', 'override', 'late') LIMIT 1) c ON true
     CROSS JOIN LATERAL (SELECT CASE l.kind WHEN 'grant' THEN s.starts
                                            ELSE greatest(coalesce(i.opened_at, l.at), s.starts) END) h (happened_at)
     WHERE h.happened_at < night.cut_off AND (night.taken_at IS NULL OR l.at <= night.taken_at)
    UNION ALL
    SELECT s.expires, 2147483647, s.grant_id, b.at, 'expiry', NULL, NULL, b.principal_id, b.note
      FROM shown s
      LEFT JOIN LATERAL (SELECT l.at, l.principal_id, l.note FROM entitled.ledger l
                          WHERE l.partner_id = whose AND l.grant_id = s.grant_id AND l.kind = 'expiry' ORDER BY l.seq LIMIT 1) b ON true
     WHERE s.expires < night.cut_off),
  counted AS (
    SELECT e.*, sum(e.change) OVER (PARTITION BY e.grant_id ORDER BY e.happened_at, e.place) AS had FROM entry e)
  SELECT e.happened_at, e.place, e.grant_id, e.at, e.kind, coalesce(e.change, -e.had),
         CASE WHEN e.kind = 'expiry' OR (e.happened_at > s.expires AND s.expires < night.cut_off) THEN 0 ELSE e.had END, e.incident_id, e.principal_id, nullif(e.why, '')
    FROM counted e JOIN shown s ON s.grant_id = e.grant_id
   WHERE e.kind <> 'expiry' OR e.had <> 0
$$;

-- Newest first.
CREATE OR REPLACE FUNCTION entitled.report_ledger(night entitled.night, whose bigint, after bigint[], rows int)
RETURNS TABLE (n bigint, key text, object jsonb)
LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN QUERY
  SELECT row_number() OVER (ORDER BY e.happened_at DESC, e.grant_id DESC, e.place DESC),
         concat_ws('.', -entitled.time_key(e.happened_at), -e.grant_id, -e.place),
         jsonb_build_object('happened_at', e.happened_at, 'at', e.at, 'kind', e.kind, 'change', e.change, 'left', e.left_units,
                            'pool', g.benefit, 'contract', entitled.contract_name(g.contract_id),
                            'incident', entitled.incident_name(e.incident_id),
                            'by', coalesce(entitled.principal_name(e.principal_id), 'system'), 'why', e.why)
    FROM entitled.report_entries(night, whose) e
    JOIN entitled.pool_grant g ON g.partner_id = whose AND g.grant_id = e.grant_id
   WHERE after IS NULL OR (-entitled.time_key(e.happened_at), -e.grant_id, -e.place) > (after[1], after[2], after[3])
   ORDER BY e.happened_at DESC, e.grant_id DESC, e.place DESC LIMIT rows;
END
$$;

-- What was left of each pool at the end of each day on which that changed, from the first of its term to the report's.
CREATE OR REPLACE FUNCTION entitled.report_curves(night entitled.night, whose bigint, after bigint[], rows int)
RETURNS TABLE (n bigint, key text, object jsonb)
LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN QUERY
  WITH ended AS ( -- a day each
    SELECT DISTINCT ON (e.grant_id, d.day) e.grant_id, d.day, e.left_units
      FROM entitled.report_entries(night, whose) e
     CROSS JOIN LATERAL (SELECT (e.happened_at AT TIME ZONE night.time_zone)::date AS day) d
     ORDER BY e.grant_id, d.day, e.happened_at DESC, e.place DESC),
  point AS (
    SELECT p.grant_id, p.day, p.left_units
      FROM (SELECT d.*, lag(d.left_units) OVER w AS before
              FROM ended d WINDOW w AS (PARTITION BY d.grant_id ORDER BY d.day)) p
     WHERE p.left_units IS DISTINCT FROM p.before AND p.day < night.date
    UNION ALL
    SELECT f.grant_id, night.date, f.left_units FROM entitled.figures(night, ARRAY[whose]) f)
  SELECT row_number() OVER (ORDER BY g.contract_id, g.benefit), concat_ws('.', whose, f.grant_id),
         jsonb_build_object(
           'pool', g.benefit, 'contract', entitled.contract_name(g.contract_id), 'unit', g.unit, 'granted', f.granted + f.topped_up,
           'starts', g.starts, 'expires', f.expires, 'left', f.left_units, 'forecast', entitled.forecast_object(f),
           'points', (SELECT jsonb_agg(jsonb_build_array(q.day, q.left_units) ORDER BY q.day) FROM point q WHERE q.grant_id = f.grant_id))
    FROM entitled.report_pools_page(night, whose, after, rows) page
    JOIN entitled.figures(night, ARRAY[whose]) f ON f.grant_id = page.grant_id
    JOIN entitled.pool_grant g ON g.partner_id = f.partner_id AND g.grant_id = f.grant_id
   ORDER BY g.contract_id, g.benefit;
END
$$;
