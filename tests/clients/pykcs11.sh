#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# PyKCS11 with the module: pykcs11.py beside this.
. "${top_srcdir:-.}/tests/lib/card.sh"
. "$top_srcdir/tests/lib/client.sh"
. "$top_srcdir/tests/integration/module_token.sh"

command -v pkcs11-tool >/dev/null || tap_skip_all "pkcs11-tool is not installed"
/usr/bin/python3 -c 'import PyKCS11' 2>/dev/null || tap_skip_all "python3-pykcs11 is not installed"
client_begin pykcs11 python3-pykcs11 "slots and tokens" "mechanisms" "objects and attributes" "a wrong PIN" "sign" "decrypt" "generate and destroy" \
	"waitForSlotEvent"
cd "$CARD_DIR" || exit 1
python()
{
	timeout 120 /usr/bin/python3 "$top_srcdir/tests/clients/pykcs11.py" "$CARD_MODULE" "${PIN_TYPED-$PIN}" "$@"
}

tap_ok "a token is made" token_make
tap_ok "slots and tokens" python show
tap_run python mechanisms
if [ "$tap_status" -eq 3 ]; then
	tap_skip "mechanisms" "its list fails on mechanisms that it has no name for, as those of ML-DSA"
else
	tap_is "mechanisms" "$tap_status" 0
fi
tap_ok "objects and attributes" python objects
PIN_TYPED=999999
tap_ok "a wrong PIN" python wrong
unset PIN_TYPED
head -c 1000 /dev/urandom >data
token_public 01 01.pub
token_public 03 03.pub
tap_ok "sign" python sign data rsa.sig ec.raw
tap_ok "sign: openssl verifies RSA-PSS" openssl dgst -sha256 -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:32 \
	-verify 01.pub -signature rsa.sig data
half() { od -An -v -tx1 -j "$1" -N 32 ec.raw | tr -d ' \n'; }
printf 'asn1=SEQUENCE:signature\n[signature]\nr=INTEGER:0x%s\ns=INTEGER:0x%s\n' "$(half 0)" "$(half 32)" >signature.cnf
openssl asn1parse -genconf signature.cnf -noout -out ec.sig
tap_ok "sign: and ECDSA" openssl dgst -sha256 -verify 03.pub -signature ec.sig data
head -c 32 data >secret
openssl pkeyutl -encrypt -pubin -inkey 01.pub -in secret -out encrypted \
	-pkeyopt rsa_padding_mode:oaep -pkeyopt rsa_oaep_md:sha256 -pkeyopt rsa_mgf1_md:sha256
tap_ok "decrypt" python decrypt encrypted decrypted
tap_ok "decrypt: it is what was encrypted" cmp secret decrypted
tap_ok "generate and destroy" python generate

python wait >waiting 2>&1 {tap_fd}>&- &
waiter=$!
until grep -q waiting waiting || ! kill -0 "$waiter" 2>/dev/null; do read -rt 0.1 <> <(:); done
card_pull
tap_ok "waitForSlotEvent" wait "$waiter" || tap_note "$(cat waiting)"
client_done
