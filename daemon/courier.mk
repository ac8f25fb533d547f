# SPDX-License-Identifier: BSD-2-Clause
# daemon/courier*: the process that sends codes by SMS and mail.

COURIER_CPPFLAGS = $(DAEMON_CPPFLAGS) $(CURL_CFLAGS)
COURIER_LIBS = daemon/libcourier.la daemon/libdaemon.la base/libbase.la $(CURL_LIBS) $(SECCOMP_LIBS)

noinst_LTLIBRARIES += daemon/libcourier.la
daemon_libcourier_la_CPPFLAGS = $(COURIER_CPPFLAGS)
daemon_libcourier_la_SOURCES = \
	daemon/courier.c daemon/courier.h \
	daemon/courier_address.c \
	daemon/courier_hook.c \
	daemon/courier_sandbox.c \
	daemon/courier_send.c \
	daemon/courier_template.c

courier_tests = tests/integration/courier.sh tests/integration/courier_postgresql.sh tests/integration/hook.sh tests/integration/hook_postgresql.sh \
	tests/integration/courier_peers.sh
webhookexampledir = $(docdir)/examples/webhook
dist_webhookexample_SCRIPTS = docs/examples/webhook/receiver.py
INTEGRATION_TESTS += $(courier_tests)
EXTRA_DIST += $(courier_tests) tests/lib/gateway.py tests/lib/resolver.py tests/lib/anywhere.py

if HAVE_CMOCKA
courier_unit_tests = tests/unit/daemon_courier_test tests/unit/daemon_courier_sandbox_test \
	tests/unit/daemon_outbox_test tests/unit/daemon_hook_test
check_PROGRAMS += $(courier_unit_tests)
TESTS += $(courier_unit_tests)
tests_unit_daemon_outbox_test_SOURCES = tests/unit/daemon_outbox_test.c $(keeper_world)
tests_unit_daemon_outbox_test_CPPFLAGS = $(DAEMON_CPPFLAGS)
tests_unit_daemon_outbox_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_daemon_outbox_test_LDADD = $(KEEPER_LIBS) $(CMOCKA_LIBS)
tests_unit_daemon_hook_test_SOURCES = tests/unit/daemon_hook_test.c $(keeper_world)
tests_unit_daemon_hook_test_CPPFLAGS = $(COURIER_CPPFLAGS)
tests_unit_daemon_hook_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_daemon_hook_test_LDADD = daemon/libcourier.la $(KEEPER_LIBS) $(CURL_LIBS) $(SECCOMP_LIBS) $(CMOCKA_LIBS)
tests_unit_daemon_courier_sandbox_test_SOURCES = tests/unit/daemon_courier_sandbox_test.c
tests_unit_daemon_courier_sandbox_test_CPPFLAGS = $(COURIER_CPPFLAGS)
tests_unit_daemon_courier_sandbox_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_daemon_courier_sandbox_test_LDADD = $(COURIER_LIBS) $(CMOCKA_LIBS)
tests_unit_daemon_courier_test_SOURCES = tests/unit/daemon_courier_test.c
tests_unit_daemon_courier_test_CPPFLAGS = $(COURIER_CPPFLAGS)
tests_unit_daemon_courier_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_daemon_courier_test_LDADD = $(COURIER_LIBS) $(CMOCKA_LIBS)
endif
