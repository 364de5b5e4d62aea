-- Steps that are entered later than they happened (`at` of incident.assign, note, update, resolve, close, reopen). That the clocks are
-- then as if they had not been late: 77_clock.sql, of every case there. Here: what is refused, what is shown, and what time
-- alone has done meanwhile.
BEGIN;
SELECT plan(27);
\ir day.psql
SET LOCAL entitled.scope = '*';
CREATE FUNCTION pg_temp.ask(method text, who text, incident text, at text, more jsonb DEFAULT '{}') RETURNS jsonb LANGUAGE sql AS $$
  SELECT t.ask('incident.' || method, who, jsonb_build_object('incident', incident, 'at', at) || more) -> 'body'
$$;
-- What the timeline says of a step: when, by whom and what it was.
CREATE FUNCTION pg_temp.told(incident text) RETURNS text LANGUAGE sql AS $$
  SELECT string_agg(to_char(l.at, 'DD HH24:MI ') || coalesce('(' || to_char(l.entered_at, 'HH24:MI') || ') ', '')
                    || coalesce(p.name, 'system') || ' ' || l.event, ', ' ORDER BY l.seq)
    FROM entitled.timeline l LEFT JOIN entitled.principal p USING (principal_id) WHERE l.incident_id = entitled.incident_number(incident)
$$;

-- Every method that has it, refused alike.
SELECT pg_temp.at('2004-08-23 08:00+00') \g /dev/null
SELECT pg_temp.play('office', 'critical', 'A', '2004-08-23 08:00, 2004-08-23 08:10 note') AS i \gset
SELECT pg_temp.play('office', 'critical', 'A', '2004-08-23 08:00, 2004-08-23 08:10 resolve') AS r \gset
SELECT pg_temp.at('2004-08-23 09:00+00') \g /dev/null
CREATE TEMP TABLE late_method AS
  SELECT * FROM (VALUES ('assign', :'i', '{"to": "carla"}'::jsonb), ('note', :'i', '{"text": "n"}'), ('update', :'i', '{"state": "in_progress"}'),
                        ('resolve', :'i', '{"resolution": "r"}'), ('close', :'r', '{}'), ('reopen', :'r', '{"reason": "r"}')) m (method, incident, more);
SELECT is(pg_temp.ask(method, 'carla', incident, '2004-08-23T09:00:01Z', more) ->> 'message',
          'parameter `at` must not be in the future', method || ': not of the future') FROM late_method;
SELECT is(pg_temp.ask(method, 'carla', incident, '2004-08-23T08:09:59Z', more),
          jsonb_build_object('code', -32602, 'message', format('parameter `at` must not be before the last step of incident %s, '
            'which was at 2004-08-23T08:10:00Z', incident), 'data', '{"reason": "invalid_params", "last": "2004-08-23T08:10:00+00:00"}'::jsonb),
          method || ': not before the step before it') FROM late_method;
SELECT is(pg_temp.ask('note', 'carla', :'i', 'yesterday', '{"text": "n"}') #>> '{data,reason}', 'invalid_params', 'a time that is none');
SELECT is(pg_temp.ask('note', 'olga', :'i', '2004-08-23T08:30:00Z', '{"text": "n"}') ->> 'message',
          'a partner''s notes are of the moment at which they are written: leave out at', 'a partner has no other time than now');
SELECT is(pg_temp.told(:'i'), '23 08:00 carla opened, 23 08:10 carla note', 'nothing of these was written');

-- At the same instant as the step before it, and shown as what it is.
SELECT is(pg_temp.ask('note', 'carla', :'i', '2004-08-23T08:10:00Z', '{"text": "n"}') -> 'entry',
          '{"seq": 3, "at": "2004-08-23T08:10:00+00:00", "entered_at": "2004-08-23T09:00:00+00:00", "actor": "carla", "event": "note",
            "visibility": "public", "text": "n"}', 'an entry says when it happened and when it was entered');
SELECT is(t.result('incident.show', 'olga', jsonb_build_object('incident', :'i')) #> '{timeline,2,entered_at}',
          '"2004-08-23T09:00:00+00:00"', 'to the partner too');
SELECT ok(NOT t.result('incident.show', 'olga', jsonb_build_object('incident', :'i')) #> '{timeline,1}' ? 'entered_at',
          'one that was not late does not');
SELECT is(pg_temp.ask('resolve', 'carla', :'i', '2004-08-23T08:30:00Z', '{"resolution": "r"}') #> '{incident,resolved_at}',
          '"2004-08-23T08:30:00+00:00"', 'resolved then');
SELECT is(pg_temp.ask('close', 'carla', :'i', '2004-08-23T08:40:00Z') #> '{incident,closed_at}',
          '"2004-08-23T08:40:00+00:00"', 'closed then');

-- What time alone did because it was not known stays: the warnings of a response that had been given. But what was to come does not.
SELECT pg_temp.at('2004-08-24 08:00+00') \g /dev/null
SELECT pg_temp.play('office', 'critical', 'A', '2004-08-24 08:00') AS w \gset
SELECT pg_temp.at('2004-08-24 08:50+00') \g /dev/null
SELECT entitled.clock_catch_up(pg_temp.row(:'w')) \g /dev/null
SELECT pg_temp.at('2004-08-24 10:30+00') \g /dev/null
SELECT is(pg_temp.ask('note', 'carla', :'w', '2004-08-24T08:20:00Z', '{"text": "n"}') #> '{entry,seq}', '4', 'answered before the warnings that were given');
SELECT is(pg_temp.told(:'w'), '24 08:00 carla opened, 24 08:30 system warning, 24 08:48 system warning, 24 08:20 (10:30) carla note',
          'they stay; that of a deadline which was met is not given any more');
SELECT is(to_char((pg_temp.row(:'w')).responded_at, 'HH24:MI'), '08:20', 'responded when it was');
SELECT is(pg_temp.ask('note', 'carla', :'w', '2004-08-24T08:19:00Z', '{"text": "n"}') #>> '{data,reason}', 'invalid_params', 'the order is that of what people did');
SELECT entitled.clock_catch_up(pg_temp.row(:'w')) \g /dev/null
SELECT is((SELECT string_agg(to_char(at, 'HH24:MI ') || split_part(body, ' minutes', 1), ', ' ORDER BY seq) FROM entitled.timeline
            WHERE incident_id = entitled.incident_number(:'w') AND seq > 4),
          '09:20 update: 50 % of 120, 09:56 update: 80 % of 120, 10:20 update: 100 % of 120',
          'the clocks go on from then');

-- An escalation that was not acknowledged goes up no further than the incident was worked on.
SELECT pg_temp.at('2004-08-25 08:00+00') \g /dev/null
SELECT pg_temp.play('office', 'critical', 'A', '2004-08-25 08:00') AS e \gset
SELECT t.result('escalation.raise', 'carla', jsonb_build_object('incident', :'e', 'reason', 'r', 'level', 1)) \g /dev/null
SELECT pg_temp.at('2004-08-27 16:00+00') \g /dev/null
SELECT is(pg_temp.ask('resolve', 'carla', :'e', '2004-08-25T08:05:00Z', '{"resolution": "r"}') #>> '{incident,escalations,0,state}', 'withdrawn', 'ended with the incident');
SELECT is((SELECT concat_ws(' ', level, to_char(ended_at, 'DD HH24:MI')) FROM entitled.escalation WHERE incident_id = entitled.incident_number(:'e')),
          '1 25 08:05', 'then, on its level');
SELECT finish();
ROLLBACK;
