-- The clocks against their definition: random calendars in the zones with the oddest clocks, random pauses, severities and
-- reopenings, most of them around a change of the clocks; the deadlines counted minute by minute off the wall clock.
-- A failure prints its seed: psql -v seed=0.123 tries it again.
\if :{?seed}
\else
  SELECT round(random()::numeric, 6) AS seed \gset
\endif
BEGIN;
SELECT plan(5);
SELECT diag('seed ' || :seed);
SELECT setseed(:seed) \g /dev/null
SET LOCAL jit = off;
\ir day.psql
SET LOCAL entitled.scope = '*';
SELECT calendar_id AS office FROM entitled.calendar WHERE code = 'office' \gset
CREATE FUNCTION pg_temp.pick(int) RETURNS int LANGUAGE sql VOLATILE AS $$ SELECT floor(random() * $1)::int $$;

-- Another zone, and hours of its own for each weekday.
CREATE FUNCTION pg_temp.randomize(of_calendar int, zone text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  border int;
  closes int;
BEGIN
  UPDATE entitled.calendar SET time_zone = zone WHERE calendar_id = of_calendar;
  DELETE FROM entitled.calendar_hours WHERE calendar_id = of_calendar;
  FOR d IN 1 .. 7 LOOP
    border := pg_temp.pick(2) * pg_temp.pick(240);
    WHILE border < 1440 AND pg_temp.pick(5) > 0 LOOP
      closes := least(border + 1 + pg_temp.pick(600), 1440);
      INSERT INTO entitled.calendar_hours
      VALUES (of_calendar, d, make_time(border / 60, border % 60, 0),
              CASE closes WHEN 1440 THEN '24:00' ELSE make_time(closes / 60, closes % 60, 0) END);
      border := closes + pg_temp.pick(2) * pg_temp.pick(300);
    END LOOP;
  END LOOP;
  PERFORM entitled.calendar_unroll(of_calendar);
END
$$;

-- By the definition: the end of the n-th minute from `since` on that is open by the wall clock and not paused; pauses are
-- [from, to) ranges. NULL: not within so many minutes.
CREATE FUNCTION pg_temp.counted(of_calendar int, kind text, since timestamptz, n int, pauses tstzrange[], many int DEFAULT 20000)
RETURNS timestamptz LANGUAGE sql AS $$
  SELECT at + interval '1 minute'
    FROM (SELECT m.at
            FROM entitled.calendar c,
                 LATERAL (SELECT at, at AT TIME ZONE c.time_zone AS clock
                            FROM generate_series(since, since + many * interval '1 minute', '1 minute') at) m
           WHERE c.calendar_id = of_calendar AND NOT EXISTS (SELECT FROM unnest(pauses) p WHERE m.at <@ p)
             AND (kind = '24x7' OR (
               m.clock::date NOT IN (SELECT h.day FROM entitled.calendar_holiday h WHERE h.calendar_id = of_calendar)
               AND EXISTS (SELECT FROM entitled.calendar_hours h
                            WHERE h.calendar_id = of_calendar AND h.weekday = extract(isodow FROM m.clock)
                              AND h.opens <= m.clock::time AND m.clock::time < h.closes)))
           ORDER BY 1 OFFSET n - 1 LIMIT 1) nth
$$;

CREATE TEMP TABLE tried (zone text, script text, incident text, state text, respond timestamptz, "update" timestamptz, resolve timestamptz,
                         want_respond timestamptz, want_update timestamptz, want_resolve timestamptz);
-- A random life of an incident of class priority (whose severity C is counted day and night), and what it should come to.
CREATE FUNCTION pg_temp.live(of_calendar int, zone text, around timestamptz) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  moment timestamptz := date_trunc('minute', around) - pg_temp.pick(3000) * interval '1 minute';
  opened timestamptz := moment;
  severity text := (ARRAY['A', 'B', 'C'])[1 + pg_temp.pick(3)];
  first_severity text := severity;
  script text := to_char(moment AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI');
  state text := 'new';
  started timestamptz := moment;
  act timestamptz := moment;
  paused_at timestamptz;
  pauses tstzrange[] := '{}';
  what text;
  target record;
  incident text;
BEGIN
  FOR step IN 1 .. pg_temp.pick(7) LOOP
    moment := moment + (1 + pg_temp.pick(900)) * interval '1 minute';
    what := (ARRAY['awaiting_partner', 'in_progress', 'awaiting_vendor', 'severity', 'note', 'internal', 'again', 'awaiting_partner'])[1 + pg_temp.pick(8)];
    CONTINUE WHEN what = state;
    IF what = 'severity' THEN
      severity := (ARRAY['A', 'B', 'C'])[1 + pg_temp.pick(3)];
      what := 'severity ' || severity;
    ELSIF what = 'again' THEN -- resolved and reopened an hour later
      script := script || to_char(moment AT TIME ZONE 'UTC', ', YYYY-MM-DD HH24:MI') || ' resolve';
      moment := moment + interval '1 hour';
      what := 'reopen';
      state := 'in_progress';
      started := moment;
      pauses := '{}';
      paused_at := NULL;
    ELSIF what NOT IN ('note', 'internal') THEN
      IF paused_at IS NOT NULL THEN
        pauses := pauses || tstzrange(paused_at, moment);
        paused_at := NULL;
      END IF;
      paused_at := CASE what WHEN 'awaiting_partner' THEN moment END;
      state := what;
    END IF;
    act := CASE WHEN what ~ 'severity|internal' THEN act ELSE moment END;
    script := script || to_char(moment AT TIME ZONE 'UTC', ', YYYY-MM-DD HH24:MI ') || what;
  END LOOP;
  pauses := pauses || CASE WHEN paused_at IS NOT NULL THEN ARRAY[tstzrange(paused_at, NULL)] ELSE '{}' END;
  incident := pg_temp.play('office', 'priority', first_severity, script);
  SELECT t.* INTO target FROM pg_temp.row(incident) r, entitled.contract_target t
   WHERE t.partner_id = r.partner_id AND t.contract_id = r.contract_id AND t.class = 'priority' AND t.severity = r.severity;
  INSERT INTO tried
  SELECT zone, first_severity || ': ' || script, incident, r.state, r.respond_by, r.update_by, r.resolve_by,
         pg_temp.counted(of_calendar, target.coverage::text, opened, target.respond_minutes, '{}'),
         CASE WHEN r.state <> 'awaiting_partner' THEN
           pg_temp.counted(of_calendar, target.coverage::text, act, target.update_minutes, '{}') END,
         pg_temp.counted(of_calendar, target.coverage::text, started, target.resolve_minutes, pauses)
    FROM pg_temp.row(incident) r;
END
$$;
CREATE FUNCTION pg_temp.live_in(of_calendar int, zone text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  around timestamptz[] := array(SELECT starts FROM entitled.zone_parts(zone, '2003-06-01 00:00+00', '2029-01-01 00:00+00') OFFSET 1);
BEGIN
  PERFORM pg_temp.randomize(of_calendar, zone);
  FOR n IN 1 .. 4 LOOP
    PERFORM pg_temp.live(of_calendar, zone, coalesce(around[1 + pg_temp.pick(cardinality(around))], '2004-08-23 00:00+00'));
  END LOOP;
END
$$;
SELECT pg_temp.live_in(:office, zone)
  FROM unnest('{Australia/Lord_Howe,Asia/Kathmandu,Africa/Casablanca,America/Sao_Paulo,Pacific/Apia,America/New_York,Europe/Lisbon,
                Pacific/Chatham,America/St_Johns,Antarctica/Troll,Asia/Gaza,America/Caracas,Australia/Lord_Howe,Africa/Casablanca}'::text[]) zone \g /dev/null

SELECT is((SELECT count(*)::int FROM tried), 56, 'so many lives');
SELECT cmp_ok((SELECT count(*)::int FROM tried WHERE script ~ ','), '>=', 30, 'most have something happen');
SELECT is_empty($$ SELECT zone, script, respond, want_respond FROM tried WHERE want_respond IS NOT NULL AND respond IS DISTINCT FROM want_respond $$,
                'to respond: counted minute by minute');
SELECT is_empty($$ SELECT zone, script, state, "update", want_update FROM tried
                    WHERE "update" IS DISTINCT FROM want_update AND (want_update IS NOT NULL OR state = 'awaiting_partner') $$,
                'between updates: counted minute by minute');
SELECT is_empty($$ SELECT zone, script, state, resolve, want_resolve FROM tried
                    WHERE resolve IS DISTINCT FROM want_resolve AND (want_resolve IS NOT NULL OR state = 'awaiting_partner') $$,
                'to resolve: counted minute by minute');
SELECT finish();
ROLLBACK;
