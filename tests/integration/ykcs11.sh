#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# ykcs11, the PKCS#11 module of yubico-piv-tool, on our card, profile piv: driven by pkcs11-tool.
. "${top_srcdir:-.}/tests/lib/card.sh"
. "$top_srcdir/tests/lib/client.sh"

ykcs11=$(find /usr/lib -name 'libykcs11.so*' 2>/dev/null | head -n 1)
[ -n "$ykcs11" ] || tap_skip_all "libykcs11 is not installed"
command -v pkcs11-tool >/dev/null || tap_skip_all "pkcs11-tool is not installed"
client_begin ykcs11 ykcs11 "token and mechanisms" "objects" "key pair, RSA" "key pair, EC" "key pair, Ed25519" "key pair, X25519" \
	"signature, RSA" "signature, RSA-PSS" "signature, ECDSA" "signature, Ed25519" "signature in slot 9C" "decryption, RSA" \
	"key agreement, ECDH" "import of a private key" "certificate, write" "attestation certificate" "PIN, change" \
	"management key, change" "random numbers" "deletion of a key"
cd "$CARD_DIR" || exit 1
pcscd_start "Yubico YubiKey Virtual" # it looks at the reader's name
card_start piv
PIN=123456 SO=010203040506070801020304050607080102030405060708

p11()
{
	timeout 120 pkcs11-tool --module "$ykcs11" "$@" </dev/null
}
so()
{
	p11 --login --login-type so --so-pin "$SO" "$@"
}
user()
{
	p11 --login --pin "$PIN" "$@"
}
public_key()
{
	rm -f "$2"
	p11 --read-object --type pubkey --id "$1" -o "$2" >/dev/null 2>&1
	# Older pkcs11-tools cannot write a public key of P-384; the module has put a certificate for it.
	[ -s "$2" ] || p11 --read-object --type cert --id "$1" 2>/dev/null | openssl x509 -inform DER -noout -pubkey |
		openssl pkey -pubin -outform DER -out "$2"
}

tap_like "token and mechanisms: the token" "$(p11 -L 2>&1)" "YubiKey PIV"
tap_like "token and mechanisms: RSA" "$(p11 -M 2>&1)" "SHA256-RSA-PKCS,"
head -c 100 /dev/urandom >data
openssl dgst -sha256 -binary -out data.hash data

# The modules' ids: 1 is 9A, 2 is 9C, 3 is 9D, 4 is 9E, 5 is 82 ...
tap_ok "key pair, RSA, 2048 bits in 9A" so --keypairgen --id 1 --key-type rsa:2048
public_key 1 rsa.der
tap_ok "signature, RSA" user --sign --id 1 -m SHA256-RSA-PKCS -i data -o rsa.sig
tap_ok "openssl verifies it" openssl dgst -sha256 -keyform DER -verify rsa.der -signature rsa.sig data
tap_ok "signature, RSA-PSS" user --sign --id 1 -m SHA256-RSA-PKCS-PSS -i data -o pss.sig
tap_ok "openssl verifies that" openssl dgst -sha256 -keyform DER -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:-1 \
	-verify rsa.der -signature pss.sig data
openssl pkeyutl -encrypt -pubin -keyform DER -inkey rsa.der -in data.hash -out data.enc
tap_ok "decryption, RSA" user --decrypt --id 1 -m RSA-PKCS -i data.enc -o data.dec
tap_ok "gives what was encrypted" cmp data.hash data.dec

# id, curve
ec_test()
{
	tap_ok "key pair, EC, $2" so --keypairgen --id "$1" --key-type "EC:$2"
	public_key "$1" "$2.der"
	tap_ok "signature, ECDSA, $2" user --sign --id "$1" -m ECDSA-SHA256 --signature-format openssl -i data -o ec.sig
	tap_ok "openssl verifies it, $2" openssl dgst -sha256 -keyform DER -verify "$2.der" -signature ec.sig data
}
ec_test 1 prime256v1
ec_test 1 secp384r1
tap_ok "signature in slot 9C, its key" so --keypairgen --id 2 --key-type EC:prime256v1
public_key 2 9c.der
tap_ok "signature in slot 9C, the PIN directly before it" \
	user --sign --id 2 -m ECDSA-SHA256 --signature-format openssl -i data -o 9c.sig
tap_ok "openssl verifies it" openssl dgst -sha256 -keyform DER -verify 9c.der -signature 9c.sig data

tap_ok "key agreement, ECDH, its key" so --keypairgen --id 3 --key-type EC:prime256v1
public_key 3 kdh.der
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out peer.key 2>/dev/null
openssl pkey -in peer.key -pubout -outform DER -out peer.der
tap_ok "key agreement, ECDH" user --derive --id 3 -m ECDH1-DERIVE -i peer.der -o derived
openssl pkeyutl -derive -inkey peer.key -peerkey <(openssl pkey -pubin -inform DER -in kdh.der) -out wanted 2>/dev/null
tap_ok "gives the secret that the peer has" cmp derived wanted

# Whether it has the curves of RFC 8410 depends on its version.
if p11 -M 2>/dev/null | grep -q EC-EDWARDS-KEY-PAIR-GEN; then
	tap_ok "key pair, Ed25519" so --keypairgen --id 6 --key-type EC:edwards25519
	point=$(p11 -O --type pubkey --id 6 2>/dev/null | sed -n 's/.*EC_POINT: *0420//p')
	printf '%b' "$(sed 's/../\\x&/g' <<<"302A300506032B6570032100$point")" >ed.der
	tap_ok "signature, Ed25519" user --sign --id 6 -m EDDSA -i data -o ed.sig
	tap_ok "openssl verifies it" openssl pkeyutl -verify -rawin -pubin -keyform DER -inkey ed.der -sigfile ed.sig -in data
	tap_skip "key pair, X25519" "it refuses pkcs11-tool's attributes before it asks the card"
else
	tap_skip "key pair, Ed25519" "not in this version"
	tap_skip "signature, Ed25519" "not in this version"
	tap_skip "key pair, X25519" "not in this version"
fi

# Of an RSA key pkcs11-tool gives the modulus too, which ykcs11 refuses before it asks the card.
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out import.key 2>/dev/null
openssl pkey -in import.key -outform DER -out import.der 2>/dev/null
openssl req -x509 -new -key import.key -subj /CN=import -days 30 -outform DER -out import.crt 2>/dev/null
import=$(so --write-object import.der --type privkey --id 4 2>&1)
imported=$?
tap_ok "certificate, write" so --write-object import.crt --type cert --id 4
p11 --read-object --type cert --id 4 -o back.crt >/dev/null 2>&1
tap_ok "gives the same certificate back" cmp import.crt back.crt
if [[ $import =~ CKR_ATTRIBUTE_TYPE_INVALID ]]; then
	tap_skip "import of a private key" "it refuses pkcs11-tool's attributes before it asks the card"
else
	tap_is "import of a private key, P-256" "$imported" 0
	tap_ok "import of a private key: it signs" \
		user --sign --id 4 -m ECDSA-SHA256 --signature-format openssl -i data -o import.sig
	tap_ok "openssl verifies it" openssl dgst -sha256 -verify <(openssl pkey -in import.key -pubout) -signature import.sig data
fi

objects=$(p11 -O 2>&1)
tap_like "objects: certificates" "$objects" "X.509 Certificate for"
tap_like "objects: public keys" "$objects" "Public key for"
tap_like "objects: private keys" "$(user -O 2>&1)" "Private key for"
tap_like "attestation certificate" "$objects" "[Aa]ttestation"
tap_ok "random numbers" p11 --generate-random 32 -o random
tap_refused "a wrong PIN is refused" p11 --login --pin 999999 -O
tap_ok "PIN, change" user --change-pin --new-pin 654321
tap_ok "PIN, change, and back" p11 --login --pin 654321 --change-pin --new-pin "$PIN"
NEW=A0A1A2A3A4A5A6A7B0B1B2B3B4B5B6B7C0C1C2C3C4C5C6C7
tap_ok "management key, change" so --change-pin --new-pin "$NEW"
SO=$NEW
tap_ok "management key, change: the new one is good" so --keypairgen --id 1 --key-type EC:prime256v1
tap_ok "deletion of a key" so --delete-object --type privkey --id 1

client_done
