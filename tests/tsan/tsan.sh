#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# make tsan: the module's threads under ThreadSanitizer, in a build of its own in ./tsan. TSAN_ROUNDS says for how long (about a fifth
# of a second each). A race that is planted has to be reported, or nothing is proven.
. "$top_srcdir/tests/lib/tap.sh"

: "${CC:=gcc}" "${TSAN_ROUNDS:=100}"
export TSAN_OPTIONS=halt_on_error=0:exitcode=66:second_deadlock_stack=1
mkdir -p tsan && cd tsan || exit 1

cat >race.c <<'END'
#include <pthread.h>
static int shared;
static void *write_it(void *arg)
{
	for (int i = 0; i < 1000; i++)
		shared++;
	return arg;
}
int main(void)
{
	pthread_t thread;
	if (pthread_create(&thread, 0, write_it, 0) != 0)
		return 1;
	write_it(0);
	return pthread_join(thread, 0);
}
END

# Where addresses are laid out more at random than the sanitizer bears, it is asked for without.
$CC -fsanitize=thread -g -o race race.c >race.log 2>&1 || tap_skip_all "$CC has no ThreadSanitizer"
for plain in "" "setarch -R"; do
	$plain ./race >race.log 2>&1
	grep -q 'unexpected memory mapping' race.log || break
done
grep -q 'unexpected memory mapping' race.log && tap_skip_all "ThreadSanitizer does not run here: $(head -n 1 race.log)"
tap_ok "ThreadSanitizer reports a race that is planted" grep -q 'WARNING: ThreadSanitizer: data race' race.log

tested_build()
{
	{ [ -f Makefile ] || "$top_srcdir/configure" -q --enable-tsan CC="$CC" CFLAGS='-O1 -g'; } &&
		make -s -j"$(nproc)" tests/unit/pkcs11_threads_test
}
tap_ok "what is tested builds" tested_build || tap_done

CMOCKA_MESSAGE_OUTPUT=TAP COUNTERSIGN_TEST_ROUNDS=$TSAN_ROUNDS $plain tests/unit/pkcs11_threads_test >tap 2>errors
grep -qE '^1\.\.[1-9]' tap || tap_fail "the tests run" || tap_note "$(tail -n 20 tap errors)"
while read -r line; do
	case $line in
	"ok "*) tap_pass "${line#* - }" ;;
	"not ok "*) tap_fail "${line#* - }" ;;
	esac
done <tap
tap_ok "ThreadSanitizer has nothing to report in $TSAN_ROUNDS rounds" sh -c '! grep -q "WARNING: ThreadSanitizer" errors' ||
	tap_note "$(head -n 60 errors)"
tap_done
