# SPDX-License-Identifier: BSD-2-Clause
# pam/: pam_countersign.so, a thin client of the daemon's Unix socket.

noinst_LTLIBRARIES += pam/libpam_countersign.la
pam_libpam_countersign_la_SOURCES = \
	pam/exchange.c pam/exchange.h \
	pam/options.c pam/options.h \
	pam/reply.c pam/reply.h

if HAVE_PAM
pammodule_LTLIBRARIES = pam/pam_countersign.la
pam_pam_countersign_la_SOURCES = pam/pam_countersign.c
pam_pam_countersign_la_CPPFLAGS = $(AM_CPPFLAGS) $(PAM_CFLAGS)
pam_pam_countersign_la_LDFLAGS = $(AM_LDFLAGS) -module -avoid-version -shared -Wl,-z,defs
pam_pam_countersign_la_LIBADD = pam/libpam_countersign.la base/libbase.la $(PAM_LIBS)
dist_man_MANS += docs/man/pam_countersign.8
INTEGRATION_TESTS += tests/integration/pam.sh tests/integration/pam_postgresql.sh
else
EXTRA_DIST += docs/man/pam_countersign.8
endif
EXTRA_DIST += tests/integration/pam.sh tests/integration/pam_postgresql.sh tests/lib/door.sh

if HAVE_CMOCKA
pam_tests = tests/unit/pam_options_test tests/unit/pam_reply_test
check_PROGRAMS += $(pam_tests)
TESTS += $(pam_tests)

tests_unit_pam_options_test_SOURCES = tests/unit/pam_options_test.c
tests_unit_pam_options_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_pam_options_test_LDADD = pam/libpam_countersign.la base/libbase.la $(CMOCKA_LIBS)

tests_unit_pam_reply_test_SOURCES = tests/unit/pam_reply_test.c
tests_unit_pam_reply_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_pam_reply_test_LDADD = pam/libpam_countersign.la base/libbase.la $(CMOCKA_LIBS)
endif
