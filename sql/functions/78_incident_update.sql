-- incident.assign, incident.take, incident.update: who works on an incident, whose turn it is, what is known of it.

-- The enabled principal of this name who can act on incidents. not_found: there is none; invalid_params: it cannot.
CREATE OR REPLACE FUNCTION entitled.agent_find(agent text) RETURNS entitled.principal
LANGUAGE plpgsql STABLE AS $$
DECLARE
  sought entitled.principal;
BEGIN
  SELECT * INTO sought FROM entitled.principal p WHERE p.name = agent;
  IF NOT FOUND THEN
    PERFORM entitled.refuse('not_found', 'there is no principal ' || agent);
  ELSIF sought.disabled_at IS NOT NULL OR sought.role NOT IN ('coordinator', 'manager', 'admin') THEN
    PERFORM entitled.refuse('invalid_params',
      format('parameter `to` must be a coordinator, manager or administrator: %s is %s', agent,
             CASE WHEN sought.disabled_at IS NOT NULL THEN 'disabled' ELSE 'a ' || sought.role END));
  END IF;
  RETURN sought;
END
$$;

DROP FUNCTION IF EXISTS entitled.incident_give(entitled.incident, entitled.principal, bigint, text); -- before it had `at`

-- Gives an incident, its row locked, to an owner: an act in public. event: assigned or taken. at: when; NULL: now.
CREATE OR REPLACE FUNCTION entitled.incident_give(
  i entitled.incident, owner entitled.principal, caller_id bigint, event text, at timestamptz) RETURNS entitled.incident
LANGUAGE plpgsql AS $$
BEGIN
  PERFORM entitled.timeline_append(i, caller_id, event,
    format('%s -> %s', coalesce(entitled.principal_name(i.owner), 'nobody'), owner.name), at => at);
  i.owner := owner.principal_id;
  i := entitled.clock_reckon(entitled.clock_act(i, at));
  PERFORM entitled.incident_write(i);
  RETURN i;
END
$$;

-- {"incident"}: handed over. not_found: the incident, or whom to; invalid_params: who cannot act on it, or `at`; invalid_state:
-- it is resolved or closed, or is that one's already.
CREATE OR REPLACE FUNCTION entitled.incident_assign(caller entitled.principal, params jsonb) RETURNS jsonb
LANGUAGE plpgsql AS $$
DECLARE
  at timestamptz := entitled.time_param(params, 'at');
  i entitled.incident := entitled.incident_lock(params ->> 'incident', at);
  owner entitled.principal := entitled.agent_find(params ->> 'to');
BEGIN
  PERFORM entitled.incident_move_to(i, 'assign');
  IF i.owner = owner.principal_id THEN
    PERFORM entitled.refuse('invalid_state', format('incident %s is %s''s already', params ->> 'incident', owner.name),
                            jsonb_build_object('state', i.state, 'owner', owner.name, 'moves', entitled.incident_moves(i.state)));
  END IF;
  i := entitled.incident_give(i, owner, caller.principal_id, 'assigned', at);
  RETURN jsonb_build_object('incident', entitled.incident_object(i));
END
$$;

-- {"incident"}: the most urgent one that nobody owns, now the caller's: the earliest deadline first, without one last, then
-- by number. Whoever asks at the same time gets another. not_found: there is none; or no such partner.
CREATE OR REPLACE FUNCTION entitled.incident_take(caller entitled.principal, params jsonb) RETURNS jsonb
LANGUAGE plpgsql AS $$
DECLARE
  whose bigint := CASE WHEN params ? 'partner' THEN (entitled.partner_find(params ->> 'partner')).partner_id END;
  i entitled.incident;
BEGIN
  -- Planned for what is asked: by incident_queue, or of one partner by incident_of_partner_by_due.
  EXECUTE 'SELECT * FROM entitled.incident WHERE owner IS NULL AND state NOT IN (''resolved'', ''closed'')'
          || CASE WHEN whose IS NOT NULL THEN ' AND partner_id = $2' ELSE '' END
          || CASE WHEN params ? 'severity' THEN ' AND severity = ($1 ->> ''severity'')::"char"' ELSE '' END
          || CASE WHEN params ? 'class' THEN ' AND class = ($1 ->> ''class'')::entitled.incident_class' ELSE '' END
          || ' ORDER BY due_at, incident_id LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED'
    INTO i USING params, whose;
  IF i.incident_id IS NULL THEN
    PERFORM entitled.refuse('not_found', 'there is no incident that nobody owns'
      || CASE WHEN params ?| '{partner,class,severity}' THEN ', of those asked for' ELSE '' END);
  END IF;
  i := entitled.incident_give(entitled.clock_catch_up(i), caller, caller.principal_id, 'taken', NULL);
  RETURN jsonb_build_object('incident', entitled.incident_object(i));
END
$$;

-- What an update changes, in words: "severity: B -> A, title: x -> y"; NULL: nothing.
CREATE OR REPLACE FUNCTION entitled.update_text(i entitled.incident, params jsonb) RETURNS text
LANGUAGE sql IMMUTABLE AS $$
  SELECT string_agg(format('%s: %s -> %s', member, coalesce(before, 'none'), after), ', ' ORDER BY n)
    FROM (VALUES (1, 'state', i.state, params ->> 'state'), (2, 'severity', i.severity::text, params ->> 'severity'),
                 (3, 'product', i.product, params ->> 'product'), (4, 'contact', i.contact, params ->> 'contact'),
                 (5, 'title', i.title, params ->> 'title')) c (n, member, before, after)
   WHERE after IS DISTINCT FROM before AND after IS NOT NULL
$$;

-- {"incident"}: another state is an act in public; another severity reckons the clocks anew from the start. not_found;
-- invalid_params: nothing is given, or `at`; invalid_state: it is resolved or closed, or in that state already.
CREATE OR REPLACE FUNCTION entitled.incident_update(caller entitled.principal, params jsonb) RETURNS jsonb
LANGUAGE plpgsql AS $$
DECLARE
  at timestamptz := entitled.time_param(params, 'at');
  i entitled.incident := entitled.incident_lock(params ->> 'incident', at);
  to_state text;
  to_severity "char" := params ->> 'severity';
  what text;
BEGIN
  IF NOT params ?| '{state,severity,product,contact,title}' THEN
    PERFORM entitled.refuse('invalid_params', 'nothing is to be changed: give state, severity, product, contact or title');
  END IF;
  to_state := entitled.incident_move_to(i, 'update', params ->> 'state');
  what := entitled.update_text(i, params);
  IF what IS NULL THEN -- it is all that already
    RETURN jsonb_build_object('incident', entitled.incident_object(i));
  END IF;
  PERFORM entitled.timeline_append(i, caller.principal_id, 'updated', what, at => at,
                                   state => nullif(to_state, i.state), severity => nullif(to_severity, i.severity));
  IF to_state <> i.state THEN
    i := entitled.clock_act(entitled.clock_state(i, to_state, at), at);
  END IF;
  IF to_severity <> i.severity THEN
    i := entitled.clock_severity(i, to_severity, at);
  END IF;
  i.product := coalesce(params ->> 'product', i.product);
  i.contact := coalesce(params ->> 'contact', i.contact);
  i.title := coalesce(params ->> 'title', i.title);
  i := entitled.clock_reckon(i);
  PERFORM entitled.incident_write(i);
  RETURN jsonb_build_object('incident', entitled.incident_object(i));
END
$$;
