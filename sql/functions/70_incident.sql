-- incident.show, incident.list, incident.note; what the other methods of incidents share.
-- (incident.open: 10_incident_open.sql; the moves: 71; incident.credit: 72.)

-- A principal's name; NULL for NULL.
CREATE OR REPLACE FUNCTION entitled.principal_name(principal_id bigint) RETURNS text
LANGUAGE sql STABLE AS $$
  SELECT p.name FROM entitled.principal p WHERE p.principal_id = $1
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

-- The incident of this name as it is now, its row locked. not_found.
CREATE OR REPLACE FUNCTION entitled.incident_lock(incident text) RETURNS entitled.incident
LANGUAGE plpgsql AS $$
DECLARE
  i entitled.incident := entitled.incident_find(incident);
BEGIN
  SELECT * INTO STRICT i FROM entitled.incident sought
   WHERE sought.partner_id = i.partner_id AND sought.incident_id = i.incident_id
     FOR NO KEY UPDATE;
  RETURN i;
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
    'clocks', jsonb_build_object('coverage', i.coverage, 'respond_by', NULL, 'resolve_by', NULL),
    'escalations', '[]'::jsonb);
END
$$;

-- {"incident", …, "charge", "credit", "clocks", "escalations", "timeline"}; a partner sees no internal notes. not_found.
CREATE OR REPLACE FUNCTION entitled.incident_show(caller entitled.principal, params jsonb) RETURNS jsonb
LANGUAGE plpgsql AS $$
DECLARE
  i entitled.incident := entitled.incident_find(params ->> 'incident');
BEGIN
  RETURN entitled.incident_object(i) || jsonb_build_object(
    'timeline', (SELECT coalesce(jsonb_agg(entitled.timeline_object(t) ORDER BY t.seq), '[]')
                   FROM entitled.timeline t
                  WHERE t.partner_id = i.partner_id AND t.incident_id = i.incident_id
                    AND (caller.partner_id IS NULL OR NOT t.internal)));
END
$$;

-- The statement that finds a page of incidents: only the conditions that are asked for, so that each form
-- is planned for itself: by incident_by_id for all, by the primary key for one partner. (An equality would
-- let the order by number be had from incident_by_id too, which for a partner of old incidents only reads
-- everyone's: hence the comparison of rows.)
-- $1: params, $2: the partner, $3: the number after which the page begins, $4: rows, $5: owner, $6: since,
-- $7: until, $8: the text as a pattern.
CREATE OR REPLACE FUNCTION entitled.incident_list_query(params jsonb, one_partner boolean) RETURNS text
LANGUAGE sql IMMUTABLE AS $$
  SELECT 'SELECT i FROM entitled.incident i WHERE '
         || CASE WHEN one_partner AND oldest THEN 'partner_id <= $2 AND (partner_id, incident_id) > ($2, $3)'
                 WHEN one_partner THEN 'partner_id >= $2 AND (partner_id, incident_id) < ($2, $3)'
                 WHEN oldest THEN 'incident_id > $3'
                 ELSE 'incident_id < $3' END
         || CASE WHEN params ? 'state' THEN ' AND state = $1 ->> ''state''' ELSE '' END
         || CASE WHEN params ? 'severity' THEN ' AND severity = ($1 ->> ''severity'')::"char"' ELSE '' END
         || CASE WHEN params ? 'class' THEN ' AND class = ($1 ->> ''class'')::entitled.incident_class' ELSE '' END
         || CASE WHEN params ? 'owner' THEN ' AND owner = $5' ELSE '' END
         || CASE WHEN params ? 'since' THEN ' AND opened_at >= $6' ELSE '' END
         || CASE WHEN params ? 'until' THEN ' AND opened_at < $7' ELSE '' END
         || CASE WHEN params ? 'text' THEN ' AND title ILIKE $8' ELSE '' END
         || ' ORDER BY '
         || CASE WHEN one_partner AND oldest THEN 'partner_id, incident_id'
                 WHEN one_partner THEN 'partner_id DESC, incident_id DESC'
                 WHEN oldest THEN 'incident_id'
                 ELSE 'incident_id DESC' END
         || ' LIMIT $4'
    FROM (SELECT coalesce(params ->> 'order' = 'oldest', false) AS oldest) o
$$;

-- An incident as a list shows it.
CREATE OR REPLACE FUNCTION entitled.incident_list_object(i entitled.incident) RETURNS jsonb
LANGUAGE sql STABLE AS $$
  SELECT jsonb_build_object(
    'incident', entitled.incident_name(i.incident_id),
    'partner', (SELECT code FROM entitled.partner p WHERE p.partner_id = i.partner_id),
    'class', i.class, 'severity', i.severity, 'state', i.state, 'title', i.title, 'opened_at', i.opened_at,
    'owner', entitled.principal_name(i.owner),
    'charged', EXISTS (SELECT FROM entitled.ledger l
                        WHERE l.partner_id = i.partner_id AND l.incident_id = i.incident_id
                          AND l.kind IN ('debit', 'override', 'late')))
$$;

-- {"incidents", "next"?}: by number, from where the cursor's page ended; a partner's own only (of an owner
-- that there is not: none). not_found: the partner; invalid_params: the cursor or a time.
CREATE OR REPLACE FUNCTION entitled.incident_list(caller entitled.principal, params jsonb) RETURNS jsonb
LANGUAGE plpgsql AS $$
DECLARE
  whose bigint := caller.partner_id; -- NULL: all
  page_size int := coalesce((params ->> 'limit')::int, 50);
  owner_id bigint := (SELECT principal_id FROM entitled.principal WHERE name = params ->> 'owner');
  oldest boolean := coalesce(params ->> 'order' = 'oldest', false);
  after bigint := coalesce(entitled.cursor_number('incident', params ->> 'cursor'),
                           CASE WHEN oldest THEN 0 ELSE 9223372036854775807 END);
  page entitled.incident[];
BEGIN
  IF params ? 'partner' THEN
    whose := (entitled.partner_find(params ->> 'partner')).partner_id;
  END IF;
  EXECUTE format('SELECT array(%s)', entitled.incident_list_query(params, whose IS NOT NULL)) INTO page
    USING params, whose, after, page_size + 1, owner_id,
          entitled.time_param(params, 'since'), entitled.time_param(params, 'until'),
          entitled.text_pattern(params ->> 'text');
  RETURN jsonb_build_object(
           'incidents', (SELECT coalesce(jsonb_agg(entitled.incident_list_object(i)
                             ORDER BY i.incident_id * CASE WHEN oldest THEN 1 ELSE -1 END), '[]')
                           FROM unnest(page[:page_size]) i))
         || CASE WHEN cardinality(page) > page_size
                 THEN jsonb_build_object('next', entitled.cursor_name('incident', page[page_size].incident_id))
                 ELSE '{}' END;
END
$$;

-- Appends to the timeline of an incident whose row the caller has locked, so that its entries follow each other.
CREATE OR REPLACE FUNCTION entitled.timeline_append(
  i entitled.incident, caller_id bigint, event text, body text, internal boolean DEFAULT false)
RETURNS entitled.timeline
LANGUAGE plpgsql AS $$
DECLARE
  made entitled.timeline;
BEGIN
  INSERT INTO entitled.timeline (partner_id, incident_id, seq, at, principal_id, event, internal, body)
  VALUES (i.partner_id, i.incident_id,
          (SELECT coalesce(max(t.seq), 0) + 1 FROM entitled.timeline t
            WHERE t.partner_id = i.partner_id AND t.incident_id = i.incident_id),
          entitled.clock_now(), caller_id, event, internal, body)
  RETURNING * INTO made;
  RETURN made;
END
$$;

-- {"entry"}: adds a note, in whatever state the incident is. forbidden: an internal one by a partner; not_found.
CREATE OR REPLACE FUNCTION entitled.incident_note(caller entitled.principal, params jsonb) RETURNS jsonb
LANGUAGE plpgsql AS $$
DECLARE
  hidden boolean := coalesce(params ->> 'visibility', 'public') = 'internal';
  made entitled.timeline;
BEGIN
  IF hidden AND caller.partner_id IS NOT NULL THEN
    PERFORM entitled.refuse('forbidden', 'a partner''s notes are public: leave out visibility');
  END IF;
  made := entitled.timeline_append(entitled.incident_lock(params ->> 'incident'), caller.principal_id, 'note',
                                   params ->> 'text', hidden);
  RETURN jsonb_build_object('entry', entitled.timeline_object(made));
END
$$;
