-- balance.get: what a partner has left. A whole batch in one call: it is what people ask most.

-- (SETOF, though each gives one row: so they are inlined into the query that uses them in FROM.)
DROP FUNCTION IF EXISTS entitled.balance_pools(bigint, timestamptz); -- before it had `now`

-- The pools of a partner whose term includes `at`, in the order of use; and each access, with whether it is
-- open then and, if not, when it opens (is_open and opens are those of the partner's calendar). The counters
-- are those of `now`: of a term that is over by then what was left has expired, booked or not (rule 7).
CREATE OR REPLACE FUNCTION entitled.balance_pools(of_partner bigint, at timestamptz, now timestamptz) RETURNS SETOF json
LANGUAGE sql STABLE
BEGIN ATOMIC
  SELECT coalesce(json_agg(json_build_object(
           'pool', pool.benefit, 'unit', pool.unit, 'contract', entitled.contract_name(contract_id),
           'plan', contract.plan, 'granted', pool.granted, 'used', pool.used,
           'expired', CASE WHEN pool.ends <= now THEN pool.granted - pool.used ELSE pool.expired END,
           'remaining', CASE WHEN pool.ends <= now THEN 0 ELSE pool.granted - pool.used - pool.expired END,
           'overage', pool.overage, 'coverage', pool.coverage, 'delivered_by', pool.delivered_by,
           'starts', pool.starts, 'expires', pool.ends)
         ORDER BY pool.rank, pool.ends NULLS LAST, pool.starts, pool.grant_id), '[]')
    FROM entitled.pool_grant pool
    JOIN entitled.contract USING (partner_id, contract_id)
   WHERE partner_id = of_partner AND pool.starts <= at AND (pool.ends IS NULL OR at < pool.ends);
END;

DROP FUNCTION IF EXISTS entitled.balance_accesses(bigint, timestamptz, boolean, timestamptz); -- before it told the hours

CREATE OR REPLACE FUNCTION entitled.balance_accesses(
  of_partner bigint, at timestamptz, is_open boolean, opens timestamptz, week text, zone text) RETURNS SETOF json
LANGUAGE sql STABLE
BEGIN ATOMIC
  SELECT coalesce(json_agg(
           CASE WHEN access.coverage = '24x7' THEN
             json_build_object('benefit', access.benefit, 'plan', contract.plan, 'coverage', access.coverage,
                               'available_now', true)
           WHEN is_open THEN
             json_build_object('benefit', access.benefit, 'plan', contract.plan, 'coverage', access.coverage,
                               'hours', week, 'time_zone', zone, 'available_now', true)
           ELSE
             json_build_object('benefit', access.benefit, 'plan', contract.plan, 'coverage', access.coverage,
                               'hours', week, 'time_zone', zone, 'available_now', false, 'opens', opens)
           END ORDER BY access.benefit, contract_id), '[]')
    FROM entitled.contract_access access
    JOIN entitled.contract USING (partner_id, contract_id)
   WHERE partner_id = of_partner AND access.starts <= at AND (access.ends IS NULL OR at < access.ends);
END;

-- The level of the membership in force then; NULL without one. (Of one that was cancelled and one that was
-- activated afterwards for the same day, the latter.)
CREATE OR REPLACE FUNCTION entitled.partner_level(of_partner bigint, at timestamptz) RETURNS SETOF text
LANGUAGE sql STABLE
BEGIN ATOMIC
  SELECT plan FROM entitled.contract
   WHERE partner_id = of_partner AND membership AND term_starts <= at AND at < term_ends
     AND NOT (cancelled_at IS NOT NULL AND EXISTS (
           SELECT FROM entitled.contract other
            WHERE other.partner_id = of_partner AND other.membership AND other.cancelled_at IS NULL
              AND other.term_starts <= at AND at < other.term_ends))
   LIMIT 1;
END;

CREATE OR REPLACE FUNCTION api.balance_get(callers bigint[], requests jsonb[]) RETURNS SETOF api.reply
LANGUAGE plpgsql STABLE AS $$
DECLARE
  now_at timestamptz := entitled.clock_now();
BEGIN
  PERFORM entitled.scope_enter(callers);
  -- MATERIALIZED and LATERAL … LIMIT 1 as in open_read(): look-ups by index, one a request.
  RETURN QUERY
  WITH asked AS MATERIALIZED (
    SELECT u.ordinal, u.params ->> 'partner' AS code, who.partner_id AS own, who.principal_id IS NULL AS disabled,
           coalesce((u.params ->> 'at')::timestamptz, now_at) AS at
      FROM unnest(callers, requests) WITH ORDINALITY AS u (caller, params, ordinal)
      LEFT JOIN LATERAL (SELECT principal_id, partner_id FROM entitled.principal
                          WHERE principal_id = u.caller AND disabled_at IS NULL LIMIT 1) who ON true),
  named AS MATERIALIZED (
    SELECT asked.*, partner.*
      FROM asked
      LEFT JOIN LATERAL (SELECT partner_id, p.code AS partner, calendar_id FROM entitled.partner p
                          WHERE p.code = asked.code LIMIT 1) partner ON asked.code IS NOT NULL
     WHERE asked.code IS NOT NULL
    UNION ALL
    SELECT asked.*, partner.*
      FROM asked
      LEFT JOIN LATERAL (SELECT partner_id, p.code AS partner, calendar_id FROM entitled.partner p
                          WHERE p.partner_id = asked.own LIMIT 1) partner ON true
     WHERE asked.code IS NULL),
  hours AS MATERIALIZED ( -- once a calendar, not once a partner; and only where somebody's access follows it
    SELECT calendar_id, at, open.is_open, entitled.calendar_hours_text(calendar_id) AS week,
           (SELECT time_zone FROM entitled.calendar c WHERE c.calendar_id = calendars.calendar_id) AS zone,
           CASE WHEN NOT open.is_open THEN entitled.calendar_opens(calendar_id, at) END AS opens
      FROM (SELECT DISTINCT named.calendar_id, named.at FROM named
             WHERE EXISTS (SELECT FROM entitled.contract_access access
                            WHERE access.partner_id = named.partner_id AND access.coverage = 'business-hours')) calendars
      CROSS JOIN LATERAL (SELECT entitled.calendar_is_open(calendar_id, at) AS is_open) open)
  SELECT named.ordinal::int, named.partner_id IS NOT NULL AND NOT named.disabled,
         CASE
           WHEN named.disabled THEN entitled.error_object('forbidden', 'this principal is disabled')::text
           WHEN named.partner_id IS NULL AND named.code IS NULL THEN
             entitled.error_object('invalid_params', 'balance.get needs the parameter `partner`')::text
           WHEN named.partner_id IS NULL THEN
             entitled.error_object('not_found', 'there is no such partner')::text
           ELSE
             json_build_object(
               'partner', named.partner, 'level', level, 'as_of', named.at, 'pools', pools, 'benefits', accesses)::text
         END
    FROM named
    LEFT JOIN hours USING (calendar_id, at)
    LEFT JOIN LATERAL entitled.partner_level(named.partner_id, named.at) level ON true
    LEFT JOIN LATERAL entitled.balance_pools(named.partner_id, named.at, now_at) pools ON true
    LEFT JOIN LATERAL entitled.balance_accesses(named.partner_id, named.at, hours.is_open, hours.opens, hours.week, hours.zone) accesses
      ON true;
END
$$;
