-- incident.list, and the search in words.

-- ---------------------------------------------------------------- words

-- Puts the words of an incident into their index, unless it is new; incident_write() calls it.
CREATE OR REPLACE FUNCTION entitled.incident_words_write(i entitled.incident) RETURNS void
LANGUAGE sql AS $$
  INSERT INTO entitled.incident_words AS w (incident_id, seq, internal, words)
  SELECT i.incident_id, 0, false, to_tsvector('simple', i.title || ' ' || coalesce(i.description, '')) WHERE i.state <> 'new'
      ON CONFLICT (incident_id, seq) DO UPDATE SET words = excluded.words WHERE w.words <> excluded.words
$$;

DROP FUNCTION IF EXISTS entitled.incidents_by_words(text, boolean); -- before it had a bound

-- The incidents with all these words in title and description, or in one note: their numbers, of all partners, some twice, to be
-- looked for behind the wall of row-level security; so many at the most. public_only: not by internal notes. (A new incident is
-- not in the index of words; those that may be seen are searched one by one.)
CREATE OR REPLACE FUNCTION entitled.incidents_by_words(sought tsquery, public_only boolean, at_most int) RETURNS SETOF bigint
LANGUAGE plpgsql STABLE AS $$
BEGIN
  IF numnode(sought) = 0 THEN -- no words, only signs
    RETURN;
  END IF;
  RETURN QUERY EXECUTE $query$
    SELECT w.incident_id FROM entitled.incident_words w WHERE w.words @@ $1 AND NOT (w.internal AND $2)
    UNION ALL
    SELECT i.incident_id FROM entitled.incident i
     WHERE i.state = 'new' AND to_tsvector('simple', i.title || ' ' || coalesce(i.description, '')) @@ $1
    LIMIT $3
    $query$ USING sought, public_only, at_most;
END
$$;

-- Whether one incident is among those of incidents_by_words().
CREATE OR REPLACE FUNCTION entitled.incident_has_words(i entitled.incident, sought tsquery, public_only boolean) RETURNS boolean
LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN EXISTS (SELECT FROM entitled.incident_words w
                  WHERE w.incident_id = i.incident_id AND w.words @@ sought AND NOT (w.internal AND public_only))
         OR (i.state = 'new' AND to_tsvector('simple', i.title || ' ' || coalesce(i.description, '')) @@ sought);
END
$$;

-- ---------------------------------------------------------------- pages

DROP FUNCTION IF EXISTS entitled.incident_list_query(jsonb, boolean); -- before it had common_words

-- The statement that finds a page of incidents: only the conditions that are asked for, so that each form is planned for
-- itself, by the index that has its order: by number incident_by_id, of one partner the primary key, of one owner
-- incident_of_owner, of some states and classes incident_of_state and incident_critical; by deadline incident_queue and
-- incident_owned_by_due, of one owner incident_of_owner_by_due, of one partner incident_of_partner_by_due; with since or until
-- by the time of opening, incident_by_opened. (The comparison of rows, and no equality beside it: an equality would let the
-- order be had from the index of all too, which for one with little reads everyone's.)
-- $1: params, $2: the partner, $3: the number after which the page begins, $4: rows, $5: owner, $6: since, $7: until,
-- $8: the numbers that have the words, $9: the deadline, or time of opening, after which the page begins, $10: not by internal notes.
-- common_words: so many have the words that they are not in $8: each incident on the way is looked at.
CREATE OR REPLACE FUNCTION entitled.incident_list_query(params jsonb, one_partner boolean, common_words boolean DEFAULT false)
RETURNS text
LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
  list_order text := coalesce(params ->> 'order', 'newest');
  by_opened boolean := params ?| '{since,until}' AND list_order <> 'due';
  -- Whose the order is: of the two that may be asked for, the owner's incidents are the fewer.
  lead text := CASE WHEN params ? 'owner' THEN 'owner' WHEN one_partner THEN 'partner_id' END;
  of_lead text := CASE lead WHEN 'owner' THEN '$5' ELSE '$2' END;
  way text := CASE list_order WHEN 'newest' THEN ' DESC' ELSE '' END;
  keys text[] := CASE WHEN by_opened THEN '{opened_at,incident_id}'::text[] WHEN list_order = 'due' THEN '{due_at,incident_id}'
                 ELSE '{incident_id}' END;
  after text := CASE WHEN by_opened OR list_order = 'due' THEN '$9, $3' ELSE '$3' END;
  conditions text;
  ordering text;
BEGIN
  IF lead IS NULL OR by_opened THEN -- by the lead or by the time: the planner knows how many there are
    -- (Of two bounds on one side the scan would begin at the comparison of rows, so there is none that bounds nothing.)
    conditions := CASE WHEN by_opened AND NOT params ? 'cursor' THEN 'true'
                       ELSE format('(%s) %s (%s)', array_to_string(keys, ', '), CASE way WHEN '' THEN '>' ELSE '<' END, after) END
                  || coalesce(' AND ' || lead || ' = ' || of_lead, '');
  ELSE
    keys := lead || keys;
    conditions := format('%s %s %s AND (%s) %s (%s, %s)', lead, CASE way WHEN '' THEN '<=' ELSE '>=' END, of_lead,
                         array_to_string(keys, ', '), CASE way WHEN '' THEN '>' ELSE '<' END, of_lead, after);
  END IF;
  conditions := conditions
    || CASE WHEN one_partner AND lead = 'owner' THEN ' AND partner_id = $2' ELSE '' END
    || CASE WHEN list_order = 'due' THEN ' AND state NOT IN (''resolved'', ''closed'')' ELSE '' END
    || CASE params ->> 'state' WHEN 'escalated' THEN
         ' AND incident_id = ANY (array(SELECT e.incident_id FROM entitled.escalation e WHERE e.state IN (''raised'', ''acknowledged'')'
         || CASE WHEN one_partner THEN ' AND e.partner_id = $2' ELSE '' END || '))'
       ELSE coalesce(' AND state = ' || quote_literal(params ->> 'state'), '') END
    || CASE WHEN params ? 'severity' THEN ' AND severity = ($1 ->> ''severity'')::"char"' ELSE '' END
    || coalesce(' AND class = ' || quote_literal(params ->> 'class'), '') -- (a constant, for incident_critical)
    || CASE WHEN params ? 'since' THEN ' AND opened_at >= $6' ELSE '' END
    || CASE WHEN params ? 'until' THEN ' AND opened_at < $7' ELSE '' END
    || CASE WHEN NOT params ? 'text' THEN '' WHEN common_words THEN
         ' AND entitled.incident_has_words(i, websearch_to_tsquery(''simple'', $1 ->> ''text''), $10)'
       ELSE ' AND incident_id = ANY ($8)' END;
  ordering := format('ORDER BY %s%s LIMIT $4', array_to_string(keys, way || ', '), way);
  IF list_order = 'due' AND lead IS NULL THEN
    RETURN format('SELECT u.i FROM ((SELECT i, due_at, incident_id FROM entitled.incident i WHERE owner IS NULL AND %1$s %2$s)'
                  ' UNION ALL (SELECT i, due_at, incident_id FROM entitled.incident i WHERE owner IS NOT NULL AND %1$s %2$s)) u'
                  ' %2$s', conditions, ordering);
  END IF;
  RETURN format('SELECT i FROM entitled.incident i WHERE %s %s', conditions, ordering);
END
$$;

-- An incident as a list shows it.
CREATE OR REPLACE FUNCTION entitled.incident_list_object(i entitled.incident) RETURNS jsonb
LANGUAGE sql STABLE AS $$
  SELECT jsonb_build_object(
    'incident', entitled.incident_name(i.incident_id),
    'partner', (SELECT code FROM entitled.partner p WHERE p.partner_id = i.partner_id),
    'class', i.class, 'severity', i.severity, 'state', i.state, 'title', i.title, 'opened_at', i.opened_at,
    'owner', entitled.principal_name(i.owner), 'due_at', nullif(i.due_at, 'infinity'),
    'escalated', entitled.incident_escalated(i),
    'charged', EXISTS (SELECT FROM entitled.ledger l
                        WHERE l.partner_id = i.partner_id AND l.incident_id = i.incident_id
                          AND l.kind IN ('debit', 'override', 'late')))
$$;

-- {"incidents", "next"?}: by number; with since or until by the time of opening; or by deadline (those that are not resolved or
-- closed; without a deadline last); from where the cursor's page ended; a partner's own only (of an owner that there is not: none). not_found: the partner;
-- invalid_params: the cursor or a time.
CREATE OR REPLACE FUNCTION entitled.incident_list(caller entitled.principal, params jsonb) RETURNS jsonb
LANGUAGE plpgsql AS $$
DECLARE
  whose bigint := caller.partner_id; -- NULL: all
  page_size int := coalesce((params ->> 'limit')::int, 50);
  owner_id bigint := (SELECT principal_id FROM entitled.principal WHERE name = params ->> 'owner');
  by_due boolean := coalesce(params ->> 'order' = 'due', false);
  by_opened boolean := params ?| '{since,until}' AND NOT by_due;
  after record;
  words_most CONSTANT int := 20000; -- to fetch these costs as much as to look for a more common word on the way
  having_words bigint[];
  page entitled.incident[];
BEGIN
  IF params ? 'partner' THEN
    whose := (entitled.partner_find(params ->> 'partner')).partner_id;
  END IF;
  IF by_due THEN
    after := entitled.time_cursor('due', params ->> 'cursor');
  ELSIF by_opened THEN
    after := entitled.time_cursor('opened', params ->> 'cursor');
  ELSE
    SELECT NULL::timestamptz AS at,
           coalesce(entitled.cursor_number('incident', params ->> 'cursor'),
                    CASE params ->> 'order' WHEN 'oldest' THEN 0 ELSE 9223372036854775807 END) AS id INTO after;
  END IF;
  IF params ? 'text' THEN
    having_words := array(SELECT entitled.incidents_by_words(websearch_to_tsquery('simple', params ->> 'text'),
                                                             caller.partner_id IS NOT NULL, words_most + 1));
  END IF;
  EXECUTE format('SELECT array(%s)', entitled.incident_list_query(params, whose IS NOT NULL,
                                                                  cardinality(having_words) > words_most)) INTO page
    USING params, whose, after.id, page_size + 1, owner_id,
          entitled.time_param(params, 'since'), entitled.time_param(params, 'until'), having_words, after.at,
          caller.partner_id IS NOT NULL;
  RETURN jsonb_build_object(
           'incidents', (SELECT coalesce(jsonb_agg(entitled.incident_list_object(p.i) ORDER BY p.n), '[]')
                           FROM (SELECT n, page[n] AS i FROM generate_series(1, least(page_size, cardinality(page))) n) p))
         || CASE WHEN cardinality(page) <= page_size THEN '{}'
                 WHEN by_due THEN jsonb_build_object('next', entitled.time_cursor_name('due', page[page_size].due_at,
                                                                                       page[page_size].incident_id))
                 WHEN by_opened THEN jsonb_build_object('next', entitled.time_cursor_name('opened', page[page_size].opened_at,
                                                                                          page[page_size].incident_id))
                 ELSE jsonb_build_object('next', entitled.cursor_name('incident', page[page_size].incident_id)) END;
END
$$;
