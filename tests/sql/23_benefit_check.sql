-- benefit.check: covered or not, by what, when it opens, and a sentence why.
BEGIN;
SELECT plan(38);
CREATE FUNCTION pg_temp.check(benefit text, more jsonb DEFAULT '{}', caller text DEFAULT 'paul') RETURNS jsonb
LANGUAGE sql AS $$ SELECT t.result('benefit.check', caller, jsonb_build_object('benefit', benefit) || more) $$;
CREATE FUNCTION pg_temp.contract(of_plan text) RETURNS text LANGUAGE sql AS
$$ SELECT entitled.contract_name(max(contract_id)) FROM entitled.contract JOIN entitled.partner USING (partner_id)
    WHERE code = 'contoso' AND plan = of_plan $$;
SELECT pg_temp.contract('certified') AS certified, pg_temp.contract('mspa-standard') AS standard \gset

-- It is one o'clock on Monday in Lisbon: lunch.
SELECT is(pg_temp.check('critical-phone'), jsonb_build_object('covered', true, 'coverage', '24x7',
            'by', jsonb_build_object('contract', :'certified', 'plan', 'certified'),
            'why', format('covered by %s (certified), day and night', :'certified')), 'an access, day and night');
SELECT is(pg_temp.check('professional-incidents') - 'pools', jsonb_build_object('covered', true, 'coverage', '24x7',
            'by', jsonb_build_object('contract', :'certified', 'plan', 'certified'),
            'why', format('covered by %s (certified), day and night; 5 of 5 incidents are left', :'certified')),
          'a pool with units left');
SELECT is(jsonb_path_query_array(pg_temp.check('professional-incidents'), '$.pools[*].remaining'), '[5]', 'and the pool');
SELECT is(pg_temp.check('coordinator-phone'), jsonb_build_object('covered', false, 'coverage', 'business-hours',
            'by', jsonb_build_object('contract', :'standard', 'plan', 'mspa-standard'), 'opens', '2004-08-23T13:00:00+00:00'::timestamptz,
            'why', format('outside business hours: %s (mspa-standard) covers it from 2004-08-23 14:00 Europe/Lisbon', :'standard')),
          'rule 10: an access at lunch, and when that ends');
SELECT is(pg_temp.check('coordinator-phone', '{"at": "2004-08-23T13:00:00Z"}') ->> 'why',
          format('covered by %s (mspa-standard), in its business hours', :'standard'), 'rule 10: after lunch it is covered');
SELECT is(pg_temp.check('coordinator-phone', '{"at": "2004-08-23T12:59:59Z"}') ->> 'covered', 'false', 'rule 10: not a second before');
SELECT is(pg_temp.check('consulting') ->> 'covered', 'false', 'rule 10: a pool of business hours is closed at lunch too');
SELECT is((pg_temp.check('consulting') ->> 'opens')::timestamptz, '2004-08-23 13:00+00', 'and opens');
SELECT is(jsonb_path_query_array(pg_temp.check('consulting'), '$.pools[*].remaining'), '[600]', 'with what is in it');
SELECT is(pg_temp.check('consulting', '{"at": "2004-08-23T14:00:00Z"}') ->> 'why',
          format('covered by %s (mspa-standard), in its business hours; 600 of 600 minutes are left', :'standard'), 'open, with minutes left');
SELECT is(pg_temp.check('coordinator-phone', '{"at": "2005-05-31T20:00:00Z"}') ->> 'why',
          format('outside business hours, and %s (mspa-standard) ends before they begin again', :'standard'),
          'after hours on the last day: it does not open again');
SELECT ok(NOT pg_temp.check('coordinator-phone', '{"at": "2005-05-31T20:00:00Z"}') ? 'opens', 'so no time is given');

-- Nothing left.
SELECT t.open('contoso', 'professional') FROM generate_series(1, 4) \g /dev/null
SELECT is(pg_temp.check('professional-incidents') ->> 'covered', 'true', 'rule 4: the last unit is one');
SELECT t.open('contoso', 'professional') \g /dev/null
SELECT is(pg_temp.check('professional-incidents') - 'pools', '{"covered": false, "why": "nothing is left: 5 of 5 incidents used"}',
          'rule 4: nothing left');
SELECT is(jsonb_path_query_array(pg_temp.check('professional-incidents'), '$.pools[*].remaining'), '[0]', 'and the pool that is empty');
-- Another contract with the benefit.
SELECT t.contract('contoso', 'mspa-plus', '2004-08-23', '{"quantities": {"priority-incidents": 3}}') AS plus \gset
SELECT is(pg_temp.check('consulting') ->> 'why', format('covered by %s (mspa-plus), day and night; 1800 of 1800 minutes are left', :'plus'),
          'of two pools the one that is open');
SELECT is(jsonb_path_query_array(pg_temp.check('consulting'), '$.pools[*].contract'), jsonb_build_array(:'standard', :'plus'),
          'and both in the order of use (rule 1)');
SELECT is(pg_temp.check('consulting', '{"at": "2004-08-23T14:00:00Z"}') #>> '{by,contract}', :'standard',
          'where both are open, the first (rule 1)');
UPDATE entitled.pool_grant SET used = granted WHERE entitled.contract_name(contract_id) = :'plus' AND benefit = 'consulting';
SELECT is(pg_temp.check('consulting') ->> 'why',
          format('outside business hours: %s (mspa-standard) covers it from 2004-08-23 14:00 Europe/Lisbon', :'standard'),
          'where the open one is empty, the closed one');

-- Not in force at that time.
SELECT is(pg_temp.check('professional-incidents', '{"at": "2005-03-01T00:00:00Z"}'),
          jsonb_build_object('covered', false, 'why', format('not in force any more: %s (certified) expired, its last day was 2005-02-28', :'certified')),
          'rule 9: expired at the last instant');
SELECT is(pg_temp.check('professional-incidents', '{"at": "2005-02-28T23:59:59.999Z"}') ->> 'why', 'nothing is left: 5 of 5 incidents used',
          'rule 9: not before');
SELECT is(pg_temp.check('professional-incidents', '{"at": "2004-02-29T23:59:59Z"}'), jsonb_build_object('covered', false,
            'coverage', '24x7', 'opens', '2004-03-01 00:00+00'::timestamptz,
            'why', format('not in force yet: %s (certified) is scheduled from 2004-03-01', :'certified')), 'rule 9: not before the first instant');
SELECT is(pg_temp.check('coordinator-phone', '{"at": "2004-05-01T00:00:00Z"}') ->> 'opens', '2004-06-01T08:00:00+00:00',
          'rule 10: what is scheduled opens with its first business hour');
SELECT t.contract('contoso', 'certified', '2005-03-01') AS next \gset
SELECT is(pg_temp.check('professional-incidents', '{"at": "2005-03-01T00:00:00Z"}') ->> 'covered', 'true', 'the next term begins where the last ends');
SELECT is(pg_temp.check('professional-incidents', '{"at": "2006-03-01T00:00:00Z"}') ->> 'why',
          format('not in force any more: %s (certified) expired, its last day was 2006-02-28', :'next'), 'of two that are over, the last');
UPDATE entitled.contract SET cancelled_at = '2004-08-22 10:00+00', cancel_reason = 'unpaid', term_ends = '2004-08-22 10:00+00'
 WHERE entitled.contract_name(contract_id) = :'standard';
UPDATE entitled.contract_access SET ends = '2004-08-22 10:00+00' WHERE entitled.contract_name(contract_id) = :'standard';
SELECT is(pg_temp.check('coordinator-phone'), jsonb_build_object('covered', false,
            'why', format('not in force: %s (mspa-standard) was cancelled on 2004-08-22', :'standard')), 'cancelled');
SELECT t.result('contract.create', 'mia', '{"partner": "contoso", "plan": "mspa-standard", "starts": "2004-08-01"}')
         #>> '{contract,contract}' AS draft \gset
SELECT is(pg_temp.check('coordinator-phone'), jsonb_build_object('covered', false,
            'why', format('not in force: %s (mspa-standard) is a draft, not activated yet', :'draft')), 'a draft');

-- What was cancelled before it began is not scheduled any more.
SELECT t.contract('emptyco', 'mspa-standard', '2005-01-01') AS never \gset
UPDATE entitled.contract SET cancelled_at = '2004-08-23 10:00+00', cancel_reason = 'not wanted'
 WHERE entitled.contract_name(contract_id) = :'never';
UPDATE entitled.contract_access SET ends = starts WHERE entitled.contract_name(contract_id) = :'never';
SELECT is(pg_temp.check('coordinator-phone', '{"partner": "emptyco"}', 'rita') ->> 'why',
          format('not in force: %s (mspa-standard) was cancelled on 2004-08-23', :'never'), 'cancelled before it began');

-- Never included.
SELECT is(pg_temp.check('professional-incidents', '{"partner": "fabriks"}', 'rita'), '{"covered": false, "plans": ["certified"],
            "why": "no contract of fabriks includes it; on sale with it: certified"}', 'never included, and which plans on sale are');
SELECT is(pg_temp.check('consulting', '{}', 'petra') -> 'plans', '["mspa-plus", "mspa-standard"]', 'all of them');
UPDATE entitled.plan SET sold = false;
SELECT is(pg_temp.check('consulting', '{}', 'petra') ->> 'why', 'no contract of fabriks includes it; no plan on sale does', 'or none');
UPDATE entitled.partner SET disabled_at = '2004-08-23' WHERE code = 'fabriks';
SELECT is(pg_temp.check('critical-phone', '{}', 'petra'), '{"covered": false, "why": "nothing is covered: fabriks is disabled"}', 'a disabled partner');

-- What is not there, and what is another's.
SELECT is(t.message('benefit.check', 'carla', '{"partner": "contoso", "benefit": "tea"}'), 'there is no benefit tea in the catalogue',
          'an unknown benefit');
SELECT is(t.reason('benefit.check', 'carla', '{"partner": "contoso", "benefit": "tea"}'), 'not_found', 'is not found');
SELECT is(t.reason('benefit.check', 'carla', '{"benefit": "consulting"}'), 'invalid_params', 'the program names a partner');
SELECT is(t.reason('benefit.check', 'paul', '{"partner": "fabriks", "benefit": "consulting"}'), 'not_found', 'another''s is not found');
SELECT is(replace(t.ask('benefit.check', 'paul', '{"partner": "fabriks", "benefit": "consulting"}')::text, 'fabriks', 'nothing'),
          t.ask('benefit.check', 'paul', '{"partner": "nothing", "benefit": "consulting"}')::text, 'exactly as none is');
SELECT is(pg_temp.check('critical-phone') ->> 'covered', 'true', 'its own is');
SELECT finish();
ROLLBACK;
