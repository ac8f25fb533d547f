# SPDX-License-Identifier: BSD-2-Clause
# The card as a USB device: what needs no operating system.

noinst_LTLIBRARIES += applet/port/libusbdevice.la
applet_port_libusbdevice_la_SOURCES = \
	applet/port/ccid.c applet/port/ccid.h \
	applet/port/ccid_input.c applet/port/ccid_input.h

if HAVE_CMOCKA
check_PROGRAMS += tests/unit/applet_ccid_test
TESTS += tests/unit/applet_ccid_test
tests_unit_applet_ccid_test_SOURCES = tests/unit/applet_ccid_test.c
tests_unit_applet_ccid_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_applet_ccid_test_LDADD = applet/port/libusbdevice.la base/libbase.la $(CMOCKA_LIBS)
endif
