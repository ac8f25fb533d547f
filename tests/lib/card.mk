# SPDX-License-Identifier: BSD-2-Clause
# Integration tests with a card of their own, and with other people's software on it.

check_PROGRAMS += tests/lib/card_wait
tests_lib_card_wait_SOURCES = tests/lib/card_wait.c
tests_lib_card_wait_CFLAGS = $(AM_CFLAGS) $(PCSC_CFLAGS)
tests_lib_card_wait_LDADD = $(PCSC_LIBS)

EXTRA_DIST += tests/lib/card.sh tests/lib/client.sh tests/lib/clients_table.sh

client_tests = \
	tests/integration/channels.sh \
	tests/integration/opensc.sh \
	tests/integration/opensc_sm.sh \
	tests/integration/scdaemon.sh \
	tests/integration/ykcs11.sh \
	tests/integration/ykman.sh \
	tests/integration/yubico_piv_tool.sh
INTEGRATION_TESTS += $(client_tests)
EXTRA_DIST += $(client_tests)
include tests/clients.mk

# An OpenSC that can do PIV secure messaging, for opensc_sm.sh. Kept where OPENSC_SM_DIR says, for the next build.
OPENSC_SM_DIR = opensc-sm
EXTRA_DIST += tests/lib/opensc_sm.sh
.PHONY: opensc-sm
opensc-sm:
	bash $(srcdir)/tests/lib/opensc_sm.sh '$(OPENSC_SM_DIR)'
distclean-local: distclean-opensc-sm
.PHONY: distclean-opensc-sm
distclean-opensc-sm:
	-rm -rf opensc-sm

# docs/CLIENTS anew, from the logs that make integration left on each release, oldest first: make clients CLIENT_LOGS="DIR12 DIR13",
# where each DIR is the folder tests of a build.
CLIENT_LOGS =
.PHONY: clients
clients:
	@test -n '$(CLIENT_LOGS)' || { echo 'clients: say CLIENT_LOGS="DIR DIR": folders tests of builds where make integration ran'; exit 1; }
	bash $(srcdir)/tests/lib/clients_table.sh $(CLIENT_LOGS) >docs-CLIENTS.new
	cp docs-CLIENTS.new $(srcdir)/docs/CLIENTS
	rm docs-CLIENTS.new

check_PROGRAMS += tests/integration/card_kill
tests_integration_card_kill_SOURCES = tests/integration/card_kill.c
tests_integration_card_kill_CFLAGS = $(AM_CFLAGS) $(CRYPTO_CFLAGS)
tests_integration_card_kill_LDADD = base/libbase.la $(CRYPTO_LIBS)
EXTRA_DIST += tests/integration/card_kill.sh
INTEGRATION_TESTS += tests/integration/card_kill.sh
EXTRA_DIST += tests/integration/card_rollback.sh
INTEGRATION_TESTS += tests/integration/card_rollback.sh
