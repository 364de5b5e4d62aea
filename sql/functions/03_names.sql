-- The public names of numbered things, and back.

CREATE OR REPLACE FUNCTION entitled.incident_name(incident_id bigint) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN 'INC-' || CASE WHEN incident_id < 1000000 THEN lpad(incident_id::text, 6, '0') ELSE incident_id::text END;

CREATE OR REPLACE FUNCTION entitled.contract_name(contract_id bigint) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN 'CON-' || CASE WHEN contract_id < 1000000 THEN lpad(contract_id::text, 6, '0') ELSE contract_id::text END;

-- The number in INC-000123; NULL for anything else.
CREATE OR REPLACE FUNCTION entitled.incident_number(name text) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN name ~ '^INC-[0-9]{6,18}$' THEN substr(name, 5)::bigint END;

-- The number in CON-000123; NULL for anything else.
CREATE OR REPLACE FUNCTION entitled.contract_number(name text) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN name ~ '^CON-[0-9]{6,18}$' THEN substr(name, 5)::bigint END;

CREATE OR REPLACE FUNCTION entitled.escalation_name(escalation_id bigint) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN 'ESC-' || CASE WHEN escalation_id < 1000000 THEN lpad(escalation_id::text, 6, '0') ELSE escalation_id::text END;

-- The number in ESC-000123; NULL for anything else.
CREATE OR REPLACE FUNCTION entitled.escalation_number(name text) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN name ~ '^ESC-[0-9]{6,18}$' THEN substr(name, 5)::bigint END;
