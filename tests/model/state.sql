-- What the model test reads of PostgreSQL beside the replies, as the model writes it too (model_state.c): a line a
-- row, times as PostgreSQL prints them in UTC. And the numbers of names set back, so that a sequence that is printed makes
-- the names that it prints.
-- Functions of the superuser, which see all rows; entitled_daemon, as which the test calls everything, may call them.
CREATE SCHEMA model;

-- Contracts, accesses, grants and incidents of these partners, by partner_id and number. whole: every entry and
-- incident; otherwise the last entry of each grant of some contracts, and some incidents: those numbers that are named, and
-- all above the last ones that were known before.
CREATE FUNCTION model.state(codes text[], whole boolean, contracts bigint[], last_contract bigint,
                            incidents bigint[], last_incident bigint) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
  of_partner bigint;
  wanted text;
  line text;
  answer text := '';
BEGIN
  FOREACH wanted IN ARRAY codes LOOP
    SELECT partner_id, concat('P ', p.code, ' ', p.time_zone, ' ', p.disabled_at IS NOT NULL, ' refused ',
             (SELECT count(*) FROM entitled.refusal r WHERE r.partner_id = p.partner_id), E'\n')
      INTO of_partner, line FROM entitled.partner p WHERE p.code = wanted;
    CONTINUE WHEN NOT FOUND;
    answer := concat(answer, line,
      (SELECT string_agg(concat('C ', contract_id, ' ', plan, ' ', starts, ' ', ends, ' term ', term_starts, ' ', term_ends,
                ' cancelled ', cancelled_at, ' renews ', renews, ' upgrades ', upgrades, ' by ', delivered_by, E'\n'), ''
                ORDER BY contract_id)
         FROM entitled.contract WHERE partner_id = of_partner),
      (SELECT string_agg(concat('A ', contract_id, ' ', benefit, ' ', starts, ' ', ends, E'\n'), ''
                ORDER BY contract_id, benefit)
         FROM entitled.contract_access WHERE partner_id = of_partner),
      (SELECT string_agg(concat('G ', g.contract_id, ' ', g.benefit, ' rank ', g.rank, ' ', g.starts, ' ', g.ends, ' granted ',
                g.granted, ' used ', g.used, ' over ', g.overage, ' expired ', g.expired, ' entries ', g.entries,
                ' by ', g.delivered_by, E'\n'), '' ORDER BY g.grant_id)
         FROM entitled.pool_grant g WHERE g.partner_id = of_partner),
      (SELECT string_agg(concat('E ', g.contract_id, ' ', g.benefit, ' ', l.seq, ' ', l.at, ' ', l.kind, ' ', l.units,
                ' incident ', l.incident_id, ' ', l.reason, ' ', w.name, E'\n'), '' ORDER BY g.grant_id, l.seq)
         FROM entitled.pool_grant g
         JOIN entitled.ledger l USING (partner_id, grant_id)
         JOIN entitled.principal w USING (principal_id)
        WHERE g.partner_id = of_partner
          AND (whole OR ((g.contract_id > last_contract OR g.contract_id = ANY (contracts)) AND l.seq = g.entries))),
      (SELECT string_agg(concat('I ', i.incident_id, ' ', i.class, ' ', i.state, ' ', i.opened_at, ' ', i.logged_at,
                ' notes ', (SELECT count(*) FROM entitled.timeline t
                             WHERE t.partner_id = of_partner AND t.incident_id = i.incident_id), ' reopened ', i.reopened, ' of ', i.duplicate_of, ' by ', i.delivered_by, ' ', i.coverage, E'\n'), ''
                ORDER BY i.incident_id)
         FROM entitled.incident i
        WHERE i.partner_id = of_partner AND (whole OR i.incident_id > last_incident OR i.incident_id = ANY (incidents))),
      'N ', (SELECT count(*) FROM entitled.incident i WHERE i.partner_id = of_partner), E' incidents\n');
  END LOOP;
  RETURN answer;
END
$$;

-- The next contract and incident are the first again. Only where none is kept.
CREATE FUNCTION model.restart() RETURNS void LANGUAGE sql SECURITY DEFINER AS $$
  SELECT setval('entitled.contract_contract_id_seq', 1, false), setval('entitled.incident_incident_id_seq', 1, false)
$$;

-- A principal's id by its name.
CREATE FUNCTION model.principal(principal_name text) RETURNS bigint LANGUAGE sql STABLE SECURITY DEFINER
RETURN (SELECT principal_id FROM entitled.principal WHERE name = principal_name);

GRANT USAGE ON SCHEMA model TO entitled_daemon;
