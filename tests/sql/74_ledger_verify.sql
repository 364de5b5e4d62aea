-- ledger.verify: what a superuser does behind the application's back is found and named.
BEGIN;
SELECT plan(43);
SET LOCAL entitled.scope = '*';
SELECT setval('entitled.incident_incident_id_seq', 1, false) \g /dev/null
-- Of contoso's priority pool: grant, five debits, an override, two credits; and 30 minutes of usage.
SELECT t.open('contoso', 'priority') FROM generate_series(1, 5) \g /dev/null
SELECT t.open('contoso', 'priority', '{"override_reason": "they are down"}', 'mia') \g /dev/null
SELECT t.result('incident.credit', 'carla', '{"incident": "INC-000001", "reason": "goodwill", "note": "they waited"}'),
       t.result('incident.credit', 'carla', '{"incident": "INC-000006", "reason": "mislogged", "note": "not theirs"}'),
       t.result('usage.record', 'carla', '{"partner": "contoso", "benefit": "consulting", "units": 30, "incident": "INC-000001", "note": "a talk"}') \g /dev/null
SELECT grant_id AS g, partner_id AS p, contract_id AS c FROM entitled.pool_grant JOIN entitled.partner USING (partner_id)
 WHERE code = 'contoso' AND benefit = 'priority-incidents' \gset
SELECT grant_id AS u FROM entitled.pool_grant WHERE partner_id = :p AND benefit = 'consulting' \gset
SELECT is(t.result('ledger.verify', 'rita'), '{"grants": 3, "entries": 12, "broken": []}', 'what was written through the doors holds');
SELECT is(t.result('ledger.verify', 'ada', '{"partner": "contoso"}'), '{"grants": 3, "entries": 12, "broken": []}', 'one partner''s');
SELECT is(t.result('ledger.verify', 'ada', '{"partner": "fabriks"}'), '{"grants": 0, "entries": 0, "broken": []}', 'one who has none');
SELECT is(t.reason('ledger.verify', 'ada', '{"partner": "nobody"}'), 'not_found', 'not_found');

-- Does it as a superuser would who keeps the triggers (foreign keys) from seeing it, and tells what is found:
-- pool, number, sentence of each. What was done is undone.
CREATE FUNCTION pg_temp.found(doing text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  said text;
BEGIN
  BEGIN
    SET LOCAL session_replication_role = replica;
    EXECUTE doing;
    SELECT string_agg(concat_ws(' ', left(b ->> 'pool', 4), b ->> 'seq', b ->> 'what'), '; ' ORDER BY n) INTO said
      FROM jsonb_array_elements(t.result('ledger.verify', 'rita') -> 'broken') WITH ORDINALITY AS l (b, n);
    RAISE EXCEPTION 'undo';
  EXCEPTION WHEN raise_exception THEN
    SET LOCAL session_replication_role = origin;
    RETURN coalesce(said, 'nothing');
  END;
END $$;
SELECT is(pg_temp.found('SELECT 1'), 'nothing', 'nothing done, nothing found');

-- Each column of an entry.
SELECT matches(pg_temp.found(format('UPDATE entitled.ledger SET %s WHERE grant_id = %s AND seq = %s', change, :g, seq)),
               format('prio %s this is not the entry that was written here', seq), 'changed: ' || change)
  FROM (VALUES (3, 'at = at + interval ''1 microsecond'''), (3, 'kind = ''late'''), (3, 'units = 2'), (3, 'incident_id = 999'),
               (3, 'principal_id = principal_id + 1'), (3, 'note = ''x'''), (7, 'note = ''they were not down'''),
               (8, 'reason = ''mislogged'''), (8, 'note = NULL'), (3, 'hash = sha256(hash)'), (1, 'units = 6')) v (seq, change);
SELECT matches(pg_temp.found(format('UPDATE entitled.ledger SET grant_id = %s, seq = 3 WHERE grant_id = %s AND seq = 9', :u, :g)),
               'cons 3 this is not the entry that was written here', 'changed: its pool');
-- Removed.
SELECT is(pg_temp.found(format('DELETE FROM entitled.ledger WHERE grant_id = %s AND seq IN (3, 4)', :g)),
  'prio 5 entries 3 to 4 are missing; prio used is 4 on the pool, and 2 by its ledger; incident INC-000002 has no charge; incident INC-000003 has no charge',
  'removed: from the middle');
SELECT is(pg_temp.found(format('DELETE FROM entitled.ledger WHERE grant_id = %s AND seq = 2', :u)),
  'cons the last entries are missing: the pool counts 2, the ledger ends with 1; cons used is 30 on the pool, and 0 by its ledger', 'removed: the last');
SELECT is(pg_temp.found(format('DELETE FROM entitled.ledger WHERE grant_id = %s AND seq = 1', :u)),
  'cons 2 entries 1 to 1 are missing; cons granted is 600 on the pool, and 0 by its ledger', 'removed: the first');
SELECT is(pg_temp.found(format('DELETE FROM entitled.ledger WHERE grant_id = %s', :u)),
  'cons all 2 entries are missing; cons granted is 600 on the pool, and 0 by its ledger; cons used is 30 on the pool, and 0 by its ledger', 'removed: all of a pool');
SELECT matches(pg_temp.found(format('DELETE FROM entitled.ledger WHERE grant_id = %1$s; UPDATE entitled.pool_grant SET entries = 0, head = '''', used = 0, granted = 0 WHERE grant_id = %1$s', :u)),
  'cons the pool has no entry, not even its grant', 'removed: all of a pool, and its counters with it');
SELECT matches(pg_temp.found(format('DELETE FROM entitled.pool_grant WHERE grant_id = %s', :u)), 'entry 1 is of no pool; .*entry 2 is of no pool', 'removed: a pool');
SELECT matches(pg_temp.found(format('DELETE FROM entitled.ledger WHERE grant_id = %1$s; DELETE FROM entitled.pool_grant WHERE grant_id = %1$s', :g)),
  'incident INC-000001 has no charge; .*INC-000006 has no charge', 'removed: a pool with all its entries');
-- The last entry, and the counters put right with it: its incident says so.
SELECT is(pg_temp.found(format($$ WITH gone AS (DELETE FROM entitled.ledger WHERE grant_id = %1$s AND seq > 6)
  UPDATE entitled.pool_grant SET entries = 6, used = 5, overage = 0, head = (SELECT hash FROM entitled.ledger WHERE grant_id = %1$s AND seq = 6)
   WHERE grant_id = %1$s $$, :g)), 'incident INC-000006 has no charge', 'removed: the last, and the counters put right');
-- Reordered, inserted.
SELECT is(pg_temp.found(format('UPDATE entitled.ledger SET seq = 100 WHERE grant_id = %1$s AND seq = 3; UPDATE entitled.ledger SET seq = 3 WHERE grant_id = %1$s AND seq = 4; UPDATE entitled.ledger SET seq = 4 WHERE grant_id = %1$s AND seq = 100', :g)),
  'prio 3 this is not the entry that was written here: it was changed, moved or inserted; prio 4 this is not the entry that was written here: it was changed, moved or inserted; prio 5 this is not the entry that was written here: it was changed, moved or inserted',
  'reordered: two swapped');
SELECT matches(pg_temp.found(format('UPDATE entitled.ledger SET seq = seq + 100 WHERE grant_id = %1$s AND seq > 2; UPDATE entitled.ledger SET seq = seq - 99 WHERE grant_id = %1$s AND seq > 100;
    INSERT INTO entitled.ledger SELECT partner_id, grant_id, 3, at, ''usage'', 1, NULL, principal_id, NULL, hash, NULL FROM entitled.ledger WHERE grant_id = %1$s AND seq = 2', :g)),
  'prio 3 this is not .*; prio entries were added after the last: the pool counts 9, the ledger ends with 10', 'inserted: in the middle');
SELECT is(pg_temp.found(format('INSERT INTO entitled.ledger SELECT partner_id, grant_id, 3, at, ''top_up'', 100, NULL, principal_id, NULL,
      entitled.ledger_hash(hash, partner_id, grant_id, 3, at, ''top_up'', 100, NULL, principal_id, NULL), NULL FROM entitled.ledger WHERE grant_id = %1$s AND seq = 2', :u)),
  'cons entries were added after the last: the pool counts 2, the ledger ends with 3; cons granted is 600 on the pool, and 700 by its ledger',
  'inserted: at the end, with a hash that follows');
-- The counters.
SELECT is(pg_temp.found(format('UPDATE entitled.pool_grant SET %s WHERE grant_id = %s', change, :g)), 'prio ' || said, 'counters: ' || change)
  FROM (VALUES ('granted = 50', 'granted is 50 on the pool, and 5 by its ledger'), ('used = 0', 'used is 0 on the pool, and 4 by its ledger'),
               ('overage = 3', 'overage is 3 on the pool, and 0 by its ledger'), ('expired = 1', 'expired is 1 on the pool, and 0 by its ledger'),
               ('head = sha256(head)', 'the hash that the pool keeps is not that of its last entry'),
               ('entries = 8', 'entries were added after the last: the pool counts 8, the ledger ends with 9')) v (change, said);
-- The grant's terms, its contract, its incidents.
SELECT matches(pg_temp.found(format('UPDATE entitled.pool_grant SET ends = ends + interval ''1 year'' WHERE grant_id = %s', :g)), 'prio its term is not that of its contract', 'the term of a pool');
SELECT matches(pg_temp.found(format('DELETE FROM entitled.contract WHERE contract_id = %s', :c)), 'prio its contract is not there', 'a contract that is gone');
SELECT is(pg_temp.found('DELETE FROM entitled.incident WHERE incident_id = 2'), 'prio 3 its incident INC-000002 is not there', 'an incident that is gone');
SELECT is(pg_temp.found('UPDATE entitled.incident SET class = ''advisory'' WHERE incident_id = 2'),
          'prio 3 its incident is of class advisory, which the pool does not accept', 'rule 1: a class that the pool does not accept');
SELECT is(pg_temp.found('UPDATE entitled.incident SET opened_at = opened_at - interval ''1 year'' WHERE incident_id = 2'),
          'prio 3 its incident was reported outside the term', 'rule 9: reported outside the term');
SELECT is(pg_temp.found('UPDATE entitled.incident SET delivered_by = ''fabriks'' WHERE incident_id = 2'),
          'prio 3 its incident is delivered by another than the pool is', 'delivered by another');
SELECT is(pg_temp.found(format('UPDATE entitled.pool_grant SET unit = ''minute'' WHERE grant_id = %s', :g)) LIKE 'prio 2 an incident charged to a pool that does not count incidents%', true,
          'an incident charged in minutes');
-- A credit of what was never charged, with hash and counters as they should be.
SELECT is(pg_temp.found(format($$ WITH new AS (
    INSERT INTO entitled.ledger SELECT partner_id, grant_id, 3, at, 'credit', 1, 2, principal_id, 'n',
      entitled.ledger_hash(hash, partner_id, grant_id, 3, at, 'credit', 1, 2, principal_id, 'n', 'goodwill'), 'goodwill' FROM entitled.ledger WHERE grant_id = %1$s AND seq = 2
    RETURNING hash) UPDATE entitled.pool_grant SET entries = 3, head = (SELECT hash FROM new) WHERE grant_id = %1$s $$, :u)),
  'cons 3 a credit of what this pool was never charged', 'rule 6: a credit without a charge');
SELECT is(t.result('ledger.verify', 'rita'), '{"grants": 3, "entries": 12, "broken": []}', 'and all that undone, it holds');
SELECT finish();
ROLLBACK;
