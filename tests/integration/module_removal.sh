# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# The card is pulled in the middle of a signature and put back: the module says so, and works again in the same process after a new
# login. COUNTERSIGN_TEST_SEED repeats a run, COUNTERSIGN_TEST_ROUNDS makes it longer.
. "${top_srcdir:=$(cd "$(dirname "$0")/../.." && pwd)}/tests/lib/card.sh"
. "$top_srcdir/tests/integration/module_token.sh"

command -v pkcs11-tool >/dev/null || tap_skip_all "pkcs11-tool (opensc) is not installed"

seed=${COUNTERSIGN_TEST_SEED:-$RANDOM}
rounds=${COUNTERSIGN_TEST_ROUNDS:-20}
tap_note "COUNTERSIGN_TEST_SEED=$seed"
tap_ok "a token is made" token_make
tap_ok "a signature that $rounds removals break is told, and the module goes on after a login" \
	timeout 100 "$top_builddir/tests/integration/p11_client" "$CARD_MODULE" "$PIN" removal "$CARD_PID" "$rounds" "$seed"
tap_done
