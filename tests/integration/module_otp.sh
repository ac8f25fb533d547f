#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# One-time passwords through the module and pcscd, with the example program of docs/examples; beside ykman and the countersign command,
# on the same card, and oathtool, which knows what is right.
. "${top_srcdir:-.}/tests/lib/card.sh"

command -v oathtool >/dev/null || tap_skip_all "oathtool is not installed"

example=$top_builddir/docs/examples/otp
cli=$top_builddir/tools/countersign
cd "$CARD_DIR" || exit 1
export HOME=$CARD_DIR XDG_DATA_HOME=$CARD_DIR/share
unset COUNTERSIGN_PIN COUNTERSIGN_PASSWORD
seed=31323334353637383930313233343536373839302131323334353637 base32=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQEEYTEMZUGU3DO===

otp()
{
	"$example" "$CARD_MODULE" "$@"
}

# ykman takes no other readers than Yubico's.
pcscd_start "Yubico YubiKey CCID"
card_start countersign
tap_is "a card without credentials lists none" "$(otp)" ""
tap_refused "a label that nobody has is refused" otp nobody
tap_like "with a sentence" "$(otp nobody 2>&1)" 'no token has a credential "nobody"'

# ---- enrolled by the standard's call ----

export COUNTERSIGN_OTP_SECRET=$base32
tap_is "the example enrols a credential" "$(otp --enrol Mail:carol 2>&1)$?" 0
tap_like "which is there" "$(otp)" 'Mail:carol \(HOTP, 6 characters\)'
for counter in 0 1; do
	tap_is "and whose code $counter is right" "$(otp Mail:carol)" "$(oathtool --hotp --digits 6 --counter "$counter" "$seed")"
done
tap_is "the countersign command goes on" "$("$cli" otp code Mail:carol)" "$(oathtool --hotp --digits 6 --counter 2 "$seed")"
tap_like "a label that is taken is refused" "$(otp --enrol Mail:carol 2>&1)" "there is a credential with this label"
tap_is "and what is there goes on" "$(otp Mail:carol)" "$(oathtool --hotp --digits 6 --counter 3 "$seed")"
for COUNTERSIGN_OTP_SECRET in "" "GEZ DGN" gezdgnbvgy3tqojqgezdgnbvgy3tqojq 01890189 "GEZDGNBVGY3TQOJQ====GEZDGNBV" "GEZDGNBVGY3TQOJQ= " "$(printf 'A%.0s' {1..104})"; do
	said=$(otp --enrol Mail:dave 2>&1)
	tap_is "a seed that is none is a mistake in the call: ${COUNTERSIGN_OTP_SECRET:0:28}" "$? $said" \
		"2 otp: COUNTERSIGN_OTP_SECRET has to be the seed, in base32: A to Z and 2 to 7, and behind them = alone"
done
unset COUNTERSIGN_OTP_SECRET
tap_is "so is none" "$(otp --enrol Mail:dave 2>/dev/null; echo $?)" 2
tap_is "and no label" "$(otp --enrol 2>/dev/null; echo $?)" 2
tap_is "nothing came of these" "$(otp | grep -c Mail:dave)" 0
tap_ok "the credential is deleted" "$cli" otp delete Mail:carol --yes

# ---- beside other programs ----

if command -v ykman >/dev/null; then
	yk()
	{
		timeout 120 ykman --reader "$CARD_READER" "$@" </dev/null
	}
	tap_ok "ykman adds a counter" yk oath accounts add --oath-type HOTP --digits 8 Bank:alice "$base32"
	tap_ok "and a clock" yk oath accounts add --issuer Shop --period 60 bob "$base32"
else
	tap_skip "ykman adds a counter" "ykman is not installed: the countersign command adds it"
	tap_skip "and a clock" "the same"
	COUNTERSIGN_OTP_SECRET=$base32 "$cli" otp add Bank:alice --type hotp --digits 8 >/dev/null
	COUNTERSIGN_OTP_SECRET=$base32 "$cli" otp add Shop:bob --type totp --period 60 >/dev/null
fi
list=$(otp)
tap_like "the module shows the counter" "$list" 'Bank:alice \(HOTP, 8 characters\)'
tap_like "and the clock, with its period" "$list" 'Shop:bob \(TOTP, 6 characters, each 60 seconds\)'
for counter in 0 1 2; do
	tap_is "code $counter of the counter is right" "$(otp Bank:alice)" "$(oathtool --hotp --digits 8 --counter "$counter" "$seed")"
done
tap_is "the countersign command goes on where the module stopped" "$("$cli" otp code Bank:alice)" \
	"$(oathtool --hotp --digits 8 --counter 3 "$seed")"
tap_is "and the module after it" "$(otp Bank:alice)" "$(oathtool --hotp --digits 8 --counter 4 "$seed")"

tap_is "the card says of a password that it was the one of a counter" "$(otp Bank:alice 2 "$(oathtool --hotp --digits 8 --counter 2 "$seed")")" right
tap_refused "of another counter's it does not" otp Bank:alice 1 "$(oathtool --hotp --digits 8 --counter 2 "$seed")"
tap_like "and of none that is still to come" "$(otp Bank:alice 5 "$(oathtool --hotp --digits 8 --counter 5 "$seed")" 2>&1)" "still to come"
tap_is "asking moves no counter" "$(otp Bank:alice)" "$(oathtool --hotp --digits 8 --counter 5 "$seed")"

# The window may end between the two.
before=$(oathtool --totp --time-step-size 60s "$seed")
code=$(otp Shop:bob)
after=$(oathtool --totp --time-step-size 60s "$seed")
[ "$code" = "$before" ] || before=$after
tap_is "the code of now is right" "$code" "$before"

# ---- OCRA, and what is bound to the PIN ----

export COUNTERSIGN_PIN=482913
tap_ok "a card is issued" env COUNTERSIGN_PUK=82918273 "$cli" card init --label Test --yes
unset COUNTERSIGN_PIN
printf '%s' GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ >seed
tap_ok "an OCRA credential is added" "$cli" otp add Bank:sign --ocra OCRA-1:HOTP-SHA1-6:QN08 --secret-file seed
tap_ok "and a counter that wants the PIN" "$cli" otp add Bank:pin --type hotp --pin-bound --secret-file seed
tap_like "the suite is told" "$(otp)" 'Bank:sign \(OCRA, 6 characters, OCRA-1:HOTP-SHA1-6:QN08\)'
tap_is "its answer is RFC 6287's" "$(otp Bank:sign 11111111)" 243178
tap_like "without a challenge it says so" "$(otp Bank:sign 2>&1)" "give one behind its label"
tap_like "a challenge that does not fit is refused" "$(otp Bank:sign 1x 2>&1)" "does not fit this credential"
tap_is "what wants the PIN is not there before" "$(otp | grep -c Bank:pin)" 0
tap_is "with the PIN it is, and right" "$(COUNTERSIGN_PIN=482913 otp Bank:pin)" 755224
tap_like "a wrong PIN is told, and its price" "$(COUNTERSIGN_PIN=000000 otp Bank:pin 2>&1)" "wrong, which has cost a try"

# ---- the application's password ----

tap_ok "the application gets a password" env COUNTERSIGN_NEW_PASSWORD=swordfish "$cli" otp password
tap_is "then nothing is listed" "$(otp)" ""
tap_like "with it all is there" "$(COUNTERSIGN_PASSWORD=swordfish otp)" "Bank:sign"
tap_is "and usable" "$(COUNTERSIGN_PASSWORD=swordfish otp Bank:sign 22222222)" 653583
tap_like "a wrong one is told" "$(COUNTERSIGN_PASSWORD=shark otp 2>&1)" "wrong, which has cost a try"
card_stop

# ---- killed in between ----

card_start countersign
"$cli" otp add Bank:kill --type hotp --digits 8 --secret-file seed >/dev/null
for round in {1..8}; do
	for _ in 1 2 3; do
		otp Bank:kill >>codes 2>>kill.log
	done &
	pid=$!
	read -rt "0.0$round" <> <(:)
	card_kill9
	wait "$pid"
	card_resume
	otp Bank:kill >>codes
done
tap_is "however often the card is killed, no code is given twice" "$(sort codes | uniq -d | wc -l)" 0
tap_note "$(wc -l <codes) codes over 8 kills"
counter=$(wc -l <codes)
tap_is "and all are the credential's" \
	"$(comm -23 <(sort codes) <(oathtool --hotp --digits 8 --window 64 3132333435363738393031323334353637383930 | sort))" ""
[ "$counter" -ge 8 ] || tap_fail "each time the card came back it gave a code"
tap_done
