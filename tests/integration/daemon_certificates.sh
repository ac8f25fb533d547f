#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Client certificates, made by openssl, shown by curl: whose is whose, which are refused, how one is taken away.
. "${top_srcdir:-.}/tests/lib/door.sh"
tap_need openssl
cd "$DAEMON_DIR" || exit 1
cs=$(realpath "$top_builddir/tools/countersign")

# ---- a CA, another one, and their certificates ----

ca_make() # NAME
{
	mkdir -p "$1.d" && : >"$1.d/index" && echo 01 >"$1.d/serial"
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$1.key" -out "$1.crt" -subj "/CN=$1" -days 30
	cat >"$1.cnf" <<END
[ca]
default_ca = it
[it]
database = $1.d/index
serial = $1.d/serial
new_certs_dir = $1.d
certificate = $1.crt
private_key = $1.key
default_md = sha256
policy = any
unique_subject = no
[any]
commonName = supplied
[client]
extendedKeyUsage = clientAuth
[server]
extendedKeyUsage = serverAuth
END
} >>openssl.log 2>&1
key_make() # NAME
{
	openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1.key"
} >>openssl.log 2>&1
certificate_make() # CA KEY NAME USE FROM TO
{
	openssl req -new -key "$2.key" -subj "/CN=$3" -out "$3.csr" &&
		openssl ca -batch -notext -config "$1.cnf" -extensions "$4" -startdate "$5" -enddate "$6" -in "$3.csr" -out "$3.crt"
} >>openssl.log 2>&1
now=20200101000000Z then=20490101000000Z
ca_make ours && ca_make theirs && key_make ada && key_make bob && key_make shop &&
	certificate_make ours ada ada client "$now" "$then" && certificate_make ours ada renewed client "$now" "$then" &&
	certificate_make ours bob bob client "$now" "$then" && certificate_make ours shop shop client "$now" "$then" &&
	certificate_make theirs ada foreign client "$now" "$then" &&
	certificate_make ours ada expired client 20200101000000Z 20200102000000Z &&
	certificate_make ours ada early client 20480101000000Z "$then" && certificate_make ours ada wrong_use server "$now" "$then" ||
	{
		tap_fail "certificates are made" || tap_note "$(tail -n 20 openssl.log)"
		tap_done
	}

door_begin "client_ca = $DAEMON_DIR/ours.crt"

# A call with a certificate (- for none) and a credential's file (- for none): its status, and the error's code.
with() # CERTIFICATE KEY CREDENTIAL METHOD PATH [BODY]
{
	local arguments=(-s --noproxy '*' --cacert "$DAEMON_CA" --max-time 120 -X "$4" -o answer -w '%{http_code}')
	[ "$1" = - ] || arguments+=(--cert "$1.crt" --key "$2.key")
	[ "$3" = - ] || arguments+=(-H "Authorization: Bearer $(cat "$3")")
	[ $# -lt 6 ] || arguments+=(-H "Content-Type: application/json" --data-binary "$6")
	: >answer
	status=$(curl "${arguments[@]}" "$DAEMON_URL$5")
	said="$status $(jq -r '.error.code // "-"' answer)"
}

with - - "$DAEMON_ADMIN" GET /v1/users
tap_is "who has no certificate needs none" "$said" "200 -"
with ada ada "$DAEMON_ADMIN" GET /v1/users
tap_is "one that is nobody's does no harm" "$said" "200 -"
for bad in foreign expired early wrong_use; do
	with "$bad" ada "$DAEMON_ADMIN" GET /v1/users
	tap_is "one that is not to be trusted is refused: $bad" "$said" "401 untrusted_certificate"
done
with expired ada - GET /healthz
tap_is "... but not where nobody is asked who he is" "$said" "200 -"

# ---- a person's ----

export COUNTERSIGN_SERVER=$DAEMON_URL COUNTERSIGN_CA=$DAEMON_CA COUNTERSIGN_CREDENTIAL_FILE=$DAEMON_ADMIN
said=$("$cs" server staff certificate admin ada.crt 2>&1)
fingerprint=$(openssl x509 -in ada.crt -noout -pubkey | openssl pkey -pubin -outform DER | openssl dgst -sha256 -r | cut -d' ' -f1)
tap_is "a person gets a certificate, known by its key" "$said" "admin: the certificate whose key has SHA-256 $fingerprint"
with - - "$DAEMON_ADMIN" GET /v1/users
tap_is "his credential alone is not enough any more" "$said" "401 certificate_wanted"
with bob bob "$DAEMON_ADMIN" GET /v1/users
tap_is "nor with another one's certificate" "$said" "401 certificate_wanted"
with ada ada - GET /v1/users
tap_is "nor is his certificate without the credential" "$said" "401 unauthorized"
with ada ada "$DAEMON_ADMIN" GET /v1/users
tap_is "both are" "$said" "200 -"
with renewed ada "$DAEMON_ADMIN" GET /v1/users
tap_is "so is a renewed certificate of the same key" "$said" "200 -"
with expired ada "$DAEMON_ADMIN" GET /v1/users
tap_is "but not an expired one of it" "$said" "401 untrusted_certificate"
tap_ok "the command line shows it" "$cs" server user list --client-cert ada.crt --client-key ada.key
tap_is "a file that is no certificate is a usage error" "$("$cs" server staff certificate admin ada.key >/dev/null 2>&1; echo $?)" 2
with ada ada "$DAEMON_ADMIN" POST /v1/staff/admin/certificate '{"certificate":"abcd"}'
tap_is "what is no fingerprint is refused" "$said" "400 bad_certificate"

# ---- an application's ----

"$cs" server app certificate web shop.crt --client-cert ada.crt --client-key ada.key >out 2>&1
tap_like "an application gets one" "$(cat out)" '^web: the certificate whose key has SHA-256 '
verify="{\"user\":\"alice\",\"code\":\"$(door_code 0)\"}"
with shop shop - POST /v1/otp/verify "$verify"
tap_is "it calls with that alone" "$said $(jq .accepted answer)" "200 - true"
with bob bob - POST /v1/otp/verify "$verify"
tap_is "nobody else does" "$said" "401 unauthorized"
with shop shop "$DAEMON_ADMIN" POST /v1/otp/verify "$verify"
tap_is "and it does not stand for a person's" "$said" "401 certificate_wanted"
with - - web.credential POST /v1/otp/verify "{\"user\":\"alice\",\"code\":\"$(door_code 1)\"}"
tap_is "its credential is good without it" "$said $(jq .accepted answer)" "200 - true"
"$cs" server app add other --client-cert ada.crt --client-key ada.key --credential-out other.credential >out 2>&1
"$cs" server app certificate other shop.crt --client-cert ada.crt --client-key ada.key >out 2>&1
tap_like "two applications do not share one" "$(cat out)" "another application's"
"$cs" server app certificate web none --client-cert ada.crt --client-key ada.key >out 2>&1
with shop shop - POST /v1/otp/verify "$verify"
tap_is "taken away, it is worth nothing" "$said" "401 unauthorized"

# ---- wanted of everyone ----

"$cs" server staff add olga --role operator --client-cert ada.crt --client-key ada.key --credential-out olga.credential >out 2>&1
with - - olga.credential GET /v1/users
tap_is "a person without one calls without" "$said" "200 -"
daemon_stop
echo "staff_certificates = yes" >>countersignd.conf
tap_ok "the daemon starts with staff_certificates" daemon_start
export COUNTERSIGN_SERVER=$DAEMON_URL
with - - olga.credential GET /v1/users
tap_is "... until all persons have one" "$said" "403 no_certificate"
with bob bob olga.credential GET /v1/users
tap_is "of their own" "$said" "403 no_certificate"
with - - web.credential POST /v1/otp/verify '{"user":"alice","code":"000000"}'
tap_is "applications go on as before" "$said" "200 -"
"$cs" server staff certificate olga bob.crt --client-cert ada.crt --client-key ada.key >out 2>&1
with bob bob olga.credential GET /v1/users
tap_is "the administrator gives them theirs" "$said" "200 -"
with ada ada "$DAEMON_ADMIN" GET '/v1/audit?limit=1000'
tap_is "every refusal is in the audit log" "$(jq -r '[.entries[].reason | select(test("certificate"))] | unique | join(" ")' answer)" \
	"bad_certificate certificate_taken certificate_wanted no_certificate untrusted_certificate"
for version in 1.2 1.1; do
	curl -s --noproxy '*' --cacert "$DAEMON_CA" --tls-max "$version" "$DAEMON_URL/healthz" >out 2>&1
	tap_is "TLS $version is not spoken" "$?" 35
done
tap_done
