# SPDX-License-Identifier: BSD-2-Clause
# The card as a USB device: what a host sees, and how its bytes come.

noinst_LTLIBRARIES += applet/port/libusbdevice.la
applet_port_libusbdevice_la_SOURCES = \
	applet/port/ccid.c applet/port/ccid.h \
	applet/port/ccid_input.c applet/port/ccid_input.h \
	applet/port/gadget.c applet/port/gadget.h \
	applet/port/ccid_serial.c applet/port/ccid_serial.h \
	applet/port/hid_keyboard.c applet/port/hid_keyboard.h \
	applet/port/usb_bridge.c applet/port/usb_bridge.h \
	applet/port/usb_descriptor.c applet/port/usb_descriptor.h \
	applet/port/usb_device.c applet/port/usb_device.h \
	applet/port/usbip.c applet/port/usbip.h

if HAVE_CMOCKA
check_PROGRAMS += tests/unit/applet_hid_keyboard_test
TESTS += tests/unit/applet_hid_keyboard_test
tests_unit_applet_hid_keyboard_test_SOURCES = tests/unit/applet_hid_keyboard_test.c
tests_unit_applet_hid_keyboard_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_applet_hid_keyboard_test_LDADD = applet/port/libusbdevice.la base/libbase.la $(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/applet_keyboard_test
TESTS += tests/unit/applet_keyboard_test
tests_unit_applet_keyboard_test_SOURCES = tests/unit/applet_keyboard_test.c $(oath_test_fixture)
tests_unit_applet_keyboard_test_CPPFLAGS = $(AM_CPPFLAGS)
tests_unit_applet_keyboard_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS) $(CRYPTO_CFLAGS)
tests_unit_applet_keyboard_test_LDADD = applet/port/libprocess.la applet/port/libusbdevice.la $(applet_test_libs)

check_PROGRAMS += tests/unit/applet_ccid_serial_test
TESTS += tests/unit/applet_ccid_serial_test
tests_unit_applet_ccid_serial_test_SOURCES = tests/unit/applet_ccid_serial_test.c
tests_unit_applet_ccid_serial_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_applet_ccid_serial_test_LDADD = applet/port/libusbdevice.la base/libbase.la $(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/applet_ccid_test
TESTS += tests/unit/applet_ccid_test
tests_unit_applet_ccid_test_SOURCES = tests/unit/applet_ccid_test.c
tests_unit_applet_ccid_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_applet_ccid_test_LDADD = applet/port/libusbdevice.la base/libbase.la $(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/applet_gadget_test
TESTS += tests/unit/applet_gadget_test
tests_unit_applet_gadget_test_SOURCES = tests/unit/applet_gadget_test.c
tests_unit_applet_gadget_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_applet_gadget_test_LDADD = applet/port/libprocess.la applet/port/libusbdevice.la $(applet_test_libs)

check_PROGRAMS += tests/unit/applet_usb_sandbox_test
TESTS += tests/unit/applet_usb_sandbox_test
tests_unit_applet_usb_sandbox_test_SOURCES = tests/unit/applet_usb_sandbox_test.c
tests_unit_applet_usb_sandbox_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS) $(SECCOMP_CFLAGS)
tests_unit_applet_usb_sandbox_test_LDADD = applet/port/libprocess.la $(SECCOMP_LIBS) $(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/applet_usb_bridge_test
TESTS += tests/unit/applet_usb_bridge_test
tests_unit_applet_usb_bridge_test_SOURCES = tests/unit/applet_usb_bridge_test.c
tests_unit_applet_usb_bridge_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_applet_usb_bridge_test_LDADD = applet/port/libusbdevice.la applet/port/libprocess.la $(applet_test_libs)

check_PROGRAMS += tests/unit/applet_usb_filter_test
TESTS += tests/unit/applet_usb_filter_test
tests_unit_applet_usb_filter_test_SOURCES = tests/unit/applet_usb_filter_test.c
tests_unit_applet_usb_filter_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS) $(SECCOMP_CFLAGS)
tests_unit_applet_usb_filter_test_LDADD = applet/port/libprocess.la $(SECCOMP_LIBS) $(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/applet_usb_test
TESTS += tests/unit/applet_usb_test
tests_unit_applet_usb_test_SOURCES = tests/unit/applet_usb_test.c tests/unit/usb_peer.c tests/unit/usb_peer.h
tests_unit_applet_usb_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_applet_usb_test_LDADD = applet/port/libusbdevice.la applet/port/libprocess.la $(applet_test_libs)

check_PROGRAMS += tests/unit/applet_usb_wait_test
TESTS += tests/unit/applet_usb_wait_test
tests_unit_applet_usb_wait_test_SOURCES = tests/unit/applet_usb_wait_test.c tests/unit/usb_peer.c tests/unit/usb_peer.h
tests_unit_applet_usb_wait_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_applet_usb_wait_test_LDADD = applet/port/libusbdevice.la applet/port/libprocess.la $(applet_test_libs)

check_PROGRAMS += tests/unit/applet_usb_port_test
TESTS += tests/unit/applet_usb_port_test
tests_unit_applet_usb_port_test_SOURCES = tests/unit/applet_usb_port_test.c
tests_unit_applet_usb_port_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_applet_usb_port_test_LDADD = applet/port/libprocess.la applet/port/libusbdevice.la $(applet_test_libs)
endif
