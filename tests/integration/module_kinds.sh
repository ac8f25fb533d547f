# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# Keys of the newer kinds with OpenSC's pkcs11-tool, against OpenSSL: P-521, Ed25519, X25519, and AES keys that the card holds; ML-DSA and
# ML-KEM are in the unit test, for want of a pkcs11-tool that knows them.
. "${top_srcdir:=$(cd "$(dirname "$0")/../.." && pwd)}/tests/lib/card.sh"
. "$top_srcdir/tests/integration/module_tool.sh"

so_pin=82918273
pin=482913

card_start countersign
{
	tool --init-token --so-pin "$so_pin" --label Kinds
	tool --login --login-type so --so-pin "$so_pin" --init-pin --new-pin "$pin"
} >/dev/null 2>&1

mechanisms=$(tool -M)
for name in EDDSA EC-EDWARDS-KEY-PAIR-GEN EC-MONTGOMERY-KEY-PAIR-GEN ECDH1-COFACTOR-DERIVE AES-CBC-PAD AES-CMAC SHA256-HMAC; do
	tap_like "$name is in the list of mechanisms" "$mechanisms" "(^|[[:space:]])$name"
done
tap_like "P-521 is the longest key of ECDSA" "$mechanisms" "ECDSA, keySize=\{256,521\}"
for name in ML-DSA-65 ML-KEM-768; do
	tap_like "pkcs11-tool does not know $name, as docs/CLIENTS says" "$(user --keypairgen --key-type "$name" --id 09 2>&1)" \
		"Unknown key (pair )?type $name"
done

tap_ok "a P-521 key is made" user --keypairgen --key-type EC:secp521r1 --id 01
tap_ok "an Ed25519 key" user --keypairgen --key-type EC:edwards25519 --id 03
tap_ok "an X25519 key" user --keypairgen --key-type EC:curve25519 --id 05 --usage-derive
# The public key is put together here: pkcs11-tool before 0.24 reads memory that it has freed where it writes one of another curve than P-256.
point=$(tool -O --type pubkey --id 01 | sed -n 's/.*EC_POINT: *048185//p')
printf '%b' "$(sed 's/../\\x&/g' <<<"30819b301006072a8648ce3d020106052b8104002303818600$point")" >"$CARD_DIR/01.der"

head -c 3000 /dev/urandom >"$CARD_DIR/data"
user --sign --id 01 --mechanism ECDSA-SHA512 --signature-format openssl --input-file "$CARD_DIR/data" --output-file "$CARD_DIR/sig" >/dev/null 2>&1
tap_ok "OpenSSL agrees about a signature by P-521" \
	openssl dgst -sha512 -verify "$CARD_DIR/01.der" -keyform DER -signature "$CARD_DIR/sig" "$CARD_DIR/data"
tap_ok "Ed25519 signs" user --sign --id 03 --mechanism EDDSA --input-file "$CARD_DIR/data" --output-file "$CARD_DIR/sig"
tap_is "64 bytes" "$(stat -c %s "$CARD_DIR/sig")" 64
tap_ok "and verifies" sh -c "pkcs11-tool --module '$CARD_MODULE' --verify --id 03 --mechanism EDDSA --input-file '$CARD_DIR/data' \
	--signature-file '$CARD_DIR/sig' 2>&1 | grep -q 'Signature is valid'"

result=$(user --test 2>&1)
tap_like "pkcs11-tool --test finds no errors with all of them there" "$result" "No errors"

# ---- secret keys ----

key=2b7e151628aed2a6abf7158809cf4f3c
iv=000102030405060708090a0b0c0d0e0f
printf '\x2b\x7e\x15\x16\x28\xae\xd2\xa6\xab\xf7\x15\x88\x09\xcf\x4f\x3c' >"$CARD_DIR/aes"
tap_ok "an AES key is brought to the card" \
	user --write-object "$CARD_DIR/aes" --type secrkey --key-type AES:16 --id 0a --label travelling --usage-decrypt --sensitive --private
tap_ok "and one is made there" user --keygen --key-type AES:32 --id 0b --label resident --usage-decrypt --sensitive --private
objects=$(user -O)
tap_like "both are there" "$objects" "travelling"
tap_like "with their length" "$objects" "AES length 32"
tap_is "but not before login" "$(tool -O | grep -c 'AES length')" 0
encrypt()
{
	user --encrypt --id 0a --mechanism "$1" --iv "$iv" --input-file "$2" --output-file "$3"
}
head -c 20000 /dev/urandom >"$CARD_DIR/long"
tap_ok "the card encrypts a long text" encrypt AES-CBC-PAD "$CARD_DIR/long" "$CARD_DIR/long.enc"
openssl enc -d -aes-128-cbc -K "$key" -iv "$iv" -in "$CARD_DIR/long.enc" -out "$CARD_DIR/long.dec"
tap_ok "which OpenSSL decrypts" cmp "$CARD_DIR/long" "$CARD_DIR/long.dec"
openssl enc -aes-128-cbc -K "$key" -iv "$iv" -in "$CARD_DIR/data" -out "$CARD_DIR/data.enc"
user --decrypt --id 0a --mechanism AES-CBC-PAD --iv "$iv" --input-file "$CARD_DIR/data.enc" --output-file "$CARD_DIR/data.dec" >/dev/null 2>&1
tap_ok "and the other way" cmp "$CARD_DIR/data" "$CARD_DIR/data.dec"
tap_ok "a key is deleted" user --delete-object --type secrkey --id 0b
tap_is "and is gone" "$(user -O | grep -c resident)" 0

tap_done
