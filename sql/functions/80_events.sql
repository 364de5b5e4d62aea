-- Events: what happens to incidents, for those who watch (watch.start). Each entry of the timeline is one.
--
-- A cursor says up to where a reader has seen them. It is opaque to clients: base64url of
--   timeline of the WAL / snapshot                                   all that is visible in the snapshot
--   timeline / snapshot ~ snapshot ~ order.partner.incident.seq      all of the first; of what only the second
--                                                                    has, all up to that entry in the order of paging
-- (The WAL's timeline, because after a failover the numbers of transactions that were lost are given again.)

-- Keeps the order of paging right: an entry comes after those before it of the same incident.
-- Not for the first entry of an incident: openings do not pay for it.
CREATE OR REPLACE FUNCTION entitled.timeline_order() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
  SELECT greatest(NEW.xid_order, max(before.xid_order)) INTO NEW.xid_order
    FROM entitled.timeline before
   WHERE before.partner_id = NEW.partner_id AND before.incident_id = NEW.incident_id AND before.seq = NEW.seq - 1;
  RETURN NEW;
END
$$;
CREATE OR REPLACE TRIGGER timeline_order BEFORE INSERT ON entitled.timeline
  FOR EACH ROW WHEN (NEW.seq > 1) EXECUTE FUNCTION entitled.timeline_order();

-- The text as a cursor; and back: NULL where it is none.
CREATE OR REPLACE FUNCTION entitled.event_cursor(content text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN rtrim(translate(encode(convert_to(content, 'UTF8'), 'base64'), E'+/\n', '-_'), '=');

CREATE OR REPLACE FUNCTION entitled.event_cursor_content(cursor text) RETURNS text
LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
  RETURN encode(decode(rpad(translate(cursor, '-_', '+/'), (length(cursor) + 3) / 4 * 4, '='), 'base64'), 'escape');
EXCEPTION WHEN data_exception THEN
  RETURN NULL;
END
$$;

-- The WAL's timeline that transactions are numbered on now.
CREATE OR REPLACE FUNCTION entitled.event_epoch() RETURNS text
LANGUAGE sql STABLE
RETURN ltrim(left(pg_walfile_name(pg_current_wal_insert_lsn()), 8), '0');

-- Takes a cursor apart: until and the four numbers of the entry are NULL where it stands between two windows.
-- invalid_params: it is none; invalid_state: it was given before a failover.
CREATE OR REPLACE FUNCTION entitled.event_cursor_read(
  cursor text, OUT since pg_snapshot, OUT until pg_snapshot,
  OUT at_order xid8, OUT at_partner bigint, OUT at_incident bigint, OUT at_seq int)
LANGUAGE plpgsql AS $$
DECLARE
  content text := entitled.event_cursor_content(cursor);
  part text[] := regexp_match(content, '^([0-9A-F]{1,8})/([0-9:,]+)(?:~([0-9:,]+)~([0-9]+)\.([0-9]+)\.([0-9]+)\.([0-9]+))?$');
BEGIN
  IF part IS NULL THEN
    PERFORM entitled.refuse('invalid_params', 'parameter `since` is not a cursor that an event or watch.start gave');
  ELSIF part[1] <> entitled.event_epoch() THEN
    PERFORM entitled.refuse('invalid_state', 'the database has failed over since that cursor: watch from now on, and read '
      'what happened before in the timelines (incident.show)');
  END IF;
  BEGIN
    since := part[2];
    until := part[3];
    at_order := part[4];
    at_partner := part[5];
    at_incident := part[6];
    at_seq := part[7];
  EXCEPTION WHEN data_exception THEN
    PERFORM entitled.refuse('invalid_params', 'parameter `since` is not a cursor that an event or watch.start gave');
  END;
END
$$;

-- An entry of the timeline as those see it who watch. class … owner: of the incident as it is now.
CREATE OR REPLACE FUNCTION entitled.event_object(t entitled.timeline, i entitled.incident) RETURNS jsonb
LANGUAGE sql STABLE AS $$
  SELECT jsonb_strip_nulls(jsonb_build_object(
    'incident', entitled.incident_name(t.incident_id),
    'partner', (SELECT code FROM entitled.partner p WHERE p.partner_id = t.partner_id),
    'seq', t.seq, 'at', t.at, 'entered_at', t.entered_at, 'event', t.event, 'actor', entitled.principal_name(t.principal_id),
    'visibility', CASE WHEN t.internal THEN 'internal' ELSE 'public' END, 'text', t.body,
    'state', i.state, 'class', i.class, 'severity', i.severity, 'title', i.title,
    'owner', entitled.principal_name(i.owner)))
$$;

-- The statement that finds a page of events. Planned anew at each call (EXECUTE), so that it goes by the index, or for
-- one incident by the primary key, whatever the table's size; only the conditions that are asked for.
-- now.until: a row of the statement around it; $1: since, $3 … $6: the entry after which the page begins, $7: partner,
-- $8: incident, $9: owner, $10: rows.
CREATE OR REPLACE FUNCTION entitled.event_query(params jsonb, public_only boolean, within boolean) RETURNS text
LANGUAGE sql IMMUTABLE AS $$
  SELECT 'SELECT t, of.i FROM entitled.timeline t'
         ' JOIN LATERAL (SELECT i FROM entitled.incident i'
         ' WHERE i.partner_id = t.partner_id AND i.incident_id = t.incident_id LIMIT 1) of ON true'
         ' WHERE t.xid_order >= pg_snapshot_xmin($1) AND NOT pg_visible_in_snapshot(t.xid, $1)'
         ' AND pg_visible_in_snapshot(t.xid, now.until)'
         || CASE WHEN within THEN ' AND t.xid_order >= $3'
              ' AND (t.xid_order, t.partner_id, t.incident_id, t.seq) > ($3, $4, $5, $6)' ELSE '' END
         || CASE WHEN public_only THEN ' AND NOT t.internal' ELSE '' END
         || CASE WHEN params ? 'partner' OR params ? 'incident' THEN ' AND t.partner_id = $7' ELSE '' END
         || CASE WHEN params ? 'incident' THEN ' AND t.incident_id = $8' ELSE '' END
         || CASE WHEN params ? 'owner' THEN ' AND (of.i).owner = $9' ELSE '' END
         || ' ORDER BY t.xid_order, t.partner_id, t.incident_id, t.seq LIMIT $10'
$$;

-- What is wanted of the events, for event_query(): numbers for names. not_found: the partner or the incident, also
-- where the caller may not see it. (An owner that there is not: nothing is its.)
CREATE OR REPLACE FUNCTION entitled.event_wanted(
  params jsonb, OUT partner_id bigint, OUT incident_id bigint, OUT owner_id bigint)
LANGUAGE plpgsql AS $$
DECLARE
  i entitled.incident;
BEGIN
  IF params ? 'partner' THEN
    partner_id := (entitled.partner_find(params ->> 'partner')).partner_id;
  END IF;
  IF params ? 'incident' THEN
    i := entitled.incident_find(params ->> 'incident');
    IF partner_id <> i.partner_id THEN
      PERFORM entitled.refuse('not_found', format('%s has no incident %s', params ->> 'partner', params ->> 'incident'));
    END IF;
    partner_id := i.partner_id;
    incident_id := i.incident_id;
  END IF;
  owner_id := (SELECT p.principal_id FROM entitled.principal p WHERE p.name = params ->> 'owner');
END
$$;

-- {"cursor", "more", "partner_id"?, "incident_id"?, "events"}: the events after `since` up to `until` (now, where it is
-- not given), in the order of paging, `limit` at the most; without `since` none: only the cursor of now. more: there
-- are others; ask with the cursor, which may stand within a window: then that window is gone through first. events[i]: {"cursor", "partner_id", "incident_id", "internal", "owner", "event": text of the object that
-- clients see}. public_only: without internal ones.
CREATE OR REPLACE FUNCTION entitled.events(public_only boolean, params jsonb) RETURNS jsonb
LANGUAGE plpgsql AS $$
DECLARE
  wanted record := entitled.event_wanted(params);
  page_size int := coalesce((params ->> 'limit')::int, 500);
  epoch text := entitled.event_epoch() || '/';
  here record;
  events jsonb;
  last text;
  found_rows int;
BEGIN
  IF params ? 'since' THEN
    here := entitled.event_cursor_read(params ->> 'since');
    IF params ? 'until' AND here.until IS NULL THEN
      here.until := (entitled.event_cursor_read(params ->> 'until')).since;
    END IF;
  ELSE
    here := entitled.event_cursor_read(entitled.event_cursor(epoch || pg_current_snapshot()));
    page_size := 0;
  END IF;
  EXECUTE format($query$
    WITH now AS MATERIALIZED (SELECT coalesce($2, pg_current_snapshot()) AS until),
    page AS MATERIALIZED (
      SELECT e.*, row_number() OVER () AS row FROM now, LATERAL (%s) e)
    SELECT (SELECT count(*) FROM page), until,
           (SELECT jsonb_agg(jsonb_build_object(
                     'cursor', entitled.event_cursor(concat(%L, $1, '~', until, '~',
                       concat_ws('.', (t).xid_order, (t).partner_id, (t).incident_id, (t).seq))),
                     'partner_id', (t).partner_id, 'incident_id', (t).incident_id, 'internal', (t).internal,
                     'owner', coalesce(entitled.principal_name((i).owner), ''),
                     'event', entitled.event_object(t, i)::text) ORDER BY row)
              FROM page WHERE row <= $11)
      FROM now
    $query$, entitled.event_query(params, public_only, here.at_order IS NOT NULL), epoch)
    INTO found_rows, last, events
    USING here.since, here.until, here.at_order, here.at_partner, here.at_incident, here.at_seq,
          wanted.partner_id, wanted.incident_id, wanted.owner_id, page_size + 1, page_size;
  RETURN jsonb_strip_nulls(jsonb_build_object(
    'more', page_size > 0 AND found_rows > page_size,
    'cursor', CASE WHEN page_size > 0 AND found_rows > page_size THEN events -> -1 ->> 'cursor'
                   ELSE entitled.event_cursor(epoch || last) END,
    'partner_id', wanted.partner_id, 'incident_id', wanted.incident_id))
    || jsonb_build_object('events', coalesce(events, '[]'));
END
$$;

-- A page of events() for each request. Not a method of the protocol: the daemon asks it, for its clients (watch.start)
-- and, as caller 0, for itself: all there are, of which it gives each client what it may see.
CREATE OR REPLACE FUNCTION api.events(callers bigint[], requests jsonb[]) RETURNS SETOF api.reply
LANGUAGE plpgsql AS $$
DECLARE
  i int;
  problem text;
  public_only boolean := false;
BEGIN
  IF callers[1] = 0 THEN
    PERFORM set_config('entitled.scope', '*', true);
  ELSE
    PERFORM entitled.scope_enter(callers);
  END IF;
  FOR i IN 1 .. cardinality(requests) LOOP
    BEGIN
      IF callers[i] <> 0 THEN
        public_only := (entitled.caller_enter(callers[i])).partner_id IS NOT NULL;
      END IF;
      RETURN NEXT (i, true, entitled.events(public_only, requests[i])::text)::api.reply;
    EXCEPTION WHEN SQLSTATE 'EN001' THEN
      GET STACKED DIAGNOSTICS problem = PG_EXCEPTION_DETAIL;
      RETURN NEXT (i, false, problem)::api.reply;
    END;
  END LOOP;
END
$$;

-- Tells all workers of all daemons that something was committed. Asked by the daemon after its writes and not done by
-- a trigger within them, because PostgreSQL lets no two transactions that notify commit at the same time.
CREATE OR REPLACE FUNCTION api.announce(callers bigint[], requests jsonb[]) RETURNS SETOF api.reply
LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('entitled_event', '');
  RETURN QUERY SELECT i, true, '{}' FROM generate_series(1, cardinality(requests)) i;
END
$$;
