-- The plain SQL that the figures of 2004-08-23 need, as a superuser, without row-level security: what each pool was given
-- and used until the cut-off (with the join to the time of the incident), what was used on each day of its term (which a
-- forecast needs) and in the last 30, the same rows written to the same kind of table, and the day's counts of incidents.
-- psql -v begins=… -v cut_off=… -v zone=…; rolled back by who calls it.
INSERT INTO entitled.snapshot
SELECT g.partner_id, date '2004-08-23', g.grant_id, g.ends, a.granted, a.topped_up, a.used, 0, 0, a.overage, a.granted - a.used,
       g.granted - g.used, coalesce(d.last_30, 0), coalesce(d.that_day, 0), coalesce(d.active_days, 0), 'ok', 'ok',
       coalesce(d.squares, 0), date '2004-08-23', date '2004-08-23', date '2004-08-23', 0, 0, 0
  FROM entitled.pool_grant g
  LEFT JOIN (SELECT l.partner_id, l.grant_id, sum(units) FILTER (WHERE kind = 'grant') AS granted,
                    coalesce(sum(units) FILTER (WHERE kind = 'top_up' AND l.at < :'cut_off'), 0) AS topped_up,
                    coalesce(sum(units) FILTER (WHERE kind IN ('debit', 'late', 'usage', 'late_usage') AND coalesce(i.opened_at, l.at) < :'cut_off'), 0)
                      AS used,
                    coalesce(sum(units) FILTER (WHERE kind = 'override' AND i.opened_at < :'cut_off'), 0) AS overage
               FROM entitled.ledger l LEFT JOIN entitled.incident i USING (partner_id, incident_id)
              GROUP BY l.partner_id, l.grant_id) a USING (partner_id, grant_id)
  LEFT JOIN (SELECT partner_id, grant_id, sum(used * used) AS squares, count(*) AS active_days,
                    sum(used) FILTER (WHERE day > date '2004-08-23' - 30) AS last_30, sum(used) FILTER (WHERE day = '2004-08-23') AS that_day
               FROM (SELECT l.partner_id, l.grant_id, (coalesce(i.opened_at, l.at) AT TIME ZONE :'zone')::date AS day, sum(units) AS used
                       FROM entitled.ledger l LEFT JOIN entitled.incident i USING (partner_id, incident_id)
                      WHERE kind IN ('debit', 'late', 'usage', 'late_usage') AND coalesce(i.opened_at, l.at) < :'cut_off'
                      GROUP BY 1, 2, 3) daily
              GROUP BY partner_id, grant_id) d USING (partner_id, grant_id)
 WHERE g.starts < :'cut_off';
SELECT count(*) FILTER (WHERE opened_at >= :'begins'), count(*) FILTER (WHERE state NOT IN ('resolved', 'closed')),
       count(*) FILTER (WHERE responded_at <= respond_by), count(*) FILTER (WHERE resolved_at <= resolve_by)
  FROM entitled.incident WHERE opened_at < :'cut_off' \g /dev/null
