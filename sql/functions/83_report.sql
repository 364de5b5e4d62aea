-- report.usage: the figures of the nightly report of a day, its summary and (83_report_sections.sql) its lists. Of a day of
-- which a snapshot was taken, the pools and the summary of the program are those of the snapshot; the rest is read as of its
-- cut-off.

-- The state of an incident at a moment: what its timeline said last before that.
CREATE OR REPLACE FUNCTION entitled.incident_state_at(of_partner bigint, of_incident bigint, moment timestamptz) RETURNS text
LANGUAGE sql STABLE AS $$
  SELECT coalesce((SELECT t.state FROM entitled.timeline t
                    WHERE t.partner_id = of_partner AND t.incident_id = of_incident AND t.at < moment AND t.state IS NOT NULL
                    ORDER BY t.seq DESC LIMIT 1), 'new')
$$;

-- Whether it was worked on then. One that was never reopened says so itself.
CREATE OR REPLACE FUNCTION entitled.incident_open_at(
  of_partner bigint, of_incident bigint, reopened int, resolved_at timestamptz, moment timestamptz) RETURNS boolean
LANGUAGE sql STABLE
RETURN CASE WHEN reopened = 0 THEN resolved_at IS NULL OR resolved_at >= moment
            ELSE entitled.state_is_open(entitled.incident_state_at(of_partner, of_incident, moment)) END;

-- A number of things in words: "1 deadline", "3 deadlines".
CREATE OR REPLACE FUNCTION entitled.count_text(n bigint, what text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN format('%s %s%s', n, what, CASE n WHEN 1 THEN '' ELSE 's' END);

-- The statement that makes the summary of a day from its figures; source: the statement that gives (or writes) them. The
-- parameters are those of figures_query().
CREATE OR REPLACE FUNCTION entitled.summary_query(source text, few boolean) RETURNS text
LANGUAGE sql IMMUTABLE AS $$
  SELECT format($query$
  WITH figure AS (%1$s),
  -- What of the incidents may count: those open at the cut-off, opened on that day, or whose clocks were met or missed.
  seen AS MATERIALIZED (
    SELECT i.partner_id, i.incident_id, i.opened_at, i.respond_by, i.responded_at, i.update_by, i.update_since, i.resolve_by,
           i.resolved_at, entitled.incident_open_at(i.partner_id, i.incident_id, i.reopened, i.resolved_at, $2) AS open
      FROM entitled.incident i
     WHERE i.opened_at < $2 %2$s
       AND (entitled.incident_open_at(i.partner_id, i.incident_id, i.reopened, i.resolved_at, $2) OR i.opened_at >= $1
            OR i.respond_by >= $2 - interval '30 days' OR i.responded_at >= $2 - interval '30 days'
            OR i.resolve_by >= $2 - interval '30 days' OR i.resolved_at >= $2 - interval '30 days')),
  clock AS (
    SELECT i.partner_id, i.incident_id, c.clock, c.due
      FROM seen i
     CROSS JOIN LATERAL (VALUES
             ('response', CASE WHEN (i.responded_at < $2) IS NOT true THEN i.respond_by END),
             ('update', CASE WHEN (i.update_since >= $2) IS NOT true THEN i.update_by END),
             ('resolution', i.resolve_by)) c (clock, due)
     WHERE i.open AND c.due < $2 + interval '24 hours'),
  refused AS (
    SELECT i.partner_id, i.reason FROM entitled.refusal i WHERE i.at >= $1 AND i.at < $2 %2$s),
  overridden AS (
    SELECT i.partner_id FROM entitled.ledger i
      JOIN entitled.incident n ON n.partner_id = i.partner_id AND n.incident_id = i.incident_id
     WHERE i.kind = 'override' AND n.opened_at >= $1 AND n.opened_at < $2 %2$s),
  escalated AS (
    SELECT i.* FROM entitled.escalations_at($2) i WHERE true %2$s),
  total AS (
    SELECT count(DISTINCT f.partner_id) AS partners, count(*) AS pools, coalesce(sum(f.granted) FILTER (WHERE u.counts), 0) AS granted,
           coalesce(sum(f.topped_up) FILTER (WHERE u.counts), 0) AS topped_up,
           coalesce(sum(f.used) FILTER (WHERE u.counts), 0) AS used,
           coalesce(sum(f.credited) FILTER (WHERE u.counts), 0) AS credited,
           coalesce(sum(f.expired) FILTER (WHERE u.counts), 0) AS expired,
           coalesce(sum(f.overage) FILTER (WHERE u.counts), 0) AS overage,
           coalesce(sum(f.left_units) FILTER (WHERE u.counts), 0) AS "left",
           coalesce(sum(f.last_30) FILTER (WHERE u.counts), 0) AS last_30
      FROM figure f
      LEFT JOIN entitled.pool_grant g ON g.partner_id = f.partner_id AND g.grant_id = f.grant_id
     CROSS JOIN LATERAL (SELECT g.unit = 'incident' AS counts) u),
  asks AS ( -- what somebody must see to: by partner, and the first pools of all
    SELECT 1 AS rank, partner_id, 'breach' AS reason, count(*) AS size,
           concat_ws(', ', CASE WHEN count(*) FILTER (WHERE due < $2) > 0 THEN
                              entitled.count_text(count(*) FILTER (WHERE due < $2), 'deadline') || ' missed' END,
                     CASE WHEN count(*) FILTER (WHERE due >= $2) > 0 THEN
                       entitled.count_text(count(*) FILTER (WHERE due >= $2), 'deadline') || ' within 24 hours' END) AS words
      FROM clock GROUP BY partner_id
    UNION ALL
    SELECT 2, partner_id, 'overdue', count(*), entitled.count_text(count(*), 'escalation') || ' not acknowledged in time'
      FROM escalated WHERE overdue GROUP BY partner_id
    UNION ALL
    SELECT 3, partner_id, 'refused', count(*), entitled.count_text(count(*), 'request') || ' refused: '
           || string_agg(DISTINCT replace(reason, '_', ' '), ', ' ORDER BY replace(reason, '_', ' '))
      FROM refused GROUP BY partner_id),
  pressing AS (
    SELECT f.*, CASE f.status WHEN 'exhausted' THEN 4 WHEN 'runs_out' THEN 5 WHEN 'nearly' THEN 6 ELSE 7 END AS rank,
           CASE f.status WHEN 'exhausted' THEN f.overage WHEN 'runs_out' THEN $4 - f.runs_out ELSE -f.left_units END AS size
      FROM figure f WHERE f.status IN ('exhausted', 'nearly', 'runs_out', 'expires_soon')),
  attention AS ( -- the most urgent first
    SELECT row_number() OVER (ORDER BY a.rank, a.size DESC, p.code, a.grant_id) AS n, p.code, p.name, a.reason,
           coalesce(a.words, a.pool || ': ' || entitled.figure_text(a.used, a.had, a.overage, a.runs_out, a.expires, p.time_zone)) AS words
      FROM ((SELECT rank, size, partner_id, NULL::bigint AS grant_id, reason, words, NULL AS pool, NULL::int AS used, NULL::int AS had,
                    NULL::int AS overage, NULL::date AS runs_out, NULL::timestamptz AS expires
               FROM asks ORDER BY rank, size DESC, partner_id LIMIT 50)
            UNION ALL
            SELECT w.rank, w.size, w.partner_id, w.grant_id, CASE w.status WHEN 'expires_soon' THEN 'expires' ELSE w.status END, NULL,
                   g.benefit, w.used - w.credited, w.granted + w.topped_up, w.overage,
                   CASE w.status WHEN 'runs_out' THEN w.runs_out END, w.expires
              FROM (SELECT * FROM pressing ORDER BY rank, size DESC, partner_id, grant_id LIMIT 50) w
              JOIN entitled.pool_grant g ON g.partner_id = w.partner_id AND g.grant_id = w.grant_id) a
      JOIN entitled.partner p ON p.partner_id = a.partner_id
     ORDER BY a.rank, a.size DESC, p.code, a.grant_id LIMIT 50),
  differs AS (
    SELECT f.partner_id, f.grant_id, f.left_units, f.reckoned FROM figure f WHERE f.left_units <> f.reckoned)
  SELECT jsonb_build_object(
    'differences', (SELECT coalesce(jsonb_agg(jsonb_build_object(
                      'partner', p.code, 'pool', g.benefit, 'contract', entitled.contract_name(g.contract_id),
                      'left', d.left_units, 'reckoned', d.reckoned) ORDER BY p.code, g.grant_id), '[]')
                      FROM (SELECT * FROM differs ORDER BY partner_id, grant_id LIMIT 20) d
                      JOIN entitled.partner p ON p.partner_id = d.partner_id
                      JOIN entitled.pool_grant g ON g.partner_id = d.partner_id AND g.grant_id = d.grant_id),
    'differences_total', (SELECT count(*) FROM differs),
    'attention', (SELECT coalesce(jsonb_agg(jsonb_build_object('partner', a.code, 'name', a.name, 'reason', a.reason,
                                                               'text', a.words) ORDER BY a.n), '[]') FROM attention a),
    'attention_total', (SELECT count(*) FROM asks) + (SELECT count(*) FROM pressing),
    'totals', (SELECT to_jsonb(t) FROM total t) || jsonb_build_object(
      'opened', (SELECT count(*) FROM seen WHERE opened_at >= $1), 'open', (SELECT count(*) FROM seen WHERE open),
      'refusals', (SELECT count(*) FROM refused), 'overrides', (SELECT count(*) FROM overridden),
      'escalations', (SELECT count(*) FROM escalated)),
    'attainment', (
      SELECT jsonb_build_object('days', 30,
               'response', jsonb_build_object('met', r.met, 'missed', r.missed, 'percent', r.met * 100 / nullif(r.met + r.missed, 0)),
               'resolution', jsonb_build_object('met', r.solved, 'missed', r.unsolved,
                                                'percent', r.solved * 100 / nullif(r.solved + r.unsolved, 0)))
        FROM (SELECT count(*) FILTER (WHERE responded_at <= respond_by AND responded_at >= $2 - interval '30 days'
                                        AND responded_at < $2) AS met,
                     count(*) FILTER (WHERE respond_by >= $2 - interval '30 days' AND respond_by < $2
                                        AND (responded_at <= respond_by) IS NOT true) AS missed,
                     count(*) FILTER (WHERE resolved_at <= resolve_by AND resolved_at >= $2 - interval '30 days'
                                        AND resolved_at < $2) AS solved,
                     count(*) FILTER (WHERE resolve_by >= $2 - interval '30 days' AND resolve_by < $2
                                        AND (resolved_at <= resolve_by) IS NOT true) AS unsolved
                FROM seen) r),
    'breaching', (SELECT coalesce(jsonb_agg(jsonb_build_object('incident', entitled.incident_name(c.incident_id), 'partner', p.code,
                                                               'clock', c.clock, 'due', c.due)
                                            ORDER BY c.due, c.incident_id, c.clock), '[]')
                    FROM (SELECT * FROM clock ORDER BY due, incident_id, clock LIMIT 50) c
                    JOIN entitled.partner p ON p.partner_id = c.partner_id),
    'breaching_total', (SELECT count(*) FROM clock),
    'ageing', (
      SELECT jsonb_agg(jsonb_build_object('age', a.age, 'open', coalesce(o.open, 0), 'escalated', coalesce(o.escalated, 0))
                       ORDER BY a.n)
        FROM (VALUES (0, 'under a day'), (1, '1 to 3 days'), (2, '3 to 7 days'), (3, '7 to 30 days'), (4, 'over 30 days')) a (n, age)
        LEFT JOIN (SELECT width_bucket($2 - i.opened_at, '{1 day,3 days,7 days,30 days}'::interval[]) AS n, count(*) AS open,
                          count(*) FILTER (WHERE (i.partner_id, i.incident_id) IN (
                            SELECT e.partner_id, e.incident_id FROM escalated e)) AS escalated
                     FROM seen i WHERE i.open GROUP BY 1) o USING (n)))
  $query$, source, CASE WHEN few THEN 'AND i.partner_id = ANY ($5)' ELSE '' END)
$$;

-- A pool's figures in words, for who has to see to it: runs_out NULL where that is not why.
CREATE OR REPLACE FUNCTION entitled.figure_text(
  used int, had int, overage int, runs_out date, expires timestamptz, time_zone text) RETURNS text
LANGUAGE sql STABLE
RETURN format('%s of %s used', used, had)
  || CASE WHEN overage > 0 THEN format(', %s beyond', overage) ELSE '' END
  || coalesce('; at this rate nothing is left on ' || runs_out::text, '')
  || coalesce('; expires on ' || (expires AT TIME ZONE time_zone)::date::text, '');

-- The escalations in force at a moment, with the level and the state that they had then.
CREATE OR REPLACE FUNCTION entitled.escalations_at(moment timestamptz)
RETURNS TABLE (partner_id bigint, escalation_id bigint, incident_id bigint, level int, state text, reason text,
               raised_at timestamptz, overdue boolean)
LANGUAGE sql STABLE AS $$
  SELECT e.partner_id, e.escalation_id, e.incident_id,
         e.level - (SELECT count(*)::int FROM entitled.timeline t
                     WHERE t.partner_id = e.partner_id AND t.incident_id = e.incident_id AND t.event = 'went_up' AND t.at >= moment
                       AND starts_with(t.body, entitled.escalation_name(e.escalation_id) || ',')),
         CASE WHEN e.acknowledged_at < moment THEN 'acknowledged' ELSE 'raised' END, e.reason, e.raised_at,
         e.overdue AND NOT EXISTS (
           SELECT FROM entitled.timeline t
            WHERE t.partner_id = e.partner_id AND t.incident_id = e.incident_id AND t.event = 'overdue' AND t.at >= moment
              AND starts_with(t.body, entitled.escalation_name(e.escalation_id) || ','))
    FROM entitled.escalation e
   WHERE e.effective_at < moment AND (e.ended_at IS NULL OR e.ended_at >= moment)
$$;

-- The summary of a night and some partners ($5), as a function, so that its plan is kept; $6 is the night.
DO $$
BEGIN
  EXECUTE format('CREATE OR REPLACE FUNCTION entitled.summary_of_some(timestamptz, timestamptz, text, date, bigint[], entitled.night)'
                 ' RETURNS jsonb LANGUAGE plpgsql STABLE AS %L',
                 'BEGIN RETURN (' || entitled.summary_query('SELECT f.* FROM entitled.figures($6, $5) f', true) || '); END');
END
$$;

-- The summary of a night of the program, without `before`: what was kept, or what it would be now.
CREATE OR REPLACE FUNCTION entitled.report_summary_of_all(n entitled.night) RETURNS jsonb
LANGUAGE plpgsql STABLE
SET enable_seqscan = on
SET work_mem = '64MB'
AS $$
DECLARE
  made jsonb;
BEGIN
  IF n.taken_at IS NOT NULL THEN
    RETURN n.summary - 'before';
  END IF;
  EXECUTE entitled.summary_query(entitled.figures_source(false), false) INTO made
    USING n.begins, n.cut_off, n.time_zone, n.date, NULL::bigint[];
  RETURN made || '{"alerts_total": 0}';
END
$$;

-- The same of one partner, or (NULL) of the program.
CREATE OR REPLACE FUNCTION entitled.report_summary(n entitled.night, whose bigint) RETURNS jsonb
LANGUAGE plpgsql STABLE AS $$
BEGIN
  IF whose IS NULL THEN
    RETURN entitled.report_summary_of_all(n);
  END IF;
  RETURN entitled.summary_of_some(n.begins, n.cut_off, n.time_zone, n.date, ARRAY[whose], n)
         || jsonb_build_object('alerts_total', (
              SELECT count(*) FROM entitled.alert a WHERE a.date = n.date AND a.partner_id = whose));
END
$$;

-- The summary with all that stands over it, and the totals of the day before.
CREATE OR REPLACE FUNCTION entitled.report_summary_object(n entitled.night, customer entitled.partner) RETURNS jsonb
LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN jsonb_build_object(
           'date', n.date, 'time_zone', n.time_zone, 'cut_off', n.cut_off, 'generated_at', entitled.clock_now(),
           'so_far', n.date > entitled.program_last_day(), 'snapshot', n.taken_at IS NOT NULL,
           'program', (entitled.program_row()).name)
         || entitled.report_summary(n, customer.partner_id)
         || CASE WHEN customer.partner_id IS NULL THEN '{}' ELSE jsonb_build_object('partner', jsonb_strip_nulls(jsonb_build_object(
              'partner', customer.code, 'name', customer.name, 'email', customer.email, 'time_zone', customer.time_zone))) END
         || jsonb_build_object('before', CASE
              WHEN n.taken_at IS NOT NULL AND customer.partner_id IS NULL THEN n.summary -> 'before'
              ELSE entitled.report_summary(entitled.night_of(n.date - 1), customer.partner_id) -> 'totals' END);
END
$$;

-- The night that is asked for. invalid_params: the date, or it has not begun.
CREATE OR REPLACE FUNCTION entitled.report_night(params jsonb) RETURNS entitled.night
LANGUAGE plpgsql STABLE AS $$
DECLARE
  last_day date := entitled.program_last_day();
  day date := coalesce(entitled.date_param(params, 'date'), last_day);
BEGIN
  IF day > last_day + 1 THEN
    PERFORM entitled.refuse('invalid_params', format('parameter `date`: %s has not begun yet in %s', day,
                                                     (entitled.program_row()).time_zone));
  END IF;
  RETURN entitled.night_of(day);
END
$$;

-- The summary, or {"date", "cut_off", "<section>": […], "next"?}: a page of a list. not_found: the partner; invalid_params: the
-- date, the cursor, or the section is of one partner and none is named.
CREATE OR REPLACE FUNCTION entitled.report_usage(caller entitled.principal, params jsonb) RETURNS jsonb
LANGUAGE plpgsql STABLE AS $$
DECLARE
  n entitled.night := entitled.report_night(params);
  section text := coalesce(params ->> 'section', 'summary');
  page_size int := coalesce((params ->> 'limit')::int, 50);
  customer entitled.partner;
  after bigint[];
  page jsonb[];
  keys text[];
BEGIN
  IF params ? 'partner' THEN
    customer := entitled.partner_find(params ->> 'partner');
  ELSIF section IN ('incidents', 'ledger', 'curves') THEN
    PERFORM entitled.refuse('invalid_params', format('parameter `partner` is missing: %s are of one partner',
                                                     CASE section WHEN 'ledger' THEN 'entries of the ledger' ELSE section END));
  END IF;
  IF section = 'summary' THEN
    RETURN entitled.report_summary_object(n, customer);
  END IF;
  after := string_to_array(entitled.cursor_content(section, '-?[0-9]{1,18}([.]-?[0-9]{1,18}){0,2}', params ->> 'cursor'), '.');
  EXECUTE format('SELECT array_agg(r.object ORDER BY r.n), array_agg(r.key ORDER BY r.n) FROM entitled.report_%s($1, $2, $3, $4) r',
                 section) INTO page, keys
    USING n, customer.partner_id, after, page_size + 1;
  RETURN jsonb_build_object('date', n.date, 'cut_off', n.cut_off, section, to_jsonb(coalesce(page[:page_size], '{}')))
         || CASE WHEN cardinality(page) > page_size
                 THEN jsonb_build_object('next', entitled.cursor_of(section, keys[page_size])) ELSE '{}' END;
END
$$;
