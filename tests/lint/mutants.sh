#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Each mutant in tests/mutants/ still applies to the source it names, and says what it breaks and what kills it. Whether it is
# killed is for make mutants, which takes long.
. "$top_srcdir/tests/lint/lint.sh"

command -v patch >/dev/null || tap_skip_all "patch is not installed"
mutants=("$top_srcdir"/tests/mutants/*.patch)

stale()
{
	local mutant
	for mutant in "${mutants[@]}"; do
		patch -F0 --dry-run -s -p1 -d "$top_srcdir" -r - <"$mutant" >/dev/null 2>&1 || echo "$mutant no longer applies"
	done
}

# What the head of a patch lacks: an invariant, a test that is there, a sentence.
headless()
{
	local mutant test
	for mutant in "${mutants[@]}"; do
		grep -qE '^Invariant: (base|applet|pkcs11|daemon|tools)/[a-z0-9_]+\.c [0-9]+$' "$mutant" && grep -qE '^Mutation: .' "$mutant" || echo "$mutant: head"
		test=$(sed -n 's/^Killed-by: *//p' "$mutant")
		[ "$test" = oracle ] || [ -f "$top_srcdir/tests/unit/$test.c" ] || echo "$mutant: there is no test $test"
	done
}

tap_is "each mutant applies" "$(stale)" ""
tap_is "each mutant says what it breaks and what kills it" "$(headless)" ""
tap_done
