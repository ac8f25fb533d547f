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
usb_tests = \
	tests/unit/applet_ccid_serial_test \
	tests/unit/applet_ccid_test \
	tests/unit/applet_gadget_test \
	tests/unit/applet_hid_keyboard_test \
	tests/unit/applet_keyboard_test \
	tests/unit/applet_usb_bridge_test \
	tests/unit/applet_usb_filter_test \
	tests/unit/applet_usb_port_test \
	tests/unit/applet_usb_sandbox_test \
	tests/unit/applet_usb_test \
	tests/unit/applet_usb_wait_test
check_PROGRAMS += $(usb_tests)
TESTS += $(usb_tests)
usb_test_cflags = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
usb_core_test_libs = applet/port/libusbdevice.la base/libbase.la $(CMOCKA_LIBS)
usb_test_libs = applet/port/libprocess.la applet/port/libusbdevice.la $(applet_test_libs)
usb_peer = tests/unit/usb_peer.c tests/unit/usb_peer.h
tests_unit_applet_hid_keyboard_test_SOURCES = tests/unit/applet_hid_keyboard_test.c
tests_unit_applet_hid_keyboard_test_CFLAGS = $(usb_test_cflags)
tests_unit_applet_hid_keyboard_test_LDADD = $(usb_core_test_libs)

tests_unit_applet_keyboard_test_SOURCES = tests/unit/applet_keyboard_test.c $(oath_test_fixture)
tests_unit_applet_keyboard_test_CFLAGS = $(usb_test_cflags) $(CRYPTO_CFLAGS)
tests_unit_applet_keyboard_test_LDADD = $(usb_test_libs)
tests_unit_applet_keyboard_test_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=adjtimex

tests_unit_applet_ccid_serial_test_SOURCES = tests/unit/applet_ccid_serial_test.c
tests_unit_applet_ccid_serial_test_CFLAGS = $(usb_test_cflags)
tests_unit_applet_ccid_serial_test_LDADD = $(usb_core_test_libs)

tests_unit_applet_ccid_test_SOURCES = tests/unit/applet_ccid_test.c
tests_unit_applet_ccid_test_CFLAGS = $(usb_test_cflags)
tests_unit_applet_ccid_test_LDADD = $(usb_core_test_libs)

tests_unit_applet_gadget_test_SOURCES = tests/unit/applet_gadget_test.c
tests_unit_applet_gadget_test_CFLAGS = $(usb_test_cflags)
tests_unit_applet_gadget_test_LDADD = $(usb_test_libs)

tests_unit_applet_usb_sandbox_test_SOURCES = tests/unit/applet_usb_sandbox_test.c
tests_unit_applet_usb_sandbox_test_CFLAGS = $(usb_test_cflags) $(SECCOMP_CFLAGS)
tests_unit_applet_usb_sandbox_test_LDADD = applet/port/libprocess.la $(SECCOMP_LIBS) $(CMOCKA_LIBS)

tests_unit_applet_usb_bridge_test_SOURCES = tests/unit/applet_usb_bridge_test.c
tests_unit_applet_usb_bridge_test_CFLAGS = $(usb_test_cflags)
tests_unit_applet_usb_bridge_test_LDADD = $(usb_test_libs)

tests_unit_applet_usb_filter_test_SOURCES = tests/unit/applet_usb_filter_test.c
tests_unit_applet_usb_filter_test_CFLAGS = $(usb_test_cflags) $(SECCOMP_CFLAGS)
tests_unit_applet_usb_filter_test_LDADD = applet/port/libprocess.la $(SECCOMP_LIBS) $(CMOCKA_LIBS)

tests_unit_applet_usb_test_SOURCES = tests/unit/applet_usb_test.c $(usb_peer)
tests_unit_applet_usb_test_CFLAGS = $(usb_test_cflags)
tests_unit_applet_usb_test_LDADD = $(usb_test_libs)

tests_unit_applet_usb_wait_test_SOURCES = tests/unit/applet_usb_wait_test.c $(usb_peer)
tests_unit_applet_usb_wait_test_CFLAGS = $(usb_test_cflags)
tests_unit_applet_usb_wait_test_LDADD = $(usb_test_libs)

tests_unit_applet_usb_port_test_SOURCES = tests/unit/applet_usb_port_test.c
tests_unit_applet_usb_port_test_CFLAGS = $(usb_test_cflags)
tests_unit_applet_usb_port_test_LDADD = $(usb_test_libs)
endif
