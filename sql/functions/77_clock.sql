-- The clocks of an incident: its deadlines, its warnings, and why a deadline is when it is
-- (doc/architecture.md, "The life of an incident"). The one place that reckons them: clock_reckon() for one incident,
-- clock_open() for a batch of new ones (a test compares the two).
--
-- A method locks the incident, brings it up to now (clock_catch_up()), changes the row in memory (clock_act(),
-- clock_state(), clock_severity()), has it reckoned (clock_reckon()) and writes it back (incident_write()). What is entered
-- later than it happened is reckoned as of then: `at` in all of them; NULL: now.

DROP FUNCTION IF EXISTS entitled.clock_act(entitled.incident); -- before they had `at`
DROP FUNCTION IF EXISTS entitled.clock_state(entitled.incident, text);
DROP FUNCTION IF EXISTS entitled.clock_restart(entitled.incident);
DROP FUNCTION IF EXISTS entitled.clock_severity(entitled.incident, "char");
DROP FUNCTION IF EXISTS entitled.clock_catch_up(entitled.incident);

-- The targets that an incident follows; all NULL: none.
CREATE OR REPLACE FUNCTION entitled.clock_target(i entitled.incident) RETURNS entitled.contract_target
LANGUAGE plpgsql STABLE AS $$
DECLARE
  target entitled.contract_target;
BEGIN
  SELECT * INTO target FROM entitled.contract_target t
   WHERE t.partner_id = i.partner_id AND t.contract_id = i.contract_id AND t.class = i.class AND t.severity = i.severity;
  RETURN target;
END
$$;

-- Whether an incident in this state is still worked on, and whether its resolution clock runs then.
CREATE OR REPLACE FUNCTION entitled.state_is_open(state text) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN state NOT IN ('resolved', 'closed');
CREATE OR REPLACE FUNCTION entitled.state_runs(state text) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN state NOT IN ('awaiting_partner', 'resolved', 'closed');

-- From when to when the resolution clock has run since it was started, in order; the last to_at is NULL if it runs. From
-- the timeline, which says when the state changed.
CREATE OR REPLACE FUNCTION entitled.clock_runs(i entitled.incident) RETURNS TABLE (from_at timestamptz, to_at timestamptz)
LANGUAGE sql STABLE AS $$
  WITH change AS (
    SELECT 0 AS seq, i.clock_started_at AS at, true AS runs
    UNION ALL
    SELECT t.seq, t.at, entitled.state_runs(t.state)
      FROM entitled.timeline t
     WHERE t.partner_id = i.partner_id AND t.incident_id = i.incident_id AND t.state IS NOT NULL
       AND t.seq > (SELECT coalesce(max(r.seq), 1) FROM entitled.timeline r
                     WHERE r.partner_id = i.partner_id AND r.incident_id = i.incident_id AND r.event = 'reopened')),
  turn AS (
    SELECT c.seq, c.at, c.runs
      FROM (SELECT *, lag(runs) OVER (ORDER BY seq) AS before FROM change) c
     WHERE c.runs IS DISTINCT FROM c.before)
  SELECT t.at, u.until
    FROM (SELECT seq, at, runs, greatest(lead(at) OVER (ORDER BY seq), at) AS until,
                 lead(seq) OVER (ORDER BY seq) AS next FROM turn) t
   CROSS JOIN LATERAL (SELECT CASE WHEN t.next IS NOT NULL THEN t.until END AS until) u
   WHERE t.runs
   ORDER BY t.seq
$$;

-- When the resolution clock has run so many seconds of the target's coverage; NULL: it stands before it gets there, or
-- there is no such instant.
CREATE OR REPLACE FUNCTION entitled.clock_reach(
  i entitled.incident, target entitled.contract_target, seconds bigint) RETURNS timestamptz
LANGUAGE plpgsql STABLE AS $$
DECLARE
  run record;
  before bigint := 0; -- seconds, in the runs before this one
  within bigint;
BEGIN
  IF seconds > i.resolution_used_s THEN
    RETURN entitled.coverage_after_seconds(i.calendar_id, target.coverage, i.running_since, seconds - i.resolution_used_s);
  END IF;
  FOR run IN SELECT * FROM entitled.clock_runs(i) r WHERE r.to_at IS NOT NULL LOOP
    within := entitled.coverage_seconds(i.calendar_id, target.coverage, run.from_at, run.to_at);
    IF before + within >= seconds THEN
      RETURN entitled.coverage_after_seconds(i.calendar_id, target.coverage, run.from_at, seconds - before);
    END IF;
    before := before + within;
  END LOOP;
  RETURN NULL;
END
$$;

-- The instants at which the clocks of an incident reach these percentages of their targets, for those that have not
-- warned of it: {clock, percent, minutes of the target, at}. Not of a clock that is over, or stands before it gets there.
CREATE OR REPLACE FUNCTION entitled.clock_steps(i entitled.incident)
RETURNS TABLE (clock text, percent smallint, minutes int, at timestamptz)
LANGUAGE plpgsql STABLE AS $$
DECLARE
  target entitled.contract_target := entitled.clock_target(i);
BEGIN
  IF target.coverage IS NULL OR NOT entitled.state_is_open(i.state) THEN
    RETURN;
  END IF;
  IF target.respond_minutes IS NOT NULL AND i.responded_at IS NULL THEN
    RETURN QUERY SELECT 'response', p, target.respond_minutes, entitled.coverage_after_seconds(
        i.calendar_id, target.coverage, i.opened_at, target.respond_minutes * 60::bigint * p / 100)
      FROM unnest('{50,80,100}'::smallint[]) p WHERE p > i.respond_warned;
  END IF;
  IF target.update_minutes IS NOT NULL AND i.state <> 'awaiting_partner' THEN
    RETURN QUERY SELECT 'update', p, target.update_minutes, entitled.coverage_after_seconds(
        i.calendar_id, target.coverage, coalesce(i.update_since, i.opened_at), target.update_minutes * 60::bigint * p / 100)
      FROM unnest('{50,80,100}'::smallint[]) p WHERE p > i.update_warned;
  END IF;
  IF target.resolve_minutes IS NOT NULL THEN
    RETURN QUERY SELECT 'resolution', p, target.resolve_minutes,
                        entitled.clock_reach(i, target, target.resolve_minutes * 60::bigint * p / 100)
      FROM unnest('{50,80,100}'::smallint[]) p WHERE p > i.resolve_warned;
  END IF;
END
$$;

-- The incident with its deadlines reckoned from its state, severity and what its clocks have run. Once resolved, the
-- deadline of the resolution stays what it was.
CREATE OR REPLACE FUNCTION entitled.clock_reckon(i entitled.incident) RETURNS entitled.incident
LANGUAGE plpgsql STABLE AS $$
DECLARE
  target entitled.contract_target := entitled.clock_target(i);
  open boolean := entitled.state_is_open(i.state);
BEGIN
  i.respond_by := entitled.coverage_after(i.calendar_id, target.coverage, i.opened_at, target.respond_minutes);
  i.update_by := CASE WHEN open AND i.state <> 'awaiting_partner' THEN
    entitled.coverage_after(i.calendar_id, target.coverage, coalesce(i.update_since, i.opened_at), target.update_minutes) END;
  IF open THEN
    i.resolve_by := entitled.clock_reach(i, target, target.resolve_minutes::bigint * 60);
  END IF;
  i.due_at := CASE WHEN open THEN
    least(CASE WHEN i.responded_at IS NULL THEN i.respond_by END, i.update_by, i.resolve_by) END;
  i.due_at := coalesce(i.due_at, 'infinity');
  i.tick_at := (SELECT min(s.at) FROM entitled.clock_steps(i) s);
  RETURN i;
END
$$;

-- A batch of openings as it is written: each decision with its charge as the protocol shows it and, where it has a target,
-- the coverage that counts, its deadlines, all from opened_at on, and when the first warning is due: half-way to the first
-- of them. The instants are looked up once for all that ask for the same. (SQL, and STABLE: it is inlined into the one
-- statement that writes, in 10_incident_open.sql.)
CREATE OR REPLACE FUNCTION entitled.clock_open(decisions entitled.open_decision[])
RETURNS TABLE (
  ordinal int, partner_id bigint, caller bigint, key text, digest bytea, class entitled.incident_class, outage text,
  opened_at timestamptz, note text, error jsonb, incident_id bigint, coverage entitled.coverage_kind, kind text, grant_id bigint,
  contract_id bigint, used int, overage int, expired int, seq int, hash bytea, delivered_by text, severity "char",
  calendar_id int, charge json, counted entitled.coverage_kind, respond_by timestamptz, update_by timestamptz, resolve_by timestamptz, tick_at timestamptz)
LANGUAGE sql STABLE AS $$
  WITH decided AS MATERIALIZED (
    SELECT made.*, entitled.open_charge(made) AS charge, target.coverage AS counted, target.respond_minutes AS respond,
           target.update_minutes AS "update", target.resolve_minutes AS resolve
      FROM unnest(decisions) made
      LEFT JOIN LATERAL (SELECT * FROM entitled.contract_target t
                          WHERE t.partner_id = made.partner_id AND t.contract_id = made.contract_id
                            AND t.class = made.class AND t.severity = made.severity LIMIT 1) target ON true),
  reached AS MATERIALIZED (
    SELECT a.*, entitled.coverage_after_each(calendar_id, counted, opened_at,
             ARRAY[respond * 60::bigint, "update" * 60, resolve * 60, least(respond, "update", resolve) * 30]) AS at
      FROM (SELECT DISTINCT d.calendar_id, d.counted, d.opened_at, d.respond, d."update", d.resolve
              FROM decided d WHERE d.counted IS NOT NULL AND d.error IS NULL) a)
  SELECT d.ordinal, d.partner_id, d.caller, d.key, d.digest, d.class, d.outage, d.opened_at, d.note, d.error, d.incident_id,
         d.coverage, d.kind, d.grant_id, d.contract_id, d.used, d.overage, d.expired, d.seq, d.hash, d.delivered_by,
         d.severity, d.calendar_id, d.charge, d.counted, r.at[1], r.at[2], r.at[3], r.at[4]
    FROM decided d
    LEFT JOIN LATERAL (SELECT * FROM reached
                        WHERE reached.calendar_id = d.calendar_id AND reached.counted = d.counted AND reached.opened_at = d.opened_at
                          AND reached.respond IS NOT DISTINCT FROM d.respond AND reached."update" IS NOT DISTINCT FROM d."update"
                          AND reached.resolve IS NOT DISTINCT FROM d.resolve LIMIT 1) r ON true
$$;

-- The incident after an act of staff in public: it was responded to, and the next update is due from then on.
CREATE OR REPLACE FUNCTION entitled.clock_act(i entitled.incident, at timestamptz) RETURNS entitled.incident
LANGUAGE plpgsql STABLE AS $$
BEGIN
  i.update_since := coalesce(at, entitled.clock_now());
  i.responded_at := coalesce(i.responded_at, i.update_since);
  i.update_warned := 0;
  RETURN i;
END
$$;

-- The incident in another state: its resolution clock stops, or runs on. Parts of a second are not counted.
CREATE OR REPLACE FUNCTION entitled.clock_state(i entitled.incident, to_state text, at timestamptz)
RETURNS entitled.incident
LANGUAGE plpgsql STABLE AS $$
DECLARE
  changed_at timestamptz := coalesce(at, entitled.clock_now());
BEGIN
  IF NOT entitled.state_runs(to_state) THEN
    i.resolution_used_s := i.resolution_used_s
      + coalesce(entitled.coverage_seconds(i.calendar_id, (entitled.clock_target(i)).coverage, i.running_since,
                                           changed_at), 0);
    i.running_since := NULL;
  ELSE
    i.running_since := coalesce(i.running_since, changed_at);
  END IF;
  i.state := to_state;
  RETURN i;
END
$$;

-- The incident with a new resolution clock, from then on.
CREATE OR REPLACE FUNCTION entitled.clock_restart(i entitled.incident, at timestamptz) RETURNS entitled.incident
LANGUAGE plpgsql STABLE AS $$
BEGIN
  i.clock_started_at := coalesce(at, entitled.clock_now());
  i.running_since := i.clock_started_at;
  i.resolution_used_s := 0;
  i.resolve_warned := 0;
  RETURN i;
END
$$;

-- The incident with another severity: its targets are others, counted from the start (so what ran before is counted
-- anew, in their coverage). A clock has warned of no more than what it has passed of its new target: it warns of the
-- rest in its time. What changed before in the same transaction must be in the timeline.
CREATE OR REPLACE FUNCTION entitled.clock_severity(i entitled.incident, to_severity "char", at timestamptz)
RETURNS entitled.incident
LANGUAGE plpgsql STABLE AS $$
DECLARE
  target entitled.contract_target;
  warned entitled.incident;
  passed record;
BEGIN
  i.severity := to_severity;
  target := entitled.clock_target(i);
  i.resolution_used_s := (
    SELECT coalesce(sum(entitled.coverage_seconds(i.calendar_id, target.coverage, r.from_at, r.to_at)), 0)
      FROM entitled.clock_runs(i) r WHERE r.to_at IS NOT NULL);
  warned := i;
  warned.respond_warned := 0;
  warned.update_warned := 0;
  warned.resolve_warned := 0;
  SELECT coalesce(max(s.percent) FILTER (WHERE s.clock = 'response'), 0) AS response,
         coalesce(max(s.percent) FILTER (WHERE s.clock = 'update'), 0) AS "update",
         coalesce(max(s.percent) FILTER (WHERE s.clock = 'resolution'), 0) AS resolution INTO passed
    FROM entitled.clock_steps(warned) s WHERE s.at <= coalesce($3, entitled.clock_now());
  i.respond_warned := least(i.respond_warned, passed.response);
  i.update_warned := least(i.update_warned, passed."update");
  i.resolve_warned := least(i.resolve_warned, passed.resolution);
  RETURN i;
END
$$;

-- Writes what of an incident changes in its life; its row is locked by the caller.
CREATE OR REPLACE FUNCTION entitled.incident_write(i entitled.incident) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
  PERFORM entitled.incident_words_write(i);
  UPDATE entitled.incident written
     SET (severity, state, title, contact, product, owner, resolution, resolved_at, closed_at, reopened, respond_by,
          responded_at, update_since, update_by, resolve_by, clock_started_at, running_since, resolution_used_s,
          respond_warned, update_warned, resolve_warned, due_at, tick_at) =
         (i.severity, i.state, i.title, i.contact, i.product, i.owner, i.resolution, i.resolved_at, i.closed_at, i.reopened,
          i.respond_by, i.responded_at, i.update_since, i.update_by, i.resolve_by, i.clock_started_at, i.running_since,
          i.resolution_used_s, i.respond_warned, i.update_warned, i.resolve_warned, i.due_at, i.tick_at)
   WHERE written.partner_id = i.partner_id AND written.incident_id = i.incident_id;
END
$$;

-- A time as texts of the timeline have it.
CREATE OR REPLACE FUNCTION entitled.time_utc(at timestamptz) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"');

-- The incident, its row locked, with each warning that is due written, in order, once: an entry for those of the program,
-- of the time that it was due (but never before the entry before it). The tick calls it; and whatever changes a clock,
-- first, so that nothing depends on how late a tick is. The row is written where something was due. at: up to then.
CREATE OR REPLACE FUNCTION entitled.clock_catch_up(i entitled.incident, at timestamptz DEFAULT NULL)
RETURNS entitled.incident
LANGUAGE plpgsql AS $$
DECLARE
  until timestamptz := coalesce(at, entitled.clock_now());
  step record;
BEGIN
  IF (i.tick_at <= until) IS NOT true THEN
    RETURN i;
  END IF;
  FOR step IN
    SELECT * FROM entitled.clock_steps(i) s WHERE s.at <= until ORDER BY s.at, s.percent, s.clock
  LOOP
    PERFORM entitled.timeline_append(i, 0, 'warning',
      format('%s: %s %% of %s minutes have passed%s', step.clock, step.percent, step.minutes,
             CASE step.percent WHEN 100 THEN ', the deadline was ' ELSE '; the deadline is ' END
             || CASE step.clock WHEN 'response' THEN entitled.time_utc(i.respond_by)
                                WHEN 'update' THEN entitled.time_utc(i.update_by) ELSE entitled.time_utc(i.resolve_by) END),
      internal => true, at => step.at);
    CASE step.clock
      WHEN 'response' THEN i.respond_warned := step.percent;
      WHEN 'update' THEN i.update_warned := step.percent;
      ELSE i.resolve_warned := step.percent;
    END CASE;
  END LOOP;
  i.tick_at := (SELECT min(s.at) FROM entitled.clock_steps(i) s);
  PERFORM entitled.incident_write(i);
  RETURN i;
END
$$;

-- ---------------------------------------------------------------- what is shown

-- The clocks of an incident as the protocol shows them.
CREATE OR REPLACE FUNCTION entitled.clock_object(i entitled.incident) RETURNS jsonb
LANGUAGE plpgsql STABLE AS $$
DECLARE
  target entitled.contract_target := entitled.clock_target(i);
  used bigint := i.resolution_used_s
                 + coalesce(entitled.coverage_seconds(i.calendar_id, target.coverage, i.running_since, entitled.clock_now()), 0);
BEGIN
  RETURN jsonb_build_object(
    'coverage', coalesce(target.coverage, i.coverage), 'respond_by', i.respond_by, 'responded_at', i.responded_at,
    'update_by', i.update_by, 'resolve_by', i.resolve_by, 'paused', i.state = 'awaiting_partner',
    'resolution_used', CASE WHEN target.resolve_minutes IS NOT NULL THEN used / 60 END,
    'resolution_target', target.resolve_minutes);
END
$$;

-- The stretches of a run of a clock: those counted, within the hours of the coverage, and between them those skipped.
CREATE OR REPLACE FUNCTION entitled.clock_stretches(
  calendar_id int, kind entitled.coverage_kind, from_at timestamptz, to_at timestamptz)
RETURNS TABLE (starts timestamptz, ends timestamptz, counted boolean, why text)
LANGUAGE sql STABLE AS $$
  WITH open AS (
    SELECT greatest(s.opens, from_at) AS starts, least(s.closes, to_at) AS ends
      FROM entitled.calendar_stretch s
     WHERE kind <> '24x7' AND s.calendar_id = $1 AND s.opens < to_at AND s.closes > from_at
    UNION ALL
    SELECT from_at, to_at WHERE kind = '24x7' AND from_at < to_at),
  closed AS (
    SELECT b.starts, b.ends
      FROM (SELECT lag(edge.ends, 1, from_at) OVER (ORDER BY edge.starts) AS starts, edge.starts AS ends
              FROM (SELECT * FROM open UNION ALL SELECT to_at, to_at) edge) b
     WHERE b.starts < b.ends)
  SELECT o.starts, o.ends, true, CASE kind WHEN '24x7' THEN 'day and night' ELSE 'business hours' END FROM open o
  UNION ALL
  SELECT c.starts, c.ends, false, 'outside business hours' || coalesce(', ' || (
           SELECT string_agg(h.name, ', ' ORDER BY h.day)
             FROM entitled.calendar k JOIN entitled.calendar_holiday h USING (calendar_id)
            WHERE k.calendar_id = $1 AND h.day >= (c.starts AT TIME ZONE k.time_zone)::date
              AND h.day < (c.ends AT TIME ZONE k.time_zone)), '')
    FROM closed c
  ORDER BY 1
$$;

-- One clock: {"clock", "target_minutes", "coverage", "started", "stretches": [{from, to, counted, minutes, why}], "due"};
-- runs: from when to when it ran, a NULL at the end stands for its deadline, or for now where that is not known.
CREATE OR REPLACE FUNCTION entitled.clock_explanation(
  i entitled.incident, coverage entitled.coverage_kind, clock text, minutes int, due timestamptz, runs tstzrange[])
RETURNS jsonb
LANGUAGE sql STABLE AS $$
  WITH run AS (
    SELECT n, lower(r) AS from_at, coalesce(upper(r), greatest(due, lower(r)), entitled.clock_now()) AS to_at,
           lead(lower(r)) OVER (ORDER BY n) AS next_at, upper(r) IS NULL AS last
      FROM unnest(runs) WITH ORDINALITY u (r, n)),
  stretch AS (
    SELECT s.* FROM run, entitled.clock_stretches(i.calendar_id, coverage, run.from_at, run.to_at) s
    UNION ALL
    SELECT run.to_at, coalesce(run.next_at, entitled.clock_now()), false, 'awaiting the partner'
      FROM run WHERE run.next_at IS NOT NULL OR (NOT run.last AND i.state = 'awaiting_partner'))
  SELECT jsonb_build_object(
    'clock', clock, 'target_minutes', minutes, 'coverage', coverage, 'started', lower(runs[1]), 'due', due,
    'stretches', (SELECT coalesce(jsonb_agg(jsonb_build_object(
                    'from', s.starts, 'to', s.ends, 'counted', s.counted, 'why', s.why,
                    'minutes', trim_scale(round(extract(epoch FROM s.ends - s.starts) / 60, 2))) ORDER BY s.starts, s.ends), '[]')
                    FROM stretch s WHERE s.starts < s.ends))
$$;

-- Why the deadlines of an incident are when they are: an array of clock_explanation(), of each clock that it has.
CREATE OR REPLACE FUNCTION entitled.clock_explain(i entitled.incident) RETURNS jsonb
LANGUAGE plpgsql STABLE AS $$
DECLARE
  target entitled.contract_target := entitled.clock_target(i);
  clocks jsonb := '[]';
BEGIN
  IF target.respond_minutes IS NOT NULL THEN
    clocks := clocks || entitled.clock_explanation(i, target.coverage, 'response', target.respond_minutes, i.respond_by,
                                                   ARRAY[tstzrange(i.opened_at, NULL)]);
  END IF;
  IF target.update_minutes IS NOT NULL AND i.update_by IS NOT NULL THEN
    clocks := clocks || entitled.clock_explanation(i, target.coverage, 'update', target.update_minutes, i.update_by,
                                                   ARRAY[tstzrange(coalesce(i.update_since, i.opened_at), NULL)]);
  END IF;
  IF target.resolve_minutes IS NOT NULL THEN
    clocks := clocks || entitled.clock_explanation(i, target.coverage, 'resolution', target.resolve_minutes, i.resolve_by,
                array(SELECT tstzrange(r.from_at, r.to_at) FROM entitled.clock_runs(i) r));
  END IF;
  RETURN clocks;
END
$$;
