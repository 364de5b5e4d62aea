-- The program itself: its name, and its days, which end at the midnights of its time zone.

-- What the program is called, and its time zone.
CREATE OR REPLACE FUNCTION entitled.program_row() RETURNS entitled.program
LANGUAGE sql STABLE AS $$ SELECT p FROM entitled.program p $$;

-- The last day of the program that is over.
CREATE OR REPLACE FUNCTION entitled.program_last_day() RETURNS date
LANGUAGE sql STABLE AS $$
  SELECT (entitled.clock_now() AT TIME ZONE p.time_zone)::date - 1 FROM entitled.program p
$$;

-- A day of the program: the snapshot that was taken of it, or (taken_at NULL) what it would be, by the time zone of now:
-- from its first instant until its cut-off, the first instant of the day after it. A day that is not over is cut off now.
CREATE OR REPLACE FUNCTION entitled.night_of(day date) RETURNS entitled.night
LANGUAGE plpgsql STABLE AS $$
DECLARE
  n entitled.night;
BEGIN
  SELECT * INTO n FROM entitled.night WHERE date = day;
  IF NOT FOUND THEN
    n.date := day;
    SELECT p.time_zone INTO n.time_zone FROM entitled.program p;
    n.cut_off := least(entitled.day_starts(day + 1, n.time_zone), entitled.clock_now());
    n.begins := least(entitled.day_starts(day, n.time_zone), n.cut_off);
  END IF;
  RETURN n;
END
$$;

-- The date that a parameter says; NULL where it is not there. invalid_params: there is no such date.
CREATE OR REPLACE FUNCTION entitled.date_param(params jsonb, name text) RETURNS date
LANGUAGE plpgsql STABLE AS $$
BEGIN
  IF params ? name AND coalesce(entitled.date_of(params ->> name), '10000-01-01') NOT BETWEEN '1970-01-01' AND '9998-12-31' THEN
    PERFORM entitled.refuse('invalid_params', format('parameter `%s` must be a date, such as 2004-08-23', name));
  END IF;
  RETURN entitled.date_of(params ->> name);
END
$$;
