# SPDX-License-Identifier: BSD-2-Clause
# Integration tests with a card of their own, and with other people's software on it.

check_PROGRAMS += tests/lib/card_wait
tests_lib_card_wait_SOURCES = tests/lib/card_wait.c
tests_lib_card_wait_CFLAGS = $(AM_CFLAGS) $(PCSC_CFLAGS)
tests_lib_card_wait_LDADD = $(PCSC_LIBS)

EXTRA_DIST += tests/lib/card.sh

client_tests = \
	tests/integration/channels.sh \
	tests/integration/opensc.sh \
	tests/integration/opensc_sm.sh \
	tests/integration/ykman.sh \
	tests/integration/yubico_piv_tool.sh
INTEGRATION_TESTS += $(client_tests)
EXTRA_DIST += $(client_tests)

check_PROGRAMS += tests/integration/card_kill
tests_integration_card_kill_SOURCES = tests/integration/card_kill.c
tests_integration_card_kill_CFLAGS = $(AM_CFLAGS) $(CRYPTO_CFLAGS)
tests_integration_card_kill_LDADD = base/libbase.la $(CRYPTO_LIBS)
EXTRA_DIST += tests/integration/card_kill.sh
INTEGRATION_TESTS += tests/integration/card_kill.sh
EXTRA_DIST += tests/integration/card_rollback.sh
INTEGRATION_TESTS += tests/integration/card_rollback.sh
