# SPDX-License-Identifier: BSD-2-Clause
# The tests of the audit log: its checkpoints, on another machine too.

if HAVE_CMOCKA
audit_tests = \
	tests/unit/daemon_checkpoint_test \
	tests/unit/daemon_report_test \
	tests/unit/daemon_retention_test
check_PROGRAMS += $(audit_tests)
TESTS += $(audit_tests)

tests_unit_daemon_checkpoint_test_SOURCES = tests/unit/daemon_checkpoint_test.c $(keeper_world)
tests_unit_daemon_checkpoint_test_CPPFLAGS = $(DAEMON_CPPFLAGS)
tests_unit_daemon_checkpoint_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_daemon_checkpoint_test_LDADD = $(KEEPER_LIBS) $(CMOCKA_LIBS)
tests_unit_daemon_report_test_SOURCES = tests/unit/daemon_report_test.c $(keeper_world)
tests_unit_daemon_report_test_CPPFLAGS = $(DAEMON_CPPFLAGS)
tests_unit_daemon_report_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_daemon_report_test_LDADD = $(KEEPER_LIBS) $(CMOCKA_LIBS)
tests_unit_daemon_retention_test_SOURCES = tests/unit/daemon_retention_test.c $(keeper_world)
tests_unit_daemon_retention_test_CPPFLAGS = $(DAEMON_CPPFLAGS)
tests_unit_daemon_retention_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_daemon_retention_test_LDADD = $(KEEPER_LIBS) $(CMOCKA_LIBS)
endif

INTEGRATION_TESTS += tests/integration/checkpoints_away.sh
EXTRA_DIST += tests/integration/checkpoints_away.sh
