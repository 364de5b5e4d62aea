-- Who a certificate's owner is. Not a method of the protocol: the daemon asks it when a connection opens.

-- requests[i]: {"fingerprint": "64 hexadecimal digits"}; callers[i] is 0. The result:
-- {"id", "name", "role", "partner_id", "partner"}; forbidden where it is not enrolled, or disabled.
CREATE OR REPLACE FUNCTION api.identify(callers bigint[], requests jsonb[]) RETURNS SETOF api.reply
LANGUAGE plpgsql STABLE AS $$
BEGIN
  PERFORM set_config('entitled.scope', '*', true); -- a partner's principal may learn its own partner's code
  RETURN QUERY
  SELECT asked.ordinal::int,
         who.principal_id IS NOT NULL AND who.disabled_at IS NULL,
         CASE
           WHEN who.principal_id IS NULL THEN
             entitled.error_object('forbidden', 'this certificate is not enrolled')::text
           WHEN who.disabled_at IS NOT NULL THEN
             entitled.error_object('forbidden', 'this principal is disabled')::text
           ELSE jsonb_build_object('id', who.principal_id, 'name', who.name, 'role', who.role,
                                   'partner_id', coalesce(who.partner_id, 0),
                                   'partner', coalesce(partner.code, ''))::text
         END
    FROM unnest(requests) WITH ORDINALITY AS asked (request, ordinal)
    LEFT JOIN entitled.principal who ON who.fingerprint = decode(asked.request ->> 'fingerprint', 'hex')
    LEFT JOIN entitled.partner USING (partner_id);
END
$$;
