# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# The module on a card that is not ours: the same tests as module.sh, as far as any PIV card can do what they do, on our card
# with its Countersign application switched off.
. "${top_srcdir:=$(cd "$(dirname "$0")/../.." && pwd)}/tests/lib/card.sh"
. "$top_srcdir/tests/integration/module_tool.sh"

pin=123456
management=010203040506070801020304050607080102030405060708

writer()
{
	tool --login --login-type so --so-pin "$management" "$@"
}

card_start piv --plain
list=$(tool -L)
tap_like "a PIV card is a token" "$list" "token manufacturer *: PIV card"
tap_like "that is ready" "$list" "token initialized, PIN initialized"
tap_like "with a serial number" "$list" "serial num *: [0-9A-F]{8}"
tap_refused "it is not for the module to initialise" tool --init-token --so-pin 12345678 --label Mine
tap_refused "the user may not make keys" user --keypairgen --key-type EC:secp256r1 --id 01
tap_refused "nor someone with a wrong management key" \
	tool --login --login-type so --so-pin "${management//1/2}" --keypairgen --key-type EC:secp256r1 --id 01
tool_keys
tap_ok "the user changes the PIN" tool --login --pin 123456 --change-pin --new-pin 482913
pin=482913

. "$top_srcdir/tests/integration/module_uses.sh"

tap_ok "a certificate is deleted" writer --delete-object --type cert --id 03
tap_is "then it is gone" "$(tool -O | grep -c "Certificate Object")" 2
tap_refused "a private key is not there for the administrator" writer --delete-object --type privkey --id 03
tap_refused "the user does not delete it" user --delete-object --type privkey --id 03
tap_ok "with the public key, which he sees, the administrator deletes the pair" writer --delete-object --type pubkey --id 03
tap_is "then both are gone" "$(user -O | grep -c '^ *ID: *03')" 0
tap_ok "and there is room for another" writer --keypairgen --key-type EC:secp256r1 --id 03

officer()
{
	tool --login --login-type so --so-pin "$puk" "$@"
}

puk=12345678
tap_ok "by the PUK the security officer gives the user another PIN" officer --init-pin --new-pin 739251
tap_ok "which is his" tool --login --pin 739251 -O
tap_refused "with a wrong PUK he does not" tool --login --login-type so --so-pin 11223344 --init-pin --new-pin 628401
for ((i = 0; i < 3; i++)); do
	tool --login --pin 666666 -O >"$CARD_DIR/wrong" 2>&1
done
tap_refused "a PIN that is blocked opens nothing" tool --login --pin 739251 -O
tap_like "as the token says" "$(tool -L)" "user PIN locked"
tap_ok "he unblocks it" officer --init-pin --new-pin "$pin"
tap_ok "and it signs" user --sign --id 02 --mechanism ECDSA --input-file "$CARD_DIR/wrong" --output-file "$CARD_DIR/signature"
tap_refused "he makes no keys" officer --keypairgen --key-type EC:secp256r1 --id 04
tap_ok "he changes the PUK" officer --change-pin --new-pin 87051923
tap_refused "the old one is wrong then" officer --init-pin --new-pin 628401
puk=87051923
tap_ok "and the new one is right" officer --init-pin --new-pin "$pin"
# It is C_SetPIN, of nobody who is logged in: the user's own change, which wants his PIN.
tap_refused "pkcs11-tool --unlock-pin does not take the PUK for the PIN" tool --unlock-pin --puk "$puk" --new-pin 628401
tap_is "and costs none of its tries" "$(tool -L | grep -c "SO PIN")" 0

tap_is "a card that is not ours is asked for nothing that only ours have" \
	"$(grep -cE ' (80|84) [0-9A-F]{2} ' "$COUNTERSIGN_TRACE")" 0

tap_done
