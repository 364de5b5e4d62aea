-- Lists a page at a time: the cursor, and parameters that several lists have.

-- The cursor that says where a page ended: the kind of list and what is after it, opaque to the client.
CREATE OR REPLACE FUNCTION entitled.cursor_of(kind text, last text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN rtrim(translate(encode(convert_to(kind || ':' || last, 'UTF8'), 'base64'), '+/', '-_'), '=');

-- The same, of a number.
CREATE OR REPLACE FUNCTION entitled.cursor_name(kind text, last bigint) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN entitled.cursor_of(kind, last::text);

-- What a cursor has after its kind and a colon, if it is of this kind and fits the pattern; NULL for NULL.
-- invalid_params: it is none.
CREATE OR REPLACE FUNCTION entitled.cursor_content(kind text, pattern text, cursor text) RETURNS text
LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
  content text;
BEGIN
  IF cursor IS NULL THEN
    RETURN NULL;
  END IF;
  IF cursor ~ '^[A-Za-z0-9_-]{2,64}$' AND length(cursor) % 4 <> 1 THEN
    content := encode(decode(rpad(translate(cursor, '-_', '+/'), (length(cursor) + 3) / 4 * 4, '='), 'base64'), 'escape');
  END IF;
  IF content IS NULL OR content !~ ('^' || kind || ':' || pattern || '$') THEN
    PERFORM entitled.refuse('invalid_params', 'parameter `cursor` is not one that this method gave as `next`');
  END IF;
  RETURN substr(content, length(kind) + 2);
END
$$;

-- The number in a cursor of this kind of list; NULL for NULL. invalid_params: it is none.
CREATE OR REPLACE FUNCTION entitled.cursor_number(kind text, cursor text) RETURNS bigint
LANGUAGE plpgsql AS $$
BEGIN
  RETURN entitled.cursor_content(kind, '[0-9]{1,18}', cursor)::bigint;
END
$$;

DROP FUNCTION IF EXISTS entitled.due_cursor_name(text, timestamptz, bigint); -- before they were of any time
DROP FUNCTION IF EXISTS entitled.due_cursor(text, text);

-- The same of a list in the order of times (deadlines, openings) and numbers: microseconds since 1970 (or infinity), a dot, the
-- number.
CREATE OR REPLACE FUNCTION entitled.time_cursor_name(kind text, at timestamptz, id bigint) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN entitled.cursor_of(kind, coalesce((extract(epoch FROM nullif(at, 'infinity')) * 1000000)::bigint::text, 'infinity')
                                || '.' || id);

-- And back; for NULL what is before all. invalid_params: it is none.
CREATE OR REPLACE FUNCTION entitled.time_cursor(kind text, cursor text, OUT at timestamptz, OUT id bigint)
LANGUAGE plpgsql AS $$
DECLARE
  content text := entitled.cursor_content(kind, '(-?[0-9]{1,17}|infinity)[.][0-9]{1,18}', cursor);
BEGIN
  at := CASE split_part(content, '.', 1) WHEN 'infinity' THEN 'infinity'::timestamptz
        ELSE timestamptz 'epoch' + split_part(content, '.', 1)::bigint * interval '1 microsecond' END;
  at := coalesce(at, '-infinity');
  id := coalesce(split_part(content, '.', 2)::bigint, 0);
END
$$;

-- A pattern for ILIKE that finds the text anywhere, whatever signs it has.
CREATE OR REPLACE FUNCTION entitled.text_pattern(sought text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN '%' || regexp_replace(sought, '([\\%_])', '\\\1', 'g') || '%';

-- A parameter that is a time; NULL where it is not there. invalid_params: there is no such time.
CREATE OR REPLACE FUNCTION entitled.time_param(params jsonb, name text) RETURNS timestamptz
LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN (params ->> name)::timestamptz;
EXCEPTION WHEN datetime_field_overflow OR invalid_datetime_format THEN
  PERFORM entitled.refuse('invalid_params', format('parameter `%s` must be a time, such as 2004-08-23T12:00:00Z', name));
END
$$;
