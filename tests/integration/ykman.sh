#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# ykman on our card, profile piv: its PIV and OATH commands; codes cross-checked against oathtool.
. "${top_srcdir:-.}/tests/lib/card.sh"
. "$top_srcdir/tests/lib/client.sh"

command -v ykman >/dev/null || tap_skip_all "ykman is not installed"
command -v oathtool >/dev/null || tap_skip_all "oathtool is not installed"
client_begin ykman yubikey-manager "piv info" "piv reset" "piv access change-pin" "piv access change-puk" "piv access unblock-pin" \
	"piv access change-management-key" "piv access change-management-key, AES" "piv access change-management-key, protected by the PIN" \
	"piv access set-retries" "piv keys generate" "piv keys generate, ED25519" "piv keys generate, X25519" "piv keys import" "piv keys attest" \
	"piv keys export" "piv keys info" "piv keys move" "piv keys delete" "piv certificates generate" "piv certificates request" \
	"piv certificates import" "piv certificates import, compressed" "piv certificates export" "piv certificates delete" \
	"piv objects generate" "piv objects import" "piv objects export" "oath info" "oath reset" "oath access change" "oath access remember" \
	"oath access forget" "oath accounts add" "oath accounts uri" "oath accounts list" "oath accounts code" "oath accounts rename" \
	"oath accounts delete" apdu list info "AES192 card: piv info" "AES192 card: piv keys generate" \
	"AES192 card: piv keys import" "AES192 card: piv certificates import" "AES192 card: piv objects import" \
	"AES192 card: piv access change-management-key" "AES192 card: piv reset"
cd "$CARD_DIR" || exit 1
export HOME=$CARD_DIR XDG_DATA_HOME=$CARD_DIR/share

# Newer versions take what is not NFC for a USB device, and read in the reader's name which.
pcscd_start "Yubico YubiKey CCID"
touch_pipe=$CARD_DIR/touch
card_start piv --touch "$touch_pipe"
PIN=123456 PUK=12345678 MGM=010203040506070801020304050607080102030405060708

yk()
{
	timeout 120 ykman --reader "$CARD_READER" "$@" </dev/null
}

# ---- PIV ----
info=$(yk piv info 2>&1)
tap_like "piv info tells the version" "$info" "PIV version:? +5\.[0-9]"
tap_like "piv info tells the PIN's tries" "$info" "PIN tries remaining:? +3/3"
tap_like "piv info warns of the factory's management key" "$info" "(WARNING: Using default|[Dd]efault [Mm]anagement)"

for algorithm in RSA2048 ECCP256; do
	name=9a.$algorithm
	tap_ok "piv keys generate, $algorithm" yk piv keys generate -m "$MGM" -a "$algorithm" 9a "$name.pub"
	tap_ok "piv certificates generate, $algorithm" \
		yk piv certificates generate -m "$MGM" -P "$PIN" -s "CN=$name" 9a "$name.pub"
	tap_ok "piv certificates export, $algorithm" yk piv certificates export 9a "$name.crt"
	tap_ok "openssl verifies the certificate, $algorithm" openssl verify -CAfile "$name.crt" "$name.crt"
	tap_ok "piv certificates request, $algorithm" yk piv certificates request -P "$PIN" -s "CN=$name" 9a "$name.pub" "$name.csr"
	tap_ok "openssl verifies the request, $algorithm" openssl req -in "$name.csr" -noout -verify
	tap_ok "piv keys attest, $algorithm" yk piv keys attest 9a "$name.att"
	openssl x509 -in "$name.att" -noout -pubkey >"$name.attpub" 2>/dev/null
	tap_ok "the attestation is for the generated key, $algorithm" cmp "$name.pub" "$name.attpub"
	tap_ok "piv keys export, verified, $algorithm" yk piv keys export -v -P "$PIN" 9a "$name.exp"
	tap_ok "it is the generated key, $algorithm" cmp "$name.pub" "$name.exp"
	tap_like "piv info shows the certificate, $algorithm" "$(yk piv info 2>&1)" "CN=$name"
done
if yk piv keys --help | grep -q ' info '; then
	tap_like "piv keys info" "$(yk piv keys info 9a 2>&1)" "ECCP256"
else
	tap_skip "piv keys info" "not in this version"
fi
# What newer ones know: generated and imported, attested, and used by a certificate.
if yk piv keys generate --help | grep -q ED25519; then
	tap_ok "piv keys generate, ED25519" yk piv keys generate -m "$MGM" -a ED25519 83 83.pub
	tap_ok "piv certificates generate, ED25519" yk piv certificates generate -m "$MGM" -P "$PIN" -s CN=83 83 83.pub
	tap_ok "piv certificates export, ED25519" yk piv certificates export 83 83.crt
	tap_ok "openssl verifies the certificate, ED25519" openssl verify -CAfile 83.crt 83.crt
	tap_ok "piv keys generate, X25519" yk piv keys generate -m "$MGM" -a X25519 84 84.pub
	for slot in 83 84; do
		tap_ok "piv keys attest of $slot" yk piv keys attest $slot $slot.att
		tap_ok "piv keys attest is for the generated key, $slot" cmp $slot.pub <(openssl x509 -in $slot.att -noout -pubkey)
	done
	for algorithm in ed25519 x25519; do
		openssl genpkey -algorithm $algorithm -out $algorithm.key 2>/dev/null
		tap_ok "piv keys import, $algorithm" yk piv keys import -m "$MGM" 85 $algorithm.key
		tap_ok "piv keys export of it" yk piv keys export 85 $algorithm.back
		tap_ok "gives its public key, $algorithm" cmp $algorithm.back <(openssl pkey -in $algorithm.key -pubout)
	done
else
	tap_skip "piv keys generate, ED25519" "not in this version"
	tap_skip "piv keys generate, X25519" "not in this version"
fi
if yk piv keys --help | grep -q ' move '; then
	tap_ok "piv keys move" yk piv keys move -m "$MGM" 9a 82
	tap_like "piv keys move: the key is in its new slot" "$(yk piv keys info 82 2>&1)" "ECCP256"
	tap_refused "piv keys move: and no more in the old one" yk piv keys info 9a
	tap_ok "piv keys delete" yk piv keys delete -m "$MGM" 82
	tap_refused "piv keys delete: it is gone" yk piv keys info 82
else
	tap_skip "piv keys move" "not in this version"
	tap_skip "piv keys delete" "not in this version"
fi
openssl genrsa -out imported.key 2048 2>/dev/null
openssl req -x509 -new -key imported.key -subj /CN=imported -days 30 -out imported.crt 2>/dev/null
tap_ok "piv keys import" yk piv keys import -m "$MGM" 9d imported.key
tap_ok "piv certificates import, verified against the key" yk piv certificates import -m "$MGM" -P "$PIN" -v 9d imported.crt
if yk piv certificates import --help | grep -q -- --compress; then
	openssl req -x509 -new -key imported.key -subj /CN=big -days 30 -out big.crt \
		-addext "subjectAltName=$(printf 'DNS:%s.example.org,' {a..z}{a..h} | sed 's/,$//')" 2>/dev/null
	tap_ok "piv certificates import, compressed" yk piv certificates import -m "$MGM" -P "$PIN" --compress 9d big.crt
	tap_ok "piv certificates export of it" yk piv certificates export 9d big.back
	tap_ok "gives it back whole" cmp <(openssl x509 -in big.crt -outform DER) <(openssl x509 -in big.back -outform DER)
else
	tap_skip "piv certificates import, compressed" "not in this version"
fi
tap_ok "piv certificates delete" yk piv certificates delete -m "$MGM" 9d
tap_refused "which is gone then" yk piv certificates export 9d gone.crt

for object in CHUID CCC; do
	tap_ok "piv objects generate $object" yk piv objects generate -m "$MGM" "$object"
	tap_ok "piv objects export $object" yk piv objects export "$object" "$object.bin"
	tap_ok "$object is not empty" test -s "$object.bin"
done
head -c 2500 /dev/urandom >object
tap_ok "piv objects import, 2500 bytes" yk piv objects import -m "$MGM" 0x5fff11 object
tap_ok "piv objects export" yk piv objects export 0x5fff11 object.back
tap_ok "gives the same bytes" cmp object object.back

tap_ok "piv access change-pin" yk piv access change-pin -P "$PIN" -n 654321
tap_refused "the old PIN is refused" yk piv access change-pin -P "$PIN" -n 111222
tap_ok "piv access change-puk" yk piv access change-puk -p "$PUK" -n 87654321
tap_ok "piv access unblock-pin" yk piv access unblock-pin -p 87654321 -n "$PIN"
new=A0A1A2A3A4A5A6A7B0B1B2B3B4B5B6B7C0C1C2C3C4C5C6C7
for kind in TDES AES128:16 AES192:24 AES256:32; do
	[ "$kind" = TDES ] || new=$(openssl rand -hex "${kind#*:}")
	row="piv access change-management-key"
	[ "$kind" = TDES ] || row="$row, AES"
	tap_ok "$row: to ${kind%:*}" \
		yk piv access change-management-key -m "$MGM" -a "${kind%:*}" -n "$new"
	MGM=$new
	tap_ok "the new management key is good, ${kind%:*}" yk piv objects generate -m "$MGM" CHUID
done
tap_ok "piv access change-management-key, protected by the PIN" yk piv access change-management-key -m "$MGM" -a AES192 -p -P "$PIN"
tap_ok "the PIN now stands for it" yk piv objects generate -P "$PIN" CHUID
tap_ok "piv reset" yk piv reset -f
tap_like "piv info after the reset" "$(yk piv info 2>&1)" "PIN tries remaining:? +3/3"
MGM=010203040506070801020304050607080102030405060708
tap_ok "piv access set-retries" yk piv access set-retries -m "$MGM" -P "$PIN" -f 5 4
tap_like "piv info tells the new number" "$(yk piv info 2>&1)" "PIN tries remaining:? +5/5"

# ---- OATH ----
tap_like "oath info" "$(yk oath info 2>&1)" "OATH version:? +5\.[0-9]"
tap_like "oath info: no password" "$(yk oath info 2>&1)" "Password protection:? +disabled"
SEED=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ
SEEDHEX=3132333435363738393031323334353637383930

tap_ok "oath accounts add, HOTP" yk oath accounts add -f -o HOTP -c 0 hotp "$SEED"
for counter in 0 1 2 3; do
	tap_is "HOTP $counter is oathtool's" "$(yk oath accounts code -s hotp)" "$(oathtool --hotp -c "$counter" "$SEEDHEX")"
done
tap_ok "oath accounts add, HOTP from counter 1000, 8 digits" yk oath accounts add -f -o HOTP -d 8 -c 1000 later "$SEED"
tap_is "HOTP 1000 is oathtool's" "$(yk oath accounts code -s later)" "$(oathtool --hotp -d 8 -c 1000 "$SEEDHEX")"

# The code and oathtool's, of the same time step: asked again if the step ended in between.
totp_test()
{
	local name=$1 algorithm=$2 digits=$3 period=$4 before=0 after=1 got='' want=''
	while [ "$before" -ne "$after" ]; do
		before=$(($(date +%s) / period))
		got=$(yk oath accounts code -s "$name")
		want=$(oathtool --totp="$algorithm" -d "$digits" -s "$period" "$SEEDHEX")
		after=$(($(date +%s) / period))
	done
	tap_is "TOTP $algorithm, $digits digits, $period s, is oathtool's" "$got" "$want"
}
for algorithm in SHA1 SHA256 SHA512; do
	tap_ok "oath accounts add, TOTP $algorithm" \
		yk oath accounts add -f -a "$algorithm" -d 8 "totp$algorithm" "$SEED"
	totp_test "totp$algorithm" "$algorithm" 8 30
done
tap_ok "oath accounts add, TOTP of 60 s with an issuer" yk oath accounts add -f -P 60 -i bank sixty "$SEED"
totp_test bank:sixty SHA1 6 60
tap_ok "oath accounts add, a short secret" yk oath accounts add -f short JBSWY3DP
tap_ok "oath accounts add, touch" yk oath accounts add -f -t touched "$SEED"

list=$(yk oath accounts list 2>&1)
tap_is "oath accounts list shows all" "$(wc -l <<<"$list")" 8
tap_like "and their types" "$(yk oath accounts list -o)" "hotp, HOTP"
all=$(yk oath accounts code)
tap_like "oath accounts code shows all: a TOTP code" "$all" "totpSHA256 +[0-9]{8}"
tap_like "an HOTP account without its code" "$all" "hotp +\[HOTP Account\]"
tap_like "an account that wants a touch" "$all" "touched +\[Requires Touch\]"
tap_is "no HOTP counter has moved" "$(yk oath accounts code -s hotp)" "$(oathtool --hotp -c 4 "$SEEDHEX")"

# A finger that waits until the card asks: a touch made before is no answer.
asked() { grep -c "touch the card to" "$CARD_DIR/card.log"; }
finger()
{
	local before=$1
	for _ in {1..2400}; do
		[ "$(asked)" = "$before" ] || break
		read -rt 0.05 <> <(:)
	done
	echo >"$touch_pipe"
}
finger "$(asked)" &
tap_like "after a touch the code is there" "$(yk oath accounts code -s touched 2>/dev/null)" "^[0-9]{6}$"
wait "$!"

tap_ok "oath accounts rename" yk oath accounts rename -f hotp new:name
tap_is "the renamed account keeps its counter" "$(yk oath accounts code -s new:name)" "$(oathtool --hotp -c 5 "$SEEDHEX")"
tap_ok "oath accounts add again replaces it" yk oath accounts add -f -o HOTP -i new name "$SEED"
tap_is "with a new counter" "$(yk oath accounts code -s new:name)" "$(oathtool --hotp -c 0 "$SEEDHEX")"
tap_ok "oath accounts uri" \
	yk oath accounts uri -f "otpauth://totp/shop:me?secret=$SEED&issuer=shop&algorithm=SHA256&digits=8&period=45"
totp_test shop:me SHA256 8 45
tap_ok "oath accounts delete of it" yk oath accounts delete -f shop:me
tap_ok "oath accounts delete" yk oath accounts delete -f short
tap_is "one is gone" "$(yk oath accounts list | wc -l)" 7
card_stop && card_resume --touch "$touch_pipe"
tap_is "after a restart all are there" "$(yk oath accounts list | wc -l)" 7
tap_is "and so is the counter" "$(yk oath accounts code -s new:name)" "$(oathtool --hotp -c 1 "$SEEDHEX")"

# ---- what our cards have beyond it: ykman skips it, or shows it sanely ----
ours()
{
	COUNTERSIGN_TRANSPORT=socket:$CARD_SOCKET COUNTERSIGN_OTP_SECRET=$SEED "$top_builddir/tools/countersign" "$@" </dev/null
}
tap_ok "an OCRA credential, by countersign" ours otp add challenged --ocra OCRA-1:HOTP-SHA1-6:QN08
tap_ok "a credential bound to the PIN, by countersign" ours otp add bound --pin-bound
tap_ok "an HOTP credential bound to the PIN, by countersign" ours otp add boundhotp --type hotp --pin-bound
list=$(yk oath accounts list -o 2>&1)
tap_is "oath accounts list shows the bound ones, and no OCRA" "$(wc -l <<<"$list")" 9
tap_like "bound as TOTP" "$list" "bound, TOTP"
all=$(yk oath accounts code 2>&1)
tap_like "oath accounts code shows it without a code" "$all" "bound +\[Requires Touch\]"
tap_like "and the other one as HOTP" "$all" "boundhotp +\[HOTP Account\]"
tap_like "and others with theirs" "$all" "totpSHA256 +[0-9]{8}"
tap_refused "oath accounts code gives no code that wants the PIN" yk oath accounts code -s bound
tap_refused "nor the next HOTP code" yk oath accounts code -s boundhotp
tap_is "with the PIN, by countersign, it is the first" "$(COUNTERSIGN_PIN=$PIN ours otp code boundhotp)" "$(oathtool --hotp "$SEEDHEX")"
tap_is "the OCRA credential answers, by countersign" "$(ours otp code challenged --challenge 11111111)" 243178
tap_ok "oath accounts rename of a bound one" yk oath accounts rename -f boundhotp stillbound
tap_refused "which stays bound" yk oath accounts code -s stillbound
tap_ok "oath accounts delete of one" yk oath accounts delete -f stillbound
tap_ok "and of the other" yk oath accounts delete -f bound

tap_ok "oath access change sets a password" yk oath access change -n secret
tap_like "oath info: password" "$(yk oath info 2>&1)" "Password protection:? +enabled"
tap_refused "a wrong password is refused" yk oath accounts list -p wrong
tap_like "the right one is good" "$(yk oath accounts list -p secret)" "totpSHA1"
# The password is kept in a file here, as there is no keyring of a desktop.
export PYTHON_KEYRING_BACKEND=keyrings.alt.file.PlaintextKeyring
tap_ok "oath access remember" yk oath access remember -p secret
tap_like "oath access remember: no password is asked for then" "$(yk oath accounts list)" "totpSHA1"
tap_ok "oath access forget" yk oath access forget
tap_refused "oath access forget: it is asked for again" yk oath accounts list
tap_ok "oath access change changes it" yk oath access change -p secret -n other
tap_refused "the old one is refused then" yk oath accounts list -p secret
tap_ok "oath access change -c removes it" yk oath access change -p other -c
tap_ok "no password is asked for" yk oath accounts list
tap_ok "a password again" yk oath access change -n secret
for _ in 1 2 3 4 5; do
	tap_refused "a wrong password" yk oath accounts list -p wrong
done
tap_refused "after five in a row the card wants to be waited for" yk oath accounts list -p secret
tap_like "as countersign tells" "$(ours otp status)" "Tries: +10 of 15 left"
tap_ok "an officer's PIN of his own" env COUNTERSIGN_SO_PIN="$PUK" COUNTERSIGN_NEW_SO_PIN=73940216 \
	COUNTERSIGN_TRANSPORT="socket:$CARD_SOCKET" "$top_builddir/tools/countersign" pin change --so
export COUNTERSIGN_SO_PIN=73940216
tap_ok "with which he ends the wait" ours otp unblock
tap_like "the right password is good again" "$(yk oath accounts list -p secret)" "totpSHA1"
tap_ok "oath reset needs no password" yk oath reset -f
tap_is "nothing is left" "$(yk oath accounts list | wc -l)" 0
tap_like "no password either" "$(yk oath info 2>&1)" "Password protection:? +disabled"

# ---- what is of no application ----
if yk apdu --help >/dev/null 2>&1; then
	tap_like "apdu" "$(yk apdu -x -a piv fd=9000 2>&1)" "050700"
else
	tap_skip "apdu" "not in this version"
fi
tap_skip "list" "it looks for the reference token's USB device"
tap_skip "info" "it asks the Management application, which this card does not have"

# ---- a card whose management key is AES-192 from the start, as on the reference token's newest firmware ----
card_stop && card_start piv --management aes192
MGM=010203040506070801020304050607080102030405060708
info=$(yk piv info 2>&1)
tap_like "AES192 card: piv info" "$info" "Management key algorithm:? +AES192"
tap_like "AES192 card: piv info warns of the factory's key" "$info" "(WARNING: Using default|[Dd]efault [Mm]anagement)"
tap_ok "AES192 card: piv keys generate" yk piv keys generate -m "$MGM" -a ECCP256 9a aes.pub
tap_ok "AES192 card: piv keys import" yk piv keys import -m "$MGM" 9d imported.key
tap_ok "AES192 card: piv certificates import" yk piv certificates import -m "$MGM" 9d imported.crt
tap_ok "its certificate is there" yk piv certificates export 9d aes.back
tap_ok "and is the same" cmp imported.crt aes.back
tap_ok "AES192 card: piv objects import" yk piv objects import -m "$MGM" 0x5fff11 object
tap_refused "AES192 card: piv objects import with a wrong key" yk piv objects import -m "${MGM/01/11}" 0x5fff11 object
new=$(openssl rand -hex 24)
tap_ok "AES192 card: piv access change-management-key" yk piv access change-management-key -m "$MGM" -a AES192 -n "$new"
tap_refused "the old management key is refused" yk piv objects generate -m "$MGM" CHUID
tap_ok "the new one is good" yk piv objects generate -m "$new" CHUID
tap_ok "AES192 card: piv reset" yk piv reset -f
tap_like "the management key is AES192 after it, too" "$(yk piv info 2>&1)" "Management key algorithm:? +AES192"
tap_ok "and the factory's" yk piv objects generate -m "$MGM" CHUID

client_done
