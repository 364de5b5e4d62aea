-- calendar.show and calendar.apply.

-- The calendars, by code, or the one that is named: [{calendar, name, time_zone, hours, holidays}].
CREATE OR REPLACE FUNCTION entitled.calendar_objects(only_code text DEFAULT NULL) RETURNS jsonb
LANGUAGE sql STABLE AS $$
  SELECT coalesce(jsonb_agg(jsonb_build_object(
           'calendar', c.code, 'name', c.name, 'time_zone', c.time_zone,
           'hours', (SELECT coalesce(jsonb_agg(jsonb_build_object(
                       'weekday', weekday, 'opens', left(opens::text, 5), 'closes', left(closes::text, 5))
                       ORDER BY weekday, opens), '[]')
                       FROM entitled.calendar_hours h WHERE h.calendar_id = c.calendar_id),
           'holidays', (SELECT coalesce(jsonb_agg(jsonb_build_object('day', day, 'name', h.name) ORDER BY day), '[]')
                          FROM entitled.calendar_holiday h WHERE h.calendar_id = c.calendar_id)) ORDER BY c.code), '[]')
    FROM entitled.calendar c
   WHERE only_code IS NULL OR c.code = only_code
$$;

-- {"calendars"}. not_found: there is none of that code.
CREATE OR REPLACE FUNCTION entitled.calendar_show(caller entitled.principal, params jsonb) RETURNS jsonb
LANGUAGE plpgsql AS $$
DECLARE
  calendars jsonb := entitled.calendar_objects(params ->> 'calendar');
BEGIN
  IF params ? 'calendar' AND calendars = '[]' THEN
    PERFORM entitled.refuse('not_found', 'there is no calendar ' || (params ->> 'calendar'));
  END IF;
  RETURN jsonb_build_object('calendars', calendars);
END
$$;

-- The state of the calendars for fact_changes().
CREATE OR REPLACE FUNCTION entitled.calendar_facts() RETURNS jsonb
LANGUAGE sql STABLE AS $$
  SELECT coalesce(jsonb_object_agg(what, fact), '{}')
    FROM (SELECT 'calendar ' || code, jsonb_build_object('name', name, 'time_zone', time_zone)
            FROM entitled.calendar
          UNION ALL
          SELECT format('calendar %s weekday %s', code, weekday),
                 jsonb_build_object('hours', string_agg(left(opens::text, 5) || '-' || left(closes::text, 5), ' '
                                                        ORDER BY opens))
            FROM entitled.calendar JOIN entitled.calendar_hours USING (calendar_id) GROUP BY code, weekday
          UNION ALL
          SELECT format('calendar %s holiday %s', code, day), jsonb_build_object('name', h.name)
            FROM entitled.calendar JOIN entitled.calendar_holiday h USING (calendar_id)) facts (what, fact)
$$;

-- Refuses (invalid_params) a document that cannot be applied; nulls are stripped from it.
CREATE OR REPLACE FUNCTION entitled.calendar_check(document jsonb) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
  path text;
  calendar jsonb;
  wrong record;
BEGIN
  PERFORM entitled.document_check(document, '{"calendars": [{"calendar": "code", "name": "text", "time_zone": "zone",
    "hours?": [{"weekday": "integer 1 7", "opens": "time", "closes": "time"}],
    "holidays?": [{"day": "date", "name": "text"}]}]}', '');
  PERFORM entitled.document_check_unique(document -> 'calendars', 'calendar', 'calendars');
  FOR i IN 0 .. jsonb_array_length(document -> 'calendars') - 1 LOOP
    path := format('calendars[%s]', i);
    calendar := document -> 'calendars' -> i;
    PERFORM entitled.document_check_unique(coalesce(calendar -> 'holidays', '[]'), 'day', path || '.holidays');
    SELECT place - 1 AS place, opens >= closes AS backwards INTO wrong
      FROM (SELECT n AS place, weekday, opens, closes,
                   lag(closes) OVER (PARTITION BY weekday ORDER BY opens, n) AS closed_before
              FROM jsonb_array_elements(coalesce(calendar -> 'hours', '[]')) WITH ORDINALITY AS e (hours, n),
                   jsonb_to_record(hours) AS h (weekday int, opens time, closes time)) day
     WHERE opens >= closes OR opens < closed_before
     ORDER BY 1 LIMIT 1;
    IF FOUND THEN
      PERFORM entitled.document_refuse(format('%s.hours[%s]', path, wrong.place),
        CASE WHEN wrong.backwards THEN 'must close after it opens' ELSE 'overlaps with other hours of its weekday' END);
    END IF;
  END LOOP;
END
$$;

-- Makes the calendars those of a checked document. invalid_state: one that partners have is not in it.
CREATE OR REPLACE FUNCTION entitled.calendar_replace(document jsonb) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
  used text;
BEGIN
  SELECT min(c.code) INTO used
    FROM entitled.calendar c JOIN entitled.partner USING (calendar_id)
   WHERE c.code NOT IN (SELECT value ->> 'calendar' FROM jsonb_array_elements(document -> 'calendars'));
  IF used IS NOT NULL THEN
    PERFORM entitled.refuse('invalid_state', format('calendar %s cannot be removed: partners have it', used));
  END IF;
  DELETE FROM entitled.calendar_hours;
  DELETE FROM entitled.calendar_holiday;
  DELETE FROM entitled.calendar
   WHERE code NOT IN (SELECT value ->> 'calendar' FROM jsonb_array_elements(document -> 'calendars'));
  INSERT INTO entitled.calendar (code, name, time_zone)
  SELECT calendar, name, time_zone
    FROM jsonb_to_recordset(document -> 'calendars') AS c (calendar text, name text, time_zone text)
      ON CONFLICT (code) DO UPDATE SET name = excluded.name, time_zone = excluded.time_zone;
  INSERT INTO entitled.calendar_hours (calendar_id, weekday, opens, closes)
  SELECT calendar_id, h.weekday, h.opens, h.closes
    FROM jsonb_to_recordset(document -> 'calendars') AS c (calendar text, hours jsonb)
    JOIN entitled.calendar ON code = calendar,
         jsonb_to_recordset(coalesce(hours, '[]')) AS h (weekday smallint, opens time, closes time);
  INSERT INTO entitled.calendar_holiday (calendar_id, day, name)
  SELECT calendar_id, h.day, h.name
    FROM jsonb_to_recordset(document -> 'calendars') AS c (calendar text, holidays jsonb)
    JOIN entitled.calendar ON code = calendar,
         jsonb_to_recordset(coalesce(holidays, '[]')) AS h (day date, name text);
END
$$;

-- Replaces all calendars: {"changes": [{change, what, detail}], "dry_run"}. A dry run does the same and
-- undoes it, so that it refuses and shows exactly what would be. Those that changed are unrolled (rule 10).
CREATE OR REPLACE FUNCTION entitled.calendar_apply(caller entitled.principal, params jsonb) RETURNS jsonb
LANGUAGE plpgsql AS $$
DECLARE
  document jsonb := jsonb_strip_nulls(params -> 'document');
  dry_run boolean := coalesce((params ->> 'dry_run')::boolean, false);
  before jsonb;
  changes jsonb;
BEGIN
  PERFORM entitled.calendar_check(document);
  LOCK TABLE entitled.calendar IN SHARE ROW EXCLUSIVE MODE; -- one at a time
  before := entitled.calendar_facts();
  BEGIN
    PERFORM entitled.calendar_replace(document);
    changes := entitled.fact_changes(before, entitled.calendar_facts());
    IF dry_run THEN
      RAISE EXCEPTION USING ERRCODE = 'EN002', MESSAGE = 'a dry run is undone';
    END IF;
  EXCEPTION WHEN SQLSTATE 'EN002' THEN
    NULL;
  END;
  IF NOT dry_run THEN
    PERFORM entitled.calendar_unroll(calendar_id)
       FROM entitled.calendar
      WHERE code IN (SELECT split_part(value ->> 'what', ' ', 2) FROM jsonb_array_elements(changes)); -- 'calendar CODE …'
  END IF;
  RETURN jsonb_build_object('changes', changes, 'dry_run', dry_run);
END
$$;
