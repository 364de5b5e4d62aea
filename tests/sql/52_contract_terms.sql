-- Rule 9: a term includes its first instant and excludes its last, in the partner's time zone; rule 7: what is left
-- then has expired. To the microsecond, over days on which clocks change; and partners that move.
BEGIN;
SELECT plan(58);
CREATE FUNCTION pg_temp.at(instant timestamptz) RETURNS void LANGUAGE sql AS
$$ SELECT set_config('entitled.now', instant::text, true) $$;

-- first, last: the term's ends, reckoned by hand.
CREATE TEMP TABLE term (zone text, starts text, first timestamptz, last timestamptz, what text);
INSERT INTO term VALUES
  ('Europe/Lisbon',     '2004-03-28', '2004-03-28 00:00Z', '2005-03-27 23:00Z', 'an hour skipped on its first day'),
  ('America/New_York',  '2004-10-31', '2004-10-31 04:00Z', '2005-10-31 05:00Z', 'an hour twice on its first day'),
  ('America/Sao_Paulo', '2004-11-02', '2004-11-02 03:00Z', '2005-11-02 02:00Z', 'a midnight that is skipped'),
  ('America/Havana',    '2006-10-29', '2006-10-29 04:00Z', '2007-10-29 05:00Z', 'a midnight that comes twice'),
  ('America/Havana',    '2005-10-29', '2005-10-29 04:00Z', '2006-10-29 04:00Z', 'that ends on one that comes twice'),
  ('Asia/Kathmandu',    '2004-08-24', '2004-08-23 18:15Z', '2005-08-23 18:15Z', 'a quarter of an hour off'),
  ('Pacific/Kiritimati', '2004-12-31', '2004-12-30 10:00Z', '2005-12-30 10:00Z', 'the first to have the new year');
CREATE TEMP TABLE sold AS
SELECT term.*, 'p-' || row_number() OVER () AS code, NULL::text AS name FROM term;
SELECT t.result('partner.create', 'mia', jsonb_build_object('partner', code, 'name', code, 'region', 'us', 'time_zone', zone,
                                                            'calendar', 'us-east')) FROM sold \g /dev/null
UPDATE sold SET name = t.contract(code, 'mspa-standard', starts);

-- At an instant: its state, how many of its pools the balance has, and what becomes of an incident.
CREATE FUNCTION pg_temp.told(code text, name text, instant timestamptz) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_temp.at(instant);
  RETURN concat_ws(' ', t.result('contract.show', 'rita', jsonb_build_object('contract', name)) #>> '{contract,state}',
    jsonb_array_length(t.result('balance.get', 'rita', jsonb_build_object('partner', code)) -> 'pools'),
    coalesce(t.open(code, 'priority') #>> '{data,reason}', 'charged'));
END
$$;
SELECT is(pg_temp.told(code, name, first - interval '1 microsecond'), 'scheduled 0 no_entitlement', 'rule 9: before it begins: ' || what) FROM sold;
SELECT is(pg_temp.told(code, name, first), 'active 2 charged', 'rule 9: its first instant: ' || what) FROM sold;
SELECT is(pg_temp.told(code, name, last - interval '1 microsecond'), 'active 2 charged', 'rule 9: its last microsecond: ' || what) FROM sold;
SELECT is(pg_temp.told(code, name, last), 'expired 0 no_entitlement', 'rule 9: it is over: ' || what) FROM sold;

-- Rule 7: what was left has expired at that instant, with nothing having run; the entry comes with the next change.
CREATE FUNCTION pg_temp.grants(name text) RETURNS jsonb LANGUAGE sql AS $$
  SELECT jsonb_agg(jsonb_build_array(g -> 'granted', g -> 'used', g -> 'expired', g -> 'remaining'))
    FROM jsonb_array_elements(t.result('contract.show', 'rita', jsonb_build_object('contract', $1)) #> '{contract,grants}') g
$$;
SELECT code, name, first AS begun, last AS over FROM sold WHERE zone = 'Europe/Lisbon' \gset
SELECT pg_temp.at(:'over'::timestamptz - interval '1 microsecond') \g /dev/null
SELECT is(pg_temp.grants(:'name'), '[[5, 2, 0, 3], [600, 0, 0, 600]]', 'rule 7: in its last microsecond all is there');
SELECT pg_temp.at(:'over') \g /dev/null
SELECT is(pg_temp.grants(:'name'), '[[5, 2, 3, 0], [600, 0, 600, 0]]', 'rule 7: then nothing is left, and it shows as expired');
SELECT is((SELECT sum(expired)::int FROM entitled.pool_grant WHERE entitled.contract_name(contract_id) = :'name'), 0, 'nothing had to run');
SELECT is((t.result('balance.get', 'rita', jsonb_build_object('partner', :'code', 'at', :'begun')) #> '{pools,0}') - '{contract,starts,expires}'::text[],
          '{"pool": "priority-incidents", "unit": "incident", "plan": "mspa-standard", "granted": 5, "used": 2, "expired": 3,
            "remaining": 0, "overage": 0, "coverage": "24x7", "delivered_by": null}', 'balance.get of a time in the term says so too');
SELECT t.contract(:'code', 'registered', '2005-01-01') AS other \gset
SELECT results_eq(format($$ SELECT l.kind::text, l.units, l.at, l.note FROM entitled.ledger l JOIN entitled.pool_grant g USING (partner_id, grant_id)
                             WHERE entitled.contract_name(g.contract_id) = %L AND l.kind = 'expiry' ORDER BY grant_id $$, :'name'),
                  format($$ VALUES ('expiry', 3, %L::timestamptz, NULL::text), ('expiry', 600, %1$L, NULL) $$, :'over'),
                  'rule 7: activating another contract books them');
SELECT is(pg_temp.grants(:'name'), '[[5, 2, 3, 0], [600, 0, 600, 0]]', 'which looks the same');
SELECT t.contract(:'code', 'mspa-standard', '2005-06-01') AS more \gset
SELECT is((SELECT count(*)::int FROM entitled.ledger l JOIN entitled.pool_grant g USING (partner_id, grant_id)
            WHERE entitled.contract_name(g.contract_id) = :'name' AND l.kind = 'expiry'), 2, 'rule 7: and once');
SELECT is(t.result('balance.get', 'rita', jsonb_build_object('partner', :'code', 'at', :'begun')) #> '{pools,0,remaining}', '0', 'booked, nothing is left either');

-- Each change books the expiries of all contracts of the partner; writing a draft does not.
CREATE FUNCTION pg_temp.books(method text, more jsonb, starts text DEFAULT '2005-01-01') RETURNS int LANGUAGE plpgsql AS $$
DECLARE
  name text;
  count int;
BEGIN
  PERFORM pg_temp.at('2005-07-01 12:00Z');
  PERFORM t.contract('fabriks', 'mspa-standard', '2004-05-01');
  IF method = 'activate' THEN
    name := t.result('contract.create', 'mia', '{"partner": "fabriks", "plan": "mspa-standard", "starts": "2005-01-01"}') #>> '{contract,contract}';
  ELSIF method <> 'create' THEN
    name := t.contract('fabriks', 'mspa-standard', starts);
  END IF;
  -- Whatever that booked is as if it were not.
  DELETE FROM entitled.ledger l WHERE l.kind = 'expiry';
  UPDATE entitled.pool_grant g SET expired = 0, entries = l.last, head = l.head
    FROM (SELECT partner_id, grant_id, max(seq) AS last, (array_agg(hash ORDER BY seq DESC))[1] AS head
            FROM entitled.ledger GROUP BY partner_id, grant_id) l
   WHERE (l.partner_id, l.grant_id) = (g.partner_id, g.grant_id);
  PERFORM t.result('contract.' || method, 'mia', CASE WHEN name IS NULL THEN '{}' ELSE jsonb_build_object('contract', name) END || more);
  SELECT count(*) INTO count FROM entitled.pool_grant g JOIN entitled.partner p USING (partner_id)
   WHERE p.code = 'fabriks' AND g.ends < entitled.clock_now() AND g.used + g.expired < g.granted;
  RETURN count;
END
$$;
SELECT is(pg_temp.books(method, more), 0, 'rule 7: what lapsed is booked by ' || method)
  FROM (VALUES ('activate', '{}'::jsonb), ('renew', '{}'), ('cancel', '{"reason": "test"}'),
               ('top_up', '{"benefit": "consulting", "units": 1}'),
               ('upgrade', '{"plan": "mspa-plus", "quantities": {"priority-incidents": 9}}')) v (method, more);
SELECT is(pg_temp.books('cancel', '{"reason": "test"}', '2006-01-01'), 0, 'of a scheduled one too');
SELECT isnt(pg_temp.books('create', '{"partner": "fabriks", "plan": "mspa-standard", "starts": "2005-01-01"}'), 0, 'rule 7: but not by writing a draft');
SELECT isnt(pg_temp.books('upgrade', '{"plan": "mspa-plus", "quantities": {"priority-incidents": 9}, "dry_run": true}'), 0, 'nor by a dry run');
SELECT is_empty('SELECT * FROM t.broken_grants()', 'counters and entries agree');

-- A partner that moves: what runs or is scheduled keeps its instants; what starts from now on is by the new zone.
SELECT pg_temp.at('2004-08-23 12:00Z') \g /dev/null
SELECT t.contract('emptyco', 'mspa-standard', '2003-08-25') AS running, t.contract('emptyco', 'mspa-standard', '2004-09-01') AS planned,
       t.contract('emptyco', 'certified', '2003-09-01') AS member \gset
SELECT t.result('contract.create', 'mia', '{"partner": "emptyco", "plan": "mspa-standard", "starts": "2004-09-01"}') #>> '{contract,contract}' AS written \gset
SELECT t.result('partner.update', 'mia', '{"partner": "emptyco", "time_zone": "Asia/Tokyo"}') \g /dev/null
CREATE FUNCTION pg_temp.term(name text) RETURNS text LANGUAGE sql AS $$
  SELECT concat_ws(' ', c ->> 'term_starts', c ->> 'term_ends', c ->> 'state', c #>> '{grants,0,starts}', c #>> '{grants,0,expires}')
    FROM (SELECT t.result('contract.show', 'rita', jsonb_build_object('contract', $1)) -> 'contract' AS c) s
$$;
SELECT is(pg_temp.term(:'running'), '2003-08-25T04:00:00+00:00 2004-08-25T04:00:00+00:00 active 2003-08-25T04:00:00+00:00 2004-08-25T04:00:00+00:00',
          'rule 9: it moves to Tokyo: what runs stays as it is');
SELECT is(pg_temp.term(:'planned'), '2004-09-01T04:00:00+00:00 2005-09-01T04:00:00+00:00 scheduled 2004-09-01T04:00:00+00:00 2005-09-01T04:00:00+00:00',
          'rule 9: and what is scheduled');
SELECT t.result('contract.activate', 'mia', jsonb_build_object('contract', :'written')) \g /dev/null
SELECT is(pg_temp.term(:'written'), '2004-08-31T15:00:00+00:00 2005-08-31T15:00:00+00:00 scheduled 2004-08-31T15:00:00+00:00 2005-08-31T15:00:00+00:00',
          'rule 9: what is activated then is by midnights of Tokyo');
SELECT t.result('contract.renew', 'mia', jsonb_build_object('contract', :'running')) #>> '{contract,contract}' AS renewed \gset
SELECT is(pg_temp.term(:'renewed'), '2004-08-25T04:00:00+00:00 2005-08-24T15:00:00+00:00 scheduled 2004-08-25T04:00:00+00:00 2005-08-24T15:00:00+00:00',
          'rule 9: so is the end of a renewal, which begins at the instant at which the old one ends');
SELECT t.result('contract.renew', 'mia', jsonb_build_object('contract', :'member')) #>> '{contract,contract}' AS remembered \gset
SELECT is(pg_temp.term(:'remembered'), '2004-09-01T04:00:00+00:00 2005-08-31T15:00:00+00:00 scheduled 2004-09-01T04:00:00+00:00 2005-08-31T15:00:00+00:00',
          'so a membership is renewed, though it would overlap by the hours between the zones');
SELECT is(pg_temp.told('emptyco', :'planned', '2004-09-01 03:59:59.999999Z') LIKE 'scheduled %', true, 'its old zone''s instant counts');
SELECT is(pg_temp.told('emptyco', :'planned', '2004-09-01 04:00:00Z') LIKE 'active %', true, 'to the microsecond');
-- The last hours of its day in New York are the next day in Tokyo, after the term's last.
SELECT pg_temp.at('2004-08-25 03:00Z') \g /dev/null
SELECT t.result('contract.upgrade', 'mia', jsonb_build_object('contract', :'running', 'plan', 'mspa-plus',
  'quantities', '{"priority-incidents": 9}'::jsonb)) #>> '{contract,contract}' AS upgraded \gset
SELECT is(pg_temp.term(:'upgraded'), '2004-08-25T03:00:00+00:00 2004-08-25T04:00:00+00:00 active 2004-08-25T03:00:00+00:00 2004-08-25T04:00:00+00:00',
          'rule 9: an upgrade lasts to the same instant');
SELECT is(t.result('contract.show', 'rita', jsonb_build_object('contract', :'upgraded')) #> '{contract,starts}', '"2004-08-24"', 'and begins on a day of the term');
SELECT is(pg_temp.told('emptyco', :'upgraded', '2004-08-25 03:59:59.999999Z'), 'active 3 charged', 'in force to the end');
SELECT is(pg_temp.told('emptyco', :'upgraded', '2004-08-25 04:00Z') LIKE 'expired %', true, 'and no longer');
SELECT is(t.result('partner.show', 'rita', '{"partner": "emptyco"}') #>> '{partner,level}', 'certified', 'the membership is untouched');
SELECT is_empty('SELECT * FROM t.broken_grants()', 'counters and entries agree');
SELECT finish();
ROLLBACK;
