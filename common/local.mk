# common/: floors 0 to 2, pure, linked by the daemon, the client and the tests.
noinst_LIBRARIES += libcommon.a
libcommon_a_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS) $(SSL_CFLAGS)
libcommon_a_SOURCES = \
	common/clock.c common/clock.h \
	common/comment.c common/comment.h \
	common/error.c common/error.h common/error.def \
	common/line.c common/line.h \
	common/log.c common/log.h \
	common/methods.c common/methods.h common/methods.def \
	common/rpc.c common/rpc.h \
	common/suggest.c common/suggest.h \
	common/tls.c common/tls.h
COMMON_LIBS = libcommon.a $(JANSSON_LIBS) $(SSL_LIBS)
