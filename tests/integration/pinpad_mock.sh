# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# A reader with a PIN pad, over PC/SC, with OpenSC's pkcs11-tool. The pad is a mock (pinpad_shim.c, in front of libpcsclite), since vpcd has
# none; the card, pcscd and the way to them are real.
. "${top_srcdir:=$(cd "$(dirname "$0")/../.." && pwd)}/tests/lib/card.sh"

command -v pkcs11-tool >/dev/null || tap_skip_all "pkcs11-tool (opensc) is not installed"
. "$top_srcdir/tests/integration/module_token.sh"

shim=$top_builddir/tests/integration/.libs/pinpad_shim.so
export COUNTERSIGN_TRACE=$CARD_DIR/trace

# at_the_reader WHAT-IS-TYPED OPTION...
at_the_reader()
{
	local types=$1
	shift
	PINPAD_MOCK_TYPES=$types LD_PRELOAD=$shim pkcs11-tool --module "$CARD_MODULE" "$@" </dev/null 2>&1
}

token_make || card_die "no token"
echo data >"$CARD_DIR/data"
openssl dgst -sha256 -binary "$CARD_DIR/data" >"$CARD_DIR/digest"
sign=(--sign --mechanism ECDSA --input-file "$CARD_DIR/digest" --output-file "$CARD_DIR/signature")

tap_like "without a PIN pad none is claimed" "x$(pkcs11-tool --module "$CARD_MODULE" -L | grep -c 'PIN pad present')" "x0"
tap_like "a reader with one is a protected path" "$(at_the_reader "" -L)" "PIN pad present"
tap_ok "the PIN that is typed on it signs" at_the_reader "$PIN" --login "${sign[@]}" --id 03
tap_ok "with the key that wants it each time too" at_the_reader "$PIN" --login "${sign[@]}" --id 02
tap_refused "who presses the red key is not logged in" at_the_reader cancel --login "${sign[@]}" --id 03
tap_refused "nor who types too little" at_the_reader 123 --login "${sign[@]}" --id 03
tap_refused "nor who types another" at_the_reader 000007 --login "${sign[@]}" --id 03
tap_like "which costs a try" "$(at_the_reader "" -L)" "user PIN count low"
tap_ok "the PIN is changed on it" at_the_reader "$PIN 739251 739251" --change-pin
tap_refused "the old one is one no longer" at_the_reader "$PIN" --login "${sign[@]}" --id 03
tap_ok "the new one signs" at_the_reader 739251 --login "${sign[@]}" --id 03
tap_is "the trace has what the reader sent, and no digits" \
	"$(grep -c ' 00 24 00 80 ' "$COUNTERSIGN_TRACE")/$(grep -cE '739251|37 ?33 ?39' "$COUNTERSIGN_TRACE")" "1/0"

tap_done
