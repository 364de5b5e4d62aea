-- principal.create, principal.disable, principal.enable, principal.list.
--
-- Every change is told to all workers (NOTIFY entitled_principal, the name): it is effective at once.

-- A principal as the protocol shows it.
CREATE OR REPLACE FUNCTION entitled.principal_object(p entitled.principal) RETURNS jsonb
LANGUAGE sql STABLE AS $$
  SELECT jsonb_build_object(
    'name', p.name, 'role', p.role,
    'partner', (SELECT code FROM entitled.partner WHERE partner.partner_id = p.partner_id),
    'fingerprint', encode(p.fingerprint, 'hex'), 'disabled', p.disabled_at IS NOT NULL)
$$;

-- {"principal"}. invalid_params: a partner without the role partner, or the reverse; not_found: no such
-- partner; invalid_state: the name or the certificate is enrolled already.
CREATE OR REPLACE FUNCTION entitled.principal_create(caller entitled.principal, params jsonb) RETURNS jsonb
LANGUAGE plpgsql AS $$
DECLARE
  whose bigint;
  made entitled.principal;
BEGIN
  IF params ->> 'role' = 'partner' AND NOT params ? 'partner' THEN
    PERFORM entitled.refuse('invalid_params', 'parameter `partner` is missing: role partner has one');
  ELSIF params ->> 'role' <> 'partner' AND params ? 'partner' THEN
    PERFORM entitled.refuse('invalid_params', format('parameter `partner` does not go with role %s', params ->> 'role'));
  ELSIF params ? 'partner' THEN
    whose := (entitled.partner_find(params ->> 'partner')).partner_id;
  END IF;
  INSERT INTO entitled.principal (name, role, partner_id, fingerprint, created_at)
  VALUES (params ->> 'name', params ->> 'role', whose, decode(params ->> 'fingerprint', 'hex'), entitled.clock_now())
      ON CONFLICT DO NOTHING
  RETURNING * INTO made;
  IF NOT FOUND THEN
    PERFORM entitled.refuse('invalid_state',
      CASE WHEN EXISTS (SELECT FROM entitled.principal WHERE name = params ->> 'name')
           THEN format('there is a principal %s already', params ->> 'name')
           ELSE 'this certificate is enrolled already, under another name' END);
  END IF;
  PERFORM pg_notify('entitled_principal', made.name);
  RETURN jsonb_build_object('principal', entitled.principal_object(made));
END
$$;

-- Sets or clears the disabling of a principal, and tells the workers. not_found.
CREATE OR REPLACE FUNCTION entitled.principal_set_disabled(principal_name text, disabled boolean) RETURNS jsonb
LANGUAGE plpgsql AS $$
DECLARE
  changed entitled.principal;
BEGIN
  UPDATE entitled.principal
     SET disabled_at = CASE WHEN disabled THEN coalesce(disabled_at, entitled.clock_now()) END
   WHERE name = principal_name
  RETURNING * INTO changed;
  IF NOT FOUND THEN
    PERFORM entitled.refuse('not_found', 'there is no principal ' || principal_name);
  END IF;
  PERFORM pg_notify('entitled_principal', changed.name);
  RETURN jsonb_build_object('principal', entitled.principal_object(changed));
END
$$;

-- {"principal"}. not_found; invalid_state: it is the caller itself, or the last administrator.
CREATE OR REPLACE FUNCTION entitled.principal_disable(caller entitled.principal, params jsonb) RETURNS jsonb
LANGUAGE plpgsql AS $$
BEGIN
  IF params ->> 'name' = caller.name THEN
    PERFORM entitled.refuse('invalid_state', 'nobody disables itself: ask another administrator');
  END IF;
  -- Two administrators who disable each other follow one another.
  PERFORM FROM entitled.principal WHERE role = 'admin' ORDER BY principal_id FOR NO KEY UPDATE;
  IF NOT EXISTS (SELECT FROM entitled.principal
                  WHERE role = 'admin' AND disabled_at IS NULL AND name <> params ->> 'name') THEN
    PERFORM entitled.refuse('invalid_state', format('%s is the last administrator', params ->> 'name'));
  END IF;
  RETURN entitled.principal_set_disabled(params ->> 'name', true);
END
$$;

-- {"principal"}. not_found.
CREATE OR REPLACE FUNCTION entitled.principal_enable(caller entitled.principal, params jsonb) RETURNS jsonb
LANGUAGE plpgsql AS $$
BEGIN
  RETURN entitled.principal_set_disabled(params ->> 'name', false);
END
$$;

-- {"principals"}: by name; of one role, or all.
CREATE OR REPLACE FUNCTION entitled.principal_list(caller entitled.principal, params jsonb) RETURNS jsonb
LANGUAGE sql STABLE AS $$
  SELECT jsonb_build_object('principals', coalesce(jsonb_agg(entitled.principal_object(p) ORDER BY p.name), '[]'))
    FROM entitled.principal p
   WHERE NOT params ? 'role' OR p.role = params ->> 'role'
$$;
