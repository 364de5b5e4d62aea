# daemon/: a convenience library, which the tests link too, and the program.
noinst_LIBRARIES += libentitled.a
libentitled_a_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS) $(SSL_CFLAGS) $(EVENT_CFLAGS) $(PQ_CFLAGS) \
	$(CONFUSE_CFLAGS) $(SYSTEMD_CFLAGS)
libentitled_a_SOURCES = \
	daemon/call_array.c daemon/call_array.h \
	daemon/connection.c daemon/connection.h \
	daemon/dispatch.c daemon/dispatch.h \
	daemon/feed.c daemon/feed.h \
	daemon/lane.c daemon/lane.h \
	daemon/lanes.c daemon/lanes.h \
	daemon/listener.c daemon/listener.h \
	daemon/options.c daemon/options.h daemon/options.def \
	daemon/output.c daemon/output.h \
	daemon/own_methods.c daemon/own_methods.h \
	daemon/principal.c daemon/principal.h \
	daemon/session.c daemon/session.h \
	daemon/standby.c daemon/standby.h \
	daemon/stream.c daemon/stream.h \
	daemon/supervisor.c daemon/supervisor.h \
	daemon/ticker.c daemon/ticker.h \
	daemon/watch.c daemon/watch.h \
	daemon/watch_page.c daemon/watch_page.h \
	daemon/worker.c daemon/worker.h
ENTITLED_LIBS = libentitled.a $(COMMON_LIBS) $(EVENT_LIBS) $(PQ_LIBS) $(CONFUSE_LIBS) $(SYSTEMD_LIBS)

sbin_PROGRAMS += entitled
entitled_CPPFLAGS = $(AM_CPPFLAGS) -DSYSCONFDIR='"$(sysconfdir)"'
entitled_SOURCES = daemon/main.c
entitled_LDADD = $(ENTITLED_LIBS)

# conf/entitled.conf and doc/entitled.conf.5 are made from options.def and committed; after a change to
# the table: `make options-doc`. A unit test compares them.
noinst_PROGRAMS += daemon/options-doc
daemon_options_doc_SOURCES = daemon/options_doc.c daemon/options.def

.PHONY: options-doc
options-doc: daemon/options-doc$(EXEEXT)
	./daemon/options-doc$(EXEEXT) >$(srcdir)/conf/entitled.conf
	./daemon/options-doc$(EXEEXT) --mdoc >$(srcdir)/doc/entitled.conf.5

entitledconfdir = $(sysconfdir)/entitled
dist_entitledconf_DATA = conf/entitled.conf
