# SPDX-License-Identifier: BSD-2-Clause
# The tests of the sealing key: in a file, sealed by a PKCS#11 token, in the process that holds the token.

if HAVE_CMOCKA
check_PROGRAMS += tests/unit/daemon_hsm_test tests/unit/daemon_vault_test tests/unit/daemon_rewrap_test
TESTS += tests/unit/daemon_hsm_test tests/unit/daemon_vault_test tests/unit/daemon_rewrap_test
tests_unit_daemon_hsm_test_SOURCES = tests/unit/daemon_hsm_test.c
tests_unit_daemon_hsm_test_CPPFLAGS = $(DAEMON_CPPFLAGS)
tests_unit_daemon_hsm_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_daemon_hsm_test_LDADD = $(KEEPER_LIBS) $(CMOCKA_LIBS)
tests_unit_daemon_vault_test_SOURCES = tests/unit/daemon_vault_test.c
tests_unit_daemon_vault_test_CPPFLAGS = $(DAEMON_CPPFLAGS)
tests_unit_daemon_vault_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_daemon_vault_test_LDADD = $(KEEPER_LIBS) $(CMOCKA_LIBS)
tests_unit_daemon_rewrap_test_SOURCES = tests/unit/daemon_rewrap_test.c tests/unit/database.c tests/unit/database.h
tests_unit_daemon_rewrap_test_CPPFLAGS = $(DAEMON_CPPFLAGS)
tests_unit_daemon_rewrap_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_daemon_rewrap_test_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=fsync
tests_unit_daemon_rewrap_test_LDADD = $(KEEPER_LIBS) $(CMOCKA_LIBS)
endif

INTEGRATION_TESTS += tests/integration/daemon_token.sh tests/integration/daemon_token_postgresql.sh
EXTRA_DIST += tests/integration/daemon_token.sh tests/integration/daemon_token_postgresql.sh
