-- ledger.list: each entry of a partner's pools, with what was left after it. ledger.verify: that it is as it was written.

-- ---------------------------------------------------------------- ledger.list

-- Whose ledger is asked for: the partner that is named, that of the contract or incident that is named, or the
-- caller's own. not_found: one of them is not there, or is another partner's; invalid_params: none is named.
CREATE OR REPLACE FUNCTION entitled.ledger_partner(caller entitled.principal, params jsonb) RETURNS bigint
LANGUAGE plpgsql STABLE AS $$
DECLARE
  of_contract bigint := (SELECT c.partner_id FROM entitled.contract c
                          WHERE c.contract_id = entitled.contract_number(params ->> 'contract'));
  of_incident bigint := (SELECT i.partner_id FROM entitled.incident i
                          WHERE i.incident_id = entitled.incident_number(params ->> 'incident'));
  whose bigint;
BEGIN
  IF params ? 'partner' OR NOT params ?| '{contract,incident}' THEN
    whose := (entitled.partner_asked(caller, params)).partner_id;
  END IF;
  whose := coalesce(whose, of_contract, of_incident);
  IF params ? 'contract' AND (of_contract IS NULL OR of_contract <> whose) THEN
    PERFORM entitled.refuse('not_found', 'there is no contract ' || (params ->> 'contract'));
  ELSIF params ? 'incident' AND (of_incident IS NULL OR of_incident <> whose) THEN
    PERFORM entitled.refuse('not_found', 'there is no incident ' || (params ->> 'incident'));
  END IF;
  RETURN whose;
END
$$;

-- The entries of one grant until as_of (NULL: all), each with its effect on what is left, and what was left after
-- it; and, where its term is over and something is left, the expiry that is to be written, as it will be (rule 7).
CREATE OR REPLACE FUNCTION entitled.ledger_running(
  g entitled.pool_grant, as_of timestamptz, OUT seq int, OUT at timestamptz, OUT kind text, OUT units bigint,
  OUT change bigint, OUT remaining bigint, OUT incident_id bigint, OUT principal_id bigint, OUT reason text,
  OUT note text, OUT written boolean)
RETURNS SETOF record
LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN QUERY
  WITH running AS (
    SELECT l.entry AS e, l.granted - l.used - l.expired AS effect,
           sum(l.granted - l.used - l.expired) OVER (ORDER BY (l.entry).seq) AS total
      FROM entitled.ledger_effects(g.partner_id, g.grant_id) l
     WHERE as_of IS NULL OR (l.entry).at <= as_of)
  SELECT (r.e).seq, (r.e).at, (r.e).kind, (r.e).units::bigint, r.effect::bigint, r.total, (r.e).incident_id,
         (r.e).principal_id, (r.e).reason, (r.e).note, true
    FROM running r
  UNION ALL
  SELECT latest.seq + 1, g.ends, 'expiry', latest.total, -latest.total, 0, NULL, NULL, NULL, NULL, false
    FROM (SELECT (r.e).seq, r.total FROM running r ORDER BY (r.e).seq DESC LIMIT 1) latest
   WHERE g.ends <= coalesce(as_of, entitled.clock_now()) AND latest.total > 0;
END
$$;

-- {"entries", "next"?}: by pool and then in their order, from where the cursor's page ended. not_found, and
-- invalid_params: no partner is named, the cursor, a time, or one in the future.
CREATE OR REPLACE FUNCTION entitled.ledger_list(caller entitled.principal, params jsonb) RETURNS jsonb
LANGUAGE plpgsql AS $$
DECLARE
  whose bigint := entitled.ledger_partner(caller, params);
  of_contract bigint := entitled.contract_number(params ->> 'contract');
  of_incident bigint := entitled.incident_number(params ->> 'incident');
  since timestamptz := entitled.time_param(params, 'since');
  as_of timestamptz := entitled.time_param(params, 'as_of');
  page_size int := coalesce((params ->> 'limit')::int, 50);
  cursor text := entitled.cursor_content('ledger', '[0-9]{1,18}[.][0-9]{1,10}', params ->> 'cursor');
  after_grant bigint := coalesce(split_part(cursor, '.', 1)::bigint, 0);
  after_seq int := coalesce(split_part(cursor, '.', 2)::int, 0);
  page jsonb;
  last_one text;
  more boolean;
BEGIN
  IF as_of > entitled.clock_now() THEN
    PERFORM entitled.refuse('invalid_params', 'parameter `as_of` must not be in the future');
  END IF;
  SELECT coalesce(jsonb_agg(p.entry ORDER BY p.grant_id, p.seq) FILTER (WHERE p.n <= page_size), '[]'),
         max(p.grant_id || '.' || p.seq) FILTER (WHERE p.n = page_size), count(*) > page_size
    INTO page, last_one, more
    FROM (SELECT g.grant_id, e.seq, row_number() OVER (ORDER BY g.grant_id, e.seq) AS n,
                 jsonb_build_object(
                   'seq', e.seq, 'at', e.at, 'contract', entitled.contract_name(g.contract_id), 'pool', g.benefit,
                   'kind', e.kind, 'units', e.units, 'unit', g.unit, 'change', e.change, 'left', e.remaining,
                   'incident', entitled.incident_name(e.incident_id), 'by', who.name, 'reason', e.reason,
                   'note', e.note, 'written', e.written) AS entry
            FROM entitled.pool_grant g
           CROSS JOIN LATERAL entitled.ledger_running(g, as_of) e
            LEFT JOIN entitled.principal who ON who.principal_id = e.principal_id
           WHERE g.partner_id = whose AND g.grant_id >= after_grant
             AND (of_contract IS NULL OR g.contract_id = of_contract)
             AND (g.grant_id, e.seq) > (after_grant, after_seq)
             AND (since IS NULL OR e.at >= since)
             AND (of_incident IS NULL OR e.incident_id = of_incident)
           ORDER BY g.grant_id, e.seq
           LIMIT page_size + 1) p;
  RETURN jsonb_build_object('entries', page)
         || CASE WHEN more THEN jsonb_build_object('next', entitled.cursor_of('ledger', last_one)) ELSE '{}' END;
END
$$;

-- ---------------------------------------------------------------- ledger.verify

-- What is wrong with an entry beside its hash, in one sentence; NULL: nothing. credited: the kind and number of
-- what a credit gives back; found: the entry's incident with its class, who delivers it and when it was reported
-- (all NULL where it is not there); cut: the term was ended early, maybe by one who began before the incident.
CREATE OR REPLACE FUNCTION entitled.verify_entry(
  g entitled.pool_grant, e entitled.ledger, credited text, credited_seq int, found bigint,
  class entitled.incident_class, delivered_by text, opened_at timestamptz, cut boolean) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE
  WHEN e.seq = 1 AND e.kind <> 'grant' THEN 'the first entry is not the grant'
  WHEN e.seq > 1 AND e.kind = 'grant' THEN 'a grant that is not the first entry'
  WHEN e.incident_id IS NOT NULL AND found IS NULL THEN
    'its incident ' || entitled.incident_name(e.incident_id) || ' is not there'
  WHEN e.kind IN ('usage', 'late_usage') AND g.unit = 'incident' THEN 'usage of a pool that counts incidents'
  WHEN e.kind = 'credit' AND credited IS NULL THEN 'a credit of what this pool was never charged'
  WHEN e.kind = 'credit' AND credited_seq > e.seq THEN 'a credit before its charge'
  WHEN e.kind IN ('debit', 'late', 'override', 'credit') AND e.units <> 1 THEN 'an incident is one unit, not ' || e.units
  WHEN e.kind NOT IN ('debit', 'late', 'override') THEN NULL
  WHEN g.unit <> 'incident' THEN 'an incident charged to a pool that does not count incidents'
  WHEN NOT class = ANY (g.accepts) THEN format('its incident is of class %s, which the pool does not accept', class)
  WHEN delivered_by IS DISTINCT FROM g.delivered_by THEN 'its incident is delivered by another than the pool is'
  WHEN opened_at < g.starts OR (opened_at >= g.ends AND NOT cut) THEN 'its incident was reported outside the term'
END;

-- What is wrong with a grant against the sums of its entries and its contract: sentences; none: nothing.
-- last, hash: the number of the last entry, and the hash of the one that the grant has as its last.
CREATE OR REPLACE FUNCTION entitled.verify_counters(
  g entitled.pool_grant, c entitled.contract, last int, hash bytea, granted bigint, used bigint, overage bigint,
  expired bigint) RETURNS text[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN array_remove(ARRAY[
  CASE WHEN g.entries = 0 AND last = 0 THEN 'the pool has no entry, not even its grant'
       WHEN last = 0 THEN format('all %s entries are missing', g.entries)
       WHEN last < g.entries THEN format('the last entries are missing: the pool counts %s, the ledger ends with %s',
                                         g.entries, last)
       WHEN last > g.entries THEN format('entries were added after the last: the pool counts %s, the ledger ends with %s',
                                         g.entries, last)
       WHEN g.head IS DISTINCT FROM hash THEN 'the hash that the pool keeps is not that of its last entry' END,
  CASE WHEN g.granted <> granted THEN format('granted is %s on the pool, and %s by its ledger', g.granted, granted) END,
  CASE WHEN g.used <> used THEN format('used is %s on the pool, and %s by its ledger', g.used, used) END,
  CASE WHEN g.overage <> overage THEN format('overage is %s on the pool, and %s by its ledger', g.overage, overage) END,
  CASE WHEN g.expired <> expired THEN format('expired is %s on the pool, and %s by its ledger', g.expired, expired) END,
  CASE WHEN c.contract_id IS NULL THEN 'its contract is not there'
       WHEN (g.starts, g.ends) IS DISTINCT FROM (c.term_starts, c.term_ends) THEN 'its term is not that of its contract'
       WHEN g.delivered_by IS DISTINCT FROM c.delivered_by THEN 'it is delivered by another than its contract is' END], NULL);

-- Verifies a page of grants, those after the one named, in order: of each, how many entries it has, and what is
-- broken: [{"seq"?, "what"}]. until_partner: the last partner. Every look-up is by index, and the entries of a grant
-- pass by in their order, so that memory does not grow with the ledger.
CREATE OR REPLACE FUNCTION entitled.verify_grants(
  after_partner bigint, after_grant bigint, until_partner bigint, page_size int,
  OUT partner_id bigint, OUT grant_id bigint, OUT contract_id bigint, OUT pool text, OUT entries bigint, OUT broken jsonb)
RETURNS SETOF record
LANGUAGE plpgsql STABLE AS $$
#variable_conflict use_column
BEGIN
  RETURN QUERY
  SELECT (page.p).partner_id, (page.p).grant_id, (page.p).contract_id, (page.p).benefit::text, sums.entries,
         coalesce(sums.broken, '[]')
         || (SELECT coalesce(jsonb_agg(jsonb_build_object('what', what)), '[]')
               FROM unnest(entitled.verify_counters(page.p, contract.c, sums.last, sums.hash, sums.granted, sums.used,
                                                    sums.overage, sums.expired)) what)
    FROM (SELECT p FROM entitled.pool_grant p
           WHERE (p.partner_id, p.grant_id) > (after_partner, after_grant) AND p.partner_id <= until_partner
           ORDER BY p.partner_id, p.grant_id LIMIT page_size) page
    LEFT JOIN LATERAL (
           SELECT c, c.cancelled_at IS NOT NULL
                     OR EXISTS (SELECT FROM entitled.contract u
                                 WHERE u.partner_id = c.partner_id AND u.upgrades = c.contract_id) AS cut
             FROM entitled.contract c
            WHERE c.partner_id = (page.p).partner_id AND c.contract_id = (page.p).contract_id LIMIT 1) contract ON true
   CROSS JOIN LATERAL (
           SELECT count(*) AS entries, coalesce(max(e.seq), 0) AS last,
                  (array_agg(e.hash) FILTER (WHERE e.seq = (page.p).entries))[1] AS hash,
                  coalesce(sum(e.granted), 0) AS granted, coalesce(sum(e.used), 0) AS used,
                  coalesce(sum(e.overage), 0) AS overage, coalesce(sum(e.expired), 0) AS expired,
                  jsonb_agg(jsonb_build_object('seq', e.seq, 'what', e.problem) ORDER BY e.seq)
                    FILTER (WHERE e.problem IS NOT NULL) AS broken
             FROM (SELECT l.seq, l.hash, l.granted, l.used, l.overage, l.expired,
                          CASE WHEN l.seq <> l.seq_before + 1 THEN
                                 format('entries %s to %s are missing', l.seq_before + 1, l.seq - 1)
                               WHEN l.hash <> entitled.ledger_hash(l.hash_before, l.partner_id, l.grant_id, l.seq, l.at, l.kind,
                                                l.units, l.incident_id, l.principal_id, l.note, l.reason) THEN
                                 'this is not the entry that was written here: it was changed, moved or inserted'
                               ELSE l.problem END AS problem
                     FROM (SELECT (f.entry).*, f.granted, f.used, f.overage, f.expired,
                                  lag((f.entry).seq, 1, 0) OVER w AS seq_before, lag((f.entry).hash, 1, '') OVER w AS hash_before,
                                  entitled.verify_entry(page.p, f.entry, f.credited, f.credited_seq, i.incident_id, i.class,
                                    i.delivered_by, i.opened_at, contract.cut) AS problem
                             FROM entitled.ledger_effects((page.p).partner_id, (page.p).grant_id) f
                             LEFT JOIN LATERAL (
                                    SELECT n.incident_id, n.class, n.delivered_by, n.opened_at FROM entitled.incident n
                                     WHERE n.partner_id = (f.entry).partner_id
                                       AND n.incident_id = (f.entry).incident_id LIMIT 1) i ON true
                           WINDOW w AS (ORDER BY (f.entry).seq)) l) e) sums;
END
$$;

-- What stands outside every grant, or should stand in one: entries of no grant, and incidents of a class that is
-- charged without a charge (rule 1): [{"partner", "what"}], a hundred of each at the most.
CREATE OR REPLACE FUNCTION entitled.verify_strays(from_partner bigint, until_partner bigint) RETURNS jsonb
LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN (
  SELECT coalesce(jsonb_agg(jsonb_build_object('partner', coalesce(p.code, 'of no name'), 'what', strays.what)
                            ORDER BY strays.partner_id, strays.n, strays.what), '[]')
    FROM ((SELECT l.partner_id, l.grant_id AS n, format('entry %s is of no pool', l.seq) AS what
             FROM entitled.ledger l
            WHERE l.partner_id BETWEEN from_partner AND until_partner
              AND NOT EXISTS (SELECT FROM entitled.pool_grant g
                               WHERE g.partner_id = l.partner_id AND g.grant_id = l.grant_id)
            LIMIT 100)
          UNION ALL
          (SELECT i.partner_id, i.incident_id, format('incident %s has no charge', entitled.incident_name(i.incident_id))
             FROM entitled.incident i
            WHERE i.partner_id BETWEEN from_partner AND until_partner AND i.class IN ('professional', 'priority')
              AND NOT EXISTS (SELECT FROM entitled.ledger l
                               WHERE l.partner_id = i.partner_id AND l.incident_id = i.incident_id
                                 AND l.kind IN ('debit', 'override', 'late'))
            LIMIT 100)) strays
    LEFT JOIN entitled.partner p ON p.partner_id = strays.partner_id);
END
$$;

-- {"grants", "entries", "broken": [{"partner", "contract"?, "pool"?, "seq"?, "what"}]}: each entry's hash is over itself
-- and the one before, their numbers have no gap, the grant counts what they add up to, and each charge fits its
-- incident. Some hundreds of broken things are named at the most. not_found.
CREATE OR REPLACE FUNCTION entitled.ledger_verify(caller entitled.principal, params jsonb) RETURNS jsonb
LANGUAGE plpgsql AS $$
DECLARE
  page_size CONSTANT int := 500;
  named_most CONSTANT int := 500;
  of_partner bigint := CASE WHEN params ? 'partner' THEN (entitled.partner_find(params ->> 'partner')).partner_id END;
  until_partner bigint := coalesce(of_partner, 9223372036854775807);
  after_partner bigint := coalesce(of_partner, 0);
  after_grant bigint := 0;
  v record;
  seen int;
  grants bigint := 0;
  entries bigint := 0;
  broken jsonb := '[]';
BEGIN
  LOOP
    seen := 0;
    FOR v IN SELECT * FROM entitled.verify_grants(after_partner, after_grant, until_partner, page_size) LOOP
      seen := seen + 1;
      entries := entries + v.entries;
      after_partner := v.partner_id;
      after_grant := v.grant_id;
      IF v.broken <> '[]' AND jsonb_array_length(broken) < named_most THEN
        broken := broken || (
          SELECT jsonb_agg(jsonb_build_object(
                   'partner', (SELECT p.code FROM entitled.partner p WHERE p.partner_id = v.partner_id),
                   'contract', entitled.contract_name(v.contract_id), 'pool', v.pool) || b.one ORDER BY b.n)
            FROM jsonb_array_elements(v.broken) WITH ORDINALITY AS b (one, n) WHERE b.n <= 100);
      END IF;
    END LOOP;
    grants := grants + seen;
    EXIT WHEN seen < page_size;
  END LOOP;
  RETURN jsonb_build_object('grants', grants, 'entries', entries,
                            'broken', broken || entitled.verify_strays(coalesce(of_partner, 0), until_partner));
END
$$;
