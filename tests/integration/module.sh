# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# The module with OpenSC's pkcs11-tool, from a blank card on. What other programs do with it is in tests/clients.
. "${top_srcdir:=$(cd "$(dirname "$0")/../.." && pwd)}/tests/lib/card.sh"

command -v pkcs11-tool >/dev/null || tap_skip_all "pkcs11-tool (opensc) is not installed"

so_pin=82918273
pin=482913
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

tap_ok "an RSA key is made on the card" user --keypairgen --key-type rsa:2048 --id 01
tap_ok "a P-256 key too" user --keypairgen --key-type EC:secp256r1 --id 02
tap_ok "and one where the module finds room" user --keypairgen --key-type EC:prime256v1
tap_refused "a key that is there is not overwritten" user --keypairgen --key-type EC:secp256r1 --id 01
objects=$(user -O)
tap_like "it took the first empty slot" "$objects" "Key Management"
tap_like "the signature slot's key wants the PIN each time" "$objects" "always authenticate"
tap_like "public keys are there before login" "$(tool -O)" "Public Key Object; RSA 2048 bits"
tap_is "private ones are not" "$(tool -O | grep -c 'Private Key Object')" 0

# ---- certificates and data ----

for key in 01 02 03; do
	tool --read-object --type pubkey --id "$key" --output-file "$CARD_DIR/$key.der" >/dev/null 2>&1
	openssl pkey -pubin -inform DER -in "$CARD_DIR/$key.der" -out "$CARD_DIR/$key.pem" 2>/dev/null
done
openssl req -x509 -newkey rsa:2048 -nodes -keyout "$CARD_DIR/ca.key" -out "$CARD_DIR/ca.pem" -subj /CN=CA -days 30 2>/dev/null
for key in 01 02 03; do
	openssl req -new -newkey rsa:2048 -nodes -keyout "$CARD_DIR/unused.key" -subj "/CN=Alice $key" -out "$CARD_DIR/$key.csr" 2>/dev/null
	openssl x509 -req -in "$CARD_DIR/$key.csr" -CA "$CARD_DIR/ca.pem" -CAkey "$CARD_DIR/ca.key" -days 20 \
		-force_pubkey "$CARD_DIR/$key.pem" -outform DER -out "$CARD_DIR/$key.crt" 2>/dev/null
	tap_ok "a certificate is written beside key $key" user --write-object "$CARD_DIR/$key.crt" --type cert --id "$key"
done
tool --read-object --type cert --id 01 --output-file "$CARD_DIR/read.crt" >/dev/null 2>&1
tap_ok "and read back without a PIN" cmp "$CARD_DIR/01.crt" "$CARD_DIR/read.crt"
echo "a note" >"$CARD_DIR/note"
tap_ok "a data object is written" user --write-object "$CARD_DIR/note" --type data --label note --application-label tests
tool --read-object --type data --label note --application-label tests --output-file "$CARD_DIR/note.read" >/dev/null 2>&1
tap_ok "and read back" cmp "$CARD_DIR/note" "$CARD_DIR/note.read"
tap_ok "and deleted" user --delete-object --type data --label note
tap_is "then it is gone" "$(tool -O | grep -c "'note'")" 0

# ---- operations ----

head -c 3000 /dev/urandom >"$CARD_DIR/data"
openssl dgst -sha256 -binary "$CARD_DIR/data" >"$CARD_DIR/digest"

sign_verify()
{
	local id=$1 mechanism=$2 input=$3
	shift 3
	user --sign --id "$id" --mechanism "$mechanism" --input-file "$input" --output-file "$CARD_DIR/sig" "$@" &&
		tool --verify --id "$id" --mechanism "$mechanism" --input-file "$input" --signature-file "$CARD_DIR/sig" "$@" |
		grep -q "Signature is valid"
}

for mechanism in SHA1-RSA-PKCS SHA256-RSA-PKCS SHA384-RSA-PKCS SHA512-RSA-PKCS \
	SHA256-RSA-PKCS-PSS SHA384-RSA-PKCS-PSS SHA512-RSA-PKCS-PSS; do
	tap_ok "$mechanism signs and verifies" sign_verify 01 "$mechanism" "$CARD_DIR/data"
done
tap_ok "RSA-PKCS signs and verifies" sign_verify 01 RSA-PKCS "$CARD_DIR/digest"
tap_ok "RSA-PKCS-PSS signs and verifies a digest" sign_verify 01 RSA-PKCS-PSS "$CARD_DIR/digest" --hash-algorithm SHA256
for mechanism in ECDSA-SHA1 ECDSA-SHA256 ECDSA-SHA384 ECDSA-SHA512; do
	tap_ok "$mechanism signs and verifies" sign_verify 02 "$mechanism" "$CARD_DIR/data"
done
tap_ok "ECDSA signs and verifies" sign_verify 03 ECDSA "$CARD_DIR/digest"

user --sign --id 01 --mechanism SHA256-RSA-PKCS --input-file "$CARD_DIR/data" --output-file "$CARD_DIR/sig" >/dev/null 2>&1
tap_ok "OpenSSL agrees about an RSA signature" \
	openssl dgst -sha256 -verify "$CARD_DIR/01.pem" -signature "$CARD_DIR/sig" "$CARD_DIR/data"
user --sign --id 02 --mechanism ECDSA-SHA256 --signature-format openssl --input-file "$CARD_DIR/data" --output-file "$CARD_DIR/sig" >/dev/null 2>&1
tap_ok "and about an ECDSA signature" \
	openssl dgst -sha256 -verify "$CARD_DIR/02.pem" -signature "$CARD_DIR/sig" "$CARD_DIR/data"
echo x >>"$CARD_DIR/data"
tap_refused "which is not one of other data" \
	openssl dgst -sha256 -verify "$CARD_DIR/02.pem" -signature "$CARD_DIR/sig" "$CARD_DIR/data"

openssl pkeyutl -encrypt -pubin -inkey "$CARD_DIR/01.pem" -in "$CARD_DIR/note" -out "$CARD_DIR/note.enc"
user --decrypt --id 01 --mechanism RSA-PKCS --input-file "$CARD_DIR/note.enc" --output-file "$CARD_DIR/note.dec" >/dev/null 2>&1
tap_ok "what OpenSSL encrypted is decrypted" cmp "$CARD_DIR/note" "$CARD_DIR/note.dec"
openssl pkeyutl -encrypt -pubin -inkey "$CARD_DIR/01.pem" -in "$CARD_DIR/note" -out "$CARD_DIR/note.enc" \
	-pkeyopt rsa_padding_mode:oaep -pkeyopt rsa_oaep_md:sha256 -pkeyopt rsa_mgf1_md:sha256
user --decrypt --id 01 --mechanism RSA-PKCS-OAEP --hash-algorithm SHA256 --mgf MGF1-SHA256 \
	--input-file "$CARD_DIR/note.enc" --output-file "$CARD_DIR/note.dec" >/dev/null 2>&1
tap_ok "with OAEP too" cmp "$CARD_DIR/note" "$CARD_DIR/note.dec"
openssl ecparam -name prime256v1 -genkey -noout -out "$CARD_DIR/peer.key"
openssl pkey -in "$CARD_DIR/peer.key" -pubout -outform DER -out "$CARD_DIR/peer.der"
openssl pkeyutl -derive -inkey "$CARD_DIR/peer.key" -peerkey "$CARD_DIR/03.pem" -out "$CARD_DIR/secret"
user --derive --id 03 --mechanism ECDH1-DERIVE --input-file "$CARD_DIR/peer.der" --output-file "$CARD_DIR/secret.card" >/dev/null 2>&1
tap_ok "card and OpenSSL agree on a secret" cmp "$CARD_DIR/secret" "$CARD_DIR/secret.card"

# ---- pkcs11-tool's own tests ----

result=$(user --test 2>&1)
tap_like "pkcs11-tool --test finds no errors" "$result" "No errors"
tap_ok "pkcs11-tool --test-fork passes" tool --test-fork
tap_ok "pkcs11-tool --test-threads passes" timeout 60 pkcs11-tool --module "$CARD_MODULE" \
	--test-threads ILGISLT0 --test-threads ILGISLT0 --test-threads INGISLT0 --test-threads ILSLGIT0

# ---- few commands ----

before=$(apdus)
user --sign --id 01 --mechanism SHA256-RSA-PKCS --input-file "$CARD_DIR/note" --output-file "$CARD_DIR/sig" >/dev/null 2>&1
tap_note "$(($(apdus) - before)) APDUs from C_Initialize to C_Finalize for one signature by pkcs11-tool"
tap_is "a signature is one command" "$(tail -n "$(($(apdus) - before))" "$COUNTERSIGN_TRACE" | grep -c ' 00 87 ')" 1

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

tap_ok "a private key is deleted" user --delete-object --type privkey --id 03
tap_ok "and its certificate" user --delete-object --type cert --id 03
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
