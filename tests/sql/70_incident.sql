-- incident.show, incident.list, incident.note; and that another's incident is as none at all.
BEGIN;
SELECT plan(60);
-- Numbers from 1, so that names are known.
SELECT setval('entitled.incident_incident_id_seq', 1, false) \g /dev/null
SELECT t.open('contoso', 'professional', '{"title": "first", "description": "d", "contact": "c", "product": "p", "channel": "phone"}') AS one,
       t.open('contoso', 'priority', '{"title": "50% of_it \\ gone", "severity": "A"}', 'carlo') AS two,
       t.open('fabriks', 'critical', '{"title": "theirs", "outage": "server"}') AS three,
       t.open('contoso', 'professional', '{"title": "fourth", "opened_at": "2004-08-20T00:00:00Z"}') AS four \gset
SELECT is(:'four'::jsonb ->> 'incident', 'INC-000004', 'the fixture is as it should be');

-- incident.show
SELECT is(t.result('incident.show', 'rita', '{"incident": "INC-000001"}') #- '{charge,contract}',
  '{"incident": "INC-000001", "partner": "contoso", "class": "professional", "severity": "B", "state": "new",
    "title": "first", "description": "d", "contact": "c", "product": "p", "channel": "phone", "outage": null,
    "opened_at": "2004-08-23T12:00:00+00:00", "logged_at": "2004-08-23T12:00:00+00:00", "logged_by": "carla",
    "owner": null, "delivered_by": null, "resolution": null, "resolved_at": null, "closed_at": null, "reopened": 0,
    "duplicate_of": null, "credit": null, "charge": {"pool": "professional-incidents", "units": 1, "ordinal": 1, "of": 5, "remaining": 4, "override": false},
    "clocks": {"coverage": "24x7", "respond_by": null, "responded_at": null, "update_by": null, "resolve_by": null, "paused": false,
               "resolution_used": null, "resolution_target": null}, "due_at": null,
    "escalated": false, "escalations": [], "moves": ["assign", "resolve", "update"],
    "timeline": [{"seq": 1, "at": "2004-08-23T12:00:00+00:00", "actor": "carla", "event": "opened", "visibility": "public", "text": null}]}',
  'incident.show');
SELECT is(t.result('incident.show', 'rita', jsonb_build_object('incident', answer ->> 'incident')) -> 'charge', answer -> 'charge',
          'its charge is the one that opening it answered: ' || (answer ->> 'incident'))
  FROM (VALUES (:'one'::jsonb), (:'two'), (:'three'), (:'four')) v (answer);
SELECT is(t.reason('incident.show', 'paul', '{"incident": "INC-000004"}'), 'ok', 'a partner sees its own');
SELECT is(replace(t.ask('incident.show', 'paul', '{"incident": "INC-000003"}')::text, '000003', '999999'),
          t.ask('incident.show', 'paul', '{"incident": "INC-999999"}')::text, 'another''s is answered exactly as none');
SELECT is(t.reason('incident.show', 'paul', '{"incident": "INC-000003"}'), 'not_found', 'not_found');

-- incident.note
SELECT is(t.result('incident.note', 'paul', '{"incident": "INC-000001", "text": "any news?"}'),
          '{"entry": {"seq": 2, "at": "2004-08-23T12:00:00+00:00", "actor": "paul", "event": "note", "visibility": "public",
            "text": "any news?"}}', 'a partner''s note');
SELECT is(t.result('incident.note', 'carla', '{"incident": "INC-000001", "text": "secret", "visibility": "internal"}') #>> '{entry,visibility}',
          'internal', 'an internal one');
SELECT is(t.result('incident.note', 'carla', '{"incident": "INC-000001", "text": "soon"}') #> '{entry,seq}', '4', 'in order');
SELECT is(t.reason('incident.note', 'paul', '{"incident": "INC-000001", "text": "x", "visibility": "internal"}'), 'forbidden',
          'a partner writes no internal one');
SELECT is(jsonb_path_query_array(t.result('incident.show', 'paul', '{"incident": "INC-000001"}'), '$.timeline[*].seq'), '[1, 2, 4]',
          'and sees none');
SELECT is(jsonb_path_query_array(t.result('incident.show', 'rita', '{"incident": "INC-000001"}'), '$.timeline[*].seq'), '[1, 2, 3, 4]',
          'the program''s own do');
SELECT is(replace(t.ask('incident.note', 'paul', '{"incident": "INC-000003", "text": "x"}')::text, '000003', '999999'),
          t.ask('incident.note', 'paul', '{"incident": "INC-999999", "text": "x"}')::text, 'another''s incident is as none');
SELECT is(t.reason('incident.note', 'paul', '{"incident": "INC-000003", "text": "x"}'), 'not_found', 'not_found');
UPDATE entitled.incident SET state = 'closed' WHERE incident_id = 2;
SELECT entitled.incident_words_write(i) FROM entitled.incident i WHERE incident_id = 2 \g /dev/null
SELECT is(t.result('incident.note', 'rita', '{"incident": "INC-000002", "text": "x"}') #> '{entry,seq}', '2', 'in whatever state it is');

-- incident.list
CREATE FUNCTION pg_temp.list(params jsonb DEFAULT '{}', caller text DEFAULT 'rita') RETURNS text LANGUAGE sql AS $$
  SELECT coalesce(string_agg(right(i ->> 'incident', 1), ' ' ORDER BY n), '')
    FROM jsonb_array_elements(t.result('incident.list', caller, params) -> 'incidents') WITH ORDINALITY AS e (i, n) $$;
UPDATE entitled.incident SET owner = t.id('carlo') WHERE incident_id = 1;
SELECT is(t.result('incident.list', 'rita', '{"limit": 1, "order": "oldest"}') #> '{incidents,0}',
          '{"incident": "INC-000001", "partner": "contoso", "class": "professional", "severity": "B", "state": "new",
            "title": "first", "opened_at": "2004-08-23T12:00:00+00:00", "owner": "carlo", "due_at": null,
            "escalated": false, "charged": true}', 'a row of a list');
SELECT is(pg_temp.list(params), want, 'incident.list ' || params::text)
  FROM (VALUES ('{}'::jsonb, '4 3 2 1'), ('{"order": "oldest"}', '1 2 3 4'), ('{"partner": "contoso"}', '4 2 1'),
               ('{"state": "closed"}', '2'), ('{"owner": "carlo"}', '1'), ('{"owner": "nobody"}', ''), ('{"severity": "A"}', '2'),
               ('{"class": "critical"}', '3'), ('{"since": "2004-08-23T14:00:00+02:00"}', '3 2 1'),
               ('{"until": "2004-08-23T12:00:00Z"}', '4'), ('{"text": "it 50% GONE"}', '2'), ('{"text": "fourth or d"}', '4 1'),
               ('{"text": "news"}', '1'), ('{"text": "secret"}', '1'), ('{"text": "\"any news\""}', '1'), ('{"text": "first -d"}', ''),
               ('{"text": "x", "class": "priority"}', '2'), ('{"text": "fir"}', ''), ('{"text": "%"}', '')) v (params, want);
SELECT is(pg_temp.list('{}', 'petra'), '3', 'a partner''s own only');
SELECT is(pg_temp.list(params, who), want, who || ' finds ' || params::text)
  FROM (VALUES ('paul', '{"text": "secret"}'::jsonb, ''), ('paul', '{"text": "soon"}', '1'), ('petra', '{"text": "first or theirs"}', '3')) v (who, params, want);
-- What has a word that is too common to gather all that have it is looked at one by one: it must be the same ones.
SELECT is((SELECT array_agg(i.incident_id ORDER BY i.incident_id) FROM entitled.incident i WHERE entitled.incident_has_words(i, sought, public_only)),
          (SELECT array_agg(DISTINCT w ORDER BY w) FROM entitled.incidents_by_words(sought, public_only, 100) w), format('one by one: %s, %s', sought, public_only))
  FROM unnest('{secret,soon,"fourth | d",gone,"!first"}'::tsquery[]) sought, unnest('{true,false}'::boolean[]) public_only;
SELECT is(t.reason('incident.list', 'petra', '{"partner": "contoso"}'), 'not_found', 'another''s are as none');
SELECT is(t.reason('incident.list', 'rita', '{"since": "2004-02-30T00:00:00Z"}'), 'invalid_params', 'no such time');

-- Pages.
SELECT is(pg_temp.list(jsonb_build_object('order', o, 'limit', 2, 'cursor', t.result('incident.list', 'rita',
            jsonb_build_object('limit', 2, 'order', o)) -> 'next')), want, 'the second page, ' || o)
  FROM (VALUES ('newest', '2 1'), ('oldest', '3 4')) v (o, want);
SELECT is(t.result('incident.list', 'rita', '{"limit": 4}') ? 'next', false, 'no next where there is no more');
SELECT is(t.reason('incident.list', 'rita', jsonb_build_object('cursor', c)), 'invalid_params', 'no cursor: ' || c)
  FROM unnest(ARRAY['1', 'INC-000001', entitled.cursor_name('partner', 1)]) c;
SELECT finish();
ROLLBACK;
