-- The moves of an incident, and incident.resolve, incident.close, incident.reopen. None of them touches a pool. Each may be
-- entered later than it happened: `at`, in all of them (incident_lock()); the clocks are as if it had been entered then.

-- From which states each is possible, and what it leads to. (The states are those of the table's CHECK; a move is the
-- method of its name.)
INSERT INTO entitled.incident_move (move, from_state, to_state)
SELECT 'assign', s, s FROM unnest('{new,in_progress,awaiting_partner,awaiting_vendor}'::text[]) s
UNION ALL
SELECT 'update', s, n
  FROM unnest('{new,in_progress,awaiting_partner,awaiting_vendor}'::text[]) s,
       unnest('{in_progress,awaiting_partner,awaiting_vendor}'::text[]) n
 WHERE s <> n
UNION ALL
SELECT 'resolve', s, 'resolved' FROM unnest('{new,in_progress,awaiting_partner,awaiting_vendor}'::text[]) s
UNION ALL
VALUES ('close', 'resolved', 'closed'), ('reopen', 'resolved', 'in_progress'), ('reopen', 'closed', 'in_progress')
ON CONFLICT DO NOTHING;

-- The moves that are legal in a state.
CREATE OR REPLACE FUNCTION entitled.incident_moves(state text) RETURNS jsonb
LANGUAGE sql STABLE AS $$
  SELECT coalesce(jsonb_agg(DISTINCT m.move), '[]') FROM entitled.incident_move m WHERE m.from_state = state
$$;

DROP FUNCTION IF EXISTS entitled.incident_move_to(entitled.incident, text); -- before a move led to several states

-- The state that a move leads to from that of the incident; wanted_state: which one, where it leads to several (NULL:
-- none of them, the move leaves the state as it is). invalid_state, with the moves that are legal now.
CREATE OR REPLACE FUNCTION entitled.incident_move_to(i entitled.incident, wanted text, wanted_state text DEFAULT NULL)
RETURNS text
LANGUAGE plpgsql STABLE AS $$
DECLARE
  leads_to text[] := array(SELECT m.to_state FROM entitled.incident_move m
                            WHERE m.move = wanted AND m.from_state = i.state ORDER BY m.to_state);
  moves jsonb := entitled.incident_moves(i.state);
BEGIN
  IF wanted_state = ANY (leads_to) OR (wanted_state IS NULL AND cardinality(leads_to) > 0) THEN
    RETURN coalesce(wanted_state, CASE wanted WHEN 'update' THEN i.state ELSE leads_to[1] END);
  END IF;
  PERFORM entitled.refuse('invalid_state',
    format('incident %s is %s: %s; legal now: %s', entitled.incident_name(i.incident_id), replace(i.state, '_', ' '),
           CASE wanted WHEN 'resolve' THEN 'it was resolved before, reopen it first'
                       WHEN 'close' THEN 'only a resolved one is closed'
                       WHEN 'reopen' THEN 'only a resolved or closed one is reopened'
                       WHEN 'assign' THEN 'it is not handed over, reopen it first'
                       ELSE CASE i.state WHEN wanted_state THEN 'it is that already'
                            ELSE 'it is not changed, reopen it first' END
           END,
           (SELECT string_agg(m, ', ') FROM jsonb_array_elements_text(moves) m)),
    jsonb_build_object('state', i.state, 'moves', moves)
    || CASE WHEN wanted = 'update' AND cardinality(leads_to) > 0 THEN jsonb_build_object('states', to_jsonb(leads_to))
       ELSE '{}' END);
END
$$;

-- {"incident"}: solved, in these words: its clocks are over, and so are its escalations. not_found, invalid_state;
-- invalid_params: `at`.
CREATE OR REPLACE FUNCTION entitled.incident_resolve(caller entitled.principal, params jsonb) RETURNS jsonb
LANGUAGE plpgsql AS $$
DECLARE
  at timestamptz := entitled.time_param(params, 'at');
  i entitled.incident := entitled.incident_lock(params ->> 'incident', at);
  to_state text := entitled.incident_move_to(i, 'resolve');
BEGIN
  PERFORM entitled.escalations_end(i, caller.principal_id, at);
  PERFORM entitled.timeline_append(i, caller.principal_id, 'resolved', params ->> 'resolution', at => at,
                                   state => to_state);
  i := entitled.clock_reckon(entitled.clock_act(entitled.clock_state(i, to_state, at), at));
  i.resolution := params ->> 'resolution';
  i.resolved_at := coalesce(at, entitled.clock_now());
  PERFORM entitled.incident_write(i);
  RETURN jsonb_build_object('incident', entitled.incident_object(i));
END
$$;

-- {"incident"}: over and done with. not_found, invalid_state; invalid_params: `at`.
CREATE OR REPLACE FUNCTION entitled.incident_close(caller entitled.principal, params jsonb) RETURNS jsonb
LANGUAGE plpgsql AS $$
DECLARE
  at timestamptz := entitled.time_param(params, 'at');
  i entitled.incident := entitled.incident_lock(params ->> 'incident', at);
  to_state text := entitled.incident_move_to(i, 'close');
BEGIN
  PERFORM entitled.timeline_append(i, caller.principal_id, 'closed', params ->> 'reason', at => at, state => to_state);
  i := entitled.clock_state(i, to_state, at);
  i.closed_at := coalesce(at, entitled.clock_now());
  PERFORM entitled.incident_write(i);
  RETURN jsonb_build_object('incident', entitled.incident_object(i));
END
$$;

-- {"incident"}: taken up again, with a new resolution clock; what it was charged, or credited, stays as it is (rule 6).
-- What had been its resolution stands in the timeline. not_found, invalid_state; invalid_params: `at`.
CREATE OR REPLACE FUNCTION entitled.incident_reopen(caller entitled.principal, params jsonb) RETURNS jsonb
LANGUAGE plpgsql AS $$
DECLARE
  at timestamptz := entitled.time_param(params, 'at');
  i entitled.incident := entitled.incident_lock(params ->> 'incident', at);
  to_state text := entitled.incident_move_to(i, 'reopen');
BEGIN
  PERFORM entitled.timeline_append(i, caller.principal_id, 'reopened', params ->> 'reason', at => at, state => to_state);
  i := entitled.clock_reckon(entitled.clock_act(entitled.clock_restart(entitled.clock_state(i, to_state, at), at), at));
  i.reopened := i.reopened + 1;
  i.resolution := NULL;
  i.resolved_at := NULL;
  i.closed_at := NULL;
  PERFORM entitled.incident_write(i);
  RETURN jsonb_build_object('incident', entitled.incident_object(i));
END
$$;
