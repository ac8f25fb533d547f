#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# Builds the card core, the server's comparison of codes and the module's paddings for valgrind (tests/ct/public.h), optimised as they
# are shipped, and runs tests/ct/ct_test.c: no branch and no address may depend on a secret. The planted leaks have to be reported.
. "$top_srcdir/tests/lib/tap.sh"

cd "$top_srcdir" || exit 1
for tool in valgrind pkg-config "${CC:=gcc}"; do
	command -v "${tool%% *}" >/dev/null || tap_skip_all "${tool%% *} is not installed"
done
echo '#include <valgrind/memcheck.h>' | $CC -E - >/dev/null 2>&1 || tap_skip_all "valgrind's headers are not installed"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
. tests/lib/core.sh

tested_build()
{
	core_build -O2 -g -include tests/ct/public.h &&
		core_objects ct "-O2 -g -include tests/ct/public.h" daemon/verify.c pkcs11/pkcs1.c pkcs11/hash.c &&
		core_objects test "-O1 -g" tests/ct/ct_test.c &&
		$CC -o "$work/ct_test" "$work"/test/tests_ct_ct_test.o "$work"/ct/*.o \
			-Wl,--start-group "$work/libport.a" "$work/libcore.a" -Wl,--end-group $core_libs
}

tap_ok "what is tested builds" tested_build || tap_done
CMOCKA_MESSAGE_OUTPUT=TAP valgrind -q "$work/ct_test" >"$work/tap" 2>"$work/errors"
grep -qE '^1\.\.[1-9]' "$work/tap" || tap_fail "the tests run" || tap_note "$(tail -n 20 "$work/tap" "$work/errors")"
while read -r line; do
	case $line in
	"ok "*) tap_pass "${line#* - }" ;;
	"not ok "*) tap_fail "${line#* - }" ;;
	esac
done <"$work/tap"
[ "$tap_failed" -eq 0 ] || tap_note "$(grep -vE '^(not )?ok' "$work/tap"; cat "$work/errors")"
tap_done
