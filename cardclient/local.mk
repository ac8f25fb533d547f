# SPDX-License-Identifier: BSD-2-Clause
# cardclient/: how a host program drives a card: transports, transactions, typed commands for PIV, OATH and Countersign.

noinst_LTLIBRARIES += cardclient/libcardclient.la
cardclient_libcardclient_la_SOURCES = \
	cardclient/backend.h \
	cardclient/card.c cardclient/card.h \
	cardclient/ccid_descriptor.c cardclient/ccid_descriptor.h \
	cardclient/ccid_host.c cardclient/ccid_host.h \
	cardclient/channel.c \
	cardclient/context.c \
	cardclient/csgn.c cardclient/csgn.h \
	cardclient/csgn_life.c \
	cardclient/csgn_private.h \
	cardclient/exchange.c \
	cardclient/inventory.c cardclient/inventory.h \
	cardclient/library.c cardclient/library.h \
	cardclient/oath.c cardclient/oath.h \
	cardclient/oath_code.c \
	cardclient/oath_parse.c \
	cardclient/oath_private.h \
	cardclient/oath_put.c \
	cardclient/pcsc.h \
	cardclient/pcsc_gate.c \
	cardclient/pcsc_readers.c \
	cardclient/pin.c cardclient/pin.h \
	cardclient/pinpad.c cardclient/pinpad.h \
	cardclient/piv.c cardclient/piv.h \
	cardclient/piv_algorithm.c cardclient/piv_algorithm.h \
	cardclient/piv_key.c \
	cardclient/piv_management.c \
	cardclient/piv_parse.c cardclient/piv_parse.h \
	cardclient/private.h \
	cardclient/touch.c cardclient/touch.h \
	cardclient/scp03.c cardclient/scp03.h \
	cardclient/scp03_session.c \
	cardclient/trace.c cardclient/trace.h \
	cardclient/transport.h \
	cardclient/transport_auto.c \
	cardclient/transport_pcsc.c \
	cardclient/transport_socket.c \
	cardclient/transport_usb.c \
	cardclient/usb.h \
	cardclient/usb_claim.c \
	cardclient/usb_holder.c \
	cardclient/usb_lib.c cardclient/usb_lib.h \
	cardclient/usb_link.c \
	cardclient/usb_scan.c cardclient/usb_scan.h
# libusb is loaded when it is needed (usb_lib.h), not linked.
cardclient_libcardclient_la_CPPFLAGS = $(AM_CPPFLAGS) $(PCSC_CFLAGS) $(USB_CFLAGS) $(CRYPTO_CFLAGS)
cardclient_libcardclient_la_LIBADD = base/libhost.la base/libbase.la $(PCSC_LIBS) $(CRYPTO_LIBS) -lpthread -ldl

# Lets who sits at the machine use tokens without pcscd.
udevrulesdir = @udevrulesdir@
dist_udevrules_DATA = cardclient/70-countersign.rules

# A transport over the card core in the same process, with faults on command: for tests.
transport_faulty_sources = \
	tests/lib/transport_faulty.c tests/lib/transport_faulty.h \
	tests/unit/card_fixture.h
transport_faulty_libs = tests/unit/libfixture.la applet/libapplet.la applet/port/libport.la

if HAVE_CMOCKA
cardclient_tests = \
	tests/unit/cardclient_algorithm_test \
	tests/unit/cardclient_card_test \
	tests/unit/cardclient_ccid_test \
	tests/unit/cardclient_exchange_mock_test \
	tests/unit/cardclient_inventory_test \
	tests/unit/cardclient_oath_test \
	tests/unit/cardclient_scp03_test \
	tests/unit/cardclient_seed_test \
	tests/unit/cardclient_usb_claim_test \
	tests/unit/cardclient_usb_holder_test \
	tests/unit/cardclient_usb_lib_test \
	tests/unit/cardclient_usb_link_mock_test \
	tests/unit/cardclient_usb_readers_test \
	tests/unit/cardclient_usb_scan_test \
	tests/unit/cardclient_wait_test
check_PROGRAMS += $(cardclient_tests)
TESTS += $(cardclient_tests)

tests_unit_cardclient_algorithm_test_SOURCES = tests/unit/cardclient_algorithm_test.c tests/unit/algorithm_check.c \
	tests/unit/algorithm_check.h $(transport_faulty_sources)
tests_unit_cardclient_algorithm_test_CPPFLAGS = $(AM_CPPFLAGS)
tests_unit_cardclient_algorithm_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS) $(CRYPTO_CFLAGS)
tests_unit_cardclient_algorithm_test_LDADD = cardclient/libcardclient.la $(transport_faulty_libs) $(CMOCKA_LIBS) $(CRYPTO_LIBS)

tests_unit_cardclient_card_test_SOURCES = tests/unit/cardclient_card_test.c $(transport_faulty_sources)
tests_unit_cardclient_card_test_CPPFLAGS = $(AM_CPPFLAGS)
tests_unit_cardclient_card_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS) $(CRYPTO_CFLAGS)
tests_unit_cardclient_card_test_LDADD = cardclient/libcardclient.la $(transport_faulty_libs) $(CMOCKA_LIBS) $(CRYPTO_LIBS)

tests_unit_cardclient_ccid_test_SOURCES = tests/unit/cardclient_ccid_test.c
tests_unit_cardclient_ccid_test_CPPFLAGS = $(AM_CPPFLAGS)
tests_unit_cardclient_ccid_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_cardclient_ccid_test_LDADD = cardclient/libcardclient.la applet/port/libusbdevice.la base/libbase.la $(CMOCKA_LIBS)

tests_unit_cardclient_exchange_mock_test_SOURCES = tests/unit/cardclient_exchange_mock_test.c
tests_unit_cardclient_exchange_mock_test_CPPFLAGS = $(AM_CPPFLAGS)
tests_unit_cardclient_exchange_mock_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_cardclient_exchange_mock_test_LDADD = cardclient/libcardclient.la $(CMOCKA_LIBS)

tests_unit_cardclient_inventory_test_SOURCES = tests/unit/cardclient_inventory_test.c $(transport_faulty_sources)
tests_unit_cardclient_inventory_test_CPPFLAGS = $(AM_CPPFLAGS)
tests_unit_cardclient_inventory_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS) $(CRYPTO_CFLAGS)
tests_unit_cardclient_inventory_test_LDADD = cardclient/libcardclient.la $(transport_faulty_libs) $(CMOCKA_LIBS) $(CRYPTO_LIBS)

tests_unit_cardclient_scp03_test_SOURCES = tests/unit/cardclient_scp03_test.c tests/unit/scp03_recordings.h $(transport_faulty_sources)
tests_unit_cardclient_scp03_test_CPPFLAGS = $(AM_CPPFLAGS)
tests_unit_cardclient_scp03_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS) $(CRYPTO_CFLAGS)
tests_unit_cardclient_scp03_test_LDADD = cardclient/libcardclient.la $(transport_faulty_libs) $(CMOCKA_LIBS) $(CRYPTO_LIBS)

tests_unit_cardclient_usb_lib_test_SOURCES = tests/unit/cardclient_usb_lib_test.c
tests_unit_cardclient_usb_lib_test_CPPFLAGS = $(AM_CPPFLAGS)
tests_unit_cardclient_usb_lib_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_cardclient_usb_lib_test_LDADD = cardclient/libcardclient.la base/libbase.la $(CMOCKA_LIBS)

# Each of these has its own of what lies below: the library's is not taken.
tests_unit_cardclient_usb_claim_test_SOURCES = tests/unit/cardclient_usb_claim_test.c
tests_unit_cardclient_usb_claim_test_CPPFLAGS = $(AM_CPPFLAGS)
tests_unit_cardclient_usb_claim_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_cardclient_usb_claim_test_LDADD = cardclient/libcardclient.la base/libbase.la $(CMOCKA_LIBS)
tests_unit_cardclient_usb_holder_test_SOURCES = tests/unit/cardclient_usb_holder_test.c
tests_unit_cardclient_usb_holder_test_CPPFLAGS = $(AM_CPPFLAGS)
tests_unit_cardclient_usb_holder_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_cardclient_usb_holder_test_LDADD = cardclient/libcardclient.la base/libbase.la $(CMOCKA_LIBS)
tests_unit_cardclient_usb_readers_test_SOURCES = tests/unit/cardclient_usb_readers_test.c
tests_unit_cardclient_usb_readers_test_CPPFLAGS = $(AM_CPPFLAGS)
tests_unit_cardclient_usb_readers_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_cardclient_usb_readers_test_LDADD = cardclient/libcardclient.la base/libbase.la $(CMOCKA_LIBS)
tests_unit_cardclient_usb_readers_test_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=poll
tests_unit_cardclient_usb_claim_test_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=clock_gettime -Wl,--wrap=poll

# Has its own usb_lib.h and usb_claim.c: the library's are not taken.
tests_unit_cardclient_usb_link_mock_test_SOURCES = tests/unit/cardclient_usb_link_mock_test.c
tests_unit_cardclient_usb_link_mock_test_CPPFLAGS = $(AM_CPPFLAGS)
tests_unit_cardclient_usb_link_mock_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_cardclient_usb_link_mock_test_LDADD = cardclient/libcardclient.la applet/port/libusbdevice.la base/libbase.la $(CMOCKA_LIBS)

tests_unit_cardclient_usb_scan_test_SOURCES = tests/unit/cardclient_usb_scan_test.c
tests_unit_cardclient_usb_scan_test_CPPFLAGS = $(AM_CPPFLAGS)
tests_unit_cardclient_usb_scan_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_cardclient_usb_scan_test_LDADD = cardclient/libcardclient.la applet/port/libusbdevice.la base/libbase.la $(CMOCKA_LIBS)

tests_unit_cardclient_wait_test_SOURCES = tests/unit/cardclient_wait_test.c
tests_unit_cardclient_wait_test_CPPFLAGS = $(AM_CPPFLAGS)
tests_unit_cardclient_wait_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_cardclient_wait_test_LDADD = cardclient/libcardclient.la $(CMOCKA_LIBS) -lpthread

tests_unit_cardclient_seed_test_SOURCES = tests/unit/cardclient_seed_test.c $(oath_test_fixture)
tests_unit_cardclient_seed_test_CPPFLAGS = $(AM_CPPFLAGS)
tests_unit_cardclient_seed_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS) $(CRYPTO_CFLAGS)
tests_unit_cardclient_seed_test_LDADD = cardclient/libcardclient.la $(applet_test_libs)

tests_unit_cardclient_oath_test_SOURCES = tests/unit/cardclient_oath_test.c $(transport_faulty_sources)
tests_unit_cardclient_oath_test_CPPFLAGS = $(AM_CPPFLAGS)
tests_unit_cardclient_oath_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS) $(CRYPTO_CFLAGS)
tests_unit_cardclient_oath_test_LDADD = cardclient/libcardclient.la $(transport_faulty_libs) $(CMOCKA_LIBS) $(CRYPTO_LIBS)
endif
