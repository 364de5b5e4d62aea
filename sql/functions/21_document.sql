-- Documents that replace a whole part of the reference data (catalogue.apply, calendar.apply): their
-- shape, and what a replacement changed.
--
-- A shape is JSON that looks like the document: an object of members (a `?` after a name: may be left out
-- or null), an array of one element, or in the place of a value its type and bounds:
--   "code"  "text"  "boolean"  "integer 1 120"  "one pool access"  "money"  "time"  "date"  "zone"

-- What a value of this type must be, in words; NULL if it is.
CREATE OR REPLACE FUNCTION entitled.document_value_problem(value jsonb, type text) RETURNS text
LANGUAGE plpgsql STABLE AS $$
DECLARE
  word text[] := string_to_array(type, ' ');
  is_text boolean := jsonb_typeof(value) = 'string';
  content text := value #>> '{}';
BEGIN
  CASE word[1]
    WHEN 'code' THEN
      RETURN CASE WHEN NOT is_text OR content !~ '^[a-z0-9][a-z0-9-]{0,62}$'
                  THEN 'must be a code: 1 to 63 of a-z, 0-9 and -' END;
    WHEN 'text' THEN
      RETURN CASE WHEN NOT is_text OR length(content) NOT BETWEEN 1 AND 200
                  THEN 'must be a text of 1 to 200 characters' END;
    WHEN 'boolean' THEN
      RETURN CASE WHEN jsonb_typeof(value) <> 'boolean' THEN 'must be true or false' END;
    WHEN 'integer' THEN
      RETURN CASE WHEN jsonb_typeof(value) <> 'number' OR content !~ '^[0-9]{1,10}$'
                       OR content::bigint NOT BETWEEN word[2]::bigint AND word[3]::bigint
                  THEN format('must be a whole number from %s to %s', word[2], word[3]) END;
    WHEN 'one' THEN
      RETURN CASE WHEN NOT is_text OR content <> ALL (word[2:])
                  THEN 'must be one of ' || array_to_string(word[2:], ', ') END;
    WHEN 'money' THEN
      RETURN CASE WHEN NOT is_text OR content !~ '^[0-9]{1,10}\.[0-9]{2} [A-Z]{3}$'
                  THEN 'must be an amount with two decimals and a currency, such as 1500.00 USD' END;
    WHEN 'time' THEN
      RETURN CASE WHEN NOT is_text OR content !~ '^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$'
                  THEN 'must be a time of day, such as 09:00' END;
    WHEN 'date' THEN
      RETURN CASE WHEN NOT is_text OR entitled.date_of(content) IS NULL
                  THEN 'must be a date, such as 2004-12-24' END;
    WHEN 'zone' THEN
      RETURN CASE WHEN NOT is_text OR NOT entitled.zone_exists(content)
                  THEN 'must be the name of a time zone, such as Europe/Lisbon' END;
  END CASE;
END
$$;

-- The date that a text of the form YYYY-MM-DD says; NULL if it says none.
CREATE OR REPLACE FUNCTION entitled.date_of(content text) RETURNS date
LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN CASE WHEN content ~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}$' THEN content::date END;
EXCEPTION WHEN datetime_field_overflow OR invalid_datetime_format THEN
  RETURN NULL;
END
$$;

-- Ends the request with invalid_params: what is wrong, and where in the document.
CREATE OR REPLACE FUNCTION entitled.document_refuse(path text, problem text) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
  PERFORM entitled.refuse('invalid_params', format('document: %s %s', coalesce(nullif(path, ''), 'it'), problem),
                          jsonb_build_object('path', path));
END
$$;

-- Refuses (invalid_params) a value that has not this shape; path: where it stands in the document.
CREATE OR REPLACE FUNCTION entitled.document_check(value jsonb, shape jsonb, path text) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
  member text;
  inner_path text;
  problem text;
BEGIN
  CASE jsonb_typeof(shape)
    WHEN 'object' THEN
      IF jsonb_typeof(value) <> 'object' THEN
        PERFORM entitled.document_refuse(path, 'must be an object');
      END IF;
      FOR member IN SELECT jsonb_object_keys(value) LOOP
        IF NOT shape ?| ARRAY[member, member || '?'] OR member ~ '\?$' THEN
          PERFORM entitled.document_refuse(concat_ws('.', nullif(path, ''), member), 'is not known');
        END IF;
      END LOOP;
      FOR member IN SELECT jsonb_object_keys(shape) LOOP
        inner_path := concat_ws('.', nullif(path, ''), rtrim(member, '?'));
        IF coalesce(value -> rtrim(member, '?'), 'null') <> 'null' THEN
          PERFORM entitled.document_check(value -> rtrim(member, '?'), shape -> member, inner_path);
        ELSIF member !~ '\?$' THEN
          PERFORM entitled.document_refuse(inner_path, 'is missing');
        END IF;
      END LOOP;
    WHEN 'array' THEN
      IF jsonb_typeof(value) <> 'array' THEN
        PERFORM entitled.document_refuse(path, 'must be an array');
      END IF;
      FOR i IN 0 .. jsonb_array_length(value) - 1 LOOP
        PERFORM entitled.document_check(value -> i, shape -> 0, format('%s[%s]', path, i));
      END LOOP;
    ELSE
      problem := entitled.document_value_problem(value, shape #>> '{}');
      IF problem IS NOT NULL THEN
        PERFORM entitled.document_refuse(path, problem);
      END IF;
  END CASE;
END
$$;

-- Refuses (invalid_params) an array in which two elements agree in this member.
CREATE OR REPLACE FUNCTION entitled.document_check_unique(elements jsonb, member text, path text) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
  again record;
BEGIN
  SELECT element ->> member AS content, max(n) - 1 AS place INTO again
    FROM jsonb_array_elements(elements) WITH ORDINALITY AS e (element, n)
   GROUP BY 1 HAVING count(*) > 1 LIMIT 1;
  IF FOUND THEN
    PERFORM entitled.document_refuse(format('%s[%s].%s', path, again.place, member),
                                     again.content || ' is there twice');
  END IF;
END
$$;

-- The members of a fact in words; those of `other` that are the same are left out.
CREATE OR REPLACE FUNCTION entitled.fact_text(fact jsonb, other jsonb DEFAULT NULL) RETURNS text
LANGUAGE sql IMMUTABLE AS $$
  SELECT coalesce(string_agg(
           CASE WHEN other IS NULL THEN format('%s: %s', key, coalesce(value #>> '{}', 'none'))
                ELSE format('%s: %s -> %s', key, coalesce(other ->> key, 'none'), coalesce(value #>> '{}', 'none')) END,
           ', ' ORDER BY key), '')
    FROM jsonb_each(fact)
   WHERE CASE WHEN other IS NULL THEN value <> 'null' ELSE value IS DISTINCT FROM other -> key END
$$;

-- The difference of two states; a state is {"plan certified": {its members}, …}.
CREATE OR REPLACE FUNCTION entitled.fact_changes(before jsonb, after jsonb) RETURNS jsonb
LANGUAGE sql IMMUTABLE AS $$
  SELECT coalesce(jsonb_agg(jsonb_build_object(
           'change', CASE WHEN o.value IS NULL THEN 'added' WHEN n.value IS NULL THEN 'removed' ELSE 'changed' END,
           'what', key,
           'detail', CASE WHEN n.value IS NULL THEN entitled.fact_text(o.value)
                          ELSE entitled.fact_text(n.value, o.value) END) ORDER BY key), '[]')
    FROM jsonb_each(before) o FULL JOIN jsonb_each(after) n USING (key)
   WHERE o.value IS DISTINCT FROM n.value
$$;
