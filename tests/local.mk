# tests/: what `make check` runs, and what the package of the source carries. Every test: tests/run.
include tests/bench/local.mk
include tests/model/local.mk
include tests/system/local.mk

# The unit tests: a file a suite, listed here and in suites.def. They are run from the top of the build.
unit_suites = \
	tests/unit/call_array_test.c \
	tests/unit/client_advise_test.c \
	tests/unit/client_answer_test.c \
	tests/unit/client_document_test.c \
	tests/unit/client_due_test.c \
	tests/unit/client_icalendar_test.c \
	tests/unit/client_import_test.c \
	tests/unit/client_mail_test.c \
	tests/unit/client_options_test.c \
	tests/unit/client_profile_test.c \
	tests/unit/client_report_test.c \
	tests/unit/client_shell_test.c \
	tests/unit/client_steps_test.c \
	tests/unit/client_text_test.c \
	tests/unit/clock_test.c \
	tests/unit/comment_test.c \
	tests/unit/error_test.c \
	tests/unit/line_test.c \
	tests/unit/listener_test.c \
	tests/unit/log_test.c \
	tests/unit/methods_test.c \
	tests/unit/options_test.c \
	tests/unit/output_test.c \
	tests/unit/rpc_test.c \
	tests/unit/suggest_test.c \
	tests/unit/watch_page_test.c

if HAVE_CUNIT
check_PROGRAMS += tests/unit/unit
tests_unit_unit_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS) $(SSL_CFLAGS) $(EVENT_CFLAGS) $(PQ_CFLAGS) \
	$(CONFUSE_CFLAGS) $(SMARTCOLS_CFLAGS) -DTEST_SOURCE_DIR='"$(abs_srcdir)"'
tests_unit_unit_SOURCES = \
	tests/unit/main.c \
	tests/unit/suites.def tests/unit/suites.h \
	$(unit_suites)
tests_unit_unit_LDADD = $(ENTITLE_LIBS) $(ENTITLED_LIBS) $(CUNIT_LIBS)
TESTS += tests/unit/unit
else
check-local:
	@echo 'make check needs CUnit (Debian: libcunit1-dev); then run ./configure again' >&2; exit 1
endif

EXTRA_DIST += \
	.ci/run \
	debian/changelog debian/control debian/copyright debian/rules debian/source/format \
	debian/entitle-client.install debian/entitled.install \
	quickstart quickstart.d \
	tests/data tests/isolation tests/lint tests/log tests/night tests/planted tests/quickstart tests/report tests/run \
	tests/sql tests/tutorial
