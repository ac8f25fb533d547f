# SPDX-License-Identifier: BSD-2-Clause
# The OATH application, a part of the card core; and its tests.

applet_libapplet_la_SOURCES += \
	applet/oath_access.c \
	applet/oath_app.c applet/oath_app.h \
	applet/oath_calculate.c \
	applet/oath_check.c \
	applet/oath_credential.c applet/oath_credential.h \
	applet/oath_generate.c \
	applet/oath_guard.c applet/oath_guard.h \
	applet/oath_manage.c \
	applet/oath_ocra.c \
	applet/oath_put.c

if HAVE_CMOCKA
oath_tests = \
	tests/unit/applet_oath_access_test \
	tests/unit/applet_oath_check_test \
	tests/unit/applet_oath_ocra_test \
	tests/unit/applet_oath_pin_test \
	tests/unit/applet_oath_power_test \
	tests/unit/applet_oath_room_test \
	tests/unit/applet_oath_test
check_PROGRAMS += $(oath_tests)
TESTS += $(oath_tests)

oath_test_fixture = tests/unit/oath_fixture.c tests/unit/oath_fixture.h $(applet_test_fixture)

tests_unit_applet_oath_access_test_SOURCES = tests/unit/applet_oath_access_test.c $(oath_test_fixture)
tests_unit_applet_oath_access_test_CPPFLAGS = $(AM_CPPFLAGS)
tests_unit_applet_oath_access_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS) $(CRYPTO_CFLAGS)
tests_unit_applet_oath_access_test_LDADD = $(applet_test_libs)

tests_unit_applet_oath_power_test_SOURCES = tests/unit/applet_oath_power_test.c $(oath_test_fixture)
tests_unit_applet_oath_power_test_CPPFLAGS = $(AM_CPPFLAGS)
tests_unit_applet_oath_power_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS) $(CRYPTO_CFLAGS)
tests_unit_applet_oath_power_test_LDADD = $(applet_test_libs)

tests_unit_applet_oath_test_SOURCES = tests/unit/applet_oath_test.c $(oath_test_fixture)
tests_unit_applet_oath_test_CPPFLAGS = $(AM_CPPFLAGS)
tests_unit_applet_oath_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS) $(CRYPTO_CFLAGS)
tests_unit_applet_oath_test_LDADD = $(applet_test_libs)

tests_unit_applet_oath_check_test_SOURCES = tests/unit/applet_oath_check_test.c tests/unit/ocra_vectors.h $(oath_test_fixture)
tests_unit_applet_oath_check_test_CPPFLAGS = $(AM_CPPFLAGS)
tests_unit_applet_oath_check_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS) $(CRYPTO_CFLAGS)
tests_unit_applet_oath_check_test_LDADD = $(applet_test_libs)

tests_unit_applet_oath_ocra_test_SOURCES = tests/unit/applet_oath_ocra_test.c tests/unit/ocra_vectors.h $(oath_test_fixture)
tests_unit_applet_oath_ocra_test_CPPFLAGS = $(AM_CPPFLAGS)
tests_unit_applet_oath_ocra_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS) $(CRYPTO_CFLAGS)
tests_unit_applet_oath_ocra_test_LDADD = $(applet_test_libs)

tests_unit_applet_oath_pin_test_SOURCES = tests/unit/applet_oath_pin_test.c $(oath_test_fixture)
tests_unit_applet_oath_pin_test_CPPFLAGS = $(AM_CPPFLAGS)
tests_unit_applet_oath_pin_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS) $(CRYPTO_CFLAGS)
tests_unit_applet_oath_pin_test_LDADD = $(applet_test_libs)

check_PROGRAMS += tests/unit/applet_invariant_test
TESTS += tests/unit/applet_invariant_test
tests_unit_applet_invariant_test_SOURCES = tests/unit/applet_invariant_test.c $(oath_test_fixture)
tests_unit_applet_invariant_test_CPPFLAGS = $(AM_CPPFLAGS)
tests_unit_applet_invariant_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS) $(CRYPTO_CFLAGS)
tests_unit_applet_invariant_test_LDADD = $(applet_test_libs)

tests_unit_applet_oath_room_test_SOURCES = tests/unit/applet_oath_room_test.c $(oath_test_fixture)
tests_unit_applet_oath_room_test_CPPFLAGS = $(AM_CPPFLAGS)
tests_unit_applet_oath_room_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS) $(CRYPTO_CFLAGS)
tests_unit_applet_oath_room_test_LDADD = $(applet_test_libs)
endif
