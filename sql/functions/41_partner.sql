-- partner.create, partner.update, partner.show, partner.list.

-- The partner of this code, if the caller may see it. not_found: there is none, or it may not.
CREATE OR REPLACE FUNCTION entitled.partner_find(partner_code text) RETURNS entitled.partner
LANGUAGE plpgsql STABLE AS $$
DECLARE
  found_partner entitled.partner;
BEGIN
  SELECT * INTO found_partner FROM entitled.partner WHERE code = partner_code;
  IF NOT FOUND THEN
    PERFORM entitled.refuse('not_found', 'there is no partner ' || partner_code);
  END IF;
  RETURN found_partner;
END
$$;

-- The partner a request is about: the one it names, or the caller's own. invalid_params: neither is there.
CREATE OR REPLACE FUNCTION entitled.partner_asked(caller entitled.principal, params jsonb) RETURNS entitled.partner
LANGUAGE plpgsql STABLE AS $$
DECLARE
  own entitled.partner;
BEGIN
  IF params ? 'partner' THEN
    RETURN entitled.partner_find(params ->> 'partner');
  ELSIF caller.partner_id IS NULL THEN
    PERFORM entitled.refuse('invalid_params', 'parameter `partner` is missing: name the partner');
  END IF;
  SELECT * INTO own FROM entitled.partner WHERE partner_id = caller.partner_id;
  RETURN own;
END
$$;

-- A partner as the protocol shows it.
CREATE OR REPLACE FUNCTION entitled.partner_object(p entitled.partner) RETURNS jsonb
LANGUAGE sql STABLE AS $$
  SELECT jsonb_build_object(
    'partner', p.code, 'name', p.name, 'region', p.region, 'time_zone', p.time_zone,
    'calendar', (SELECT code FROM entitled.calendar c WHERE c.calendar_id = p.calendar_id),
    'email', p.email, 'disabled', p.disabled_at IS NOT NULL,
    'level', (SELECT level FROM entitled.partner_level(p.partner_id, entitled.clock_now()) level),
    'created_at', p.created_at)
$$;

-- Refuses what create and update may not be given: not_found for a region or calendar that is not there,
-- invalid_params for a time zone that is none.
CREATE OR REPLACE FUNCTION entitled.partner_check(params jsonb) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
  IF params ? 'region' AND NOT EXISTS (SELECT FROM entitled.region WHERE region = params ->> 'region') THEN
    PERFORM entitled.refuse('not_found', format('there is no region %s in the catalogue', params ->> 'region'));
  ELSIF params ? 'calendar' AND NOT EXISTS (SELECT FROM entitled.calendar WHERE code = params ->> 'calendar') THEN
    PERFORM entitled.refuse('not_found', 'there is no calendar ' || (params ->> 'calendar'));
  ELSIF params ? 'time_zone' AND NOT entitled.zone_exists(params ->> 'time_zone') THEN
    PERFORM entitled.refuse('invalid_params',
      'parameter `time_zone` must be the name of a time zone of the IANA database, such as Europe/Lisbon');
  END IF;
END
$$;

-- {"partner"}. invalid_state: the code is taken; and what partner_check() refuses.
CREATE OR REPLACE FUNCTION entitled.partner_create(caller entitled.principal, params jsonb) RETURNS jsonb
LANGUAGE plpgsql AS $$
DECLARE
  made entitled.partner;
BEGIN
  PERFORM entitled.partner_check(params);
  INSERT INTO entitled.partner (code, name, region, time_zone, calendar_id, email, created_at)
  SELECT params ->> 'partner', params ->> 'name', params ->> 'region', params ->> 'time_zone', calendar_id,
         params ->> 'email', entitled.clock_now()
    FROM entitled.calendar WHERE code = params ->> 'calendar'
      ON CONFLICT (code) DO NOTHING
  RETURNING * INTO made;
  IF NOT FOUND THEN
    PERFORM entitled.refuse('invalid_state', format('there is a partner %s already', params ->> 'partner'));
  END IF;
  RETURN jsonb_build_object('partner', entitled.partner_object(made));
END
$$;

-- {"partner"}. What params has not stays; not_found, and what partner_check() refuses.
CREATE OR REPLACE FUNCTION entitled.partner_update(caller entitled.principal, params jsonb) RETURNS jsonb
LANGUAGE plpgsql AS $$
DECLARE
  changed entitled.partner := entitled.partner_find(params ->> 'partner');
BEGIN
  PERFORM entitled.partner_check(params);
  UPDATE entitled.partner p
     SET name = coalesce(params ->> 'name', name),
         region = coalesce(params ->> 'region', region),
         time_zone = coalesce(params ->> 'time_zone', time_zone),
         calendar_id = coalesce((SELECT c.calendar_id FROM entitled.calendar c WHERE c.code = params ->> 'calendar'),
                                calendar_id),
         email = coalesce(params ->> 'email', email),
         disabled_at = CASE (params ->> 'disabled')::boolean
                         WHEN true THEN coalesce(disabled_at, entitled.clock_now())
                         WHEN false THEN NULL
                         ELSE disabled_at
                       END
   WHERE p.partner_id = changed.partner_id
  RETURNING * INTO changed;
  RETURN jsonb_build_object('partner', entitled.partner_object(changed));
END
$$;

-- {"partner", "contracts"}: with the contracts that are not over, nearest end first. not_found.
CREATE OR REPLACE FUNCTION entitled.partner_show(caller entitled.principal, params jsonb) RETURNS jsonb
LANGUAGE plpgsql AS $$
DECLARE
  shown entitled.partner := entitled.partner_asked(caller, params);
BEGIN
  RETURN jsonb_build_object(
    'partner', entitled.partner_object(shown),
    'contracts', (SELECT coalesce(jsonb_agg(entitled.contract_object(c) ORDER BY c.ends, c.contract_id), '[]')
                    FROM entitled.contract c
                   WHERE c.partner_id = shown.partner_id
                     AND entitled.contract_state(c) IN ('draft', 'scheduled', 'active')));
END
$$;

-- {"partners", "next"?}: by code, from where the cursor's page ended.
CREATE OR REPLACE FUNCTION entitled.partner_list(caller entitled.principal, params jsonb) RETURNS jsonb
LANGUAGE plpgsql AS $$
DECLARE
  page_size int := coalesce((params ->> 'limit')::int, 50);
  after_id bigint := entitled.cursor_number('partner', params ->> 'cursor');
  after_code text := (SELECT code FROM entitled.partner WHERE partner_id = after_id);
  page entitled.partner[];
BEGIN
  IF after_id IS NOT NULL AND after_code IS NULL THEN
    PERFORM entitled.refuse('invalid_params', 'parameter `cursor` is not one that this method gave as `next`');
  END IF;
  page := array(SELECT p
                  FROM entitled.partner p
                 WHERE code > coalesce(after_code, '')
                   AND (caller.partner_id IS NULL OR partner_id = caller.partner_id)
                   AND (NOT params ? 'text' OR code ILIKE entitled.text_pattern(params ->> 'text')
                        OR name ILIKE entitled.text_pattern(params ->> 'text'))
                 ORDER BY code
                 LIMIT page_size + 1);
  RETURN jsonb_build_object(
           'partners', (SELECT coalesce(jsonb_agg(entitled.partner_object(p) ORDER BY p.code), '[]')
                          FROM unnest(page[:page_size]) p))
         || CASE WHEN cardinality(page) > page_size
                 THEN jsonb_build_object('next', entitled.cursor_name('partner', page[page_size].partner_id))
                 ELSE '{}' END;
END
$$;
