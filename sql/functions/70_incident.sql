-- incident.show, incident.note; what the other methods of incidents share.
-- (incident.open: 10_incident_open.sql; the moves: 71; incident.credit: 72; clocks: 77; assign, take, update: 78;
-- incident.list: 79.)

-- A principal's name; NULL for NULL. 0 is the program itself: what time alone has done (76_tick.sql).
CREATE OR REPLACE FUNCTION entitled.principal_name(principal_id bigint) RETURNS text
LANGUAGE sql STABLE AS $$
  SELECT CASE principal_id WHEN 0 THEN 'system' ELSE (SELECT p.name FROM entitled.principal p WHERE p.principal_id = $1) END
$$;

-- The incident of this name, if the caller may see it. not_found: there is none, or it may not.
CREATE OR REPLACE FUNCTION entitled.incident_find(incident text) RETURNS entitled.incident
LANGUAGE plpgsql STABLE AS $$
DECLARE
  sought entitled.incident;
BEGIN
  SELECT * INTO sought FROM entitled.incident i WHERE i.incident_id = entitled.incident_number(incident);
  IF NOT FOUND THEN
    PERFORM entitled.refuse('not_found', 'there is no incident ' || incident);
  END IF;
  RETURN sought;
END
$$;

DROP FUNCTION IF EXISTS entitled.incident_lock(text); -- before it had `at`

-- The incident of this name, its row locked, with what time alone has made due. at: when what is to be entered now happened;
-- NULL: now. Nothing is entered before what somebody did before it, which it stands on; what time alone did since then
-- (warnings that were given because it was not known) stays. not_found; invalid_params: such an `at`, or one in the future.
CREATE OR REPLACE FUNCTION entitled.incident_lock(incident text, at timestamptz DEFAULT NULL) RETURNS entitled.incident
LANGUAGE plpgsql AS $$
DECLARE
  i entitled.incident := entitled.incident_find(incident);
  last_at timestamptz;
BEGIN
  SELECT * INTO STRICT i FROM entitled.incident sought
   WHERE sought.partner_id = i.partner_id AND sought.incident_id = i.incident_id
     FOR NO KEY UPDATE;
  IF at > entitled.clock_now() THEN
    PERFORM entitled.refuse('invalid_params', 'parameter `at` must not be in the future');
  ELSIF at IS NOT NULL THEN
    last_at := (SELECT max(t.at) FROM entitled.timeline t
                 WHERE t.partner_id = i.partner_id AND t.incident_id = i.incident_id AND t.principal_id <> 0);
    IF at < last_at THEN
      PERFORM entitled.refuse('invalid_params',
        format('parameter `at` must not be before the last step of incident %s, which was at %s', incident,
               entitled.time_utc(last_at)),
        jsonb_build_object('last', last_at));
    END IF;
  END IF;
  RETURN entitled.clock_catch_up(i, at);
END
$$;

-- What an incident was charged, with the pool as it stood right after that; NULL: it was not charged.
-- (Reckoned back from what the grant counts now: what came later is less than all there is.)
CREATE OR REPLACE FUNCTION entitled.incident_charge(i entitled.incident) RETURNS jsonb
LANGUAGE plpgsql STABLE AS $$
DECLARE
  charge jsonb;
BEGIN
  SELECT jsonb_build_object(
           'pool', g.benefit, 'contract', entitled.contract_name(g.contract_id), 'units', l.units,
           'ordinal', g.used - later.used, 'of', g.granted - later.granted,
           'remaining', g.granted - g.used - g.expired - (later.granted - later.used - later.expired),
           'override', l.kind = 'override')
         || CASE WHEN g.delivered_by IS NULL THEN '{}' ELSE jsonb_build_object('delivered_by', g.delivered_by) END
    INTO charge
    FROM entitled.ledger l
    JOIN entitled.pool_grant g ON g.partner_id = l.partner_id AND g.grant_id = l.grant_id,
         LATERAL (SELECT coalesce(sum(e.granted), 0)::int AS granted, coalesce(sum(e.used), 0)::int AS used,
                         coalesce(sum(e.expired), 0)::int AS expired
                    FROM entitled.ledger_effects(l.partner_id, l.grant_id) e
                   WHERE (e.entry).seq > l.seq) later
   WHERE l.partner_id = i.partner_id AND l.incident_id = i.incident_id AND l.kind IN ('debit', 'override', 'late');
  RETURN charge;
END
$$;

-- By whom, when and why an incident was credited; NULL: it was not.
CREATE OR REPLACE FUNCTION entitled.incident_credit_object(i entitled.incident) RETURNS jsonb
LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN (
  SELECT jsonb_build_object('at', l.at, 'by', p.name, 'units', l.units, 'reason', l.reason, 'note', l.note)
    FROM entitled.ledger l LEFT JOIN entitled.principal p ON p.principal_id = l.principal_id
   WHERE l.partner_id = i.partner_id AND l.incident_id = i.incident_id AND l.kind = 'credit');
END
$$;

-- One entry of a timeline as the protocol shows it.
CREATE OR REPLACE FUNCTION entitled.timeline_object(t entitled.timeline) RETURNS jsonb
LANGUAGE sql STABLE AS $$
  SELECT jsonb_build_object(
    'seq', t.seq, 'at', t.at, 'actor', entitled.principal_name(t.principal_id), 'event', t.event,
    'visibility', CASE WHEN t.internal THEN 'internal' ELSE 'public' END, 'text', t.body)
    || CASE WHEN t.entered_at IS NULL THEN '{}' ELSE jsonb_build_object('entered_at', t.entered_at) END
$$;

-- An incident as the protocol shows it, without its timeline.
CREATE OR REPLACE FUNCTION entitled.incident_object(i entitled.incident) RETURNS jsonb
LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN jsonb_build_object(
    'incident', entitled.incident_name(i.incident_id),
    'partner', (SELECT code FROM entitled.partner p WHERE p.partner_id = i.partner_id),
    'class', i.class, 'severity', i.severity, 'state', i.state, 'title', i.title, 'description', i.description,
    'contact', i.contact, 'product', i.product, 'channel', i.channel, 'outage', i.outage,
    'opened_at', i.opened_at, 'logged_at', i.logged_at, 'logged_by', entitled.principal_name(i.logged_by),
    'owner', entitled.principal_name(i.owner), 'delivered_by', i.delivered_by,
    'resolution', i.resolution, 'resolved_at', i.resolved_at, 'closed_at', i.closed_at, 'reopened', i.reopened,
    'duplicate_of', CASE WHEN i.duplicate_of IS NOT NULL THEN entitled.incident_name(i.duplicate_of) END,
    'charge', entitled.incident_charge(i), 'credit', entitled.incident_credit_object(i),
    'clocks', entitled.clock_object(i), 'due_at', nullif(i.due_at, 'infinity'),
    'escalated', entitled.incident_escalated(i), 'escalations', entitled.incident_escalations(i),
    'moves', entitled.incident_moves(i.state));
END
$$;

-- {"incident", …, "charge", "credit", "clocks", "escalated", "escalations", "moves", "timeline", "explain"?}; a partner sees
-- no internal entries. not_found.
CREATE OR REPLACE FUNCTION entitled.incident_show(caller entitled.principal, params jsonb) RETURNS jsonb
LANGUAGE plpgsql AS $$
DECLARE
  i entitled.incident := entitled.incident_find(params ->> 'incident');
BEGIN
  RETURN entitled.incident_object(i) || jsonb_build_object(
    'timeline', (SELECT coalesce(jsonb_agg(entitled.timeline_object(t) ORDER BY t.seq), '[]')
                   FROM entitled.timeline t
                  WHERE t.partner_id = i.partner_id AND t.incident_id = i.incident_id
                    AND (caller.partner_id IS NULL OR NOT t.internal)))
    || CASE WHEN (params ->> 'explain')::boolean THEN jsonb_build_object('explain', entitled.clock_explain(i)) ELSE '{}' END;
END
$$;

DROP FUNCTION IF EXISTS entitled.timeline_append(entitled.incident, bigint, text, text, boolean); -- before it had `at`

-- Appends to the timeline of an incident whose row the caller has locked, so that its entries follow each other.
-- at: when it happened, where that is not now (the caller's: as incident_lock() has passed it). No earlier than the entry before
-- it, which may have been written while this transaction, whose time is now, waited for the row; but what somebody enters late
-- may be earlier than what time alone did. state, severity: where changed.
CREATE OR REPLACE FUNCTION entitled.timeline_append(
  i entitled.incident, caller_id bigint, event text, body text, internal boolean DEFAULT false,
  at timestamptz DEFAULT NULL, state text DEFAULT NULL, severity "char" DEFAULT NULL)
RETURNS entitled.timeline
LANGUAGE plpgsql AS $$
DECLARE
  late boolean := caller_id <> 0 AND coalesce(at < entitled.clock_now(), false);
  last record;
  made entitled.timeline;
BEGIN
  SELECT coalesce(max(t.seq), 0) AS seq, max(t.at) FILTER (WHERE NOT late OR t.principal_id <> 0) AS at INTO last
    FROM entitled.timeline t
   WHERE t.partner_id = i.partner_id AND t.incident_id = i.incident_id;
  INSERT INTO entitled.timeline (partner_id, incident_id, seq, at, principal_id, event, internal, body, state, severity,
                                 entered_at)
  VALUES (i.partner_id, i.incident_id, last.seq + 1,
          greatest(coalesce(at, entitled.clock_now()), last.at),
          caller_id, event, internal, body, state, severity,
          CASE WHEN late THEN entitled.clock_now() END)
  RETURNING * INTO made;
  RETURN made;
END
$$;

-- {"entry"}: adds a note, in whatever state the incident is. A public one of those who serve incidents is an answer to the
-- partner. forbidden: by a partner, an internal one, or one of another time; not_found; invalid_params: `at`.
CREATE OR REPLACE FUNCTION entitled.incident_note(caller entitled.principal, params jsonb) RETURNS jsonb
LANGUAGE plpgsql AS $$
DECLARE
  hidden boolean := coalesce(params ->> 'visibility', 'public') = 'internal';
  at timestamptz := entitled.time_param(params, 'at');
  i entitled.incident;
  made entitled.timeline;
BEGIN
  IF hidden AND caller.partner_id IS NOT NULL THEN
    PERFORM entitled.refuse('forbidden', 'a partner''s notes are public: leave out visibility');
  ELSIF at IS NOT NULL AND caller.partner_id IS NOT NULL THEN
    PERFORM entitled.refuse('forbidden', 'a partner''s notes are of the moment at which they are written: leave out at');
  END IF;
  i := entitled.incident_lock(params ->> 'incident', at);
  made := entitled.timeline_append(i, caller.principal_id, 'note', params ->> 'text', hidden, at);
  INSERT INTO entitled.incident_words VALUES (i.incident_id, made.seq, hidden, to_tsvector('simple', made.body));
  IF NOT hidden AND caller.role IN ('coordinator', 'manager', 'admin') AND entitled.state_is_open(i.state) THEN
    PERFORM entitled.incident_write(entitled.clock_reckon(entitled.clock_act(i, at)));
  END IF;
  RETURN jsonb_build_object('entry', entitled.timeline_object(made));
END
$$;
