# SPDX-License-Identifier: BSD-2-Clause
# What needs a kernel of its own, in a guest: USB.

check_PROGRAMS += tests/guest/lengths
tests_guest_lengths_SOURCES = tests/guest/lengths.c
tests_guest_lengths_CFLAGS = $(AM_CFLAGS) $(PCSC_CFLAGS)
tests_guest_lengths_LDADD = $(PCSC_LIBS)

check_PROGRAMS += tests/guest/keys
tests_guest_keys_SOURCES = tests/guest/keys.c

check_PROGRAMS += tests/bench/bench_usb
tests_bench_bench_usb_SOURCES = tests/bench/bench_usb.c
tests_bench_bench_usb_CFLAGS = $(AM_CFLAGS) $(PCSC_CFLAGS) $(USB_CFLAGS)
tests_bench_bench_usb_LDADD = $(PCSC_LIBS) $(USB_LIBS)

guest_tests = tests/guest/virtual_usb.sh tests/guest/gadget.sh
INTEGRATION_TESTS += $(guest_tests)
EXTRA_DIST += $(guest_tests) tests/guest/guest.sh tests/guest/init.sh tests/guest/inside.sh tests/guest/keyboard_inside.sh \
	tests/guest/virtual_usb_inside.sh tests/guest/gadget_inside.sh
