-- principal.create, principal.disable, principal.enable, principal.list; and what a disabled one may do.
BEGIN;
SELECT plan(24);
\set new '{"name": "paula", "role": "partner", "partner": "contoso", "fingerprint": "AB00000000000000000000000000000000000000000000000000000000000001"}'
SELECT is(t.result('principal.create', 'ada', :'new'),
          '{"principal": {"name": "paula", "role": "partner", "partner": "contoso", "disabled": false,
            "fingerprint": "ab00000000000000000000000000000000000000000000000000000000000001"}}', 'principal.create');
SELECT is(t.message('principal.create', 'ada', :'new'), 'there is a principal paula already', 'a name is taken once');
SELECT is(t.reason('principal.create', 'ada', :'new'), 'invalid_state', 'invalid_state');
SELECT is(t.message('principal.create', 'ada', :'new'::jsonb || '{"name": "pia"}'),
          'this certificate is enrolled already, under another name', 'a certificate too');
SELECT is(t.reason('principal.create', 'ada', :'new'::jsonb || '{"name": "pia"}' || more), reason, 'refused: ' || more::text)
  FROM (VALUES ('{"role": "admin"}'::jsonb, 'invalid_params'), ('{"partner": "moon"}', 'not_found')) v (more, reason);
SELECT is(t.reason('principal.create', 'ada', :'new'::jsonb - 'partner' || '{"name": "pia"}'), 'invalid_params', 'role partner has a partner');
SELECT is(t.result('partner.show', 'paula') #>> '{partner,partner}', 'contoso', 'it acts at once');

SELECT is(t.result('principal.disable', 'ada', '{"name": "paula"}') #> '{principal,disabled}', 'true', 'principal.disable');
SELECT is(t.result('principal.disable', 'ada', '{"name": "paula"}') #> '{principal,disabled}', 'true', 'and again, no harm');
SELECT is(t.reason('partner.show', 'paula'), 'forbidden', 'it does nothing more: reads');
SELECT is(t.reason('incident.note', 'paula', '{"incident": "INC-000001", "text": "x"}'), 'forbidden', 'or writes');
SELECT is((SELECT body::jsonb ->> 'message' FROM api.identify(ARRAY[0::bigint],
            ARRAY['{"fingerprint": "ab00000000000000000000000000000000000000000000000000000000000001"}'::jsonb]) WHERE NOT ok),
          'this principal is disabled', 'nor is it let in');
SELECT t.result('principal.disable', 'ada', '{"name": "carlo"}') \g /dev/null
SELECT is(t.open('contoso', 'professional', '{}', 'carlo') #>> '{data,reason}', 'forbidden', 'a disabled coordinator logs nothing');
SELECT is(t.result('principal.enable', 'ada', '{"name": "paula"}') #> '{principal,disabled}', 'false', 'principal.enable');
SELECT is(t.reason('partner.show', 'paula'), 'ok', 'it acts again');

SELECT is(t.message('principal.disable', 'ada', '{"name": "ada"}'), 'nobody disables itself: ask another administrator', 'not oneself');
SELECT is(t.reason('principal.disable', 'ada', '{"name": "moon"}'), 'not_found', 'no such principal');
SELECT is(t.reason('principal.enable', 'ada', '{"name": "moon"}'), 'not_found', 'principal.enable: not_found');
SELECT is(t.reason('principal.disable', 'ada', '{"name": "alan"}'), 'ok', 'another administrator');
-- mia is a manager: C lets only administrators ask, but the last of them stays whoever asks.
SELECT is(t.message('principal.disable', 'mia', '{"name": "ada"}'), 'ada is the last administrator', 'the last administrator stays');
SELECT is(t.reason('principal.disable', 'mia', '{"name": "rita"}'), 'ok', 'while others may go');

SELECT is(jsonb_path_query_array(t.result('principal.list', 'ada', '{"role": "partner"}'), '$.principals[*].name'),
          '["paul", "paula", "petra"]', 'principal.list, by name');
SELECT throws_ok($$ SELECT entitled.bootstrap_admin('eve', repeat('ee', 32)) $$, 'P0001', NULL, 'there is one first administrator');
SELECT finish();
ROLLBACK;
