# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# What openssl.sh and openssl_backports.sh ask of OpenSSL's command and curl. Source it after card.sh. Not a test itself.
#
#   openssl_token             the token, a CA, certificates for its keys 01 and 03, and a TLS server that wants one
#   everything                the rows that an engine and a provider have; `use`, `use_ca` and `use_curl` tell how this client learns that a
#                             key is the card's
#   provider_rows PACKAGE     pkcs11-provider's section of docs/CLIENTS; PACKAGE is what client_begin wants
. "$top_srcdir/tests/lib/client.sh"
. "$top_srcdir/tests/integration/module_token.sh"
. "$top_srcdir/tests/clients/tls.sh"

engine=$(openssl version -e | sed 's/.*"\(.*\)"/\1/')/pkcs11.so
provider=$(openssl version -m | sed 's/.*"\(.*\)"/\1/')/pkcs11.so
request_section=("[req]" "distinguished_name = dn" "x509_extensions = ca" "[dn]" "[ca]" "basicConstraints = CA:TRUE")

# What pkcs11-provider has from 1.2 on.
rows=("genpkey, ML-DSA" "pkeyutl -sign, ML-DSA" "pkeyutl -sign, ML-DSA and a context" "pkeyutl -verify, ML-DSA" "req -new, ML-DSA" "req -x509, ML-DSA"
	"x509 -CAkey, ML-DSA" "cms -sign, ML-DSA" "s_client, ML-DSA" "s_server, ML-DSA" "curl, ML-DSA" "genpkey, ML-KEM" "pkeyutl -decap, ML-KEM"
	"pkeyutl -encap, ML-KEM" "storeutl, ML-DSA and ML-KEM")

openssl_token()
{
	local usage="keyUsage=digitalSignature,keyEncipherment,keyAgreement"
	cd "$CARD_DIR" || exit 1
	tap_ok "a token is made" token_make
	ca_make
	tap_ok "an RSA key gets a certificate" \
		token_certify 01 /CN=localhost "$usage" "extendedKeyUsage=clientAuth,serverAuth" "subjectAltName=DNS:localhost"
	tap_ok "and a P-256 key another" \
		token_certify 03 /CN=localhost "$usage" "extendedKeyUsage=clientAuth,serverAuth" "subjectAltName=DNS:localhost"
	tls_demanding 4433
	head -c 3000 /dev/urandom >data
	openssl dgst -sha256 -binary -out digest data
	echo -n "$PIN" >pin.txt
}

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


public()
{
	echo "pkcs11:token=Test;id=%$1;type=public?pin-value=$PIN"
}

# OpenSSL's command with no card: what a provider made is checked without it.
libcrypto()
{
	env -u OPENSSL_CONF openssl "$@"
}

# on_card NAME ID OPTION...: a key that the provider has the card make, of which the module then tells.
on_card()
{
	local name=$1 id=$2
	shift 2
	tap_ok "genpkey, $name" openssl genpkey -propquery provider=pkcs11 "$@" \
		-pkeyopt "pkcs11_uri:pkcs11:token=Test;id=%$id?pin-value=$PIN" -out generated.pem
	tap_like "genpkey, $name: it is on the card" "$(token_tool --login --pin "$PIN" -O --type privkey --id "$id" 2>/dev/null)" "Private Key"
}

provider_keys()
{
	tap_is "storeutl, the certificate of a key" \
		"$(openssl storeutl -certs -text "pkcs11:token=Test;id=%03;type=cert" 2>&1 | sed -n '/BEGIN/,/END/p' | openssl x509 -outform DER | sha256sum)" \
		"$(sha256sum <03.crt.der)"
	on_card "P-256" 06 -algorithm EC -pkeyopt ec_paramgen_curve:P-256
	token_public 06 06.pub
	tap_ok "genpkey, P-256: it signs" openssl dgst -sha256 -sign "$(key 06)" -out generated.sig data
	tap_ok "genpkey, P-256: the signature verifies" libcrypto dgst -sha256 -verify 06.pub -signature generated.sig data
	tap_ok "pkeyutl -sign, Ed25519: its key" token_tool --login --pin "$PIN" --keypairgen --key-type EC:edwards25519 --id 05
	tap_ok "pkeyutl -sign, Ed25519" openssl pkeyutl -sign -rawin -inkey "$(key 05)" -in data -out ed.sig
	openssl pkey -pubin -in "$(public 05)" -pubout -out 05.pub
	tap_ok "pkeyutl -sign, Ed25519: it verifies" libcrypto pkeyutl -verify -rawin -pubin -inkey 05.pub -sigfile ed.sig -in data
}

# The keys 07, 08 and 09.
dsa_signatures()
{
	local set id
	for set in 44 65 87; do
		case $set in 44) id=07 ;; 65) id=08 ;; *) id=09 ;; esac
		on_card "ML-DSA, $set" "$id" -algorithm "ML-DSA-$set"
		tap_ok "pkeyutl -sign, ML-DSA, $set" openssl pkeyutl -sign -rawin -inkey "$(key "$id")" -in data -out mldsa.sig
		openssl pkey -pubin -in "$(public "$id")" -pubout -out "$id.pub"
		tap_ok "pkeyutl -sign, ML-DSA, $set: it verifies by libcrypto" \
			libcrypto pkeyutl -verify -rawin -pubin -inkey "$id.pub" -sigfile mldsa.sig -in data
		tap_ok "pkeyutl -verify, ML-DSA, $set" openssl pkeyutl -verify -rawin -pubin -inkey "$(public "$id")" -sigfile mldsa.sig -in data
		tap_refused "pkeyutl -verify, ML-DSA, $set, of something else" \
			openssl pkeyutl -verify -rawin -pubin -inkey "$(public "$id")" -sigfile mldsa.sig -in digest
	done
	local verify=(libcrypto pkeyutl -verify -rawin -pubin -inkey 08.pub -sigfile mldsa.sig -in data)
	rm -f mldsa.sig
	openssl pkeyutl -sign -rawin -inkey "$(key 08)" -pkeyopt context-string:test -in data -out mldsa.sig
	if "${verify[@]}" >/dev/null 2>&1; then
		tap_skip "pkeyutl -sign, ML-DSA and a context" "it takes the context and signs without it"
	else
		tap_ok "pkeyutl -sign, ML-DSA and a context: it verifies with it" "${verify[@]}" -pkeyopt context-string:test
	fi
}

dsa_certificates()
{
	tap_ok "req -new, ML-DSA" openssl req -new -key "$(key 08)" -subj /CN=localhost -out 08.csr
	tap_ok "req -new, ML-DSA: it proves that it has the key" libcrypto req -verify -in 08.csr -noout
	tap_is "req -new, ML-DSA: it is the card's" "$(libcrypto req -in 08.csr -noout -pubkey)" "$(cat 08.pub)"
	tap_refused "req -new, ML-DSA, with a wrong PIN" openssl req -new -key "$(key 08 999999)" -subj /CN=Ada -out wrong.csr
	tap_ok "req -x509, ML-DSA" openssl req -x509 -new -key "$(key 08)" -subj /CN=Root -days 30 -out 08.self
	tap_ok "req -x509, ML-DSA: it is signed by itself" libcrypto verify -check_ss_sig -CAfile 08.self 08.self
	tap_ok "x509 -CAkey, ML-DSA" openssl x509 -req -in 01.csr -CA 08.self -CAkey "$(key 08)" -days 20 -out 08.issued
	tap_ok "x509 -CAkey, ML-DSA: the certificate verifies" libcrypto verify -CAfile 08.self 08.issued
	ca_issue 08.csr 08.crt "extendedKeyUsage=clientAuth,serverAuth" "subjectAltName=DNS:localhost"
	# OpenSSL 3.5 knows of no digest that belongs to such a key.
	tap_ok "cms -sign, ML-DSA" \
		openssl cms -sign -binary -md sha512 -inkey "$(key 08)" -signer 08.crt -in data -outform DER -out 08.cms
	tap_ok "cms -sign, ML-DSA: it verifies" \
		libcrypto cms -verify -binary -inform DER -in 08.cms -CAfile ca.pem -purpose any -content data -out 08.out
	tap_refused "cms -sign, ML-DSA: of something else it does not" \
		libcrypto cms -verify -binary -inform DER -in 08.cms -CAfile ca.pem -purpose any -content digest -out 08.out
}

# The other side is libcrypto's alone.
dsa_connections()
{
	local signed="Peer signature type: mldsa65"
	tap_like "s_client, ML-DSA" "$(tls_page 127.0.0.1:4433 -tls1_3 -cert 08.crt -key "$(key 08)")" "$signed"
	tap_like "curl, ML-DSA" "$(curl -sS --cacert ca.pem "${use_curl[@]}" --cert 08.crt --key "$(key 08)" https://localhost:4433/ 2>&1)" "$signed"
	tls_serve 4408 08.crt -www -key "$(key 08)"
	tap_like "s_server, ML-DSA" "$(unset OPENSSL_CONF && tls_page localhost:4408 -tls1_3 | grep Protocol)" "TLSv1.3"
	tls_end
}

# The keys 0a, 0b and 0c.
kem_secrets()
{
	local set id
	for set in 512 768 1024; do
		case $set in 512) id=0a ;; 768) id=0b ;; *) id=0c ;; esac
		on_card "ML-KEM, $set" "$id" -algorithm "ML-KEM-$set"
		openssl pkey -pubin -in "$(public "$id")" -pubout -out "$id.pub"
		tap_ok "pkeyutl -decap, ML-KEM, $set: libcrypto encapsulates" \
			libcrypto pkeyutl -encap -pubin -inkey "$id.pub" -out kem.sealed -secret kem.secret
		tap_ok "pkeyutl -decap, ML-KEM, $set" openssl pkeyutl -decap -inkey "$(key "$id")" -in kem.sealed -secret kem.opened
		tap_ok "pkeyutl -decap, ML-KEM, $set: it is the same secret" cmp kem.secret kem.opened
		LC_ALL=C tr '\000-\377' '\001-\377\000' <kem.sealed >kem.other
		tap_ok "pkeyutl -decap, ML-KEM, $set, of something else" openssl pkeyutl -decap -inkey "$(key "$id")" -in kem.other -secret kem.opened
		tap_refused "pkeyutl -decap, ML-KEM, $set, of something else: it is another secret" cmp kem.secret kem.opened
		tap_ok "pkeyutl -encap, ML-KEM, $set" openssl pkeyutl -encap -pubin -inkey "$(public "$id")" -out kem.sealed -secret kem.secret
		tap_ok "pkeyutl -encap, ML-KEM, $set: the card decapsulates" openssl pkeyutl -decap -inkey "$(key "$id")" -in kem.sealed -secret kem.opened
		tap_ok "pkeyutl -encap, ML-KEM, $set: it is the same secret" cmp kem.secret kem.opened
	done
}

provider_lattices()
{
	local managers row
	managers=$(openssl list -key-managers -provider pkcs11 2>/dev/null | grep -i pkcs11)
	if ! { grep -qi ML-DSA-65 <<<"$managers" && grep -qi ML-KEM-768 <<<"$managers"; }; then
		for row in "${rows[@]}"; do
			tap_skip "$row" "not in this version"
		done
		return
	fi
	dsa_signatures
	dsa_certificates
	dsa_connections
	kem_secrets
	tap_is "storeutl, ML-DSA and ML-KEM" \
		"$(openssl storeutl -keys -noout -text "pkcs11:token=Test;type=private?pin-value=$PIN" 2>&1 |
			sed -n 's/^PKCS11 \(ML-[A-Z]*-[0-9]*\) Private Key.*/\1/p' | paste -sd ' ')" \
		"ML-DSA-44 ML-DSA-65 ML-DSA-87 ML-KEM-512 ML-KEM-768 ML-KEM-1024"
}

provider_rows()
{
	client_begin pkcs11-provider "$1" "with openssl:2" "with curl:2" "req -new" "req -x509" "x509 -CAkey" "dgst -sign" "pkeyutl -decrypt" \
		"pkeyutl -derive" "cms -sign" "cms -decrypt" "s_client" "s_server" "curl" "a key that wants its PIN each time" "storeutl" "genpkey" \
		"pkeyutl -sign, Ed25519" "${rows[@]}"
	printf '%s\n' "openssl_conf = init" "[init]" "providers = providers" "[providers]" "default = builtin" "pkcs11 = card" "[builtin]" \
		"activate = 1" "[card]" "module = $provider" "pkcs11-module-path = $CARD_MODULE" "activate = 1" \
		"pkcs11-module-encode-provider-uri-to-pem = true" "${request_section[@]}" >provider.cnf
	use=() use_ca=() use_curl=(--key-type PROV)
	export PKCS11_PROVIDER_MODULE=$CARD_MODULE # curl reads no configuration of OpenSSL's
	export OPENSSL_CONF=$CARD_DIR/provider.cnf
	everything
	provider_keys
	provider_lattices
	unset OPENSSL_CONF
	client_end
}
