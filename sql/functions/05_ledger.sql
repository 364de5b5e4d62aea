-- The ledger: each change of a grant is an entry, chained to the one before by its hash, so that no entry
-- can be changed, removed, reordered or inserted behind the application's back.

-- The hash of an entry. previous: the hash before it, '' for the first. Each field has a fixed length
-- or ends in a byte that it cannot contain; a note is never empty, and only a credit has a reason, one of a few
-- words (CHECKs of the table): so no two entries have the same text. (STABLE, as convert_to() is: so it can be
-- inlined.)
CREATE OR REPLACE FUNCTION entitled.ledger_hash(
  previous bytea, partner_id bigint, grant_id bigint, seq int, at timestamptz, kind text, units int,
  incident_id bigint, principal_id bigint, note text, reason text DEFAULT NULL) RETURNS bytea
LANGUAGE sql STABLE PARALLEL SAFE
RETURN sha256(previous || int8send(partner_id) || int8send(grant_id) || int4send(seq) || timestamptz_send(at)
              || int4send(units) || int8send(coalesce(incident_id, 0)) || int8send(principal_id)
              || convert_to(kind || chr(1) || coalesce(note, '') || coalesce(chr(1) || reason, ''), 'UTF8'));

-- What an entry of this kind does to the counters of its grant: the one place that says so
-- (doc/architecture.md, "How the engine carries them out"). A credit's effect depends on what it credits:
-- credited is the kind of that entry.
-- (SETOF, though it gives one row: so it is inlined where it stands in FROM.)
CREATE OR REPLACE FUNCTION entitled.ledger_effect(
  kind text, units int, credited text, OUT granted int, OUT used int, OUT overage int, OUT expired int)
RETURNS SETOF record
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN kind IN ('grant', 'top_up') THEN units ELSE 0 END,
         CASE WHEN kind IN ('debit', 'late', 'usage', 'late_usage') THEN units
              WHEN kind = 'credit' AND credited <> 'override' THEN -units ELSE 0 END,
         CASE WHEN kind = 'override' THEN units
              WHEN kind = 'credit' AND credited = 'override' THEN -units ELSE 0 END,
         CASE WHEN kind = 'expiry' THEN units WHEN kind IN ('late', 'late_usage') THEN -units ELSE 0 END
$$;

-- The entries of a grant with what each did to its counters; of a credit, the kind and number of the charge that it
-- gives back (NULL: the pool was charged no such incident). Inlined, as it is SETOF.
CREATE OR REPLACE FUNCTION entitled.ledger_effects(
  of_partner bigint, of_grant bigint, OUT entry entitled.ledger, OUT credited text, OUT credited_seq int,
  OUT granted int, OUT used int, OUT overage int, OUT expired int)
RETURNS SETOF record
LANGUAGE sql STABLE AS $$
  SELECT l, charge.kind, charge.seq, effect.*
    FROM entitled.ledger l
    LEFT JOIN LATERAL (SELECT c.kind, c.seq FROM entitled.ledger c
                        WHERE l.kind = 'credit' AND c.partner_id = l.partner_id AND c.incident_id = l.incident_id
                          AND c.kind IN ('debit', 'override', 'late') AND c.grant_id = l.grant_id LIMIT 1) charge ON true
   CROSS JOIN LATERAL entitled.ledger_effect(l.kind, l.units, charge.kind) effect
   WHERE l.partner_id = of_partner AND l.grant_id = of_grant
$$;

-- Appends an entry to a grant's ledger and changes the grant's counters with it. g: the grant's row, locked
-- by the caller, as it is now; returned as it is then, so that entries can follow each other.
-- units > 0 (a first entry, 'grant', may have 0); credited: with kind 'credit', the kind of what it credits.
CREATE OR REPLACE FUNCTION entitled.ledger_append(
  g entitled.pool_grant, kind text, units int, principal_id bigint, note text DEFAULT NULL,
  incident_id bigint DEFAULT NULL, reason text DEFAULT NULL, credited text DEFAULT NULL)
RETURNS entitled.pool_grant
LANGUAGE plpgsql AS $$
DECLARE
  at timestamptz := entitled.clock_now();
  effect record;
BEGIN
  SELECT * INTO effect FROM entitled.ledger_effect(kind, units, credited);
  g.entries := g.entries + 1;
  g.head := entitled.ledger_hash(g.head, g.partner_id, g.grant_id, g.entries, at, kind, units, incident_id,
                                 principal_id, note, reason);
  INSERT INTO entitled.ledger (partner_id, grant_id, seq, at, kind, units, incident_id, principal_id, note, reason, hash)
  VALUES (g.partner_id, g.grant_id, g.entries, at, kind, units, incident_id, principal_id, note, reason, g.head);
  -- A grant is made with its first entry: that counts what the row has already.
  IF kind <> 'grant' THEN
    g.granted := g.granted + effect.granted;
  END IF;
  g.used := g.used + effect.used;
  g.overage := g.overage + effect.overage;
  g.expired := g.expired + effect.expired;
  UPDATE entitled.pool_grant p
     SET granted = g.granted, used = g.used, overage = g.overage, expired = g.expired, entries = g.entries, head = g.head
   WHERE p.partner_id = g.partner_id AND p.grant_id = g.grant_id;
  RETURN g;
END
$$;

-- Books what was left of a partner's grants whose term is over (rule 7). Locks them, in id order.
CREATE OR REPLACE FUNCTION entitled.grants_expire(of_partner bigint, principal_id bigint) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
  g entitled.pool_grant;
BEGIN
  FOR g IN
    SELECT * FROM entitled.pool_grant p
     WHERE p.partner_id = of_partner AND p.ends <= entitled.clock_now() AND p.used + p.expired < p.granted
     ORDER BY p.grant_id
       FOR NO KEY UPDATE
  LOOP
    PERFORM entitled.ledger_append(g, 'expiry', g.granted - g.used - g.expired, principal_id);
  END LOOP;
END
$$;
