# tests/system/, tests/fault/, tests/fuzz/: the tests that start the real servers. tests/system/run runs them.

# A file a suite, listed here and in tests/system/suites.def.
system_suites = \
	tests/fault/away_test.c \
	tests/fault/fault_test.c \
	tests/fault/service_test.c \
	tests/system/client_test.c \
	tests/system/errors_test.c \
	tests/system/framing_test.c \
	tests/system/limits_test.c \
	tests/system/methods_test.c \
	tests/system/race_test.c \
	tests/system/roles_test.c \
	tests/system/tls_test.c

if HAVE_CUNIT
check_PROGRAMS += tests/system/system
tests_system_system_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS) $(SSL_CFLAGS) $(PQ_CFLAGS) \
	-DTEST_SOURCE_DIR='"$(abs_srcdir)"'
tests_system_system_SOURCES = \
	tests/fault/load.c tests/fault/load.h \
	tests/system/main.c \
	tests/system/certificate.c tests/system/certificate.h \
	tests/system/check.c tests/system/check.h \
	tests/system/fixture.c tests/system/fixture.h \
	tests/system/logfmt.c tests/system/logfmt.h \
	tests/system/peer.c tests/system/peer.h \
	tests/system/process.c tests/system/process.h \
	tests/system/sample.c tests/system/sample.h \
	tests/system/server.c tests/system/server.h \
	tests/system/suites.def tests/system/suites.h \
	tests/system/world.c tests/system/world.h \
	$(system_suites)
tests_system_system_LDADD = $(COMMON_LIBS) $(PQ_LIBS) $(CUNIT_LIBS) -lpthread
endif

EXTRA_DIST += tests/system/run
