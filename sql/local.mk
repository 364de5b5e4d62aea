# sql/: installed as it is under pkgdatadir, with the two programs that use it.
sqldir = $(pkgdatadir)/sql
sqlmigrationsdir = $(sqldir)/migrations
sqlfunctionsdir = $(sqldir)/functions

dist_sql_DATA = sql/roles.sql sql/schema.sql
dist_sqlmigrations_DATA = sql/migrations/0001_spine.sql sql/migrations/0002_engine.sql \
	sql/migrations/0003_watch.sql sql/migrations/0004_day.sql sql/migrations/0005_night.sql sql/migrations/0006_late.sql
dist_sqlfunctions_DATA = \
	sql/functions/00_clock.sql \
	sql/functions/01_scope.sql \
	sql/functions/02_reply.sql \
	sql/functions/03_names.sql \
	sql/functions/04_identify.sql \
	sql/functions/05_ledger.sql \
	sql/functions/10_incident_open.sql \
	sql/functions/11_balance.sql \
	sql/functions/20_calendar.sql \
	sql/functions/21_document.sql \
	sql/functions/22_calendar_methods.sql \
	sql/functions/23_coverage.sql \
	sql/functions/24_benefit_check.sql \
	sql/functions/30_catalogue_show.sql \
	sql/functions/31_catalogue_apply.sql \
	sql/functions/40_page.sql \
	sql/functions/41_partner.sql \
	sql/functions/50_contract.sql \
	sql/functions/51_contract_activate.sql \
	sql/functions/52_contract_change.sql \
	sql/functions/60_principal.sql \
	sql/functions/61_program.sql \
	sql/functions/70_incident.sql \
	sql/functions/71_incident_moves.sql \
	sql/functions/72_incident_credit.sql \
	sql/functions/73_usage.sql \
	sql/functions/74_ledger.sql \
	sql/functions/75_escalation.sql \
	sql/functions/76_tick.sql \
	sql/functions/77_clock.sql \
	sql/functions/78_incident_update.sql \
	sql/functions/79_incident_list.sql \
	sql/functions/80_events.sql \
	sql/functions/81_forecast.sql \
	sql/functions/82_snapshot.sql \
	sql/functions/83_report.sql \
	sql/functions/83_report_sections.sql \
	sql/functions/84_mail.sql \
	sql/functions/85_advise.sql \
	sql/functions/86_standby.sql \
	sql/functions/90_api.sql \
	sql/functions/95_bootstrap.sql \
	sql/functions/99_grants.sql

# In the tree entitled-migrate finds its files beside itself; installed, in pkgdatadir.
sbin_SCRIPTS = sql/installed/entitled-migrate
CLEANFILES += $(sbin_SCRIPTS)
EXTRA_DIST += sql/entitled-migrate sql/private-postgres

sql/installed/entitled-migrate: $(srcdir)/sql/entitled-migrate Makefile
	$(AM_V_GEN)$(MKDIR_P) sql/installed && \
	$(SED) 's|@pkgdatadir[@]|$(pkgdatadir)|' $(srcdir)/sql/entitled-migrate >$@.new && \
	chmod 755 $@.new && mv $@.new $@
