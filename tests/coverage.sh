#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# make coverage: which regions of the card core (applet/ without its ports) its unit tests, the oracle and the fuzz corpora reach, by
# clang's source-based coverage. Builds in ./coverage with clang; needs Debian's clang and llvm. Prints a table, a line for each
# file; coverage/lines.txt has every line of the source with its count. Fails below COVERAGE_GOAL per cent of regions.
#
# What is not reached (it was 154 of 6148 regions, with OpenSSL 3.0), by kind:
#   - second fences: CS_ERR_STATE, CS_ERR_ARG, CS_ERR_NO_SPACE and cs_writer_fail where the caller's columns, a length that was checked
#     before, or a buffer's size already exclude it (content.c, piv_sign.c, x509.c, piv_certificate.c, piv_sm_make.c, scp03.c, store.c)
#   - CS_ERR_CORRUPT for a record that is sealed well and has another form than this firmware writes: the seal's failure comes first
#   - branches that want ML-DSA's mu or ML-KEM (piv_authenticate.c): OpenSSL 3.5 has them, and Debian 13 reaches them
#   - what ends a store at a size or an age that none has: 2^32 erasures, counters at their end (store_page.c, store_counter.c)
#   - a call to a port that fails in a place where the test of failing calls has no command (return err, in piv_sm.c, piv_generate.c,
#     secret_use.c, store_recover.c): the same call fails elsewhere in a test
set -eu

: "${top_srcdir:?make coverage says it}" "${COVERAGE_GOAL:=95}"
for need in clang llvm-profdata llvm-cov; do
	command -v "$need" >/dev/null || { echo "coverage: $need is not installed (Debian: clang, llvm)" >&2; exit 1; }
done

mkdir -p coverage
cd coverage
[ -f Makefile ] || "$top_srcdir/configure" -q CC="${COVERAGE_CC:-clang}" CFLAGS='-O1 -g -fprofile-instr-generate -fcoverage-mapping' \
	LDFLAGS=-fprofile-instr-generate

# The test programs that link the card core, as the makefile has them.
mapfile -t programs < <(
	sed -n 's,^\(tests/unit/applet_[a-z0-9_]*_test\)\$(EXEEXT):.*,\1,p' Makefile | sort -u | grep -v -e flash_file -e process
	printf '%s\n' tests/oracle/oracle tests/fuzz/fuzz_card tests/fuzz/fuzz_sequence tests/fuzz/fuzz_store
)
make -s -j"$(nproc)" "${programs[@]}"

rm -rf profiles
mkdir profiles
export top_srcdir CMOCKA_MESSAGE_OUTPUT=TAP COUNTERSIGN_TEST_SEED="${COUNTERSIGN_TEST_SEED:-1}"
for program in "${programs[@]}"; do
	LLVM_PROFILE_FILE=profiles/%p.profraw "./$program" >"profiles/$(basename "$program").log" 2>&1 ||
		{ tail -n 20 "profiles/$(basename "$program").log"; echo "coverage: $program failed" >&2; exit 1; }
done

llvm-profdata merge -sparse profiles/*.profraw -o profiles/all.profdata
objects=()
for program in "${programs[@]}"; do
	objects+=(-object "$program")
done
report=(-instr-profile profiles/all.profdata "${objects[@]:1}")
llvm-cov show "${report[@]}" >lines.txt 2>/dev/null
llvm-cov report "${report[@]}" 2>/dev/null | awk -v goal="$COVERAGE_GOAL" '
	$1 ~ /(^|\/)applet\/[a-z0-9_]+\.c$/ {
		name = $1; sub(/.*\//, "", name)
		printf "%-24s %5d regions %5d missed %7s\n", name, $2, $3, $4
		regions += $2; missed += $3
	}
	END {
		total = regions ? 100 - 100 * missed / regions : 0
		printf "%-24s %5d regions %5d missed %6.2f%%\n", "applet/", regions, missed, total
		if (total < goal) { print "coverage: below " goal " % of regions"; exit 1 }
	}
'
