# systemd/: the units, and the daemon's user and folders.
nodist_systemdsystemunit_DATA = systemd/entitled.service
dist_systemdsystemunit_DATA = systemd/entitled.socket
sysusersdir = $(prefix)/lib/sysusers.d
dist_sysusers_DATA = systemd/sysusers.d/entitled.conf
tmpfilesdir = $(prefix)/lib/tmpfiles.d
dist_tmpfiles_DATA = systemd/tmpfiles.d/entitled.conf
EXTRA_DIST += systemd/entitled.service.in
CLEANFILES += systemd/entitled.service

systemd/entitled.service: $(srcdir)/systemd/entitled.service.in Makefile
	$(AM_V_GEN)$(MKDIR_P) systemd && \
	$(SED) -e 's|@sbindir[@]|$(sbindir)|g' -e 's|@sysconfdir[@]|$(sysconfdir)|g' \
		$(srcdir)/systemd/entitled.service.in >$@.tmp && mv -f $@.tmp $@
