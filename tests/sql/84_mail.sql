-- mail.claim, mail.settle, mail.list: one mail a report and recipient, and every state with every outcome.
BEGIN;
SELECT plan(110);
CREATE FUNCTION pg_temp.at(minutes int, seconds int DEFAULT 0) RETURNS void LANGUAGE sql AS $$
  SELECT set_config('entitled.now', (timestamptz '2004-08-24 02:00:00+00' + make_interval(mins => minutes, secs => seconds))::text, true) $$;
CREATE FUNCTION pg_temp.claim(recipient text DEFAULT 'ann@contoso.example', more jsonb DEFAULT '{}') RETURNS jsonb LANGUAGE sql AS $$
  SELECT t.ask('mail.claim', 'rita', jsonb_build_object('date', '2004-08-23', 'recipient', recipient) || more) -> 'body' $$;
-- What a claim says in a line: state, attempt, and when to come again.
CREATE FUNCTION pg_temp.said(answer jsonb) RETURNS text LANGUAGE sql AS $$
  SELECT coalesce(answer #>> '{data,reason}', concat_ws(' ', answer ->> 'state', answer ->> 'attempt',
    to_char((answer ->> 'next_attempt_at')::timestamptz AT TIME ZONE 'UTC', 'HH24:MI:SS'))) $$;
CREATE FUNCTION pg_temp.settle(mail text, attempt int, outcome text, detail text DEFAULT NULL) RETURNS text LANGUAGE sql AS $$
  SELECT pg_temp.said(t.ask('mail.settle', 'rita', jsonb_strip_nulls(jsonb_build_object(
    'mail', mail::bigint, 'attempt', attempt, 'outcome', outcome, 'detail', detail))) -> 'body') $$;

-- ---- the first claim, and what it says
SELECT pg_temp.at(0) \g /dev/null
SELECT pg_temp.claim() AS c \gset
SELECT :'c'::jsonb ->> 'mail' AS m, :'c'::jsonb ->> 'message_id' AS id \gset
SELECT is(:'c'::jsonb - '{mail,message_id}'::text[], '{"state": "claimed", "attempt": 1}', 'a new one is the caller''s');
SELECT is(jsonb_typeof(:'c'::jsonb -> 'mail'), 'number', 'it has a number');
SELECT matches(:'id'::text, '^<entitled\.2004-08-23\.' || :'m' || '\.[0-9a-f]{16}@entitled>$', 'and a Message-ID of date, number and a hash');
SELECT unalike(:'id'::text, '%contoso%', 'which says nothing of whom it is for');
SELECT is(pg_temp.said(pg_temp.claim()), 'busy 1 02:05:00', 'another sender does not get it, and is told until when');
SELECT is(pg_temp.said(pg_temp.claim('ANN@Contoso.Example')), 'busy 1 02:05:00', 'an address is the same in whatever letters');
SELECT is(pg_temp.claim() ->> 'message_id', :'id', 'the Message-ID stays');
SELECT isnt(pg_temp.claim('bob@contoso.example') ->> 'mail', :'m'::text, 'another recipient: another mail');
SELECT is(pg_temp.said(pg_temp.claim(more => '{"date": "2004-08-22"}')), 'claimed 1', 'another date: another mail');
SELECT is(pg_temp.said(pg_temp.claim(more => '{"partner": "contoso"}')), 'claimed 1', 'a partner''s report is not the program''s');
SELECT is(pg_temp.said(pg_temp.claim(more => '{"partner": "fabriks"}')), 'claimed 1', 'nor another partner''s');
SELECT is((SELECT count(*)::int FROM entitled.mail), 5, 'five mails');

-- ---- its sender dies before it hands it over
SELECT pg_temp.at(4, 59) \g /dev/null
SELECT is(pg_temp.said(pg_temp.claim()), 'busy 1 02:05:00', 'for five minutes it is nobody else''s');
SELECT pg_temp.at(5) \g /dev/null
SELECT is(pg_temp.said(pg_temp.claim()), 'claimed 2', 'then its sender is taken for dead');
SELECT is(pg_temp.settle(:'m', 1, 'handing'), 'invalid_state', 'if it lives after all it must not send the last bytes');
SELECT is(pg_temp.settle(:'m', 1, 'sent'), 'invalid_state', 'nor say anything of an attempt that is not its own any more');
SELECT is(pg_temp.settle(:'m', 3, 'sent'), 'invalid_state', 'nor of one that has not begun');
SELECT is(pg_temp.claim() ->> 'message_id', :'id', 'the same Message-ID again');

-- ---- deferred: 1, 5, 15, 60, 60 … minutes, and after 12 attempts no more
SELECT is(pg_temp.settle(:'m', 2, 'deferred', '451 later'), 'deferred 02:10:00', 'after the second attempt: five minutes');
SELECT pg_temp.at(9, 59) \g /dev/null
SELECT is(pg_temp.said(pg_temp.claim()), 'waiting 2 02:10:00', 'not before');
SELECT pg_temp.at(10) \g /dev/null
SELECT is(pg_temp.said(pg_temp.claim()), 'claimed 3', 'but then');
CREATE FUNCTION pg_temp.endure(recipient text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  said jsonb;
  waits text := '';
  due timestamptz := '2004-08-24 02:00+00';
  next_at timestamptz;
BEGIN
  FOR n IN 1 .. 20 LOOP
    PERFORM set_config('entitled.now', due::text, true);
    said := pg_temp.claim(recipient);
    EXIT WHEN said ->> 'state' <> 'claimed';
    said := t.result('mail.settle', 'rita', jsonb_build_object('mail', said -> 'mail', 'attempt', said -> 'attempt', 'outcome', 'deferred'));
    EXIT WHEN said ->> 'state' <> 'deferred';
    next_at := said ->> 'next_attempt_at';
    waits := waits || extract(epoch FROM next_at - due)::int / 60 || ' ';
    due := next_at;
  END LOOP;
  RETURN waits || (said ->> 'state');
END
$$;
SELECT is(pg_temp.endure('down@contoso.example'), '1 5 15 60 60 60 60 60 60 60 60 gave_up', 'eleven waits, and the twelfth attempt is the last');
SELECT is(pg_temp.said(pg_temp.claim('down@contoso.example')), 'gave_up 12', 'it is given up for ever');
SELECT is((SELECT count(*)::int FROM entitled.mail_outcome o JOIN entitled.mail USING (partner_id, mail_id)
            WHERE recipient = 'down@contoso.example' AND outcome = 'deferred'), 12, 'each outcome is recorded');
-- Senders that die every time do not go on for ever either.
CREATE FUNCTION pg_temp.die(recipient text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  said jsonb;
BEGIN
  FOR n IN 0 .. 20 LOOP
    PERFORM pg_temp.at(n * 5);
    said := pg_temp.claim(recipient);
    EXIT WHEN said ->> 'state' <> 'claimed';
  END LOOP;
  RETURN pg_temp.said(said);
END
$$;
SELECT is(pg_temp.die('crash@contoso.example'), 'gave_up 12', 'twelve dead senders are enough');
SELECT is((SELECT count(*)::int FROM entitled.mail_outcome o JOIN entitled.mail USING (partner_id, mail_id)
            WHERE recipient = 'crash@contoso.example' AND outcome = 'lost'), 12, 'each is recorded as lost');

-- ---- handing: sent, or for ever unknown
SELECT pg_temp.at(0) \g /dev/null
SELECT pg_temp.claim('h@contoso.example') ->> 'mail' AS h \gset
SELECT pg_temp.at(4) \g /dev/null
SELECT is(pg_temp.settle(:'h', 1, 'handing'), 'handing', 'the last bytes are about to go');
SELECT is(pg_temp.settle(:'h', 1, 'handing'), 'invalid_state', 'once');
SELECT is(pg_temp.said(pg_temp.claim('h@contoso.example')), 'busy 1 02:09:00', 'its sender may still be there, for five minutes more');
SELECT pg_temp.at(9) \g /dev/null
SELECT is(pg_temp.said(pg_temp.claim('h@contoso.example')), 'unknown 1', 'then nobody knows');
SELECT pg_temp.at(100000) \g /dev/null
SELECT is(pg_temp.said(pg_temp.claim('h@contoso.example')), 'unknown 1', 'for ever');
SELECT is(pg_temp.settle(:'h', 1, 'deferred'), 'invalid_state', 'it is not to be tried again, whatever its sender says');
SELECT is(pg_temp.settle(:'h', 1, 'sent', '250 ok'), 'sent', 'but that it went is believed');
SELECT is(pg_temp.said(pg_temp.claim('h@contoso.example')), 'sent 1', 'and is what is said from then on');

-- ---- every state with every outcome; '-': invalid_state
CREATE FUNCTION pg_temp.in_state(state text, recipient text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  made text;
BEGIN
  PERFORM pg_temp.at(0);
  made := pg_temp.claim(recipient) ->> 'mail';
  CASE state
    WHEN 'claimed' THEN NULL;
    WHEN 'handing', 'deferred', 'sent', 'refused' THEN PERFORM pg_temp.settle(made, 1, state, 'before');
    WHEN 'unknown' THEN
      PERFORM pg_temp.settle(made, 1, 'handing');
      PERFORM pg_temp.at(5);
      PERFORM pg_temp.claim(recipient);
    WHEN 'gave_up' THEN
      UPDATE entitled.mail SET attempts = 12 WHERE mail_id = made::bigint;
      PERFORM pg_temp.at(5);
      PERFORM pg_temp.claim(recipient);
  END CASE;
  IF (SELECT m.state FROM entitled.mail m WHERE m.mail_id = made::bigint) <> state THEN
    RAISE EXCEPTION 'it is not %', state;
  END IF;
  RETURN made;
END
$$;
SET LOCAL entitled.scope = '*';
SELECT is(replace(split_part(pg_temp.settle(mail, (SELECT attempts FROM entitled.mail m WHERE m.mail_id = mail::bigint), outcome), ' ', 1), 'invalid_state', '-'),
          becomes, format('%s, and then %s', state, outcome))
  FROM (VALUES ('claimed', '{handing,sent,deferred,refused}'::text[]), ('handing', '{-,sent,deferred,refused}'), ('deferred', '{-,-,-,-}'),
               ('sent', '{-,sent,-,-}'), ('refused', '{-,-,-,refused}'), ('unknown', '{-,sent,-,refused}'), ('gave_up', '{-,-,-,-}')) s (state, row),
       unnest('{handing,sent,deferred,refused}'::text[], row) o (outcome, becomes),
       LATERAL pg_temp.in_state(state, format('%s.%s@states.example', state, outcome)) mail;
-- And what a claim makes of each: in the first five minutes, and after a year.
SELECT is(split_part(pg_temp.said(pg_temp.claim(state || '@claims.example')), ' ', 1), soon, state || ', and then a claim')
  FROM (VALUES ('claimed', 'busy'), ('handing', 'busy'), ('deferred', 'waiting'), ('sent', 'sent'), ('refused', 'refused'),
               ('unknown', 'unknown'), ('gave_up', 'gave_up')) s (state, soon),
       LATERAL pg_temp.in_state(state, state || '@claims.example') mail;
SELECT pg_temp.at(525600) \g /dev/null
SELECT is(split_part(pg_temp.said(pg_temp.claim(state || '@claims.example')), ' ', 1), late, state || ', and then a claim after a year')
  FROM (VALUES ('claimed', 'claimed'), ('handing', 'unknown'), ('deferred', 'claimed'), ('sent', 'sent'), ('refused', 'refused'),
               ('unknown', 'unknown'), ('gave_up', 'gave_up')) s (state, late);
SELECT set_eq($$ SELECT DISTINCT to_state FROM entitled.mail_move $$,
              '{claimed,handing,deferred,sent,refused,unknown,gave_up}'::text[], 'the moves lead to all states');
SELECT is_empty($$ SELECT * FROM entitled.mail_move WHERE from_state IN ('sent', 'refused', 'gave_up') AND to_state <> from_state $$,
                'from an end no move leads away');

-- ---- what is kept: the last word of the server, and of each attempt
SELECT pg_temp.at(0) \g /dev/null
SELECT pg_temp.claim('k@contoso.example') ->> 'mail' AS k \gset
SELECT pg_temp.settle(:'k', 1, 'deferred', '451 try later') \g /dev/null
SELECT pg_temp.at(1) \g /dev/null
SELECT pg_temp.claim('k@contoso.example', '{}') \g /dev/null
SELECT pg_temp.settle(:'k', 2, 'handing') \g /dev/null
SELECT pg_temp.at(2) \g /dev/null
SELECT pg_temp.settle(:'k', 2, 'sent', '250 queued') \g /dev/null
SELECT is((SELECT m - 'message_id' FROM jsonb_array_elements(t.result('mail.list', 'mia') -> 'mails') m WHERE m ->> 'mail' = :'k'),
          jsonb_build_object('mail', :k, 'date', '2004-08-23', 'recipient', 'k@contoso.example', 'state', 'sent', 'attempts', 2,
            'detail', '250 queued', 'claimed_at', '2004-08-24T02:01:00+00:00', 'settled_at', '2004-08-24T02:02:00+00:00', 'outcomes',
            '[{"attempt": 1, "outcome": "deferred", "at": "2004-08-24T02:00:00+00:00", "detail": "451 try later"},
              {"attempt": 2, "outcome": "sent", "at": "2004-08-24T02:02:00+00:00", "detail": "250 queued"}]'::jsonb), 'a mail with all that became of it');
SELECT pg_temp.at(3) \g /dev/null
SELECT is(pg_temp.settle(:'k', 2, 'sent', '250 again'), 'sent', 'the same news again is no news');
SELECT is((SELECT concat_ws(' ', detail, settled_at) FROM entitled.mail WHERE mail_id = :k), '250 queued 2004-08-24 02:02:00+00', 'and changes nothing');
SELECT is(t.ask('mail.claim', 'rita', '{"key": "one", "date": "2004-08-23", "recipient": "key@contoso.example"}') #>> '{body,state}', 'claimed', 'under a key');
SELECT is(t.ask('mail.claim', 'rita', '{"key": "one", "date": "2004-08-23", "recipient": "key@contoso.example"}') #> '{body,replayed}', 'true',
          'rule 8: the answer that was lost is given again');

-- ---- mail.list
SELECT is(jsonb_array_length(t.result('mail.list', 'mia', '{"state": "gave_up"}') -> 'mails'), 7, 'of a state');
SELECT is((SELECT count(*)::int FROM jsonb_array_elements(t.result('mail.list', 'mia', '{"date": "2004-08-22"}') -> 'mails')), 1, 'of a date');
SELECT is(t.result('mail.list', 'rita', '{"date": "1999-01-01"}'), '{"mails": []}', 'none');
CREATE FUNCTION pg_temp.all_pages(more jsonb) RETURNS bigint[] LANGUAGE plpgsql AS $$
DECLARE
  page jsonb;
  seen bigint[] := '{}';
BEGIN
  FOR n IN 1 .. 20 LOOP
    page := t.result('mail.list', 'ada', more);
    seen := seen || array(SELECT (m ->> 'mail')::bigint FROM jsonb_array_elements(page -> 'mails') m);
    EXIT WHEN NOT page ? 'next';
    more := more || jsonb_build_object('cursor', page -> 'next');
  END LOOP;
  RETURN seen;
END
$$;
SELECT is(pg_temp.all_pages('{"limit": 7}'), array(SELECT mail_id FROM entitled.mail ORDER BY mail_id DESC), 'in pages, newest first, each once');
SELECT is(pg_temp.all_pages('{"limit": 1, "state": "sent"}'), array(SELECT mail_id FROM entitled.mail WHERE state = 'sent' ORDER BY mail_id DESC), 'in pages of a state');
SELECT is((SELECT m ->> 'partner' FROM jsonb_array_elements(t.result('mail.list', 'mia', '{"limit": 500}') -> 'mails') m WHERE m ? 'partner' ORDER BY 1 LIMIT 1),
          'contoso', 'a partner''s report is told as such');
SELECT is(t.reason('mail.list', 'mia', '{"cursor": "x"}'), 'invalid_params', 'a cursor that is none');
SELECT is(t.reason('mail.list', 'mia', '{"date": "2004-02-30"}'), 'invalid_params', 'a day that is none');

-- ---- bad input
SELECT is(t.reason('mail.claim', 'rita', '{"date": "2004-02-30", "recipient": "a@b.example"}'), 'invalid_params', 'a day that is none');
SELECT is(t.message('mail.claim', 'rita', jsonb_build_object('date', '2004-08-23', 'recipient', address)),
          'parameter `recipient` must be one address, such as reports@contoso.example', 'no address: ' || replace(address, E'\n', '\n'))
  FROM unnest(ARRAY['nobody', '@contoso.example', 'ann@', 'ann bob@contoso.example', 'a@b@c.example', 'a@b.example,c@d.example', 'Ann <a@b.example>',
                    E'a@b.example\nBcc: c@d.example', 'a@b.example;c', '"a"@b.example', 'a(b)@c.example', E'a\\@b.example']) address;
SELECT is(pg_temp.said(pg_temp.claim(E'j\u00f6rg+x''y@m\u00fcnchen.example')), 'claimed 1', 'an address may have other letters');
SELECT is(t.message('mail.claim', 'rita', '{"date": "2004-08-23", "recipient": "a@b.example", "partner": "nobody"}'), 'there is no partner nobody', 'not_found: the partner');
SELECT is(t.message('mail.settle', 'rita', '{"mail": 999999999, "attempt": 1, "outcome": "sent"}'), 'there is no mail 999999999', 'not_found: the mail');
SELECT is(t.message('mail.settle', 'rita', jsonb_build_object('mail', :k, 'attempt', 2, 'outcome', 'refused')),
          format('mail %s is sent: it does not become refused', :'k'), 'what is not possible says why');
SELECT is(t.ask('mail.settle', 'rita', jsonb_build_object('mail', :k, 'attempt', 1, 'outcome', 'sent')) #> '{body,data}',
          '{"reason": "invalid_state", "state": "sent", "attempt": 2}', 'with the state and the attempt');
SELECT throws_ok($$ INSERT INTO entitled.mail (partner_id, date, recipient, message_id, state, attempts, created_at)
                    VALUES (0, '2004-08-23', 'K@contoso.example', 'x', 'claimed', 1, now()) $$, '23505', NULL, 'the index itself allows one a recipient');
SELECT finish();
ROLLBACK;
