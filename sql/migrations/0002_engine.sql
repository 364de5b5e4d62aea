-- 0002: the whole engine: credits, usage, top-ups, expiries, renewals and upgrades, delivering partners,
-- the moves of an incident, and coverage counted in minutes.

-- Functions of the version before whose form or name is another now.
DROP FUNCTION IF EXISTS entitled.serve_write(text, text, bigint, jsonb), entitled.open_is_refusal(jsonb),
  entitled.ledger_hash(bytea, bigint, bigint, int, timestamptz, text, int, bigint, bigint, text);

-- ---------------------------------------------------------------- contracts

ALTER TABLE entitled.contract
  ADD COLUMN delivered_by entitled.code REFERENCES entitled.partner (code), -- who delivers its support
  ADD COLUMN renews       bigint,                -- the contract of the term before
  ADD COLUMN upgrades     bigint,                -- the contract that it took the place of in mid-term
  ADD COLUMN cancel_reason text,
  ADD FOREIGN KEY (partner_id, renews) REFERENCES entitled.contract (partner_id, contract_id),
  ADD FOREIGN KEY (partner_id, upgrades) REFERENCES entitled.contract (partner_id, contract_id),
  ADD CHECK (renews <> contract_id),
  ADD CHECK (upgrades <> contract_id),
  ADD CHECK (renews IS NULL OR upgrades IS NULL),
  ADD CHECK ((cancelled_at IS NULL) = (cancel_reason IS NULL)),
  -- Cancelled before it starts, or upgraded as it does: an empty term, which no other can overlap.
  DROP CONSTRAINT contract_check1,               -- term_ends > term_starts
  ADD CONSTRAINT contract_term CHECK (term_ends >= term_starts);
-- A contract is renewed at most once at a time (a renewal that was cancelled does not count), and upgraded once.
CREATE UNIQUE INDEX contract_renewed_once ON entitled.contract (partner_id, renews) WHERE cancelled_at IS NULL;
CREATE UNIQUE INDEX contract_upgraded_once ON entitled.contract (partner_id, upgrades);

-- ---------------------------------------------------------------- grants and the ledger

-- expired: units that have lapsed with the term (rule 7); what is left is granted - used - expired.
-- A cancelled contract's grants end at that moment, which may be before they start: an empty term.
ALTER TABLE entitled.pool_grant
  ADD COLUMN expired int NOT NULL DEFAULT 0 CHECK (expired >= 0),
  ADD COLUMN delivered_by entitled.code,
  DROP CONSTRAINT pool_grant_check,              -- used <= granted
  DROP CONSTRAINT pool_grant_check1,             -- ends > starts
  ADD CONSTRAINT pool_grant_never_below_zero CHECK (used + expired <= granted),
  ADD CONSTRAINT pool_grant_term CHECK (ends >= starts);

ALTER TABLE entitled.contract_access
  DROP CONSTRAINT contract_access_check,
  ADD CONSTRAINT contract_access_term CHECK (ends >= starts);

-- grant    the first entry: so many units              usage     minutes, days, seats taken (rule 3)
-- top_up   units added                                 credit    a unit given back (rule 6), with its reason
-- debit    a unit taken by an incident                 expiry    what was left when the term ended (rule 7)
-- override a unit beyond what was granted (rule 5)     late      a unit taken back from an expiry, for what was
--                                                                reported within the term and entered after it
ALTER TABLE entitled.ledger
  ADD COLUMN reason text,
  DROP CONSTRAINT ledger_kind_check,
  ADD CONSTRAINT ledger_kind_check
    CHECK (kind IN ('grant', 'top_up', 'debit', 'usage', 'override', 'late', 'credit', 'expiry')),
  ADD CONSTRAINT ledger_credit_has_reason
    CHECK ((kind = 'credit') = (reason IS NOT NULL)),
  ADD CONSTRAINT ledger_reason_is_known
    CHECK (reason IN ('product_defect', 'duplicate', 'mislogged', 'goodwill')),
  ADD CONSTRAINT ledger_note_says_something CHECK (note <> ''),
  ADD CONSTRAINT ledger_incident_is_known
    CHECK (kind NOT IN ('debit', 'override', 'late', 'credit') OR incident_id IS NOT NULL);
DROP INDEX entitled.ledger_charge_once;
-- An incident is charged at most once (rule 8) and credited at most once (rule 6).
CREATE UNIQUE INDEX ledger_charge_once ON entitled.ledger (partner_id, incident_id)
  WHERE kind IN ('debit', 'override', 'late');
CREATE UNIQUE INDEX ledger_credit_once ON entitled.ledger (partner_id, incident_id)
  WHERE kind = 'credit';

-- ---------------------------------------------------------------- incidents

ALTER TABLE entitled.incident
  ADD COLUMN delivered_by entitled.code,
  ADD COLUMN duplicate_of bigint,
  ADD COLUMN resolution   text,
  ADD COLUMN resolved_at  timestamptz,
  ADD COLUMN closed_at    timestamptz,
  ADD COLUMN reopened     int NOT NULL DEFAULT 0 CHECK (reopened >= 0),
  ADD FOREIGN KEY (partner_id, duplicate_of) REFERENCES entitled.incident (partner_id, incident_id),
  ADD CHECK (duplicate_of <> incident_id);

ALTER TABLE entitled.timeline
  DROP CONSTRAINT timeline_event_check,
  ADD CONSTRAINT timeline_event_check
    CHECK (event IN ('opened', 'note', 'resolved', 'closed', 'reopened', 'credited', 'merged', 'usage'));

-- The legal moves of an incident; functions/71_incident_moves.sql fills it.
CREATE TABLE entitled.incident_move (
  move       text NOT NULL,
  from_state text NOT NULL,
  to_state   text NOT NULL,
  PRIMARY KEY (move, from_state)
);

-- Not only openings are refused.
ALTER TABLE entitled.refusal
  ADD COLUMN method text NOT NULL DEFAULT 'incident.open',
  ALTER COLUMN class DROP NOT NULL;

-- What a batch of openings carries beside.
ALTER TYPE entitled.open_ask ADD ATTRIBUTE delivered_by text;
ALTER TYPE entitled.open_decision ADD ATTRIBUTE delivered_by text;
ALTER TYPE entitled.open_decision ADD ATTRIBUTE expired int;

-- ---------------------------------------------------------------- coverage in minutes

-- The stretches during which a calendar is open, in order, each with the seconds of coverage before it:
-- minutes between two instants, and the instant after n minutes, are two look-ups in this index.
-- Made from hours, holidays and time zone by entitled.calendar_unroll(); never edited.
CREATE TABLE entitled.calendar_stretch (
  calendar_id    int NOT NULL REFERENCES entitled.calendar ON DELETE CASCADE,
  opens          timestamptz NOT NULL,
  closes         timestamptz NOT NULL CHECK (closes > opens),
  seconds_before bigint NOT NULL CHECK (seconds_before >= 0),
  PRIMARY KEY (calendar_id, opens)
);
CREATE UNIQUE INDEX calendar_stretch_by_seconds ON entitled.calendar_stretch (calendar_id, seconds_before);
