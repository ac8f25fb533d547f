# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# The module with OpenSC's pkcs11-tool, from a blank card on. What other programs do with it is in tests/clients.
. "${top_srcdir:=$(cd "$(dirname "$0")/../.." && pwd)}/tests/lib/card.sh"
. "$top_srcdir/tests/integration/module_tool.sh"

so_pin=82918273
pin=482913

writer()
{
	user "$@"
}

tap_like "without pcscd there are no slots, and that is no error" "$(tool -L 2>&1)" "No slots"

card_start countersign
tap_like "a blank card is a token that is not initialised" "$(tool -L)" "uninitialized"
tap_ok "an application initialises it" tool --init-token --so-pin "$so_pin" --label "Alice's token"
tap_refused "a token is not initialised again without its SO PIN" tool --init-token --so-pin 11223344 --label Mallory
tap_ok "and again with it" tool --init-token --so-pin "$so_pin" --label "Alice's token"
tap_ok "the security officer sets the user's PIN" \
	tool --login --login-type so --so-pin "$so_pin" --init-pin --new-pin 739251
tap_refused "a trivial PIN is refused" tool --login --login-type so --so-pin "$so_pin" --init-pin --new-pin 111111
tap_ok "the user changes it" tool --login --pin 739251 --change-pin --new-pin "$pin"
tap_refused "a wrong PIN is refused" tool --login --pin 000001 -O
tap_like "and counted" "$(tool -L)" "user PIN count low"
list=$(tool -L)
tap_like "the label is the token's" "$list" "token label +: Alice's token"
tap_like "its PIN is set" "$list" "PIN initialized"
tap_like "mechanisms say that the card does the work" "$(tool -M)" "RSA-PKCS-PSS, keySize=\{2048,[0-9]+\}, hw, sign, verify"

# ---- keys ----

tool_keys

. "$top_srcdir/tests/integration/module_uses.sh"

# ---- names ----

tap_ok "a key is made with a label and an ID of the program's" user --keypairgen --key-type EC:secp256r1 --id 4b455931 --label "a key of mine"
named=$(user -O --type privkey)
tap_like "the next program finds both" "$named" "a key of mine"
tap_like "whatever the ID" "$named" "4b455931"
tap_ok "another ID is given to it" user --set-id 4e4557 --type privkey --id 4b455931
tap_like "which its public key has too" "$(tool -O --type pubkey)" "4e4557"
if command -v p11tool >/dev/null; then
	tap_ok "and another label, by p11tool" env GNUTLS_PIN="$pin" \
		p11tool --provider "$CARD_MODULE" --batch --login --set-label "renamed" \
		"pkcs11:token=Alice%27s%20token;id=%4e%45%57;type=private"
	tap_like "as pkcs11-tool sees" "$(user -O --type privkey)" "renamed"
else
	tap_skip "and another label, by p11tool" "gnutls-bin is not installed"
fi
tap_ok "the key signs" user --sign --id 4e4557 --mechanism ECDSA --input-file "$CARD_DIR/digest" \
	--output-file "$CARD_DIR/sig"
tap_ok "and is deleted by its ID" user --delete-object --type privkey --id 4e4557
tap_ok "a private data object is written" user --write-object "$CARD_DIR/note" --type data --label diary --private
tap_is "which is not shown before login" "$(tool -O --type data | grep -c diary)" 0
tap_like "and is after it" "$(user -O --type data)" "diary"

# ---- the end of keys ----

tap_ok "a private key is deleted" writer --delete-object --type privkey --id 03
tap_ok "and its certificate" writer --delete-object --type cert --id 03
tap_is "then nothing is left of either" "$(user -O | grep -c "Key Management")" 0

# ---- a card of the PIV profile ----

card_stop
card_start piv
management=010203040506070801020304050607080102030405060708
tap_refused "on a PIV card the user may not make keys" tool --login --pin 123456 --keypairgen --key-type EC:secp256r1 --id 01
tap_ok "the security officer with the management key may" \
	tool --login --login-type so --so-pin "$management" --keypairgen --key-type EC:secp256r1 --id 01
pin=123456
tap_ok "and the user signs with it" sign_verify 01 ECDSA-SHA256 "$CARD_DIR/data"

tap_done
