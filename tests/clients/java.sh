#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Java's provider SunPKCS11 with the module: keytool and jarsigner.
. "${top_srcdir:-.}/tests/lib/card.sh"
. "$top_srcdir/tests/lib/client.sh"
. "$top_srcdir/tests/integration/module_token.sh"

for need in pkcs11-tool keytool jarsigner; do
	command -v "$need" >/dev/null || tap_skip_all "$need is not installed"
done
package=$(dpkg -S "$(readlink -f "$(command -v jarsigner)")" | cut -d : -f 1)
client_begin java "$package:1" "keytool -list" "keytool -exportcert" "keytool -certreq" "keytool -genkeypair" "keytool -importcert" \
	"keytool -importkeystore" "keytool -delete" \
	"jarsigner, RSA" "jarsigner, ECDSA" "jarsigner -verify" "a key that wants its PIN each time"
cd "$CARD_DIR" || exit 1
export HOME=$CARD_DIR

tap_ok "a token is made" token_make
ca_make
tap_ok "an RSA key gets a certificate" token_certify 01 /CN=Ada keyUsage=digitalSignature extendedKeyUsage=codeSigning
tap_ok "and a P-256 key another" token_certify 03 /CN=Bob keyUsage=digitalSignature extendedKeyUsage=codeSigning
tap_ok "and one that wants its PIN each time a third" token_certify 02 /CN=Cyd keyUsage=digitalSignature extendedKeyUsage=codeSigning
printf 'name = Countersign\nlibrary = %s\nslotListIndex = 0\n' "$(realpath "$CARD_MODULE")" >sun.cfg
echo -n "$PIN" >pin.txt
echo -n 999999 >wrong.txt

store=(-providerClass sun.security.pkcs11.SunPKCS11 -providerArg sun.cfg -storetype PKCS11 -keystore NONE)
fast=(-J-XX:TieredStopAtLevel=1 -J-XX:+UseSerialGC "-J-Duser.home=$CARD_DIR")
keytool_card()
{
	timeout 180 keytool "${fast[@]}" "${store[@]}" -storepass:file pin.txt "$@" </dev/null 2>&1
}
tap_like "keytool -list" "$(keytool_card -list)" "Your keystore contains 3 entries"
tap_refused "keytool -list, with a wrong PIN" keytool "${fast[@]}" "${store[@]}" -storepass:file wrong.txt -list
tap_ok "keytool -exportcert" keytool_card -exportcert -alias "Key Management" -file exported.crt
tap_ok "keytool -exportcert gives the certificate that is there" cmp 03.crt.der exported.crt
for alias in "PIV Authentication" "Key Management"; do
	tap_ok "keytool -certreq, $alias" keytool_card -certreq -alias "$alias" -file request.pem
	tap_ok "keytool -certreq, $alias: it proves that it has the key" openssl req -verify -in request.pem -noout
done

# ---- jars ----

mkdir jar
echo hello >jar/hello
(cd jar && jar cf ../hello.jar hello)
openssl pkcs12 -export -nokeys -jdktrust anyExtendedKeyUsage -in ca.pem -out trust.p12 -passout pass:trusted 2>/dev/null ||
	keytool "${fast[@]}" -importcert -noprompt -alias ca -file ca.pem -keystore trust.p12 -storetype PKCS12 -storepass trusted >/dev/null 2>&1
for key in "RSA:01:PIV Authentication" "ECDSA:03:Key Management"; do
	IFS=: read -r type id alias <<<"$key"
	tap_ok "jarsigner, $type" jarsigner "${fast[@]}" "${store[@]}" -storepass:file pin.txt -signedjar "$type.jar" hello.jar "$alias"
	tap_like "jarsigner -verify, $type" "$(jarsigner "${fast[@]}" -verify -strict -keystore trust.p12 -storepass trusted "$type.jar" 2>&1)" "jar verified"
	mkdir "$type.out"
	(cd "$type.out" && jar xf "../$type.jar")
	block=$(ls "$type.out"/META-INF/*.RSA "$type.out"/META-INF/*.EC 2>/dev/null)
	tap_ok "jarsigner, $type: openssl verifies it" openssl cms -verify -binary -inform DER -in "$block" \
		-content "${block%.*}.SF" -CAfile ca.pem -purpose any -out /dev/null
	echo other >"$type.out/hello"
	(cd "$type.out" && jar uf "../$type.jar" hello)
	tap_refused "jarsigner -verify, $type: not with another file in it" \
		jarsigner "${fast[@]}" -verify -keystore trust.p12 -storepass trusted "$type.jar"
done

# The login's PIN is worth the one signature that it makes.
tap_ok "a key that wants its PIN each time" \
	jarsigner "${fast[@]}" "${store[@]}" -storepass:file pin.txt -signedjar always.jar hello.jar "Digital Signature"
tap_like "a key that wants its PIN each time: the signature verifies" \
	"$(jarsigner "${fast[@]}" -verify -strict -keystore trust.p12 -storepass trusted always.jar 2>&1)" "jar verified"

# ---- keys of its own ----

tap_ok "keytool -genkeypair, P-256" keytool_card -genkeypair -alias newec -keyalg EC -groupname secp256r1 -dname CN=New
tap_ok "keytool -genkeypair, RSA" keytool_card -genkeypair -alias newrsa -keyalg RSA -keysize 2048 -dname CN=NewRSA
tap_ok "keytool -genkeypair: a request by a new key" keytool_card -certreq -alias newec -file new.csr
tap_ok "keytool -genkeypair: the request proves that it is there" openssl req -in new.csr -verify -noout
ca_issue new.csr new.crt keyUsage=digitalSignature
cat new.crt ca.pem >chain.pem
tap_run keytool_card -importcert -noprompt -alias newec -file chain.pem
tap_like "keytool -importcert" "$(keytool_card -exportcert -rfc -alias newec | openssl x509 -noout -issuer)" "Test CA"
openssl req -x509 -newkey rsa:2048 -nodes -keyout soft.key -subj /CN=Soft -days 10 -out soft.crt 2>/dev/null
openssl pkcs12 -export -inkey soft.key -in soft.crt -name soft -out soft.p12 -passout pass:softer
tap_ok "keytool -importkeystore" timeout 180 keytool "${fast[@]}" -importkeystore -srckeystore soft.p12 -srcstoretype PKCS12 -srcstorepass softer \
	-alias soft -destkeystore NONE -deststoretype PKCS11 -deststorepass:file pin.txt "${store[@]:0:4}"
tap_ok "keytool -importkeystore: a request by that key" keytool_card -certreq -alias soft -file soft.csr
tap_ok "keytool -importkeystore: it signs" openssl req -in soft.csr -noout -verify
tap_is "keytool -importkeystore: it is the one that was imported" "$(openssl req -in soft.csr -noout -pubkey)" \
	"$(openssl pkey -in soft.key -pubout)"
tap_ok "keytool -delete" keytool_card -delete -alias "PIV Authentication"
tap_is "keytool -delete: the certificate is gone" "$(token_tool -O --type cert 2>/dev/null | grep -c CN=Ada)" 0
tap_is "keytool -delete: and its private key" "$(token_tool --login --pin "$PIN" -O --type privkey 2>/dev/null | grep -c 'PIV Auth')" 0
client_done
