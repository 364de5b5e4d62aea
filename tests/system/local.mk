# tests/system/, tests/fault/, tests/fuzz/: the tests that start the real servers. tests/system/run runs them.

# A file a suite, listed here and in tests/system/suites.def.
system_suites = \
	tests/system/advise_test.c \
	tests/fault/away_test.c \
	tests/fault/fault_test.c \
	tests/fault/service_test.c \
	tests/fault/standby_test.c \
	tests/system/client_test.c \
	tests/system/catalogue_test.c \
	tests/system/day_test.c tests/system/day_test.h \
	tests/system/engine_test.c \
	tests/system/errors_test.c \
	tests/system/framing_test.c \
	tests/system/isolation_test.c \
	tests/system/limits_test.c \
	tests/system/malformed_test.c \
	tests/system/methods_test.c tests/system/methods_test.h \
	tests/system/race_test.c \
	tests/system/mixed_test.c \
	tests/system/report_test.c \
	tests/system/roles_test.c \
	tests/system/shell_test.c \
	tests/system/tick_test.c \
	tests/system/tls_test.c \
	tests/system/units_test.c \
	tests/system/watch_test.c

if HAVE_CUNIT
check_PROGRAMS += tests/system/system
tests_system_system_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS) $(SSL_CFLAGS) $(PQ_CFLAGS) \
	$(CONFUSE_CFLAGS) -DTEST_SOURCE_DIR='"$(abs_srcdir)"'
tests_system_system_SOURCES = \
	tests/fuzz/mutate.c tests/fuzz/mutate.h \
	tests/fuzz/target.c tests/fuzz/target.h \
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
tests_system_system_LDADD = $(ENTITLE_LIBS) $(ENTITLED_LIBS) $(CUNIT_LIBS) -lpthread
endif

# With clang: FUZZ_SECONDS on each parser.
FUZZ_SECONDS = 60
.PHONY: fuzz
fuzz: config.h
	$(srcdir)/tests/fuzz/run . $(FUZZ_SECONDS)

EXTRA_DIST += tests/system/run tests/fuzz/run tests/fuzz/corpus tests/fuzz/fuzz_files.c tests/fuzz/fuzz_lines.c
