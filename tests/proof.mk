# SPDX-License-Identifier: BSD-2-Clause
# What is shown about the card core beyond its unit tests. Each is a target of its own, run and counted by the same driver as
# make check.

# proof_run NAME SCRIPT
proof_run = test -n '$(2)' && $(MAKE) $(AM_MAKEFLAGS) -j1 check TESTS='$(2)' TEST_SUITE_LOG=$(1).log

# The core and its tests on Cortex-M, in QEMU.
.PHONY: cortex-m
cortex-m:
	+@$(call proof_run,cortex-m,tests/cortex-m/cortex_m.sh)
CLEANFILES += cortex-m.log tests/cortex-m/cortex_m.log tests/cortex-m/cortex_m.trs
EXTRA_DIST += \
	tests/cortex-m/board.c \
	tests/cortex-m/board.h \
	tests/cortex-m/board.ld \
	tests/cortex-m/cmocka.h \
	tests/cortex-m/core_size.c \
	tests/cortex-m/core_stack.c \
	tests/cortex-m/cortex_m.sh \
	tests/cortex-m/crypto_double.c \
	tests/cortex-m/crypto_double.h \
	tests/cortex-m/crypto_openssl_double.c

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
