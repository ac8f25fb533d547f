# SPDX-License-Identifier: BSD-2-Clause
# What is shown about the card core beyond its unit tests. Each is a target of its own, run and counted by the same driver as
# make check.

# proof_run NAME SCRIPT [JOBS]: most take every processor themselves.
proof_run = test -n '$(2)' && $(MAKE) $(AM_MAKEFLAGS) -j$(or $(3),1) check TESTS='$(2)' TEST_SUITE_LOG=$(1).log

EXTRA_DIST += tests/lib/core.sh

# The core and its tests on Cortex-M, in QEMU; and a whole token there, which pcscd uses (as root, as make integration).
.PHONY: cortex-m
cortex-m: all tests/cortex-m/relay tests/lib/card_wait
	+@$(call proof_run,cortex-m,tests/cortex-m/cortex_m.sh tests/cortex-m/token.sh,2)
CLEANFILES += cortex-m.log tests/cortex-m/cortex_m.log tests/cortex-m/cortex_m.trs tests/cortex-m/token.log tests/cortex-m/token.trs
EXTRA_DIST += \
	tests/cortex-m/bearssl.sh \
	tests/cortex-m/board.c \
	tests/cortex-m/board.h \
	tests/cortex-m/board.ld \
	tests/cortex-m/cmocka.h \
	tests/cortex-m/core_size.c \
	tests/cortex-m/core_stack.c \
	tests/cortex-m/cortex_m.sh \
	tests/cortex-m/cross.sh \
	tests/cortex-m/crypto_double.c \
	tests/cortex-m/crypto_double.h \
	tests/cortex-m/crypto_openssl_double.c \
	tests/cortex-m/token.c \
	tests/cortex-m/token.sh

# Planted mutants of the card core, each of which its test has to notice. MUTANTS_SAMPLE=n takes n of them, MUTANTS_ONLY=text those
# whose name has it.
MUTANTS_SAMPLE =
MUTANTS_ONLY =
.PHONY: mutants
mutants:
	+@MUTANTS_SAMPLE='$(MUTANTS_SAMPLE)' MUTANTS_ONLY='$(MUTANTS_ONLY)'; export MUTANTS_SAMPLE MUTANTS_ONLY; \
	$(call proof_run,mutants,tests/mutants/mutants.sh)
CLEANFILES += mutants.log tests/mutants/mutants.log tests/mutants/mutants.trs
EXTRA_DIST += tests/mutants

# CBMC over the shipped sources. PROOF_ONLY=name takes one harness.
PROOF_ONLY =
.PHONY: proof
proof:
	+@PROOF_ONLY='$(PROOF_ONLY)'; export PROOF_ONLY; $(call proof_run,proof,tests/proof/proof.sh)
CLEANFILES += proof.log tests/proof/proof.log tests/proof/proof.trs
EXTRA_DIST += tests/proof

# Condition coverage (MC/DC) of what authorises, counts tries and keeps records: a table. Needs GCC 14.
.PHONY: mcdc
mcdc:
	+@$(call proof_run,mcdc,tests/proof/mcdc.sh)
CLEANFILES += mcdc.log tests/proof/mcdc.log tests/proof/mcdc.trs

# Constant time, under valgrind.
.PHONY: constant-time
constant-time:
	+@$(call proof_run,constant-time,tests/ct/ct.sh)
CLEANFILES += constant-time.log tests/ct/ct.log tests/ct/ct.trs
EXTRA_DIST += tests/ct/ct.sh tests/ct/ct_test.c tests/ct/public.h
