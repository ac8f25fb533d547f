#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# yubico-piv-tool on our card, profile piv: every action, and every algorithm that it has and the card too.
. "${top_srcdir:-.}/tests/lib/card.sh"
. "$top_srcdir/tests/lib/client.sh"

command -v yubico-piv-tool >/dev/null || tap_skip_all "yubico-piv-tool is not installed"
client_begin yubico-piv-tool yubico-piv-tool list-readers version status set-chuid set-ccc generate selfsign-certificate \
	request-certificate import-certificate "import-certificate --compress" read-certificate delete-certificate import-key test-signature \
	test-decipher attest write-object read-object verify-pin change-pin change-puk unblock-pin set-mgm-key \
	"set-mgm-key to AES" pin-retries move-key delete-key reset "reset --global" verify-bio \
	"AES192 card: status" "AES192 card: set-chuid" "AES192 card: generate" "AES192 card: import-key" \
	"AES192 card: import-certificate" "AES192 card: write-object" "AES192 card: set-mgm-key" \
	"AES192 card: pin-retries" "AES192 card: reset"
cd "$CARD_DIR" || exit 1

# ykcs11 looks at the reader's name; so does the tool, if it is not told otherwise.
pcscd_start "Yubico YubiKey Virtual"
card_start piv
PIN=123456 PUK=12345678

# A fault of the tool or the card must not wait for a person.
tool()
{
	timeout 120 yubico-piv-tool --reader Yubico "$@" </dev/null
}

tap_like "list-readers" "$(tool -a list-readers)" "Yubico YubiKey Virtual"
tap_like "version is that of a card with all the commands" "$(tool -a version)" "5\.[0-9]+\.[0-9]+"
tap_like "status of a fresh card" "$(tool -a status 2>&1)" "PIN tries left:.*3"
tap_ok "set-chuid" tool -a set-chuid
tap_ok "set-ccc" tool -a set-ccc

# A certificate for a key that is not at hand.
openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -subj /CN=ca -days 30 -out ca.crt 2>/dev/null
openssl req -new -key ca.key -subj /CN=any -out any.csr 2>/dev/null
certify()
{
	openssl x509 -req -in any.csr -CA ca.crt -CAkey ca.key -CAcreateserial -force_pubkey "$1" -days 30 -out "$2" 2>/dev/null
}

# Versions before 2.3.1 cannot sign certificates with OpenSSL 3: they fail without asking the card (yubico-piv-tool#388).
version=$(yubico-piv-tool --version | grep -o '[0-9.]*$')
can_sign=false
[ "$(printf '%s\n' 2.3.1 "$version" | sort -V | head -n 1)" = 2.3.1 ] && can_sign=true

sign_test()
{
	local slot=$1 name=$2
	tap_ok "selfsign-certificate in $slot, $name" \
		tool -a verify-pin -P "$PIN" -a selfsign-certificate -s "$slot" -S "/CN=$name/O=test/" -i "$name.pub" -o "$name.crt"
	tap_ok "openssl verifies that certificate" openssl verify -CAfile "$name.crt" "$name.crt"
	tap_ok "request-certificate in $slot, $name" \
		tool -a verify-pin -P "$PIN" -a request-certificate -s "$slot" -S "/CN=$name/O=test/" -i "$name.pub" -o "$name.csr"
	tap_ok "openssl verifies that request" openssl req -in "$name.csr" -noout -verify
}

# Each slot with a generated key: certificate, signature, decryption, attestation.
slot_test()
{
	local slot=$1 algorithm=$2 use=$3 name=$1.$2
	tap_ok "generate $algorithm in $slot" tool -a generate -s "$slot" -A "$algorithm" -o "$name.pub"
	if $can_sign; then
		sign_test "$slot" "$name"
	else
		tap_skip "selfsign-certificate in $slot" "before 2.3.1 it fails with OpenSSL 3, without asking the card"
		tap_skip "request-certificate in $slot" "before 2.3.1 it fails with OpenSSL 3, without asking the card"
		certify "$name.pub" "$name.crt"
	fi
	tap_ok "import-certificate to $slot" tool -a import-certificate -s "$slot" -i "$name.crt"
	tool -a read-certificate -s "$slot" -o "$name.back" 2>/dev/null
	tap_ok "read-certificate of $slot gives the same" cmp "$name.crt" "$name.back"
	tap_ok "test-$use with $slot, $algorithm" tool -a verify-pin -P "$PIN" -a "test-$use" -s "$slot" -i "$name.crt"
	tap_ok "attest $slot" tool -a attest -s "$slot" -o "$name.att"
	openssl x509 -in "$name.att" -noout -pubkey >"$name.attpub" 2>/dev/null
	tap_ok "the attestation is for the generated key" cmp "$name.pub" "$name.attpub"
}
slot_test 9a RSA2048 signature
slot_test 9c ECCP256 signature
slot_test 9d RSA2048 decipher
slot_test 9d ECCP256 decipher
slot_test 9e ECCP256 signature
slot_test 82 RSA2048 decipher
slot_test 9c ECCP384 signature
# algorithm, use: where the tool has it, and the card says so (SELECT's AC; ykcs11 has no such list).
for kind in RSA3072:signature ED25519:signature; do
	if tool --full-help | grep -q "\"${kind%:*}\""; then
		slot_test 9a "${kind%:*}" "${kind#*:}"
	else
		tap_skip "generate ${kind%:*}" "not in this version"
	fi
done
if tool --full-help | grep -q '"X25519"'; then
	tap_ok "generate X25519 in 9d" tool -a generate -s 9d -A X25519 -o x25519.pub
	tap_ok "attest, X25519" tool -a attest -s 9d -o x25519.att
fi

tool -a read-certificate -s f9 -o f9.crt 2>/dev/null
tap_ok "the attestations are signed by the card's own key" openssl verify -partial_chain -CAfile f9.crt 9a.RSA2048.att 9c.ECCP256.att
# The object is 70 with two bytes of length, and more behind the certificate.
tool -a read-object --id 0x5fff02 -f binary -o root.object 2>/dev/null
tail -c +5 root.object | openssl x509 -inform DER -out root.crt 2>/dev/null
tap_ok "and the chain reaches the card's root, strictly" \
	openssl verify -x509_strict -CAfile root.crt -untrusted f9.crt 9a.RSA2048.att 9c.ECCP256.att

# Imported keys are used as generated ones are.
import_test()
{
	local slot=$1 algorithm=$2 name=import.$2
	shift 2
	"$@" -out "$name.key" 2>/dev/null
	openssl req -x509 -new -key "$name.key" -subj "/CN=$name" -days 30 -out "$name.crt" 2>/dev/null
	tap_ok "import-key $algorithm to $slot" tool -a import-key -s "$slot" -i "$name.key"
	tap_ok "import-certificate $algorithm to $slot" tool -a import-certificate -s "$slot" -i "$name.crt"
	tap_ok "test-signature with the imported key, $algorithm" \
		tool -a verify-pin -P "$PIN" -a test-signature -s "$slot" -i "$name.crt"
	tap_refused "an imported key has no attestation" tool -a attest -s "$slot"
}
# The tool writes a wrong length where one of a key's numbers is shorter than the others, as one in a hundred keys has it: not those.
rsa_key()
{
	local short=1
	while [ "$short" -ne 0 ]; do
		openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 "$@"
		short=$(openssl asn1parse -in "${*: -1}" -strparse 22 | grep INTEGER | tail -n 3 | grep -cvE 'l= *12[89] ')
	done
}
# Nor one whose number begins with a zero octet, as one in 256 does.
ec_key()
{
	until openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 "$@" &&
		openssl ec -in "${*: -1}" -outform DER | openssl asn1parse -inform DER | grep -qE 'HEX DUMP\]:0?[1-9A-F]'; do :; done
}
import_test 9a RSA2048 rsa_key
import_test 9c ECCP256 ec_key

# What newer versions have.
if tool --full-help | grep -q move-key; then
	tap_ok "move-key from 82 to 83" tool -a move-key -s 82 --to-slot 83
	tap_ok "its key attests there" tool -a attest -s 83
	tap_refused "and is gone from 82" tool -a attest -s 82
	tap_ok "delete-key" tool -a delete-key -s 83
	tap_refused "which is gone then" tool -a attest -s 83
else
	tap_skip "move-key" "not in this version"
	tap_skip "delete-key" "not in this version"
fi
if tool --full-help | grep -q -- --compress; then
	openssl req -x509 -new -key ca.key -subj "/CN=$(printf 'long%.0s' {1..14})" -days 30 -out big.crt \
		-addext "subjectAltName=$(printf 'DNS:%s.example.org,' {a..z}{a..d} | sed 's/,$//')" 2>/dev/null
	tap_ok "import-certificate --compress, $(openssl x509 -in big.crt -outform DER | wc -c) bytes" \
		tool -a import-certificate --compress -s 84 -i big.crt
	tool -a read-certificate -s 84 -o big.back 2>/dev/null
	tap_ok "which comes back whole" cmp big.crt big.back
else
	tap_skip "import-certificate --compress" "not in this version"
fi

tap_ok "delete-certificate" tool -a delete-certificate -s 9c
tap_refused "which is gone then" tool -a read-certificate -s 9c

# Objects.
tap_ok "write-object" tool -a write-object --id 0x5fff11 -f hex -i <(echo 53060102030405ff)
tap_like "read-object gives it back" "$(tool -a read-object --id 0x5fff11 -f hex 2>&1)" "0102030405ff"

# PIN policy: a key that never asks.
tap_ok "generate with PIN policy never" tool -a generate -s 9a -A ECCP256 --pin-policy never -o never.pub
certify never.pub never.crt
tap_ok "which signs without a PIN" tool -a test-signature -s 9a -i never.crt

# PIN and PUK.
tap_refused "verify-pin, a wrong PIN is refused" tool -a verify-pin -P 999999
tap_like "and costs a try" "$(tool -a status 2>&1)" "PIN tries left:.*2"
tap_ok "change-pin" tool -a change-pin -P "$PIN" -N 654321
tap_like "the tries are all there again" "$(tool -a status 2>&1)" "PIN tries left:.*3"
tap_refused "the old PIN is refused" tool -a verify-pin -P "$PIN"
tap_ok "the new PIN is good" tool -a verify-pin -P 654321
tap_ok "change-puk" tool -a change-puk -P "$PUK" -N 87654321
for _ in 1 2 3; do tool -a verify-pin -P 000000 >/dev/null 2>&1; done
tap_refused "after three wrong PINs the right one is refused too" tool -a verify-pin -P 654321
tap_refused "unblock-pin with the old PUK is refused" tool -a unblock-pin -P "$PUK" -N "$PIN"
tap_ok "unblock-pin with the new PUK" tool -a unblock-pin -P 87654321 -N "$PIN"
tap_ok "and the PIN is good" tool -a verify-pin -P "$PIN"

# The management key.
NEW=A0A1A2A3A4A5A6A7B0B1B2B3B4B5B6B7C0C1C2C3C4C5C6C7
tap_ok "set-mgm-key" tool -a set-mgm-key -n "$NEW"
tap_refused "the old management key is refused" tool -a set-chuid
tap_ok "the new one is good" tool --key="$NEW" -a set-chuid
tap_refused "a weak 3DES key is refused" tool --key="$NEW" -a set-mgm-key -n 010101010101010101010101010101010101010101010101
if tool --full-help | grep -q new-key-algo; then
	for kind in AES128:32 AES192:48 AES256:64; do
		key=$(openssl rand -hex $((${kind#*:} / 2)))
		tap_ok "set-mgm-key to AES, ${kind%:*}" tool --key="$NEW" -a set-mgm-key --new-key-algo "${kind%:*}" -n "$key"
		NEW=$key
		tap_ok "authentication with ${kind%:*}" tool --key="$NEW" -a set-chuid
	done
else
	tap_skip "set-mgm-key to AES" "not in this version"
fi

tap_ok "pin-retries" tool --key="$NEW" -a verify-pin -P "$PIN" -a pin-retries --pin-retries 5 --puk-retries 4
tap_like "status tells the new number" "$(tool -a status 2>&1)" "PIN tries left:.*5"

# Reset: only when both are blocked, and then all is as it was.
tap_refused "reset is refused while the PIN is not blocked" tool -a reset
for _ in 1 2 3 4 5; do
	tool -a verify-pin -P 000000
	tool -a change-puk -P 00000000 -N 87654321
done >/dev/null 2>&1
tap_ok "reset with PIN and PUK blocked" tool -a reset
tap_ok "PIN and management key are the factory's again" tool -a verify-pin -P "$PIN" -a set-chuid
tap_refused "no certificate is left" tool -a read-certificate -s 9a
if tool --full-help | grep -q -- --global; then
	tap_skip "reset --global" "it resets every application at once, by the Management application that this card does not have"
else
	tap_skip "reset --global" "not in this version"
fi
tap_skip "verify-bio" "fingerprints: of the reference token's Bio series only"

# A card whose management key is AES-192 from the start, as on the reference token's newest firmware.
card_stop && card_start piv --management aes192
tap_like "AES192 card: status" "$(tool -a status 2>&1)" "PIN tries left:.*3"
aes_test()
{
	local name=import.ECCP256
	tap_ok "AES192 card: set-chuid" tool -a set-chuid
	tap_ok "AES192 card: generate" tool -a generate -s 9a -A ECCP256 -o aes.pub
	tap_ok "AES192 card: import-key" tool -a import-key -s 9c -i "$name.key"
	tap_ok "AES192 card: import-certificate" tool -a import-certificate -s 9c -i "$name.crt"
	tap_ok "test-signature with that key" tool -a verify-pin -P "$PIN" -a test-signature -s 9c -i "$name.crt"
	tap_ok "AES192 card: write-object" tool -a write-object --id 0x5fff11 -f hex -i <(echo 53060102030405ff)
	NEW=$(openssl rand -hex 24)
	tap_ok "AES192 card: set-mgm-key" tool -a set-mgm-key --new-key-algo AES192 -n "$NEW"
	tap_refused "the factory's management key is refused then" tool -a set-chuid
	tap_ok "and the new one is good" tool --key="$NEW" -a set-chuid
	tap_ok "AES192 card: pin-retries" tool --key="$NEW" -a verify-pin -P "$PIN" -a pin-retries --pin-retries 3 --puk-retries 3
}
if tool --full-help | grep -q new-key-algo; then
	aes_test
else
	for action in set-chuid generate import-key import-certificate write-object set-mgm-key pin-retries; do
		tap_skip "AES192 card: $action" "it authenticates with 3DES only"
	done
fi
for _ in 1 2 3; do
	tool -a verify-pin -P 000000
	tool -a change-puk -P 00000000 -N 87654321
done >/dev/null 2>&1
tap_ok "AES192 card: reset" tool -a reset
if tool --full-help | grep -q new-key-algo; then
	tap_ok "after which the factory's AES192 key is good again" tool -a set-chuid
fi

client_done
