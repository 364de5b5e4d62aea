-- How every function of api is called and answers, and how errors travel.
--
--   api.<method>(callers bigint[], requests jsonb[]) RETURNS SETOF api.reply
--
-- callers[i] (a principal's id) asks requests[i] (the parameters, with `key` where the method writes).
-- One row comes back for each, in any order: its number from 1, whether it is a result, and the text
-- of the result object or of the error object, which the daemon puts into its reply as it is.
-- A refusal is such a value, never an exception.  An exception undoes the whole batch; its members
-- are then asked again one at a time.
--
-- Methods that are not asked hundreds of times a second are written for one request:
--   entitled.<method>(caller entitled.principal, params jsonb) RETURNS jsonb
-- and served by serve_reads() and serve_writes(), which bring scope, key, replay and errors.
-- Inside them an error is raised with refuse(), which undoes what that one request had done. A refusal of the
-- entitlement (errors 10 to 16) is recorded, and stays under its key; all other errors leave the key free.

DO $$
BEGIN
  IF to_regtype('api.reply') IS NULL THEN
    CREATE TYPE api.reply AS (ordinal int, ok boolean, body text);
  END IF;
END
$$;

-- The code of an error by its reason; the list of common/error.def (a test compares the two).
CREATE OR REPLACE FUNCTION entitled.error_code(reason text) RETURNS int
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE reason
  WHEN 'invalid_params' THEN -32602
  WHEN 'internal' THEN -32603
  WHEN 'forbidden' THEN 1
  WHEN 'not_found' THEN 2
  WHEN 'invalid_state' THEN 3
  WHEN 'key_reused' THEN 4
  WHEN 'entitlement_exhausted' THEN 10
  WHEN 'no_entitlement' THEN 11
  WHEN 'outside_coverage' THEN 12
  WHEN 'outage_required' THEN 13
  WHEN 'contract_not_active' THEN 14
  WHEN 'already_credited' THEN 15
  WHEN 'override_needs_reason' THEN 16
END;

-- The error object of a reply. data is what the reason's description in entitle-protocol(7) promises.
CREATE OR REPLACE FUNCTION entitled.error_object(reason text, message text, data jsonb DEFAULT '{}') RETURNS jsonb
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN jsonb_build_object('code', entitled.error_code(reason), 'message', message,
                          'data', jsonb_build_object('reason', reason) || data);

-- Ends one request inside serve_reads() or serve_writes() with an error of this reason.
-- message: a sentence for a person, lower case, no full stop, nothing of another partner.
CREATE OR REPLACE FUNCTION entitled.refuse(reason text, message text, data jsonb DEFAULT '{}') RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION USING ERRCODE = 'EN001', MESSAGE = message,
    DETAIL = entitled.error_object(reason, message, data)::text;
END
$$;

-- SHA-256 of a method and its parameters without the key; the same for any order of members.
-- (STABLE, as convert_to() is: so it can be inlined.)
CREATE OR REPLACE FUNCTION entitled.request_digest(method text, params jsonb) RETURNS bytea
LANGUAGE sql STABLE PARALLEL SAFE
RETURN sha256(convert_to(method || (params - 'key')::text, 'UTF8'));

-- The caller's row, if it may act; else refuses.
CREATE OR REPLACE FUNCTION entitled.caller_enter(caller bigint) RETURNS entitled.principal
LANGUAGE plpgsql AS $$
DECLARE
  who entitled.principal;
BEGIN
  SELECT * INTO who FROM entitled.principal WHERE principal_id = caller AND disabled_at IS NULL;
  IF NOT FOUND THEN
    PERFORM entitled.refuse('forbidden', 'this principal is disabled');
  END IF;
  RETURN who;
END
$$;

-- Serves a batch of a reading method, one request after the other.
CREATE OR REPLACE FUNCTION entitled.serve_reads(method text, callers bigint[], requests jsonb[])
RETURNS SETOF api.reply
LANGUAGE plpgsql AS $$
DECLARE
  i int;
  problem text;
  result jsonb;
BEGIN
  PERFORM entitled.scope_enter(callers);
  FOR i IN 1 .. cardinality(requests) LOOP
    BEGIN
      EXECUTE format('SELECT entitled.%I($1, $2)', method) INTO result
        USING entitled.caller_enter(callers[i]), requests[i];
      RETURN NEXT (i, true, result::text)::api.reply;
    EXCEPTION WHEN SQLSTATE 'EN001' THEN
      GET STACKED DIAGNOSTICS problem = PG_EXCEPTION_DETAIL;
      RETURN NEXT (i, false, problem)::api.reply;
    END;
  END LOOP;
END
$$;

-- Whose request it is, for its key: the partner of the object that `subject` names in params
-- ('partner', 'contract', 'incident', 'escalation'; NULL: the program itself). 0 for the program and for what is
-- not there or not to be seen.
CREATE OR REPLACE FUNCTION entitled.request_partner(subject text, params jsonb) RETURNS bigint
LANGUAGE plpgsql STABLE AS $$
DECLARE
  found_id bigint;
BEGIN
  CASE subject
    WHEN 'partner' THEN
      SELECT partner_id INTO found_id FROM entitled.partner WHERE code = params ->> 'partner';
    WHEN 'contract' THEN
      SELECT partner_id INTO found_id FROM entitled.contract
       WHERE contract_id = entitled.contract_number(params ->> 'contract');
    WHEN 'incident' THEN
      SELECT partner_id INTO found_id FROM entitled.incident
       WHERE incident_id = entitled.incident_number(params ->> 'incident');
    WHEN 'escalation' THEN
      SELECT partner_id INTO found_id FROM entitled.escalation
       WHERE escalation_id = entitled.escalation_number(params ->> 'escalation');
    ELSE NULL;
  END CASE;
  RETURN coalesce(found_id, 0);
END
$$;

-- The answer that a key has had, marked as such: a member of the result, or of the error's data.
CREATE OR REPLACE FUNCTION entitled.replayed(before entitled.request) RETURNS jsonb
LANGUAGE sql STABLE PARALLEL SAFE
RETURN CASE WHEN before.ok THEN before.reply::jsonb || '{"replayed": true}'
            ELSE jsonb_set(before.reply::jsonb, '{data,replayed}', 'true') END;

-- Whether an error is a refusal of the entitlement (rule 4): those are recorded, and answered again under their
-- key; the others (forbidden, not found …) can be put right and asked again.
CREATE OR REPLACE FUNCTION entitled.is_refusal(error jsonb) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN coalesce((error ->> 'code')::int BETWEEN 10 AND 16, false);

-- Does one writing request, or undoes what it had done: the result, or the error it was refused with.
CREATE OR REPLACE FUNCTION entitled.serve_done(
  method text, who entitled.principal, params jsonb, OUT result jsonb, OUT error jsonb)
LANGUAGE plpgsql AS $$
DECLARE
  problem text;
BEGIN
  EXECUTE format('SELECT entitled.%I($1, $2)', method) INTO result USING who, params;
EXCEPTION WHEN SQLSTATE 'EN001' THEN
  GET STACKED DIAGNOSTICS problem = PG_EXCEPTION_DETAIL;
  error := problem;
END
$$;

-- Keeps a refusal of the entitlement for the nightly report: who asked what, and why not.
CREATE OR REPLACE FUNCTION entitled.refusal_keep(
  method text, whose bigint, caller bigint, params jsonb, error jsonb) RETURNS void
LANGUAGE sql AS $$
  INSERT INTO entitled.refusal (partner_id, at, principal_id, reason, class, request, method)
  VALUES (whose, entitled.clock_now(), caller, error #>> '{data,reason}',
          (params ->> 'class')::entitled.incident_class, params - 'key', regexp_replace(method, '_', '.'))
$$;

-- One writing request under its key: replays what the key has been answered, or does it and keeps the
-- answer, also that it was refused. Runs in the caller's transaction; of two at once with one key the second
-- waits, and replays (without the lock it would find what the first one did, and refuse: it is activated
-- already). The lock is taken out here and not where a refusal is undone, which would let it go too early.
CREATE OR REPLACE FUNCTION entitled.serve_write(
  method text, subject text, caller bigint, params jsonb, OUT ok boolean, OUT body jsonb)
LANGUAGE plpgsql AS $$
DECLARE
  who entitled.principal := entitled.caller_enter(caller);
  whose bigint := entitled.request_partner(subject, params);
  asked bytea := entitled.request_digest(method, params);
  before entitled.request;
  done record;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended(format('%s %s %s', whose, caller, params ->> 'key'), 0));
  -- FOR KEY SHARE: a replay waits for the standby just as the first answer did.
  SELECT * INTO before FROM entitled.request
   WHERE partner_id = whose AND principal_id = caller AND key = params ->> 'key'
     FOR KEY SHARE;
  IF FOUND AND before.digest <> asked THEN
    PERFORM entitled.refuse('key_reused', 'this key was used before with other parameters; take a new key');
  ELSIF FOUND THEN
    ok := before.ok;
    body := entitled.replayed(before);
    RETURN;
  END IF;
  done := entitled.serve_done(method, who, params);
  ok := done.error IS NULL;
  body := coalesce(done.error, done.result);
  IF NOT ok AND entitled.is_refusal(body) THEN
    PERFORM entitled.refusal_keep(method, whose, caller, params, body);
  END IF;
  IF ok OR entitled.is_refusal(body) THEN
    INSERT INTO entitled.request (partner_id, principal_id, key, at, digest, ok, reply)
    VALUES (whose, caller, params ->> 'key', entitled.clock_now(), asked, ok, body::text);
  END IF;
END
$$;

-- Serves a batch of a writing method, one request after the other; subject as in request_partner().
CREATE OR REPLACE FUNCTION entitled.serve_writes(method text, subject text, callers bigint[], requests jsonb[])
RETURNS SETOF api.reply
LANGUAGE plpgsql AS $$
DECLARE
  i int;
  problem text;
  answer record;
BEGIN
  PERFORM entitled.scope_enter(callers);
  FOR i IN 1 .. cardinality(requests) LOOP
    BEGIN
      answer := entitled.serve_write(method, subject, callers[i], requests[i]);
      RETURN NEXT (i, answer.ok, answer.body::text)::api.reply;
    EXCEPTION WHEN SQLSTATE 'EN001' THEN -- before it was begun: by its caller or its key
      GET STACKED DIAGNOSTICS problem = PG_EXCEPTION_DETAIL;
      RETURN NEXT (i, false, problem)::api.reply;
    END;
  END LOOP;
END
$$;
