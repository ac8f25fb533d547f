#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# p11-kit with the module: its command, its proxy, and the module used from another process, by its server.
. "${top_srcdir:-.}/tests/lib/card.sh"
. "$top_srcdir/tests/lib/client.sh"
. "$top_srcdir/tests/integration/module_token.sh"

for need in pkcs11-tool p11-kit; do
	command -v "$need" >/dev/null || tap_skip_all "$need is not installed"
done
proxy=$(find /usr/lib -name p11-kit-proxy.so 2>/dev/null | head -n 1)
remote_client=$(find /usr/lib -name p11-kit-client.so 2>/dev/null | head -n 1)
{ [ -n "$proxy" ] && [ -n "$remote_client" ]; } || tap_skip_all "p11-kit-modules is not installed"
client_begin p11-kit p11-kit "p11-kit list-modules" "p11-kit list-tokens" "p11-kit list-objects" "p11-kit list-mechanisms" \
	"p11-kit list-profiles" "p11-kit export-object" "p11-kit generate-keypair" "proxy" "remoting, by a socket" "remoting, by a pipe"
cd "$CARD_DIR" || exit 1
module=$(realpath "$CARD_MODULE")
p11_kit_alone || tap_skip_all "p11-kit has no folder for modules here"
mkdir run
export XDG_RUNTIME_DIR=$CARD_DIR/run

tap_ok "a token is made" token_make
ca_make
tap_ok "a key gets a certificate" token_certify 03 /CN=Bob keyUsage=digitalSignature
tap_like "p11-kit list-modules" "$(p11-kit list-modules)" "countersign.*countersign-pkcs11.so.*token: Test"
if p11-kit --help 2>&1 | grep -q list-tokens; then
	tap_like "p11-kit list-tokens" "$(p11-kit list-tokens "pkcs11:token=Test")" "token: Test"
	tap_like "p11-kit list-objects" "$(p11-kit list-objects "pkcs11:token=Test" 2>&1)" "class: certificate"
	tap_like "p11-kit list-mechanisms" "$(p11-kit list-mechanisms "pkcs11:token=Test" 2>&1)" "ecdsa: hw .*sign"
	tap_like "p11-kit list-profiles" "$(p11-kit list-profiles "pkcs11:token=Test" 2>&1)" "baseline-provider"
	tap_ok "p11-kit export-object" bash -c 'p11-kit export-object "pkcs11:token=Test;id=%03;type=cert" >exported.pem'
	tap_ok "p11-kit export-object: it is the certificate" cmp 03.crt.der <(openssl x509 -in exported.pem -outform DER)
	tap_ok "p11-kit generate-keypair" p11-kit generate-keypair --login --type ecdsa --curve secp256r1 --label new "pkcs11:token=Test?pin-value=$PIN"
	tap_is "p11-kit generate-keypair: there is a new key" "$(token_tool -O --type pubkey 2>/dev/null | grep -c 'Public Key Object')" 4
else
	for row in list-tokens list-objects list-mechanisms list-profiles export-object generate-keypair; do
		tap_skip "p11-kit $row" "not in this version"
	done
fi

# A signature and a wrong PIN through another module, in front of ours.
head -c 32 /dev/urandom >digest
signs()
{
	local row=$1
	shift
	tap_ok "$row, a signature" pkcs11-tool "$@" --token-label Test --login --pin "$PIN" --sign --id 03 -m ECDSA \
		--signature-format openssl -i digest -o sig
	tap_ok "$row, a signature that openssl verifies" openssl pkeyutl -verify -pubin -inkey 03.pub -sigfile sig -in digest
	tap_refused "$row, with a wrong PIN" pkcs11-tool "$@" --token-label Test --login --pin 999999 -O
	tap_like "$row, the certificate" "$(pkcs11-tool "$@" --token-label Test -O --type cert 2>/dev/null)" "CN=Bob"
	rm -f sig
}
signs "proxy" --module "$proxy"

p11-kit server --foreground --name "$CARD_DIR/run/server" --provider "$module" "pkcs11:token=Test" >server.log 2>&1 {tap_fd}>&- &
server=$!
card_at_exit "kill $server 2>/dev/null"
until [ -S run/server ] || ! kill -0 "$server" 2>/dev/null; do read -rt 0.1 <> <(:); done
P11_KIT_SERVER_ADDRESS="unix:path=$CARD_DIR/run/server" signs "remoting, by a socket" --module "$remote_client"
kill "$server"

printf 'remote: |p11-kit remote %s\n' "$module" >p11-kit.modules/countersign.module
signs "remoting, by a pipe" --module "$proxy"
client_done
