# SPDX-License-Identifier: BSD-2-Clause
# What needs a kernel of its own, in a guest: USB, and a systemd that is the first process.

check_PROGRAMS += tests/guest/lengths
tests_guest_lengths_SOURCES = tests/guest/lengths.c tests/lib/longest.c tests/lib/longest.h
tests_guest_lengths_CFLAGS = $(AM_CFLAGS) $(PCSC_CFLAGS)
tests_guest_lengths_LDADD = cardclient/libcardclient.la $(PCSC_LIBS)

check_PROGRAMS += tests/guest/keys
tests_guest_keys_SOURCES = tests/guest/keys.c tests/lib/keypad.c tests/lib/keypad.h

check_PROGRAMS += tests/bench/bench_usb
tests_bench_bench_usb_SOURCES = tests/bench/bench_usb.c
tests_bench_bench_usb_CFLAGS = $(AM_CFLAGS) $(PCSC_CFLAGS) $(USB_CFLAGS)
tests_bench_bench_usb_LDADD = $(PCSC_LIBS) $(USB_LIBS)

check_PROGRAMS += tests/guest/readers_watch
tests_guest_readers_watch_SOURCES = tests/guest/readers_watch.c
tests_guest_readers_watch_LDADD = cardclient/libcardclient.la

check_PROGRAMS += tests/guest/pins
tests_guest_pins_SOURCES = tests/guest/pins.c
tests_guest_pins_LDADD = cardclient/libcardclient.la

check_PROGRAMS += tests/guest/upset
tests_guest_upset_SOURCES = tests/guest/upset.c tests/lib/ccid_line.c tests/lib/ccid_line.h
tests_guest_upset_LDADD = base/libbase.la

guest_tests = tests/guest/virtual_usb.sh tests/guest/gadget.sh tests/guest/transport.sh tests/guest/daemon.sh
INTEGRATION_TESTS += $(guest_tests)
CLEANFILES += $(guest_tests:.sh=.seconds)
EXTRA_DIST += $(guest_tests) tests/guest/guest.sh tests/guest/init.sh tests/guest/inside.sh tests/guest/keyboard_inside.sh \
	tests/guest/virtual_usb_inside.sh tests/guest/gadget_inside.sh tests/guest/systemd_inside.sh \
	tests/guest/transport_inside.sh tests/guest/daemon_inside.sh

# A USB token that is pulled: here over USB/IP, in the guest out of the kernel.
check_PROGRAMS += tests/integration/usb_pull
tests_integration_usb_pull_SOURCES = tests/integration/usb_pull.c tests/integration/usb_pull.h \
	tests/integration/usb_pull_model.c tests/integration/usb_pull_more.c tests/integration/usb_pull_issue.c tests/lib/ccid_line.c tests/lib/ccid_line.h \
	tests/lib/keypad.c tests/lib/keypad.h \
	tests/lib/process_child.c tests/lib/process_child.h tests/lib/usb_card.c tests/lib/usb_card.h
tests_integration_usb_pull_CFLAGS = $(AM_CFLAGS) $(CRYPTO_CFLAGS)
tests_integration_usb_pull_LDADD = base/libbase.la $(CRYPTO_LIBS)
EXTRA_DIST += tests/integration/usb_pull.sh
INTEGRATION_TESTS += tests/integration/usb_pull.sh

# What takes long, and is long, over USB.
check_PROGRAMS += tests/integration/usb_long
tests_integration_usb_long_SOURCES = tests/integration/usb_long.c tests/lib/ccid_line.c tests/lib/ccid_line.h \
	tests/lib/longest.c tests/lib/longest.h tests/lib/usb_card.c tests/lib/usb_card.h
tests_integration_usb_long_CFLAGS = $(AM_CFLAGS) $(CRYPTO_CFLAGS)
tests_integration_usb_long_LDADD = base/libbase.la $(CRYPTO_LIBS)
EXTRA_DIST += tests/integration/usb_long.sh
INTEGRATION_TESTS += tests/integration/usb_long.sh

# Hosts that say nothing.
EXTRA_DIST += tests/integration/usb_silent.sh
INTEGRATION_TESTS += tests/integration/usb_silent.sh
# The script that sets a device port up, without one; who may use pcscd.
EXTRA_DIST += tests/integration/gadget_script.sh tests/integration/polkit.sh
INTEGRATION_TESTS += tests/integration/gadget_script.sh tests/integration/polkit.sh
