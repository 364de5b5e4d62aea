-- How the first administrator gets in: by the owner's hand at the database, and only once.

-- Enrols the first principal of role admin: its code, and its certificate's SHA-256 fingerprint in
-- hexadecimal (colons are allowed). Raises if there is an administrator already: from then on,
-- principal.create is the way. Returns the code. Not for the daemon's role, nor for any other.
CREATE OR REPLACE FUNCTION entitled.bootstrap_admin(admin_name text, admin_fingerprint text) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
  hex text := lower(replace(admin_fingerprint, ':', ''));
BEGIN
  IF admin_fingerprint IS NULL OR hex !~ '^[0-9a-f]{64}$' THEN
    RAISE EXCEPTION 'the fingerprint must be 64 hexadecimal digits (openssl x509 -noout -fingerprint -sha256)';
  END IF;
  LOCK TABLE entitled.principal IN SHARE ROW EXCLUSIVE MODE; -- two at once: one is first
  IF EXISTS (SELECT FROM entitled.principal WHERE role = 'admin') THEN
    RAISE EXCEPTION 'there is an administrator already; enrol others with principal.create';
  END IF;
  INSERT INTO entitled.principal (name, role, fingerprint, created_at)
  VALUES (admin_name, 'admin', decode(hex, 'hex'), entitled.clock_now());
  RETURN admin_name;
END
$$;
REVOKE ALL ON FUNCTION entitled.bootstrap_admin(text, text) FROM PUBLIC;
