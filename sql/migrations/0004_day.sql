-- 0004: the coordinator's day: targets and clocks, escalations, what the tick looks for, search in texts.

-- ---------------------------------------------------------------- targets

ALTER TABLE entitled.benefit
  ADD COLUMN escalates boolean NOT NULL DEFAULT false, -- an access through which escalations are raised
  ADD CHECK (NOT escalates OR kind = 'access');

-- Minutes to respond, between updates, and to resolve, by class and severity; NULL: no such target.
CREATE TABLE entitled.plan_target (
  plan            entitled.code NOT NULL REFERENCES entitled.plan ON DELETE CASCADE,
  class           entitled.incident_class NOT NULL,
  severity        "char" NOT NULL CHECK (severity IN ('A', 'B', 'C')),
  coverage        entitled.coverage_kind NOT NULL,
  respond_minutes int CHECK (respond_minutes > 0),
  update_minutes  int CHECK (update_minutes > 0),
  resolve_minutes int CHECK (resolve_minutes > 0),
  PRIMARY KEY (plan, class, severity)
);

-- The targets of one contract, as they were on activation.
CREATE TABLE entitled.contract_target (
  partner_id      bigint NOT NULL,
  contract_id     bigint NOT NULL,
  class           entitled.incident_class NOT NULL,
  severity        "char" NOT NULL CHECK (severity IN ('A', 'B', 'C')),
  coverage        entitled.coverage_kind NOT NULL,
  respond_minutes int,
  update_minutes  int,
  resolve_minutes int,
  PRIMARY KEY (partner_id, contract_id, class, severity),
  FOREIGN KEY (partner_id, contract_id) REFERENCES entitled.contract
);

-- ---------------------------------------------------------------- words of columns

-- Domains in place of CHECKs of a table: those are parsed for each statement that writes a row, lists of words most slowly
-- (a tenth of what one opening costs); those of a domain are kept.
CREATE DOMAIN entitled.incident_state AS text
  CHECK (VALUE IN ('new', 'in_progress', 'awaiting_partner', 'awaiting_vendor', 'resolved', 'closed'));
CREATE DOMAIN entitled.timeline_event AS text
  CHECK (VALUE IN ('opened', 'note', 'assigned', 'taken', 'updated', 'resolved', 'closed', 'reopened', 'credited', 'merged', 'usage',
                   'warning', 'escalation_queued', 'escalated', 'acknowledged', 'went_up', 'overdue', 'escalation_resolved',
                   'escalation_withdrawn'));
CREATE DOMAIN entitled.incident_channel AS text CHECK (VALUE IN ('phone', 'online', 'newsgroup', 'email'));
CREATE DOMAIN entitled.outage AS text CHECK (VALUE IN ('network', 'server'));
CREATE DOMAIN entitled.ledger_kind AS text
  CHECK (VALUE IN ('grant', 'top_up', 'debit', 'usage', 'override', 'late', 'late_usage', 'credit', 'expiry'));
CREATE DOMAIN entitled.credit_reason AS text CHECK (VALUE IN ('product_defect', 'duplicate', 'mislogged', 'goodwill'));
CREATE DOMAIN entitled.pool_unit AS text CHECK (VALUE IN ('incident', 'minute', 'day', 'seat'));
CREATE DOMAIN entitled.warned_percent AS smallint CHECK (VALUE IN (0, 50, 80, 100));
ALTER TABLE entitled.incident
  DROP CONSTRAINT incident_state_check,
  DROP CONSTRAINT incident_channel_check,
  DROP CONSTRAINT incident_outage_check,
  ALTER COLUMN state TYPE entitled.incident_state,
  ALTER COLUMN channel TYPE entitled.incident_channel,
  ALTER COLUMN outage TYPE entitled.outage;
ALTER TABLE entitled.ledger
  DROP CONSTRAINT ledger_kind_check,
  DROP CONSTRAINT ledger_reason_is_known,
  ALTER COLUMN kind TYPE entitled.ledger_kind,
  ALTER COLUMN reason TYPE entitled.credit_reason;
ALTER TABLE entitled.pool_grant
  DROP CONSTRAINT pool_grant_unit_check,
  ALTER COLUMN unit TYPE entitled.pool_unit;
ALTER TABLE entitled.timeline
  DROP CONSTRAINT timeline_event_check,
  ALTER COLUMN event TYPE entitled.timeline_event;

-- ---------------------------------------------------------------- clocks

-- contract_id    whose targets are followed; NULL: none
-- calendar_id    the partner's calendar when the incident was logged
-- update_since   since when the update clock runs; NULL: since opened_at
-- clock_started_at, running_since, resolution_used_s   the resolution clock: when it was started, since when it runs
--                (NULL: it stands), and the seconds of coverage that it had run before
-- warned         how far each clock has warned: 0, 50, 80, 100
-- due_at         the earliest deadline that is ahead or missed, what burns first; infinity: none, or it is over
-- tick_at        when the tick must look at it next; NULL: never
ALTER TABLE entitled.incident
  ADD COLUMN contract_id       bigint,
  ADD COLUMN calendar_id       int,
  ADD COLUMN respond_by        timestamptz,
  ADD COLUMN responded_at      timestamptz,
  ADD COLUMN update_since      timestamptz,
  ADD COLUMN update_by         timestamptz,
  ADD COLUMN resolve_by        timestamptz,
  ADD COLUMN clock_started_at  timestamptz,
  ADD COLUMN running_since     timestamptz,
  ADD COLUMN resolution_used_s bigint NOT NULL DEFAULT 0,
  ADD COLUMN respond_warned    entitled.warned_percent NOT NULL DEFAULT 0,
  ADD COLUMN update_warned     entitled.warned_percent NOT NULL DEFAULT 0,
  ADD COLUMN resolve_warned    entitled.warned_percent NOT NULL DEFAULT 0,
  ADD COLUMN due_at            timestamptz NOT NULL DEFAULT 'infinity',
  ADD COLUMN tick_at           timestamptz;
UPDATE entitled.incident i SET calendar_id = p.calendar_id FROM entitled.partner p WHERE p.partner_id = i.partner_id;

CREATE INDEX incident_by_tick ON entitled.incident (tick_at) WHERE tick_at IS NOT NULL;
-- What burns first: of those that nobody owns (incident.take), of the others, of one owner, of one partner. An opening
-- pays for the first and the last only.
CREATE INDEX incident_queue ON entitled.incident (due_at, incident_id)
  WHERE owner IS NULL AND state NOT IN ('resolved', 'closed');
CREATE INDEX incident_owned_by_due ON entitled.incident (due_at, incident_id)
  WHERE owner IS NOT NULL AND state NOT IN ('resolved', 'closed');
CREATE INDEX incident_of_owner_by_due ON entitled.incident (owner, due_at, incident_id)
  WHERE owner IS NOT NULL AND state NOT IN ('resolved', 'closed');
CREATE INDEX incident_of_partner_by_due ON entitled.incident (partner_id, due_at, incident_id)
  WHERE state NOT IN ('resolved', 'closed');
CREATE INDEX incident_of_owner ON entitled.incident (owner, incident_id) WHERE owner IS NOT NULL;
-- What is rare among all, by number: what is worked on or resolved, and critical ones. Other openings do not pay for it.
CREATE INDEX incident_of_state ON entitled.incident (state, incident_id) WHERE state NOT IN ('new', 'closed');
CREATE INDEX incident_critical ON entitled.incident (incident_id) WHERE class = 'critical';

-- What an entry of the timeline changed, for the clocks; NULL: not that.
ALTER TABLE entitled.timeline
  ADD COLUMN state    entitled.incident_state,
  ADD COLUMN severity "char";
UPDATE entitled.timeline
   SET state = CASE event WHEN 'resolved' THEN 'resolved' WHEN 'closed' THEN 'closed' ELSE 'in_progress' END
 WHERE event IN ('resolved', 'closed', 'reopened');

-- A move may lead to several states.
ALTER TABLE entitled.incident_move
  DROP CONSTRAINT incident_move_pkey,
  ADD PRIMARY KEY (move, from_state, to_state);

-- What a batch of openings carries beside.
ALTER TYPE entitled.open_ask ADD ATTRIBUTE severity "char";
ALTER TYPE entitled.open_ask ADD ATTRIBUTE calendar_id int; -- the partner's
ALTER TYPE entitled.open_decision ADD ATTRIBUTE severity "char";
ALTER TYPE entitled.open_decision ADD ATTRIBUTE calendar_id int;
ALTER TYPE entitled.open_decision ADD ATTRIBUTE overage int;

-- Pools that a batch of openings may take from, column by column: handling rows of them one by one costs ten times that.
CREATE TYPE entitled.open_pool_set AS (
  owners       bigint[], -- partners
  grants       bigint[],
  contracts    bigint[],
  benefits     text[],
  coverages    entitled.coverage_kind[],
  professional boolean[], -- whether each accepts that class
  priority     boolean[],
  deliverers   text[],
  starts       timestamptz[],
  ends         timestamptz[], -- infinity: none
  granted      int[],
  used         int[],
  overage      int[],
  expired      int[],
  entries      int[],
  heads        bytea[]
);

-- ---------------------------------------------------------------- words

-- The words of titles and descriptions (seq 0), and of notes (theirs). Not of a new incident, so that openings do not pay
-- for it: those are few at a time, and searched one by one (functions/79_incident_list.sql).
-- Without row-level security, under which no index of words can be used (their operators are not leakproof): it has words
-- and numbers, no texts, one function reads it, and what it finds is looked for behind the wall.
CREATE TABLE entitled.incident_words (
  incident_id bigint NOT NULL,
  seq         int NOT NULL,
  internal    boolean NOT NULL,
  words       tsvector NOT NULL,
  PRIMARY KEY (incident_id, seq)
);
CREATE INDEX incident_words_by_word ON entitled.incident_words USING gin (words);
INSERT INTO entitled.incident_words
SELECT incident_id, 0, false, to_tsvector('simple', title || ' ' || coalesce(description, ''))
  FROM entitled.incident WHERE state <> 'new'
UNION ALL
SELECT incident_id, seq, internal, to_tsvector('simple', body) FROM entitled.timeline WHERE event = 'note';

-- ---------------------------------------------------------------- escalations

-- The levels: who acts, and within how many minutes of coverage it is to be acknowledged.
-- functions/75_escalation.sql fills it.
CREATE TABLE entitled.escalation_level (
  level               smallint PRIMARY KEY CHECK (level BETWEEN 1 AND 3),
  name                text NOT NULL,
  acknowledge_minutes int NOT NULL CHECK (acknowledge_minutes > 0)
);

-- by_itself: a move that time makes, nobody asks for it.
CREATE TABLE entitled.escalation_move (
  move       text NOT NULL,
  from_state text NOT NULL,
  to_state   text NOT NULL,
  by_itself  boolean NOT NULL DEFAULT false,
  PRIMARY KEY (move, from_state)
);

CREATE TABLE entitled.escalation (
  partner_id      bigint NOT NULL,
  escalation_id   bigint GENERATED ALWAYS AS IDENTITY,
  incident_id     bigint NOT NULL,
  level           smallint NOT NULL REFERENCES entitled.escalation_level,
  state           text NOT NULL CHECK (state IN ('queued', 'raised', 'acknowledged', 'resolved', 'withdrawn')),
  reason          text NOT NULL,
  coverage        entitled.coverage_kind NOT NULL,
  raised_by       bigint NOT NULL,
  directed_to     bigint,                        -- a principal
  raised_at       timestamptz NOT NULL,          -- when it was asked for
  effective_at    timestamptz NOT NULL CHECK (effective_at >= raised_at),
  acknowledge_by  timestamptz NOT NULL,
  acknowledged_at timestamptz,
  acknowledged_by bigint,
  ended_at        timestamptz,
  overdue         boolean NOT NULL DEFAULT false, -- was not acknowledged in time on the highest level
  tick_at         timestamptz,                   -- when the tick must look at it next; NULL: never
  PRIMARY KEY (partner_id, escalation_id),
  FOREIGN KEY (partner_id, incident_id) REFERENCES entitled.incident,
  CHECK ((acknowledged_at IS NULL) = (acknowledged_by IS NULL)),
  CHECK ((ended_at IS NOT NULL) = (state IN ('resolved', 'withdrawn')))
);
CREATE INDEX escalation_by_id ON entitled.escalation (escalation_id);
CREATE INDEX escalation_by_incident ON entitled.escalation (partner_id, incident_id);
CREATE INDEX escalation_by_tick ON entitled.escalation (tick_at) WHERE tick_at IS NOT NULL;
-- The order of escalation.list, of all and of one partner; and those that make an incident an escalated one.
CREATE INDEX escalation_by_due ON entitled.escalation (acknowledge_by, escalation_id);
CREATE INDEX escalation_of_partner_by_due ON entitled.escalation (partner_id, acknowledge_by, escalation_id);
CREATE INDEX escalation_in_force ON entitled.escalation (partner_id, incident_id)
  WHERE state IN ('raised', 'acknowledged');

ALTER TABLE entitled.escalation ENABLE ROW LEVEL SECURITY;
ALTER TABLE entitled.escalation FORCE ROW LEVEL SECURITY;
ALTER TABLE entitled.contract_target ENABLE ROW LEVEL SECURITY;
ALTER TABLE entitled.contract_target FORCE ROW LEVEL SECURITY;
