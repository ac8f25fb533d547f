#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# OpenSC's tools and its own PKCS#11 module on our card, profile piv.
. "${top_srcdir:-.}/tests/lib/card.sh"
. "$top_srcdir/tests/lib/client.sh"

for need in opensc-tool piv-tool pkcs15-tool pkcs15-crypt pkcs11-tool; do
	command -v "$need" >/dev/null || tap_skip_all "$need is not installed"
done
client_begin opensc opensc "opensc-tool --name" "opensc-tool --serial" "opensc-tool --atr" "opensc-tool --list-readers" \
	"opensc-tool --list-algorithms" "opensc-tool --send-apdu" "opensc-tool --reset" "opensc-tool --list-files" "piv-tool --name" \
	"piv-tool --serial" "piv-tool --admin" "piv-tool --genkey" "piv-tool --cert" "piv-tool --compresscert" "piv-tool --object" \
	"piv-tool --send-apdu" "pkcs15-tool --dump" "pkcs15-tool --list-applications" "pkcs15-tool --list-pins" "pkcs15-tool --list-keys" \
	"pkcs15-tool --list-public-keys" "pkcs15-tool --list-certificates" "pkcs15-tool --list-data-objects" "pkcs15-tool --read-certificate" \
	"pkcs15-tool --read-public-key" "pkcs15-tool --read-ssh-key" "pkcs15-tool --read-data-object" "pkcs15-tool --verify-pin" \
	"pkcs15-tool --change-pin" "pkcs15-tool --unblock-pin" "pkcs15-crypt --sign" "pkcs15-crypt --decipher" "pkcs15-init" \
	"pkcs11-tool, token and objects" "pkcs11-tool --sign, RSA" "pkcs11-tool --sign, RSA-PSS" "pkcs11-tool --sign, ECDSA" \
	"pkcs11-tool --decrypt" "pkcs11-tool --derive" "pkcs11-tool --test" "pkcs11-tool --test-threads" "pkcs11-tool --change-pin" \
	"pkcs11-tool --unlock-pin" "pkcs11-tool --generate-random"
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

tap_like "opensc-tool --name knows the card" "$(limit opensc-tool --reader "$CARD_READER" --name 2>&1)" "(PIV|Personal Identity)"
tap_like "opensc-tool --serial" "$(limit opensc-tool --reader "$CARD_READER" --serial 2>&1)" "[0-9A-F]{2} [0-9A-F]{2}"
tap_like "opensc-tool --send-apdu, a foreign application is not found" \
	"$(limit opensc-tool --reader "$CARD_READER" --send-apdu 00:A4:04:00:0B:A0:00:00:03:97:43:49:44:5F:01:00 2>&1)" "SW1=0x6A, SW2=0x82"

tap_like "opensc-tool --atr" "$(limit opensc-tool --reader "$CARD_READER" --atr 2>&1)" "3b:fb:13:00:00:81:31:fe:45"
tap_like "opensc-tool --list-readers" "$(limit opensc-tool --list-readers 2>&1)" "Yes .*Virtual PCD"
tap_like "opensc-tool --list-algorithms" "$(limit opensc-tool --reader "$CARD_READER" --list-algorithms 2>&1)" "[Rr][Ss][Aa]"
tap_ok "opensc-tool --reset" limit opensc-tool --reader "$CARD_READER" --reset
tap_skip "opensc-tool --list-files" "PIV has data objects, no files"
tap_like "piv-tool --name" "$(piv --name 2>&1)" "(PIV|Personal Identity)"
tap_like "piv-tool --serial" "$(piv --serial 2>&1)" "[0-9A-Fa-f]{2}"
tap_ok "piv-tool --admin" piv --admin M:9B:03 --serial
tap_refused "piv-tool --admin, a wrong key" env PIV_EXT_AUTH_KEY=/dev/null timeout 120 piv-tool --reader "$CARD_READER" --admin M:9B:03

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
		tap_pass "piv-tool --genkey in $slot, $name"
		openssl pkey -pubin -in "$name.pub" -out "$name.pem" 2>/dev/null ||
			openssl pkey -pubin -inform DER -in "$name.pub" -out "$name.pem"
	else
		tap_skip "piv-tool --genkey in $slot, $name" "$why"
		piv --admin M:9B:03 --send-apdu "00:47:00:$slot:05:AC:03:80:01:$algorithm:00" 2>/dev/null | public_key >"$name.pem"
		tap_ok "piv-tool --send-apdu, GENERATE in $slot, $name" test -s "$name.pem"
	fi
	openssl req -new -key ca.key -subj "/CN=$name" 2>/dev/null |
		openssl x509 -req -CA ca.crt -CAkey ca.key -CAcreateserial -force_pubkey "$name.pem" -days 30 -out "$name.crt" 2>/dev/null
	piv --admin M:9B:03 --cert "$slot" --in "$name.crt" >/dev/null 2>&1 || true # its exit status is a length
	tap_is "piv-tool --cert in $slot, $name" \
		"$(limit pkcs15-tool --reader "$CARD_READER" --read-certificate "$id" 2>/dev/null | openssl x509 -outform DER | sha256sum)" \
		"$(openssl x509 -in "$name.crt" -outform DER | sha256sum)"
}
key_make 9A 07 rsa 01
key_make 9C 11 ec 02
key_make 9D 07 kdh 03

objects=$(limit pkcs15-tool --reader "$CARD_READER" --dump 2>&1)
tap_like "pkcs15-tool --dump shows the PIN" "$objects" "PIN \[(Global )?PIN|PIN \[PIN\]"
tap_like "pkcs15-tool --dump shows the private keys" "$objects" "Private RSA Key \[PIV AUTH key\]"
tap_like "pkcs15-tool --dump shows the EC key" "$objects" "Private EC Key \[SIGN key\]"
tap_ok "pkcs15-tool --verify-pin" limit pkcs15-tool --reader "$CARD_READER" --verify-pin --auth-id 01 --pin "$PIN"
tap_refused "pkcs15-tool --verify-pin, a wrong PIN is refused" limit pkcs15-tool --reader "$CARD_READER" --verify-pin --auth-id 01 --pin 999999
tap_ok "pkcs15-tool --change-pin" \
	limit pkcs15-tool --reader "$CARD_READER" --change-pin --auth-id 01 --pin "$PIN" --new-pin 654321
tap_ok "pkcs15-tool --unblock-pin with the PUK" \
	limit pkcs15-tool --reader "$CARD_READER" --unblock-pin --auth-id 01 --puk "$PUK" --new-pin "$PIN"

pk15()
{
	limit pkcs15-tool --reader "$CARD_READER" "$@"
}
tap_skip "pkcs15-tool --list-applications" "it reads EF.DIR, which PIV cards do not have"
tap_like "pkcs15-tool --list-pins" "$(pk15 --list-pins 2>&1)" "PIN \\["
tap_like "pkcs15-tool --list-keys" "$(pk15 --list-keys 2>&1)" "Private EC Key"
tap_like "pkcs15-tool --list-public-keys" "$(pk15 --list-public-keys 2>&1)" "Public RSA Key"
tap_like "pkcs15-tool --list-certificates" "$(pk15 --list-certificates 2>&1)" "Certificate for PIV Authentication"
tap_like "pkcs15-tool --list-data-objects" "$(pk15 --list-data-objects 2>&1)" "Card Holder Unique Identifier"
tap_like "pkcs15-tool --read-certificate" "$(pk15 --read-certificate 01 2>&1)" "BEGIN CERTIFICATE"
tap_is "pkcs15-tool --read-public-key" "$(pk15 --read-public-key 01 2>/dev/null | openssl pkey -pubin -outform DER | sha256sum)" \
	"$(openssl pkey -pubin -in rsa.pem -outform DER | sha256sum)"
tap_like "pkcs15-tool --read-ssh-key" "$(pk15 --read-ssh-key 01 2>&1)" "ssh-rsa AAAA"
tap_ok "pkcs15-tool --read-data-object" pk15 --read-data-object "Card Holder Unique Identifier" --raw --output chuid
tap_ok "which is not empty" test -s chuid

# Data objects: contents as PUT DATA's 53 has them.
printf '\x53\x05\xAA\x55\x01\x02\x03' >object
piv --admin M:9B:03 --object 9000 --in object >/dev/null 2>&1 || true # as with certificates
tap_like "piv-tool --object" "$(limit opensc-tool --reader "$CARD_READER" \
	--send-apdu 00:A4:04:00:05:A0:00:00:03:08 --send-apdu 00:CB:3F:FF:05:5C:03:5F:C1:06:00 2>&1)" "AA 55 01 02 03"
head -c 32 /dev/urandom >block
tap_ok "pkcs15-crypt --sign" limit pkcs15-crypt --reader "$CARD_READER" --sign --key 01 --sha-256 --pkcs1 --pin "$PIN" --raw \
	--input block --output block.sig
tap_ok "openssl verifies it" openssl pkeyutl -verify -pubin -inkey rsa.pem -pkeyopt digest:sha256 -sigfile block.sig -in block
openssl pkeyutl -encrypt -pubin -inkey kdh.pem -in block -out block.enc
tap_ok "pkcs15-crypt --decipher" limit pkcs15-crypt --reader "$CARD_READER" --decipher --key 03 --pkcs1 --pin "$PIN" --raw \
	--input block.enc --output block.dec
tap_ok "gives what was encrypted" cmp block block.dec
tap_skip "pkcs15-init" "OpenSC has it for cards with a PKCS#15 file system, not for PIV"

# OpenSC's module.
tap_like "pkcs11-tool, token and objects: the token" "$(p11 -L 2>&1)" "token (label|initialized|flags)"
tap_like "pkcs11-tool, token and objects: the objects" "$(p11 -O 2>&1)" "Certificate Object"
head -c 1000 /dev/urandom >data
tap_ok "pkcs11-tool --sign, RSA" p11 --login --pin "$PIN" --sign --id 01 -m SHA256-RSA-PKCS -i data -o rsa.sig
tap_ok "openssl verifies it" openssl dgst -sha256 -verify rsa.pem -signature rsa.sig data
tap_ok "pkcs11-tool --sign, RSA-PSS" p11 --login --pin "$PIN" --sign --id 01 -m SHA256-RSA-PKCS-PSS -i data -o pss.sig
tap_ok "openssl verifies it" openssl dgst -sha256 -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:-1 \
	-verify rsa.pem -signature pss.sig data
openssl dgst -sha256 -binary -out data.hash data
tap_ok "pkcs11-tool --sign, ECDSA, the PIN directly before it" \
	p11 --login --pin "$PIN" --sign --id 02 -m ECDSA -i data.hash -o ec.sig --signature-format openssl
tap_ok "openssl verifies it" openssl pkeyutl -verify -pubin -inkey ec.pem -sigfile ec.sig -in data.hash
openssl pkeyutl -encrypt -pubin -inkey kdh.pem -in data.hash -out data.enc
tap_ok "pkcs11-tool --decrypt" p11 --login --pin "$PIN" --decrypt --id 03 -m RSA-PKCS -i data.enc -o data.dec
tap_ok "gives what was encrypted" cmp data.hash data.dec
tap_refused "a wrong PIN is refused" p11 --login --pin 999999 -O
tap_ok "pkcs11-tool --test" p11 --login --pin "$PIN" --test
tap_skip "pkcs11-tool --test-threads" "its threads call C_Initialize at once, and OpenSC's own crashes on that now and then"
tap_ok "pkcs11-tool --change-pin" p11 --login --pin "$PIN" --change-pin --new-pin 765432
tap_ok "pkcs11-tool --change-pin, and back" p11 --login --pin 765432 --change-pin --new-pin "$PIN"
tap_ok "pkcs11-tool --generate-random" p11 --generate-random 16 -o random
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out peer.key 2>/dev/null
openssl pkey -in peer.key -pubout -outform DER -out peer.der
key_make 9D 11 agree 03
tap_ok "pkcs11-tool --derive" p11 --login --pin "$PIN" --derive --id 03 -m ECDH1-COFACTOR-DERIVE -i peer.der -o derived
openssl pkeyutl -derive -inkey peer.key -peerkey agree.pem -out wanted 2>/dev/null
tap_ok "gives the secret that the peer has" cmp derived wanted
for _ in 1 2 3; do p11 --login --pin 000000 -O >/dev/null 2>&1; done
tap_refused "a PIN that was guessed at three times is blocked" p11 --login --pin "$PIN" -O
tap_skip "pkcs11-tool --unlock-pin" "the module has it only where opensc.conf says how"

gzip -9 -n -c <(openssl x509 -in ca.crt -outform DER) >ca.gz
piv --admin M:9B:03 --compresscert 9E --in ca.gz >/dev/null 2>&1 || true
tap_is "piv-tool --compresscert" "$(pk15 --read-certificate 04 2>/dev/null | openssl x509 -outform DER | sha256sum)" \
	"$(openssl x509 -in ca.crt -outform DER | sha256sum)"

client_done
