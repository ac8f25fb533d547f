# SPDX-License-Identifier: BSD-2-Clause
# The OATH application, a part of the card core; and its tests.

applet_libapplet_la_SOURCES += \
	applet/oath_access.c \
	applet/oath_app.c applet/oath_app.h \
	applet/oath_calculate.c \
	applet/oath_credential.c applet/oath_credential.h \
	applet/oath_manage.c

if HAVE_CMOCKA
check_PROGRAMS += tests/unit/applet_oath_test
TESTS += tests/unit/applet_oath_test
tests_unit_applet_oath_test_SOURCES = tests/unit/applet_oath_test.c
tests_unit_applet_oath_test_CPPFLAGS = $(AM_CPPFLAGS)
tests_unit_applet_oath_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_applet_oath_test_LDADD = applet/libapplet.la applet/port/libport.la base/libbase.la $(CMOCKA_LIBS)
endif
