# tests/model/: the rules written a second time in C, and random operations on both (tests/model/run).
check_PROGRAMS += tests/model/model
tests_model_model_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS) $(PQ_CFLAGS)
tests_model_model_SOURCES = \
	tests/model/main.c \
	tests/model/catalogue.c tests/model/catalogue.h \
	tests/model/drive.c tests/model/drive.h \
	tests/model/generate.c tests/model/generate.h \
	tests/model/model.c tests/model/model.h \
	tests/model/model_contract.c \
	tests/model/model_incident.c \
	tests/model/model_state.c tests/model/model_state.h \
	tests/model/operation.c tests/model/operation.h \
	tests/model/reply.c tests/model/reply.h \
	tests/model/shrink.c tests/model/shrink.h \
	tests/model/text.c tests/model/text.h \
	tests/model/zone.c tests/model/zone.h
tests_model_model_LDADD = $(JANSSON_LIBS) $(PQ_LIBS)
EXTRA_DIST += tests/model/run tests/model/state.sql
