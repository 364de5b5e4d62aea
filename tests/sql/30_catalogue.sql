-- catalogue.show and catalogue.apply.
BEGIN;
SELECT plan(55);
SELECT t.result('catalogue.show', 'paul') AS doc \gset
CREATE FUNCTION pg_temp.apply(document jsonb, more jsonb DEFAULT '{}') RETURNS jsonb LANGUAGE sql AS
$$ SELECT t.ask('catalogue.apply', 'ada', jsonb_build_object('document', document) || more) -> 'body' $$;

SELECT is(jsonb_path_query_array(:'doc', '$.plans[*].plan'),
          '["registered", "certified", "mspa-plus", "mspa-standard", "premier-developer"]', 'memberships first, by level');
SELECT is(:'doc'::jsonb #> '{plans,1,fees,1}', '{"region": "us", "fee": "1500.00 USD", "typical": false}', 'a fee');
SELECT is(:'doc'::jsonb #> '{plans,1,includes,0}',
          '{"benefit": "professional-incidents", "quantity": 5, "per_contract": false, "rank": 10,
            "accepts": ["professional"], "coverage": "24x7"}', 'what a plan includes');
SELECT is(jsonb_array_length(t.result('catalogue.show', 'paul', '{"plan": "certified"}') -> 'plans'), 1, 'one plan');
SELECT is(t.reason('catalogue.show', 'paul', '{"plan": "moon"}'), 'not_found', 'no such plan');
SELECT is(pg_temp.apply(:'doc') -> 'changes', '[]', 'what catalogue.show gives, applied, changes nothing');

-- A change.
SELECT jsonb_set(jsonb_set(:'doc'::jsonb, '{plans,1,includes,0,quantity}', '7'), '{plans,5}',
  '{"plan": "gold-certified", "name": "Gold Certified", "kind": "membership", "level": 3, "months": 12}') #- '{regions,9}' AS changed \gset
\set expected '[{"change": "changed", "what": "plan certified benefit professional-incidents", "detail": "quantity: 5 -> 7"}, {"change": "added", "what": "plan gold-certified", "detail": "kind: membership, level: 3, months: 12, name: Gold Certified, sold: true"}]'
SELECT is(pg_temp.apply(:'changed', '{"dry_run": true}') -> 'changes', :'expected', 'a dry run tells what would change');
SELECT is(t.result('catalogue.show', 'ada'), :'doc', 'and changes nothing');
SELECT is(pg_temp.apply(:'changed') -> 'changes', :'expected', 'applied, the same');
SELECT is(t.result('catalogue.show', 'ada', '{"plan": "gold-certified"}') #> '{plans,0,level}', '3', 'and it is there');
SELECT is((SELECT array_agg(granted ORDER BY grant_id) FROM entitled.pool_grant WHERE benefit = 'professional-incidents'),
          '{5}', 'existing grants keep their terms');
SELECT t.contract('emptyco', 'certified', '2004-08-01') \g /dev/null
SELECT is((SELECT array_agg(granted ORDER BY grant_id) FROM entitled.pool_grant WHERE benefit = 'professional-incidents'),
          '{5,7}', 'new ones have the new');
SELECT is(pg_temp.apply(:'doc') #>> '{changes,1,change}', 'removed', 'what nothing refers to is removed');

-- The program's own settings: shown, changed with the rest, told by a dry run; a document that has none of them resets them.
SELECT is(:'doc'::jsonb -> 'program', '{"name": "Partner Program", "time_zone": "UTC"}', 'the program, as it is at first');
SELECT jsonb_set(:'doc'::jsonb, '{program}', '{"name": "Partners <&>", "time_zone": "America/Los_Angeles"}') AS zoned \gset
SELECT is(pg_temp.apply(:'zoned', '{"dry_run": true}') -> 'changes',
          '[{"change": "changed", "what": "program", "detail": "name: Partner Program -> Partners <&>, time_zone: UTC -> America/Los_Angeles"}]', 'a dry run tells what would change of it');
SELECT is((SELECT time_zone FROM entitled.program), 'UTC', 'and changes nothing');
SELECT pg_temp.apply(:'zoned') \g /dev/null
SELECT is(t.result('catalogue.show', 'paul') -> 'program', '{"name": "Partners <&>", "time_zone": "America/Los_Angeles"}', 'applied');
SELECT is(pg_temp.apply(:'doc'::jsonb - 'program') #>> '{changes,0,detail}', 'name: Partners <&> -> Partner Program, time_zone: America/Los_Angeles -> UTC', 'without it: as at first');
SELECT is(pg_temp.apply(jsonb_set(:'doc'::jsonb, '{program,time_zone}', '"Mars/Olympus"')) ->> 'message', 'document: program.time_zone must be the name of a time zone, such as Europe/Lisbon', 'no such time zone');
SELECT is(pg_temp.apply(jsonb_set(:'doc'::jsonb, '{program,colour}', '"red"')) ->> 'message', 'document: program.colour is not known', 'nothing else');

-- What is referred to is not removed.
SELECT is(pg_temp.apply(document) ->> 'message', problem, 'refused: ' || problem)
  FROM (VALUES
    (jsonb_set(:'doc', '{plans}', (:'doc'::jsonb -> 'plans') - 1), 'plan certified cannot be removed: contracts refer to it'),
    (jsonb_set(jsonb_set(:'doc', '{regions}', (:'doc'::jsonb -> 'regions') - 0),
               '{plans}', jsonb_path_query_array(:'doc', '$.plans[*]') #- '{0,fees,0}' #- '{1,fees,0}'),
     'region emea cannot be removed: partners are in it')) v (document, problem);
SELECT is(pg_temp.apply(jsonb_set(jsonb_set(:'doc', '{benefits}', '[]'), '{plans}',
            (SELECT jsonb_agg(p - 'includes') FROM jsonb_array_elements(:'doc'::jsonb -> 'plans') p))) #>> '{data,reason}',
          'invalid_state', 'a benefit that grants refer to is not removed');

-- What does not hold together: the place in the document is named.
SELECT is(pg_temp.apply(jsonb_set(:'doc', path::text[], value)) ->> 'message', 'document: ' || problem, 'refused: ' || problem)
  FROM (VALUES
    ('{plans,1,includes,0,benefit}', '"nothing"'::jsonb, 'plans[1].includes[0].benefit is not among the benefits'),
    ('{plans,1,includes,0,coverage}', '"always"', 'plans[1].includes[0].coverage must be one of 24x7, business-hours'),
    ('{plans,1,includes,0,quantity}', '-1', 'plans[1].includes[0].quantity must be a whole number from 0 to 2147483647'),
    ('{plans,1,includes,0,quantity}', '1.5', 'plans[1].includes[0].quantity must be a whole number from 0 to 2147483647'),
    ('{plans,1,includes,0,quantity}', 'null', 'plans[1].includes[0].quantity is missing: a pool has one, or it is per contract'),
    ('{plans,1,includes,0,accepts}', '["critical"]', 'plans[1].includes[0].accepts must not have critical: it is never charged to a pool'),
    ('{plans,1,includes,1,quantity}', '3', 'plans[1].includes[1].quantity has no meaning for an access'),
    ('{plans,1,level}', 'null', 'plans[1].level must be there for a membership, and only there'),
    ('{plans,1,plan}', '"registered"', 'plans[1].plan registered is there twice'),
    ('{plans,1,fees,0,fee}', '"1500 USD"', 'plans[1].fees[0].fee must be an amount with two decimals and a currency, such as 1500.00 USD'),
    ('{plans,1,fees,0,region}', '"moon"', 'plans[1].fees[0].region is not among the regions'),
    ('{plans,4,successor}', '"moon"', 'plans[4].successor is not among the plans'),
    ('{plans,0,colour}', '"red"', 'plans[0].colour is not known'),
    ('{benefits,0}', '{"benefit": "x", "name": "X", "kind": "pool"}', 'benefits[0].unit must be there for a pool, and only there'),
    ('{regions}', '{}', 'regions must be an array')) v (path, value, problem);

-- Targets, and accesses that escalate.
SELECT is(:'doc'::jsonb #> '{plans,1,targets}', '[]', 'no targets');
SELECT is(:'doc'::jsonb #>> '{benefits,0,escalates}', 'false', 'nothing escalates');
SELECT jsonb_set(jsonb_set(:'doc', '{plans,1,targets}', '[{"class": "professional", "severity": "B", "coverage": "business-hours", "respond": 120, "resolve": 960},
  {"class": "professional", "severity": "A", "coverage": "24x7", "update": 60}]'), '{benefits,1,escalates}', 'true') AS targets \gset
SELECT is(pg_temp.apply(:'targets') -> 'changes', '[
  {"change": "changed", "what": "benefit coordinator-phone", "detail": "escalates: false -> true"},
  {"change": "added", "what": "plan certified target professional A", "detail": "coverage: 24x7, update: 60"},
  {"change": "added", "what": "plan certified target professional B", "detail": "coverage: business-hours, resolve: 960, respond: 120"}]', 'what they change');
SELECT is(t.result('catalogue.show', 'ada', '{"plan": "certified"}') #> '{plans,0,targets}', '[
  {"class": "professional", "severity": "A", "coverage": "24x7", "respond": null, "update": 60, "resolve": null},
  {"class": "professional", "severity": "B", "coverage": "business-hours", "respond": 120, "update": null, "resolve": 960}]', 'and are shown');
SELECT is(pg_temp.apply(t.result('catalogue.show', 'ada')) -> 'changes', '[]', 'and applied again change nothing');
SELECT t.contract('fabriks', 'mspa-standard', '2004-08-01'), t.result('contract.renew', 'mia', '{"contract": "CON-000001"}') #>> '{contract,contract}' AS renewed \gset
SELECT is((SELECT string_agg(concat_ws(' ', class, severity, coverage, respond_minutes, update_minutes, resolve_minutes), ', ' ORDER BY severity)
             FROM entitled.contract_target WHERE contract_id = entitled.contract_number(:'renewed')),
          'professional A 24x7 60, professional B business-hours 120 960', 'a contract has them from its activation on, here a renewal');
SELECT is(pg_temp.apply(jsonb_set(:'targets', '{plans,1,targets,0,respond}', '240')) #>> '{changes,0,detail}', 'respond: 120 -> 240', 'a target is changed');
SELECT is((SELECT respond_minutes FROM entitled.contract_target WHERE contract_id = entitled.contract_number(:'renewed') AND severity = 'B'), 120, 'running contracts keep theirs');
SELECT is(pg_temp.apply(jsonb_set(:'targets', path::text[], value)) ->> 'message', 'document: ' || problem, 'refused: ' || problem)
  FROM (VALUES
    ('{plans,1,targets,1,severity}', '"B"'::jsonb, 'plans[1].targets[1] is there twice: professional B'),
    ('{plans,1,targets,1,update}', 'null', 'plans[1].targets[1] must have respond, update or resolve'),
    ('{plans,1,targets,1,update}', '0', 'plans[1].targets[1].update must be a whole number from 1 to 1000000'),
    ('{plans,1,targets,1,severity}', '"D"', 'plans[1].targets[1].severity must be one of A, B, C'),
    ('{plans,1,targets,1,class}', '"x"', 'plans[1].targets[1].class must be one of professional, priority, critical, advisory'),
    ('{plans,1,targets,1,coverage}', 'null', 'plans[1].targets[1].coverage is missing'),
    ('{benefits,4,escalates}', 'true', 'benefits[4].escalates must not be true for a pool: an access escalates'),
    ('{benefits,0,delivered}', 'true', 'benefits[0].delivered must be true for a pool of incidents only')) v (path, value, problem);
SELECT is(pg_temp.apply('[]') #>> '{data,reason}', 'invalid_params', 'a document is an object');
SELECT finish();
ROLLBACK;
