#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# OpenSC's tools and its own PKCS#11 module on our card, profile piv.
. "${top_srcdir:-.}/tests/lib/card.sh"

for need in opensc-tool piv-tool pkcs15-tool pkcs11-tool; do
	command -v "$need" >/dev/null || tap_skip_all "$need is not installed"
done
tap_note "$(opensc-tool --version 2>&1 | head -n 1)"
cd "$CARD_DIR" || exit 1
export HOME=$CARD_DIR XDG_CACHE_HOME=$CARD_DIR/cache

card_start piv
PIN=123456 PUK=12345678
module=$(find /usr/lib -name opensc-pkcs11.so -path '*pkcs11*' 2>/dev/null | head -n 1)
[ -n "$module" ] || module=$(find /usr/lib -name opensc-pkcs11.so 2>/dev/null | head -n 1)

# These tools end with 255 where others have 1.
limit()
{
	local status=0
	timeout 120 "$@" </dev/null || status=$?
	[ "$status" -ne 255 ] || status=1
	return "$status"
}

# piv-tool takes the management key from a file, and authenticates with 3DES.
tr ' ' : <<<"01 02 03 04 05 06 07 08 01 02 03 04 05 06 07 08 01 02 03 04 05 06 07 08" >mgm.key
export PIV_EXT_AUTH_KEY=$CARD_DIR/mgm.key
piv()
{
	limit piv-tool --reader "$CARD_READER" "$@"
}
p11()
{
	limit pkcs11-tool --module "$module" "$@"
}

tap_like "opensc-tool knows the card" "$(limit opensc-tool --reader "$CARD_READER" --name 2>&1)" "(PIV|Personal Identity)"
tap_like "opensc-tool reads the serial number" "$(limit opensc-tool --reader "$CARD_READER" --serial 2>&1)" "[0-9A-F]{2} [0-9A-F]{2}"
tap_like "a foreign application is not found" \
	"$(limit opensc-tool --reader "$CARD_READER" --send-apdu 00:A4:04:00:0B:A0:00:00:03:97:43:49:44:5F:01:00 2>&1)" "SW1=0x6A, SW2=0x82"

openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -subj /CN=ca -days 30 -out ca.crt 2>/dev/null

# The card's answer to GENERATE, as piv-tool dumps it, to a public key.
public_key()
{
	local hex
	hex=$(sed -n '/^Received/,$p' | sed '1d' | cut -c 1-48 | tr -d ' \n')
	case $hex in
	7F49438641*) hex=3059301306072a8648ce3d020106082a8648ce3d030107034200${hex:10:130} ;;
	7F4982010981820100*) hex=30820122300d06092a864886f70d01010105000382010f003082010a0282010100${hex:18:512}0203010001 ;;
	*) return 1 ;;
	esac
	printf '%b' "$(sed 's/../\\x&/g' <<<"$hex")" | openssl pkey -pubin -inform DER -pubout
}

# Keys are made with piv-tool (9B authenticated with 3DES), certificates by openssl, and put with piv-tool. piv-tool 0.23 makes
# the key and then fails to write it down, with OpenSSL 3: there the command is sent as it is.
key_make()
{
	local slot=$1 algorithm=$2 name=$3 id=$4 why="it cannot write a public key with OpenSSL 3"
	if piv --admin M:9B:03 --genkey "$slot:$algorithm" --out "$name.pub" >/dev/null 2>&1 && [ -s "$name.pub" ]; then
		tap_pass "piv-tool generates a key in $slot, $name"
		openssl pkey -pubin -in "$name.pub" -out "$name.pem" 2>/dev/null ||
			openssl pkey -pubin -inform DER -in "$name.pub" -out "$name.pem"
	else
		tap_skip "piv-tool --genkey in $slot, $name" "$why"
		piv --admin M:9B:03 --send-apdu "00:47:00:$slot:05:AC:03:80:01:$algorithm:00" 2>/dev/null | public_key >"$name.pem"
		tap_ok "GENERATE through piv-tool in $slot, $name" test -s "$name.pem"
	fi
	openssl req -new -key ca.key -subj "/CN=$name" 2>/dev/null |
		openssl x509 -req -CA ca.crt -CAkey ca.key -CAcreateserial -force_pubkey "$name.pem" -days 30 -out "$name.crt" 2>/dev/null
	piv --admin M:9B:03 --cert "$slot" --in "$name.crt" >/dev/null 2>&1 || true # its exit status is a length
	tap_is "piv-tool puts a certificate in $slot, $name" \
		"$(limit pkcs15-tool --reader "$CARD_READER" --read-certificate "$id" 2>/dev/null | openssl x509 -outform DER | sha256sum)" \
		"$(openssl x509 -in "$name.crt" -outform DER | sha256sum)"
}
key_make 9A 07 rsa 01
key_make 9C 11 ec 02
key_make 9D 07 kdh 03

objects=$(limit pkcs15-tool --reader "$CARD_READER" --dump 2>&1)
tap_like "pkcs15-tool shows the PIN" "$objects" "PIN \[(Global )?PIN|PIN \[PIN\]"
tap_like "pkcs15-tool shows the private keys" "$objects" "Private RSA Key \[PIV AUTH key\]"
tap_like "pkcs15-tool shows the EC key" "$objects" "Private EC Key \[SIGN key\]"
tap_ok "pkcs15-tool verifies the PIN" limit pkcs15-tool --reader "$CARD_READER" --verify-pin --auth-id 01 --pin "$PIN"
tap_refused "pkcs15-tool refuses a wrong PIN" limit pkcs15-tool --reader "$CARD_READER" --verify-pin --auth-id 01 --pin 999999
tap_ok "pkcs15-tool changes the PIN" \
	limit pkcs15-tool --reader "$CARD_READER" --change-pin --auth-id 01 --pin "$PIN" --new-pin 654321
tap_ok "pkcs15-tool unblocks the PIN with the PUK" \
	limit pkcs15-tool --reader "$CARD_READER" --unblock-pin --auth-id 01 --puk "$PUK" --new-pin "$PIN"

# OpenSC's module.
tap_like "the module lists the token" "$(p11 -L 2>&1)" "token (label|initialized|flags)"
tap_like "the module lists the objects" "$(p11 -O 2>&1)" "Certificate Object"
head -c 1000 /dev/urandom >data
tap_ok "RSA signature" p11 --login --pin "$PIN" --sign --id 01 -m SHA256-RSA-PKCS -i data -o rsa.sig
tap_ok "openssl verifies it" openssl dgst -sha256 -verify rsa.pem -signature rsa.sig data
tap_ok "RSA-PSS signature" p11 --login --pin "$PIN" --sign --id 01 -m SHA256-RSA-PKCS-PSS -i data -o pss.sig
tap_ok "openssl verifies it" openssl dgst -sha256 -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:-1 \
	-verify rsa.pem -signature pss.sig data
openssl dgst -sha256 -binary -out data.hash data
tap_ok "ECDSA signature, the PIN directly before it" \
	p11 --login --pin "$PIN" --sign --id 02 -m ECDSA -i data.hash -o ec.sig --signature-format openssl
tap_ok "openssl verifies it" openssl pkeyutl -verify -pubin -inkey ec.pem -sigfile ec.sig -in data.hash
openssl pkeyutl -encrypt -pubin -inkey kdh.pem -in data.hash -out data.enc
tap_ok "RSA decryption" p11 --login --pin "$PIN" --decrypt --id 03 -m RSA-PKCS -i data.enc -o data.dec
tap_ok "gives what was encrypted" cmp data.hash data.dec
tap_refused "a wrong PIN is refused" p11 --login --pin 999999 -O
tap_ok "pkcs11-tool --test" p11 --login --pin "$PIN" --test
tap_ok "pkcs11-tool --test-threads" p11 --test-threads IN --test-threads ISLT --test-threads ILGISLT0
tap_ok "the PIN is changed through the module" p11 --login --pin "$PIN" --change-pin --new-pin 765432
tap_ok "and back" p11 --login --pin 765432 --change-pin --new-pin "$PIN"

tap_done
