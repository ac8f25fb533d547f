# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# The module on a card that is not ours: the same tests as module.sh, as far as any PIV card can do what they do, on our card
# with its Countersign application switched off.
. "${top_srcdir:=$(cd "$(dirname "$0")/../.." && pwd)}/tests/lib/card.sh"

command -v pkcs11-tool >/dev/null || tap_skip_all "pkcs11-tool (opensc) is not installed"

pin=123456
management=010203040506070801020304050607080102030405060708
export COUNTERSIGN_TRACE=$CARD_DIR/trace

tool()
{
	pkcs11-tool --module "$CARD_MODULE" "$@" 2> >(grep -v '^Using slot' >&2)
}

user()
{
	tool --login --pin "$pin" "$@"
}

writer()
{
	tool --login --login-type so --so-pin "$management" "$@"
}

apdus()
{
	wc -l <"$COUNTERSIGN_TRACE"
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
tap_ok "the administrator makes an RSA key" writer --keypairgen --key-type rsa:2048 --id 01
tap_ok "a P-256 key too" writer --keypairgen --key-type EC:secp256r1 --id 02
tap_ok "and one where the module finds room" writer --keypairgen --key-type EC:prime256v1
tap_refused "a key that is there is not overwritten" writer --keypairgen --key-type EC:secp256r1 --id 01
objects=$(user -O)
tap_like "it took the first empty slot" "$objects" "Key Management"
tap_like "the signature slot's key wants the PIN each time" "$objects" "always authenticate"
tap_like "public keys are there before login" "$(tool -O)" "Public Key Object; RSA 2048 bits"
tap_is "private ones are not" "$(tool -O | grep -c 'Private Key Object')" 0
tap_ok "the user changes the PIN" tool --login --pin 123456 --change-pin --new-pin 482913
pin=482913

. "$top_srcdir/tests/integration/module_uses.sh"

tap_ok "a certificate is deleted" writer --delete-object --type cert --id 03
tap_is "then it is gone" "$(tool -O | grep -c "Certificate Object")" 2
tap_refused "a private key is not there for the administrator" writer --delete-object --type privkey --id 03
tap_refused "the user does not delete it" user --delete-object --type privkey --id 03
tap_ok "with the public key, which he sees, the administrator deletes the pair" writer --delete-object --type pubkey --id 03
tap_is "then both are gone" "$(user -O | grep -c 'ID: *03')" 0
tap_ok "and there is room for another" writer --keypairgen --key-type EC:secp256r1 --id 03

tap_is "a card that is not ours is asked for nothing that only ours have" \
	"$(grep -cE ' (80|84) [0-9A-F]{2} ' "$COUNTERSIGN_TRACE")" 0

tap_done
