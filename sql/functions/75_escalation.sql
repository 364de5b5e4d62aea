-- Escalations: a coordinator's demand on a partner's behalf that a higher level acts on an incident, by a time
-- (doc/architecture.md, "The life of an incident"). escalation.raise, acknowledge, resolve, withdraw, list.
--
-- Whoever changes an escalation holds the row of its incident, then its own. Each step is an entry of the incident's
-- timeline.

-- Who acts on each level, and within how many minutes of coverage it is to be acknowledged.
INSERT INTO entitled.escalation_level (level, name, acknowledge_minutes) VALUES
  (1, 'coordinator', 60), (2, 'services manager', 60), (3, 'product group', 240)
ON CONFLICT (level) DO UPDATE SET (name, acknowledge_minutes) = (excluded.name, excluded.acknowledge_minutes);

INSERT INTO entitled.escalation_move (move, from_state, to_state, by_itself) VALUES
  ('take_effect', 'queued', 'raised', true),
  ('acknowledge', 'raised', 'acknowledged', false),
  ('resolve', 'acknowledged', 'resolved', false),
  ('withdraw', 'queued', 'withdrawn', false),
  ('withdraw', 'raised', 'withdrawn', false),
  ('withdraw', 'acknowledged', 'withdrawn', false)
ON CONFLICT (move, from_state) DO UPDATE SET (to_state, by_itself) = (excluded.to_state, excluded.by_itself);

-- ---------------------------------------------------------------- what is shown

-- The moves that a person may make in a state.
CREATE OR REPLACE FUNCTION entitled.escalation_moves(state text) RETURNS jsonb
LANGUAGE sql STABLE AS $$
  SELECT coalesce(jsonb_agg(m.move ORDER BY m.move), '[]')
    FROM entitled.escalation_move m WHERE m.from_state = state AND NOT m.by_itself
$$;

-- An escalation as the protocol shows it.
CREATE OR REPLACE FUNCTION entitled.escalation_object(e entitled.escalation) RETURNS jsonb
LANGUAGE sql STABLE AS $$
  SELECT jsonb_build_object(
    'escalation', entitled.escalation_name(e.escalation_id), 'incident', entitled.incident_name(e.incident_id),
    'partner', (SELECT code FROM entitled.partner p WHERE p.partner_id = e.partner_id),
    'level', e.level, 'level_name', (SELECT l.name FROM entitled.escalation_level l WHERE l.level = e.level),
    'state', e.state, 'reason', e.reason, 'coverage', e.coverage, 'raised_by', entitled.principal_name(e.raised_by),
    'to', entitled.principal_name(e.directed_to), 'raised_at', e.raised_at, 'effective_at', e.effective_at,
    'acknowledge_by', nullif(e.acknowledge_by, 'infinity'), 'acknowledged_at', e.acknowledged_at,
    'acknowledged_by', entitled.principal_name(e.acknowledged_by), 'ended_at', e.ended_at, 'overdue', e.overdue,
    'moves', entitled.escalation_moves(e.state))
$$;

-- Whether an incident is an escalated one, and its escalations, by number.
CREATE OR REPLACE FUNCTION entitled.incident_escalated(i entitled.incident) RETURNS boolean
LANGUAGE sql STABLE AS $$
  SELECT EXISTS (SELECT FROM entitled.escalation e
                  WHERE e.partner_id = i.partner_id AND e.incident_id = i.incident_id AND e.state IN ('raised', 'acknowledged'))
$$;
CREATE OR REPLACE FUNCTION entitled.incident_escalations(i entitled.incident) RETURNS jsonb
LANGUAGE sql STABLE AS $$
  SELECT coalesce(jsonb_agg(entitled.escalation_object(e) ORDER BY e.escalation_id), '[]')
    FROM entitled.escalation e WHERE e.partner_id = i.partner_id AND e.incident_id = i.incident_id
$$;

-- ---------------------------------------------------------------- its steps

-- Writes what of an escalation changes; its row and its incident's are locked.
CREATE OR REPLACE FUNCTION entitled.escalation_write(e entitled.escalation) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
  UPDATE entitled.escalation written
     SET (level, state, directed_to, acknowledge_by, acknowledged_at, acknowledged_by, ended_at, overdue, tick_at) =
         (e.level, e.state, e.directed_to, e.acknowledge_by, e.acknowledged_at, e.acknowledged_by, e.ended_at, e.overdue,
          e.tick_at)
   WHERE written.partner_id = e.partner_id AND written.escalation_id = e.escalation_id;
END
$$;

-- A step of an escalation in the timeline of its incident: "ESC-000001, level 1 (coordinator): text".
CREATE OR REPLACE FUNCTION entitled.escalation_note(
  i entitled.incident, e entitled.escalation, caller_id bigint, event text, body text, at timestamptz DEFAULT NULL)
RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
  PERFORM entitled.timeline_append(i, caller_id, event,
    format('%s, level %s (%s)', entitled.escalation_name(e.escalation_id), e.level,
           (SELECT l.name FROM entitled.escalation_level l WHERE l.level = e.level)) || coalesce(': ' || body, ''),
    at => at);
END
$$;

-- By when an escalation must be acknowledged on its level, where that begins now or then.
CREATE OR REPLACE FUNCTION entitled.escalation_deadline(i entitled.incident, e entitled.escalation, since timestamptz)
RETURNS timestamptz
LANGUAGE sql STABLE AS $$
  SELECT coalesce(entitled.coverage_after(i.calendar_id, e.coverage, since, l.acknowledge_minutes), 'infinity')
    FROM entitled.escalation_level l WHERE l.level = e.level
$$;

DROP FUNCTION IF EXISTS entitled.escalation_catch_up(entitled.incident, entitled.escalation); -- before it had `at`

-- The escalation, its row and its incident's locked, with each step that time alone has made due taken, in order, once, as of
-- its own time: it takes effect, goes up a level, is overdue on the highest. The tick calls it; and whatever changes an
-- escalation, first, so that nothing depends on how late a tick is. at: up to then; NULL: now.
CREATE OR REPLACE FUNCTION entitled.escalation_catch_up(
  i entitled.incident, e entitled.escalation, at timestamptz DEFAULT NULL) RETURNS entitled.escalation
LANGUAGE plpgsql AS $$
DECLARE
  until timestamptz := coalesce(at, entitled.clock_now());
  due timestamptz;
  highest smallint := (SELECT max(l.level) FROM entitled.escalation_level l);
BEGIN
  IF (e.tick_at <= until) IS NOT true THEN
    RETURN e;
  END IF;
  WHILE e.tick_at <= until LOOP
    due := e.tick_at;
    IF e.state = 'queued' THEN
      e.state := (SELECT m.to_state FROM entitled.escalation_move m WHERE m.move = 'take_effect' AND m.from_state = e.state);
      e.tick_at := e.acknowledge_by;
      PERFORM entitled.escalation_note(i, e, 0, 'escalated', e.reason, due);
    ELSIF e.level < highest THEN
      e.level := e.level + 1;
      e.directed_to := NULL;
      e.acknowledge_by := entitled.escalation_deadline(i, e, due);
      e.tick_at := e.acknowledge_by;
      PERFORM entitled.escalation_note(i, e, 0, 'went_up', 'not acknowledged by ' || entitled.time_utc(due), due);
    ELSE
      e.overdue := true;
      e.tick_at := NULL;
      PERFORM entitled.escalation_note(i, e, 0, 'overdue', 'not acknowledged by ' || entitled.time_utc(due), due);
    END IF;
  END LOOP;
  PERFORM entitled.escalation_write(e);
  RETURN e;
END
$$;

DROP FUNCTION IF EXISTS entitled.escalations_end(entitled.incident, bigint); -- before it had `at`

-- Ends what escalations an incident has, which is resolved with it: the acknowledged ones are resolved, the others withdrawn.
-- at: when; NULL: now.
CREATE OR REPLACE FUNCTION entitled.escalations_end(i entitled.incident, caller_id bigint, at timestamptz) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
  e entitled.escalation;
BEGIN
  FOR e IN
    SELECT * FROM entitled.escalation s
     WHERE s.partner_id = i.partner_id AND s.incident_id = i.incident_id AND s.state NOT IN ('resolved', 'withdrawn')
     ORDER BY s.escalation_id
       FOR NO KEY UPDATE
  LOOP
    e := entitled.escalation_catch_up(i, e, at);
    e.state := CASE e.state WHEN 'acknowledged' THEN 'resolved' ELSE 'withdrawn' END;
    e.ended_at := coalesce(at, entitled.clock_now());
    e.tick_at := NULL;
    PERFORM entitled.escalation_write(e);
    PERFORM entitled.escalation_note(i, e, caller_id, 'escalation_' || e.state, 'with the incident', at);
  END LOOP;
END
$$;

-- ---------------------------------------------------------------- raise

-- The coverage through which a partner may escalate at this moment, and from when on: now, or the next opening. Of several
-- accesses that escalate, the one that is open first, day and night before business hours.
-- no_entitlement: no contract in force has one.
CREATE OR REPLACE FUNCTION entitled.escalation_access(
  i entitled.incident, OUT coverage entitled.coverage_kind, OUT opens timestamptz)
LANGUAGE plpgsql STABLE AS $$
DECLARE
  at timestamptz := entitled.clock_now();
  customer text := (SELECT p.code FROM entitled.partner p WHERE p.partner_id = i.partner_id);
BEGIN
  SELECT a.coverage, o.opens INTO coverage, opens
    FROM entitled.contract_access a
    JOIN entitled.benefit b ON b.benefit = a.benefit AND b.escalates
   CROSS JOIN LATERAL (SELECT CASE a.coverage WHEN '24x7' THEN at ELSE entitled.calendar_opens(i.calendar_id, at) END) n (next)
   CROSS JOIN LATERAL (SELECT CASE WHEN a.ends IS NULL OR n.next < a.ends THEN n.next END) o (opens)
   WHERE a.partner_id = i.partner_id AND a.starts <= at AND (a.ends IS NULL OR at < a.ends)
   ORDER BY o.opens NULLS LAST, a.coverage LIMIT 1;
  IF NOT FOUND THEN
    PERFORM entitled.refuse('no_entitlement',
      format('no contract of %s in force has an access through which one escalates', customer),
      jsonb_build_object('partner', customer, 'help', 'one of these plans has one',
        'plans', (SELECT coalesce(jsonb_agg(DISTINCT p.plan), '[]')
                    FROM entitled.plan p JOIN entitled.plan_benefit pb USING (plan) JOIN entitled.benefit b USING (benefit)
                   WHERE p.sold AND b.escalates)));
  END IF;
END
$$;

-- Refuses an escalation outside the hours of coverage (outside_coverage, with the next opening).
CREATE OR REPLACE FUNCTION entitled.escalation_refuse(i entitled.incident, opens timestamptz) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
  zone text := (SELECT c.time_zone FROM entitled.calendar c WHERE c.calendar_id = i.calendar_id);
BEGIN
  IF opens IS NULL THEN
    PERFORM entitled.refuse('outside_coverage', 'outside the hours of coverage, and the contract ends before they begin again');
  END IF;
  PERFORM entitled.refuse('outside_coverage',
    format('outside the hours of coverage: they begin again at %s; with `queue` it takes effect then',
           entitled.time_text(opens, zone)),
    jsonb_build_object('opens', opens));
END
$$;

-- {"escalation"}. not_found: the incident, or whom it is for; no_entitlement, outside_coverage; invalid_params: `to`, or `by`
-- is before it takes effect; invalid_state: the incident is resolved or closed.
CREATE OR REPLACE FUNCTION entitled.escalation_raise(caller entitled.principal, params jsonb) RETURNS jsonb
LANGUAGE plpgsql AS $$
DECLARE
  i entitled.incident := entitled.incident_lock(params ->> 'incident');
  e entitled.escalation;
BEGIN
  IF NOT entitled.state_is_open(i.state) THEN
    PERFORM entitled.refuse('invalid_state',
      format('incident %s is %s: reopen it before it is escalated', params ->> 'incident', i.state),
      jsonb_build_object('state', i.state, 'moves', entitled.incident_moves(i.state)));
  END IF;
  e.directed_to := CASE WHEN params ? 'to' THEN (entitled.agent_find(params ->> 'to')).principal_id END;
  SELECT a.coverage, a.opens INTO e.coverage, e.effective_at FROM entitled.escalation_access(i) a;
  e.raised_at := entitled.clock_now();
  e.state := CASE WHEN e.effective_at = e.raised_at THEN 'raised' ELSE 'queued' END;
  IF e.effective_at IS NULL OR (e.state = 'queued' AND (params ->> 'queue')::boolean IS NOT true) THEN
    PERFORM entitled.escalation_refuse(i, e.effective_at);
  END IF;
  e.level := coalesce((params ->> 'level')::smallint, 1);
  e.acknowledge_by := coalesce(entitled.time_param(params, 'by'), entitled.escalation_deadline(i, e, e.effective_at));
  IF e.acknowledge_by <= e.effective_at THEN
    PERFORM entitled.refuse('invalid_params', 'parameter `by` must be after '
      || CASE e.state WHEN 'queued' THEN 'it takes effect, at ' || entitled.time_utc(e.effective_at) ELSE 'now' END);
  END IF;
  e.tick_at := CASE e.state WHEN 'queued' THEN e.effective_at ELSE e.acknowledge_by END;
  INSERT INTO entitled.escalation (partner_id, incident_id, level, state, reason, coverage, raised_by, directed_to, raised_at,
                                   effective_at, acknowledge_by, tick_at)
  VALUES (i.partner_id, i.incident_id, e.level, e.state, params ->> 'reason', e.coverage, caller.principal_id, e.directed_to,
          e.raised_at, e.effective_at, e.acknowledge_by, e.tick_at)
  RETURNING * INTO e;
  PERFORM entitled.escalation_note(i, e, caller.principal_id,
    CASE e.state WHEN 'queued' THEN 'escalation_queued' ELSE 'escalated' END,
    CASE e.state WHEN 'queued' THEN format('takes effect at %s; ', entitled.time_utc(e.effective_at)) ELSE '' END || e.reason);
  RETURN jsonb_build_object('escalation', entitled.escalation_object(e));
END
$$;

-- ---------------------------------------------------------------- acknowledge, resolve, withdraw

-- {"escalation"}: makes a move that a person asks for. not_found; invalid_state, with the moves that are legal now.
CREATE OR REPLACE FUNCTION entitled.escalation_move_by(caller entitled.principal, params jsonb, wanted text) RETURNS jsonb
LANGUAGE plpgsql AS $$
DECLARE
  name text := params ->> 'escalation';
  e entitled.escalation;
  i entitled.incident;
  leads_to text;
BEGIN
  SELECT * INTO e FROM entitled.escalation s WHERE s.escalation_id = entitled.escalation_number(name);
  IF NOT FOUND THEN
    PERFORM entitled.refuse('not_found', 'there is no escalation ' || name);
  END IF;
  i := entitled.incident_lock(entitled.incident_name(e.incident_id));
  SELECT * INTO STRICT e FROM entitled.escalation s
   WHERE s.partner_id = i.partner_id AND s.escalation_id = e.escalation_id
     FOR NO KEY UPDATE;
  e := entitled.escalation_catch_up(i, e);
  SELECT m.to_state INTO leads_to FROM entitled.escalation_move m
   WHERE m.move = wanted AND m.from_state = e.state AND NOT m.by_itself;
  IF NOT FOUND THEN
    PERFORM entitled.refuse('invalid_state',
      format('escalation %s is %s; legal now: %s', name, e.state,
             coalesce((SELECT string_agg(m, ', ') FROM jsonb_array_elements_text(entitled.escalation_moves(e.state)) m), 'nothing')),
      jsonb_build_object('state', e.state, 'moves', entitled.escalation_moves(e.state)));
  END IF;
  e.state := leads_to;
  e.tick_at := NULL;
  IF leads_to = 'acknowledged' THEN
    e.acknowledged_at := entitled.clock_now();
    e.acknowledged_by := caller.principal_id;
  ELSE
    e.ended_at := entitled.clock_now();
  END IF;
  PERFORM entitled.escalation_write(e);
  PERFORM entitled.escalation_note(i, e, caller.principal_id,
    CASE leads_to WHEN 'acknowledged' THEN leads_to ELSE 'escalation_' || leads_to END, params ->> 'note');
  RETURN jsonb_build_object('escalation', entitled.escalation_object(e));
END
$$;

-- {"escalation"}: taken on; from then on it does not go up by itself. not_found, invalid_state.
CREATE OR REPLACE FUNCTION entitled.escalation_acknowledge(caller entitled.principal, params jsonb) RETURNS jsonb
LANGUAGE sql AS $$ SELECT entitled.escalation_move_by(caller, params, 'acknowledge') $$;

-- {"escalation"}: what was demanded is done. not_found, invalid_state.
CREATE OR REPLACE FUNCTION entitled.escalation_resolve(caller entitled.principal, params jsonb) RETURNS jsonb
LANGUAGE sql AS $$ SELECT entitled.escalation_move_by(caller, params, 'resolve') $$;

-- {"escalation"}: taken back. not_found, invalid_state.
CREATE OR REPLACE FUNCTION entitled.escalation_withdraw(caller entitled.principal, params jsonb) RETURNS jsonb
LANGUAGE sql AS $$ SELECT entitled.escalation_move_by(caller, params, 'withdraw') $$;

-- ---------------------------------------------------------------- list

-- The statement that finds a page of escalations, the one due first before the others: by escalation_by_due, or of one
-- partner by escalation_of_partner_by_due. $1: params, $2: the partner, $3, $4: after which one, $5: rows.
CREATE OR REPLACE FUNCTION entitled.escalation_list_query(params jsonb, one_partner boolean, paged boolean) RETURNS text
LANGUAGE sql IMMUTABLE AS $$
  SELECT 'SELECT e FROM entitled.escalation e WHERE true'
         || CASE WHEN one_partner THEN ' AND partner_id = $2' ELSE '' END
         || CASE WHEN paged THEN ' AND (acknowledge_by, escalation_id) > ($3, $4)' ELSE '' END
         || CASE WHEN params ? 'state' THEN ' AND state = $1 ->> ''state''' ELSE '' END
         || CASE WHEN params ? 'level' THEN ' AND level = ($1 ->> ''level'')::smallint' ELSE '' END
         || CASE WHEN params ? 'overdue' THEN ' AND overdue = ($1 ->> ''overdue'')::boolean' ELSE '' END
         || ' ORDER BY acknowledge_by, escalation_id LIMIT $5'
$$;

-- {"escalations", "next"?}: a partner's own only. not_found: the partner; invalid_params: the cursor.
CREATE OR REPLACE FUNCTION entitled.escalation_list(caller entitled.principal, params jsonb) RETURNS jsonb
LANGUAGE plpgsql AS $$
DECLARE
  whose bigint := caller.partner_id; -- NULL: all
  page_size int := coalesce((params ->> 'limit')::int, 50);
  after record := entitled.time_cursor('escalation', params ->> 'cursor');
  page entitled.escalation[];
BEGIN
  IF params ? 'partner' THEN
    whose := (entitled.partner_find(params ->> 'partner')).partner_id;
  END IF;
  EXECUTE format('SELECT array(%s)', entitled.escalation_list_query(params, whose IS NOT NULL, params ? 'cursor')) INTO page
    USING params, whose, after.at, after.id, page_size + 1;
  RETURN jsonb_build_object(
           'escalations', (SELECT coalesce(jsonb_agg(entitled.escalation_object(e) ORDER BY e.acknowledge_by, e.escalation_id), '[]')
                             FROM unnest(page[:page_size]) e))
         || CASE WHEN cardinality(page) > page_size
                 THEN jsonb_build_object('next', entitled.time_cursor_name('escalation', page[page_size].acknowledge_by,
                                                                          page[page_size].escalation_id))
                 ELSE '{}' END;
END
$$;
