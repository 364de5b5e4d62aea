-- mail.claim, mail.settle, mail.list: which mail of a report went where. One row a report and recipient, so that nobody
-- gets one twice: a sender claims it, sends it, and settles what came of it.
--
-- The moves of a mail. Those of mail.settle have the name of the outcome; `claim` and `lapse` are made by mail.claim, where
-- the time for them has come; `give_up` takes the place of another attempt after the last.
--
--   claimed   a sender has it; for five minutes it is nobody else's, then that sender has died before it handed it over
--   handing   its last bytes are about to go. A sender that dies here leaves it open whether they went, so after five
--             minutes more it is `unknown` for ever, and never sent again
--   deferred  to be tried again at next_attempt_at
--   sent, refused, unknown, gave_up   the end. (Only the sender of that very attempt, if it lives, can still say what
--             became of an unknown one.)
INSERT INTO entitled.mail_move (move, from_state, to_state) VALUES
  ('claim', 'claimed', 'claimed'), ('claim', 'deferred', 'claimed'), ('lapse', 'handing', 'unknown'),
  ('handing', 'claimed', 'handing'),
  -- (`sent` of one that nobody said was about to go: not to believe it would send it twice.)
  ('sent', 'claimed', 'sent'), ('sent', 'handing', 'sent'), ('sent', 'unknown', 'sent'), ('sent', 'sent', 'sent'),
  ('deferred', 'claimed', 'deferred'), ('deferred', 'handing', 'deferred'),
  ('refused', 'claimed', 'refused'), ('refused', 'handing', 'refused'), ('refused', 'unknown', 'refused'),
  ('refused', 'refused', 'refused'),
  ('give_up', 'claimed', 'gave_up'), ('give_up', 'handing', 'gave_up')
ON CONFLICT DO NOTHING;

-- How long a sender has a mail for itself after it was heard of.
CREATE OR REPLACE FUNCTION entitled.mail_hold() RETURNS interval
LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN interval '5 minutes';

-- The last attempt.
CREATE OR REPLACE FUNCTION entitled.mail_attempts_max() RETURNS int
LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN 12;

-- How long to wait after an attempt (from 1) that was deferred.
CREATE OR REPLACE FUNCTION entitled.mail_backoff(attempt int) RETURNS interval
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN ('{1,5,15,60}'::int[])[least(attempt, 4)] * interval '1 minute';

-- The state that a move leads to; NULL: it is not possible in this one.
CREATE OR REPLACE FUNCTION entitled.mail_move_to(from_state text, wanted text) RETURNS text
LANGUAGE sql STABLE AS $$
  SELECT m.to_state FROM entitled.mail_move m WHERE m.move = wanted AND m.from_state = $1
$$;

-- The Message-ID of all attempts of a mail, which says nothing of whom it is for.
CREATE OR REPLACE FUNCTION entitled.mail_message_id(day date, mail_id bigint) RETURNS text
LANGUAGE sql VOLATILE
RETURN format('<entitled.%s.%s.%s@entitled>', day, mail_id,
              left(encode(sha256(convert_to(gen_random_uuid()::text, 'UTF8')), 'hex'), 16));

-- Refuses (invalid_params) what is not one address: it is to stand in a header and in a command of SMTP.
CREATE OR REPLACE FUNCTION entitled.mail_check_recipient(recipient text) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
  IF recipient !~ '^[^][[:space:][:cntrl:]@<>()",:;\\]+@[^][[:space:][:cntrl:]@<>()",:;\\]+$' THEN
    PERFORM entitled.refuse('invalid_params', 'parameter `recipient` must be one address, such as reports@contoso.example');
  END IF;
END
$$;

-- Notes what became of an attempt: sent, deferred, refused, unknown; lost: its sender died before it handed it over.
CREATE OR REPLACE FUNCTION entitled.mail_note(m entitled.mail, outcome text, detail text DEFAULT NULL) RETURNS void
LANGUAGE sql AS $$
  INSERT INTO entitled.mail_outcome (partner_id, mail_id, attempt, outcome, at, detail)
  VALUES (m.partner_id, m.mail_id, m.attempts, outcome, entitled.clock_now(), detail)
      ON CONFLICT (partner_id, mail_id, attempt) DO UPDATE
     SET (outcome, at, detail) = (excluded.outcome, excluded.at, excluded.detail)
$$;

-- Writes what may have changed of a mail.
CREATE OR REPLACE FUNCTION entitled.mail_write(m entitled.mail) RETURNS void
LANGUAGE sql AS $$
  UPDATE entitled.mail
     SET (state, attempts, claimed_by, claimed_at, heard_at, settled_at, next_attempt_at, detail)
       = (m.state, m.attempts, m.claimed_by, m.claimed_at, m.heard_at, m.settled_at, m.next_attempt_at, m.detail)
   WHERE partner_id = m.partner_id AND mail_id = m.mail_id
$$;

-- The mail of a report to a recipient (by its letters, whatever their case), locked; made where there is none. Of two at
-- once the second waits for what the first makes of it. whose: the partner; 0: the program's report.
CREATE OR REPLACE FUNCTION entitled.mail_lock(whose bigint, report_day date, to_recipient text, OUT m entitled.mail, OUT made boolean)
LANGUAGE plpgsql AS $$
BEGIN
  made := false;
  SELECT * INTO m FROM entitled.mail
   WHERE partner_id = whose AND date = report_day AND lower(recipient) = lower(to_recipient)
     FOR NO KEY UPDATE;
  IF FOUND THEN
    RETURN;
  END IF;
  m.mail_id := nextval(pg_get_serial_sequence('entitled.mail', 'mail_id'));
  INSERT INTO entitled.mail (partner_id, mail_id, date, recipient, message_id, state, attempts, created_at)
  VALUES (whose, m.mail_id, report_day, to_recipient, entitled.mail_message_id(report_day, m.mail_id), 'claimed', 0,
          entitled.clock_now())
      ON CONFLICT DO NOTHING
  RETURNING * INTO m;
  made := FOUND;
  IF NOT made THEN
    SELECT * INTO m FROM entitled.mail
     WHERE partner_id = whose AND date = report_day AND lower(recipient) = lower(to_recipient)
       FOR NO KEY UPDATE;
  END IF;
END
$$;

-- Takes a mail on for the next attempt, or gives it up where there was the last.
CREATE OR REPLACE FUNCTION entitled.mail_take(m entitled.mail, by_principal bigint) RETURNS entitled.mail
LANGUAGE plpgsql AS $$
DECLARE
  now_at timestamptz := entitled.clock_now();
BEGIN
  m.next_attempt_at := NULL;
  IF m.attempts >= entitled.mail_attempts_max() THEN
    m.state := entitled.mail_move_to(m.state, 'give_up');
    m.settled_at := now_at;
  ELSE
    m.state := entitled.mail_move_to(m.state, 'claim');
    m.attempts := m.attempts + 1;
    m.claimed_by := by_principal;
    m.claimed_at := now_at;
    m.heard_at := now_at;
    m.settled_at := NULL;
  END IF;
  RETURN m;
END
$$;

-- {"mail", "state", "attempt", "message_id", "next_attempt_at"?}. state `claimed`: it is the caller's, who sends it now; else
-- it does not: `busy` (another has it, until next_attempt_at), `waiting` (until next_attempt_at), or how it ended. not_found:
-- the partner; invalid_params: the date, the recipient.
CREATE OR REPLACE FUNCTION entitled.mail_claim(caller entitled.principal, params jsonb) RETURNS jsonb
LANGUAGE plpgsql AS $$
DECLARE
  day date := entitled.date_of(params ->> 'date');
  now_at timestamptz := entitled.clock_now();
  whose bigint := 0;
  locked record;
  m entitled.mail;
  answer text;
BEGIN
  IF day IS NULL THEN
    PERFORM entitled.refuse('invalid_params', 'parameter `date` must be a date, such as 2004-08-23');
  END IF;
  PERFORM entitled.mail_check_recipient(params ->> 'recipient');
  IF params ? 'partner' THEN
    whose := (entitled.partner_find(params ->> 'partner')).partner_id;
  END IF;
  locked := entitled.mail_lock(whose, day, params ->> 'recipient');
  m := locked.m;
  IF locked.made OR (m.state = 'deferred' AND m.next_attempt_at <= now_at) THEN
    m := entitled.mail_take(m, caller.principal_id);
  ELSIF m.state = 'deferred' THEN
    answer := 'waiting';
  ELSIF m.state IN ('claimed', 'handing') AND now_at < m.heard_at + entitled.mail_hold() THEN
    m.next_attempt_at := m.heard_at + entitled.mail_hold(); -- told, not written
    answer := 'busy';
  ELSIF m.state = 'claimed' THEN
    PERFORM entitled.mail_note(m, 'lost');
    m := entitled.mail_take(m, caller.principal_id);
  ELSIF m.state = 'handing' THEN
    PERFORM entitled.mail_note(m, 'unknown');
    m.state := entitled.mail_move_to(m.state, 'lapse');
    m.settled_at := now_at;
  END IF;
  IF answer IS NULL THEN
    PERFORM entitled.mail_write(m);
  END IF;
  RETURN jsonb_strip_nulls(jsonb_build_object('mail', m.mail_id, 'state', coalesce(answer, m.state), 'attempt', m.attempts,
                                              'message_id', m.message_id, 'next_attempt_at', m.next_attempt_at));
END
$$;

-- {"mail", "state", "next_attempt_at"?}: what came of an attempt. not_found; invalid_state: it is another attempt's by now, or
-- the outcome does not follow from its state. A sender that is refused `handing` must not send the last bytes.
CREATE OR REPLACE FUNCTION entitled.mail_settle(caller entitled.principal, params jsonb) RETURNS jsonb
LANGUAGE plpgsql AS $$
DECLARE
  outcome text := params ->> 'outcome';
  now_at timestamptz := entitled.clock_now();
  m entitled.mail;
  to_state text;
BEGIN
  SELECT * INTO m FROM entitled.mail WHERE mail_id = (params ->> 'mail')::bigint FOR NO KEY UPDATE;
  IF NOT FOUND THEN
    PERFORM entitled.refuse('not_found', 'there is no mail ' || (params ->> 'mail'));
  END IF;
  to_state := entitled.mail_move_to(m.state, outcome);
  IF m.attempts <> (params ->> 'attempt')::int THEN
    PERFORM entitled.refuse('invalid_state', format('mail %s is at attempt %s, not %s', m.mail_id, m.attempts, params ->> 'attempt'),
                            jsonb_build_object('state', m.state, 'attempt', m.attempts));
  ELSIF to_state IS NULL THEN
    PERFORM entitled.refuse('invalid_state', format('mail %s is %s: it does not become %s', m.mail_id, replace(m.state, '_', ' '), outcome),
                            jsonb_build_object('state', m.state, 'attempt', m.attempts));
  END IF;
  IF to_state <> m.state THEN
    IF outcome <> 'handing' THEN
      PERFORM entitled.mail_note(m, outcome, params ->> 'detail');
      m.settled_at := now_at;
    END IF;
    IF outcome = 'deferred' AND m.attempts >= entitled.mail_attempts_max() THEN
      to_state := entitled.mail_move_to(m.state, 'give_up');
    ELSIF outcome = 'deferred' THEN
      m.next_attempt_at := now_at + entitled.mail_backoff(m.attempts);
    END IF;
    m.state := to_state;
    m.heard_at := now_at;
    m.detail := coalesce(params ->> 'detail', m.detail);
    PERFORM entitled.mail_write(m);
  END IF;
  RETURN jsonb_strip_nulls(jsonb_build_object('mail', m.mail_id, 'state', m.state, 'next_attempt_at', m.next_attempt_at));
END
$$;

-- A mail as the protocol shows it.
CREATE OR REPLACE FUNCTION entitled.mail_object(m entitled.mail) RETURNS jsonb
LANGUAGE sql STABLE AS $$
  SELECT jsonb_strip_nulls(jsonb_build_object(
           'mail', m.mail_id, 'date', m.date, 'partner', (SELECT p.code FROM entitled.partner p WHERE p.partner_id = m.partner_id),
           'recipient', m.recipient, 'state', m.state, 'attempts', m.attempts, 'message_id', m.message_id, 'detail', m.detail,
           'claimed_at', m.claimed_at, 'settled_at', m.settled_at, 'next_attempt_at', m.next_attempt_at,
           'outcomes', (SELECT coalesce(jsonb_agg(jsonb_strip_nulls(jsonb_build_object(
                          'attempt', o.attempt, 'outcome', o.outcome, 'at', o.at, 'detail', o.detail)) ORDER BY o.attempt), '[]')
                          FROM entitled.mail_outcome o WHERE o.partner_id = m.partner_id AND o.mail_id = m.mail_id)))
$$;

-- The query of mail.list; $1: the number before which it goes on, $2: the date, $3: how many. (The state as it is: so the
-- index of those that were not sent can be used.)
CREATE OR REPLACE FUNCTION entitled.mail_list_query(params jsonb) RETURNS text
LANGUAGE sql IMMUTABLE AS $$
  SELECT 'SELECT m FROM entitled.mail m WHERE true'
         || CASE WHEN params ? 'cursor' THEN ' AND mail_id < $1' ELSE '' END
         || CASE WHEN params ? 'date' THEN ' AND date = $2' ELSE '' END
         || CASE WHEN params ? 'state' THEN ' AND state = ' || quote_literal(params ->> 'state') ELSE '' END
         || ' ORDER BY mail_id DESC LIMIT $3'
$$;

-- {"mails", "next"?}, newest first. invalid_params: the date, the cursor.
CREATE OR REPLACE FUNCTION entitled.mail_list(caller entitled.principal, params jsonb) RETURNS jsonb
LANGUAGE plpgsql AS $$
DECLARE
  page_size int := coalesce((params ->> 'limit')::int, 50);
  before bigint := entitled.cursor_number('mail', params ->> 'cursor');
  day date := entitled.date_of(params ->> 'date');
  page entitled.mail[];
BEGIN
  IF params ? 'date' AND day IS NULL THEN
    PERFORM entitled.refuse('invalid_params', 'parameter `date` must be a date, such as 2004-08-23');
  END IF;
  EXECUTE format('SELECT array(%s)', entitled.mail_list_query(params)) INTO page USING before, day, page_size + 1;
  RETURN jsonb_build_object('mails', (SELECT coalesce(jsonb_agg(entitled.mail_object(m) ORDER BY m.mail_id DESC), '[]')
                                        FROM unnest(page[:page_size]) m))
         || CASE WHEN cardinality(page) > page_size
                 THEN jsonb_build_object('next', entitled.cursor_name('mail', page[page_size].mail_id)) ELSE '{}' END;
END
$$;
