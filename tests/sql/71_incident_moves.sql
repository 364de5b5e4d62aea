-- incident.resolve, incident.close, incident.reopen: the table of moves; rule 6: none of them touches a pool.
BEGIN;
SELECT plan(32);
SET LOCAL entitled.scope = '*';
SELECT setval('entitled.incident_incident_id_seq', 1, false) \g /dev/null
SELECT t.open('contoso', 'professional') ->> 'incident' AS i \gset
CREATE FUNCTION pg_temp.pools() RETURNS text LANGUAGE sql AS $$
  SELECT string_agg(concat_ws(' ', grant_id, granted, used, overage, expired, entries, head), ',' ORDER BY grant_id) FROM entitled.pool_grant $$;
SELECT pg_temp.pools() AS before \gset

SELECT is(t.reason('incident.close', 'carla', '{"incident": "INC-000001"}'), 'invalid_state', 'what is not resolved is not closed');
SELECT is(t.reason('incident.reopen', 'carla', '{"incident": "INC-000001", "reason": "x"}'), 'invalid_state', 'nor reopened');
SELECT is(t.ask('incident.close', 'carla', '{"incident": "INC-000001"}') #> '{body,data}',
          '{"reason": "invalid_state", "state": "new", "moves": ["assign", "resolve", "update"]}', 'the refusal tells the state and the moves that are legal');
SELECT is(t.result('incident.resolve', 'carla', '{"incident": "INC-000001", "resolution": "rebooted"}') -> 'incident',
          t.result('incident.show', 'rita', '{"incident": "INC-000001"}') - 'timeline', 'resolved: answered as incident.show, without timeline');
SELECT is(t.result('incident.show', 'rita', '{"incident": "INC-000001"}') -> k, v, 'resolved: ' || k)
  FROM (VALUES ('state', '"resolved"'::jsonb), ('resolution', '"rebooted"'), ('resolved_at', '"2004-08-23T12:00:00+00:00"'),
               ('closed_at', 'null'), ('reopened', '0')) v (k, v);
SELECT is(t.reason('incident.resolve', 'carla', '{"incident": "INC-000001", "resolution": "x"}'), 'invalid_state', 'not resolved twice');
SELECT is(t.result('incident.close', 'mia', '{"incident": "INC-000001", "reason": "they agree"}') #> '{incident,state}', '"closed"', 'closed');
SELECT is(t.result('incident.show', 'rita', '{"incident": "INC-000001"}') ->> 'closed_at', '2004-08-23T12:00:00+00:00', 'closed: when');
SELECT is(t.ask('incident.resolve', 'carla', '{"incident": "INC-000001", "resolution": "x"}') #> '{body,data,moves}', '["reopen"]',
          'a closed one can only be reopened');
SELECT is(t.result('incident.reopen', 'carla', '{"incident": "INC-000001", "reason": "again"}') #> '{incident,state}', '"in_progress"', 'reopened');
SELECT is(t.result('incident.show', 'rita', '{"incident": "INC-000001"}') -> k, v, 'reopened: ' || k)
  FROM (VALUES ('state', '"in_progress"'::jsonb), ('resolution', 'null'), ('resolved_at', 'null'), ('closed_at', 'null'), ('reopened', '1')) v (k, v);
SELECT t.result('incident.resolve', 'carla', '{"incident": "INC-000001", "resolution": "rebooted twice"}') \g /dev/null
SELECT is(t.result('incident.reopen', 'carla', '{"incident": "INC-000001", "reason": "still"}') #> '{incident,reopened}', '2', 'reopened from resolved, and counted');
SELECT is(pg_temp.pools(), :'before', 'rule 6: resolving, closing and reopening touch no pool');
SELECT is(t.result('incident.show', 'rita', '{"incident": "INC-000001"}') #> '{charge,ordinal}', '1', 'rule 6: it stays charged, once');
SELECT is((SELECT string_agg(concat_ws(' ', seq, event, p.name, body), ',' ORDER BY seq)
             FROM entitled.timeline JOIN entitled.principal p USING (principal_id) WHERE incident_id = 1),
          '1 opened carla,2 resolved carla rebooted,3 closed mia they agree,4 reopened carla again,5 resolved carla rebooted twice,6 reopened carla still',
          'the timeline tells it all');

-- Every state and every move, against the table.
CREATE FUNCTION pg_temp.move(state text, move text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  result jsonb;
BEGIN
  UPDATE entitled.incident i SET state = $1 WHERE incident_id = 1;
  result := t.ask('incident.' || move, 'carla', jsonb_build_object('incident', 'INC-000001')
                  || CASE move WHEN 'resolve' THEN '{"resolution": "r"}' WHEN 'reopen' THEN '{"reason": "r"}' ELSE '{}' END::jsonb) -> 'body';
  RETURN coalesce(result #>> '{data,reason}', result #>> '{incident,state}');
END $$;
SELECT is((SELECT string_agg(pg_temp.move(s, m), ' ' ORDER BY n)
             FROM unnest('{new,in_progress,awaiting_partner,awaiting_vendor,resolved,closed}'::text[]) WITH ORDINALITY AS u (s, n)), want, 'from each state: ' || m)
  FROM (VALUES ('resolve', 'resolved resolved resolved resolved invalid_state invalid_state'),
               ('close', 'invalid_state invalid_state invalid_state invalid_state closed invalid_state'),
               ('reopen', 'invalid_state invalid_state invalid_state invalid_state in_progress in_progress')) v (m, want);
-- Keys, and who may not see it.
SELECT t.result('incident.resolve', 'carla', '{"incident": "INC-000001", "resolution": "r", "key": "m1"}') \g /dev/null
SELECT is(t.result('incident.resolve', 'carla', '{"incident": "INC-000001", "resolution": "r", "key": "m1"}') -> 'replayed', 'true', 'rule 8: replayed');
SELECT is((SELECT count(*)::int FROM entitled.refusal), 0, 'an illegal move is no refusal of an entitlement');
SELECT is(t.reason('incident.' || m, 'carla', '{"incident": "INC-999999", "resolution": "r", "reason": "r"}'), 'not_found', 'not_found: ' || m)
  FROM unnest('{resolve,close,reopen}'::text[]) m;
SELECT is(t.message('incident.close', 'carla', '{"incident": "INC-999999"}'), 'there is no incident INC-999999', 'in one sentence');
SELECT finish();
ROLLBACK;
