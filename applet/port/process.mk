# SPDX-License-Identifier: BSD-2-Clause
# The card as a process: how it meets its users, and the program countersign-card.

noinst_LTLIBRARIES += applet/port/libprocess.la
applet_port_libprocess_la_CFLAGS = $(AM_CFLAGS) $(SECCOMP_CFLAGS)
applet_port_libprocess_la_LIBADD = $(SECCOMP_LIBS)
applet_port_libprocess_la_SOURCES = \
	applet/port/address.c applet/port/address.h \
	applet/port/button.c applet/port/button.h \
	applet/port/ffs.c applet/port/ffs.h \
	applet/port/frame.c applet/port/frame.h \
	applet/port/keyboard.c applet/port/keyboard.h \
	applet/port/gadget_host.c applet/port/gadget_host.h \
	applet/port/hid_host.c applet/port/hid_host.h \
	applet/port/link.c applet/port/link.h \
	applet/port/platform_host.c applet/port/platform_host.h \
	applet/port/presence.c applet/port/presence.h \
	applet/port/serve.c applet/port/serve.h \
	applet/port/plain.c applet/port/plain.h \
	applet/port/slot.c applet/port/slot.h \
	applet/port/socket.c applet/port/socket.h \
	applet/port/usb_host.c applet/port/usb_host.h \
	applet/port/usb_port.c applet/port/usb_port.h \
	applet/port/usb_filter.c applet/port/usb_filter.h \
	applet/port/usb_sandbox.c applet/port/usb_sandbox.h \
	applet/port/vhci.c applet/port/vhci.h \
	applet/port/vpcd.c applet/port/vpcd.h

bin_PROGRAMS += countersign-card
countersign_card_SOURCES = applet/port/main.c applet/port/options.c applet/port/options.h
countersign_card_CFLAGS = $(AM_CFLAGS) $(CRYPTO_CFLAGS)
countersign_card_LDADD = applet/port/libprocess.la applet/port/libusbdevice.la applet/libapplet.la applet/port/libport.la base/libbase.la
dist_man_MANS += docs/man/countersign-card.1 docs/man/countersign-gadget.8
dist_sbin_SCRIPTS = applet/port/countersign-gadget

# What systemd needs to have a token on a device port from the start; the user that it runs as.
systemdsystemunitdir = $(prefix)/lib/systemd/system
nodist_systemdsystemunit_DATA = applet/port/countersign-token@.service
EXTRA_DIST += applet/port/countersign-token@.service.in applet/port/countersign-token.sysusers
CLEANFILES += applet/port/countersign-token@.service
applet/port/countersign-token@.service: applet/port/countersign-token@.service.in Makefile
	$(AM_V_GEN)$(MKDIR_P) $(@D) && $(SED) -e 's|[@]bindir[@]|$(bindir)|g' -e 's|[@]sbindir[@]|$(sbindir)|g' \
		$(srcdir)/applet/port/countersign-token@.service.in >$@.new && mv $@.new $@
install-data-local: install-sysusers
uninstall-local: uninstall-sysusers
.PHONY: install-sysusers uninstall-sysusers
install-sysusers:
	$(MKDIR_P) "$(DESTDIR)$(prefix)/lib/sysusers.d"
	$(INSTALL_DATA) $(srcdir)/applet/port/countersign-token.sysusers "$(DESTDIR)$(prefix)/lib/sysusers.d/countersign-token.conf"
uninstall-sysusers:
	rm -f "$(DESTDIR)$(prefix)/lib/sysusers.d/countersign-token.conf"

if HAVE_CMOCKA
check_PROGRAMS += tests/unit/applet_process_test
TESTS += tests/unit/applet_process_test
tests_unit_applet_process_test_SOURCES = tests/unit/applet_process_test.c $(applet_test_fixture)
tests_unit_applet_process_test_CPPFLAGS = $(AM_CPPFLAGS)
tests_unit_applet_process_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS) $(CRYPTO_CFLAGS)
tests_unit_applet_process_test_LDADD = applet/port/libprocess.la $(applet_test_libs)

check_PROGRAMS += tests/unit/applet_presence_test
TESTS += tests/unit/applet_presence_test
tests_unit_applet_presence_test_SOURCES = tests/unit/applet_presence_test.c $(applet_test_fixture)
tests_unit_applet_presence_test_CPPFLAGS = $(AM_CPPFLAGS)
tests_unit_applet_presence_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS) $(CRYPTO_CFLAGS)
tests_unit_applet_presence_test_LDADD = applet/port/libprocess.la $(applet_test_libs)

check_PROGRAMS += tests/unit/applet_quickack_test
TESTS += tests/unit/applet_quickack_test
tests_unit_applet_quickack_test_SOURCES = tests/unit/applet_quickack_test.c $(applet_test_fixture)
tests_unit_applet_quickack_test_CPPFLAGS = $(AM_CPPFLAGS)
tests_unit_applet_quickack_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS) $(CRYPTO_CFLAGS)
tests_unit_applet_quickack_test_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=recv
tests_unit_applet_quickack_test_LDADD = applet/port/libprocess.la $(applet_test_libs)
endif

check_PROGRAMS += tests/bench/bench_card
tests_bench_bench_card_SOURCES = tests/bench/bench_card.c
tests_bench_bench_card_CFLAGS = $(AM_CFLAGS) $(CRYPTO_CFLAGS)
tests_bench_bench_card_LDADD = applet/libapplet.la applet/port/libport.la $(CRYPTO_LIBS) -lpthread
