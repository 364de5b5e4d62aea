-- ledger.list: each debit and credit with who, when, why, and what was left after it, as of any instant.
BEGIN;
SELECT plan(27);
SET LOCAL entitled.scope = '*';
SELECT setval('entitled.incident_incident_id_seq', 1, false) \g /dev/null
SELECT t.contract('emptyco', 'mspa-plus', '2004-08-01', '{"quantities": {"priority-incidents": 3, "consulting": 100}}') AS c \gset
SET LOCAL entitled.now = '2004-09-01 12:00+00';
SELECT t.open('emptyco', 'priority') \g /dev/null
SET LOCAL entitled.now = '2004-09-02 12:00+00';
SELECT t.open('emptyco', 'priority') \g /dev/null
SET LOCAL entitled.now = '2004-09-03 12:00+00';
SELECT t.result('incident.credit', 'carlo', '{"incident": "INC-000001", "reason": "goodwill", "note": "they waited"}') \g /dev/null
SET LOCAL entitled.now = '2004-09-04 12:00+00';
SELECT t.result('usage.record', 'carla', '{"partner": "emptyco", "benefit": "consulting", "units": 30, "incident": "INC-000002"}') \g /dev/null
SET LOCAL entitled.now = '2004-09-05 12:00+00';

CREATE FUNCTION pg_temp.list(more jsonb DEFAULT '{}', caller text DEFAULT 'rita') RETURNS text LANGUAGE sql AS $$
  SELECT coalesce(string_agg(concat_ws(' ', left(e ->> 'pool', 1) || (e ->> 'seq'), e ->> 'kind', e ->> 'change', e ->> 'left',
                                       CASE WHEN NOT (e ->> 'written')::boolean THEN 'unwritten' END), ', ' ORDER BY n), '')
    FROM jsonb_array_elements(t.result('ledger.list', caller, '{"partner": "emptyco"}' || more) -> 'entries') WITH ORDINALITY AS l (e, n) $$;
SELECT is(pg_temp.list(), 'p1 grant 3 3, p2 debit -1 2, p3 debit -1 1, p4 credit 1 2, c1 grant 100 100, c2 usage -30 70',
          'by pool and in its order: the change, and what was left after it');
SELECT is(t.result('ledger.list', 'rita', '{"partner": "emptyco"}') #> '{entries,3}', jsonb_build_object(
            'seq', 4, 'at', '2004-09-03T12:00:00+00:00', 'contract', :'c', 'pool', 'priority-incidents', 'kind', 'credit', 'unit', 'incident',
            'units', 1, 'change', 1, 'left', 2, 'incident', 'INC-000001', 'by', 'carlo', 'reason', 'goodwill', 'note', 'they waited',
            'written', true), 'who, when, why');
SELECT is(pg_temp.list('{"as_of": "2004-09-02T12:00:00Z"}'), 'p1 grant 3 3, p2 debit -1 2, p3 debit -1 1, c1 grant 100 100', 'as of: what was entered by then');
SELECT is(pg_temp.list('{"as_of": "2004-09-02T11:59:59Z"}'), 'p1 grant 3 3, p2 debit -1 2, c1 grant 100 100', 'as of: a second before');
SELECT is(pg_temp.list('{"as_of": "2004-08-23T11:00:00Z"}'), '', 'as of: before there was anything');
SELECT is(pg_temp.list('{"since": "2004-09-02T12:00:00Z"}'), 'p3 debit -1 1, p4 credit 1 2, c2 usage -30 70', 'since');
SELECT is(pg_temp.list('{"since": "2004-09-02T12:00:00Z", "as_of": "2004-09-03T11:00:00Z"}'), 'p3 debit -1 1', 'since and as of');
SELECT is(pg_temp.list('{"incident": "INC-000001"}'), 'p2 debit -1 2, p4 credit 1 2', 'of an incident');
SELECT is(pg_temp.list('{"incident": "INC-000002"}'), 'p3 debit -1 1, c2 usage -30 70', 'of an incident, in two pools');
SELECT is(pg_temp.list(jsonb_build_object('contract', :'c')), pg_temp.list(), 'of a contract');
SELECT is(t.result('ledger.list', 'rita', jsonb_build_object('contract', :'c')), t.result('ledger.list', 'rita', '{"partner": "emptyco"}'), 'a contract says whose');
SELECT is(jsonb_array_length(t.result('ledger.list', 'rita', '{"incident": "INC-000001"}') -> 'entries'), 2, 'an incident too');
SELECT is(t.reason('ledger.list', 'rita'), 'invalid_params', 'nothing says whose');
SELECT is(t.reason('ledger.list', 'rita', '{"partner": "contoso", "incident": "INC-000001"}'), 'not_found', 'an incident of another');
SELECT is(t.reason('ledger.list', 'rita', jsonb_build_object('partner', 'contoso', 'contract', :'c')), 'not_found', 'a contract of another');
SELECT is(t.reason('ledger.list', 'rita', '{"partner": "emptyco", "as_of": "2004-09-05T12:00:01Z"}'), 'invalid_params', 'not as of the future');

-- Pages.
CREATE FUNCTION pg_temp.pages(size int) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  page jsonb;
  asked jsonb := jsonb_build_object('partner', 'emptyco', 'limit', size);
  seen text := '';
BEGIN
  FOR n IN 1 .. 20 LOOP -- and no more, should they go round in a circle
    page := t.result('ledger.list', 'rita', asked);
    seen := concat_ws(', ', nullif(seen, ''), nullif(pg_temp.list(asked - 'partner'), ''));
    EXIT WHEN NOT page ? 'next';
    asked := asked || jsonb_build_object('cursor', page -> 'next');
  END LOOP;
  RETURN seen;
END $$;
SELECT is(pg_temp.pages(n), pg_temp.list(), 'in pages of ' || n) FROM unnest('{1,2,3}'::int[]) n;
SELECT is(t.reason('ledger.list', 'rita', jsonb_build_object('partner', 'emptyco', 'cursor', entitled.cursor_name('incident', 1))), 'invalid_params', 'no cursor of this list');

-- A partner's own; another's is as none.
SELECT is(t.result('ledger.list', 'paul') -> 'entries', t.result('ledger.list', 'rita', '{"partner": "contoso"}') -> 'entries', 'a partner''s own is the default');
SELECT is(replace(t.ask('ledger.list', 'paul', jsonb_build_object(k, v))::text, v, other), t.ask('ledger.list', 'paul', jsonb_build_object(k, other))::text,
          'another''s is answered exactly as none: ' || k)
  FROM (VALUES ('partner', 'emptyco', 'nothing'), ('incident', 'INC-000001', 'INC-999999'), ('contract', :'c', 'CON-999999')) v (k, v, other);

-- Rule 7: what has lapsed and is not written yet is shown as it will be.
SET LOCAL entitled.now = '2005-08-02 12:00+00';
SELECT is(pg_temp.list(), 'p1 grant 3 3, p2 debit -1 2, p3 debit -1 1, p4 credit 1 2, p5 expiry -2 0 unwritten, c1 grant 100 100, c2 usage -30 70, c3 expiry -70 0 unwritten',
          'rule 7: what has lapsed and is not written');
SELECT is(pg_temp.list('{"as_of": "2005-07-31T12:00:00Z"}'), 'p1 grant 3 3, p2 debit -1 2, p3 debit -1 1, p4 credit 1 2, c1 grant 100 100, c2 usage -30 70',
          'rule 7: as of a time within the term it had not');
SELECT entitled.grants_expire((SELECT partner_id FROM entitled.partner WHERE code = 'emptyco'), t.id('mia')) \g /dev/null
SELECT t.open('emptyco', 'priority', '{"opened_at": "2005-07-31T12:00:00Z"}') \g /dev/null
SELECT is(pg_temp.list(), 'p1 grant 3 3, p2 debit -1 2, p3 debit -1 1, p4 credit 1 2, p5 expiry -2 0, p6 late 0 0, c1 grant 100 100, c2 usage -30 70, c3 expiry -70 0',
          'rule 7: and as it is once it is written; a late one takes its unit back from it');
SELECT finish();
ROLLBACK;
