-- Keys of the methods that are served one at a time (rule 8): replay, key_reused, undone with a refusal.
BEGIN;
SELECT plan(13);
\set create '{"key": "k", "partner": "newco", "name": "New", "region": "us", "time_zone": "America/New_York", "calendar": "us-east"}'
SELECT t.result('partner.create', 'mia', :'create') AS first \gset
SELECT is(t.result('partner.create', 'mia', :'create'), :'first'::jsonb || '{"replayed": true}',
          'the same key and parameters: the same result, marked');
SELECT is((SELECT count(*)::int FROM entitled.partner WHERE code = 'newco'), 1, 'and done once');
SELECT is(t.result('partner.create', 'mia', '{"calendar": "us-east", "time_zone": "America/New_York", "region": "us", "name": "New", "partner": "newco", "key": "k"}')
            -> 'replayed', 'true', 'in whatever order the parameters stand');
SELECT is(t.reason('partner.create', 'mia', :'create'::jsonb || '{"name": "Newer"}'), 'key_reused',
          'the same key and other parameters: key_reused');
SELECT is(t.reason('partner.update', 'mia', '{"key": "k", "partner": "newco", "name": "Newer"}'), 'ok',
          'a key is of one partner: the program''s own k is another');
SELECT is(t.reason('contract.create', 'mia', '{"key": "k", "partner": "newco", "plan": "registered", "starts": "2004-09-01"}'),
          'key_reused', 'the same key for another method: key_reused');
SELECT is(t.reason('partner.create', 'ada', :'create'), 'invalid_state', 'another principal''s key is another key');
SELECT is(t.reason('partner.update', 'mia', '{"key": "k2", "partner": "newco", "region": "moon"}'), 'not_found', 'a refusal');
SELECT is(t.reason('partner.update', 'mia', '{"key": "k2", "partner": "newco", "region": "emea"}'), 'ok',
          'leaves its key free');
SELECT is((SELECT count(*)::int FROM entitled.request WHERE key IN ('k', 'k2')), 3, 'one row for each change');

-- A batch: each is answered, a refusal harms no neighbour.
CREATE TEMP TABLE batch AS
  SELECT * FROM api.partner_update(ARRAY[t.id('mia'), t.id('mia'), t.id('ada')], ARRAY[
    '{"key": "b1", "partner": "newco", "name": "One"}', '{"key": "b2", "partner": "nobody", "name": "Two"}',
    '{"key": "b1", "partner": "newco", "name": "Three"}']::jsonb[]);
SELECT results_eq('SELECT ordinal, ok FROM batch ORDER BY ordinal', 'VALUES (1, true), (2, false), (3, true)',
                  'a batch is answered one by one');
SELECT is((SELECT name FROM entitled.partner WHERE code = 'newco'), 'Three', 'in its order');
SELECT throws_ok($$ SELECT * FROM api.partner_list(ARRAY[t.id('paul'), t.id('rita')], ARRAY['{}', '{}']::jsonb[]) $$,
                 'P0001', 'callers of different scopes in one batch', 'callers of different scopes are not mixed');
SELECT finish();
ROLLBACK;
