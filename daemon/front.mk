# SPDX-License-Identifier: BSD-2-Clause
# daemon/front*: the process that speaks with the network.

FRONT_CPPFLAGS = $(AM_CPPFLAGS) $(MHD_CFLAGS) $(GNUTLS_CFLAGS) $(JANSSON_CFLAGS) $(SECCOMP_CFLAGS)
FRONT_LIBS = daemon/libfront.la daemon/libdaemon.la base/libbase.la $(MHD_LIBS) $(GNUTLS_LIBS) $(JANSSON_LIBS) $(SECCOMP_LIBS) -lpthread

noinst_LTLIBRARIES += daemon/libfront.la
daemon_libfront_la_CPPFLAGS = $(FRONT_CPPFLAGS)
daemon_libfront_la_SOURCES = \
	daemon/front.c \
	daemon/front_answer.c daemon/front_answer.h \
	daemon/front_call.c daemon/front_call.h \
	daemon/front_error.c daemon/front_error.h \
	daemon/front_exchange.c daemon/front_exchange.h \
	daemon/front_form.c daemon/front_form.h \
	daemon/front_http.c daemon/front_http.h \
	daemon/front_json.c daemon/front_json.h \
	daemon/front_local.c daemon/front_local.h \
	daemon/front_loop.c daemon/front_loop.h \
	daemon/front_metrics.c daemon/front_metrics.h \
	daemon/front_openapi.c daemon/front_openapi.h \
	daemon/front_peer.c daemon/front_peer.h \
	daemon/front_rows.c daemon/front_rows.h \
	daemon/front_open.c daemon/front_open.h \
	daemon/front_schema.c daemon/front_schema.h \
	daemon/front_style.c daemon/front_style.h \
	daemon/front_match.c \
	daemon/front_route.c daemon/front_route.h \
	daemon/front_tls.c daemon/front_tls.h \
	daemon/front_wire.c daemon/front_wire.h \
	daemon/front_settings.c daemon/front_settings.h \
	daemon/front_sandbox.c daemon/front_sandbox.h

if HAVE_CMOCKA
front_tests = \
	tests/unit/daemon_front_exchange_test \
	tests/unit/daemon_front_json_test \
	tests/unit/daemon_front_local_test \
	tests/unit/daemon_front_loop_test \
	tests/unit/daemon_front_sandbox_test \
	tests/unit/daemon_front_style_test \
	tests/unit/daemon_front_tls_test \
	tests/unit/daemon_front_wire_test
check_PROGRAMS += $(front_tests)
TESTS += $(front_tests)

tests_unit_daemon_front_loop_test_SOURCES = tests/unit/daemon_front_loop_test.c
tests_unit_daemon_front_loop_test_CPPFLAGS = $(FRONT_CPPFLAGS)
tests_unit_daemon_front_loop_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_daemon_front_loop_test_LDADD = $(FRONT_LIBS) $(CMOCKA_LIBS)

tests_unit_daemon_front_wire_test_SOURCES = tests/unit/daemon_front_wire_test.c
tests_unit_daemon_front_wire_test_CPPFLAGS = $(FRONT_CPPFLAGS)
tests_unit_daemon_front_wire_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_daemon_front_wire_test_LDADD = $(FRONT_LIBS) $(CMOCKA_LIBS)

tests_unit_daemon_front_style_test_SOURCES = tests/unit/daemon_front_style_test.c
tests_unit_daemon_front_style_test_CPPFLAGS = $(FRONT_CPPFLAGS)
tests_unit_daemon_front_style_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_daemon_front_style_test_LDADD = $(FRONT_LIBS) $(CMOCKA_LIBS)

tests_unit_daemon_front_tls_test_SOURCES = tests/unit/daemon_front_tls_test.c tests/unit/pki.c tests/unit/pki.h
tests_unit_daemon_front_tls_test_CPPFLAGS = $(FRONT_CPPFLAGS) $(CRYPTO_CFLAGS)
tests_unit_daemon_front_tls_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_daemon_front_tls_test_LDADD = $(FRONT_LIBS) $(CRYPTO_LIBS) $(CMOCKA_LIBS)

tests_unit_daemon_front_local_test_SOURCES = tests/unit/daemon_front_local_test.c
tests_unit_daemon_front_local_test_CPPFLAGS = $(FRONT_CPPFLAGS)
tests_unit_daemon_front_local_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_daemon_front_local_test_LDADD = $(FRONT_LIBS) $(CMOCKA_LIBS)

tests_unit_daemon_front_sandbox_test_SOURCES = tests/unit/daemon_front_sandbox_test.c
tests_unit_daemon_front_sandbox_test_CPPFLAGS = $(FRONT_CPPFLAGS)
tests_unit_daemon_front_sandbox_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_daemon_front_sandbox_test_LDADD = $(FRONT_LIBS) $(CMOCKA_LIBS)

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
INTEGRATION_TESTS += tests/integration/refusals.sh tests/integration/daemon_http.sh tests/integration/daemon_http_postgresql.sh tests/integration/daemon_front.sh \
	tests/integration/daemon_certificates.sh \
	tests/integration/daemon_certificates_postgresql.sh
EXTRA_DIST += tests/integration/daemon_certificates.sh tests/integration/daemon_certificates_postgresql.sh

# With other people's servers in front, and the configuration that we ship for them.
door_tests = tests/integration/freeradius.sh tests/integration/nginx.sh tests/integration/openapi.sh \
	tests/integration/privacyidea.sh tests/integration/freeradius_postgresql.sh tests/integration/nginx_postgresql.sh \
	tests/integration/openapi_postgresql.sh tests/integration/privacyidea_postgresql.sh
INTEGRATION_TESTS += $(door_tests)
EXTRA_DIST += $(door_tests) tests/lib/openapi.py tests/lib/radius.py
freeradiusexampledir = $(exampledir)/freeradius
dist_freeradiusexample_DATA = \
	docs/examples/freeradius/clients-countersign \
	docs/examples/freeradius/mods-countersign \
	docs/examples/freeradius/mods-eap \
	docs/examples/freeradius/policy-countersign \
	docs/examples/freeradius/site-countersign
nginxexampledir = $(exampledir)/nginx
dist_nginxexample_DATA = docs/examples/nginx/countersign.conf
EXTRA_DIST += tests/lib/daemon.sh tests/integration/refusals.sh tests/integration/daemon_http.sh tests/integration/daemon_http_postgresql.sh \
	tests/integration/daemon_front.sh
