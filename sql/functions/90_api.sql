-- The doors: api.<method> for each method that is written for one request (02_reply.sql tells how they are
-- called). Those written for a whole batch stand with their method. What makes a function of api a door
-- (SECURITY DEFINER, its search_path, who may call it) comes from 99_grants.sql, for all of them.
-- serve_writes' second argument: whose key it is, by the parameter that names the object.

CREATE OR REPLACE FUNCTION api.advise_plans(callers bigint[], requests jsonb[]) RETURNS SETOF api.reply
LANGUAGE sql AS $$ SELECT * FROM entitled.serve_reads('advise_plans', callers, requests) $$;

CREATE OR REPLACE FUNCTION api.benefit_check(callers bigint[], requests jsonb[]) RETURNS SETOF api.reply
LANGUAGE sql AS $$ SELECT * FROM entitled.serve_reads('benefit_check', callers, requests) $$;

CREATE OR REPLACE FUNCTION api.calendar_apply(callers bigint[], requests jsonb[]) RETURNS SETOF api.reply
LANGUAGE sql AS $$ SELECT * FROM entitled.serve_writes('calendar_apply', NULL, callers, requests) $$;

CREATE OR REPLACE FUNCTION api.calendar_show(callers bigint[], requests jsonb[]) RETURNS SETOF api.reply
LANGUAGE sql AS $$ SELECT * FROM entitled.serve_reads('calendar_show', callers, requests) $$;

CREATE OR REPLACE FUNCTION api.catalogue_apply(callers bigint[], requests jsonb[]) RETURNS SETOF api.reply
LANGUAGE sql AS $$ SELECT * FROM entitled.serve_writes('catalogue_apply', NULL, callers, requests) $$;

CREATE OR REPLACE FUNCTION api.catalogue_show(callers bigint[], requests jsonb[]) RETURNS SETOF api.reply
LANGUAGE sql AS $$ SELECT * FROM entitled.serve_reads('catalogue_show', callers, requests) $$;

CREATE OR REPLACE FUNCTION api.contract_activate(callers bigint[], requests jsonb[]) RETURNS SETOF api.reply
LANGUAGE sql AS $$ SELECT * FROM entitled.serve_writes('contract_activate', 'contract', callers, requests) $$;

CREATE OR REPLACE FUNCTION api.contract_cancel(callers bigint[], requests jsonb[]) RETURNS SETOF api.reply
LANGUAGE sql AS $$ SELECT * FROM entitled.serve_writes('contract_cancel', 'contract', callers, requests) $$;

CREATE OR REPLACE FUNCTION api.contract_create(callers bigint[], requests jsonb[]) RETURNS SETOF api.reply
LANGUAGE sql AS $$ SELECT * FROM entitled.serve_writes('contract_create', 'partner', callers, requests) $$;

CREATE OR REPLACE FUNCTION api.contract_list(callers bigint[], requests jsonb[]) RETURNS SETOF api.reply
LANGUAGE sql AS $$ SELECT * FROM entitled.serve_reads('contract_list', callers, requests) $$;

CREATE OR REPLACE FUNCTION api.contract_renew(callers bigint[], requests jsonb[]) RETURNS SETOF api.reply
LANGUAGE sql AS $$ SELECT * FROM entitled.serve_writes('contract_renew', 'contract', callers, requests) $$;

CREATE OR REPLACE FUNCTION api.contract_show(callers bigint[], requests jsonb[]) RETURNS SETOF api.reply
LANGUAGE sql AS $$ SELECT * FROM entitled.serve_reads('contract_show', callers, requests) $$;

CREATE OR REPLACE FUNCTION api.contract_top_up(callers bigint[], requests jsonb[]) RETURNS SETOF api.reply
LANGUAGE sql AS $$ SELECT * FROM entitled.serve_writes('contract_top_up', 'contract', callers, requests) $$;

CREATE OR REPLACE FUNCTION api.contract_upgrade(callers bigint[], requests jsonb[]) RETURNS SETOF api.reply
LANGUAGE sql AS $$ SELECT * FROM entitled.serve_writes('contract_upgrade', 'contract', callers, requests) $$;

CREATE OR REPLACE FUNCTION api.escalation_acknowledge(callers bigint[], requests jsonb[]) RETURNS SETOF api.reply
LANGUAGE sql AS $$ SELECT * FROM entitled.serve_writes('escalation_acknowledge', 'escalation', callers, requests) $$;

CREATE OR REPLACE FUNCTION api.escalation_list(callers bigint[], requests jsonb[]) RETURNS SETOF api.reply
LANGUAGE sql AS $$ SELECT * FROM entitled.serve_reads('escalation_list', callers, requests) $$;

CREATE OR REPLACE FUNCTION api.escalation_raise(callers bigint[], requests jsonb[]) RETURNS SETOF api.reply
LANGUAGE sql AS $$ SELECT * FROM entitled.serve_writes('escalation_raise', 'incident', callers, requests) $$;

CREATE OR REPLACE FUNCTION api.escalation_resolve(callers bigint[], requests jsonb[]) RETURNS SETOF api.reply
LANGUAGE sql AS $$ SELECT * FROM entitled.serve_writes('escalation_resolve', 'escalation', callers, requests) $$;

CREATE OR REPLACE FUNCTION api.escalation_withdraw(callers bigint[], requests jsonb[]) RETURNS SETOF api.reply
LANGUAGE sql AS $$ SELECT * FROM entitled.serve_writes('escalation_withdraw', 'escalation', callers, requests) $$;

CREATE OR REPLACE FUNCTION api.incident_assign(callers bigint[], requests jsonb[]) RETURNS SETOF api.reply
LANGUAGE sql AS $$ SELECT * FROM entitled.serve_writes('incident_assign', 'incident', callers, requests) $$;

CREATE OR REPLACE FUNCTION api.incident_close(callers bigint[], requests jsonb[]) RETURNS SETOF api.reply
LANGUAGE sql AS $$ SELECT * FROM entitled.serve_writes('incident_close', 'incident', callers, requests) $$;

CREATE OR REPLACE FUNCTION api.incident_credit(callers bigint[], requests jsonb[]) RETURNS SETOF api.reply
LANGUAGE sql AS $$ SELECT * FROM entitled.serve_writes('incident_credit', 'incident', callers, requests) $$;

CREATE OR REPLACE FUNCTION api.incident_list(callers bigint[], requests jsonb[]) RETURNS SETOF api.reply
LANGUAGE sql AS $$ SELECT * FROM entitled.serve_reads('incident_list', callers, requests) $$;

CREATE OR REPLACE FUNCTION api.incident_note(callers bigint[], requests jsonb[]) RETURNS SETOF api.reply
LANGUAGE sql AS $$ SELECT * FROM entitled.serve_writes('incident_note', 'incident', callers, requests) $$;

CREATE OR REPLACE FUNCTION api.incident_reopen(callers bigint[], requests jsonb[]) RETURNS SETOF api.reply
LANGUAGE sql AS $$ SELECT * FROM entitled.serve_writes('incident_reopen', 'incident', callers, requests) $$;

CREATE OR REPLACE FUNCTION api.incident_resolve(callers bigint[], requests jsonb[]) RETURNS SETOF api.reply
LANGUAGE sql AS $$ SELECT * FROM entitled.serve_writes('incident_resolve', 'incident', callers, requests) $$;

CREATE OR REPLACE FUNCTION api.incident_show(callers bigint[], requests jsonb[]) RETURNS SETOF api.reply
LANGUAGE sql AS $$ SELECT * FROM entitled.serve_reads('incident_show', callers, requests) $$;

CREATE OR REPLACE FUNCTION api.incident_take(callers bigint[], requests jsonb[]) RETURNS SETOF api.reply
LANGUAGE sql AS $$ SELECT * FROM entitled.serve_writes('incident_take', NULL, callers, requests) $$;

CREATE OR REPLACE FUNCTION api.incident_update(callers bigint[], requests jsonb[]) RETURNS SETOF api.reply
LANGUAGE sql AS $$ SELECT * FROM entitled.serve_writes('incident_update', 'incident', callers, requests) $$;

CREATE OR REPLACE FUNCTION api.ledger_list(callers bigint[], requests jsonb[]) RETURNS SETOF api.reply
LANGUAGE sql AS $$ SELECT * FROM entitled.serve_reads('ledger_list', callers, requests) $$;

CREATE OR REPLACE FUNCTION api.ledger_verify(callers bigint[], requests jsonb[]) RETURNS SETOF api.reply
LANGUAGE sql AS $$ SELECT * FROM entitled.serve_reads('ledger_verify', callers, requests) $$;

CREATE OR REPLACE FUNCTION api.mail_claim(callers bigint[], requests jsonb[]) RETURNS SETOF api.reply
LANGUAGE sql AS $$ SELECT * FROM entitled.serve_writes('mail_claim', NULL, callers, requests) $$;

CREATE OR REPLACE FUNCTION api.mail_list(callers bigint[], requests jsonb[]) RETURNS SETOF api.reply
LANGUAGE sql AS $$ SELECT * FROM entitled.serve_reads('mail_list', callers, requests) $$;

CREATE OR REPLACE FUNCTION api.mail_settle(callers bigint[], requests jsonb[]) RETURNS SETOF api.reply
LANGUAGE sql AS $$ SELECT * FROM entitled.serve_writes('mail_settle', NULL, callers, requests) $$;

CREATE OR REPLACE FUNCTION api.partner_create(callers bigint[], requests jsonb[]) RETURNS SETOF api.reply
LANGUAGE sql AS $$ SELECT * FROM entitled.serve_writes('partner_create', NULL, callers, requests) $$;

CREATE OR REPLACE FUNCTION api.partner_list(callers bigint[], requests jsonb[]) RETURNS SETOF api.reply
LANGUAGE sql AS $$ SELECT * FROM entitled.serve_reads('partner_list', callers, requests) $$;

CREATE OR REPLACE FUNCTION api.partner_show(callers bigint[], requests jsonb[]) RETURNS SETOF api.reply
LANGUAGE sql AS $$ SELECT * FROM entitled.serve_reads('partner_show', callers, requests) $$;

CREATE OR REPLACE FUNCTION api.partner_update(callers bigint[], requests jsonb[]) RETURNS SETOF api.reply
LANGUAGE sql AS $$ SELECT * FROM entitled.serve_writes('partner_update', 'partner', callers, requests) $$;

CREATE OR REPLACE FUNCTION api.principal_create(callers bigint[], requests jsonb[]) RETURNS SETOF api.reply
LANGUAGE sql AS $$ SELECT * FROM entitled.serve_writes('principal_create', NULL, callers, requests) $$;

CREATE OR REPLACE FUNCTION api.principal_disable(callers bigint[], requests jsonb[]) RETURNS SETOF api.reply
LANGUAGE sql AS $$ SELECT * FROM entitled.serve_writes('principal_disable', NULL, callers, requests) $$;

CREATE OR REPLACE FUNCTION api.principal_enable(callers bigint[], requests jsonb[]) RETURNS SETOF api.reply
LANGUAGE sql AS $$ SELECT * FROM entitled.serve_writes('principal_enable', NULL, callers, requests) $$;

CREATE OR REPLACE FUNCTION api.principal_list(callers bigint[], requests jsonb[]) RETURNS SETOF api.reply
LANGUAGE sql AS $$ SELECT * FROM entitled.serve_reads('principal_list', callers, requests) $$;

CREATE OR REPLACE FUNCTION api.report_finish(callers bigint[], requests jsonb[]) RETURNS SETOF api.reply
LANGUAGE sql AS $$ SELECT * FROM entitled.serve_writes('report_finish', NULL, callers, requests) $$;

CREATE OR REPLACE FUNCTION api.report_pending(callers bigint[], requests jsonb[]) RETURNS SETOF api.reply
LANGUAGE sql AS $$ SELECT * FROM entitled.serve_reads('report_pending', callers, requests) $$;

CREATE OR REPLACE FUNCTION api.report_snapshot(callers bigint[], requests jsonb[]) RETURNS SETOF api.reply
LANGUAGE sql AS $$ SELECT * FROM entitled.serve_writes('report_snapshot', NULL, callers, requests) $$;

CREATE OR REPLACE FUNCTION api.report_usage(callers bigint[], requests jsonb[]) RETURNS SETOF api.reply
LANGUAGE sql AS $$ SELECT * FROM entitled.serve_reads('report_usage', callers, requests) $$;

CREATE OR REPLACE FUNCTION api.usage_record(callers bigint[], requests jsonb[]) RETURNS SETOF api.reply
LANGUAGE sql AS $$ SELECT * FROM entitled.serve_writes('usage_record', 'partner', callers, requests) $$;
