# tests/bench/: the load of the benchmark (tests/bench/run); the lists of a million (lists); many contracts (contracts).
check_PROGRAMS += tests/bench/load
tests_bench_load_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS) $(SSL_CFLAGS)
tests_bench_load_SOURCES = tests/bench/load.c
tests_bench_load_LDADD = $(COMMON_LIBS)
EXTRA_DIST += tests/bench/run tests/bench/world.sql tests/bench/lists tests/bench/lists.sql tests/bench/contracts \
  tests/bench/contracts.sql tests/bench/night tests/bench/night_plain.sql tests/bench/night_world.sql
