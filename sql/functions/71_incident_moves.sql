-- incident.resolve, incident.close, incident.reopen: the moves of an incident. None of them touches a pool.

-- From which states each is possible, and what it leads to. (The states are those of the table's CHECK.)
INSERT INTO entitled.incident_move (move, from_state, to_state) VALUES
  ('resolve', 'new', 'resolved'),
  ('resolve', 'in_progress', 'resolved'),
  ('resolve', 'awaiting_partner', 'resolved'),
  ('resolve', 'awaiting_vendor', 'resolved'),
  ('close', 'resolved', 'closed'),
  ('reopen', 'resolved', 'in_progress'),
  ('reopen', 'closed', 'in_progress')
ON CONFLICT (move, from_state) DO UPDATE SET to_state = excluded.to_state;

-- The state that a move leads to from that of the incident. invalid_state, with the moves that are possible.
CREATE OR REPLACE FUNCTION entitled.incident_move_to(i entitled.incident, wanted text) RETURNS text
LANGUAGE plpgsql STABLE AS $$
DECLARE
  leads_to text := (SELECT m.to_state FROM entitled.incident_move m WHERE m.move = wanted AND m.from_state = i.state);
  possible text[] := array(SELECT m.move FROM entitled.incident_move m WHERE m.from_state = i.state ORDER BY m.move);
BEGIN
  IF leads_to IS NULL THEN
    PERFORM entitled.refuse('invalid_state',
      format('incident %s is %s: %s', entitled.incident_name(i.incident_id), replace(i.state, '_', ' '),
             CASE wanted WHEN 'resolve' THEN 'it was resolved before; reopen it first'
                         WHEN 'close' THEN 'only a resolved one is closed'
                         ELSE 'only a resolved or closed one is reopened' END),
      jsonb_build_object('state', i.state, 'moves', to_jsonb(possible)));
  END IF;
  RETURN leads_to;
END
$$;

-- {"incident"}: solved, in these words. not_found, invalid_state.
CREATE OR REPLACE FUNCTION entitled.incident_resolve(caller entitled.principal, params jsonb) RETURNS jsonb
LANGUAGE plpgsql AS $$
DECLARE
  i entitled.incident := entitled.incident_lock(params ->> 'incident');
BEGIN
  UPDATE entitled.incident moved
     SET state = entitled.incident_move_to(i, 'resolve'), resolution = params ->> 'resolution',
         resolved_at = entitled.clock_now()
   WHERE moved.partner_id = i.partner_id AND moved.incident_id = i.incident_id
  RETURNING * INTO i;
  PERFORM entitled.timeline_append(i, caller.principal_id, 'resolved', params ->> 'resolution');
  RETURN jsonb_build_object('incident', entitled.incident_object(i));
END
$$;

-- {"incident"}: over and done with. not_found, invalid_state.
CREATE OR REPLACE FUNCTION entitled.incident_close(caller entitled.principal, params jsonb) RETURNS jsonb
LANGUAGE plpgsql AS $$
DECLARE
  i entitled.incident := entitled.incident_lock(params ->> 'incident');
BEGIN
  UPDATE entitled.incident moved
     SET state = entitled.incident_move_to(i, 'close'), closed_at = entitled.clock_now()
   WHERE moved.partner_id = i.partner_id AND moved.incident_id = i.incident_id
  RETURNING * INTO i;
  PERFORM entitled.timeline_append(i, caller.principal_id, 'closed', params ->> 'reason');
  RETURN jsonb_build_object('incident', entitled.incident_object(i));
END
$$;

-- {"incident"}: taken up again; what it was charged, or credited, stays as it is (rule 6). What had been its
-- resolution stands in the timeline. not_found, invalid_state.
CREATE OR REPLACE FUNCTION entitled.incident_reopen(caller entitled.principal, params jsonb) RETURNS jsonb
LANGUAGE plpgsql AS $$
DECLARE
  i entitled.incident := entitled.incident_lock(params ->> 'incident');
BEGIN
  UPDATE entitled.incident moved
     SET state = entitled.incident_move_to(i, 'reopen'), reopened = i.reopened + 1,
         resolution = NULL, resolved_at = NULL, closed_at = NULL
   WHERE moved.partner_id = i.partner_id AND moved.incident_id = i.incident_id
  RETURNING * INTO i;
  PERFORM entitled.timeline_append(i, caller.principal_id, 'reopened', params ->> 'reason');
  RETURN jsonb_build_object('incident', entitled.incident_object(i));
END
$$;
