-- 0006: a step of an incident may be entered later than it happened.

-- When an entry was written, where that was later than `at`, when it happened; NULL: at once.
ALTER TABLE entitled.timeline
  ADD COLUMN entered_at timestamptz,
  ADD CONSTRAINT timeline_entered_at_check CHECK (entered_at > at);
