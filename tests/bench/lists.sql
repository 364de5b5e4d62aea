-- The world of the lists' benchmark: :incidents incidents, of a hundred partners for each 10,000 and one (p1) that has a fiftieth
-- of them; most are closed, the newest are open, some open ones are old; with timeline, ledger, words and some escalations, by
-- SQL and without the rules (no incident is worth a look for itself). And the pages to ask for.

SET client_min_messages = warning;
SET entitled.scope = '*';
SET synchronous_commit = off;

SELECT entitled.bootstrap_admin('admin', repeat('aa', 32)) \g /dev/null
INSERT INTO entitled.calendar (code, name, time_zone) VALUES ('bench', 'Bench', 'UTC');
INSERT INTO entitled.region (region, name) VALUES ('bench', 'Bench');
INSERT INTO entitled.plan (plan, name, kind, level, months, sold) VALUES ('bench', 'Bench', 'membership', 1, 12, true);
INSERT INTO entitled.benefit (benefit, name, kind, unit) VALUES ('bench', 'Bench', 'pool', 'incident');
INSERT INTO entitled.principal (name, role, fingerprint, created_at)
SELECT 'c' || n, 'coordinator', sha256(n::text::bytea), now() FROM generate_series(1, 40) n;
INSERT INTO entitled.partner (code, name, region, time_zone, calendar_id, created_at)
SELECT 'p' || n, 'Partner ' || n, 'bench', 'UTC', (SELECT calendar_id FROM entitled.calendar WHERE code = 'bench'), now()
  FROM generate_series(1, :incidents / 100) n;
INSERT INTO entitled.contract (partner_id, plan, membership, starts, ends, term_starts, term_ends, activated_at, created_by, created_at)
SELECT partner_id, 'bench', true, '2000-01-01', '2050-01-01', '2000-01-01', '2050-01-01', '2000-01-01', 1, '2000-01-01'
  FROM entitled.partner;
INSERT INTO entitled.pool_grant (partner_id, contract_id, benefit, unit, rank, accepts, coverage, starts, ends, granted)
SELECT partner_id, contract_id, 'bench', 'incident', 10, '{professional,priority}', '24x7', term_starts, term_ends, 1000000000
  FROM entitled.contract;

-- One a minute, logged when it was reported but for each twentieth, a day or up to ten later. Of a thousand: 10 of severity A,
-- 1 critical; of the newest fiftieth, and of one in a thousand, the state is an open one. What they are is scattered.
CREATE FUNCTION pg_temp.lot(n int, seed int, of_how_many int) RETURNS int LANGUAGE sql IMMUTABLE
RETURN abs(hashint8extended(n, seed) % of_how_many)::int;
CREATE TEMP TABLE made AS
SELECT n, p.partner_id, g.contract_id, g.grant_id, row_number() OVER (PARTITION BY p.partner_id ORDER BY n)::int AS nth,
       CASE WHEN pg_temp.lot(n, 1, 1000) = 0 THEN 'critical' ELSE (ARRAY['priority', 'professional'])[1 + pg_temp.lot(n, 2, 2)] END AS class,
       CASE WHEN pg_temp.lot(n, 3, 100) = 0 THEN 'A' ELSE (ARRAY['B', 'C'])[1 + pg_temp.lot(n, 4, 2)] END AS severity,
       CASE WHEN n <= :incidents * 0.98 AND pg_temp.lot(n, 5, 1000) > 0 THEN CASE pg_temp.lot(n, 6, 50) WHEN 0 THEN 'resolved' ELSE 'closed' END
            ELSE (ARRAY['new', 'new', 'in_progress', 'in_progress', 'awaiting_partner', 'awaiting_vendor'])[1 + pg_temp.lot(n, 7, 6)] END AS state,
       timestamptz '2020-01-01' + n * interval '1 minute' AS logged_at,
       CASE pg_temp.lot(n, 8, 20) WHEN 0 THEN (1 + pg_temp.lot(n, 9, 10)) * interval '1 day' ELSE interval '0' END AS late,
       'The ' || (ARRAY['printer', 'server', 'cluster', 'database', 'build'])[1 + pg_temp.lot(n, 10, 5)] || ' of site '
       || pg_temp.lot(n, 11, 5000) || ' fails' AS title
  FROM generate_series(1, :incidents) n
  JOIN entitled.partner p
    ON p.code = CASE pg_temp.lot(n, 12, 50) WHEN 0 THEN 'p1' ELSE 'p' || 1 + pg_temp.lot(n, 13, :incidents / 100) END
  JOIN entitled.pool_grant g USING (partner_id);
INSERT INTO entitled.incident (partner_id, class, severity, title, coverage, outage, opened_at, logged_at, logged_by, state, owner, contract_id,
                               calendar_id, due_at, clock_started_at, running_since)
SELECT partner_id, class::entitled.incident_class, severity::"char", title, '24x7', CASE class WHEN 'critical' THEN 'server' END, logged_at - late, logged_at, 1, state,
       CASE WHEN state <> 'new' OR pg_temp.lot(n, 14, 4) = 0 THEN 2 + pg_temp.lot(n, 15, 40) END, contract_id,
       (SELECT calendar_id FROM entitled.calendar WHERE code = 'bench'),
       CASE WHEN state NOT IN ('resolved', 'closed') THEN logged_at + pg_temp.lot(n, 16, 97) * interval '1 hour' ELSE 'infinity' END,
       logged_at, CASE WHEN state NOT IN ('awaiting_partner', 'resolved', 'closed') THEN logged_at END
  FROM made ORDER BY n;
-- (They were inserted in order: the n-th has the n-th number.)
INSERT INTO entitled.timeline (partner_id, incident_id, seq, at, principal_id, event)
SELECT partner_id, n, 1, logged_at, 1, 'opened' FROM made;
INSERT INTO entitled.ledger (partner_id, grant_id, seq, at, kind, units, incident_id, principal_id, hash)
SELECT partner_id, grant_id, nth, logged_at, 'debit', 1, n, 1, sha256(n::text::bytea) FROM made WHERE class <> 'critical';
INSERT INTO entitled.incident_words
SELECT n, 0, false, to_tsvector('simple', title) FROM made WHERE state <> 'new';
INSERT INTO entitled.escalation (partner_id, incident_id, level, state, reason, coverage, raised_by, raised_at, effective_at, acknowledge_by, ended_at)
SELECT partner_id, n, 1, CASE WHEN state IN ('resolved', 'closed') THEN 'withdrawn' ELSE 'raised' END, 'bench', '24x7', 2, logged_at, logged_at,
       logged_at + interval '1 hour', CASE WHEN state IN ('resolved', 'closed') THEN logged_at END
  FROM made WHERE pg_temp.lot(n, 17, 100) = 0;

-- The filters; each condition is that of the parameters, for whoever looks for the row that a deep page begins after.
CREATE SCHEMA bench;
CREATE TABLE bench.filter (n serial, kind text, params jsonb, condition text);
INSERT INTO bench.filter (kind, params, condition) VALUES
  ('partner', '{"partner": "p7"}', $$partner_id = (SELECT partner_id FROM entitled.partner WHERE code = 'p7')$$),
  ('partner', '{"partner": "p1"}', $$partner_id = (SELECT partner_id FROM entitled.partner WHERE code = 'p1')$$),
  ('owner', '{"owner": "c7"}', $$owner = (SELECT principal_id FROM entitled.principal WHERE name = 'c7')$$),
  ('state', '{"state": "closed"}', $$state = 'closed'$$),
  ('state', '{"state": "new"}', $$state = 'new'$$),
  ('state', '{"state": "awaiting_vendor"}', $$state = 'awaiting_vendor'$$),
  ('state', '{"state": "escalated"}', $$EXISTS (SELECT FROM entitled.escalation e WHERE e.incident_id = i.incident_id AND e.state = 'raised')$$),
  ('severity', '{"severity": "A"}', $$severity = 'A'$$),
  ('class', '{"class": "critical"}', $$class = 'critical'$$),
  ('since', jsonb_build_object('since', timestamptz '2020-01-01' + :incidents * interval '54 seconds'),
            format('opened_at >= %L', timestamptz '2020-01-01' + :incidents * interval '54 seconds')),
  ('until', jsonb_build_object('until', timestamptz '2020-01-01' + :incidents * interval '12 seconds'),
            format('opened_at < %L', timestamptz '2020-01-01' + :incidents * interval '12 seconds')),
  ('text', '{"text": "printer"}', $$title LIKE '%printer%'$$),
  ('text', '{"text": "printer site 4000"}', $$title LIKE '%printer%site 4000 %'$$),
  ('order', '{"order": "due"}', $$state NOT IN ('resolved', 'closed')$$),
  ('order', '{"order": "oldest"}', 'true');
-- Each alone, each pair of two kinds, and none; with the cursor of the row at nine tenths of the list.
CREATE TABLE bench.page (n serial, params jsonb, rows bigint, cursor text);
CREATE FUNCTION bench.page_make(params jsonb, condition text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  by_opened boolean := params ?| '{since,until}' AND NOT coalesce(params ->> 'order' = 'due', false);
  ordering text := CASE WHEN params ->> 'order' = 'due' THEN 'due_at, incident_id'
                        ELSE format(CASE WHEN by_opened THEN 'opened_at %1$s, incident_id %1$s' ELSE 'incident_id %1$s' END,
                                    CASE params ->> 'order' WHEN 'oldest' THEN '' ELSE 'DESC' END) END;
  many bigint;
  last record;
BEGIN
  EXECUTE 'SELECT count(*) FROM entitled.incident i WHERE ' || condition INTO many;
  EXECUTE format('SELECT due_at, opened_at, incident_id FROM entitled.incident i WHERE %s ORDER BY %s OFFSET %s LIMIT 1', condition, ordering, many * 9 / 10) INTO last;
  INSERT INTO bench.page (params, rows, cursor)
  VALUES (params, many, CASE WHEN params ->> 'order' = 'due' THEN entitled.time_cursor_name('due', last.due_at, last.incident_id)
                        WHEN by_opened THEN entitled.time_cursor_name('opened', last.opened_at, last.incident_id)
                        ELSE entitled.cursor_name('incident', last.incident_id) END);
END
$$;
VACUUM ANALYZE;
SELECT bench.page_make('{}', 'true') \g /dev/null
SELECT bench.page_make(params, condition) FROM bench.filter ORDER BY n \g /dev/null
SELECT bench.page_make(a.params || b.params, a.condition || ' AND ' || b.condition)
  FROM bench.filter a JOIN bench.filter b ON a.n < b.n AND a.kind <> b.kind ORDER BY a.n, b.n \g /dev/null
