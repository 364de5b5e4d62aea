-- incident.credit: gives the unit of an incident back, once, by a coded reason (rule 6).

-- Refuses (invalid_params) what a credit may not be asked with.
CREATE OR REPLACE FUNCTION entitled.credit_check(params jsonb) RETURNS void
LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
  IF btrim(params ->> 'note') = '' THEN
    PERFORM entitled.refuse('invalid_params', 'parameter `note` must tell the facts behind the reason');
  ELSIF params ->> 'reason' = 'duplicate' AND NOT params ? 'duplicate_of' THEN
    PERFORM entitled.refuse('invalid_params', 'parameter `duplicate_of` is missing: name the incident that this one repeats');
  ELSIF params ->> 'reason' <> 'duplicate' AND params ? 'duplicate_of' THEN
    PERFORM entitled.refuse('invalid_params', 'parameter `duplicate_of` goes with reason duplicate only');
  ELSIF params ->> 'duplicate_of' = params ->> 'incident' THEN
    PERFORM entitled.refuse('invalid_params', 'parameter `duplicate_of` must be another incident: none repeats itself');
  END IF;
END
$$;

-- The entry that charged an incident; all NULL: it was not charged.
CREATE OR REPLACE FUNCTION entitled.incident_charged(i entitled.incident) RETURNS entitled.ledger
LANGUAGE plpgsql STABLE AS $$
DECLARE
  charge entitled.ledger;
BEGIN
  SELECT * INTO charge FROM entitled.ledger l
   WHERE l.partner_id = i.partner_id AND l.incident_id = i.incident_id AND l.kind IN ('debit', 'override', 'late');
  RETURN charge;
END
$$;

-- The entry that credited an incident; all NULL: it was not credited.
CREATE OR REPLACE FUNCTION entitled.incident_credited(i entitled.incident) RETURNS entitled.ledger
LANGUAGE plpgsql STABLE AS $$
DECLARE
  credit entitled.ledger;
BEGIN
  SELECT * INTO credit FROM entitled.ledger l
   WHERE l.partner_id = i.partner_id AND l.incident_id = i.incident_id AND l.kind = 'credit';
  RETURN credit;
END
$$;

-- Locks an incident, and the one that it repeats, in id order; returns that other one, all NULL where none is
-- named. not_found: there is none, or it is another partner's; invalid_state: it is itself a duplicate.
CREATE OR REPLACE FUNCTION entitled.credit_lock(i entitled.incident, duplicate_of text) RETURNS entitled.incident
LANGUAGE plpgsql AS $$
DECLARE
  original entitled.incident;
  original_id bigint := entitled.incident_number(duplicate_of);
BEGIN
  PERFORM FROM entitled.incident l
    WHERE l.partner_id = i.partner_id AND l.incident_id IN (i.incident_id, original_id)
    ORDER BY l.incident_id
      FOR NO KEY UPDATE;
  IF duplicate_of IS NOT NULL THEN
    SELECT * INTO original FROM entitled.incident o
     WHERE o.partner_id = i.partner_id AND o.incident_id = original_id;
    IF NOT FOUND THEN
      PERFORM entitled.refuse('not_found', 'there is no incident ' || duplicate_of);
    ELSIF original.duplicate_of IS NOT NULL THEN
      PERFORM entitled.refuse('invalid_state',
        format('incident %s is itself a duplicate, of %s: name that one', duplicate_of,
               entitled.incident_name(original.duplicate_of)),
        jsonb_build_object('duplicate_of', entitled.incident_name(original.duplicate_of)));
    END IF;
  END IF;
  RETURN original;
END
$$;

-- Notes the credit on the incident; and, if it repeats another, the merge on both.
CREATE OR REPLACE FUNCTION entitled.credit_note(
  i entitled.incident, original entitled.incident, caller_id bigint, params jsonb) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
  PERFORM entitled.timeline_append(i, caller_id, 'credited', (params ->> 'reason') || ': ' || (params ->> 'note'));
  IF original.incident_id IS NOT NULL THEN
    UPDATE entitled.incident d SET duplicate_of = original.incident_id
     WHERE d.partner_id = i.partner_id AND d.incident_id = i.incident_id;
    PERFORM entitled.timeline_append(i, caller_id, 'merged',
      format('this is a duplicate of %s', entitled.incident_name(original.incident_id)));
    PERFORM entitled.timeline_append(original, caller_id, 'merged',
      format('%s is a duplicate of this', entitled.incident_name(i.incident_id)));
  END IF;
END
$$;

-- {"incident", "charge", "remaining"}: the charge that is given back, and what its pool has left now. To the grant
-- that was charged, whatever its state; locks it, then the incident.
-- not_found; invalid_params (credit_check); invalid_state: it was not charged, or duplicate_of is a duplicate;
-- already_credited (which the index ledger_credit_once forbids in any case).
CREATE OR REPLACE FUNCTION entitled.incident_credit(caller entitled.principal, params jsonb) RETURNS jsonb
LANGUAGE plpgsql AS $$
DECLARE
  i entitled.incident := entitled.incident_find(params ->> 'incident');
  charge entitled.ledger := entitled.incident_charged(i);
  before entitled.ledger;
  g entitled.pool_grant;
  original entitled.incident;
BEGIN
  PERFORM entitled.credit_check(params);
  IF charge.seq IS NULL THEN
    PERFORM entitled.refuse('invalid_state',
      format('incident %s was not charged: there is nothing to give back', params ->> 'incident'),
      jsonb_build_object('charge', NULL));
  END IF;
  SELECT * INTO STRICT g FROM entitled.pool_grant p
   WHERE p.partner_id = charge.partner_id AND p.grant_id = charge.grant_id
     FOR NO KEY UPDATE;
  original := entitled.credit_lock(i, params ->> 'duplicate_of');
  before := entitled.incident_credited(i);
  IF before.seq IS NOT NULL THEN
    PERFORM entitled.refuse('already_credited',
      format('incident %s was credited before, for %s', params ->> 'incident', replace(before.reason, '_', ' ')),
      jsonb_build_object('incident', params ->> 'incident', 'credit', entitled.incident_credit_object(i)));
  END IF;
  g := entitled.ledger_append(g, 'credit', charge.units, caller.principal_id, params ->> 'note', i.incident_id,
                              params ->> 'reason', charge.kind);
  PERFORM entitled.credit_note(i, original, caller.principal_id, params);
  RETURN jsonb_build_object('incident', params ->> 'incident', 'charge', entitled.incident_charge(i),
                            'remaining', g.granted - g.used - g.expired);
END
$$;
