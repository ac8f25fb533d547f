# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# What the tests of the module do with a card that has the keys of tool_keys: all that does not depend on whose card it is. Source it
# after module_tool.sh and tool_keys. Not a test itself.

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
	tap_ok "a certificate is written beside key $key" writer --write-object "$CARD_DIR/$key.crt" --type cert --id "$key"
done
tool --read-object --type cert --id 01 --output-file "$CARD_DIR/read.crt" >/dev/null 2>&1
tap_ok "and read back without a PIN" cmp "$CARD_DIR/01.crt" "$CARD_DIR/read.crt"
echo "a note" >"$CARD_DIR/note"
tap_ok "a data object is written" writer --write-object "$CARD_DIR/note" --type data --label note --application-label tests
tool --read-object --type data --label note --application-label tests --output-file "$CARD_DIR/note.read" >/dev/null 2>&1
tap_ok "and read back" cmp "$CARD_DIR/note" "$CARD_DIR/note.read"
tap_ok "and deleted" writer --delete-object --type data --label note
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
tap_ok "pkcs11-tool --test-threads passes" timeout 120 pkcs11-tool --module "$CARD_MODULE" \
	--test-threads ILGISLT0 --test-threads ILGISLT0 --test-threads INGISLT0 --test-threads ILSLGIT0

# ---- few commands ----

before=$(apdus)
user --sign --id 01 --mechanism SHA256-RSA-PKCS --input-file "$CARD_DIR/note" --output-file "$CARD_DIR/sig" >/dev/null 2>&1
tap_note "$(($(apdus) - before)) APDUs from C_Initialize to C_Finalize for one signature by pkcs11-tool"
tap_is "a signature is one command" "$(tail -n "$(($(apdus) - before))" "$COUNTERSIGN_TRACE" | grep -c ' 00 87 ')" 1
