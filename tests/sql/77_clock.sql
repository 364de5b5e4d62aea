-- The clocks of an incident, each deadline worked out by hand: over lunch, nights, weekends, holidays, changes of the
-- clocks of every kind, pauses, severities, reopenings. 2004-08-23 is a Monday; the office in Lisbon is open 8 to 12 and 13
-- to 17 UTC in summer, 9 to 13 and 14 to 18 in winter. day.psql has the targets.
BEGIN;
SELECT plan(88);
\ir day.psql
SET LOCAL entitled.scope = '*';

CREATE TEMP TABLE clock_case (n serial, what text, calendar text, class text, severity text, script text,
                              respond text, "update" text, resolve text);
INSERT INTO clock_case (what, calendar, class, severity, script, respond, "update", resolve) VALUES
 ('from the first instant of a day', 'office', 'critical', 'A', '2004-08-23 08:00', '08-23 09:00', '08-23 10:00', '08-23 17:00'),
 ('over lunch', 'office', 'critical', 'A', '2004-08-23 11:30', '08-23 13:30', '08-23 14:30', '08-24 11:30'),
 ('over the weekend', 'office', 'critical', 'A', '2004-08-27 16:30', '08-30 08:30', '08-30 09:30', '08-30 16:30'),
 ('on a Saturday', 'office', 'critical', 'A', '2004-08-28 10:00', '08-30 09:00', '08-30 10:00', '08-30 17:00'),
 ('in the lunch break', 'office', 'critical', 'A', '2004-08-23 12:15', '08-23 14:00', '08-23 15:00', '08-24 12:00'),
 ('at the instant of closing', 'office', 'critical', 'A', '2004-08-23 17:00', '08-24 09:00', '08-24 10:00', '08-24 17:00'),
 ('before it opens', 'office', 'critical', 'A', '2004-08-23 05:00', '08-23 09:00', '08-23 10:00', '08-23 17:00'),
 ('over a holiday', 'office', 'critical', 'A', '2004-10-04 16:30', '10-06 08:30', '10-06 09:30', '10-06 16:30'),
 ('on a holiday', 'office', 'critical', 'A', '2004-10-05 10:00', '10-06 09:00', '10-06 10:00', '10-06 17:00'),
 ('over the end of summer time', 'office', 'critical', 'A', '2004-10-29 16:30', '11-01 09:30', '11-01 10:30', '11-01 17:30'),
 ('over its start', 'office', 'critical', 'A', '2005-03-25 17:30', '03-28 08:30', '03-28 09:30', '03-28 16:30'),
 ('over the end of a year and two holidays', 'office', 'critical', 'A', '2004-12-30 17:30', '01-03 09:30', '01-03 10:30', '01-03 17:30'),
 ('over the 29th of February, a Sunday', 'office', 'critical', 'A', '2004-02-27 17:30', '03-01 09:30', '03-01 10:30', '03-01 17:30'),
 ('severity B: two days', 'office', 'critical', 'B', '2004-08-23 08:00', '08-23 10:00', '08-23 12:00', '08-24 17:00'),
 ('severity C: a week', 'office', 'critical', 'C', '2004-08-23 08:00', '08-23 12:00', '08-23 17:00', '08-27 17:00'),
 ('day and night', 'office', 'advisory', 'A', '2004-08-27 16:30', '08-27 17:30', '08-27 18:30', '08-28 00:30'),
 ('day and night over the end of summer time', 'office', 'advisory', 'A', '2004-10-30 20:00', '10-30 21:00', '10-30 22:00', '10-31 04:00'),
 -- Lord Howe moves by half an hour: on 2004-10-31 from 2:00 to 2:30, on 2005-03-27 from 2:00 back to 1:30; open 1:00 to 3:00.
 ('Lord Howe: a day of 90 minutes among those of 120', 'lordhowe', 'critical', 'A', '2004-10-28 14:30', '10-28 15:30', '10-28 16:30', '11-01 14:30'),
 ('Lord Howe: on that day', 'lordhowe', 'critical', 'A', '2004-10-30 14:30', '10-30 15:30', '10-31 14:30', '11-03 14:30'),
 ('Lord Howe: a day of 150 minutes', 'lordhowe', 'critical', 'A', '2005-03-26 14:00', '03-26 15:00', '03-26 16:00', '03-29 16:00'),
 ('Nepal is 5:45 ahead, and closed on Saturday', 'nepal', 'critical', 'A', '2004-08-27 10:00', '08-27 11:00', '08-29 05:00', '08-29 11:00'),
 ('Morocco sets its clocks back for Ramadan', 'morocco', 'critical', 'A', '2019-05-03 15:30', '05-06 09:30', '05-06 10:30', '05-06 16:30'),
 ('and forward after it', 'morocco', 'critical', 'A', '2019-06-07 16:30', '06-10 08:30', '06-10 09:30', '06-10 15:30'),
 ('São Paulo in 2004: midnight is skipped', 'saopaulo', 'critical', 'A', '2004-11-02 01:00', '11-02 02:00', '11-02 03:00', '11-04 01:00'),
 ('São Paulo in 2005: an hour before midnight comes twice', 'saopaulo', 'critical', 'A', '2005-02-20 00:00', '02-20 01:00', '02-20 02:00', '02-21 04:00'),
 ('Lord Howe in summer', 'lordhowe', 'critical', 'A', '2004-12-01 14:00', '12-01 15:00', '12-01 16:00', '12-04 16:00'),
 ('Lord Howe: over the end of a year', 'lordhowe', 'critical', 'A', '2004-12-30 14:30', '12-30 15:30', '12-31 14:30', '01-03 14:30'),
 ('Nepal: a week with a Saturday in it', 'nepal', 'critical', 'C', '2004-08-26 10:15', '08-27 07:15', '08-27 11:15', '09-02 08:15'),
 ('Nepal: on a Sunday before it opens', 'nepal', 'critical', 'A', '2004-08-29 00:00', '08-29 05:15', '08-29 06:15', '08-30 05:15'),
 ('Morocco: within Ramadan', 'morocco', 'critical', 'A', '2019-05-20 09:00', '05-20 10:00', '05-20 11:00', '05-20 17:00'),
 ('São Paulo, since it has no summer time', 'saopaulo', 'critical', 'A', '2020-07-01 01:00', '07-01 02:00', '07-01 03:00', '07-02 05:00'),
 -- Pauses: the time while the partner is awaited is not counted to the resolution, and no update is due.
 ('a pause of two hours', 'office', 'critical', 'A', '2004-08-23 08:00, 2004-08-23 09:00 awaiting_partner, 2004-08-23 11:00 in_progress', '08-23 09:00', '08-23 14:00', '08-24 10:00'),
 ('while it stands there is no deadline', 'office', 'critical', 'A', '2004-08-23 08:00, 2004-08-23 09:00 awaiting_partner', '08-23 09:00', NULL, NULL),
 ('a pause over night', 'office', 'critical', 'A', '2004-08-23 08:00, 2004-08-23 16:00 awaiting_partner, 2004-08-24 09:00 in_progress', '08-23 09:00', '08-24 11:00', '08-24 10:00'),
 ('a pause within lunch', 'office', 'critical', 'A', '2004-08-23 08:00, 2004-08-23 12:10 awaiting_partner, 2004-08-23 12:50 in_progress', '08-23 09:00', '08-23 15:00', '08-23 17:00'),
 ('a pause into the weekend', 'office', 'critical', 'A', '2004-08-27 13:00, 2004-08-27 16:00 awaiting_partner, 2004-08-29 10:00 in_progress', '08-27 14:00', '08-30 10:00', '08-30 14:00'),
 ('two pauses', 'office', 'critical', 'A', '2004-08-23 08:00, 2004-08-23 08:30 awaiting_partner, 2004-08-23 09:00 in_progress, 2004-08-23 09:30 awaiting_partner, 2004-08-23 10:00 in_progress', '08-23 09:00', '08-23 12:00', '08-24 09:00'),
 ('awaiting the vendor is no pause', 'office', 'critical', 'A', '2004-08-23 08:00, 2004-08-23 09:00 awaiting_vendor', '08-23 09:00', '08-23 11:00', '08-23 17:00'),
 ('from the partner to the vendor', 'office', 'critical', 'A', '2004-08-23 08:00, 2004-08-23 09:00 awaiting_partner, 2004-08-23 11:00 awaiting_vendor', '08-23 09:00', '08-23 14:00', '08-24 10:00'),
 ('a pause over a holiday', 'office', 'critical', 'A', '2004-10-04 15:00, 2004-10-04 16:00 awaiting_partner, 2004-10-06 08:00 in_progress', '10-04 16:00', '10-06 10:00', '10-06 16:00'),
 ('a pause after the deadline leaves it where it was', 'office', 'critical', 'A', '2004-08-23 08:00, 2004-08-24 09:00 awaiting_partner', '08-23 09:00', NULL, '08-23 17:00'),
 ('and so when it goes on', 'office', 'critical', 'A', '2004-08-23 08:00, 2004-08-24 09:00 awaiting_partner, 2004-08-25 09:00 in_progress', '08-23 09:00', '08-25 11:00', '08-23 17:00'),
 ('a pause by the minute, day and night', 'office', 'advisory', 'A', '2004-08-28 00:00, 2004-08-28 00:07 awaiting_partner, 2004-08-28 03:10 in_progress', '08-28 01:00', '08-28 05:10', '08-28 11:03'),
 ('a pause over the end of a year', 'office', 'critical', 'A', '2004-12-30 15:00, 2004-12-30 16:00 awaiting_partner, 2005-01-01 12:00 in_progress', '12-30 16:00', '01-03 11:00', '01-03 17:00'),
 ('Lord Howe: a pause over a day', 'lordhowe', 'critical', 'A', '2004-08-23 14:30, 2004-08-23 15:00 awaiting_partner, 2004-08-24 14:30 in_progress', '08-23 15:30', '08-24 16:30', '08-27 16:00'),
 ('Nepal: a pause over the Saturday', 'nepal', 'critical', 'A', '2004-08-27 08:15, 2004-08-27 09:15 awaiting_partner, 2004-08-29 05:15 in_progress', '08-27 09:15', '08-29 07:15', '08-30 05:15'),
 ('Morocco: a pause over the change', 'morocco', 'critical', 'A', '2019-05-03 14:00, 2019-05-03 15:00 awaiting_partner, 2019-05-06 10:00 in_progress', '05-03 15:00', '05-06 12:00', '05-06 17:00'),
 ('São Paulo: a pause over the midnight that is skipped', 'saopaulo', 'critical', 'A', '2004-11-01 01:00, 2004-11-01 01:30 awaiting_partner, 2004-11-02 02:00 in_progress', '11-01 02:00', '11-02 04:00', '11-04 01:30'),
 -- Another severity: counted from the start.
 ('from A to C', 'office', 'critical', 'A', '2004-08-23 08:00, 2004-08-23 10:00 severity C', '08-23 12:00', '08-23 17:00', '08-27 17:00'),
 ('from C to A: missed already', 'office', 'critical', 'C', '2004-08-23 08:00, 2004-08-24 10:00 severity A', '08-23 09:00', '08-23 10:00', '08-23 17:00'),
 ('after a pause', 'office', 'critical', 'A', '2004-08-23 08:00, 2004-08-23 09:00 awaiting_partner, 2004-08-23 11:00 in_progress, 2004-08-23 12:00 severity B', '08-23 10:00', '08-23 16:00', '08-25 10:00'),
 ('within a pause', 'office', 'critical', 'A', '2004-08-23 08:00, 2004-08-23 09:00 awaiting_partner, 2004-08-23 10:00 severity B, 2004-08-23 11:00 in_progress', '08-23 10:00', '08-23 16:00', '08-25 10:00'),
 ('together with a state', 'office', 'critical', 'A', '2004-08-23 08:00, 2004-08-23 09:00 awaiting_partner, 2004-08-23 11:00 both in_progress B', '08-23 10:00', '08-23 16:00', '08-25 10:00'),
 ('a deadline that by the new target was missed before the pause', 'office', 'critical', 'C', '2004-08-23 08:00, 2004-08-24 09:00 awaiting_partner, 2004-08-24 09:30 severity A', '08-23 09:00', NULL, '08-23 17:00'),
 ('there and back', 'office', 'critical', 'A', '2004-08-23 08:00, 2004-08-23 08:10 severity C, 2004-08-23 08:20 severity A', '08-23 09:00', '08-23 10:00', '08-23 17:00'),
 ('into another coverage', 'office', 'priority', 'A', '2004-08-27 16:00, 2004-08-27 16:10 severity C', '08-27 20:00', '08-28 00:00', '08-29 16:00'),
 ('into another coverage after a pause', 'office', 'priority', 'A', '2004-08-27 16:00, 2004-08-27 16:30 awaiting_partner, 2004-08-28 10:00 in_progress, 2004-08-30 08:00 severity C', '08-27 20:00', '08-28 18:00', '08-30 09:30'),
 ('and back out of it', 'office', 'priority', 'A', '2004-08-27 16:00, 2004-08-27 16:30 awaiting_partner, 2004-08-28 10:00 in_progress, 2004-08-30 08:00 severity C, 2004-08-30 08:10 severity A', '08-27 17:00', '08-30 10:00', '08-30 16:30'),
 ('into another coverage: what ran in the night counts', 'office', 'priority', 'A', '2004-08-27 16:30, 2004-08-28 10:00 awaiting_partner, 2004-08-30 08:00 in_progress, 2004-08-30 08:30 severity C', '08-27 20:30', '08-30 16:00', '08-31 14:30'),
 ('in business hours, of what is charged', 'office', 'priority', 'A', '2004-08-27 16:00', '08-27 17:00', '08-30 09:00', '08-30 16:00'),
 -- Reopening: a new resolution clock.
 ('reopened', 'office', 'critical', 'A', '2004-08-23 08:00, 2004-08-23 10:00 resolve, 2004-08-23 14:00 reopen', '08-23 09:00', '08-23 16:00', '08-24 14:00'),
 ('resolved: its deadline stays, no update is due', 'office', 'critical', 'A', '2004-08-23 08:00, 2004-08-23 10:00 resolve', '08-23 09:00', NULL, '08-23 17:00'),
 ('closed, and reopened on a Saturday', 'office', 'critical', 'A', '2004-08-23 08:00, 2004-08-23 10:00 resolve, 2004-08-23 11:00 close, 2004-08-28 10:00 reopen', '08-23 09:00', '08-30 10:00', '08-30 17:00'),
 ('reopened, then a pause', 'office', 'critical', 'A', '2004-08-23 08:00, 2004-08-23 10:00 resolve, 2004-08-23 14:00 reopen, 2004-08-23 15:00 awaiting_partner, 2004-08-23 16:00 in_progress', '08-23 09:00', '08-24 09:00', '08-24 15:00'),
 ('a pause before does not count after', 'office', 'critical', 'A', '2004-08-23 08:00, 2004-08-23 09:00 awaiting_partner, 2004-08-23 10:00 resolve, 2004-08-23 14:00 reopen', '08-23 09:00', '08-23 16:00', '08-24 14:00'),
 ('reopened, then another severity: from the reopening', 'office', 'critical', 'A', '2004-08-23 08:00, 2004-08-23 10:00 resolve, 2004-08-23 14:00 reopen, 2004-08-23 15:00 severity B', '08-23 10:00', '08-24 09:00', '08-25 14:00'),
 ('reopened twice', 'office', 'critical', 'A', '2004-08-23 08:00, 2004-08-23 10:00 resolve, 2004-08-23 14:00 reopen, 2004-08-24 09:00 resolve, 2004-08-25 08:00 reopen', '08-23 09:00', '08-25 10:00', '08-25 17:00'),
 ('reopened where the partner was awaited: it runs', 'office', 'critical', 'A', '2004-08-23 08:00, 2004-08-23 08:30 awaiting_partner, 2004-08-23 10:00 resolve, 2004-08-24 08:00 reopen, 2004-08-24 09:00 awaiting_partner, 2004-08-24 10:00 in_progress', '08-23 09:00', '08-24 12:00', '08-25 09:00'),
 -- The update clock runs anew from each act in public.
 ('a public note', 'office', 'critical', 'A', '2004-08-23 08:00, 2004-08-23 09:30 note', '08-23 09:00', '08-23 11:30', '08-23 17:00'),
 ('an internal one is none', 'office', 'critical', 'A', '2004-08-23 08:00, 2004-08-23 09:30 internal', '08-23 09:00', '08-23 10:00', '08-23 17:00'),
 ('nor the partner''s', 'office', 'critical', 'A', '2004-08-23 08:00, 2004-08-23 09:30 theirs', '08-23 09:00', '08-23 10:00', '08-23 17:00'),
 ('nor a reporter''s', 'office', 'critical', 'A', '2004-08-23 08:00, 2004-08-23 09:30 reported', '08-23 09:00', '08-23 10:00', '08-23 17:00'),
 ('an assignment', 'office', 'critical', 'A', '2004-08-23 08:00, 2004-08-23 11:30 assign carlo', '08-23 09:00', '08-23 14:30', '08-23 17:00'),
 ('a note while the partner is awaited starts nothing', 'office', 'critical', 'A', '2004-08-23 08:00, 2004-08-23 09:00 awaiting_partner, 2004-08-23 09:30 note', '08-23 09:00', NULL, NULL),
 ('nor does one on a resolved incident', 'office', 'critical', 'A', '2004-08-23 08:00, 2004-08-23 09:00 resolve, 2004-08-23 09:30 note', '08-23 09:00', NULL, '08-23 17:00');

CREATE TEMP TABLE played AS
  SELECT c.*, pg_temp.play(calendar, class, severity, script) AS incident FROM clock_case c ORDER BY n;
-- Of the deadlines without their year.
SELECT is((SELECT concat_ws(' | ', coalesce(to_char(r.respond_by, 'MM-DD HH24:MI'), '-'), coalesce(to_char(r.update_by, 'MM-DD HH24:MI'), '-'),
                            coalesce(to_char(r.resolve_by, 'MM-DD HH24:MI'), '-')) FROM pg_temp.row(incident) r),
          concat_ws(' | ', respond, coalesce("update", '-'), coalesce(resolve, '-')), format('%s: %s', calendar, what))
  FROM played ORDER BY n;
SELECT cmp_ok((SELECT count(*)::int FROM clock_case), '>=', 75, 'that many cases');

-- What holds of all of them.
SELECT is_empty($$
  SELECT n, what FROM played, LATERAL pg_temp.row(incident) r
   WHERE r.due_at IS DISTINCT FROM CASE WHEN r.state IN ('resolved', 'closed') THEN 'infinity' ELSE
           coalesce(least(CASE WHEN r.responded_at IS NULL THEN r.respond_by END, r.update_by, r.resolve_by), 'infinity') END
$$, 'what burns first is the earliest that is not over');
SELECT is_empty($$
  SELECT n, what, explained FROM played, LATERAL pg_temp.row(incident) r, jsonb_array_elements(entitled.clock_explain(r)) explained
   WHERE explained ->> 'due' IS NOT NULL AND r.state NOT IN ('resolved', 'closed', 'awaiting_partner')
     AND (SELECT sum((s ->> 'minutes')::numeric) FROM jsonb_array_elements(explained -> 'stretches') s
           WHERE (s ->> 'counted')::boolean AND (s ->> 'from')::timestamptz < (explained ->> 'due')::timestamptz)
         < (explained ->> 'target_minutes')::numeric
$$, 'explained: the minutes counted up to a deadline are those of its target');
SELECT is_empty($$
  SELECT n, what, explained FROM played, LATERAL pg_temp.row(incident) r, jsonb_array_elements(entitled.clock_explain(r)) explained,
         LATERAL (SELECT (s ->> 'from')::timestamptz AS starts, lag((s ->> 'to')::timestamptz) OVER (ORDER BY o) AS before
                    FROM jsonb_array_elements(explained -> 'stretches') WITH ORDINALITY e (s, o)) stretch
   WHERE stretch.before <> stretch.starts
$$, 'explained: the stretches follow each other without a gap');
SELECT is((SELECT e -> 'stretches' FROM played, jsonb_array_elements(entitled.clock_explain(pg_temp.row(incident))) e
            WHERE what = 'a pause into the weekend' AND e ->> 'clock' = 'resolution'), '[
    {"from": "2004-08-27T13:00:00+00:00", "to": "2004-08-27T16:00:00+00:00", "counted": true, "minutes": 180, "why": "business hours"},
    {"from": "2004-08-27T16:00:00+00:00", "to": "2004-08-29T10:00:00+00:00", "counted": false, "minutes": 2520, "why": "awaiting the partner"},
    {"from": "2004-08-29T10:00:00+00:00", "to": "2004-08-30T08:00:00+00:00", "counted": false, "minutes": 1320, "why": "outside business hours"},
    {"from": "2004-08-30T08:00:00+00:00", "to": "2004-08-30T12:00:00+00:00", "counted": true, "minutes": 240, "why": "business hours"},
    {"from": "2004-08-30T12:00:00+00:00", "to": "2004-08-30T13:00:00+00:00", "counted": false, "minutes": 60, "why": "outside business hours"},
    {"from": "2004-08-30T13:00:00+00:00", "to": "2004-08-30T14:00:00+00:00", "counted": true, "minutes": 60, "why": "business hours"}]',
          'explained: counted and skipped, and why');
SELECT is((SELECT jsonb_path_query_array(e, '$.stretches[*].why') FROM played, jsonb_array_elements(entitled.clock_explain(pg_temp.row(incident))) e
            WHERE what = 'over a holiday' AND e ->> 'clock' = 'response'),
          '["business hours", "outside business hours, Republic Day", "business hours"]', 'explained: the holiday is named');
SELECT is((SELECT t.result('incident.show', 'olga', jsonb_build_object('incident', incident, 'explain', true)) #> '{explain,0,clock}'
             FROM played WHERE n = 1), '"response"', 'incident.show explains, to the partner too');

-- Entered long afterwards, with the times at which it happened, each ends as if it had been entered then: the incident, and the
-- steps of its timeline. (A partner's note is always of now.)
SELECT pg_temp.at('2029-12-01 12:00+00') \g /dev/null
CREATE TEMP TABLE late AS
  SELECT n, what, incident, pg_temp.play(calendar, class, severity, script, late => true) AS entered
    FROM played WHERE script !~ 'theirs' ORDER BY n;
CREATE FUNCTION pg_temp.steps(incident text) RETURNS jsonb LANGUAGE sql AS $$
  SELECT jsonb_agg(to_jsonb(s) - '{incident_id,xid,xid_order,entered_at}'::text[] ORDER BY s.seq)
    FROM entitled.timeline s WHERE s.incident_id = entitled.incident_number(incident)
$$;
SELECT is_empty($$
  SELECT n, what, to_jsonb(a), to_jsonb(b) FROM late, LATERAL pg_temp.row(incident) a, LATERAL pg_temp.row(entered) b
   WHERE to_jsonb(a) - '{incident_id,logged_at}'::text[] <> to_jsonb(b) - '{incident_id,logged_at}'::text[]
$$, 'entered late: every incident is as if it had not been');
SELECT is_empty($$
  SELECT n, what, pg_temp.steps(incident), pg_temp.steps(entered) FROM late
   WHERE pg_temp.steps(incident) <> pg_temp.steps(entered)
$$, 'entered late: and so its timeline, with the same warnings');
SELECT is((SELECT array_agg(DISTINCT s.entered_at) FROM late JOIN entitled.timeline s ON s.incident_id = entitled.incident_number(entered)
            WHERE s.principal_id <> 0), ARRAY['2029-12-01 12:00+00'::timestamptz], 'which says of each step when it was entered');

-- incident.open, which reckons for itself, answers and writes what clock_reckon() would.
SELECT is_empty($$
  SELECT n, opened, reckoned FROM (SELECT n, pg_temp.play(calendar, class, severity, split_part(script, ',', 1)) AS incident FROM clock_case) o,
         LATERAL pg_temp.row(incident) opened, LATERAL entitled.clock_reckon(opened) reckoned
   WHERE opened IS DISTINCT FROM reckoned
$$, 'incident.open reckons the same, with what the tick looks for');
SELECT pg_temp.at('2004-08-24 10:00+00') \g /dev/null
SELECT is(t.open('office-co', 'critical', '{"severity": "A", "outage": "server", "opened_at": "2004-08-23T08:00:00Z"}') -> 'clocks',
          '{"coverage": "business-hours", "respond_by": "2004-08-23T09:00:00+00:00", "update_by": "2004-08-23T10:00:00+00:00",
            "resolve_by": "2004-08-23T17:00:00+00:00"}', 'reported before it was logged: from then on');
SELECT is(t.open('contoso', 'professional') -> 'clocks', '{"coverage": "24x7", "respond_by": null, "update_by": null, "resolve_by": null}',
          'without a target there is no clock');
SELECT finish();
ROLLBACK;
