-- 0006: a step of an incident may be entered later than it happened; incidents are listed by when they were opened.

-- When an entry was written, where that was later than `at`, when it happened; NULL: at once.
ALTER TABLE entitled.timeline
  ADD COLUMN entered_at timestamptz,
  ADD CONSTRAINT timeline_entered_at_check CHECK (entered_at > at);

-- For incident.list with since or until. (An opening pays for it, but at the end of the index.)
CREATE INDEX incident_by_opened ON entitled.incident (opened_at, incident_id);
