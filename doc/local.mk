# doc/: the manual pages. entitle-protocol(7) is prose plus the tables of common/*.def; it is shipped
# ready, and made anew when one of them changed.
dist_man_MANS += \
	doc/entitle.1 \
	doc/entitle-protocol.7 \
	doc/entitled.8 \
	doc/entitled.conf.5 \
	doc/report.conf.5

EXTRA_DIST += \
	HACKING.md LICENSE NEWS README.md autogen.sh .clang-format .editorconfig \
	doc/architecture.md \
	doc/images/report.png \
	doc/images/take-report \
	doc/tutorial.md \
	doc/entitle-protocol.7.in

noinst_PROGRAMS += common/methods-doc
common_methods_doc_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS) $(SSL_CFLAGS)
common_methods_doc_SOURCES = common/methods_doc.c
common_methods_doc_LDADD = $(COMMON_LIBS)

protocol_page_from = \
	$(srcdir)/doc/entitle-protocol.7.in \
	$(srcdir)/common/methods.def \
	$(srcdir)/common/error.def \
	$(srcdir)/common/methods_doc.c

# The program is made first but does not count as news: a shipped page is not made anew by a plain build.
doc/entitle-protocol.7: $(protocol_page_from) | common/methods-doc$(EXEEXT)
	$(AM_V_GEN)$(MKDIR_P) doc && \
	./common/methods-doc$(EXEEXT) $(srcdir)/doc/entitle-protocol.7.in >$@.tmp && mv -f $@.tmp $@
CLEANFILES += doc/entitle-protocol.7.tmp
MAINTAINERCLEANFILES = doc/entitle-protocol.7
