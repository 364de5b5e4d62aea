-- The rules of charging where a term is over or a partner delivers (rules 1, 5, 7 and 8): late entries, delivering
-- partners, and what is kept of a refusal.
BEGIN;
SELECT plan(35);
SET LOCAL entitled.scope = '*';
SELECT setval('entitled.incident_incident_id_seq', 1, false) \g /dev/null
-- What a pool counts: granted used overage expired.
CREATE FUNCTION pg_temp.pool(contract text, pool text DEFAULT 'priority-incidents') RETURNS text LANGUAGE sql AS $$
  SELECT concat_ws(' ', granted, used, overage, expired) FROM entitled.pool_grant
   WHERE entitled.contract_name(contract_id) = contract AND benefit = pool $$;
CREATE FUNCTION pg_temp.broken() RETURNS jsonb LANGUAGE sql AS $$ SELECT t.result('ledger.verify', 'rita') -> 'broken' $$;

-- Late: reported within the term, entered after what was left had lapsed.
SELECT t.contract('emptyco', 'mspa-plus', '2004-08-01', '{"quantities": {"priority-incidents": 2}}') AS c \gset
SELECT is(t.open('emptyco', 'priority') #>> '{charge,remaining}', '1', 'one of two');
SET LOCAL entitled.now = '2005-08-02 12:00:00+00';
SELECT entitled.grants_expire((SELECT partner_id FROM entitled.partner WHERE code = 'emptyco'), t.id('mia')) \g /dev/null
SELECT is(pg_temp.pool(:'c'), '2 1 0 1', 'rule 7: what was left when the term ended has expired');
SELECT is(t.open('emptyco', 'priority') #>> '{data,reason}', 'no_entitlement', 'rule 7: and is not there for what comes now');
SELECT is(t.ask('incident.check', 'carla', '{"partner": "emptyco", "class": "priority", "severity": "B", "title": "x",
                                             "opened_at": "2005-07-31T12:00:00Z"}') #> '{body,charge,remaining}', '0',
          'incident.check: a late one has its unit');
SELECT is(t.open('emptyco', 'priority', '{"opened_at": "2005-07-31T12:00:00Z"}') -> 'charge',
          jsonb_build_object('pool', 'priority-incidents', 'contract', :'c', 'units', 1, 'ordinal', 2, 'of', 2,
                             'remaining', 0, 'override', false), 'rule 7: what was reported in the term has its unit');
SELECT is(pg_temp.pool(:'c'), '2 2 0 0', 'late: used + 1, expired - 1');
SELECT is((SELECT string_agg(kind, ' ' ORDER BY seq) FROM entitled.ledger JOIN entitled.pool_grant USING (partner_id, grant_id)
            WHERE entitled.contract_name(contract_id) = :'c' AND benefit = 'priority-incidents'), 'grant debit expiry late',
          'late: an entry of its own kind');
SELECT is(t.open('emptyco', 'priority', '{"opened_at": "2005-07-31T12:00:00Z"}') #>> '{data,reason}', 'entitlement_exhausted',
          'rule 4: the third of two is refused, late as it is');
SELECT is(t.open('emptyco', 'priority', '{"opened_at": "2005-07-31T12:00:00Z", "override_reason": "they were down"}', 'mia')
            #> '{charge,override}', 'true', 'rule 5: and overridden');
SELECT is(pg_temp.pool(:'c'), '2 2 1 0', 'rule 5: which is an overage');
SELECT is(t.result('incident.show', 'rita', '{"incident": "INC-000002"}') #> '{charge,ordinal}', '2', 'shown: its late charge');
-- Debits and lates in one batch: the order decides.
SELECT t.contract('fabriks', 'mspa-plus', '2004-08-01', '{"quantities": {"priority-incidents": 3}}') AS f \gset
SELECT entitled.grants_expire((SELECT partner_id FROM entitled.partner WHERE code = 'fabriks'), t.id('mia')) \g /dev/null
SELECT is((SELECT string_agg(coalesce((body::jsonb #>> '{charge,ordinal}') || '/' || (body::jsonb #>> '{charge,remaining}'), body::jsonb #>> '{data,reason}'), ' ' ORDER BY ordinal)
             FROM api.incident_open(array_fill(t.id('carla'), ARRAY[4]), ARRAY(
               SELECT jsonb_build_object('partner', 'fabriks', 'class', 'priority', 'severity', 'A', 'title', 'x', 'key', 'l' || n,
                                         'opened_at', '2005-07-31T12:00:00Z') FROM generate_series(1, 4) n))),
          '1/0 2/0 3/0 entitlement_exhausted', 'late: four of three in one batch; what has lapsed is not left');
SELECT is(pg_temp.pool(:'f'), '3 3 0 0', 'late: all that had expired is used');
SELECT is(t.result('incident.credit', 'carla', '{"incident": "INC-000002", "reason": "goodwill", "note": "n"}') -> 'remaining', '1',
          'rule 6: a late one is credited, and the unit is left there');
SELECT is(pg_temp.pool(:'c'), '2 1 1 0', 'rule 6: used - 1');
SELECT entitled.grants_expire((SELECT partner_id FROM entitled.partner WHERE code = 'emptyco'), t.id('mia')) \g /dev/null
SELECT is(pg_temp.pool(:'c'), '2 1 1 1', 'rule 7: and lapses with the next expiry');
SELECT is(pg_temp.broken(), '[]', 'and the ledger holds');

-- Delivered by a partner.
SET LOCAL entitled.now = '2004-08-23 12:00:00+00';
SELECT t.contract('emptyco', 'mspa-plus', '2004-08-02', '{"quantities": {"priority-incidents": 2}, "delivered_by": "contoso"}') AS d \gset
SELECT is(t.open('emptyco', 'priority', '{"delivered_by": "contoso"}') #> '{charge}',
          jsonb_build_object('pool', 'priority-incidents', 'contract', :'d', 'units', 1, 'ordinal', 1, 'of', 2, 'remaining', 1,
                             'override', false, 'delivered_by', 'contoso'), 'rule 1: handed over to a partner: its pool');
SELECT is(t.open('emptyco', 'priority', '{"opened_at": "2004-08-22T12:00:00Z"}') #>> '{charge,contract}', :'c',
          'rule 1: not handed over: never that one');
SELECT is(t.open('emptyco', 'priority') #>> '{data,reason}', 'entitlement_exhausted', 'rule 4: even with nothing else left');
SELECT is(jsonb_array_length(t.open('emptyco', 'priority') #> '{data,pools}'), 1, 'rule 4: nor is it among the pools looked at');
SELECT is(t.open('emptyco', 'priority', '{"delivered_by": "fabriks"}') #>> '{data,reason}', 'no_entitlement',
          'rule 1: handed over to another: nothing covers it');
SELECT is(t.open('emptyco', 'priority', '{"delivered_by": "nobody"}') #>> '{data,reason}', 'not_found', 'there is no such partner to deliver');
SELECT is(t.open('emptyco', 'critical', '{"delivered_by": "nobody", "outage": "server"}') #>> '{data,reason}', 'not_found',
          'nor for what is not charged');
SELECT is(t.result('incident.show', 'rita', jsonb_build_object('incident', entitled.incident_name(max(incident_id)))) #>> '{charge,delivered_by}',
          'contoso', 'shown: with who delivers it') FROM entitled.incident WHERE delivered_by = 'contoso';
SELECT is(t.result('incident.show', 'rita', jsonb_build_object('incident', entitled.incident_name(max(incident_id)))) ->> 'delivered_by',
          'contoso', 'shown: on the incident too') FROM entitled.incident WHERE delivered_by = 'contoso';
SELECT is(pg_temp.broken(), '[]', 'and the ledger holds');

-- Refusals are recorded with who asked what, and kept under their key.
SELECT count(*) AS refusals FROM entitled.refusal \gset
\set exhausted '{"key": "r1", "partner": "emptyco", "benefit": "consulting", "units": 100000}'
SELECT t.ask('usage.record', 'carla', :'exhausted') -> 'body' AS first \gset
SELECT is(:'first'::jsonb #>> '{data,reason}', 'entitlement_exhausted', 'rule 4: refused');
SELECT is(t.ask('usage.record', 'carla', :'exhausted') -> 'body', jsonb_set(:'first', '{data,replayed}', 'true'),
          'rule 8: the same key: the same refusal, marked');
SELECT is((SELECT string_agg(concat_ws(' ', method, reason, p.name, request ->> 'benefit', request ? 'key'), ',') FROM (
             SELECT * FROM entitled.refusal ORDER BY refusal_id DESC LIMIT 1) r JOIN entitled.principal p USING (principal_id)),
          'usage.record entitlement_exhausted carla consulting f', 'rule 4: recorded: who asked what, why not');
SELECT is((SELECT count(*)::int FROM entitled.refusal) - :refusals::int, 1, 'rule 8: once');
SELECT is(t.reason('usage.record', 'carla', :'exhausted'::jsonb || '{"units": 1}'), 'key_reused', 'rule 8: its key is taken');
SELECT is(t.reason('usage.record', 'carla', '{"key": "r2", "partner": "emptyco", "benefit": "nothing", "units": 1}'), 'not_found', 'a mistake');
SELECT is(t.reason('usage.record', 'carla', '{"key": "r2", "partner": "emptyco", "benefit": "consulting", "units": 1}'), 'ok',
          'leaves its key free');
SELECT is((SELECT string_agg(DISTINCT method, ' ') FROM entitled.refusal), 'incident.open usage.record', 'and is not recorded');
SELECT finish();
ROLLBACK;
