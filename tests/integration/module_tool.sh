# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# pkcs11-tool with the module. Source it after tests/lib/card.sh. Not a test itself.
#
#   tool ARGUMENT...     nobody is logged in, unless the arguments say so
#   user ARGUMENT...     the user is, by $pin
#   apdus                how many have been sent since the test began; their headers are in $COUNTERSIGN_TRACE
#   tool_keys            whoever writes makes an RSA-2048 key with the ID 01, and P-256 keys 02 (its PIN each time) and 03; checked. The
#                        script that sources it has said who that is, in a function `writer`

command -v pkcs11-tool >/dev/null || tap_skip_all "pkcs11-tool (opensc) is not installed"
export COUNTERSIGN_TRACE=$CARD_DIR/trace

tool()
{
	pkcs11-tool --module "$CARD_MODULE" "$@" 2> >(grep -v '^Using slot' >&2)
}

user()
{
	tool --login --pin "$pin" "$@"
}

apdus()
{
	wc -l <"$COUNTERSIGN_TRACE"
}

tool_keys()
{
	local objects
	tap_ok "an RSA key is made on the card" writer --keypairgen --key-type rsa:2048 --id 01
	tap_ok "a P-256 key too" writer --keypairgen --key-type EC:secp256r1 --id 02
	tap_ok "and one where the module finds room" writer --keypairgen --key-type EC:prime256v1
	tap_refused "a key that is there is not overwritten" writer --keypairgen --key-type EC:secp256r1 --id 01
	objects=$(user -O)
	tap_like "it took the first empty slot" "$objects" "Key Management"
	tap_like "the signature slot's key wants the PIN each time" "$objects" "always authenticate"
	tap_like "public keys are there before login" "$(tool -O)" "Public Key Object; RSA 2048 bits"
	tap_is "private ones are not" "$(tool -O | grep -c 'Private Key Object')" 0
}
