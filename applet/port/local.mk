# SPDX-License-Identifier: BSD-2-Clause
# applet/port/: what the card core stands on when its host is a computer, one file a line; and its tests.

noinst_LTLIBRARIES += applet/port/libport.la
applet_port_libport_la_CFLAGS = $(AM_CFLAGS) $(CRYPTO_CFLAGS)
applet_port_libport_la_LIBADD = $(CRYPTO_LIBS)
applet_port_libport_la_SOURCES = \
	applet/port/counter_file.c \
	applet/port/counter_file.h \
	applet/port/crypto_openssl.c \
	applet/port/crypto_openssl.h \
	applet/port/crypto_openssl_25519.c \
	applet/port/crypto_openssl_cache.c \
	applet/port/crypto_openssl_ec.c \
	applet/port/crypto_openssl_key.c \
	applet/port/crypto_openssl_ml.c \
	applet/port/crypto_openssl_params.c \
	applet/port/crypto_openssl_private.h \
	applet/port/crypto_openssl_rsa.c \
	applet/port/crypto_openssl_secret.c \
	applet/port/crypto_openssl_sm2.c \
	applet/port/disk.c \
	applet/port/disk.h \
	applet/port/flash_file.c \
	applet/port/flash_file.h \
	applet/port/flash_ram.c \
	applet/port/flash_ram.h

if HAVE_CMOCKA
check_PROGRAMS += tests/unit/applet_crypto_test
TESTS += tests/unit/applet_crypto_test
tests_unit_applet_crypto_test_SOURCES = tests/unit/applet_crypto_test.c tests/unit/crypto_fixture.h
tests_unit_applet_crypto_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS) $(CRYPTO_CFLAGS)
tests_unit_applet_crypto_test_LDADD = applet/port/libport.la base/libbase.la $(CMOCKA_LIBS) $(CRYPTO_LIBS)

check_PROGRAMS += tests/unit/applet_crypto_ec_test
TESTS += tests/unit/applet_crypto_ec_test
tests_unit_applet_crypto_ec_test_SOURCES = tests/unit/applet_crypto_ec_test.c tests/unit/crypto_fixture.h
tests_unit_applet_crypto_ec_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS) $(CRYPTO_CFLAGS)
tests_unit_applet_crypto_ec_test_LDADD = applet/port/libport.la base/libbase.la $(CMOCKA_LIBS) $(CRYPTO_LIBS)

check_PROGRAMS += tests/unit/applet_crypto_vector_test
TESTS += tests/unit/applet_crypto_vector_test
tests_unit_applet_crypto_vector_test_SOURCES = tests/unit/applet_crypto_vector_test.c tests/unit/crypto_fixture.h
tests_unit_applet_crypto_vector_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS) $(CRYPTO_CFLAGS)
tests_unit_applet_crypto_vector_test_LDADD = applet/port/libport.la base/libbase.la $(CMOCKA_LIBS) $(CRYPTO_LIBS)

check_PROGRAMS += tests/unit/applet_crypto_rsa_test
TESTS += tests/unit/applet_crypto_rsa_test
tests_unit_applet_crypto_rsa_test_SOURCES = tests/unit/applet_crypto_rsa_test.c tests/unit/crypto_fixture.h
tests_unit_applet_crypto_rsa_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS) $(CRYPTO_CFLAGS)
tests_unit_applet_crypto_rsa_test_LDADD = applet/port/libport.la base/libbase.la $(CMOCKA_LIBS) $(CRYPTO_LIBS)
endif

include applet/port/mcu.mk
include applet/port/process.mk
include applet/port/usb.mk
