-- partner.create, partner.update, partner.show, partner.list; and that another's partner is as none at all.
BEGIN;
SELECT plan(28);
\set newco '{"partner": "newco", "name": "New", "region": "us", "time_zone": "America/New_York", "calendar": "us-east", "email": "a@b"}'
SELECT is(t.result('partner.create', 'mia', :'newco'),
          '{"partner": {"partner": "newco", "name": "New", "region": "us", "time_zone": "America/New_York", "calendar": "us-east",
            "email": "a@b", "disabled": false, "level": null, "created_at": "2004-08-23T12:00:00+00:00"}}', 'partner.create');
SELECT is(t.reason('partner.create', 'mia', :'newco'), 'invalid_state', 'a code is taken once');
SELECT is(t.reason('partner.create', 'mia', :'newco'::jsonb || '{"partner": "x"}' || more), reason, 'refused: ' || more::text)
  FROM (VALUES ('{"region": "moon"}'::jsonb, 'not_found'), ('{"calendar": "moon"}', 'not_found'),
               ('{"time_zone": "Moon/Crater"}', 'invalid_params'), ('{"time_zone": "CEST"}', 'invalid_params'),
               ('{"time_zone": "EST5EDT4"}', 'invalid_params'), ('{"time_zone": "Foo/Bar5"}', 'invalid_params'),
               ('{"time_zone": "+02:00"}', 'invalid_params'), ('{"time_zone": "Etc/GMT+5"}', 'ok')) v (more, reason);
SELECT is(t.result('partner.update', 'mia', '{"partner": "newco", "disabled": true, "time_zone": "Europe/Lisbon"}')
            #- '{partner,created_at}' #- '{partner,email}' -> 'partner',
          '{"partner": "newco", "name": "New", "region": "us", "time_zone": "Europe/Lisbon", "calendar": "us-east",
            "disabled": true, "level": null}', 'partner.update changes what it is given');
SELECT is(t.result('partner.update', 'mia', '{"partner": "newco", "disabled": false}') #> '{partner,disabled}', 'false', 'and back');
SELECT is(t.reason('partner.update', 'mia', '{"partner": "moon", "name": "x"}'), 'not_found', 'partner.update: not_found');

SELECT is(t.result('partner.show', 'rita', '{"partner": "contoso"}') #>> '{partner,level}', 'certified', 'the level is the membership');
SELECT is(jsonb_path_query_array(t.result('partner.show', 'paul'), '$.contracts[*].plan'), '["certified", "mspa-standard"]',
          'a partner''s own is the default, with its contracts');
SELECT is(t.reason('partner.show', 'rita'), 'invalid_params', 'the program''s own must say which');
SELECT is(replace(t.ask('partner.show', 'paul', '{"partner": "fabriks"}')::text, 'fabriks', 'nothing'),
          t.ask('partner.show', 'paul', '{"partner": "nothing"}')::text, 'another''s is answered exactly as none');
SELECT is(t.reason('partner.show', 'paul', '{"partner": "fabriks"}'), 'not_found', 'not_found');

SELECT is(jsonb_path_query_array(t.result('partner.list', 'rita'), '$.partners[*].partner'),
          '["contoso", "emptyco", "fabriks", "newco", "x"]', 'partner.list, by code');
SELECT is(t.result('partner.list', 'rita') ? 'next', false, 'without next at the end');
SELECT is(jsonb_path_query_array(t.result('partner.list', 'petra'), '$.partners[*].partner'), '["fabriks"]', 'a partner sees itself');
SELECT t.result('partner.list', 'rita', '{"limit": 2}') AS page \gset
SELECT is(jsonb_path_query_array(:'page', '$.partners[*].partner'), '["contoso", "emptyco"]', 'the first page');
SELECT is(jsonb_path_query_array(t.result('partner.list', 'rita', jsonb_build_object('limit', 3, 'cursor', :'page'::jsonb ->> 'next')),
          '$.partners[*].partner'), '["fabriks", "newco", "x"]', 'and the next');
SELECT is(t.reason('partner.list', 'rita', jsonb_build_object('cursor', c)), 'invalid_params', 'no cursor: ' || c)
  FROM unnest(ARRAY['x', 'AAAA', '====', entitled.cursor_name('incident', 1)]) c;
SELECT is(jsonb_path_query_array(t.result('partner.list', 'rita', '{"text": "100%_i"}'), '$.partners[*].partner'), '["fabriks"]',
          'text finds what it says, in any case of letters');
SELECT finish();
ROLLBACK;
