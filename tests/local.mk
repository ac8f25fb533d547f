# SPDX-License-Identifier: BSD-2-Clause
# Unit tests are named in the folders they test; here: what crosses folders, and what all tests share.

EXTRA_DIST += .ci/run .clang-tidy tests/packages tests/lib/tap.sh tests/lib/tap_program.sh

# The script ./check has the name of a target, so it cannot stand in EXTRA_DIST.
dist-hook: dist-check
.PHONY: dist-check
dist-check:
	cp -p "$(srcdir)/check" "$(distdir)/check"

# What make distcheck built is gone when it ends: DISTCHECK_RESULTS is a folder that gets the results of its tests.
DISTCHECK_RESULTS =
installcheck-local:
	@test -z '$(DISTCHECK_RESULTS)' || { $(MKDIR_P) '$(DISTCHECK_RESULTS)' && \
		find tests \( -name '*.trs' -o -name '*.log' \) | tar -cf - -T - | tar -xf - -C '$(DISTCHECK_RESULTS)'; }

include tests/lib/card.mk

# Tests with other people's programs: they need root, and each takes a namespace and a pcscd of its own, so that make -j may run
# several at once; counted by the same driver as make check. The longest begin first, so that none is left running alone at the end;
# guests, which compute all the time, apart from each other, since what is between them waits for the most part.
integration_first = \
	tests/guest/gadget.sh \
	tests/integration/daemon_kill.sh \
	tests/integration/ykman.sh \
	tests/integration/opensc.sh \
	tests/integration/daemon_token.sh \
	tests/integration/break_glass.sh \
	tests/guest/transport.sh \
	tests/integration/soak.sh \
	tests/clients/browsers.sh \
	tests/integration/freeradius.sh \
	tests/guest/virtual_usb.sh \
	tests/guest/daemon.sh
integration_order = $(integration_first) $(filter-out $(integration_first),$(INTEGRATION_TESTS))
.PHONY: integration
integration: all
	+@test -n '$(INTEGRATION_TESTS)' || { echo 'integration: no tests are listed'; exit 1; }; \
	$(MAKE) $(AM_MAKEFLAGS) check TESTS='$(integration_order)' TEST_SUITE_LOG=integration.log

# Power cuts in every command of the card, the recovery after each cut in every way too: half an hour, where make check takes
# seconds.
.PHONY: power
power: all tests/unit/applet_power_test$(EXEEXT)
	COUNTERSIGN_POWER=all tests/unit/applet_power_test$(EXEEXT)

# Each fault at each piece of the commands and answers of cards without long lengths: some minutes.
.PHONY: removal
removal: all tests/unit/pkcs11_removal_short_test$(EXEEXT)
	COUNTERSIGN_REMOVAL=all tests/unit/pkcs11_removal_short_test$(EXEEXT)

CLEANFILES += integration.log $(INTEGRATION_TESTS:.sh=.log) $(INTEGRATION_TESTS:.sh=.trs)

include tests/bench.mk
include tests/fuzz.mk
include tests/guest.mk
include tests/lint.mk
include tests/proof.mk
include tests/oracle.mk

# The main job as a person runs it.
INTEGRATION_TESTS += tests/integration/quickstart.sh
EXTRA_DIST += quickstart tests/integration/quickstart.sh
