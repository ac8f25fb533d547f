# SPDX-License-Identifier: BSD-2-Clause
# The Countersign application and what it alone is made of, parts of the card core; and its tests.

applet_libapplet_la_SOURCES += \
	applet/attribute.c applet/attribute.h \
	applet/content.c applet/content.h \
	applet/csgn.c applet/csgn.h \
	applet/csgn_info.c \
	applet/csgn_inventory.c \
	applet/csgn_issue.c \
	applet/gcm.c applet/gcm.h \
	applet/lifecycle.c applet/lifecycle.h \
	applet/profile.c applet/profile.h \
	applet/secret_key.c applet/secret_key.h \
	applet/secret_use.c

if HAVE_CMOCKA
csgn_tests = \
	tests/unit/applet_gcm_test \
	tests/unit/applet_secret_key_test \
	tests/unit/applet_attribute_test \
	tests/unit/applet_inventory_test \
	tests/unit/applet_lifecycle_test \
	tests/unit/applet_profile_test
check_PROGRAMS += $(csgn_tests)
TESTS += $(csgn_tests)

tests_unit_applet_lifecycle_test_SOURCES = tests/unit/applet_lifecycle_test.c $(applet_test_fixture)
tests_unit_applet_lifecycle_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS) $(CRYPTO_CFLAGS)
tests_unit_applet_lifecycle_test_LDADD = $(applet_test_libs)

tests_unit_applet_profile_test_SOURCES = tests/unit/applet_profile_test.c $(applet_test_fixture)
tests_unit_applet_profile_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS) $(CRYPTO_CFLAGS)
tests_unit_applet_profile_test_LDADD = $(applet_test_libs)

tests_unit_applet_gcm_test_SOURCES = tests/unit/applet_gcm_test.c $(applet_test_fixture)
tests_unit_applet_gcm_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS) $(CRYPTO_CFLAGS)
tests_unit_applet_gcm_test_LDADD = $(applet_test_libs)

tests_unit_applet_secret_key_test_SOURCES = tests/unit/applet_secret_key_test.c $(applet_test_fixture)
tests_unit_applet_secret_key_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS) $(CRYPTO_CFLAGS)
tests_unit_applet_secret_key_test_LDADD = $(applet_test_libs)

tests_unit_applet_attribute_test_SOURCES = tests/unit/applet_attribute_test.c $(applet_test_fixture)
tests_unit_applet_attribute_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS) $(CRYPTO_CFLAGS)
tests_unit_applet_attribute_test_LDADD = $(applet_test_libs)

tests_unit_applet_inventory_test_SOURCES = tests/unit/applet_inventory_test.c $(applet_test_fixture)
tests_unit_applet_inventory_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS) $(CRYPTO_CFLAGS)
tests_unit_applet_inventory_test_LDADD = $(applet_test_libs)
endif
