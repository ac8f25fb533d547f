# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# The card is pulled in the middle of a signature and put back: the module says so, and works again in the same process after a new
# login. COUNTERSIGN_TEST_SEED repeats a run, COUNTERSIGN_TEST_ROUNDS makes it longer.
. "${top_srcdir:=$(cd "$(dirname "$0")/../.." && pwd)}/tests/lib/card.sh"
. "$top_srcdir/tests/integration/module_token.sh"

command -v pkcs11-tool >/dev/null || tap_skip_all "pkcs11-tool (opensc) is not installed"

seed=${COUNTERSIGN_TEST_SEED:-$RANDOM}
rounds=${COUNTERSIGN_TEST_ROUNDS:-10}
tap_note "COUNTERSIGN_TEST_SEED=$seed"
tap_ok "a token is made" token_make

# Has the program pull the card while it signs, waits until PC/SC knows, and puts the card back.
removals()
{
	local line status input output
	coproc client { timeout 300 "$top_builddir/tests/integration/p11_client" "$CARD_MODULE" "$PIN" removal "$CARD_PID" "$rounds" "$seed"; }
	local pid=$!
	exec {output}<&"${client[0]}" {input}>&"${client[1]}"
	while read -r -u "$output" line; do
		[ "$line" = removed ] || continue
		card_wait absent
		card_insert
		echo back >&"$input"
	done
	exec {input}>&-
	wait "$pid"
	status=$?
	return "$status"
}

tap_ok "a signature that $rounds removals break is told, and the module goes on after a login" removals
tap_done
