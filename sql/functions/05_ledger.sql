-- The ledger's chain: each entry's hash is over itself and the hash of the grant's entry before it, so
-- that no entry can be changed, removed, reordered or inserted behind the application's back.

-- The hash of an entry. previous: the hash before it, '' for the first. Each field has a fixed length
-- or ends in a byte that it cannot contain. (STABLE, as convert_to() is: so it can be inlined.)
CREATE OR REPLACE FUNCTION entitled.ledger_hash(
  previous bytea, partner_id bigint, grant_id bigint, seq int, at timestamptz, kind text, units int,
  incident_id bigint, principal_id bigint, note text) RETURNS bytea
LANGUAGE sql STABLE PARALLEL SAFE
RETURN sha256(previous || int8send(partner_id) || int8send(grant_id) || int4send(seq) || timestamptz_send(at)
              || int4send(units) || int8send(coalesce(incident_id, 0)) || int8send(principal_id)
              || convert_to(kind || chr(1) || coalesce(note, ''), 'UTF8'));
