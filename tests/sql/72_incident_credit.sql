-- incident.credit: rule 6, a unit is credited back once, by a coded reason and a note.
BEGIN;
SELECT plan(45);
SET LOCAL entitled.scope = '*';
SELECT setval('entitled.incident_incident_id_seq', 1, false) \g /dev/null
CREATE FUNCTION pg_temp.pool(pool text DEFAULT 'priority-incidents', partner text DEFAULT 'contoso') RETURNS text LANGUAGE sql AS $$
  SELECT concat_ws(' ', granted, used, overage, expired) FROM entitled.pool_grant JOIN entitled.partner USING (partner_id)
   WHERE code = $2 AND benefit = $1 $$;
CREATE FUNCTION pg_temp.credit(incident int, more jsonb DEFAULT '{}', caller text DEFAULT 'carla') RETURNS jsonb LANGUAGE sql AS $$
  SELECT t.ask('incident.credit', caller, jsonb_build_object('incident', entitled.incident_name(incident), 'reason', 'goodwill',
                                                             'note', 'they wait too long') || more) -> 'body' $$;
SELECT t.open('contoso', 'priority') FROM generate_series(1, 5) \g /dev/null
SELECT t.open('contoso', 'priority', '{"override_reason": "they are down"}', 'mia') \g /dev/null
SELECT t.open('contoso', 'critical', '{"outage": "server"}') \g /dev/null
SELECT t.contract('fabriks', 'mspa-standard', '2004-08-01') \g /dev/null
SELECT t.open('fabriks', 'priority') \g /dev/null
SELECT is(pg_temp.pool(), '5 5 1 0', 'the fixture: five used, one overage');

SELECT is(pg_temp.credit(1) #- '{charge,contract}',
          '{"incident": "INC-000001", "remaining": 1, "charge": {"pool": "priority-incidents", "units": 1, "ordinal": 1, "of": 5, "remaining": 4, "override": false}}',
          'rule 6: the unit is given back; the answer has the charge, and what is left now');
SELECT is(pg_temp.pool(), '5 4 1 0', 'rule 6: used - 1');
SELECT is((SELECT concat_ws(' ', kind, units, reason, note, p.name) FROM entitled.ledger JOIN entitled.principal p USING (principal_id)
            WHERE incident_id = 1 AND kind <> 'debit'), 'credit 1 goodwill they wait too long carla', 'rule 6: an entry of its own, with reason, note and who');
SELECT is(pg_temp.credit(1) #>> '{data,reason}', 'already_credited', 'rule 6: once');
SELECT is(pg_temp.credit(1, '{"reason": "product_defect", "note": "n"}', 'mia') -> 'code', '15', 'rule 6: whoever asks, for whatever reason');
SELECT is(pg_temp.credit(1) #> '{data,credit}', '{"at": "2004-08-23T12:00:00+00:00", "by": "carla", "units": 1, "reason": "goodwill", "note": "they wait too long"}',
          'rule 6: the refusal tells by whom and why it was');
SELECT is(pg_temp.pool(), '5 4 1 0', 'rule 6: and nothing changes');
SELECT is((SELECT count(*)::int FROM entitled.refusal WHERE method = 'incident.credit' AND reason = 'already_credited'), 3, 'refusals are recorded');
SELECT throws_ok($$ INSERT INTO entitled.ledger (partner_id, grant_id, seq, at, kind, units, incident_id, principal_id, reason, note, hash)
                    SELECT partner_id, grant_id, 1000, at, kind, units, incident_id, principal_id, reason, note, hash
                      FROM entitled.ledger WHERE kind = 'credit' $$, '23505', NULL, 'rule 6: the table itself forbids a second credit');
SELECT throws_ok($$ UPDATE entitled.ledger SET reason = 'because' WHERE kind = 'credit' $$, '23514', NULL, 'rule 6: and a reason that is none');
SELECT throws_ok($$ UPDATE entitled.ledger SET reason = NULL WHERE kind = 'credit' $$, '23514', NULL, 'rule 6: and a credit without one');
SELECT is(t.open('contoso', 'priority') #>> '{charge,ordinal}', '5', 'rule 6: the unit is there again for the next');
SELECT is(pg_temp.credit(6) -> 'remaining', '0', 'rule 6: an override is credited to the overage');
SELECT is(pg_temp.pool(), '5 5 0 0', 'rule 6: overage - 1');
SELECT is(pg_temp.credit(7) #>> '{data,reason}', 'invalid_state', 'rule 2: a critical one was not charged');
SELECT is((SELECT count(*)::int FROM entitled.refusal WHERE method = 'incident.credit'), 3, 'that is no refusal of an entitlement');

-- Reopening and resolving again neither charge nor credit.
SELECT t.result('incident.resolve', 'carla', '{"incident": "INC-000001", "resolution": "r"}') \g /dev/null
SELECT t.result('incident.reopen', 'carla', '{"incident": "INC-000001", "reason": "r"}') \g /dev/null
SELECT t.result('incident.resolve', 'carla', '{"incident": "INC-000001", "resolution": "r"}') \g /dev/null
SELECT is(pg_temp.pool(), '5 5 0 0', 'rule 6: reopening a credited one never charges again, nor does resolving credit again');
SELECT is(pg_temp.credit(1) #>> '{data,reason}', 'already_credited', 'rule 6: nor can it then be credited again');
SELECT is(t.result('incident.show', 'rita', '{"incident": "INC-000001"}') -> 'credit',
          '{"at": "2004-08-23T12:00:00+00:00", "by": "carla", "units": 1, "reason": "goodwill", "note": "they wait too long"}', 'shown');
SELECT is(t.result('incident.show', 'rita', '{"incident": "INC-000001"}') #> '{charge,ordinal}', '1', 'its charge is shown as it was then');

-- Duplicates.
SELECT is(pg_temp.credit(2, '{"reason": "duplicate"}') #>> '{data,reason}', 'invalid_params', 'a duplicate names what it repeats');
SELECT is(pg_temp.credit(2, '{"duplicate_of": "INC-000003"}') #>> '{data,reason}', 'invalid_params', 'and nothing else does');
SELECT is(pg_temp.credit(2, '{"reason": "duplicate", "duplicate_of": "INC-000002"}') #>> '{data,reason}', 'invalid_params', 'none repeats itself');
SELECT is(pg_temp.credit(2, '{"note": "  "}') #>> '{data,reason}', 'invalid_params', 'a note of blanks tells no facts');
SELECT is(pg_temp.credit(2, '{"reason": "duplicate", "duplicate_of": "INC-999999"}') #>> '{data,reason}', 'not_found', 'there is no such incident');
SELECT is(replace(pg_temp.credit(2, '{"reason": "duplicate", "duplicate_of": "INC-000008"}')::text, '000008', '999999'),
          pg_temp.credit(2, '{"reason": "duplicate", "duplicate_of": "INC-999999"}')::text, 'another partner''s is as none');
SELECT is(pg_temp.pool(), '5 5 0 0', 'and nothing was credited');
SELECT is(pg_temp.credit(2, '{"reason": "duplicate", "duplicate_of": "INC-000003"}') -> 'remaining', '1', 'rule 6: a duplicate is credited');
SELECT is(t.result('incident.show', 'rita', '{"incident": "INC-000002"}') -> 'duplicate_of', '"INC-000003"', 'shown');
SELECT is((SELECT string_agg(concat_ws(' ', incident_id, event, body), ',' ORDER BY incident_id, seq) FROM entitled.timeline
            WHERE incident_id IN (2, 3) AND event <> 'opened'),
          '2 credited duplicate: they wait too long,2 merged this is a duplicate of INC-000003,3 merged INC-000002 is a duplicate of this',
          'noted on both');
SELECT is(pg_temp.credit(4, '{"reason": "duplicate", "duplicate_of": "INC-000002"}') #> '{data}',
          '{"reason": "invalid_state", "duplicate_of": "INC-000003"}', 'of what is itself a duplicate: named instead');
SELECT is(pg_temp.credit(3, '{"reason": "duplicate", "duplicate_of": "INC-000002"}') #>> '{data,reason}', 'invalid_state', 'so no circle');
SELECT is(pg_temp.credit(2, '{"reason": "duplicate", "duplicate_of": "INC-000004"}') #>> '{data,reason}', 'already_credited', 'nor a second merge');

-- Keys.
SELECT pg_temp.credit(4, '{"key": "c1"}') AS first \gset
SELECT is(pg_temp.credit(4, '{"key": "c1"}'), :'first'::jsonb || '{"replayed": true}', 'rule 8: replayed');
SELECT is(pg_temp.pool(), '5 3 0 0', 'rule 8: and credited once');
SELECT is(pg_temp.credit(4, '{"key": "c1", "note": "another"}') #>> '{data,reason}', 'key_reused', 'rule 8: key_reused');
SELECT pg_temp.credit(4, '{"key": "c2"}') \g /dev/null
SELECT is(pg_temp.credit(4, '{"key": "c2"}') #> '{data,replayed}', 'true', 'rule 8: a refusal is kept under its key');
SELECT is(pg_temp.credit(999999) ->> 'message', 'there is no incident INC-999999', 'not_found');

-- After the term: the unit is left there, and lapses.
SET LOCAL entitled.now = '2005-07-02 12:00:00+00';
SELECT is(pg_temp.credit(5) -> 'remaining', '3', 'rule 6: a credit to a grant whose term is over');
SELECT is(t.open('contoso', 'priority') #>> '{data,reason}', 'no_entitlement', 'rule 6: does not come to life');
SELECT entitled.grants_expire((SELECT partner_id FROM entitled.partner WHERE code = 'contoso'), t.id('mia')) \g /dev/null
SELECT is(pg_temp.pool(), '5 2 0 3', 'rule 7: it lapses with the next expiry');
SELECT is(pg_temp.credit(3) -> 'remaining', '1', 'rule 6: and one that comes after it is left there');
SELECT entitled.grants_expire((SELECT partner_id FROM entitled.partner WHERE code = 'contoso'), t.id('mia')) \g /dev/null
SELECT is(pg_temp.pool(), '5 1 0 4', 'rule 7: and lapses with the one after');
SELECT is(t.result('ledger.verify', 'rita') -> 'broken', '[]', 'and the ledger holds');
SELECT finish();
ROLLBACK;
