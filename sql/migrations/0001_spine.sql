-- 0001: the tables of the spine.
--
-- Every row that belongs to a partner carries partner_id first in its primary key and in the foreign
-- keys between such rows (the partner is the unit of distribution); all else is small reference data.
-- Row-level security stands behind the functions of api: see functions/01_scope.sql.
-- Foreign keys are the largest part of what an incident costs, so each one here says something that
-- no other one implies; those left out are named where they would stand.

-- For contract_one_membership below: an equality beside an overlap in one index. A trusted extension.
CREATE EXTENSION IF NOT EXISTS btree_gist;

CREATE SCHEMA entitled;
CREATE SCHEMA api;

CREATE DOMAIN entitled.code AS text
  CHECK (VALUE ~ '^[a-z0-9][a-z0-9-]{0,62}$');

CREATE TYPE entitled.incident_class AS ENUM ('professional', 'priority', 'critical', 'advisory');
CREATE TYPE entitled.coverage_kind AS ENUM ('24x7', 'business-hours');

-- ---------------------------------------------------------------- calendars

CREATE TABLE entitled.calendar (
  calendar_id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  code        entitled.code NOT NULL UNIQUE,
  name        text NOT NULL,
  time_zone   text NOT NULL
);

-- Weekly hours in local time; weekday 1 is Monday. A lunch break makes two rows; 24:00 is allowed.
CREATE TABLE entitled.calendar_hours (
  calendar_id int NOT NULL REFERENCES entitled.calendar ON DELETE CASCADE,
  weekday     smallint NOT NULL CHECK (weekday BETWEEN 1 AND 7),
  opens       time NOT NULL,
  closes      time NOT NULL CHECK (closes > opens),
  PRIMARY KEY (calendar_id, weekday, opens)
);

CREATE TABLE entitled.calendar_holiday (
  calendar_id int NOT NULL REFERENCES entitled.calendar ON DELETE CASCADE,
  day         date NOT NULL,
  name        text NOT NULL,
  PRIMARY KEY (calendar_id, day)
);

-- ---------------------------------------------------------------- catalogue

CREATE TABLE entitled.region (
  region entitled.code PRIMARY KEY,
  name   text NOT NULL
);

CREATE TABLE entitled.benefit (
  benefit entitled.code PRIMARY KEY,
  name    text NOT NULL,
  kind    text NOT NULL CHECK (kind IN ('pool', 'access')),
  unit    text CHECK (unit IN ('incident', 'minute', 'day', 'seat')),
  CHECK ((kind = 'pool') = (unit IS NOT NULL))
);

CREATE TABLE entitled.plan (
  plan      entitled.code PRIMARY KEY,
  name      text NOT NULL,
  kind      text NOT NULL CHECK (kind IN ('membership', 'service')),
  level     smallint CHECK (level > 0),          -- of a membership: the higher, the more it includes
  months    smallint NOT NULL CHECK (months BETWEEN 1 AND 120),
  sold      boolean NOT NULL,                    -- false: no new contracts, existing ones run out
  successor entitled.code REFERENCES entitled.plan DEFERRABLE INITIALLY DEFERRED,
  CHECK ((kind = 'membership') = (level IS NOT NULL)),
  CHECK (successor <> plan)
);

CREATE TABLE entitled.plan_fee (
  plan     entitled.code NOT NULL REFERENCES entitled.plan ON DELETE CASCADE,
  region   entitled.code NOT NULL REFERENCES entitled.region,
  amount   numeric(12, 2) NOT NULL CHECK (amount >= 0),
  currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
  typical  boolean NOT NULL DEFAULT false,       -- "from about": the contract's own price counts
  PRIMARY KEY (plan, region)
);

CREATE TABLE entitled.plan_benefit (
  plan         entitled.code NOT NULL REFERENCES entitled.plan ON DELETE CASCADE,
  benefit      entitled.code NOT NULL REFERENCES entitled.benefit,
  quantity     int CHECK (quantity >= 0),        -- of a pool; NULL for an access
  per_contract boolean NOT NULL DEFAULT false,   -- a contract may set a quantity of its own
  rank         smallint NOT NULL DEFAULT 100,    -- lower is used first (rule 1)
  accepts      entitled.incident_class[] NOT NULL DEFAULT '{}',
  coverage     entitled.coverage_kind NOT NULL,
  PRIMARY KEY (plan, benefit)
);

-- ---------------------------------------------------------------- partners and principals

CREATE TABLE entitled.partner (
  partner_id  bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  code        entitled.code NOT NULL UNIQUE,
  name        text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
  region      entitled.code NOT NULL REFERENCES entitled.region,
  time_zone   text NOT NULL,
  calendar_id int NOT NULL REFERENCES entitled.calendar,
  email       text,
  disabled_at timestamptz,
  created_at  timestamptz NOT NULL
);

-- Principals are never deleted, only disabled. (So rows of the hot path name one without a foreign
-- key, whose check would lock this row in every transaction of the system: see doc/architecture.md.)
CREATE TABLE entitled.principal (
  principal_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name         entitled.code NOT NULL UNIQUE,
  role         text NOT NULL CHECK (role IN ('partner', 'coordinator', 'manager', 'reporter', 'admin')),
  partner_id   bigint REFERENCES entitled.partner,
  fingerprint  bytea NOT NULL UNIQUE CHECK (length(fingerprint) = 32),
  disabled_at  timestamptz,
  created_at   timestamptz NOT NULL,
  CHECK ((role = 'partner') = (partner_id IS NOT NULL))
);

-- ---------------------------------------------------------------- contracts, grants, accesses

CREATE TABLE entitled.contract (
  partner_id   bigint NOT NULL REFERENCES entitled.partner,
  contract_id  bigint GENERATED ALWAYS AS IDENTITY,
  plan         entitled.code NOT NULL REFERENCES entitled.plan,
  membership   boolean NOT NULL,                 -- the plan's kind when the contract was written
  starts       date NOT NULL,                    -- first day, in the partner's time zone
  ends         date NOT NULL CHECK (ends > starts), -- the day after the last
  quantities   jsonb NOT NULL DEFAULT '{}',
  price        numeric(12, 2) CHECK (price >= 0),
  currency     text CHECK (currency ~ '^[A-Z]{3}$'),
  term_starts  timestamptz,                      -- set on activation: the term as instants (rule 9)
  term_ends    timestamptz CHECK (term_ends > term_starts),
  activated_at timestamptz,
  cancelled_at timestamptz,
  created_by   bigint NOT NULL,
  created_at   timestamptz NOT NULL,
  PRIMARY KEY (partner_id, contract_id),
  CHECK ((price IS NULL) = (currency IS NULL)),
  CHECK ((activated_at IS NULL) = (term_starts IS NULL)),
  CHECK ((activated_at IS NULL) = (term_ends IS NULL)),
  -- A partner holds one membership at a time, and any number of service plans.
  CONSTRAINT contract_one_membership EXCLUDE USING gist
    (partner_id WITH =, tstzrange(term_starts, term_ends) WITH &&)
    WHERE (membership AND activated_at IS NOT NULL AND cancelled_at IS NULL)
);
CREATE INDEX contract_by_id ON entitled.contract (contract_id);

-- A pool of one contract. Its terms never change after activation; used and overage are the ledger's
-- cache, and entries and head its length and last hash. fillfactor leaves room for HOT updates.
CREATE TABLE entitled.pool_grant (
  partner_id  bigint NOT NULL,
  grant_id    bigint GENERATED ALWAYS AS IDENTITY,
  contract_id bigint NOT NULL,
  benefit     entitled.code NOT NULL REFERENCES entitled.benefit,
  unit        text NOT NULL CHECK (unit IN ('incident', 'minute', 'day', 'seat')),
  rank        smallint NOT NULL,
  accepts     entitled.incident_class[] NOT NULL,
  coverage    entitled.coverage_kind NOT NULL,
  starts      timestamptz NOT NULL,              -- included
  ends        timestamptz,                       -- excluded; NULL: never
  granted     int NOT NULL CHECK (granted >= 0),
  used        int NOT NULL DEFAULT 0 CHECK (used >= 0),
  overage     int NOT NULL DEFAULT 0 CHECK (overage >= 0),
  entries     int NOT NULL DEFAULT 0 CHECK (entries >= 0),
  head        bytea NOT NULL DEFAULT '\x' CHECK (length(head) IN (0, 32)),
  PRIMARY KEY (partner_id, grant_id),
  UNIQUE (partner_id, contract_id, benefit),
  FOREIGN KEY (partner_id, contract_id) REFERENCES entitled.contract,
  CHECK (used <= granted),
  CHECK (ends > starts)
) WITH (fillfactor = 70);

-- An access of one contract, with the terms it had on activation.
CREATE TABLE entitled.contract_access (
  partner_id  bigint NOT NULL,
  contract_id bigint NOT NULL,
  benefit     entitled.code NOT NULL REFERENCES entitled.benefit,
  accepts     entitled.incident_class[] NOT NULL,
  coverage    entitled.coverage_kind NOT NULL,
  starts      timestamptz NOT NULL,
  ends        timestamptz,
  PRIMARY KEY (partner_id, contract_id, benefit),
  FOREIGN KEY (partner_id, contract_id) REFERENCES entitled.contract,
  CHECK (ends > starts)
);

-- ---------------------------------------------------------------- incidents

CREATE TABLE entitled.incident (
  partner_id  bigint NOT NULL REFERENCES entitled.partner,
  incident_id bigint GENERATED BY DEFAULT AS IDENTITY,
  class       entitled.incident_class NOT NULL,
  severity    "char" NOT NULL CHECK (severity IN ('A', 'B', 'C')),
  state       text NOT NULL DEFAULT 'new'
              CHECK (state IN ('new', 'in_progress', 'awaiting_partner', 'awaiting_vendor', 'resolved', 'closed')),
  title       text NOT NULL CHECK (length(title) BETWEEN 1 AND 200),
  description text,
  contact     text,
  product     text,
  channel     text CHECK (channel IN ('phone', 'online', 'newsgroup', 'email')),
  outage      text CHECK (outage IN ('network', 'server')),
  coverage    entitled.coverage_kind NOT NULL,
  opened_at   timestamptz NOT NULL,              -- when it was reported
  logged_at   timestamptz NOT NULL CHECK (logged_at >= opened_at), -- when it was entered here
  logged_by   bigint NOT NULL,                   -- a principal
  owner       bigint,                            -- a principal
  PRIMARY KEY (partner_id, incident_id),
  CHECK (class <> 'critical' OR outage IS NOT NULL) -- rule 2
);
CREATE INDEX incident_by_id ON entitled.incident (incident_id);

-- The append-only list of debits and credits; (partner_id, grant_id) implies the partner.
CREATE TABLE entitled.ledger (
  partner_id   bigint NOT NULL,
  grant_id     bigint NOT NULL,
  seq          int NOT NULL CHECK (seq > 0),     -- 1, 2, 3 … within the grant
  at           timestamptz NOT NULL,
  kind         text NOT NULL CHECK (kind IN ('grant', 'debit', 'override')),
  units        int NOT NULL CHECK (units > 0 OR (kind = 'grant' AND units = 0)),
  incident_id  bigint,
  principal_id bigint NOT NULL,
  note         text,
  hash         bytea NOT NULL CHECK (length(hash) = 32),
  PRIMARY KEY (partner_id, grant_id, seq),
  FOREIGN KEY (partner_id, grant_id) REFERENCES entitled.pool_grant,
  FOREIGN KEY (partner_id, incident_id) REFERENCES entitled.incident,
  CHECK (kind <> 'override' OR length(note) > 0) -- rule 5
);
-- An incident is charged at most once (rule 8), and found again by its charge.
CREATE UNIQUE INDEX ledger_charge_once ON entitled.ledger (partner_id, incident_id)
  WHERE kind IN ('debit', 'override');

-- What happened to an incident, in order; append-only.
CREATE TABLE entitled.timeline (
  partner_id   bigint NOT NULL,
  incident_id  bigint NOT NULL,
  seq          int NOT NULL CHECK (seq > 0),
  at           timestamptz NOT NULL,
  principal_id bigint NOT NULL,
  event        text NOT NULL CHECK (event IN ('opened', 'note')),
  internal     boolean NOT NULL DEFAULT false,   -- not for partners
  body         text,
  PRIMARY KEY (partner_id, incident_id, seq),
  FOREIGN KEY (partner_id, incident_id) REFERENCES entitled.incident
);

-- An incident that was not logged because nothing covered it (rule 4); reported nightly.
CREATE TABLE entitled.refusal (
  partner_id   bigint NOT NULL REFERENCES entitled.partner,
  refusal_id   bigint GENERATED ALWAYS AS IDENTITY,
  at           timestamptz NOT NULL,
  principal_id bigint NOT NULL,
  reason       text NOT NULL,                    -- data.reason of the reply
  class        entitled.incident_class NOT NULL,
  request      jsonb NOT NULL,
  PRIMARY KEY (partner_id, refusal_id)
);

-- Every change carries a key (rule 8): what was asked under it, and what was answered.
-- partner_id 0 is the program itself (a principal, the catalogue): hence no foreign key.
CREATE TABLE entitled.request (
  partner_id   bigint NOT NULL,
  principal_id bigint NOT NULL,
  key          text NOT NULL CHECK (key <> '' AND octet_length(key) <= 64),
  at           timestamptz NOT NULL,
  digest       bytea NOT NULL CHECK (length(digest) = 32), -- SHA-256 of method and parameters
  ok           boolean NOT NULL,
  reply        text NOT NULL,                    -- the result (ok) or the error, as it was sent
  PRIMARY KEY (partner_id, principal_id, key)
);

-- ---------------------------------------------------------------- who may see which rows

DO $$
DECLARE
  owned text;
BEGIN
  FOREACH owned IN ARRAY '{partner,contract,pool_grant,contract_access,incident,ledger,timeline,refusal,request}'::text[]
  LOOP
    EXECUTE format('ALTER TABLE entitled.%I ENABLE ROW LEVEL SECURITY', owned);
    EXECUTE format('ALTER TABLE entitled.%I FORCE ROW LEVEL SECURITY', owned);
  END LOOP;
END
$$;

-- ---------------------------------------------------------------- a batch of openings, in memory

-- One request to log an incident, as functions/10_incident_open.sql reads it.
CREATE TYPE entitled.open_ask AS (
  ordinal         int,                           -- its place in the batch
  caller          bigint,
  role            text,                          -- NULL: the caller is disabled
  key             text,
  digest          bytea,
  repeats         boolean,                       -- its key was answered before, or is asked earlier in this batch
  partner_id      bigint,                        -- NULL: there is no such partner
  partner         text,
  disabled        boolean,                       -- the partner
  class           entitled.incident_class,
  outage          text,
  override_reason text,
  opened_at       timestamptz
);

-- What became of it: of the ask, what is written; the decision; and the entry in the ledger, if any.
CREATE TYPE entitled.open_decision AS (
  ordinal     int,
  partner_id  bigint,
  caller      bigint,
  key         text,
  digest      bytea,
  class       entitled.incident_class,
  outage      text,
  opened_at   timestamptz,
  note        text,                              -- the reason for an override
  error       jsonb,                             -- NULL: it is logged
  incident_id bigint,
  coverage    entitled.coverage_kind,
  kind        text,                              -- of the entry; NULL: not charged
  grant_id    bigint,
  contract_id bigint,
  pool        text,
  granted     int,
  used        int,                               -- by this one and all before
  seq         int,
  hash        bytea
);
