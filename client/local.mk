# client/: `entitle`, floors 3 to 9; a convenience library, which the tests link too, plus main.c.
noinst_LIBRARIES += libentitle.a
libentitle_a_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS) $(SSL_CFLAGS) $(CONFUSE_CFLAGS) $(SMARTCOLS_CFLAGS) $(EDIT_CFLAGS) \
	$(ICAL_CFLAGS)
libentitle_a_SOURCES = \
	client/apply.c client/apply.h \
	client/calendar_file.c client/calendar_file.h \
	client/call.c client/call.h \
	client/catalogue_file.c client/catalogue_file.h \
	client/charge.c client/charge.h \
	client/command.c client/command.h \
	client/command_balance.c client/command_balance.h \
	client/command_calendar.c client/command_calendar.h \
	client/command_catalogue.c client/command_catalogue.h \
	client/command_check.c client/command_check.h \
	client/command_contract.c client/command_contract.h \
	client/command_day.c client/command_day.h \
	client/command_escalation.c client/command_escalation.h \
	client/command_help.c client/command_help.h \
	client/command_import.c client/command_import.h \
	client/command_incident.c client/command_incident.h \
	client/command_ledger.c client/command_ledger.h \
	client/command_moves.c client/command_moves.h \
	client/command_partner.c client/command_partner.h \
	client/command_principal.c client/command_principal.h \
	client/command_server.c client/command_server.h \
	client/command_shell.c client/command_shell.h \
	client/command_table.c client/command_table.h \
	client/command_upgrade.c client/command_upgrade.h \
	client/command_usage.c client/command_usage.h \
	client/command_watch.c client/command_watch.h \
	client/command_words.c client/command_words.h \
	client/config_file.c client/config_file.h \
	client/connection.c client/connection.h \
	client/contract_view.c client/contract_view.h \
	client/csv_file.c client/csv_file.h \
	client/document.c client/document.h \
	client/due.c client/due.h \
	client/icalendar_file.c client/icalendar_file.h \
	client/import_map.c client/import_map.h \
	client/import_report.c client/import_report.h \
	client/import_steps.c client/import_steps.h \
	client/import_update.c client/import_update.h \
	client/incident_view.c client/incident_view.h \
	client/memory.c client/memory.h \
	client/options.c client/options.h \
	client/pages.c client/pages.h \
	client/pipeline.c client/pipeline.h \
	client/profile.c client/profile.h \
	client/refusal.c client/refusal.h \
	client/render.c client/render.h \
	client/shell_complete.c client/shell_complete.h \
	client/shell_words.c client/shell_words.h \
	client/status.h \
	client/text.c client/text.h \
	client/value.c client/value.h
ENTITLE_LIBS = libentitle.a $(COMMON_LIBS) $(CONFUSE_LIBS) $(SMARTCOLS_LIBS) $(CSV_LIBS) $(EDIT_LIBS) $(ICAL_LIBS)

bin_PROGRAMS += entitle
entitle_CPPFLAGS = $(libentitle_a_CPPFLAGS)
entitle_SOURCES = client/main.c
entitle_LDADD = $(ENTITLE_LIBS)
