# SPDX-License-Identifier: BSD-2-Clause
# daemon/systemd: the service, its account, its folders, and an example of its keys as credentials.

service_sources = daemon/systemd/countersignd.service.in daemon/systemd/countersignd.sysusers daemon/systemd/countersignd.tmpfiles.in
service_built = daemon/systemd/countersignd.service daemon/systemd/countersignd.tmpfiles
service_edit = $(AM_V_GEN)$(MKDIR_P) $(@D) && $(SED) -e 's|[@]sbindir[@]|$(sbindir)|g' -e 's|[@]sysconfdir[@]|$(sysconfdir)|g' \
	-e 's|[@]localstatedir[@]|$(localstatedir)|g'
EXTRA_DIST += $(service_sources)
CLEANFILES += $(service_built)
nodist_systemdsystemunit_DATA += daemon/systemd/countersignd.service
noinst_DATA = daemon/systemd/countersignd.tmpfiles
daemon/systemd/countersignd.service: daemon/systemd/countersignd.service.in Makefile
	$(service_edit) $(srcdir)/daemon/systemd/countersignd.service.in >$@.new && mv $@.new $@
daemon/systemd/countersignd.tmpfiles: daemon/systemd/countersignd.tmpfiles.in Makefile
	$(service_edit) $(srcdir)/daemon/systemd/countersignd.tmpfiles.in >$@.new && mv $@.new $@

install-data-local: install-service
uninstall-local: uninstall-service
.PHONY: install-service uninstall-service
install-service: daemon/systemd/countersignd.tmpfiles
	$(MKDIR_P) "$(DESTDIR)$(prefix)/lib/sysusers.d" "$(DESTDIR)$(prefix)/lib/tmpfiles.d"
	$(INSTALL_DATA) $(srcdir)/daemon/systemd/countersignd.sysusers "$(DESTDIR)$(prefix)/lib/sysusers.d/countersignd.conf"
	$(INSTALL_DATA) daemon/systemd/countersignd.tmpfiles "$(DESTDIR)$(prefix)/lib/tmpfiles.d/countersignd.conf"
uninstall-service:
	rm -f "$(DESTDIR)$(prefix)/lib/sysusers.d/countersignd.conf" "$(DESTDIR)$(prefix)/lib/tmpfiles.d/countersignd.conf"

systemdexampledir = $(exampledir)/systemd
dist_systemdexample_DATA = docs/examples/systemd/credentials.conf

# With systemd-analyze, and python3 in systemd's place.
service_tests = tests/integration/reload.sh tests/integration/reload_postgresql.sh tests/integration/service.sh
INTEGRATION_TESTS += $(service_tests)
EXTRA_DIST += $(service_tests) tests/lib/datagrams.py tests/lib/keep_alive.py tests/lib/service.sh

if HAVE_CMOCKA
check_PROGRAMS += tests/unit/daemon_journal_test
TESTS += tests/unit/daemon_journal_test
tests_unit_daemon_journal_test_SOURCES = tests/unit/daemon_journal_test.c
tests_unit_daemon_journal_test_CPPFLAGS = $(DAEMON_CPPFLAGS)
tests_unit_daemon_journal_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_daemon_journal_test_LDADD = daemon/libdaemon.la base/libbase.la $(CMOCKA_LIBS)
endif
