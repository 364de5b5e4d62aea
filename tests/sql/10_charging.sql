-- The rules of charging (domain words; the rules as doc/architecture.md numbers them): 1, 2, 4, 5, 8 and 9.
-- contoso holds certified (5 professional, rank 10) and mspa-standard (5 priority, rank 20, which accept
-- professional too); fabriks holds registered (no pool); emptyco holds nothing.
BEGIN;
SELECT plan(50);
SET LOCAL entitled.scope = '';

CREATE TEMP TABLE opened (n int, answer jsonb);
INSERT INTO opened SELECT n, t.open('contoso', 'professional') FROM generate_series(1, 11) n ORDER BY n;

-- Rule 1: lower rank first, then the pool that accepts it too.
SELECT is((SELECT array_agg(answer #>> '{charge,pool}' ORDER BY n) FROM opened WHERE n <= 10),
          array_fill('professional-incidents'::text, ARRAY[5]) || array_fill('priority-incidents'::text, ARRAY[5]),
          'rule 1: five from the free pool, and then five from the priority pool that accepts professional');
SELECT is((SELECT array_agg(answer #> '{charge,ordinal}' ORDER BY n) FROM opened WHERE n <= 5),
          ARRAY['1', '2', '3', '4', '5']::jsonb[], 'rule 1: each takes one unit: incident 1, 2 … of 5');
SELECT is((SELECT answer -> 'charge' FROM opened WHERE n = 5) - 'contract',
          '{"pool": "professional-incidents", "units": 1, "ordinal": 5, "of": 5, "remaining": 0, "override": false}',
          'the fifth leaves nothing');

-- Rule 4: nothing left, no override.
SELECT is((SELECT answer #>> '{data,reason}' FROM opened WHERE n = 11), 'entitlement_exhausted',
          'rule 4: the eleventh is refused');
SELECT is((SELECT answer -> 'code' FROM opened WHERE n = 11), '10', 'rule 4: with its code');
SELECT is((SELECT jsonb_array_length(answer #> '{data,pools}') FROM opened WHERE n = 11), 2,
          'rule 4: and tells the pools that were looked at');
SELECT is((SELECT count(*)::int FROM entitled.incident), 10, 'rule 4: a refused incident is not written');
SELECT is((SELECT count(*)::int FROM entitled.ledger WHERE kind = 'debit'), 10, 'rule 4: nor is it charged');
SELECT is((SELECT count(*)::int FROM entitled.timeline), 10, 'rule 4: nor has it a timeline');
SELECT is((SELECT array_agg(reason) FROM entitled.refusal), '{entitlement_exhausted}',
          'rule 4: but the refusal itself is, for the nightly report');
SELECT is(t.open('contoso', 'priority') #>> '{data,reason}', 'entitlement_exhausted',
          'rule 1: a priority incident finds no other pool');
SELECT is(t.open('emptyco', 'professional') #>> '{data,reason}', 'no_entitlement', 'rule 4: no contract covers it');
SELECT is(t.open('fabriks', 'priority') #>> '{data,reason}', 'no_entitlement', 'rule 4: a contract that has no pool for it');
SELECT is((SELECT count(*)::int FROM entitled.refusal), 4, 'rule 4: every refusal is recorded');

-- Rule 5: an override is a manager's, with a reason, an entry of its own kind; no pool goes below zero.
SELECT is(t.open('contoso', 'professional', '{"override_reason": "they are down"}') #>> '{data,reason}', 'forbidden',
          'rule 5: a coordinator does not override');
SELECT is(t.open('contoso', 'professional', '{"override_reason": "  "}', 'mia') #>> '{data,reason}',
          'override_needs_reason', 'rule 5: an override has a reason');
SELECT is(t.open('contoso', 'professional', '{"override_reason": "they are down"}', 'mia') #> '{charge,override}', 'true',
          'rule 5: a manager does override');
SELECT results_eq($$ SELECT kind::text, units, note FROM entitled.ledger WHERE kind <> 'debit' AND incident_id IS NOT NULL $$,
                  $$ VALUES ('override', 1, 'they are down') $$, 'rule 5: it is an entry of its own kind');
SELECT is_empty('SELECT * FROM entitled.pool_grant WHERE used > granted OR used < 0', 'rule 5: used stays within granted');
SELECT throws_ok($$ UPDATE entitled.pool_grant SET used = granted + 1 WHERE unit = 'incident' $$, '23514', NULL,
                 'rule 5: the table itself forbids more than was granted');
SELECT is((SELECT sum(overage)::int FROM entitled.pool_grant), 1, 'rule 5: an override is an overage');

-- The counters are the ledger's cache, the chain is whole.
SELECT is_empty($$
  SELECT g.grant_id
    FROM entitled.pool_grant g,
         LATERAL (SELECT coalesce(sum(units) FILTER (WHERE kind = 'debit'), 0) AS used,
                         coalesce(sum(units) FILTER (WHERE kind = 'override'), 0) AS overage,
                         count(*) AS entries, (array_agg(hash ORDER BY seq DESC))[1] AS head
                    FROM entitled.ledger l
                   WHERE l.partner_id = g.partner_id AND l.grant_id = g.grant_id) l
   WHERE (g.used, g.overage, g.entries, g.head) IS DISTINCT FROM (l.used, l.overage, l.entries, l.head)
$$, 'what a grant counts is what its ledger says');
SELECT is_empty($$
  SELECT * FROM (SELECT *, lag(hash, 1, '') OVER (PARTITION BY grant_id ORDER BY seq) AS previous FROM entitled.ledger) l
   WHERE hash <> entitled.ledger_hash(previous, partner_id, grant_id, seq, at, kind, units, incident_id, principal_id, note)
$$, 'every entry''s hash is over itself and the one before');

-- Rule 2: critical.
SELECT is(t.open('contoso', 'critical') #>> '{data,reason}', 'outage_required', 'rule 2: critical needs an outage');
SELECT is(t.open('fabriks', 'critical', '{"outage": "server"}') -> 'charge', 'null', 'rule 2: critical is never charged');
SELECT is(t.open('contoso', 'critical', '{"outage": "network"}') ->> 'incident' IS NOT NULL, true,
          'rule 2: critical is open to every membership, with all pools empty');
SET LOCAL entitled.now = '2004-08-29 03:00:00+00';
SELECT is(t.open('fabriks', 'critical', '{"outage": "network"}') #>> '{clocks,coverage}', '24x7',
          'rule 2: day and night, on a Sunday at three');
SET LOCAL entitled.now = '2004-08-23 12:00:00+00';
SELECT is(t.open('emptyco', 'critical', '{"outage": "server"}') #>> '{data,reason}', 'no_entitlement',
          'rule 2: but not without a membership');

-- Rule 1, the order: rank, then earlier expiry, then earlier start, then the lower id.
SELECT t.contract('emptyco', 'mspa-standard', '2004-07-01') AS late,
       t.contract('emptyco', 'mspa-standard', '2004-06-01') AS early,
       t.contract('emptyco', 'mspa-standard', '2004-06-01') AS twin,
       t.contract('emptyco', 'certified', '2004-08-01') AS ranked \gset
SELECT is(t.open('emptyco', 'professional') #>> '{charge,contract}', :'ranked',
          'rule 1: the lower rank first, though it expires last');
CREATE TEMP TABLE ordered AS SELECT n, t.open('emptyco', 'priority') -> 'charge' AS charge FROM generate_series(1, 15) n;
SELECT is((SELECT array_agg(DISTINCT charge ->> 'contract') FROM ordered WHERE n <= 5), ARRAY[:'early'],
          'rule 1: of equal rank, the pool that expires first, and then the lower id');
SELECT is((SELECT array_agg(DISTINCT charge ->> 'contract') FROM ordered WHERE n BETWEEN 6 AND 10), ARRAY[:'twin'],
          'rule 1: then its twin of a higher id');
SELECT is((SELECT array_agg(DISTINCT charge ->> 'contract') FROM ordered WHERE n > 10), ARRAY[:'late'],
          'rule 1: and the one that expires last at last');
-- Terms of one end: the earlier start; and a pool that never ends comes last.
UPDATE entitled.pool_grant SET used = 0, starts = '2004-08-01', ends = '2006-01-01' WHERE benefit = 'priority-incidents'
   AND entitled.contract_name(contract_id) IN (:'early', :'twin', :'late');
UPDATE entitled.pool_grant SET starts = '2004-07-01' WHERE entitled.contract_name(contract_id) = :'twin';
UPDATE entitled.pool_grant SET ends = NULL WHERE entitled.contract_name(contract_id) = :'early';
INSERT INTO ordered SELECT 100 + n, t.open('emptyco', 'priority') -> 'charge' FROM generate_series(1, 15) n;
SELECT is((SELECT array_agg(DISTINCT charge ->> 'contract') FROM ordered WHERE n BETWEEN 101 AND 105), ARRAY[:'twin'],
          'rule 1: of equal expiry, the earlier start');
SELECT is((SELECT array_agg(DISTINCT charge ->> 'contract') FROM ordered WHERE n BETWEEN 111 AND 115), ARRAY[:'early'],
          'rule 1: what never expires is used last');

-- Rule 8: once, however often it is sent.
SELECT t.open('emptyco', 'professional', '{"key": "once"}') AS first \gset
SELECT is(t.open('emptyco', 'professional', '{"key": "once"}'), :'first'::jsonb || '{"replayed": true}',
          'rule 8: the same key, the same answer');
SELECT is((SELECT count(*)::int FROM entitled.ledger l JOIN entitled.pool_grant g USING (partner_id, grant_id)
            WHERE entitled.contract_name(g.contract_id) = :'ranked' AND l.kind = 'debit'), 2, 'rule 8: charged once');
SELECT is(t.open('emptyco', 'professional', '{"key": "once", "title": "another"}') #>> '{data,reason}', 'key_reused',
          'rule 8: the same key for something else is refused');
SELECT is(t.open('emptyco', 'professional', '{"key": "once"}', 'carlo') ->> 'replayed', NULL,
          'rule 8: another principal''s key is another key');
CREATE TEMP TABLE again AS
  SELECT * FROM api.incident_open(ARRAY[t.id('carla'), t.id('carla')],
    array_fill('{"partner": "emptyco", "class": "professional", "severity": "A", "title": "x", "key": "batch"}'::jsonb, ARRAY[2]));
SELECT is((SELECT array_agg(body::jsonb ->> 'incident' ORDER BY ordinal) FROM again WHERE ok),
          array_fill((SELECT body::jsonb ->> 'incident' FROM again WHERE ordinal = 1), ARRAY[2]),
          'rule 8: a key that is twice in one batch is one incident');
SELECT throws_ok($$ INSERT INTO entitled.ledger (partner_id, grant_id, seq, at, kind, units, incident_id, principal_id, hash)
                    SELECT partner_id, grant_id, 1000, at, 'debit', 1, incident_id, principal_id, hash
                      FROM entitled.ledger WHERE kind = 'debit' LIMIT 1 $$, '23505', NULL,
                 'rule 8: the table itself forbids a second charge');

-- Rule 9: the first instant of a term is in it, the last is not, in the partner's time zone.
SELECT t.contract('fabriks', 'mspa-standard', '2004-10-01') AS term \gset
SET LOCAL entitled.now = '2004-10-01 03:59:59.999999+00';
SELECT is(t.open('fabriks', 'priority') #>> '{data,reason}', 'no_entitlement', 'rule 9: before midnight in New York, not yet');
SET LOCAL entitled.now = '2004-10-01 04:00:00+00';
SELECT is(t.open('fabriks', 'priority') #>> '{charge,contract}', :'term', 'rule 9: at midnight in New York, yes');
SET LOCAL entitled.now = '2005-10-01 03:59:59.999999+00';
SELECT is(t.open('fabriks', 'priority') #>> '{charge,ordinal}', '2', 'rule 9: in the last microsecond, still');
SET LOCAL entitled.now = '2005-10-01 04:00:00+00';
SELECT is(t.open('fabriks', 'priority') #>> '{data,reason}', 'no_entitlement', 'rule 9: at the end, no more');
SELECT is((SELECT string_agg(coalesce(body::jsonb #>> '{data,reason}', 'ok'), ' ' ORDER BY ordinal)
             FROM api.incident_open(ARRAY[t.id('carla'), t.id('carla')], ARRAY[
               '{"partner": "fabriks", "class": "priority", "severity": "A", "title": "x", "key": "e1", "opened_at": "2005-10-01T03:59:59Z"}',
               '{"partner": "fabriks", "class": "priority", "severity": "A", "title": "x", "key": "e2"}']::jsonb[])),
          'ok no_entitlement', 'rule 9: nor in one batch with one that was reported in the term');
SELECT is(t.open('fabriks', 'priority', '{"opened_at": "2005-09-30T12:00:00Z"}') #>> '{charge,ordinal}', '4',
          'rule 9: what was reported in the term is charged to it');
SELECT is(t.open('fabriks', 'priority', '{"opened_at": "2005-10-01T04:00:01Z"}') #>> '{data,reason}', 'invalid_params',
          'nothing is reported in the future');

-- incident.check: the same decision, nothing written.
SET LOCAL entitled.now = '2005-09-30 12:00:00+00';
SELECT count(*) AS before FROM entitled.ledger \gset
SELECT is(t.ask('incident.check', 'carla', '{"partner": "fabriks", "class": "priority", "severity": "A", "title": "x"}')
            #> '{body,charge,ordinal}', '5', 'incident.check tells the charge');
SELECT is((SELECT count(*) FROM entitled.ledger), :before::bigint, 'incident.check writes nothing');

-- A disabled partner.
SELECT t.result('partner.update', 'mia', '{"partner": "fabriks", "disabled": true}') \g /dev/null
SELECT is(t.open('fabriks', 'priority') #>> '{data,reason}', 'invalid_state', 'nothing is logged against a disabled partner');
SELECT finish();
ROLLBACK;
