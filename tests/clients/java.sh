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
client_begin java "$package:1" "keytool -list" "keytool -exportcert" "keytool -certreq" "keytool -delete" \
	"jarsigner, RSA" "jarsigner, ECDSA" "jarsigner -verify"
cd "$CARD_DIR" || exit 1
export HOME=$CARD_DIR

tap_ok "a token is made" token_make
ca_make
tap_ok "an RSA key gets a certificate" token_certify 01 /CN=Ada keyUsage=digitalSignature extendedKeyUsage=codeSigning
tap_ok "and a P-256 key another" token_certify 03 /CN=Bob keyUsage=digitalSignature extendedKeyUsage=codeSigning
printf 'name = Countersign\nlibrary = %s\nslotListIndex = 0\n' "$(realpath "$CARD_MODULE")" >sun.cfg
echo -n "$PIN" >pin.txt
echo -n 999999 >wrong.txt

store=(-providerClass sun.security.pkcs11.SunPKCS11 -providerArg sun.cfg -storetype PKCS11 -keystore NONE)
fast=(-J-XX:TieredStopAtLevel=1 -J-XX:+UseSerialGC "-J-Duser.home=$CARD_DIR")
keytool_card()
{
	timeout 90 keytool "${fast[@]}" "${store[@]}" -storepass:file pin.txt "$@" </dev/null 2>&1
}
tap_like "keytool -list" "$(keytool_card -list)" "Your keystore contains 2 entries"
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

tap_ok "keytool -delete" keytool_card -delete -alias "PIV Authentication"
tap_is "keytool -delete: the certificate is gone" "$(token_tool -O --type cert 2>/dev/null | grep -c CN=Ada)" 0
tap_is "keytool -delete: and its private key" "$(token_tool --login --pin "$PIN" -O --type privkey 2>/dev/null | grep -c 'PIV Auth')" 0
client_done
