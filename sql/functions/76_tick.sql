-- The tick: what time alone makes due. Every worker of every daemon asks for it once a second; an advisory lock lets one of
-- them do it. What is due is found by an index and locked row by row, each in one transaction with its entry of the timeline:
-- so each is done once, whatever is killed, and what was missed is caught up (77_clock.sql, 75_escalation.sql). What another
-- transaction holds at this moment is left to it, or to the next tick.

-- Whether anything is due: two looks at the ends of two indexes, most ticks do no more.
CREATE OR REPLACE FUNCTION entitled.tick_due() RETURNS boolean
LANGUAGE plpgsql STABLE AS $$
DECLARE
  -- A variable here and below: under row-level security an index serves no function that is not leakproof.
  now_at timestamptz := entitled.clock_now();
BEGIN
  RETURN EXISTS (SELECT FROM entitled.incident WHERE tick_at <= now_at)
         OR EXISTS (SELECT FROM entitled.escalation WHERE tick_at <= now_at);
END
$$;

-- Writes the warnings that are due of so many incidents at the most; how many it was.
CREATE OR REPLACE FUNCTION entitled.tick_incidents(at_most int) RETURNS int
LANGUAGE plpgsql AS $$
DECLARE
  now_at timestamptz := entitled.clock_now();
  i entitled.incident;
  did int := 0;
BEGIN
  FOR i IN
    SELECT * FROM entitled.incident WHERE tick_at <= now_at
     ORDER BY tick_at LIMIT at_most
       FOR NO KEY UPDATE SKIP LOCKED
  LOOP
    PERFORM entitled.clock_catch_up(i);
    did := did + 1;
  END LOOP;
  RETURN did;
END
$$;

-- Takes the steps that are due of so many escalations at the most; how many it was. Locks the incident, then the escalation.
CREATE OR REPLACE FUNCTION entitled.tick_escalations(at_most int) RETURNS int
LANGUAGE plpgsql AS $$
DECLARE
  now_at timestamptz := entitled.clock_now();
  due entitled.escalation;
  i entitled.incident;
  did int := 0;
BEGIN
  FOR due IN
    SELECT * FROM entitled.escalation WHERE tick_at <= now_at ORDER BY tick_at LIMIT at_most
  LOOP
    SELECT * INTO i FROM entitled.incident
     WHERE partner_id = due.partner_id AND incident_id = due.incident_id
       FOR NO KEY UPDATE SKIP LOCKED;
    CONTINUE WHEN NOT FOUND;
    SELECT * INTO due FROM entitled.escalation
     WHERE partner_id = due.partner_id AND escalation_id = due.escalation_id AND tick_at <= now_at
       FOR NO KEY UPDATE SKIP LOCKED;
    CONTINUE WHEN NOT FOUND;
    PERFORM entitled.escalation_catch_up(i, due);
    did := did + 1;
  END LOOP;
  RETURN did;
END
$$;

-- {"did", "more"}: how many incidents and escalations it has brought up to now, and whether there may be more to do at once.
-- Not a method of the protocol: the daemon asks it as caller 0. {"limit"?: of each at the most, 100}
CREATE OR REPLACE FUNCTION api.tick(callers bigint[], requests jsonb[]) RETURNS SETOF api.reply
LANGUAGE plpgsql AS $$
DECLARE
  at_most int;
  incidents int;
  escalations int;
BEGIN
  PERFORM set_config('entitled.scope', '*', true);
  FOR n IN 1 .. cardinality(requests) LOOP
    incidents := 0;
    escalations := 0;
    at_most := coalesce((requests[n] ->> 'limit')::int, 100);
    IF entitled.tick_due() AND pg_try_advisory_xact_lock(hashtext('entitled.tick')) THEN
      incidents := entitled.tick_incidents(at_most);
      escalations := entitled.tick_escalations(at_most);
    END IF;
    RETURN NEXT (n, true, json_build_object('did', incidents + escalations,
                                            'more', incidents = at_most OR escalations = at_most)::text)::api.reply;
  END LOOP;
END
$$;
