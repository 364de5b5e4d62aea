# systemd/: the units, and the users and folders of the daemon and the report.
nodist_systemdsystemunit_DATA = systemd/entitled.service systemd/entitled-report.service
dist_systemdsystemunit_DATA = systemd/entitled.socket systemd/entitled-report.timer
sysusersdir = $(prefix)/lib/sysusers.d
dist_sysusers_DATA = systemd/sysusers.d/entitled.conf systemd/sysusers.d/entitled-report.conf
tmpfilesdir = $(prefix)/lib/tmpfiles.d
dist_tmpfiles_DATA = systemd/tmpfiles.d/entitled.conf systemd/tmpfiles.d/entitled-report.conf
EXTRA_DIST += systemd/entitled.service.in systemd/entitled-report.service.in
CLEANFILES += systemd/entitled.service systemd/entitled-report.service

unit_make = $(MKDIR_P) systemd && $(SED) -e 's|@sbindir[@]|$(sbindir)|g' -e 's|@bindir[@]|$(bindir)|g' \
	-e 's|@sysconfdir[@]|$(sysconfdir)|g'
systemd/entitled.service: $(srcdir)/systemd/entitled.service.in Makefile
	$(AM_V_GEN)$(unit_make) $(srcdir)/systemd/entitled.service.in >$@.tmp && mv -f $@.tmp $@
systemd/entitled-report.service: $(srcdir)/systemd/entitled-report.service.in Makefile
	$(AM_V_GEN)$(unit_make) $(srcdir)/systemd/entitled-report.service.in >$@.tmp && mv -f $@.tmp $@
