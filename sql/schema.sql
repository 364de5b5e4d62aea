-- What sql/migrations/ make: entitled-migrate --dump of a database that they made. Not to be edited.

CREATE SCHEMA api;

ALTER SCHEMA api OWNER TO entitled_owner;

CREATE SCHEMA entitled;

ALTER SCHEMA entitled OWNER TO entitled_owner;

CREATE SCHEMA entitled_meta;

ALTER SCHEMA entitled_meta OWNER TO entitled_owner;

CREATE TYPE api.reply AS (
	ordinal integer,
	ok boolean,
	body text
);

ALTER TYPE api.reply OWNER TO entitled_owner;

CREATE DOMAIN entitled.alert_kind AS text
	CONSTRAINT alert_kind_check CHECK ((VALUE = ANY (ARRAY['used_80'::text, 'used_100'::text, 'runs_out'::text, 'expires_in_30'::text])));

ALTER DOMAIN entitled.alert_kind OWNER TO entitled_owner;

CREATE DOMAIN entitled.code AS text
	CONSTRAINT code_check CHECK ((VALUE ~ '^[a-z0-9][a-z0-9-]{0,62}$'::text));

ALTER DOMAIN entitled.code OWNER TO entitled_owner;

CREATE TYPE entitled.coverage_kind AS ENUM (
    '24x7',
    'business-hours'
);

ALTER TYPE entitled.coverage_kind OWNER TO entitled_owner;

CREATE DOMAIN entitled.credit_reason AS text
	CONSTRAINT credit_reason_check CHECK ((VALUE = ANY (ARRAY['product_defect'::text, 'duplicate'::text, 'mislogged'::text, 'goodwill'::text])));

ALTER DOMAIN entitled.credit_reason OWNER TO entitled_owner;

CREATE DOMAIN entitled.forecast_status AS text
	CONSTRAINT forecast_status_check CHECK ((VALUE = ANY (ARRAY['ok'::text, 'not_enough_data'::text, 'none'::text])));

ALTER DOMAIN entitled.forecast_status OWNER TO entitled_owner;

CREATE DOMAIN entitled.incident_channel AS text
	CONSTRAINT incident_channel_check1 CHECK ((VALUE = ANY (ARRAY['phone'::text, 'online'::text, 'newsgroup'::text, 'email'::text])));

ALTER DOMAIN entitled.incident_channel OWNER TO entitled_owner;

CREATE TYPE entitled.incident_class AS ENUM (
    'professional',
    'priority',
    'critical',
    'advisory'
);

ALTER TYPE entitled.incident_class OWNER TO entitled_owner;

CREATE DOMAIN entitled.incident_state AS text
	CONSTRAINT incident_state_check1 CHECK ((VALUE = ANY (ARRAY['new'::text, 'in_progress'::text, 'awaiting_partner'::text, 'awaiting_vendor'::text, 'resolved'::text, 'closed'::text])));

ALTER DOMAIN entitled.incident_state OWNER TO entitled_owner;

CREATE DOMAIN entitled.ledger_kind AS text
	CONSTRAINT ledger_kind_check1 CHECK ((VALUE = ANY (ARRAY['grant'::text, 'top_up'::text, 'debit'::text, 'usage'::text, 'override'::text, 'late'::text, 'late_usage'::text, 'credit'::text, 'expiry'::text])));

ALTER DOMAIN entitled.ledger_kind OWNER TO entitled_owner;

CREATE TYPE entitled.open_ask AS (
	ordinal integer,
	caller bigint,
	role text,
	key text,
	digest bytea,
	repeats boolean,
	partner_id bigint,
	partner text,
	disabled boolean,
	class entitled.incident_class,
	outage text,
	override_reason text,
	opened_at timestamp with time zone,
	delivered_by text,
	severity "char",
	calendar_id integer
);

ALTER TYPE entitled.open_ask OWNER TO entitled_owner;

CREATE TYPE entitled.open_decision AS (
	ordinal integer,
	partner_id bigint,
	caller bigint,
	key text,
	digest bytea,
	class entitled.incident_class,
	outage text,
	opened_at timestamp with time zone,
	note text,
	error jsonb,
	incident_id bigint,
	coverage entitled.coverage_kind,
	kind text,
	grant_id bigint,
	contract_id bigint,
	pool text,
	granted integer,
	used integer,
	seq integer,
	hash bytea,
	delivered_by text,
	expired integer,
	severity "char",
	calendar_id integer,
	overage integer
);

ALTER TYPE entitled.open_decision OWNER TO entitled_owner;

CREATE TYPE entitled.open_pool_set AS (
	owners bigint[],
	grants bigint[],
	contracts bigint[],
	benefits text[],
	coverages entitled.coverage_kind[],
	professional boolean[],
	priority boolean[],
	deliverers text[],
	starts timestamp with time zone[],
	ends timestamp with time zone[],
	granted integer[],
	used integer[],
	overage integer[],
	expired integer[],
	entries integer[],
	heads bytea[]
);

ALTER TYPE entitled.open_pool_set OWNER TO entitled_owner;

CREATE DOMAIN entitled.outage AS text
	CONSTRAINT outage_check CHECK ((VALUE = ANY (ARRAY['network'::text, 'server'::text])));

ALTER DOMAIN entitled.outage OWNER TO entitled_owner;

CREATE DOMAIN entitled.pool_status AS text
	CONSTRAINT pool_status_check CHECK ((VALUE = ANY (ARRAY['exhausted'::text, 'nearly'::text, 'runs_out'::text, 'expires_soon'::text, 'ok'::text, 'expired'::text])));

ALTER DOMAIN entitled.pool_status OWNER TO entitled_owner;

CREATE DOMAIN entitled.pool_unit AS text
	CONSTRAINT pool_unit_check CHECK ((VALUE = ANY (ARRAY['incident'::text, 'minute'::text, 'day'::text, 'seat'::text])));

ALTER DOMAIN entitled.pool_unit OWNER TO entitled_owner;

CREATE DOMAIN entitled.timeline_event AS text
	CONSTRAINT timeline_event_check1 CHECK ((VALUE = ANY (ARRAY['opened'::text, 'note'::text, 'assigned'::text, 'taken'::text, 'updated'::text, 'resolved'::text, 'closed'::text, 'reopened'::text, 'credited'::text, 'merged'::text, 'usage'::text, 'warning'::text, 'escalation_queued'::text, 'escalated'::text, 'acknowledged'::text, 'went_up'::text, 'overdue'::text, 'escalation_resolved'::text, 'escalation_withdrawn'::text])));

ALTER DOMAIN entitled.timeline_event OWNER TO entitled_owner;

CREATE DOMAIN entitled.warned_percent AS smallint
	CONSTRAINT warned_percent_check CHECK ((VALUE = ANY (ARRAY[0, 50, 80, 100])));

ALTER DOMAIN entitled.warned_percent OWNER TO entitled_owner;

CREATE TABLE entitled.partner (
    partner_id bigint NOT NULL,
    code entitled.code NOT NULL,
    name text NOT NULL,
    region entitled.code NOT NULL,
    time_zone text NOT NULL,
    calendar_id integer NOT NULL,
    email text,
    disabled_at timestamp with time zone,
    created_at timestamp with time zone NOT NULL,
    CONSTRAINT partner_name_check CHECK (((length(name) >= 1) AND (length(name) <= 200)))
);

ALTER TABLE ONLY entitled.partner FORCE ROW LEVEL SECURITY;

ALTER TABLE entitled.partner OWNER TO entitled_owner;

CREATE TABLE entitled.principal (
    principal_id bigint NOT NULL,
    name entitled.code NOT NULL,
    role text NOT NULL,
    partner_id bigint,
    fingerprint bytea NOT NULL,
    disabled_at timestamp with time zone,
    created_at timestamp with time zone NOT NULL,
    CONSTRAINT principal_check CHECK (((role = 'partner'::text) = (partner_id IS NOT NULL))),
    CONSTRAINT principal_fingerprint_check CHECK ((length(fingerprint) = 32)),
    CONSTRAINT principal_role_check CHECK ((role = ANY (ARRAY['partner'::text, 'coordinator'::text, 'manager'::text, 'reporter'::text, 'admin'::text])))
);

ALTER TABLE entitled.principal OWNER TO entitled_owner;

CREATE TABLE entitled.night (
    date date NOT NULL,
    begins timestamp with time zone NOT NULL,
    cut_off timestamp with time zone NOT NULL,
    time_zone text NOT NULL,
    taken_at timestamp with time zone NOT NULL,
    partners integer NOT NULL,
    pools integer NOT NULL,
    summary jsonb NOT NULL,
    finished_at timestamp with time zone,
    CONSTRAINT night_check CHECK ((cut_off >= begins)),
    CONSTRAINT night_check1 CHECK ((taken_at >= cut_off))
);

ALTER TABLE ONLY entitled.night FORCE ROW LEVEL SECURITY;

ALTER TABLE entitled.night OWNER TO entitled_owner;

CREATE TABLE entitled.contract (
    partner_id bigint NOT NULL,
    contract_id bigint NOT NULL,
    plan entitled.code NOT NULL,
    membership boolean NOT NULL,
    starts date NOT NULL,
    ends date NOT NULL,
    quantities jsonb DEFAULT '{}'::jsonb NOT NULL,
    price numeric(12,2),
    currency text,
    term_starts timestamp with time zone,
    term_ends timestamp with time zone,
    activated_at timestamp with time zone,
    cancelled_at timestamp with time zone,
    created_by bigint NOT NULL,
    created_at timestamp with time zone NOT NULL,
    delivered_by entitled.code,
    renews bigint,
    upgrades bigint,
    cancel_reason text,
    CONSTRAINT contract_check CHECK ((ends > starts)),
    CONSTRAINT contract_check1 CHECK ((renews <> contract_id)),
    CONSTRAINT contract_check2 CHECK (((price IS NULL) = (currency IS NULL))),
    CONSTRAINT contract_check3 CHECK (((activated_at IS NULL) = (term_starts IS NULL))),
    CONSTRAINT contract_check4 CHECK (((activated_at IS NULL) = (term_ends IS NULL))),
    CONSTRAINT contract_check5 CHECK ((upgrades <> contract_id)),
    CONSTRAINT contract_check6 CHECK (((renews IS NULL) OR (upgrades IS NULL))),
    CONSTRAINT contract_check7 CHECK (((cancelled_at IS NULL) = (cancel_reason IS NULL))),
    CONSTRAINT contract_currency_check CHECK ((currency ~ '^[A-Z]{3}$'::text)),
    CONSTRAINT contract_price_check CHECK ((price >= (0)::numeric)),
    CONSTRAINT contract_term CHECK ((term_ends >= term_starts))
);

ALTER TABLE ONLY entitled.contract FORCE ROW LEVEL SECURITY;

ALTER TABLE entitled.contract OWNER TO entitled_owner;

CREATE TABLE entitled.contract_access (
    partner_id bigint NOT NULL,
    contract_id bigint NOT NULL,
    benefit entitled.code NOT NULL,
    accepts entitled.incident_class[] NOT NULL,
    coverage entitled.coverage_kind NOT NULL,
    starts timestamp with time zone NOT NULL,
    ends timestamp with time zone,
    CONSTRAINT contract_access_term CHECK ((ends >= starts))
);

ALTER TABLE ONLY entitled.contract_access FORCE ROW LEVEL SECURITY;

ALTER TABLE entitled.contract_access OWNER TO entitled_owner;

CREATE TABLE entitled.pool_grant (
    partner_id bigint NOT NULL,
    grant_id bigint NOT NULL,
    contract_id bigint NOT NULL,
    benefit entitled.code NOT NULL,
    unit entitled.pool_unit NOT NULL,
    rank smallint NOT NULL,
    accepts entitled.incident_class[] NOT NULL,
    coverage entitled.coverage_kind NOT NULL,
    starts timestamp with time zone NOT NULL,
    ends timestamp with time zone,
    granted integer NOT NULL,
    used integer DEFAULT 0 NOT NULL,
    overage integer DEFAULT 0 NOT NULL,
    entries integer DEFAULT 0 NOT NULL,
    head bytea DEFAULT '\x'::bytea NOT NULL,
    expired integer DEFAULT 0 NOT NULL,
    delivered_by entitled.code,
    CONSTRAINT pool_grant_entries_check CHECK ((entries >= 0)),
    CONSTRAINT pool_grant_expired_check CHECK ((expired >= 0)),
    CONSTRAINT pool_grant_granted_check CHECK ((granted >= 0)),
    CONSTRAINT pool_grant_head_check CHECK ((length(head) = ANY (ARRAY[0, 32]))),
    CONSTRAINT pool_grant_never_below_zero CHECK (((used + expired) <= granted)),
    CONSTRAINT pool_grant_overage_check CHECK ((overage >= 0)),
    CONSTRAINT pool_grant_term CHECK ((ends >= starts)),
    CONSTRAINT pool_grant_used_check CHECK ((used >= 0))
)
WITH (fillfactor='70');

ALTER TABLE ONLY entitled.pool_grant FORCE ROW LEVEL SECURITY;

ALTER TABLE entitled.pool_grant OWNER TO entitled_owner;

CREATE TABLE entitled.incident (
    partner_id bigint NOT NULL,
    incident_id bigint NOT NULL,
    class entitled.incident_class NOT NULL,
    severity "char" NOT NULL,
    state entitled.incident_state DEFAULT 'new'::text NOT NULL,
    title text NOT NULL,
    description text,
    contact text,
    product text,
    channel entitled.incident_channel,
    outage entitled.outage,
    coverage entitled.coverage_kind NOT NULL,
    opened_at timestamp with time zone NOT NULL,
    logged_at timestamp with time zone NOT NULL,
    logged_by bigint NOT NULL,
    owner bigint,
    delivered_by entitled.code,
    duplicate_of bigint,
    resolution text,
    resolved_at timestamp with time zone,
    closed_at timestamp with time zone,
    reopened integer DEFAULT 0 NOT NULL,
    contract_id bigint,
    calendar_id integer,
    respond_by timestamp with time zone,
    responded_at timestamp with time zone,
    update_since timestamp with time zone,
    update_by timestamp with time zone,
    resolve_by timestamp with time zone,
    clock_started_at timestamp with time zone,
    running_since timestamp with time zone,
    resolution_used_s bigint DEFAULT 0 NOT NULL,
    respond_warned entitled.warned_percent DEFAULT 0 NOT NULL,
    update_warned entitled.warned_percent DEFAULT 0 NOT NULL,
    resolve_warned entitled.warned_percent DEFAULT 0 NOT NULL,
    due_at timestamp with time zone DEFAULT 'infinity'::timestamp with time zone NOT NULL,
    tick_at timestamp with time zone,
    CONSTRAINT incident_check CHECK ((logged_at >= opened_at)),
    CONSTRAINT incident_check1 CHECK (((class <> 'critical'::entitled.incident_class) OR (outage IS NOT NULL))),
    CONSTRAINT incident_check2 CHECK ((duplicate_of <> incident_id)),
    CONSTRAINT incident_reopened_check CHECK ((reopened >= 0)),
    CONSTRAINT incident_severity_check CHECK ((severity = ANY (ARRAY['A'::"char", 'B'::"char", 'C'::"char"]))),
    CONSTRAINT incident_title_check CHECK (((length(title) >= 1) AND (length(title) <= 200)))
);

ALTER TABLE ONLY entitled.incident FORCE ROW LEVEL SECURITY;

ALTER TABLE entitled.incident OWNER TO entitled_owner;

CREATE TABLE entitled.contract_target (
    partner_id bigint NOT NULL,
    contract_id bigint NOT NULL,
    class entitled.incident_class NOT NULL,
    severity "char" NOT NULL,
    coverage entitled.coverage_kind NOT NULL,
    respond_minutes integer,
    update_minutes integer,
    resolve_minutes integer,
    CONSTRAINT contract_target_severity_check CHECK ((severity = ANY (ARRAY['A'::"char", 'B'::"char", 'C'::"char"])))
);

ALTER TABLE ONLY entitled.contract_target FORCE ROW LEVEL SECURITY;

ALTER TABLE entitled.contract_target OWNER TO entitled_owner;

CREATE TABLE entitled.plan (
    plan entitled.code NOT NULL,
    name text NOT NULL,
    kind text NOT NULL,
    level smallint,
    months smallint NOT NULL,
    sold boolean NOT NULL,
    successor entitled.code,
    CONSTRAINT plan_check CHECK (((kind = 'membership'::text) = (level IS NOT NULL))),
    CONSTRAINT plan_check1 CHECK (((successor)::text <> (plan)::text)),
    CONSTRAINT plan_kind_check CHECK ((kind = ANY (ARRAY['membership'::text, 'service'::text]))),
    CONSTRAINT plan_level_check CHECK ((level > 0)),
    CONSTRAINT plan_months_check CHECK (((months >= 1) AND (months <= 120)))
);

ALTER TABLE entitled.plan OWNER TO entitled_owner;

CREATE TABLE entitled.escalation (
    partner_id bigint NOT NULL,
    escalation_id bigint NOT NULL,
    incident_id bigint NOT NULL,
    level smallint NOT NULL,
    state text NOT NULL,
    reason text NOT NULL,
    coverage entitled.coverage_kind NOT NULL,
    raised_by bigint NOT NULL,
    directed_to bigint,
    raised_at timestamp with time zone NOT NULL,
    effective_at timestamp with time zone NOT NULL,
    acknowledge_by timestamp with time zone NOT NULL,
    acknowledged_at timestamp with time zone,
    acknowledged_by bigint,
    ended_at timestamp with time zone,
    overdue boolean DEFAULT false NOT NULL,
    tick_at timestamp with time zone,
    CONSTRAINT escalation_check CHECK ((effective_at >= raised_at)),
    CONSTRAINT escalation_check1 CHECK (((acknowledged_at IS NULL) = (acknowledged_by IS NULL))),
    CONSTRAINT escalation_check2 CHECK (((ended_at IS NOT NULL) = (state = ANY (ARRAY['resolved'::text, 'withdrawn'::text])))),
    CONSTRAINT escalation_state_check CHECK ((state = ANY (ARRAY['queued'::text, 'raised'::text, 'acknowledged'::text, 'resolved'::text, 'withdrawn'::text])))
);

ALTER TABLE ONLY entitled.escalation FORCE ROW LEVEL SECURITY;

ALTER TABLE entitled.escalation OWNER TO entitled_owner;

CREATE TABLE entitled.timeline (
    partner_id bigint NOT NULL,
    incident_id bigint NOT NULL,
    seq integer NOT NULL,
    at timestamp with time zone NOT NULL,
    principal_id bigint NOT NULL,
    event entitled.timeline_event NOT NULL,
    internal boolean DEFAULT false NOT NULL,
    body text,
    xid xid8 DEFAULT pg_current_xact_id() NOT NULL,
    xid_order xid8 DEFAULT pg_current_xact_id() NOT NULL,
    state entitled.incident_state,
    severity "char",
    entered_at timestamp with time zone,
    CONSTRAINT timeline_entered_at_check CHECK ((entered_at > at)),
    CONSTRAINT timeline_seq_check CHECK ((seq > 0))
);

ALTER TABLE ONLY entitled.timeline FORCE ROW LEVEL SECURITY;

ALTER TABLE entitled.timeline OWNER TO entitled_owner;

CREATE TABLE entitled.snapshot (
    partner_id bigint NOT NULL,
    date date NOT NULL,
    grant_id bigint NOT NULL,
    expires timestamp with time zone,
    granted integer NOT NULL,
    topped_up integer NOT NULL,
    used integer NOT NULL,
    credited integer NOT NULL,
    expired integer NOT NULL,
    overage integer NOT NULL,
    left_units integer NOT NULL,
    reckoned integer NOT NULL,
    last_30 integer NOT NULL,
    that_day integer NOT NULL,
    active_days integer NOT NULL,
    status entitled.pool_status NOT NULL,
    forecast entitled.forecast_status NOT NULL,
    per_day double precision,
    runs_out date,
    runs_out_early date,
    runs_out_late date,
    left_at_expiry integer,
    left_low integer,
    left_high integer
);

ALTER TABLE ONLY entitled.snapshot FORCE ROW LEVEL SECURITY;

ALTER TABLE entitled.snapshot OWNER TO entitled_owner;

CREATE TABLE entitled.ledger (
    partner_id bigint NOT NULL,
    grant_id bigint NOT NULL,
    seq integer NOT NULL,
    at timestamp with time zone NOT NULL,
    kind entitled.ledger_kind NOT NULL,
    units integer NOT NULL,
    incident_id bigint,
    principal_id bigint NOT NULL,
    note text,
    hash bytea NOT NULL,
    reason entitled.credit_reason,
    CONSTRAINT ledger_check CHECK (((units > 0) OR (((kind)::text = 'grant'::text) AND (units = 0)))),
    CONSTRAINT ledger_check1 CHECK ((((kind)::text <> 'override'::text) OR (length(note) > 0))),
    CONSTRAINT ledger_credit_has_reason CHECK ((((kind)::text = 'credit'::text) = (reason IS NOT NULL))),
    CONSTRAINT ledger_hash_check CHECK ((length(hash) = 32)),
    CONSTRAINT ledger_incident_is_known CHECK ((((kind)::text <> ALL (ARRAY['debit'::text, 'override'::text, 'late'::text, 'credit'::text])) OR (incident_id IS NOT NULL))),
    CONSTRAINT ledger_note_says_something CHECK ((note <> ''::text)),
    CONSTRAINT ledger_seq_check CHECK ((seq > 0))
);

ALTER TABLE ONLY entitled.ledger FORCE ROW LEVEL SECURITY;

ALTER TABLE entitled.ledger OWNER TO entitled_owner;

CREATE TABLE entitled.mail (
    partner_id bigint NOT NULL,
    mail_id bigint NOT NULL,
    date date NOT NULL,
    recipient text NOT NULL,
    message_id text NOT NULL,
    state text NOT NULL,
    attempts integer NOT NULL,
    claimed_by bigint,
    claimed_at timestamp with time zone,
    heard_at timestamp with time zone,
    settled_at timestamp with time zone,
    next_attempt_at timestamp with time zone,
    detail text,
    created_at timestamp with time zone NOT NULL,
    CONSTRAINT mail_attempts_check CHECK ((attempts >= 0)),
    CONSTRAINT mail_check CHECK (((state = 'deferred'::text) = (next_attempt_at IS NOT NULL))),
    CONSTRAINT mail_check1 CHECK (((state = ANY (ARRAY['claimed'::text, 'handing'::text])) = (settled_at IS NULL))),
    CONSTRAINT mail_state_check CHECK ((state = ANY (ARRAY['claimed'::text, 'handing'::text, 'deferred'::text, 'sent'::text, 'refused'::text, 'unknown'::text, 'gave_up'::text])))
);

ALTER TABLE ONLY entitled.mail FORCE ROW LEVEL SECURITY;

ALTER TABLE entitled.mail OWNER TO entitled_owner;

CREATE TABLE entitled.program (
    one boolean DEFAULT true NOT NULL,
    name text NOT NULL,
    time_zone text NOT NULL,
    CONSTRAINT program_name_check CHECK (((length(name) >= 1) AND (length(name) <= 200))),
    CONSTRAINT program_one_check CHECK (one)
);

ALTER TABLE entitled.program OWNER TO entitled_owner;

CREATE TABLE entitled.request (
    partner_id bigint NOT NULL,
    principal_id bigint NOT NULL,
    key text NOT NULL,
    at timestamp with time zone NOT NULL,
    digest bytea NOT NULL,
    ok boolean NOT NULL,
    reply text NOT NULL,
    CONSTRAINT request_digest_check CHECK ((length(digest) = 32)),
    CONSTRAINT request_key_check CHECK (((key <> ''::text) AND (octet_length(key) <= 64)))
);

ALTER TABLE ONLY entitled.request FORCE ROW LEVEL SECURITY;

ALTER TABLE entitled.request OWNER TO entitled_owner;

CREATE TABLE entitled.benefit (
    benefit entitled.code NOT NULL,
    name text NOT NULL,
    kind text NOT NULL,
    unit text,
    escalates boolean DEFAULT false NOT NULL,
    delivered boolean DEFAULT false NOT NULL,
    CONSTRAINT benefit_check CHECK (((kind = 'pool'::text) = (unit IS NOT NULL))),
    CONSTRAINT benefit_check1 CHECK (((NOT escalates) OR (kind = 'access'::text))),
    CONSTRAINT benefit_delivered CHECK (((NOT delivered) OR (unit = 'incident'::text))),
    CONSTRAINT benefit_kind_check CHECK ((kind = ANY (ARRAY['pool'::text, 'access'::text]))),
    CONSTRAINT benefit_unit_check CHECK ((unit = ANY (ARRAY['incident'::text, 'minute'::text, 'day'::text, 'seat'::text])))
);

ALTER TABLE entitled.benefit OWNER TO entitled_owner;

CREATE TABLE entitled.alert (
    partner_id bigint NOT NULL,
    grant_id bigint NOT NULL,
    kind entitled.alert_kind NOT NULL,
    date date NOT NULL,
    text text NOT NULL
);

ALTER TABLE ONLY entitled.alert FORCE ROW LEVEL SECURITY;

ALTER TABLE entitled.alert OWNER TO entitled_owner;

CREATE TABLE entitled.calendar (
    calendar_id integer NOT NULL,
    code entitled.code NOT NULL,
    name text NOT NULL,
    time_zone text NOT NULL
);

ALTER TABLE entitled.calendar OWNER TO entitled_owner;

ALTER TABLE entitled.calendar ALTER COLUMN calendar_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME entitled.calendar_calendar_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE entitled.calendar_holiday (
    calendar_id integer NOT NULL,
    day date NOT NULL,
    name text NOT NULL
);

ALTER TABLE entitled.calendar_holiday OWNER TO entitled_owner;

CREATE TABLE entitled.calendar_hours (
    calendar_id integer NOT NULL,
    weekday smallint NOT NULL,
    opens time without time zone NOT NULL,
    closes time without time zone NOT NULL,
    CONSTRAINT calendar_hours_check CHECK ((closes > opens)),
    CONSTRAINT calendar_hours_weekday_check CHECK (((weekday >= 1) AND (weekday <= 7)))
);

ALTER TABLE entitled.calendar_hours OWNER TO entitled_owner;

CREATE TABLE entitled.calendar_stretch (
    calendar_id integer NOT NULL,
    opens timestamp with time zone NOT NULL,
    closes timestamp with time zone NOT NULL,
    seconds_before bigint NOT NULL,
    CONSTRAINT calendar_stretch_check CHECK ((closes > opens)),
    CONSTRAINT calendar_stretch_seconds_before_check CHECK ((seconds_before >= 0))
);

ALTER TABLE entitled.calendar_stretch OWNER TO entitled_owner;

ALTER TABLE entitled.contract ALTER COLUMN contract_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME entitled.contract_contract_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

ALTER TABLE entitled.escalation ALTER COLUMN escalation_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME entitled.escalation_escalation_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE entitled.escalation_level (
    level smallint NOT NULL,
    name text NOT NULL,
    acknowledge_minutes integer NOT NULL,
    CONSTRAINT escalation_level_acknowledge_minutes_check CHECK ((acknowledge_minutes > 0)),
    CONSTRAINT escalation_level_level_check CHECK (((level >= 1) AND (level <= 3)))
);

ALTER TABLE entitled.escalation_level OWNER TO entitled_owner;

CREATE TABLE entitled.escalation_move (
    move text NOT NULL,
    from_state text NOT NULL,
    to_state text NOT NULL,
    by_itself boolean DEFAULT false NOT NULL
);

ALTER TABLE entitled.escalation_move OWNER TO entitled_owner;

ALTER TABLE entitled.incident ALTER COLUMN incident_id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME entitled.incident_incident_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE entitled.incident_move (
    move text NOT NULL,
    from_state text NOT NULL,
    to_state text NOT NULL
);

ALTER TABLE entitled.incident_move OWNER TO entitled_owner;

CREATE TABLE entitled.incident_words (
    incident_id bigint NOT NULL,
    seq integer NOT NULL,
    internal boolean NOT NULL,
    words tsvector NOT NULL
);

ALTER TABLE entitled.incident_words OWNER TO entitled_owner;

ALTER TABLE entitled.mail ALTER COLUMN mail_id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME entitled.mail_mail_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE entitled.mail_move (
    move text NOT NULL,
    from_state text NOT NULL,
    to_state text NOT NULL
);

ALTER TABLE entitled.mail_move OWNER TO entitled_owner;

CREATE TABLE entitled.mail_outcome (
    partner_id bigint NOT NULL,
    mail_id bigint NOT NULL,
    attempt integer NOT NULL,
    outcome text NOT NULL,
    at timestamp with time zone NOT NULL,
    detail text,
    CONSTRAINT mail_outcome_attempt_check CHECK ((attempt > 0)),
    CONSTRAINT mail_outcome_outcome_check CHECK ((outcome = ANY (ARRAY['sent'::text, 'deferred'::text, 'refused'::text, 'unknown'::text, 'lost'::text])))
);

ALTER TABLE ONLY entitled.mail_outcome FORCE ROW LEVEL SECURITY;

ALTER TABLE entitled.mail_outcome OWNER TO entitled_owner;

ALTER TABLE entitled.partner ALTER COLUMN partner_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME entitled.partner_partner_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE entitled.plan_benefit (
    plan entitled.code NOT NULL,
    benefit entitled.code NOT NULL,
    quantity integer,
    per_contract boolean DEFAULT false NOT NULL,
    rank smallint DEFAULT 100 NOT NULL,
    accepts entitled.incident_class[] DEFAULT '{}'::entitled.incident_class[] NOT NULL,
    coverage entitled.coverage_kind NOT NULL,
    CONSTRAINT plan_benefit_quantity_check CHECK ((quantity >= 0))
);

ALTER TABLE entitled.plan_benefit OWNER TO entitled_owner;

CREATE TABLE entitled.plan_fee (
    plan entitled.code NOT NULL,
    region entitled.code NOT NULL,
    amount numeric(12,2) NOT NULL,
    currency text NOT NULL,
    typical boolean DEFAULT false NOT NULL,
    CONSTRAINT plan_fee_amount_check CHECK ((amount >= (0)::numeric)),
    CONSTRAINT plan_fee_currency_check CHECK ((currency ~ '^[A-Z]{3}$'::text))
);

ALTER TABLE entitled.plan_fee OWNER TO entitled_owner;

CREATE TABLE entitled.plan_target (
    plan entitled.code NOT NULL,
    class entitled.incident_class NOT NULL,
    severity "char" NOT NULL,
    coverage entitled.coverage_kind NOT NULL,
    respond_minutes integer,
    update_minutes integer,
    resolve_minutes integer,
    CONSTRAINT plan_target_resolve_minutes_check CHECK ((resolve_minutes > 0)),
    CONSTRAINT plan_target_respond_minutes_check CHECK ((respond_minutes > 0)),
    CONSTRAINT plan_target_severity_check CHECK ((severity = ANY (ARRAY['A'::"char", 'B'::"char", 'C'::"char"]))),
    CONSTRAINT plan_target_update_minutes_check CHECK ((update_minutes > 0))
);

ALTER TABLE entitled.plan_target OWNER TO entitled_owner;

ALTER TABLE entitled.pool_grant ALTER COLUMN grant_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME entitled.pool_grant_grant_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

ALTER TABLE entitled.principal ALTER COLUMN principal_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME entitled.principal_principal_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE entitled.refusal (
    partner_id bigint NOT NULL,
    refusal_id bigint NOT NULL,
    at timestamp with time zone NOT NULL,
    principal_id bigint NOT NULL,
    reason text NOT NULL,
    class entitled.incident_class,
    request jsonb NOT NULL,
    method text DEFAULT 'incident.open'::text NOT NULL
);

ALTER TABLE ONLY entitled.refusal FORCE ROW LEVEL SECURITY;

ALTER TABLE entitled.refusal OWNER TO entitled_owner;

ALTER TABLE entitled.refusal ALTER COLUMN refusal_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME entitled.refusal_refusal_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE entitled.region (
    region entitled.code NOT NULL,
    name text NOT NULL
);

ALTER TABLE entitled.region OWNER TO entitled_owner;

CREATE TABLE entitled_meta.functions (
    one boolean DEFAULT true NOT NULL,
    sha256 text NOT NULL,
    loaded_at timestamp with time zone NOT NULL,
    CONSTRAINT functions_one_check CHECK (one)
);

ALTER TABLE entitled_meta.functions OWNER TO entitled_owner;

CREATE TABLE entitled_meta.migration (
    version integer NOT NULL,
    name text NOT NULL,
    sha256 text NOT NULL,
    applied_at timestamp with time zone DEFAULT now() NOT NULL
);

ALTER TABLE entitled_meta.migration OWNER TO entitled_owner;

ALTER TABLE ONLY entitled.alert
    ADD CONSTRAINT alert_pkey PRIMARY KEY (partner_id, grant_id, kind);

ALTER TABLE ONLY entitled.benefit
    ADD CONSTRAINT benefit_pkey PRIMARY KEY (benefit);

ALTER TABLE ONLY entitled.calendar
    ADD CONSTRAINT calendar_code_key UNIQUE (code);

ALTER TABLE ONLY entitled.calendar_holiday
    ADD CONSTRAINT calendar_holiday_pkey PRIMARY KEY (calendar_id, day);

ALTER TABLE ONLY entitled.calendar_hours
    ADD CONSTRAINT calendar_hours_pkey PRIMARY KEY (calendar_id, weekday, opens);

ALTER TABLE ONLY entitled.calendar
    ADD CONSTRAINT calendar_pkey PRIMARY KEY (calendar_id);

ALTER TABLE ONLY entitled.calendar_stretch
    ADD CONSTRAINT calendar_stretch_pkey PRIMARY KEY (calendar_id, opens);

ALTER TABLE ONLY entitled.contract_access
    ADD CONSTRAINT contract_access_pkey PRIMARY KEY (partner_id, contract_id, benefit);

ALTER TABLE ONLY entitled.contract
    ADD CONSTRAINT contract_one_membership EXCLUDE USING gist (partner_id WITH =, tstzrange(term_starts, term_ends) WITH &&) WHERE ((membership AND (activated_at IS NOT NULL) AND (cancelled_at IS NULL)));

ALTER TABLE ONLY entitled.contract
    ADD CONSTRAINT contract_pkey PRIMARY KEY (partner_id, contract_id);

ALTER TABLE ONLY entitled.contract_target
    ADD CONSTRAINT contract_target_pkey PRIMARY KEY (partner_id, contract_id, class, severity);

ALTER TABLE ONLY entitled.escalation_level
    ADD CONSTRAINT escalation_level_pkey PRIMARY KEY (level);

ALTER TABLE ONLY entitled.escalation_move
    ADD CONSTRAINT escalation_move_pkey PRIMARY KEY (move, from_state);

ALTER TABLE ONLY entitled.escalation
    ADD CONSTRAINT escalation_pkey PRIMARY KEY (partner_id, escalation_id);

ALTER TABLE ONLY entitled.incident_move
    ADD CONSTRAINT incident_move_pkey PRIMARY KEY (move, from_state, to_state);

ALTER TABLE ONLY entitled.incident
    ADD CONSTRAINT incident_pkey PRIMARY KEY (partner_id, incident_id);

ALTER TABLE ONLY entitled.incident_words
    ADD CONSTRAINT incident_words_pkey PRIMARY KEY (incident_id, seq);

ALTER TABLE ONLY entitled.ledger
    ADD CONSTRAINT ledger_pkey PRIMARY KEY (partner_id, grant_id, seq);

ALTER TABLE ONLY entitled.mail
    ADD CONSTRAINT mail_message_id_key UNIQUE (message_id);

ALTER TABLE ONLY entitled.mail_move
    ADD CONSTRAINT mail_move_pkey PRIMARY KEY (move, from_state);

ALTER TABLE ONLY entitled.mail_outcome
    ADD CONSTRAINT mail_outcome_pkey PRIMARY KEY (partner_id, mail_id, attempt);

ALTER TABLE ONLY entitled.mail
    ADD CONSTRAINT mail_pkey PRIMARY KEY (partner_id, mail_id);

ALTER TABLE ONLY entitled.night
    ADD CONSTRAINT night_pkey PRIMARY KEY (date);

ALTER TABLE ONLY entitled.partner
    ADD CONSTRAINT partner_code_key UNIQUE (code);

ALTER TABLE ONLY entitled.partner
    ADD CONSTRAINT partner_pkey PRIMARY KEY (partner_id);

ALTER TABLE ONLY entitled.plan_benefit
    ADD CONSTRAINT plan_benefit_pkey PRIMARY KEY (plan, benefit);

ALTER TABLE ONLY entitled.plan_fee
    ADD CONSTRAINT plan_fee_pkey PRIMARY KEY (plan, region);

ALTER TABLE ONLY entitled.plan
    ADD CONSTRAINT plan_pkey PRIMARY KEY (plan);

ALTER TABLE ONLY entitled.plan_target
    ADD CONSTRAINT plan_target_pkey PRIMARY KEY (plan, class, severity);

ALTER TABLE ONLY entitled.pool_grant
    ADD CONSTRAINT pool_grant_partner_id_contract_id_benefit_key UNIQUE (partner_id, contract_id, benefit);

ALTER TABLE ONLY entitled.pool_grant
    ADD CONSTRAINT pool_grant_pkey PRIMARY KEY (partner_id, grant_id);

ALTER TABLE ONLY entitled.principal
    ADD CONSTRAINT principal_fingerprint_key UNIQUE (fingerprint);

ALTER TABLE ONLY entitled.principal
    ADD CONSTRAINT principal_name_key UNIQUE (name);

ALTER TABLE ONLY entitled.principal
    ADD CONSTRAINT principal_pkey PRIMARY KEY (principal_id);

ALTER TABLE ONLY entitled.program
    ADD CONSTRAINT program_pkey PRIMARY KEY (one);

ALTER TABLE ONLY entitled.refusal
    ADD CONSTRAINT refusal_pkey PRIMARY KEY (partner_id, refusal_id);

ALTER TABLE ONLY entitled.region
    ADD CONSTRAINT region_pkey PRIMARY KEY (region);

ALTER TABLE ONLY entitled.request
    ADD CONSTRAINT request_pkey PRIMARY KEY (partner_id, principal_id, key);

ALTER TABLE ONLY entitled.snapshot
    ADD CONSTRAINT snapshot_pkey PRIMARY KEY (partner_id, date, grant_id);

ALTER TABLE ONLY entitled.timeline
    ADD CONSTRAINT timeline_pkey PRIMARY KEY (partner_id, incident_id, seq);

ALTER TABLE ONLY entitled_meta.functions
    ADD CONSTRAINT functions_pkey PRIMARY KEY (one);

ALTER TABLE ONLY entitled_meta.migration
    ADD CONSTRAINT migration_pkey PRIMARY KEY (version);

CREATE INDEX alert_by_date ON entitled.alert USING btree (date, partner_id, grant_id, kind);

CREATE UNIQUE INDEX calendar_stretch_by_seconds ON entitled.calendar_stretch USING btree (calendar_id, seconds_before);

CREATE INDEX contract_by_id ON entitled.contract USING btree (contract_id);

CREATE UNIQUE INDEX contract_renewed_once ON entitled.contract USING btree (partner_id, renews) WHERE (cancelled_at IS NULL);

CREATE UNIQUE INDEX contract_upgraded_once ON entitled.contract USING btree (partner_id, upgrades);

CREATE INDEX escalation_by_due ON entitled.escalation USING btree (acknowledge_by, escalation_id);

CREATE INDEX escalation_by_id ON entitled.escalation USING btree (escalation_id);

CREATE INDEX escalation_by_incident ON entitled.escalation USING btree (partner_id, incident_id);

CREATE INDEX escalation_by_tick ON entitled.escalation USING btree (tick_at) WHERE (tick_at IS NOT NULL);

CREATE INDEX escalation_in_force ON entitled.escalation USING btree (partner_id, incident_id) WHERE (state = ANY (ARRAY['raised'::text, 'acknowledged'::text]));

CREATE INDEX escalation_of_partner_by_due ON entitled.escalation USING btree (partner_id, acknowledge_by, escalation_id);

CREATE INDEX incident_by_id ON entitled.incident USING btree (incident_id);

CREATE INDEX incident_by_opened ON entitled.incident USING btree (opened_at, incident_id);

CREATE INDEX incident_by_tick ON entitled.incident USING btree (tick_at) WHERE (tick_at IS NOT NULL);

CREATE INDEX incident_critical ON entitled.incident USING btree (incident_id) WHERE (class = 'critical'::entitled.incident_class);

CREATE INDEX incident_of_owner ON entitled.incident USING btree (owner, incident_id) WHERE (owner IS NOT NULL);

CREATE INDEX incident_of_owner_by_due ON entitled.incident USING btree (owner, due_at, incident_id) WHERE ((owner IS NOT NULL) AND ((state)::text <> ALL (ARRAY['resolved'::text, 'closed'::text])));

CREATE INDEX incident_of_partner_by_due ON entitled.incident USING btree (partner_id, due_at, incident_id) WHERE ((state)::text <> ALL (ARRAY['resolved'::text, 'closed'::text]));

CREATE INDEX incident_of_state ON entitled.incident USING btree (state, incident_id) WHERE ((state)::text <> ALL (ARRAY['new'::text, 'closed'::text]));

CREATE INDEX incident_owned_by_due ON entitled.incident USING btree (due_at, incident_id) WHERE ((owner IS NOT NULL) AND ((state)::text <> ALL (ARRAY['resolved'::text, 'closed'::text])));

CREATE INDEX incident_queue ON entitled.incident USING btree (due_at, incident_id) WHERE ((owner IS NULL) AND ((state)::text <> ALL (ARRAY['resolved'::text, 'closed'::text])));

CREATE INDEX incident_words_by_word ON entitled.incident_words USING gin (words);

CREATE UNIQUE INDEX ledger_charge_once ON entitled.ledger USING btree (partner_id, incident_id) WHERE ((kind)::text = ANY (ARRAY['debit'::text, 'override'::text, 'late'::text]));

CREATE UNIQUE INDEX ledger_credit_once ON entitled.ledger USING btree (partner_id, incident_id) WHERE ((kind)::text = 'credit'::text);

CREATE INDEX mail_by_date ON entitled.mail USING btree (date, mail_id);

CREATE INDEX mail_by_id ON entitled.mail USING btree (mail_id);

CREATE INDEX mail_not_sent ON entitled.mail USING btree (state, mail_id) WHERE (state <> 'sent'::text);

CREATE UNIQUE INDEX mail_once ON entitled.mail USING btree (partner_id, date, lower(recipient));

CREATE INDEX snapshot_by_date ON entitled.snapshot USING brin (date) WITH (pages_per_range='16', autosummarize='on');

CREATE INDEX timeline_by_xid_order ON entitled.timeline USING btree (xid_order);

CREATE TRIGGER timeline_order BEFORE INSERT ON entitled.timeline FOR EACH ROW WHEN ((new.seq > 1)) EXECUTE FUNCTION entitled.timeline_order();

ALTER TABLE ONLY entitled.calendar_holiday
    ADD CONSTRAINT calendar_holiday_calendar_id_fkey FOREIGN KEY (calendar_id) REFERENCES entitled.calendar(calendar_id) ON DELETE CASCADE;

ALTER TABLE ONLY entitled.calendar_hours
    ADD CONSTRAINT calendar_hours_calendar_id_fkey FOREIGN KEY (calendar_id) REFERENCES entitled.calendar(calendar_id) ON DELETE CASCADE;

ALTER TABLE ONLY entitled.calendar_stretch
    ADD CONSTRAINT calendar_stretch_calendar_id_fkey FOREIGN KEY (calendar_id) REFERENCES entitled.calendar(calendar_id) ON DELETE CASCADE;

ALTER TABLE ONLY entitled.contract_access
    ADD CONSTRAINT contract_access_benefit_fkey FOREIGN KEY (benefit) REFERENCES entitled.benefit(benefit);

ALTER TABLE ONLY entitled.contract_access
    ADD CONSTRAINT contract_access_partner_id_contract_id_fkey FOREIGN KEY (partner_id, contract_id) REFERENCES entitled.contract(partner_id, contract_id);

ALTER TABLE ONLY entitled.contract
    ADD CONSTRAINT contract_delivered_by_fkey FOREIGN KEY (delivered_by) REFERENCES entitled.partner(code);

ALTER TABLE ONLY entitled.contract
    ADD CONSTRAINT contract_partner_id_fkey FOREIGN KEY (partner_id) REFERENCES entitled.partner(partner_id);

ALTER TABLE ONLY entitled.contract
    ADD CONSTRAINT contract_partner_id_renews_fkey FOREIGN KEY (partner_id, renews) REFERENCES entitled.contract(partner_id, contract_id);

ALTER TABLE ONLY entitled.contract
    ADD CONSTRAINT contract_partner_id_upgrades_fkey FOREIGN KEY (partner_id, upgrades) REFERENCES entitled.contract(partner_id, contract_id);

ALTER TABLE ONLY entitled.contract
    ADD CONSTRAINT contract_plan_fkey FOREIGN KEY (plan) REFERENCES entitled.plan(plan);

ALTER TABLE ONLY entitled.contract_target
    ADD CONSTRAINT contract_target_partner_id_contract_id_fkey FOREIGN KEY (partner_id, contract_id) REFERENCES entitled.contract(partner_id, contract_id);

ALTER TABLE ONLY entitled.escalation
    ADD CONSTRAINT escalation_level_fkey FOREIGN KEY (level) REFERENCES entitled.escalation_level(level);

ALTER TABLE ONLY entitled.escalation
    ADD CONSTRAINT escalation_partner_id_incident_id_fkey FOREIGN KEY (partner_id, incident_id) REFERENCES entitled.incident(partner_id, incident_id);

ALTER TABLE ONLY entitled.incident
    ADD CONSTRAINT incident_partner_id_duplicate_of_fkey FOREIGN KEY (partner_id, duplicate_of) REFERENCES entitled.incident(partner_id, incident_id);

ALTER TABLE ONLY entitled.incident
    ADD CONSTRAINT incident_partner_id_fkey FOREIGN KEY (partner_id) REFERENCES entitled.partner(partner_id);

ALTER TABLE ONLY entitled.ledger
    ADD CONSTRAINT ledger_partner_id_grant_id_fkey FOREIGN KEY (partner_id, grant_id) REFERENCES entitled.pool_grant(partner_id, grant_id);

ALTER TABLE ONLY entitled.ledger
    ADD CONSTRAINT ledger_partner_id_incident_id_fkey FOREIGN KEY (partner_id, incident_id) REFERENCES entitled.incident(partner_id, incident_id);

ALTER TABLE ONLY entitled.mail_outcome
    ADD CONSTRAINT mail_outcome_partner_id_mail_id_fkey FOREIGN KEY (partner_id, mail_id) REFERENCES entitled.mail(partner_id, mail_id);

ALTER TABLE ONLY entitled.partner
    ADD CONSTRAINT partner_calendar_id_fkey FOREIGN KEY (calendar_id) REFERENCES entitled.calendar(calendar_id);

ALTER TABLE ONLY entitled.partner
    ADD CONSTRAINT partner_region_fkey FOREIGN KEY (region) REFERENCES entitled.region(region);

ALTER TABLE ONLY entitled.plan_benefit
    ADD CONSTRAINT plan_benefit_benefit_fkey FOREIGN KEY (benefit) REFERENCES entitled.benefit(benefit);

ALTER TABLE ONLY entitled.plan_benefit
    ADD CONSTRAINT plan_benefit_plan_fkey FOREIGN KEY (plan) REFERENCES entitled.plan(plan) ON DELETE CASCADE;

ALTER TABLE ONLY entitled.plan_fee
    ADD CONSTRAINT plan_fee_plan_fkey FOREIGN KEY (plan) REFERENCES entitled.plan(plan) ON DELETE CASCADE;

ALTER TABLE ONLY entitled.plan_fee
    ADD CONSTRAINT plan_fee_region_fkey FOREIGN KEY (region) REFERENCES entitled.region(region);

ALTER TABLE ONLY entitled.plan
    ADD CONSTRAINT plan_successor_fkey FOREIGN KEY (successor) REFERENCES entitled.plan(plan) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY entitled.plan_target
    ADD CONSTRAINT plan_target_plan_fkey FOREIGN KEY (plan) REFERENCES entitled.plan(plan) ON DELETE CASCADE;

ALTER TABLE ONLY entitled.pool_grant
    ADD CONSTRAINT pool_grant_benefit_fkey FOREIGN KEY (benefit) REFERENCES entitled.benefit(benefit);

ALTER TABLE ONLY entitled.pool_grant
    ADD CONSTRAINT pool_grant_partner_id_contract_id_fkey FOREIGN KEY (partner_id, contract_id) REFERENCES entitled.contract(partner_id, contract_id);

ALTER TABLE ONLY entitled.principal
    ADD CONSTRAINT principal_partner_id_fkey FOREIGN KEY (partner_id) REFERENCES entitled.partner(partner_id);

ALTER TABLE ONLY entitled.refusal
    ADD CONSTRAINT refusal_partner_id_fkey FOREIGN KEY (partner_id) REFERENCES entitled.partner(partner_id);

ALTER TABLE ONLY entitled.timeline
    ADD CONSTRAINT timeline_partner_id_incident_id_fkey FOREIGN KEY (partner_id, incident_id) REFERENCES entitled.incident(partner_id, incident_id);

ALTER TABLE entitled.alert ENABLE ROW LEVEL SECURITY;

ALTER TABLE entitled.contract ENABLE ROW LEVEL SECURITY;

ALTER TABLE entitled.contract_access ENABLE ROW LEVEL SECURITY;

ALTER TABLE entitled.contract_target ENABLE ROW LEVEL SECURITY;

ALTER TABLE entitled.escalation ENABLE ROW LEVEL SECURITY;

ALTER TABLE entitled.incident ENABLE ROW LEVEL SECURITY;

ALTER TABLE entitled.ledger ENABLE ROW LEVEL SECURITY;

ALTER TABLE entitled.mail ENABLE ROW LEVEL SECURITY;

ALTER TABLE entitled.mail_outcome ENABLE ROW LEVEL SECURITY;

ALTER TABLE entitled.night ENABLE ROW LEVEL SECURITY;

ALTER TABLE entitled.partner ENABLE ROW LEVEL SECURITY;

ALTER TABLE entitled.pool_grant ENABLE ROW LEVEL SECURITY;

ALTER TABLE entitled.refusal ENABLE ROW LEVEL SECURITY;

ALTER TABLE entitled.request ENABLE ROW LEVEL SECURITY;

CREATE POLICY scope ON entitled.alert USING ((( SELECT entitled.scope_all() AS scope_all) OR (partner_id = ( SELECT entitled.scope_partner() AS scope_partner))));

CREATE POLICY scope ON entitled.contract USING ((( SELECT entitled.scope_all() AS scope_all) OR (partner_id = ( SELECT entitled.scope_partner() AS scope_partner))));

CREATE POLICY scope ON entitled.contract_access USING ((( SELECT entitled.scope_all() AS scope_all) OR (partner_id = ( SELECT entitled.scope_partner() AS scope_partner))));

CREATE POLICY scope ON entitled.contract_target USING ((( SELECT entitled.scope_all() AS scope_all) OR (partner_id = ( SELECT entitled.scope_partner() AS scope_partner))));

CREATE POLICY scope ON entitled.escalation USING ((( SELECT entitled.scope_all() AS scope_all) OR (partner_id = ( SELECT entitled.scope_partner() AS scope_partner))));

CREATE POLICY scope ON entitled.incident USING ((( SELECT entitled.scope_all() AS scope_all) OR (partner_id = ( SELECT entitled.scope_partner() AS scope_partner))));

CREATE POLICY scope ON entitled.ledger USING ((( SELECT entitled.scope_all() AS scope_all) OR (partner_id = ( SELECT entitled.scope_partner() AS scope_partner))));

CREATE POLICY scope ON entitled.mail USING ((( SELECT entitled.scope_all() AS scope_all) OR (partner_id = ( SELECT entitled.scope_partner() AS scope_partner))));

CREATE POLICY scope ON entitled.mail_outcome USING ((( SELECT entitled.scope_all() AS scope_all) OR (partner_id = ( SELECT entitled.scope_partner() AS scope_partner))));

CREATE POLICY scope ON entitled.night USING (( SELECT entitled.scope_all() AS scope_all));

CREATE POLICY scope ON entitled.partner USING ((( SELECT entitled.scope_all() AS scope_all) OR (partner_id = ( SELECT entitled.scope_partner() AS scope_partner))));

CREATE POLICY scope ON entitled.pool_grant USING ((( SELECT entitled.scope_all() AS scope_all) OR (partner_id = ( SELECT entitled.scope_partner() AS scope_partner))));

CREATE POLICY scope ON entitled.refusal USING ((( SELECT entitled.scope_all() AS scope_all) OR (partner_id = ( SELECT entitled.scope_partner() AS scope_partner))));

CREATE POLICY scope ON entitled.request USING ((( SELECT entitled.scope_all() AS scope_all) OR (partner_id = ( SELECT entitled.scope_partner() AS scope_partner))));

CREATE POLICY scope ON entitled.snapshot USING ((( SELECT entitled.scope_all() AS scope_all) OR (partner_id = ( SELECT entitled.scope_partner() AS scope_partner))));

CREATE POLICY scope ON entitled.timeline USING ((( SELECT entitled.scope_all() AS scope_all) OR (partner_id = ( SELECT entitled.scope_partner() AS scope_partner))));

ALTER TABLE entitled.snapshot ENABLE ROW LEVEL SECURITY;

ALTER TABLE entitled.timeline ENABLE ROW LEVEL SECURITY;

GRANT USAGE ON SCHEMA api TO entitled_daemon;

