#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# NSS with the module: modutil, certutil, cmsutil and pk12util's relatives, and poppler's pdfsig, which signs through NSS.
. "${top_srcdir:-.}/tests/lib/card.sh"
. "$top_srcdir/tests/lib/client.sh"
. "$top_srcdir/tests/integration/module_token.sh"

for need in pkcs11-tool modutil certutil cmsutil pk12util pdfsig; do
	command -v "$need" >/dev/null || tap_skip_all "$need is not installed"
done
cd "$CARD_DIR" || exit 1
export COUNTERSIGN_TRACE=$CARD_DIR/trace
tap_ok "a token is made" token_make
ca_make
usage="keyUsage=digitalSignature,keyEncipherment"
tap_ok "an RSA key gets a certificate" token_certify 01 "/CN=Ada/emailAddress=ada@example.org" "$usage" "subjectAltName=email:ada@example.org"
tap_ok "and a P-256 key another" token_certify 03 "/CN=Bob/emailAddress=bob@example.org" "$usage" "subjectAltName=email:bob@example.org"
tap_ok "and one that wants its PIN each time a third" token_certify 02 "/CN=Cyd/emailAddress=cyd@example.org" "$usage" "subjectAltName=email:cyd@example.org"
echo "$PIN" >pin.txt
echo 999999 >wrong.txt
: >empty.txt
head -c 3000 /dev/urandom >data

client_begin nss libnss3-tools "modutil -add" "modutil -list" "certutil -N" "certutil -L" "certutil -K" "certutil -V" "certutil -R" \
	"certutil -R, a new key on the card" "certutil -A" "certutil -S" "certutil -F" "certutil -D" "pk12util -i" "cmsutil -S" "cmsutil -E" "cmsutil -D" \
	"a key that wants its PIN each time" "trust, no APDU"
mkdir db
tap_ok "certutil -N" certutil -N -d sql:db --empty-password
tap_ok "modutil -add" modutil -force -dbdir sql:db -add countersign -libfile "$CARD_MODULE"
tap_like "modutil -list" "$(modutil -dbdir sql:db -list countersign 2>&1)" "Token Name: Test"
tap_ok "a CA is trusted" certutil -A -d sql:db -n ca -t CT,C,C -i ca.pem
nss()
{
	local command=$1
	shift
	timeout 120 "$command" -d sql:db "$@"
}
list=$(nss certutil -L -h Test -f pin.txt 2>&1)
tap_like "certutil -L" "$list" "Test:PIV Authentication +u,u,u"
tap_like "certutil -L, the second key" "$list" "Test:Key Management +u,u,u"
tap_is "certutil -L, the certificate itself" \
	"$(nss certutil -L -h Test -f pin.txt -n "Test:Key Management" -r 2>/dev/null | sha256sum)" "$(sha256sum <03.crt.der)"
keys=$(nss certutil -K -h Test -f pin.txt 2>&1)
tap_like "certutil -K, an RSA key" "$keys" "rsa  .*PIV Authentication"
tap_like "certutil -K, a P-256 key" "$keys" "ec  .*Key Management"
tap_like "certutil -K, with a wrong PIN" "$(nss certutil -K -h Test -f wrong.txt 2>&1)" "SEC_ERROR_BAD_PASSWORD"
for name in "PIV Authentication" "Key Management"; do
	tap_like "certutil -V, $name" "$(nss certutil -V -u C -e -l -f pin.txt -n "Test:$name" 2>&1)" "certificate is valid"
done

# ---- messages ----

for name in "01 PIV Authentication" "03 Key Management"; do
	id=${name%% *} name=${name#* }
	tap_ok "cmsutil -S, $name" nss cmsutil -S -H SHA256 -N "Test:$name" -f pin.txt -i data -o "$id.cms"
	tap_ok "cmsutil -S, $name: openssl verifies it" \
		openssl cms -verify -binary -inform DER -in "$id.cms" -CAfile ca.pem -purpose any -out "$id.out"
	tap_ok "cmsutil -S, $name: it is what was signed" cmp data "$id.out"
	tap_ok "cmsutil -D, $name, verifies it too" nss cmsutil -D -n -f pin.txt -i "$id.cms" -o /dev/null
done
tap_ok "a key that wants its PIN each time, cmsutil -S" nss cmsutil -S -H SHA256 -N "Test:Digital Signature" -f pin.txt -i data -o 02.cms
tap_ok "a key that wants its PIN each time: openssl verifies it" \
	openssl cms -verify -binary -inform DER -in 02.cms -CAfile ca.pem -purpose any -out 02.out
tap_ok "cmsutil -E" nss cmsutil -E -r "Test:PIV Authentication" -f pin.txt -i data -o mail.enc
tap_ok "cmsutil -D, what it encrypted" nss cmsutil -D -f pin.txt -i mail.enc -o mail.dec
tap_ok "cmsutil -D: it is what was encrypted" cmp data mail.dec
openssl cms -encrypt -binary -aes-256-cbc -in data -outform DER -out openssl.enc 01.crt
tap_ok "cmsutil -D, what OpenSSL encrypted" nss cmsutil -D -f pin.txt -i openssl.enc -o openssl.dec
tap_ok "cmsutil -D, what OpenSSL encrypted: it is that" cmp data openssl.dec

# ---- certificates ----

tap_ok "certutil -R, for a key that is there" nss certutil -R -h Test -f pin.txt -k "$(sed -n 's/^<.*> rsa *\([0-9a-f]*\) .*/\1/p' <<<"$keys")" \
	-s CN=Ada -o request.der
tap_ok "certutil -R: it proves that it has the key" openssl req -inform DER -in request.der -verify -noout
tap_run nss certutil -D -f pin.txt -n "Test:Key Management"
if token_tool -O --type cert 2>/dev/null | grep -q CN=Bob; then
	tap_skip "certutil -D" "it does not log in, and nobody deletes without that"
else
	tap_fail "certutil -D: nobody deletes without a login"
fi
head -c 100 /dev/urandom >noise
for type in "rsa -g 2048" "ec -q secp256r1"; do
	# shellcheck disable=SC2086
	tap_ok "certutil -R, a new key on the card, ${type%% *}" \
		nss certutil -R -h Test -f pin.txt -z noise -k $type -s "CN=New ${type%% *}" -o "new.${type%% *}.der"
	tap_ok "certutil -R, a new key on the card, ${type%% *}: the request proves that it is there" \
		openssl req -inform DER -in "new.${type%% *}.der" -verify -noout
done
openssl req -inform DER -in new.ec.der -out new.csr
ca_issue new.csr new.crt "$usage"
tap_ok "certutil -A, the certificate of a new key onto the card" nss certutil -A -h Test -f pin.txt -n "Test:new" -t u,u,u -i new.crt
tap_like "certutil -A: NSS sees that the key is there" "$(nss certutil -L -h Test -f pin.txt 2>&1)" "Test:new +u,u,u"
tap_ok "certutil -S" nss certutil -S -h Test -f pin.txt -z noise -k ec -q secp256r1 -x -n self -s CN=Self -t u,u,u -m 77
tap_like "certutil -S: key and certificate are on the card" "$(nss certutil -L -h Test -f pin.txt 2>&1)" "Test:self +u,u,u"
tap_ok "certutil -F" nss certutil -F -h Test -f pin.txt -n "Test:self"
tap_is "certutil -F: both are gone" "$(token_tool --login --pin "$PIN" -O 2>/dev/null | grep -c 'CN=Self')" 0

# NSS wraps the key for the card with a key that it made for that, and brings the certificate after it.
for type in rsa:2048 ec; do
	name=soft-${type%%:*}
	options=(-newkey "$type")
	[ "$type" != ec ] || options+=(-pkeyopt ec_paramgen_curve:P-256)
	openssl req -x509 "${options[@]}" -nodes -keyout soft.key -subj "/CN=$name" -days 20 -out soft.crt 2>/dev/null
	openssl pkcs12 -export -inkey soft.key -in soft.crt -name "$name" -out soft.p12 -passout pass:swordfish
	tap_ok "pk12util -i, $name" pk12util -i soft.p12 -d sql:db -h Test -k pin.txt -W swordfish
	tap_like "pk12util -i, $name: NSS sees that the key is there" "$(nss certutil -L -h Test -f pin.txt 2>&1)" "Test:$name +u,u,u"
	tap_ok "pk12util -i, $name: it signs a request" nss certutil -R -h Test -f pin.txt -k "Test:$name" -s "CN=$name" -o soft.csr
	tap_is "pk12util -i, $name: with the key that was brought" "$(openssl req -inform DER -in soft.csr -verify -noout -pubkey 2>/dev/null | grep -v verify)" \
		"$(openssl pkey -in soft.key -pubout)"
done

# ---- few commands ----

# NSS looks for trust in every token, for each certificate that it meets: no command to the card answers that. NSS's own log of its
# calls and the module's trace go to one file, in the order in which they happen.
NSPR_LOG_MODULES=sync,nss_mod_log:4 NSS_DEBUG_PKCS11_MODULE=countersign COUNTERSIGN_TRACE=$CARD_DIR/both.log \
	nss certutil -L -h Test -f pin.txt >/dev/null 2>>both.log
read -r searches apdus all < <(awk '
	/C_FindObjectsInit$/ { searching = 1; trust = 0 }
	searching && /CKA_CLASS = CKO_NSS_TRUST/ { trust = 1; searches++ }
	/C_FindObjectsFinal$/ { searching = 0; trust = 0 }
	/ -> [0-9A-F][0-9A-F][0-9A-F][0-9A-F] / { all++; if (trust) apdus++ }
	END { print searches + 0, apdus + 0, all + 0 }' both.log)
tap_note "$searches searches for trust, $all APDUs from C_Initialize to C_Finalize, $apdus of them while it searched for trust"
tap_like "trust, no APDU: NSS searches for it" "$searches" "^[1-9]"
tap_like "trust, no APDU: the card is asked for other things" "$all" "^[1-9]"
tap_is "trust, no APDU: and never for that" "$apdus" 0
client_end

# ---- PDF ----

client_begin poppler poppler-utils "pdfsig -list-nicks" "pdfsig -add-signature, RSA" "pdfsig -add-signature, ECDSA" "pdfsig, verification" \
	"a key that wants its PIN each time"

# A page with nothing on it, and its table of offsets.
page()
{
	local objects=("<</Type/Catalog/Pages 2 0 R>>" "<</Type/Pages/Kids[3 0 R]/Count 1>>"
		"<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 200]/Resources<<>>>>") text=$'%PDF-1.4\n' table="" number
	for number in 1 2 3; do
		table+=$(printf '%010d 00000 n ' "${#text}")$'\n'
		text+="$number 0 obj ${objects[number - 1]} endobj"$'\n'
	done
	printf '%sxref\n0 4\n0000000000 65535 f \n%strailer <</Size 4/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n' "$text" "$table" "${#text}"
}
page >page.pdf
pdf()
{
	timeout 120 pdfsig -nssdir "$CARD_DIR/db" "$@" </dev/null 2>&1
}
tap_like "pdfsig -list-nicks" "$(pdf -nss-pwd "$PIN" -list-nicks)" "Test:PIV Authentication"
for key in "RSA:PIV Authentication" "ECDSA:Key Management"; do
	name=${key#*:} key=${key%%:*}
	if [ "$key" = ECDSA ] && ! printf '%s\n' 24 "$client_version" | sort -VC; then
		tap_skip "pdfsig -add-signature, ECDSA" "it leaves as much room as a first signature takes, and the second may be a byte longer"
		continue
	fi
	tap_run pdf -nss-pwd "$PIN" -add-signature -nick "Test:$name" page.pdf "$key.pdf"
	tap_like "pdfsig, verification, $key" "$(pdf "$key.pdf")" "Signature is Valid"
	tap_like "pdfsig, verification, $key: of the certificate too" "$(pdf "$key.pdf")" "Certificate is Trusted"
	# What is signed and the signature, taken out by hand: the signature stands in hexadecimal between the two ranges.
	read -r _ first second _ < <(pdf "$key.pdf" | sed -n 's/.*Signed Ranges: \[\([0-9]*\) - \([0-9]*\)\], \[\([0-9]*\) - \([0-9]*\)\]/\1 \2 \3 \4/p')
	{ head -c "$first" "$key.pdf"; tail -c "+$((second + 1))" "$key.pdf"; } >"$key.signed"
	printf '%b' "$(head -c "$second" "$key.pdf" | tail -c "+$((first + 1))" | tr -d '<>' | sed 's/../\\x&/g')" >"$key.p7"
	tap_ok "pdfsig -add-signature, $key: openssl verifies it" \
		openssl cms -verify -binary -inform DER -in "$key.p7" -content "$key.signed" -CAfile ca.pem -purpose any -out "$key.out"
	sed 's/300 200/300 201/' "$key.pdf" >changed.pdf
	tap_like "pdfsig, verification, $key: not of a changed page" "$(pdf changed.pdf)" "Digest Mismatch"
done
# NSS asks pdfsig for the PIN once more before such a key signs; its log tells of a program that answers with none at all, without end. The
# row is a no of that program only where the module has done its part: it takes the key, and refuses an empty PIN without asking the card.
# With its PIN the key signs through the same NSS: cmsutil -S.
: >"$COUNTERSIGN_TRACE"
NSPR_LOG_MODULES=sync,nss_mod_log:4 NSS_DEBUG_PKCS11_MODULE=countersign \
	pdfsig -nssdir "$CARD_DIR/db" -nss-pwd "$PIN" -add-signature -nick "Test:Digital Signature" page.pdf always.pdf </dev/null >always.log 2>&1 {tap_fd}>&- &
signer=$!
until ! kill -0 "$signer" 2>/dev/null || [ "$(grep -c 'ulPinLen = 0$' always.log)" -ge 3 ]; do read -rt 0.1 <> <(:); done
kill "$signer" 2>/dev/null
wait "$signer" 2>/dev/null
cp "$COUNTERSIGN_TRACE" always.trace
# asked LOG: what was asked for, and answered: logins as whom and with a PIN of what length, and the beginning and the end of a signature.
asked()
{
	awk '/: C_[A-Za-z]+$/ { call = $NF } / userType = / { call = call " " $NF } / ulPinLen = / { call = call " " $NF }
		/ rv = / { if (call ~ /^C_(Login|Sign)/) print call, $NF; call = "" }' "$1" | uniq | xargs
}
logged()
{
	NSPR_LOG_FILE=$CARD_DIR/cms.log NSPR_LOG_MODULES=sync,nss_mod_log:4 NSS_DEBUG_PKCS11_MODULE=countersign nss "$@"
}
row="a key that wants its PIN each time"
if grep -q 'ulPinLen = 0$' always.log; then
	tap_like "pdfsig -list-nicks, $row" "$(pdf -nss-pwd "$PIN" -list-nicks)" "Test:Digital Signature"
	tap_is "with $row: after the login it begins a signature, and gives an empty PIN then, which is wrong" "$(asked always.log)" \
		"C_Login 0x1 6 CKR_OK C_SignInit CKR_OK C_Login 0x2 0 CKR_PIN_INCORRECT" &&
		tap_is "with $row: that costs no try, the card has seen a PIN once" "$(grep -c ' 00 20 00 80 Lc=8 ' always.trace)" 1 &&
		tap_ok "with $row: who gives its PIN has a signature" logged cmsutil -S -H SHA256 -N "Test:Digital Signature" -f pin.txt -i data -o 02.cms &&
		tap_is "with $row: by the same calls" "$(asked cms.log)" "C_Login 0x1 6 CKR_OK C_SignInit CKR_OK C_Login 0x2 6 CKR_OK C_Sign CKR_OK" &&
		tap_skip "$row" "asked for the PIN a second time it answers with an empty one, again and again"
else
	tap_like "$row" "$(pdf always.pdf)" "Signature is Valid"
fi
tap_run pdf -nss-pwd 999999 -add-signature -nick "Test:PIV Authentication" page.pdf wrong.pdf
tap_is "pdfsig -add-signature, RSA, with a wrong PIN, signs nothing" "$(pdf wrong.pdf | grep -c 'Signature is Valid')" 0
client_done
