-- Whose rows this transaction may touch: the second wall, behind the conditions of each function.
--
-- Every function of api first calls scope_enter(), which sets entitled.scope for the transaction:
-- '*' for callers of the program (coordinator, manager, reporter, admin), a partner's id for that
-- partner's principals, and nothing at all before: then no row is seen. The tables are FORCEd, so the
-- policies bind their owner too, as which those functions run.

-- True where the transaction may touch every partner's rows.
CREATE OR REPLACE FUNCTION entitled.scope_all() RETURNS boolean
LANGUAGE sql STABLE PARALLEL SAFE
RETURN coalesce(current_setting('entitled.scope', true), '') = '*';

-- The one partner whose rows the transaction may touch; NULL where there is none (or all).
CREATE OR REPLACE FUNCTION entitled.scope_partner() RETURNS bigint
LANGUAGE sql STABLE PARALLEL SAFE
RETURN nullif(nullif(current_setting('entitled.scope', true), '*'), '')::bigint;

DO $$
DECLARE
  owned text;
BEGIN
  FOREACH owned IN ARRAY '{partner,contract,pool_grant,contract_access,incident,ledger,timeline,refusal,request,contract_target,
                                  escalation,snapshot,alert,mail,mail_outcome}'::text[]
  LOOP
    EXECUTE format('DROP POLICY IF EXISTS scope ON entitled.%I', owned);
    -- Sub-selects: computed once a query, not once a row.
    EXECUTE format('CREATE POLICY scope ON entitled.%I USING '
                   '((SELECT entitled.scope_all()) OR partner_id = (SELECT entitled.scope_partner()))', owned);
  END LOOP;
  -- Of the night as a whole there is nothing for one partner.
  DROP POLICY IF EXISTS scope ON entitled.night;
  CREATE POLICY scope ON entitled.night USING ((SELECT entitled.scope_all()));
END
$$;

-- Sets the scope for a batch: the callers (principal ids) are all of the program, or all of one partner.
-- Raises if they are mixed (the daemon does not mix them; it would then ask one at a time).
CREATE OR REPLACE FUNCTION entitled.scope_enter(callers bigint[]) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
  least_id bigint; -- 0 stands for the program
  most_id bigint;
BEGIN
  SELECT min(coalesce(partner_id, 0)), max(coalesce(partner_id, 0)) INTO least_id, most_id
    FROM entitled.principal
   WHERE principal_id = ANY (callers) AND disabled_at IS NULL;
  IF least_id <> most_id THEN
    RAISE EXCEPTION 'callers of different scopes in one batch';
  END IF;
  PERFORM set_config('entitled.scope', CASE least_id WHEN 0 THEN '*' ELSE least_id::text END, true);
END
$$;
