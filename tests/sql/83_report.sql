-- report.usage: its summary and its sections as of a cut-off, pages, who may see what, names that mean harm; and, over a long
-- random history, that pools, ledger, curves and counters tell one story of each day.
BEGIN;
SELECT plan(67);
SET LOCAL entitled.scope = '*';
\ir day.psql
SELECT entitled.ledger_append(g, 'grant', g.granted, t.id('mia')) FROM entitled.pool_grant g WHERE g.entries = 0 \g /dev/null
SELECT setval('entitled.incident_incident_id_seq', 1, false), setval('entitled.escalation_escalation_id_seq', 1, false) \g /dev/null
SELECT setseed(0.75) \g /dev/null

CREATE FUNCTION pg_temp.get(day text, section text, more jsonb DEFAULT '{}', caller text DEFAULT 'rita') RETURNS jsonb LANGUAGE sql AS $$
  SELECT t.result('report.usage', caller, jsonb_build_object('date', day, 'section', section) || more) -> CASE section WHEN 'summary' THEN NULL ELSE section END $$;
CREATE FUNCTION pg_temp.summary(day text, path text, more jsonb DEFAULT '{}') RETURNS jsonb LANGUAGE sql AS $$
  SELECT t.result('report.usage', 'rita', jsonb_build_object('date', day) || more) #> path::text[] $$;
-- All pages of a section, one row after the other.
CREATE FUNCTION pg_temp.pages(day text, section text, size int, more jsonb DEFAULT '{}') RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  asked jsonb := jsonb_build_object('date', day, 'section', section, 'limit', size) || more;
  page jsonb;
  seen jsonb := '[]';
BEGIN
  FOR n IN 1 .. 500 LOOP
    page := t.result('report.usage', 'rita', asked);
    seen := seen || (page -> section);
    EXIT WHEN NOT page ? 'next';
    asked := asked || jsonb_build_object('cursor', page -> 'next');
  END LOOP;
  RETURN seen;
END $$;

-- ---------------------------------------------------------------- a day of incidents, deadlines, escalations

-- office-co has clocks: of priority B 120 minutes to respond, 240 between updates, 960 to resolve, in office hours (Lisbon).
SELECT pg_temp.at('2004-08-25 09:00+00') \g /dev/null
SELECT t.open('office-co', 'priority', '{"title": "one"}'), t.open('office-co', 'priority', '{"title": "two"}'), t.open('office-co', 'priority', '{"title": "three", "severity": "C"}') \g /dev/null
SELECT pg_temp.at('2004-08-25 10:00+00') \g /dev/null
SELECT pg_temp.step('INC-000001', 'note') \g /dev/null
SELECT t.result('escalation.raise', 'carla', '{"incident": "INC-000002", "reason": "they wait", "level": 2}') \g /dev/null
SELECT pg_temp.at('2004-08-25 13:00+00') \g /dev/null
SELECT t.open('emptyco', 'professional', '{"title": "refused one"}'), t.open('emptyco', 'priority', '{"title": "refused two"}') \g /dev/null
SELECT t.reason('usage.record', 'carla', '{"partner": "contoso", "benefit": "consulting", "units": 6000}') \g /dev/null
SELECT t.open('contoso', 'priority') FROM generate_series(1, 10) \g /dev/null
SELECT t.open('contoso', 'priority', '{"override_reason": "the fair is open", "title": "beyond"}', 'mia') \g /dev/null
SELECT pg_temp.at('2004-08-26 12:00+00') \g /dev/null
SELECT pg_temp.step('INC-000001', 'resolve') \g /dev/null
SELECT t.result('escalation.acknowledge', 'carla', '{"escalation": "ESC-000001"}') \g /dev/null
SELECT pg_temp.at('2004-08-27 12:00+00') \g /dev/null

-- What happened on the 26th does not show on the 25th.
SELECT is(pg_temp.get('2004-08-25', 'refusals'), '[
  {"at": "2004-08-25T13:00:00+00:00", "by": "carla", "name": "Empty", "class": "professional", "title": "refused one", "method": "incident.open", "reason": "no_entitlement", "partner": "emptyco"},
  {"at": "2004-08-25T13:00:00+00:00", "by": "carla", "name": "Empty", "class": "priority", "title": "refused two", "method": "incident.open", "reason": "no_entitlement", "partner": "emptyco"},
  {"at": "2004-08-25T13:00:00+00:00", "by": "carla", "name": "Contoso Ltd", "class": null, "method": "usage.record", "reason": "entitlement_exhausted", "partner": "contoso"},
  {"at": "2004-08-25T13:00:00+00:00", "by": "carla", "name": "Contoso Ltd", "class": "priority", "title": "it does not work", "method": "incident.open", "reason": "entitlement_exhausted", "partner": "contoso"}]'::jsonb
  || (SELECT jsonb_agg(jsonb_build_object('at', '2004-08-25T13:00:00+00:00', 'by', 'carla', 'name', 'Contoso Ltd', 'class', 'priority', 'title', 'it does not work', 'method', 'incident.open', 'reason', 'entitlement_exhausted', 'partner', 'contoso'))
        FROM generate_series(1, 4)), 'refusals: who asked what, and why not');
SELECT is(jsonb_array_length(pg_temp.get('2004-08-26', 'refusals')), 0, 'none on the next day');
SELECT is(jsonb_array_length(pg_temp.get('2004-08-25', 'refusals', '{"partner": "emptyco"}')), 2, 'of one partner');
SELECT is(pg_temp.get('2004-08-25', 'overrides'), jsonb_build_array(jsonb_build_object(
            'at', '2004-08-25T13:00:00+00:00', 'by', 'mia', 'name', 'Contoso Ltd', 'note', 'the fair is open', 'pool', 'priority-incidents', 'partner', 'contoso',
            'contract', 'CON-000002', 'incident', (SELECT entitled.incident_name(incident_id) FROM entitled.incident WHERE title = 'beyond'))), 'overrides: who, and why');
SELECT is(pg_temp.get('2004-08-25', 'escalations') #- '{0,name}', '[{"escalation": "ESC-000001", "incident": "INC-000002", "partner": "office-co", "level": 2, "state": "raised", "raised_at": "2004-08-25T10:00:00+00:00", "age_hours": 14, "overdue": false, "reason": "they wait"}]',
          'escalations as they were at the cut-off: not acknowledged yet, on the level of then');
SELECT is(pg_temp.get('2004-08-26', 'escalations') #>> '{0,state}', 'acknowledged', 'and on the next');
SELECT is((pg_temp.get('2004-08-26', 'escalations') #>> '{0,level}') || ' ' || (pg_temp.get('2004-08-26', 'escalations') #>> '{0,overdue}'), '3 true', 'gone up meanwhile, and overdue');
SELECT is((SELECT jsonb_agg(jsonb_build_array(i -> 'incident', i -> 'state', i -> 'pool')) FROM jsonb_array_elements(pg_temp.get('2004-08-25', 'incidents', '{"partner": "office-co"}')) i),
          '[["INC-000003", "new", "priority-incidents"], ["INC-000002", "new", "priority-incidents"], ["INC-000001", "new", "priority-incidents"]]', 'incidents of a partner, newest first, in the state of then');
SELECT is(pg_temp.get('2004-08-26', 'incidents', '{"partner": "office-co"}') #>> '{2,state}', 'resolved', 'and in that of the next');
SELECT is(pg_temp.get('2004-08-24', 'incidents', '{"partner": "office-co"}'), '[]', 'none before they were opened');
SELECT is(pg_temp.summary('2004-08-25', '{totals}', '{"partner": "office-co"}') - '{granted,left,topped_up,used,credited,expired,overage,last_30,pools,partners}'::text[],
          '{"open": 3, "opened": 3, "refusals": 0, "overrides": 0, "escalations": 1}', 'counted');
SELECT is(pg_temp.summary('2004-08-26', '{totals}', '{"partner": "office-co"}') - '{granted,left,topped_up,used,credited,expired,overage,last_30,pools,partners}'::text[],
          '{"open": 2, "opened": 0, "refusals": 0, "overrides": 0, "escalations": 1}', 'and on the next day');
SELECT is(pg_temp.summary('2004-08-25', '{totals}') - '{granted,left,topped_up,credited,expired,last_30,pools,partners}'::text[],
          '{"open": 9, "used": 8, "opened": 9, "overage": 1, "refusals": 8, "overrides": 1, "escalations": 1}', 'of the program');
SELECT is(pg_temp.summary('2004-08-26', '{before}', '{"partner": "office-co"}'), pg_temp.summary('2004-08-25', '{totals}', '{"partner": "office-co"}'), 'the day before');
SELECT is(pg_temp.summary('2004-08-25', '{ageing}', '{"partner": "office-co"}'),
          '[{"age": "under a day", "open": 3, "escalated": 1}, {"age": "1 to 3 days", "open": 0, "escalated": 0}, {"age": "3 to 7 days", "open": 0, "escalated": 0},
            {"age": "7 to 30 days", "open": 0, "escalated": 0}, {"age": "over 30 days", "open": 0, "escalated": 0}]', 'ageing: all five, in order');
SELECT is((SELECT jsonb_agg(a -> 'open') FROM jsonb_array_elements(pg_temp.summary('2004-08-26', '{ageing}', '{"partner": "office-co"}')) a), '[0, 2, 0, 0, 0]', 'a day older');
-- INC-000001 was answered in time; INC-000002 was not by the end of the 25th, nor INC-000003 by the end of the 26th. (Lisbon: 10:00 to 13:00, 14:00 to 18:00.)
SELECT is(pg_temp.summary('2004-08-25', '{attainment}', '{"partner": "office-co"}'), '{"days": 30, "response": {"met": 1, "missed": 2, "percent": 33}, "resolution": {"met": 0, "missed": 0, "percent": null}}', 'attainment: what was met and missed by then');
SELECT is(pg_temp.summary('2004-08-26', '{attainment,resolution}', '{"partner": "office-co"}'), '{"met": 1, "missed": 0, "percent": 100}', 'resolved in time');
SELECT is((SELECT string_agg(concat_ws(' ', b ->> 'incident', b ->> 'clock', b ->> 'due'), ', ' ORDER BY n) FROM jsonb_array_elements(pg_temp.summary('2004-08-25', '{breaching}', '{"partner": "office-co"}')) WITH ORDINALITY l (b, n)),
          'INC-000002 response 2004-08-25T11:00:00+00:00, INC-000003 response 2004-08-25T13:00:00+00:00, INC-000002 update 2004-08-25T14:00:00+00:00, INC-000003 update 2004-08-25T17:00:00+00:00',
          'what is missed, or due within 24 hours, earliest first (the resolutions are not)');
SELECT is((SELECT string_agg(concat_ws(' ', b ->> 'incident', b ->> 'clock', b ->> 'due'), ', ' ORDER BY n) FROM jsonb_array_elements(pg_temp.summary('2004-08-26', '{breaching}', '{"partner": "office-co"}')) WITH ORDINALITY l (b, n)
                    WHERE b ->> 'clock' = 'resolution'), 'INC-000002 resolution 2004-08-27T09:00:00+00:00, INC-000003 resolution 2004-08-27T09:00:00+00:00', 'a day later they are');
SELECT is(pg_temp.summary('2004-08-25', '{breaching_total}', '{"partner": "office-co"}'), '4', 'and how many');
SELECT is((SELECT string_agg((a ->> 'reason') || ' ' || (a ->> 'partner'), ', ' ORDER BY n) FROM jsonb_array_elements(pg_temp.summary('2004-08-25', '{attention}')) WITH ORDINALITY l (a, n)),
          'breach office-co, refused contoso, refused emptyco, exhausted contoso', 'who needs action, the most urgent first');
SELECT is((SELECT jsonb_agg(a -> 'text' ORDER BY n) FROM jsonb_array_elements(pg_temp.summary('2004-08-25', '{attention}')) WITH ORDINALITY l (a, n)),
          '["4 deadlines missed", "6 requests refused: entitlement exhausted", "2 requests refused: no entitlement", "priority-incidents: 5 of 5 used, 1 beyond; expires on 2005-06-01"]', 'in words');
SELECT is(pg_temp.summary('2004-08-26', '{attention,1,reason}'), '"overdue"', 'an escalation that nobody took on in time');
SELECT is(pg_temp.summary('2004-08-25', '{attention_total}'), '4', 'and how many');
SELECT is(pg_temp.summary('2004-08-25', '{partner}', '{"partner": "office-co"}'), '{"partner": "office-co", "name": "Office", "time_zone": "Europe/Lisbon"}', 'whose it is');
SELECT is(pg_temp.summary('2004-08-25', '{program}'), '"Partner Program"', 'what the program is called');

-- A reopened incident was closed in between.
SELECT pg_temp.at('2004-08-28 12:00+00') \g /dev/null
SELECT pg_temp.step('INC-000001', 'reopen') \g /dev/null
SELECT pg_temp.at('2004-08-29 12:00+00') \g /dev/null
SELECT is((SELECT jsonb_agg(pg_temp.summary(d, '{totals,open}', '{"partner": "office-co"}')) FROM unnest('{2004-08-25,2004-08-26,2004-08-27,2004-08-28}'::text[]) d), '[3, 2, 2, 3]', 'open, resolved, reopened: as of each day');

-- ---------------------------------------------------------------- what is asked wrongly

SELECT is(t.message('report.usage', 'rita', '{"section": "incidents"}'), 'parameter `partner` is missing: incidents are of one partner', 'incidents are of one partner');
SELECT is(t.message('report.usage', 'rita', '{"section": "ledger"}'), 'parameter `partner` is missing: entries of the ledger are of one partner', 'so is the ledger');
SELECT is(t.reason('report.usage', 'rita', '{"partner": "nobody"}'), 'not_found', 'a partner that there is not');
SELECT is(t.reason('report.usage', 'rita', '{"date": "2004-02-31"}'), 'invalid_params', 'a date that there is not');
SELECT is(t.reason('report.usage', 'rita', jsonb_build_object('section', 'pools', 'cursor', entitled.cursor_of('refusals', '1.1'))), 'invalid_params', 'the cursor of another list');
SELECT is(t.reason('report.usage', 'rita', jsonb_build_object('section', 'pools', 'cursor', entitled.cursor_of('pools', '1.1; DROP'))), 'invalid_params', 'no cursor');
SELECT is(t.reason('report.usage', 'rita', jsonb_build_object('section', 'pools', 'cursor', entitled.cursor_of('pools', '999999.1'))), 'invalid_params', 'one of what is not there');

-- ---------------------------------------------------------------- names that mean harm

SELECT t.result('partner.update', 'mia', jsonb_build_object('partner', 'contoso', 'name', '<b>"=cmd|'' /C calc''!A1 %s %1$s', 'email', 'a@b.example')) \g /dev/null
SELECT is(pg_temp.summary('2004-08-25', '{partner,name}', '{"partner": "contoso"}'), to_jsonb('<b>"=cmd|'' /C calc''!A1 %s %1$s'::text), 'a name is told as it is');
SELECT is((SELECT count(DISTINCT p ->> 'name') FROM jsonb_array_elements(pg_temp.get('2004-08-25', 'pools', '{"partner": "contoso"}')) p), 1::bigint, 'in every list');
SELECT is(t.result('report.snapshot', 'rita', '{"date": "2004-08-25"}') ->> 'differences', '0', 'and a snapshot is taken of it');
SELECT is((SELECT a -> 'name' FROM jsonb_array_elements(pg_temp.summary('2004-08-25', '{attention}')) a WHERE a ->> 'reason' = 'exhausted'), to_jsonb('<b>"=cmd|'' /C calc''!A1 %s %1$s'::text), 'whose headline has it');

-- ---------------------------------------------------------------- who may see what

-- (That a partner or a coordinator may not ask at all is the daemon's: common/methods.def. Behind it is the second wall.)
SELECT (SELECT partner_id FROM entitled.partner WHERE code = 'emptyco') AS emptyco, (SELECT partner_id FROM entitled.partner WHERE code = 'contoso') AS contoso \gset
SELECT set_config('entitled.scope', :'emptyco', true) \g /dev/null
SET LOCAL ROLE entitled_owner;
SELECT is((SELECT count(*) FROM entitled.night) + (SELECT count(*) FROM entitled.snapshot) + (SELECT count(*) FROM entitled.alert), 0::bigint, 'behind the wall: a partner sees nothing of the night, and of pools only its own');
SELECT set_config('entitled.scope', :'contoso', true) \g /dev/null
SELECT is((SELECT count(*) FROM entitled.snapshot), 3::bigint, 'its own');
SELECT set_config('entitled.scope', '', true) \g /dev/null
SELECT is((SELECT count(*) FROM entitled.night) + (SELECT count(*) FROM entitled.snapshot) + (SELECT count(*) FROM entitled.alert) + (SELECT count(*) FROM entitled.mail), 0::bigint, 'without a scope: nothing');
RESET ROLE;
SET LOCAL entitled.scope = '*';

-- ---------------------------------------------------------------- a long history

-- Some hundreds of days of whatever may happen to two partners' pools, in the order in which it was entered; some of it late.
DELETE FROM entitled.alert; DELETE FROM entitled.snapshot; DELETE FROM entitled.night;
CREATE FUNCTION pg_temp.live(days int) RETURNS int LANGUAGE plpgsql AS $$
DECLARE
  moment timestamptz := '2004-09-01 12:00+00';
  contracts text[];
  partner text;
  did int := 0;
  what int;
BEGIN
  FOR d IN 1 .. days LOOP
    moment := moment + interval '1 day' + random() * interval '6 hours' - interval '3 hours';
    PERFORM pg_temp.at(moment::text);
    FOR n IN 1 .. 3 LOOP
      partner := (ARRAY['fabriks', 'emptyco'])[1 + floor(random() * 2)::int];
      contracts := array(SELECT entitled.contract_name(contract_id) FROM entitled.contract c JOIN entitled.partner p USING (partner_id)
                          WHERE p.code = partner AND entitled.contract_state(c) = 'active' AND c.plan = 'mspa-plus');
      what := floor(random() * 20)::int;
      CASE
        WHEN what < 10 THEN
          PERFORM t.open(partner, 'priority', jsonb_build_object('opened_at', moment - random() ^ 3 * interval '20 days')
                         || CASE WHEN what < 3 THEN '{"override_reason": "r"}' ELSE '{}' END::jsonb, 'mia');
        WHEN what < 13 THEN
          PERFORM t.ask('incident.credit', 'carla', jsonb_build_object('incident', entitled.incident_name(i.incident_id), 'reason', 'goodwill', 'note', 'n'))
            FROM (SELECT incident_id FROM entitled.incident JOIN entitled.partner p USING (partner_id) WHERE p.code = partner ORDER BY random() LIMIT 1) i;
        WHEN what < 16 THEN PERFORM t.ask('usage.record', 'carla', jsonb_build_object('partner', partner, 'benefit', 'consulting', 'units', 1 + floor(random() * 40)::int));
        WHEN what = 16 THEN PERFORM t.ask('contract.top_up', 'mia', jsonb_build_object('contract', coalesce(contracts[1], 'CON-999999'), 'benefit', 'priority-incidents', 'units', 1 + floor(random() * 5)::int));
        WHEN what = 17 THEN PERFORM t.contract(partner, 'mspa-plus', (moment + (floor(random() * 40) - 20) * interval '1 day')::date::text, '{"quantities": {"priority-incidents": 9, "consulting": 200}}');
        WHEN what = 18 AND random() < 0.3 THEN PERFORM t.ask('contract.cancel', 'mia', jsonb_build_object('contract', coalesce(contracts[1], 'CON-999999'), 'reason', 'r'));
        WHEN what = 19 AND random() < 0.3 THEN PERFORM t.ask('contract.upgrade', 'mia', jsonb_build_object('contract', coalesce(contracts[1], 'CON-999999'), 'plan', 'mspa-plus', 'quantities', '{"priority-incidents": 15, "consulting": 300}'::jsonb));
        ELSE NULL;
      END CASE;
      did := did + 1;
    END LOOP;
    -- Most terms are cut to some weeks, so that many end.
    IF d % 20 = 0 THEN
      UPDATE entitled.contract SET ends = starts + 60, term_ends = term_starts + interval '60 days' WHERE plan = 'mspa-plus' AND cancelled_at IS NULL AND term_ends > moment + interval '60 days' AND partner_id IN (SELECT partner_id FROM entitled.partner WHERE code IN ('fabriks', 'emptyco'));
      UPDATE entitled.pool_grant g SET ends = c.term_ends FROM entitled.contract c WHERE c.contract_id = g.contract_id AND c.plan = 'mspa-plus' AND g.ends <> c.term_ends AND c.cancelled_at IS NULL AND c.term_ends > moment;
    END IF;
    IF d % 30 = 0 THEN
      PERFORM t.result('report.snapshot', 'rita', jsonb_build_object('date', moment::date - 1));
    END IF;
  END LOOP;
  RETURN did;
END $$;
SELECT t.contract('fabriks', 'mspa-plus', '2004-09-01', '{"quantities": {"priority-incidents": 12, "consulting": 400}}') \g /dev/null
SELECT t.contract('emptyco', 'mspa-plus', '2004-09-01', '{"quantities": {"priority-incidents": 12, "consulting": 400}}') \g /dev/null
SELECT cmp_ok(pg_temp.live(200), '=', 600, 'a history of 600 attempts');
SELECT is_empty('SELECT * FROM t.broken_grants()', 'whose ledger is whole');
SELECT diag(string_agg(format('%s %s', n, kind), ', ' ORDER BY kind)) FROM (SELECT kind::text, count(*) AS n FROM entitled.ledger GROUP BY kind) k;
SELECT is((SELECT count(DISTINCT kind) FROM entitled.ledger), 8::bigint, 'with entries of all kinds');

CREATE TEMP TABLE day AS SELECT (date '2004-08-30' + n) AS day FROM generate_series(0, 210, 5) n WHERE date '2004-08-30' + n <= entitled.program_last_day();
-- Reckoned from the entries by the rule itself, without what the report uses: left, used, by pool and day.
CREATE TEMP TABLE told AS
SELECT d.day, p ->> 'contract' AS contract, p ->> 'pool' AS pool, p, pt.code AS partner
  FROM day d, (VALUES ('fabriks'), ('emptyco')) pt (code), LATERAL jsonb_array_elements(pg_temp.get(d.day::text, 'pools', jsonb_build_object('partner', pt.code, 'limit', 500))) p;
CREATE TEMP TABLE reckoned AS
SELECT d.day, entitled.contract_name(g.contract_id) AS contract, g.benefit::text AS pool, g.ends,
       sum(l.units) FILTER (WHERE l.kind = 'grant') AS granted,
       coalesce(sum(l.units) FILTER (WHERE l.kind = 'top_up' AND l.at < c.off), 0) AS topped_up,
       coalesce(sum(l.units) FILTER (WHERE (l.kind IN ('debit', 'late') AND i.opened_at < c.off) OR (l.kind IN ('usage', 'late_usage') AND l.at < c.off)), 0) AS used,
       coalesce(sum(l.units) FILTER (WHERE l.kind = 'credit' AND l.at < c.off AND b.kind <> 'override'), 0) AS credited,
       coalesce(sum(l.units) FILTER (WHERE l.kind = 'override' AND i.opened_at < c.off), 0)
         - coalesce(sum(l.units) FILTER (WHERE l.kind = 'credit' AND l.at < c.off AND b.kind = 'override'), 0) AS overage
  FROM day d CROSS JOIN LATERAL (SELECT (d.day + 1)::timestamp AT TIME ZONE 'UTC' AS off) c
  JOIN entitled.pool_grant g ON g.starts < c.off AND g.ends > g.starts AND g.ends >= c.off - interval '30 days'
  JOIN entitled.partner p ON p.partner_id = g.partner_id AND p.code IN ('fabriks', 'emptyco')
  JOIN entitled.ledger l ON l.partner_id = g.partner_id AND l.grant_id = g.grant_id
  LEFT JOIN entitled.incident i ON i.partner_id = l.partner_id AND i.incident_id = l.incident_id AND l.kind <> 'usage'
  LEFT JOIN entitled.ledger b ON l.kind = 'credit' AND b.partner_id = l.partner_id AND b.incident_id = l.incident_id AND b.grant_id = l.grant_id AND b.kind IN ('debit', 'late', 'override')
 GROUP BY d.day, c.off, g.partner_id, g.grant_id;
SELECT cmp_ok((SELECT count(*) FROM told), '>', 300::bigint, 'some hundreds of pools and days');
SELECT is((SELECT count(*) FROM told WHERE day NOT IN (SELECT date FROM entitled.night)), (SELECT count(*) FROM reckoned WHERE day NOT IN (SELECT date FROM entitled.night)),
          'those pools that are there (but for the snapshots: contracts that were written later for earlier terms are not in them)');
SELECT is_empty($$ SELECT * FROM told t JOIN reckoned r USING (day, contract, pool)
                    WHERE ((p ->> 'granted')::int, (p ->> 'topped_up')::int, (p ->> 'used')::int, (p ->> 'credited')::int, (p ->> 'overage')::int)
                          IS DISTINCT FROM (r.granted, r.topped_up, r.used, r.credited, r.overage)
                      AND NOT EXISTS (SELECT FROM entitled.night k WHERE k.date = t.day) $$, 'each figure is what the entries say by the rule');
SELECT is_empty($$ SELECT * FROM told WHERE (p ->> 'granted')::int + (p ->> 'topped_up')::int - (p ->> 'used')::int + (p ->> 'credited')::int - (p ->> 'expired')::int <> (p ->> 'left')::int $$,
                'granted + topped up - used + credited - expired = left, for each pool and day');
SELECT is_empty($$ SELECT * FROM told t JOIN reckoned r USING (day, contract, pool) WHERE r.ends < ((t.day + 1)::timestamp AT TIME ZONE 'UTC') AND p ->> 'left' <> '0' $$, 'nothing is left of what has ended');
SELECT is_empty($$ SELECT d.day FROM day d WHERE pg_temp.summary(d.day::text, '{differences_total}') <> '0' $$, 'and the counters, rolled back, agree on every day');
-- The curves and the ledger say the same.
SELECT is_empty($$ SELECT d.day, c FROM day d, (VALUES ('fabriks'), ('emptyco')) pt (code), LATERAL jsonb_array_elements(pg_temp.get(d.day::text, 'curves', jsonb_build_object('partner', pt.code, 'limit', 500))) c, told t
                    WHERE t.day = d.day AND t.contract = c ->> 'contract' AND t.pool = c ->> 'pool'
                      AND (c #> '{points,-1}' <> jsonb_build_array(d.day, t.p -> 'left') OR c #>> '{points,0,0}' <> (t.p ->> 'starts')::timestamptz::date::text
                           OR c -> 'left' <> t.p -> 'left') $$, 'each curve begins with its term and ends with what is left');
CREATE TEMP TABLE listed AS
SELECT d.day, pt.code, l.n, l.e FROM (SELECT day FROM day WHERE extract(day FROM day) % 3 = 0) d, (VALUES ('fabriks'), ('emptyco')) pt (code),
       LATERAL jsonb_array_elements(pg_temp.pages(d.day::text, 'ledger', 37, jsonb_build_object('partner', pt.code))) WITH ORDINALITY l (e, n);
SELECT is_empty($$ SELECT t.day, t.contract, t.pool FROM told t JOIN (SELECT DISTINCT day FROM listed) s USING (day) LEFT JOIN listed l ON l.day = t.day AND l.code = t.partner AND l.e ->> 'contract' = t.contract AND l.e ->> 'pool' = t.pool
                    WHERE NOT EXISTS (SELECT FROM entitled.night k WHERE k.date = t.day)
                    GROUP BY t.day, t.contract, t.pool, t.p HAVING coalesce(sum((l.e ->> 'change')::int), 0) <> (t.p ->> 'left')::int $$, 'the changes of the ledger add up to what is left');
SELECT is_empty($$ SELECT * FROM (SELECT day, code, n, e, lag(e) OVER (PARTITION BY day, code, e -> 'contract', e -> 'pool' ORDER BY n DESC) AS before FROM listed) l
                    WHERE (e ->> 'left')::int <> coalesce((before ->> 'left')::int, 0) + (e ->> 'change')::int OR e ->> 'happened_at' < before ->> 'happened_at' $$,
                'each entry follows from the one before');
-- The last 30 days, day by day.
SELECT is((SELECT sum((p ->> 'used_that_day')::int) FROM generate_series(0, 29) n, LATERAL jsonb_array_elements(pg_temp.get((date '2004-12-10' - n)::text, 'pools', '{"partner": "fabriks", "limit": 500}')) p WHERE p ->> 'contract' = c.contract AND p ->> 'pool' = 'consulting'),
          (SELECT (p ->> 'last_30')::bigint FROM jsonb_array_elements(pg_temp.get('2004-12-10', 'pools', '{"partner": "fabriks", "limit": 500}')) p WHERE p ->> 'contract' = c.contract AND p ->> 'pool' = 'consulting'), 'the last 30 days are the sum of their days: ' || c.contract)
  FROM (SELECT DISTINCT contract FROM told WHERE partner = 'fabriks' AND day = '2004-12-08' ORDER BY contract LIMIT 1) c;

-- ---------------------------------------------------------------- pages

SELECT is(pg_temp.pages(d, 'pools', size), t.result('report.usage', 'rita', jsonb_build_object('date', d, 'section', 'pools', 'limit', 500)) -> 'pools', format('pools of %s in pages of %s', d, size))
  FROM (VALUES ('2004-12-08', 1), ('2004-12-08', 3), ((SELECT max(date)::text FROM entitled.night), 1), ((SELECT max(date)::text FROM entitled.night), 4)) v (d, size);
SELECT is((SELECT jsonb_agg(p ORDER BY p ->> 'partner' COLLATE "C", p ->> 'contract', p ->> 'pool') FROM jsonb_array_elements(pg_temp.get('2004-12-08', 'pools', '{"limit": 500}')) p), pg_temp.get('2004-12-08', 'pools', '{"limit": 500}'), 'by partner, contract and name');
SELECT is(pg_temp.pages('2004-12-08', s, 2, '{"partner": "fabriks"}'), pg_temp.get('2004-12-08', s, '{"partner": "fabriks", "limit": 500}'), s || ' in pages of 2') FROM unnest('{incidents,ledger,curves}'::text[]) s;
SELECT is(pg_temp.pages('2004-08-25', s, 2), pg_temp.get('2004-08-25', s, '{"limit": 500}'), s || ' in pages of 2') FROM unnest('{refusals,overrides,escalations}'::text[]) s;
SELECT is(pg_temp.pages(max(date)::text, 'alerts', 1), pg_temp.get(max(date)::text, 'alerts', '{"limit": 500}'), 'alerts in pages of 1') FROM entitled.night;
SELECT finish();
ROLLBACK;
