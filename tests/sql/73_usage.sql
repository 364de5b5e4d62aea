-- usage.record: rule 3, advisory work is charged by recording it: minutes, days, seats; in the order of rule 1.
BEGIN;
SELECT plan(38);
SET LOCAL entitled.scope = '*';
SELECT setval('entitled.incident_incident_id_seq', 1, false) \g /dev/null
CREATE FUNCTION pg_temp.usage(units int, more jsonb DEFAULT '{}', partner text DEFAULT 'emptyco') RETURNS jsonb LANGUAGE sql AS $$
  SELECT t.ask('usage.record', 'carla', jsonb_build_object('partner', partner, 'benefit', 'consulting', 'units', units) || more) -> 'body' $$;
CREATE FUNCTION pg_temp.used() RETURNS text LANGUAGE sql AS $$
  SELECT string_agg(concat_ws('/', used, granted), ' ' ORDER BY grant_id) FROM entitled.pool_grant JOIN entitled.partner USING (partner_id)
   WHERE code = 'emptyco' AND benefit = 'consulting' $$;
-- 600 minutes until next July, 600 until next June, 1200 until next August.
SELECT t.contract('emptyco', 'mspa-standard', '2004-07-01') AS july, t.contract('emptyco', 'mspa-standard', '2004-06-01') AS june,
       t.contract('emptyco', 'mspa-plus', '2004-08-01', '{"quantities": {"priority-incidents": 0}}') AS august \gset

SELECT is(pg_temp.usage(90), jsonb_build_object('charge', jsonb_build_object(
            'benefit', 'consulting', 'unit', 'minute', 'units', 90, 'remaining', 2310,
            'parts', jsonb_build_array(jsonb_build_object('pool', 'consulting', 'contract', :'june', 'units', 90, 'remaining', 510)))),
          'rule 3: minutes are taken from the pool that expires first');
SELECT is(pg_temp.used(), '0/600 90/600 0/1200', 'rule 1: and from no other');
SELECT is(pg_temp.usage(1200) #> '{charge,parts}', jsonb_build_array(
            jsonb_build_object('pool', 'consulting', 'contract', :'june', 'units', 510, 'remaining', 0),
            jsonb_build_object('pool', 'consulting', 'contract', :'july', 'units', 600, 'remaining', 0),
            jsonb_build_object('pool', 'consulting', 'contract', :'august', 'units', 90, 'remaining', 1110)),
          'rule 3: what the first lacks is taken from the next');
SELECT is(pg_temp.used(), '600/600 600/600 90/1200', 'rule 3: each in its grant');
SELECT is((SELECT string_agg(concat_ws(' ', kind, units, incident_id), ',' ORDER BY grant_id, seq) FROM entitled.ledger
            WHERE kind = 'usage'), 'usage 600,usage 90,usage 510,usage 90', 'rule 3: an entry each');
SELECT is(pg_temp.usage(1110) #> '{charge,remaining}', '0', 'to the last minute');
SELECT is(pg_temp.usage(1) #>> '{data,reason}', 'entitlement_exhausted', 'rule 4: and then no more');

-- All or nothing.
SELECT t.contract('fabriks', 'mspa-standard', '2004-08-01') AS f \gset
SELECT pg_temp.usage(100, '{}', 'fabriks') \g /dev/null
SELECT is(pg_temp.usage(501, '{}', 'fabriks') #- '{data,pools,0,expires}' #- '{data,help}', jsonb_build_object('code', 10,
            'message', 'too little is left of consulting of fabriks: 501 asked, 500 left',
            'data', jsonb_build_object('reason', 'entitlement_exhausted', 'partner', 'fabriks', 'benefit', 'consulting', 'units', 501,
              'remaining', 500, 'pools', jsonb_build_array(jsonb_build_object('pool', 'consulting', 'contract', :'f', 'granted', 600, 'used', 100)))),
          'rule 4: refused with the pools looked at, as they are');
SELECT is((SELECT concat_ws(' ', used, entries) FROM entitled.pool_grant WHERE entitled.contract_name(contract_id) = :'f' AND benefit = 'consulting'),
          '100 2', 'rule 4: all or nothing');
SELECT is(pg_temp.usage(500, '{}', 'fabriks') #> '{charge,remaining}', '0', 'what is left may be taken');

-- What is booked, and against what.
SELECT is(pg_temp.usage(1, '{"benefit": "nothing"}') ->> 'message', 'there is no benefit nothing in the catalogue', 'not_found: the benefit');
SELECT is(pg_temp.usage(1, '{"benefit": "critical-phone"}') #>> '{data,reason}', 'invalid_params', 'not an access');
SELECT is(pg_temp.usage(1, '{"benefit": "priority-incidents"}') #>> '{data,reason}', 'invalid_params', 'nor a pool that counts incidents');
SELECT is(pg_temp.usage(1, '{}', 'nobody') ->> 'message', 'there is no partner nobody', 'not_found: the partner');
SELECT is(pg_temp.usage(1, '{"benefit": "consulting"}', 'contoso') #> '{charge,remaining}', '599', 'a partner''s own pools');
SELECT t.result('partner.create', 'mia', '{"partner": "bare", "name": "B", "region": "us", "time_zone": "UTC", "calendar": "us-east"}') \g /dev/null
SELECT is(pg_temp.usage(1, '{}', 'bare') #>> '{data,reason}', 'no_entitlement', 'rule 4: no contract includes it');
SELECT is(pg_temp.usage(1, '{}', 'bare') #> '{data,plans}', '["mspa-plus", "mspa-standard"]', 'rule 4: the plans on sale that do');
SELECT is((SELECT count(*)::int FROM entitled.refusal WHERE method = 'usage.record'), 4, 'refusals are recorded');

-- The incident that the work was for.
SELECT t.open('contoso', 'advisory') ->> 'incident' AS i, t.open('fabriks', 'advisory') \gset
SELECT is(t.result('incident.show', 'rita', '{"incident": "INC-000001"}') -> 'charge', 'null', 'rule 3: opening an advisory one charges nothing');
SELECT is(pg_temp.usage(45, '{"incident": "INC-000001", "note": "a talk"}', 'contoso') #> '{charge,units}', '45', 'usage for an incident');
SELECT is(pg_temp.usage(1, '{"incident": "INC-000001"}', 'contoso') #> '{charge,units}', '1', 'and again: it is no charge of the incident');
SELECT is((SELECT string_agg(concat_ws(' ', seq, event, body), ',' ORDER BY seq) FROM entitled.timeline WHERE incident_id = 1),
          '1 opened,2 usage 45 minutes of consulting: a talk,3 usage 1 minute of consulting', 'noted on its timeline');
SELECT is(replace(pg_temp.usage(1, '{"incident": "INC-000002"}', 'contoso')::text, '000002', '999999'),
          pg_temp.usage(1, '{"incident": "INC-999999"}', 'contoso')::text, 'another partner''s incident is as none');
SELECT is(pg_temp.usage(1, '{"incident": "INC-000002"}', 'contoso') #>> '{data,reason}', 'not_found', 'not_found');

-- When it was done (rule 9).
SELECT is(pg_temp.usage(1, '{"at": "2004-08-23T12:00:01Z"}', 'contoso') #>> '{data,reason}', 'invalid_params', 'nothing is done in the future');
SELECT is(pg_temp.usage(1, '{"at": "2004-05-31T22:59:59Z"}', 'contoso') #>> '{data,reason}', 'no_entitlement', 'rule 9: before the term');
SELECT is(pg_temp.usage(1, '{"at": "2004-05-31T23:00:00Z"}', 'contoso') #>> '{charge,units}', '1', 'rule 9: its first instant');
SET LOCAL entitled.now = '2005-08-01 12:00:00+00';
SELECT is(pg_temp.usage(1, '{}', 'contoso') #>> '{data,reason}', 'no_entitlement', 'rule 9: after the term');
SELECT is(pg_temp.usage(1, '{"at": "2005-05-31T23:00:00Z"}', 'contoso') #>> '{data,reason}', 'no_entitlement', 'rule 9: its end is not in it');
SELECT is(pg_temp.usage(1, '{"at": "2005-05-31T22:59:59Z"}', 'contoso') #>> '{charge,units}', '1', 'rule 9: its last second, booked later');
SELECT entitled.grants_expire((SELECT partner_id FROM entitled.partner WHERE code = 'contoso'), t.id('mia')) \g /dev/null
SELECT is(pg_temp.usage(3, '{"at": "2005-05-31T22:59:59Z"}', 'contoso') #> '{charge,remaining}', '0', 'rule 7: its last second, booked after the expiry');
SELECT is(pg_temp.usage(600, '{"at": "2005-05-31T22:59:59Z"}', 'contoso') #>> '{data,remaining}', '548', 'rule 4: but no more than was left then');
SELECT is((SELECT string_agg(concat_ws(' ', kind, units), ',' ORDER BY seq) FROM entitled.ledger JOIN entitled.pool_grant g USING (partner_id, grant_id)
            JOIN entitled.partner USING (partner_id) WHERE code = 'contoso' AND benefit = 'consulting'),
          'grant 600,usage 1,usage 45,usage 1,usage 1,usage 1,expiry 551,late_usage 3', 'rule 7: it is taken back from the expiry');

-- Keys; a disabled partner.
SET LOCAL entitled.now = '2005-08-23 12:00:00+00';
SELECT t.contract('contoso', 'mspa-standard', '2005-08-01') \g /dev/null
SELECT pg_temp.usage(10, '{"key": "u1"}', 'contoso') AS first \gset
SELECT is(pg_temp.usage(10, '{"key": "u1"}', 'contoso'), :'first'::jsonb || '{"replayed": true}', 'rule 8: replayed');
SELECT is(pg_temp.usage(10, '{"key": "u2"}', 'contoso') #> '{charge,remaining}', '580', 'rule 8: and booked once');
SELECT t.result('partner.update', 'mia', '{"partner": "contoso", "disabled": true}') \g /dev/null
SELECT is(pg_temp.usage(1, '{}', 'contoso') #>> '{data,reason}', 'invalid_state', 'nothing is booked against a disabled partner');
SELECT is(t.result('ledger.verify', 'rita') -> 'broken', '[]', 'and the ledger holds');
-- Of two, the one that ends first, though it starts last.
SET LOCAL entitled.now = '2004-08-23 12:00:00+00';
SELECT t.contract('bare', 'mspa-standard', '2004-06-01') AS june, t.contract('bare', 'mspa-standard', '2004-07-01') AS july \gset
UPDATE entitled.pool_grant SET ends = '2006-06-01' WHERE entitled.contract_name(contract_id) = :'june';
SELECT is(pg_temp.usage(1, '{}', 'bare') #>> '{charge,parts,0,contract}', :'july', 'rule 1: earlier expiry before earlier start');
SELECT finish();
ROLLBACK;
