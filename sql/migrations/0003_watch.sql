-- 0003: what happens can be watched: which transaction wrote each entry of the timeline.
--
-- A reader remembers a snapshot (pg_current_snapshot()): what it has not seen yet are the entries whose transaction
-- is not visible in it and is visible now; exactly those, in whatever order transactions commit.
-- xid_order puts them in an order that can be paged: by transaction, but never an entry of an incident before an
-- older one of the same incident (which a transaction of a higher number may have written). See functions/80_events.sql.

ALTER TABLE entitled.timeline
  ADD COLUMN xid       xid8 NOT NULL DEFAULT pg_current_xact_id(),
  ADD COLUMN xid_order xid8 NOT NULL DEFAULT pg_current_xact_id();
CREATE INDEX timeline_by_xid_order ON entitled.timeline (xid_order);
