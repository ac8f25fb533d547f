#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# GnuTLS's programs with the module: p11tool, certtool, gnutls-cli and gnutls-serv.
. "${top_srcdir:-.}/tests/lib/card.sh"
. "$top_srcdir/tests/lib/client.sh"
. "$top_srcdir/tests/integration/module_token.sh"
. "$top_srcdir/tests/clients/tls.sh"

for need in pkcs11-tool p11tool certtool gnutls-cli gnutls-serv; do
	command -v "$need" >/dev/null || tap_skip_all "$need is not installed"
done
client_begin gnutls gnutls-bin "p11tool --list-tokens" "p11tool --list-mechanisms" "p11tool --initialize" "p11tool --initialize-pin" \
	"p11tool --generate-privkey, RSA" "p11tool --generate-privkey, ECDSA" "p11tool --generate-privkey, Ed25519" "p11tool --list-all" \
	"p11tool --list-privkeys" "p11tool --export-pubkey" "p11tool --write, a certificate" "p11tool --write, a private key" \
	"p11tool --list-all-certs" "p11tool --export" "p11tool --test-sign" "p11tool --generate-random" "p11tool --delete" \
	"certtool --generate-request" "certtool --generate-request, Ed25519" "certtool --generate-self-signed" \
	"certtool --generate-certificate" "certtool --p7-sign" \
	"gnutls-cli" "gnutls-serv" "a key that wants its PIN each time"
cd "$CARD_DIR" || exit 1
url="pkcs11:token=Ada%27s"

p11()
{
	timeout 120 p11tool --provider "$CARD_MODULE" "$@" </dev/null
}
user()
{
	GNUTLS_PIN=$PIN p11 --login "$@"
}
certtool_card()
{
	GNUTLS_PIN=$PIN timeout 120 certtool --provider "$CARD_MODULE" "$@" </dev/null
}

# ---- a token ----

card_start countersign
tap_like "p11tool --list-tokens, a card that is not initialised" "$(p11 --list-tokens)" "Model: "
blank=$(p11 --list-token-urls | grep -o '^pkcs11:.*' | grep -v 'model=p11-kit-trust' | head -n 1)
tap_ok "p11tool --initialize" env GNUTLS_SO_PIN=82918273 \
	p11tool --provider "$CARD_MODULE" --batch --initialize --label "Ada's" --set-so-pin 82918273 "$blank"
tap_ok "p11tool --initialize-pin" env GNUTLS_SO_PIN=82918273 GNUTLS_NEW_PIN=739251 GNUTLS_PIN=739251 \
	p11tool --provider "$CARD_MODULE" --batch --initialize-pin "$url"
tap_like "p11tool --list-tokens, by its label" "$(p11 --list-tokens)" "Label: Ada's"
tap_like "p11tool --list-mechanisms" "$(p11 --list-mechanisms "$url")" "CKM_RSA_PKCS_PSS"
PIN=739251

# ---- keys and certificates ----

tap_ok "p11tool --generate-privkey, RSA" user --batch --generate-privkey rsa --bits 2048 --id 01 --label one --outfile 01.pub "$url"
tap_ok "p11tool --generate-privkey, ECDSA" \
	user --batch --generate-privkey ecdsa --curve secp256r1 --id 03 --label three --outfile 03.pub "$url"
tap_refused "p11tool --list-privkeys, with a wrong PIN" env GNUTLS_PIN=999999 \
	timeout 120 p11tool --provider "$CARD_MODULE" --batch --login --list-privkeys "$url"
tap_is "p11tool --list-privkeys" "$(user --list-privkeys --only-urls "$url" | grep -c 'type=private')" 2
for id in 01 03; do
	tap_ok "p11tool --export-pubkey, $id" user --export-pubkey --outfile "$id.again" "$url;id=%$id;type=private"
	tap_is "p11tool --export-pubkey, $id, gives the key that was made" \
		"$(openssl pkey -pubin -in "$id.again" -pubout)" "$(openssl pkey -pubin -in "$id.pub" -pubout)"
done

ca_make
printf 'cn = localhost\ndns_name = localhost\nsigning_key\nencryption_key\ntls_www_client\ntls_www_server\n' >request.cfg
printf 'cn = Root\nca\ncert_signing_key\nexpiration_days = 20\n' >self.cfg
for id in 01 03; do
	key="$url;id=%$id;type=private"
	tap_ok "certtool --generate-request, $id" certtool_card --generate-request --template request.cfg --load-privkey "$key" \
		--load-pubkey "$id.pub" --outfile "$id.csr"
	tap_ok "certtool --generate-request, $id: it proves that it has the key" openssl req -in "$id.csr" -verify -noout
	ca_issue "$id.csr" "$id.crt" "extendedKeyUsage=clientAuth,serverAuth" "subjectAltName=DNS:localhost"
	tap_ok "certtool --generate-self-signed, $id" certtool_card --generate-self-signed --template self.cfg --load-privkey "$key" \
		--load-pubkey "$id.pub" --outfile "$id.self"
	tap_ok "certtool --generate-self-signed, $id: it is signed by itself" openssl verify -check_ss_sig -CAfile "$id.self" "$id.self"
	tap_ok "certtool --generate-certificate, a CA's key $id on the card" certtool_card --generate-certificate --template request.cfg \
		--load-request 01.csr --load-ca-certificate "$id.self" --load-ca-privkey "$key" --outfile "$id.issued"
	tap_ok "certtool --generate-certificate: it verifies" openssl verify -CAfile "$id.self" "$id.issued"
	tap_ok "p11tool --write, a certificate, $id" user --batch --write --load-certificate "$id.crt" --id "$id" --label "$id" "$url"
	tap_ok "p11tool --export, $id" p11 --export --outfile "$id.exported" "$url;id=%$id;type=cert"
	tap_ok "p11tool --export, $id, gives the certificate that was written" \
		cmp <(openssl x509 -in "$id.crt" -outform DER) <(openssl x509 -in "$id.exported" -outform DER)
	tap_ok "p11tool --test-sign, $id" user --batch --test-sign "$key"
done
tap_is "p11tool --list-all-certs, without a PIN" "$(p11 --list-all-certs --only-urls "$url" | grep -c 'type=cert')" 2
tap_is "p11tool --list-all, of each key three objects" "$(user --list-all --only-urls "$url" | grep -cE 'id=%0[13].*type=(cert|private|public)')" 6
tap_ok "p11tool --generate-random" bash -c '[ "$("$@" | wc -c)" -ge 32 ]' - p11tool --provider "$CARD_MODULE" --generate-random 32 "$url"

row="p11tool --generate-privkey, Ed25519"
ed25519=(--batch --generate-privkey ed25519 --id 05 --label five --outfile 05.pub "$url")
tap_run user "${ed25519[@]}"
if [ "$tap_status" -eq 0 ]; then
	tap_ok "$row" openssl pkey -pubin -in 05.pub -noout
else
	# What it asks the module for, OpenSC's spy tells. CKM_EDDSA is none of the mechanisms that make keys (PKCS #11, 6.3.15): such a refusal
	# alone is a no.
	PKCS11SPY=$(realpath "$CARD_MODULE") PKCS11SPY_OUTPUT=$CARD_DIR/spy.log GNUTLS_PIN=$PIN \
		tap_run timeout 120 p11tool --provider "$(find /usr/lib -name pkcs11-spy.so | head -n 1)" --login "${ed25519[@]}"
	tap_is "p11tool --list-mechanisms has another for Ed25519 keys" "$(p11 --list-mechanisms "$url" | grep -cE 'CKM_EC_EDWARDS_KEY_PAIR_GEN|0x1055')" 1
	asked=$(awk '/^[0-9]+: C_/ { call = $2 } /pMechanism->type = / { type = $NF } /^Returned:/ && call == "C_GenerateKeyPair" { print type, $NF }' spy.log)
	if [ "$asked" = "CKM_EDDSA CKR_MECHANISM_INVALID" ]; then
		tap_skip "$row" "it asks for it by CKM_EDDSA, which makes signatures and no keys"
	else
		tap_is "$row" "$asked" "CKM_EC_EDWARDS_KEY_PAIR_GEN CKR_OK"
	fi
	token_tool --login --pin "$PIN" --keypairgen --key-type EC:edwards25519 --id 05 >/dev/null 2>&1
	user --export-pubkey --outfile 05.pub "$url;id=%05;type=private" >/dev/null 2>&1
fi
printf 'cn = Ada\nsigning_key\n' >ed25519.cfg
tap_ok "certtool --generate-request, Ed25519" certtool_card --generate-request --template ed25519.cfg \
	--load-privkey "$url;id=%05;type=private" --load-pubkey 05.pub --outfile 05.csr
tap_ok "certtool --generate-request, Ed25519: it proves that it has the key" openssl req -in 05.csr -verify -noout

openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out import.key 2>/dev/null
openssl pkey -in import.key -pubout -out import.pub
tap_ok "p11tool --write, a private key" user --batch --write --load-privkey import.key --id 07 --label import "$url"
tap_ok "p11tool --write, a private key: it signs" user --batch --test-sign "$url;id=%07;type=private"
user --export-pubkey --outfile 07.pub "$url;id=%07;type=private" >/dev/null 2>&1
tap_ok "p11tool --write, a private key: it is that key" cmp <(openssl pkey -pubin -in 07.pub -pubout) import.pub

# ---- use ----

head -c 1000 /dev/urandom >data
tap_ok "certtool --p7-sign" certtool_card --p7-sign --load-privkey "$url;id=%03;type=private" --load-certificate 03.crt --infile data --outder --outfile p7
tap_ok "certtool --p7-sign: openssl verifies it" \
	openssl cms -verify -binary -inform DER -in p7 -CAfile ca.pem -purpose any -out p7.out
tap_ok "certtool --p7-sign: it is what was signed" cmp data p7.out

always="$url;id=%02;type=private"
tap_ok "a key that wants its PIN each time is made" token_tool --login --pin "$PIN" --keypairgen --key-type EC:secp256r1 --id 02
for count in first second; do
	tap_ok "a key that wants its PIN each time, a $count request" certtool_card --generate-request --template ed25519.cfg \
		--load-privkey "$always" --outfile 02.csr
	tap_ok "a key that wants its PIN each time, a $count request: it proves that it has the key" openssl req -in 02.csr -verify -noout
done

page_of()
{
	printf 'GET / HTTP/1.0\r\n\r\n' | GNUTLS_PIN=$PIN timeout 120 gnutls-cli --provider "$CARD_MODULE" --x509cafile ca.pem -p 4433 localhost "$@" 2>&1
}
tls_demanding 4433
for id in 01 03; do
	for version in 3 2; do
		tap_like "gnutls-cli, TLS 1.$version, key $id" "$(page_of --x509certfile "$url;id=%$id;type=cert" \
			--x509keyfile "$url;id=%$id;type=private" --priority "NORMAL:-VERS-ALL:+VERS-TLS1.$version")" "Subject: CN ?= ?localhost"
	done
done
tap_is "gnutls-cli, with a wrong PIN" "$(PIN=999999 page_of --x509certfile "$url;id=%03;type=cert" \
	--x509keyfile "$url;id=%03;type=private" | grep -c 'Subject: CN')" 0
tls_end
for id in 01 03; do
	GNUTLS_PIN=$PIN gnutls-serv --provider "$CARD_MODULE" --http --port "44$id" --x509certfile "$url;id=%$id;type=cert" \
		--x509keyfile "$url;id=%$id;type=private" >"serv.$id.log" 2>&1 {tap_fd}>&- &
	serv=$!
	card_at_exit "kill $serv 2>/dev/null"
	until grep -qs 'listening on' "serv.$id.log" || ! kill -0 "$serv" 2>/dev/null; do read -rt 0.1 <> <(:); done
	for version in 3 2; do
		tap_like "gnutls-serv, TLS 1.$version, key $id" "$(tls_page "localhost:44$id" "-tls1_$version")" "TLS1.$version"
	done
	kill "$serv"
done

tap_ok "p11tool --delete" user --batch --delete "$url;id=%03;type=cert"
tap_is "p11tool --delete: then it is gone" "$(p11 --list-all-certs --only-urls "$url" | grep -c 'type=cert')" 1

# ---- another vendor's card ----

# GnuTLS says of every key what it is not for, which such a card does not keep.
card_stop
card_start piv --plain
url=$(p11 --list-token-urls | grep -o '^pkcs11:.*' | grep -v 'model=p11-kit-trust' | head -n 1)
administrator()
{
	GNUTLS_SO_PIN=010203040506070801020304050607080102030405060708 p11 --so-login "$@"
}
PIN=123456
tap_ok "p11tool --generate-privkey, RSA: on another vendor's card" administrator --batch --generate-privkey rsa --bits 2048 --mark-sign \
	--id 01 --outfile 01.pub "$url"
tap_ok "p11tool --generate-privkey, ECDSA: on another vendor's card" administrator --batch --generate-privkey ecdsa --curve secp256r1 \
	--mark-sign --id 03 --outfile 03.pub "$url"
for id in 01 03; do
	tap_ok "p11tool --test-sign, $id, on another vendor's card" user --batch --test-sign "$url;id=%$id;type=private"
	user --export-pubkey --outfile "$id.again" "$url;id=%$id;type=private" >/dev/null 2>&1
	tap_ok "p11tool --export-pubkey, $id, on another vendor's card" \
		cmp <(openssl pkey -pubin -in "$id.again" -pubout) <(openssl pkey -pubin -in "$id.pub" -pubout)
done
client_done
