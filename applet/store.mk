# SPDX-License-Identifier: BSD-2-Clause
# The record store: sealed records over flash-like pages. Freestanding.

noinst_LTLIBRARIES += applet/libstore.la
applet_libstore_la_SOURCES = \
	applet/crypto.h \
	applet/platform.h \
	applet/store.c \
	applet/store.h \
	applet/store_counter.c \
	applet/store_entry.c \
	applet/store_index.c \
	applet/store_internal.h \
	applet/store_log.c \
	applet/store_page.c \
	applet/store_private.h \
	applet/store_recover.c \
	applet/store_space.c

if HAVE_CMOCKA
check_PROGRAMS += tests/unit/applet_store_test
TESTS += tests/unit/applet_store_test
tests_unit_applet_store_test_SOURCES = \
	tests/unit/applet_store_test.c \
	tests/unit/store_fixture.h \
	tests/unit/store_single.h
tests_unit_applet_store_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_applet_store_test_LDADD = applet/libstore.la applet/port/libport.la base/libbase.la $(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/applet_store_cut_test
TESTS += tests/unit/applet_store_cut_test
tests_unit_applet_store_cut_test_SOURCES = \
	tests/unit/applet_store_cut_test.c \
	tests/unit/random.h \
	tests/unit/store_fixture.h
tests_unit_applet_store_cut_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_applet_store_cut_test_LDADD = applet/libstore.la applet/port/libport.la base/libbase.la $(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/applet_store_model_test
TESTS += tests/unit/applet_store_model_test
tests_unit_applet_store_model_test_SOURCES = \
	tests/unit/applet_store_model_test.c \
	tests/unit/random.h \
	tests/unit/store_fixture.h
tests_unit_applet_store_model_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_applet_store_model_test_LDADD = applet/libstore.la applet/port/libport.la base/libbase.la $(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/applet_store_space_test
TESTS += tests/unit/applet_store_space_test
tests_unit_applet_store_space_test_SOURCES = \
	tests/unit/applet_store_space_test.c \
	tests/unit/store_fixture.h \
	tests/unit/store_single.h
tests_unit_applet_store_space_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_applet_store_space_test_LDADD = applet/libstore.la applet/port/libport.la base/libbase.la $(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/applet_store_damage_test
TESTS += tests/unit/applet_store_damage_test
tests_unit_applet_store_damage_test_SOURCES = \
	tests/unit/applet_store_damage_test.c \
	tests/unit/store_fixture.h \
	tests/unit/store_single.h
tests_unit_applet_store_damage_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_applet_store_damage_test_LDADD = applet/libstore.la applet/port/libport.la base/libbase.la $(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/applet_store_forged_test
TESTS += tests/unit/applet_store_forged_test
tests_unit_applet_store_forged_test_SOURCES = \
	tests/unit/applet_store_forged_test.c \
	tests/unit/store_fixture.h \
	tests/unit/store_single.h
tests_unit_applet_store_forged_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_applet_store_forged_test_LDADD = applet/libstore.la applet/port/libport.la base/libbase.la $(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/applet_store_fault_test
TESTS += tests/unit/applet_store_fault_test
tests_unit_applet_store_fault_test_SOURCES = \
	tests/unit/applet_store_fault_test.c \
	tests/unit/store_fixture.h
tests_unit_applet_store_fault_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_applet_store_fault_test_LDADD = applet/libstore.la applet/port/libport.la base/libbase.la $(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/applet_flash_ram_test
TESTS += tests/unit/applet_flash_ram_test
tests_unit_applet_flash_ram_test_SOURCES = tests/unit/applet_flash_ram_test.c tests/unit/store_fixture.h
tests_unit_applet_flash_ram_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_applet_flash_ram_test_LDADD = applet/libstore.la applet/port/libport.la base/libbase.la $(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/applet_store_rollback_test
TESTS += tests/unit/applet_store_rollback_test
tests_unit_applet_store_rollback_test_SOURCES = tests/unit/applet_store_rollback_test.c tests/unit/store_fixture.h
tests_unit_applet_store_rollback_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_applet_store_rollback_test_LDADD = applet/libstore.la applet/port/libport.la base/libbase.la $(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/applet_flash_file_test
TESTS += tests/unit/applet_flash_file_test
tests_unit_applet_flash_file_test_SOURCES = \
	tests/unit/applet_flash_file_test.c \
	tests/unit/random.h \
	tests/unit/store_fixture.h
tests_unit_applet_flash_file_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_applet_flash_file_test_LDADD = applet/libstore.la applet/port/libport.la base/libbase.la $(CMOCKA_LIBS)
endif
