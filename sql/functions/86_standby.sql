-- Reading on a standby (daemon/standby.c): how far the primary is, and whether a standby has replayed that. Not methods of the
-- protocol: the daemon asks them as caller 0.

-- On the primary: {"position", "timeline"}, of the WAL, which has all that was committed before this was asked.
CREATE OR REPLACE FUNCTION api.position(callers bigint[], requests jsonb[]) RETURNS SETOF api.reply
LANGUAGE sql STABLE AS $$
  SELECT n::int, true, json_build_object('position', pg_current_wal_flush_lsn(), 'timeline', entitled.event_epoch())::text
    FROM generate_subscripts(requests, 1) n
$$;

-- On a standby, of such a position: {"replayed"}: whether what it shows has all of that. (A server that is no standby any more
-- has not. After a failover a standby says so when it has made its next restart point, not before.)
CREATE OR REPLACE FUNCTION api.replayed(callers bigint[], requests jsonb[]) RETURNS SETOF api.reply
LANGUAGE sql VOLATILE AS $$
  SELECT n::int, true,
         json_build_object('replayed', pg_is_in_recovery()
           AND pg_last_wal_replay_lsn() >= (requests[n] ->> 'position')::pg_lsn
           AND requests[n] ->> 'timeline' = upper(to_hex((pg_control_checkpoint()).timeline_id)))::text
    FROM generate_subscripts(requests, 1) n
$$;
