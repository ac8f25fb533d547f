#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# OpenSSL's command and curl with the module: by the engine of libp11, and by pkcs11-provider where that is packaged.
. "${top_srcdir:-.}/tests/lib/card.sh"
. "$top_srcdir/tests/lib/client.sh"
. "$top_srcdir/tests/integration/module_token.sh"
. "$top_srcdir/tests/clients/tls.sh"

for need in pkcs11-tool openssl curl; do
	command -v "$need" >/dev/null || tap_skip_all "$need is not installed"
done
engine=$(openssl version -e | sed 's/.*"\(.*\)"/\1/')/pkcs11.so
provider=$(openssl version -m | sed 's/.*"\(.*\)"/\1/')/pkcs11.so
[ -e "$engine" ] || [ -e "$provider" ] || tap_skip_all "neither libengine-pkcs11-openssl nor pkcs11-provider is installed"
cd "$CARD_DIR" || exit 1

tap_ok "a token is made" token_make
ca_make
usage="keyUsage=digitalSignature,keyEncipherment,keyAgreement"
tap_ok "an RSA key gets a certificate" \
	token_certify 01 /CN=localhost "$usage" "extendedKeyUsage=clientAuth,serverAuth" "subjectAltName=DNS:localhost"
tap_ok "and a P-256 key another" \
	token_certify 03 /CN=localhost "$usage" "extendedKeyUsage=clientAuth,serverAuth" "subjectAltName=DNS:localhost"
tls_demanding 4433
head -c 3000 /dev/urandom >data
openssl dgst -sha256 -binary -out digest data
echo -n "$PIN" >pin.txt

# The URI of a private key.
key()
{
	echo "pkcs11:token=Test;id=%$1;type=private?pin-value=${2-$PIN}"
}

# A person types this where the command asks for it. There is no terminal; OpenSSL then reads from its input.
typed()
{
	local text=$1
	shift
	printf '%s\n' "$text" | setsid -w "$@"
}

# What follows is told in `use`, `use_ca` and `use_curl` how this client learns that a key is the card's.
certificates()
{
	local id type
	for id in 01 03; do
		tap_ok "req -new, key $id" openssl req -new "${use[@]}" -key "$(key "$id")" -subj /CN=Ada -sha256 -out "$id.csr"
		tap_ok "req -new, key $id: it proves that it has the key" openssl req -verify -in "$id.csr" -noout
		tap_is "req -new, key $id: it is the card's" "$(openssl req -in "$id.csr" -noout -pubkey)" "$(cat "$id.pub")"
		tap_ok "req -x509, key $id" openssl req -x509 -new "${use[@]}" -key "$(key "$id")" -subj /CN=Root -days 30 -out "$id.self"
		tap_ok "req -x509, key $id: it is signed by itself" openssl verify -check_ss_sig -CAfile "$id.self" "$id.self"
		tap_ok "x509 -CAkey, key $id" openssl x509 -req -in 01.csr -CA "$id.self" "${use_ca[@]}" -CAkey "$(key "$id")" -days 20 -out "$id.issued"
		tap_ok "x509 -CAkey, key $id: the certificate verifies" openssl verify -CAfile "$id.self" "$id.issued"
	done
	tap_refused "req -new, with a wrong PIN" openssl req -new "${use[@]}" -key "$(key 03 999999)" -subj /CN=Ada -out wrong.csr
	tap_ok "req -new, with the PIN from a file" \
		openssl req -new "${use[@]}" -key "pkcs11:token=Test;id=%03;type=private?pin-source=file:$CARD_DIR/pin.txt" -subj /CN=Ada -out wrong.csr
}

signatures()
{
	tap_ok "dgst -sign, RSA" openssl dgst "${use[@]}" -sha256 -sign "$(key 01)" -out rsa.sig data
	tap_ok "dgst -sign, RSA: it verifies" openssl dgst -sha256 -verify 01.pub -signature rsa.sig data
	tap_ok "dgst -sign, RSA-PSS" openssl dgst "${use[@]}" -sha384 -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:20 \
		-sign "$(key 01)" -out pss.sig data
	tap_ok "dgst -sign, RSA-PSS: it verifies" openssl dgst -sha384 -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:20 \
		-verify 01.pub -signature pss.sig data
	tap_ok "dgst -sign, ECDSA" openssl dgst "${use[@]}" -sha256 -sign "$(key 03)" -out ec.sig data
	tap_ok "dgst -sign, ECDSA: it verifies" openssl dgst -sha256 -verify 03.pub -signature ec.sig data
	tap_ok "a key that wants its PIN each time, which is typed" typed "$PIN" \
		openssl dgst "${use[@]}" -sha256 -sign "$(key 02)" -out always.sig data
	token_public 02 02.pub
	tap_ok "a key that wants its PIN each time: it verifies" \
		openssl dgst -sha256 -verify 02.pub -signature always.sig data
}

secrets()
{
	local oaep=(-pkeyopt rsa_padding_mode:oaep -pkeyopt rsa_oaep_md:sha256 -pkeyopt rsa_mgf1_md:sha256)
	openssl pkeyutl -encrypt -pubin -inkey 01.pub -in digest -out digest.enc
	tap_ok "pkeyutl -decrypt" openssl pkeyutl -decrypt "${use[@]}" -inkey "$(key 01)" -in digest.enc -out digest.dec
	tap_ok "pkeyutl -decrypt: it is what was encrypted" cmp digest digest.dec
	openssl pkeyutl -encrypt -pubin -inkey 01.pub "${oaep[@]}" -in digest -out digest.enc
	tap_ok "pkeyutl -decrypt, OAEP with SHA-256" \
		openssl pkeyutl -decrypt "${use[@]}" -inkey "$(key 01)" "${oaep[@]}" -in digest.enc -out digest.oaep
	tap_ok "pkeyutl -decrypt, OAEP: it is what was encrypted" cmp digest digest.oaep
	openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out peer.key 2>/dev/null
	openssl pkey -in peer.key -pubout -out peer.pub
	openssl pkeyutl -derive -inkey peer.key -peerkey 03.pub -out secret
	tap_ok "pkeyutl -derive" openssl pkeyutl -derive "${use[@]}" -inkey "$(key 03)" -peerkey peer.pub -out secret.card
	tap_ok "pkeyutl -derive: the other side has the same secret" cmp secret secret.card
}

messages()
{
	local id
	for id in 01 03; do
		tap_ok "cms -sign, key $id" \
			openssl cms -sign -binary "${use[@]}" -inkey "$(key "$id")" -signer "$id.crt" -in data -outform DER -out "$id.cms"
		tap_ok "cms -sign, key $id: it verifies" \
			openssl cms -verify -binary -inform DER -in "$id.cms" -CAfile ca.pem -purpose any -content data -out "$id.out"
		openssl cms -encrypt -binary -aes-256-cbc -in data -outform DER -out "$id.enc" "$id.crt"
		tap_ok "cms -decrypt, key $id" \
			openssl cms -decrypt -binary "${use[@]}" -inkey "$(key "$id")" -recip "$id.crt" -inform DER -in "$id.enc" -out "$id.dec"
		tap_ok "cms -decrypt, key $id: it is what was encrypted" cmp data "$id.dec"
	done
}

connections()
{
	local id version
	tap_refused "s_client, without a certificate" tls_page 127.0.0.1:4433
	for id in 01 03; do
		for version in 3 2; do
			tap_like "s_client, TLS 1.$version, key $id" \
				"$(tls_page 127.0.0.1:4433 "-tls1_$version" "${use[@]}" -cert "$id.crt" -key "$(key "$id")")" "Subject: CN ?= ?localhost"
		done
		tap_like "curl, key $id" \
			"$(curl -sS --cacert ca.pem "${use_curl[@]}" --cert "$id.crt" --key "$(key "$id")" https://localhost:4433/ 2>&1)" \
			"Subject: CN ?= ?localhost"
	done
	tap_refused "curl, with a wrong PIN" \
		curl -sS --cacert ca.pem "${use_curl[@]}" --cert 03.crt --key "$(key 03 999999)" https://localhost:4433/
	for id in 01 03; do
		tls_serve "44$id" "$id.crt" -www "${use[@]}" -key "$(key "$id")"
		for version in 3 2; do
			tap_like "s_server, TLS 1.$version, key $id" "$(tls_page "localhost:44$id" "-tls1_$version" | grep 'Protocol')" "TLSv1.$version"
		done
		tls_end
	done
}

everything()
{
	# A wrong PIN among them costs one try; each right one gives it back.
	certificates
	signatures
	secrets
	messages
	connections
}

request_section=("[req]" "distinguished_name = dn" "x509_extensions = ca" "[dn]" "[ca]" "basicConstraints = CA:TRUE")
if [ -e "$engine" ]; then
	client_begin openssl-engine libengine-pkcs11-openssl "with openssl:2" "with curl:2" "req -new" "req -x509" "x509 -CAkey" "dgst -sign" "pkeyutl -decrypt" \
		"pkeyutl -derive" "cms -sign" "cms -decrypt" "s_client" "s_server" "curl" "a key that wants its PIN each time" "beside an Ed25519 key" \
		"beside an Ed25519 key that the module hides"
	printf '%s\n' "openssl_conf = init" "[init]" "engines = engines" "[engines]" "pkcs11 = pkcs11" "[pkcs11]" \
		"dynamic_path = $engine" "MODULE_PATH = $CARD_MODULE" "init = 0" "${request_section[@]}" >engine.cnf
	use=(-engine pkcs11 -keyform engine)
	use_ca=(-engine pkcs11 -CAkeyform engine)
	use_curl=(--engine pkcs11 --key-type ENG)
	export OPENSSL_CONF=$CARD_DIR/engine.cnf
	everything
	sign=(openssl dgst "${use[@]}" -sha256 -sign "$(key 03)" -out beside.sig data)
	tap_ok "an Ed25519 key" token_tool --login --pin "$PIN" --keypairgen --key-type EC:edwards25519 --id 05
	if "${sign[@]}" >/dev/null 2>&1; then
		tap_ok "beside an Ed25519 key, ECDSA: it verifies" openssl dgst -sha256 -verify 03.pub -signature beside.sig data
	else
		tap_skip "beside an Ed25519 key" "it finds no key at all then; the module can hide it: hide_keys in countersign-pkcs11.conf"
	fi
	rm -f beside.sig
	echo "hide_keys = ed25519" >hide.conf
	tap_ok "beside an Ed25519 key that the module hides, ECDSA" env COUNTERSIGN_PKCS11_CONF="$CARD_DIR/hide.conf" "${sign[@]}"
	tap_ok "beside an Ed25519 key that the module hides, ECDSA: it verifies" \
		openssl dgst -sha256 -verify 03.pub -signature beside.sig data
	token_tool --login --pin "$PIN" --delete-object --type privkey --id 05 >/dev/null 2>&1
	unset OPENSSL_CONF
	client_end
fi

if [ -e "$provider" ]; then
	client_begin pkcs11-provider pkcs11-provider "with openssl:2" "with curl:2" "req -new" "req -x509" "x509 -CAkey" "dgst -sign" "pkeyutl -decrypt" \
		"pkeyutl -derive" "cms -sign" "cms -decrypt" "s_client" "s_server" "curl" "a key that wants its PIN each time" "storeutl" "genpkey" \
		"pkeyutl -sign, Ed25519" "genpkey, ML-DSA" "pkeyutl -sign, ML-DSA" "pkeyutl -verify, ML-DSA" "genpkey, ML-KEM" "pkeyutl -decap, ML-KEM" \
		"pkeyutl -encap, ML-KEM"
	printf '%s\n' "openssl_conf = init" "[init]" "providers = providers" "[providers]" "default = builtin" "pkcs11 = card" "[builtin]" \
		"activate = 1" "[card]" "module = $provider" "pkcs11-module-path = $CARD_MODULE" "activate = 1" \
		"pkcs11-module-encode-provider-uri-to-pem = true" "${request_section[@]}" >provider.cnf
	use=() use_ca=() use_curl=(--key-type PROV)
	export PKCS11_PROVIDER_MODULE=$CARD_MODULE # curl reads no configuration of OpenSSL's
	export OPENSSL_CONF=$CARD_DIR/provider.cnf
	everything
	tap_is "storeutl, the certificate of a key" \
		"$(openssl storeutl -certs -text "pkcs11:token=Test;id=%03;type=cert" 2>&1 | sed -n '/BEGIN/,/END/p' | openssl x509 -outform DER | sha256sum)" \
		"$(sha256sum <03.crt.der)"
	# on_card NAME ID OPTION...: a key that the provider has the card make, of which the module then tells.
	on_card()
	{
		local name=$1 id=$2
		shift 2
		tap_ok "genpkey, $name" openssl genpkey -propquery provider=pkcs11 "$@" \
			-pkeyopt "pkcs11_uri:pkcs11:token=Test;id=%$id?pin-value=$PIN" -out generated.pem
		tap_like "genpkey, $name: it is on the card" "$(token_tool --login --pin "$PIN" -O --type privkey --id "$id" 2>/dev/null)" "Private Key"
	}
	on_card "P-256" 06 -algorithm EC -pkeyopt ec_paramgen_curve:P-256
	token_public 06 06.pub
	tap_ok "genpkey, P-256: it signs" openssl dgst -sha256 -sign "$(key 06)" -out generated.sig data
	tap_ok "pkeyutl -sign, Ed25519: its key" token_tool --login --pin "$PIN" --keypairgen --key-type EC:edwards25519 --id 05
	tap_ok "pkeyutl -sign, Ed25519" openssl pkeyutl -sign -rawin -inkey "$(key 05)" -in data -out ed.sig
	openssl pkey -pubin -in "pkcs11:token=Test;id=%05;type=public?pin-value=$PIN" -pubout -out 05.pub
	public()
	{
		echo "pkcs11:token=Test;id=%$1;type=public?pin-value=$PIN"
	}
	managers=$(openssl list -key-managers -provider pkcs11 2>/dev/null | grep -i pkcs11)
	if grep -qi ML-DSA-65 <<<"$managers"; then
		on_card ML-DSA 07 -algorithm ML-DSA-65
		tap_ok "pkeyutl -sign, ML-DSA" openssl pkeyutl -sign -rawin -inkey "$(key 07)" -in data -out mldsa.sig
		openssl pkey -pubin -in "$(public 07)" -pubout -out 07.pub
		tap_ok "pkeyutl -sign, ML-DSA: it verifies by libcrypto" \
			env -u OPENSSL_CONF openssl pkeyutl -verify -rawin -pubin -inkey 07.pub -sigfile mldsa.sig -in data
		tap_ok "pkeyutl -verify, ML-DSA" openssl pkeyutl -verify -rawin -pubin -inkey "$(public 07)" -sigfile mldsa.sig -in data
		tap_refused "pkeyutl -verify, ML-DSA, of something else" \
			openssl pkeyutl -verify -rawin -pubin -inkey "$(public 07)" -sigfile mldsa.sig -in digest
	else
		for row in "genpkey, ML-DSA" "pkeyutl -sign, ML-DSA" "pkeyutl -verify, ML-DSA"; do
			tap_skip "$row" "not in this version"
		done
	fi
	if grep -qi ML-KEM-768 <<<"$managers"; then
		on_card ML-KEM 08 -algorithm ML-KEM-768
		openssl pkey -pubin -in "$(public 08)" -pubout -out 08.pub
		tap_ok "pkeyutl -decap, ML-KEM: libcrypto encapsulates" \
			env -u OPENSSL_CONF openssl pkeyutl -encap -pubin -inkey 08.pub -out kem.sealed -secret kem.secret
		tap_ok "pkeyutl -decap, ML-KEM" openssl pkeyutl -decap -inkey "$(key 08)" -in kem.sealed -secret kem.opened
		tap_ok "pkeyutl -decap, ML-KEM: it is the same secret" cmp kem.secret kem.opened
		tap_ok "pkeyutl -encap, ML-KEM" openssl pkeyutl -encap -pubin -inkey "$(public 08)" -out kem.sealed -secret kem.secret
		tap_ok "pkeyutl -encap, ML-KEM: the card decapsulates" openssl pkeyutl -decap -inkey "$(key 08)" -in kem.sealed -secret kem.opened
		tap_ok "pkeyutl -encap, ML-KEM: it is the same secret" cmp kem.secret kem.opened
	else
		for row in "genpkey, ML-KEM" "pkeyutl -decap, ML-KEM" "pkeyutl -encap, ML-KEM"; do
			tap_skip "$row" "not in this version"
		done
	fi
	unset OPENSSL_CONF
	tap_ok "genpkey, P-256: the signature verifies" openssl dgst -sha256 -verify 06.pub -signature generated.sig data
	tap_ok "pkeyutl -sign, Ed25519: it verifies" openssl pkeyutl -verify -rawin -pubin -inkey 05.pub -sigfile ed.sig -in data
	client_end
fi
tap_done
