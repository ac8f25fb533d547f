#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# A card with the OATH application alone, which is ours with all others switched off: pkcs11-tool, p11tool and the example program
# through the module, and the countersign command, all over pcscd.
. "${top_srcdir:=$(cd "$(dirname "$0")/../.." && pwd)}/tests/lib/card.sh"
. "$top_srcdir/tests/integration/module_tool.sh"

cli=$top_builddir/tools/countersign
cd "$CARD_DIR" || exit 1
export HOME=$CARD_DIR
unset COUNTERSIGN_PIN COUNTERSIGN_PASSWORD
pin=swordfish

otp()
{
	"$top_builddir/docs/examples/otp" "$CARD_MODULE" "$@"
}

otp_keys()
{
	"$@" -O | grep -c 'type 8'
}

tap_like "a card has no third application to be left with" \
	"$("$top_builddir/countersign-card" --image none --init piv --plain=openpgp 2>&1)" "it is piv or oath"
card_start piv --plain=oath
printf GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ >seed
tap_ok "the countersign command enrols a credential" "$cli" otp add Bank:alice --type hotp --secret-file seed
tap_ok "and another" "$cli" otp add Shop:bob --type totp --secret-file seed
tap_like "it says that the card has no PIV" "$("$cli" key list 2>&1)" "has no PIV application"

list=$(tool -L)
tap_like "a card without PIV is a token" "$list" "token model *: OATH"
tap_like "that wants no login" "$list" "token flags *: rng, token initialized"
tap_like "with a serial number" "$list" "serial num *: [0-9A-F]{8}"
: >"$COUNTERSIGN_TRACE"
tap_is "pkcs11-tool lists its credentials" "$(otp_keys tool)" 2
# What was seen when the token was found is asked for again where the search comes two seconds later.
tap_like "in four commands, or seven by a slow machine" "$(apdus)" '^[47]$'
tap_is "the example program gets a password of one" "$(otp Bank:alice)" 755224
tap_is "and the countersign command the next" "$("$cli" otp code Bank:alice)" 287082
if command -v p11tool >/dev/null; then
	tap_like "p11tool finds the token" "$(p11tool --provider "$CARD_MODULE" --list-tokens)" "model=OATH;.*token=OATH"
else
	tap_skip "p11tool finds the token" "p11tool (gnutls-bin) is not installed"
fi
tap_refused "no key pair is made on it" tool --keypairgen --key-type EC:secp256r1 --id 01
tap_refused "nothing is written to it" tool --write-object seed --type data --label seed
tap_refused "it is not for the module to initialise" tool --init-token --so-pin 12345678 --label Mine

tap_ok "it gets a password" env COUNTERSIGN_NEW_PASSWORD="$pin" "$cli" otp password
tap_like "which is its user's PIN" "$(tool -L)" "token flags *: login required, .*PIN initialized"
tap_is "without it nothing is listed" "$(otp_keys tool)" 0
tap_like "a wrong one is told" "$(tool --login --pin shark -O 2>&1)" CKR_PIN_INCORRECT
tap_is "with it all is there" "$(otp_keys user)" 2
tap_is "and usable" "$(COUNTERSIGN_PASSWORD=$pin otp Bank:alice)" 359152

card_stop
card_resume --plain=piv
tap_like "the same card with PIV alone is a PIV card" "$(tool -L)" "token model *: PIV"
tap_like "without such keys" "$("$cli" otp list 2>&1)" "OATH|OTP"
tap_is "for the module, too" "$(otp)" ""
tap_done
