-- The world of the night's benchmark: so many partners (:partners), each with a pool of incidents and one of minutes, and
-- ten incidents a partner over the last year, most of them resolved, a few escalated: written as the functions would write
-- them, but for the chain of hashes. Everything is before 2004-08-23 11:00 UTC. psql -v partners=N

SET client_min_messages = warning;
SET entitled.scope = '*';
SET synchronous_commit = off;
SELECT setseed(0.5) \g /dev/null

INSERT INTO entitled.calendar (code, name, time_zone) VALUES ('night', 'Night', 'America/Los_Angeles');
INSERT INTO entitled.region VALUES ('night', 'Night');
UPDATE entitled.program SET time_zone = 'America/Los_Angeles';
INSERT INTO entitled.benefit (benefit, name, kind, unit) VALUES
  ('night-incidents', 'Incidents', 'pool', 'incident'), ('night-minutes', 'Minutes', 'pool', 'minute');
INSERT INTO entitled.plan (plan, name, kind, level, months, sold) VALUES ('night', 'Night', 'membership', 1, 12, true);
INSERT INTO entitled.partner (code, name, region, time_zone, calendar_id, created_at)
SELECT 'p' || n, 'Partner ' || n, 'night', 'America/Los_Angeles', calendar_id, '2003-01-01'
  FROM generate_series(1, :partners) n, entitled.calendar WHERE calendar.code = 'night';
-- Terms that began at any time of the last 330 days.
INSERT INTO entitled.contract (partner_id, plan, membership, starts, ends, term_starts, term_ends, activated_at, created_by,
                               created_at)
SELECT partner_id, 'night', true, day, (day + interval '1 year')::date, day::timestamp AT TIME ZONE time_zone,
       (day + interval '1 year') AT TIME ZONE time_zone, '2003-01-01', 0, '2003-01-01'
  FROM (SELECT *, date '2004-08-20' - partner_id::int % 330 AS day FROM entitled.partner) p;
INSERT INTO entitled.pool_grant (partner_id, contract_id, benefit, unit, rank, accepts, coverage, starts, ends, granted, used,
                                 entries, head)
SELECT partner_id, contract_id, benefit, b.unit, 10, b.accepts, '24x7', term_starts, term_ends,
       b.granted + partner_id::int % 30, b.used, b.entries, sha256('x')
  FROM entitled.contract,
       (VALUES ('night-incidents', 'incident', '{professional}'::entitled.incident_class[], 12, 10, 11),
               ('night-minutes', 'minute', '{}', 600, 30, 2)) b (benefit, unit, accepts, granted, used, entries)
 WHERE plan = 'night';
INSERT INTO entitled.incident (partner_id, class, severity, state, title, coverage, opened_at, logged_at, logged_by, respond_by,
                               responded_at, resolve_by, resolved_at, contract_id)
SELECT partner_id, 'professional', 'B', CASE WHEN done THEN 'closed' ELSE 'new' END, 'it does not work', '24x7', opened, opened, 0,
       opened + interval '4 hours', CASE WHEN done THEN opened + random() * interval '5 hours' END, opened + interval '2 days',
       CASE WHEN done THEN opened + random() * interval '3 days' END, contract_id
  FROM (SELECT c.partner_id, c.contract_id, c.term_starts + random() * (timestamptz '2004-08-23 11:00+00' - c.term_starts) AS opened,
               random() < 0.97 AS done
          FROM entitled.contract c, generate_series(1, 10) WHERE c.plan = 'night' OFFSET 0) i
 ORDER BY opened;
INSERT INTO entitled.ledger (partner_id, grant_id, seq, at, kind, units, incident_id, principal_id, hash)
SELECT g.partner_id, g.grant_id, 1, '2003-01-01', 'grant', g.granted, NULL::bigint, 0, sha256('x')
  FROM entitled.pool_grant g WHERE g.benefit ~ '^night-'
UNION ALL
SELECT g.partner_id, g.grant_id, 2, g.starts + interval '1 hour', 'usage', 30, NULL, 0, sha256('x')
  FROM entitled.pool_grant g WHERE g.benefit = 'night-minutes'
UNION ALL
SELECT i.partner_id, g.grant_id, 1 + row_number() OVER (PARTITION BY i.partner_id ORDER BY i.incident_id), i.opened_at, 'debit', 1,
       i.incident_id, 0, sha256('x')
  FROM entitled.incident i JOIN entitled.pool_grant g USING (partner_id, contract_id) WHERE g.benefit = 'night-incidents';
INSERT INTO entitled.refusal (partner_id, at, principal_id, reason, class, request)
SELECT partner_id, timestamptz '2004-08-23 11:00+00' - random() * interval '100 days', 0, 'entitlement_exhausted', 'professional',
       '{"title": "it does not work"}'
  FROM entitled.partner WHERE code ~ '^p[0-9]+$' AND partner_id % 10 = 0;
INSERT INTO entitled.escalation (partner_id, incident_id, level, state, reason, coverage, raised_by, raised_at, effective_at,
                                 acknowledge_by)
SELECT partner_id, incident_id, 1, 'raised', 'slow', '24x7', 0, opened_at + interval '1 day', opened_at + interval '1 day', 'infinity'
  FROM entitled.incident WHERE state = 'new' AND incident_id % 10 = 0;
INSERT INTO entitled.principal (name, role, fingerprint, created_at) VALUES
  ('night-reporter', 'reporter', decode(repeat('ab', 32), 'hex'), '2003-01-01');
VACUUM ANALYZE entitled.partner, entitled.contract, entitled.pool_grant, entitled.incident, entitled.ledger, entitled.refusal,
  entitled.escalation, entitled.snapshot, entitled.night, entitled.alert;
