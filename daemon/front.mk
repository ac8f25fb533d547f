# SPDX-License-Identifier: BSD-2-Clause
# daemon/front*: the process that speaks with the network.

FRONT_CPPFLAGS = $(AM_CPPFLAGS) $(MHD_CFLAGS) $(JANSSON_CFLAGS) $(SECCOMP_CFLAGS)
FRONT_LIBS = daemon/libfront.la daemon/libdaemon.la base/libbase.la $(MHD_LIBS) $(JANSSON_LIBS) $(SECCOMP_LIBS) -lpthread

noinst_LTLIBRARIES += daemon/libfront.la
daemon_libfront_la_CPPFLAGS = $(FRONT_CPPFLAGS)
daemon_libfront_la_SOURCES = \
	daemon/front.c \
	daemon/front_call.c daemon/front_call.h \
	daemon/front_error.c daemon/front_error.h \
	daemon/front_exchange.c daemon/front_exchange.h \
	daemon/front_http.c daemon/front_http.h \
	daemon/front_json.c daemon/front_json.h \
	daemon/front_local.c daemon/front_local.h \
	daemon/front_metrics.c daemon/front_metrics.h \
	daemon/front_peer.c daemon/front_peer.h \
	daemon/front_route.c daemon/front_route.h \
	daemon/front_sandbox.c daemon/front_sandbox.h

if HAVE_CMOCKA
check_PROGRAMS += tests/unit/daemon_front_json_test tests/unit/daemon_front_exchange_test
TESTS += tests/unit/daemon_front_json_test tests/unit/daemon_front_exchange_test

tests_unit_daemon_front_json_test_SOURCES = tests/unit/daemon_front_json_test.c
tests_unit_daemon_front_json_test_CPPFLAGS = $(FRONT_CPPFLAGS)
tests_unit_daemon_front_json_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_daemon_front_json_test_LDADD = $(FRONT_LIBS) $(CMOCKA_LIBS)

tests_unit_daemon_front_exchange_test_SOURCES = tests/unit/daemon_front_exchange_test.c
tests_unit_daemon_front_exchange_test_CPPFLAGS = $(FRONT_CPPFLAGS)
tests_unit_daemon_front_exchange_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_daemon_front_exchange_test_LDADD = $(FRONT_LIBS) $(CMOCKA_LIBS)
endif

# With curl, openssl and oathtool.
check_PROGRAMS += tests/integration/http_load
tests_integration_http_load_SOURCES = tests/integration/http_load.c
tests_integration_http_load_CPPFLAGS = $(AM_CPPFLAGS) $(CURL_CFLAGS)
tests_integration_http_load_LDADD = $(CURL_LIBS)
INTEGRATION_TESTS += tests/integration/daemon_http.sh
EXTRA_DIST += tests/lib/daemon.sh tests/integration/daemon_http.sh
