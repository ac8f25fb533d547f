# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# Where the secrets that a program gives to the module are in its memory, and when: the user's PIN, the SO PIN, the management key, the PUK,
# what C_SetPIN and C_InitPIN bring, the password of the OATH application and what is derived from it. In one page that is locked, left out of
# dumps and empty in a child (kept), for as long as they are needed, and nowhere else.
. "${top_srcdir:=$(cd "$(dirname "$0")/../.." && pwd)}/tests/lib/card.sh"
. "$top_srcdir/tests/integration/module_token.sh"
. "$top_srcdir/tests/integration/module_talk.sh"

for need in pkcs11-tool opensc-tool; do
	command -v "$need" >/dev/null || tap_skip_all "$need (opensc) is not installed"
done
cd "$CARD_DIR" || exit 1
export HOME=$CARD_DIR
unset XDG_CACHE_HOME XDG_CONFIG_HOME
cli=$top_builddir/tools/countersign
kept="kept=1 elsewhere=0 memory 0"
gone="kept=0 elsewhere=0 memory 0"

# ---- the PIN ----

tap_ok "a token is made" token_make || tap_done
said "the PIN is in one page that is locked, left out of dumps and empty in a child, from login to logout" \
	"load 0 init 0 open 0 $gone login 0 sign 0 $kept logout 0 $gone" \
	load init open memory login sign memory logout memory
said "where the system does not let it lock memory the PIN is in one page all the same, left out of dumps and empty in a child" \
	"unlockable 0 load 0 init 0 open 0 $gone login 0 sign 0 $kept logout 0 $gone login 0 $kept close 0 $gone" \
	unlockable load init open memory login sign memory logout memory login memory close memory
said "nor does it stay where the session was closed" \
	"load 0 init 0 open 0 login 0 close 0 $gone" load init open login close memory
wrong=$(moved 482931)
moved_pin=$wrong said "a wrong one is nowhere" "load 0 init 0 open 0 login 0xa0 $gone" load init open login memory
for end in logout close finalize; do
	P11_HOST_KEY=2 P11_HOST_CONTEXT=$moved_pin said "given once more for one use of a key it is in that page alone ($end)" \
		"load 0 init 0 open 0 login 0 sign 0 again 0 $kept $end 0 $gone" load init open login sign again memory "$end" memory
done
P11_HOST_KEY=2 P11_HOST_CONTEXT=$wrong said "a wrong one for that use is nowhere, and the login's where it was" \
	"load 0 init 0 open 0 login 0 again 0xa0 $kept seek 0 $gone" load init open login again memory seek "$wrong" memory

# ---- the officer's PIN, and those that are chosen ----

# officer_memory WHAT SECRET WRONG: until the officer's login ends.
officer_memory()
{
	local end
	for end in logout close finalize; do
		P11_HOST_OFFICER=$(moved "$2") said "$1 is in that page alone, to the end of the officer's login ($end)" \
			"load 0 init 0 open 0 seek 0 officer 0 $kept $end 0 $gone" \
			load init open seek "$(moved "$2")" officer memory "$end" memory
	done
	P11_HOST_OFFICER=$(moved "$3") said "$1, a wrong one, is nowhere" "load 0 init 0 open 0 officer 0xa0 seek 0 $gone" \
		load init open officer seek "$(moved "$3")" memory
}

# change_memory WHAT WORD OLD NEW WRONG: C_SetPIN by who is logged in then (login, officer). It is NEW afterwards.
change_memory()
{
	local what=$1 word=$2 old new wrong
	old=$(moved "$3") new=$(moved "$4") wrong=$(moved "$5")
	local -x P11_HOST_OLD=$wrong P11_HOST_NEW=$new
	said "$what, changed with a wrong old one: neither is anywhere, and the login's where it was" \
		"load 0 init 0 open 0 $word 0 change 0xa0 seek 0 $gone seek 0 $gone seek 0 $kept" \
		load init open "$word" change seek "$wrong" memory seek "$new" memory seek "$old" memory
	P11_HOST_OLD=$old
	said "$what, changed: the old one is nowhere, and the new one in that page alone, to the end of the login" \
		"load 0 init 0 open 0 $word 0 change 0 seek 0 $gone seek 0 $kept logout 0 $gone" \
		load init open "$word" change seek "$old" memory seek "$new" memory logout memory
}

# first_memory OFFICER NEW: C_InitPIN.
first_memory()
{
	local officer new
	officer=$(moved "$1") new=$(moved "$2")
	P11_HOST_OFFICER=$officer P11_HOST_NEW=$new said "a PIN that the officer sets is nowhere, and his own in that page alone" \
		"load 0 init 0 open 0 officer 0 first 0 seek 0 $gone seek 0 $kept logout 0 $gone" \
		load init open officer first seek "$new" memory seek "$officer" memory logout memory
	P11_HOST_OFFICER=$officer P11_HOST_NEW=$new$new said "nor is one that is too long anywhere" \
		"load 0 init 0 open 0 officer 0 first 0xa2 seek 0 $gone" load init open officer first seek "$new" memory
}

officer_memory "the SO PIN" 82918273 82918237
first_memory 82918273 917364
moved_pin=$(moved 917364)
change_memory "the PIN" login 917364 "$PIN" 917346
moved_pin=$(moved "$PIN")
new=$(moved 917364)
P11_HOST_OLD=$moved_pin P11_HOST_NEW=$new said "the PIN, changed by who has not logged in: neither is anywhere" \
	"load 0 init 0 open 0 change 0 $gone seek 0 $gone" load init open change memory seek "$new" memory
P11_HOST_OLD=$new P11_HOST_NEW=$moved_pin said "nor are they when it is changed back" \
	"load 0 init 0 open 0 change 0 $gone seek 0 $gone" load init open change memory seek "$new" memory
P11_HOST_OFFICER=$(moved 82918273) change_memory "the SO PIN" officer 82918273 73829182 73829128

# ---- the password of the OATH application ----

# What is kept is derived from the password: by the card's salt, which SELECT tells.
oath_code()
{
	local salt
	salt=$(opensc-tool --send-apdu 00A4040007A0000005272101 2>/dev/null | grep -oE '^([0-9A-F]{2} )+' | tr -d ' \n' |
		sed -n 's/^7903.\{6\}7108\(.\{16\}\).*/\1/p')
	openssl kdf -keylen 16 -kdfopt digest:SHA1 -kdfopt "pass:$1" -kdfopt "hexsalt:$salt" -kdfopt iter:1000 PBKDF2 | tr -d :
}

# oath_memory WHOSE
oath_memory()
{
	local password=tr0ub4dor code wrong end
	tap_ok "$1 has a credential" env COUNTERSIGN_OTP_SECRET=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ "$cli" otp add Bank:alice --type hotp
	tap_ok "and a password" env COUNTERSIGN_NEW_PASSWORD="$password" "$cli" otp password
	code=$(oath_code "$password")
	tap_like "what is derived from it is known here" "$code" "^[0-9A-F]{32}$"
	P11_HOST_PASSWORD=$(moved "$password")
	export P11_HOST_PASSWORD
	for end in logout close finalize; do
		said "$1: the password is nowhere, and what is derived from it in that page alone, to the end ($end)" \
			"load 0 init 0 open 0 login 0 seek 0 unlock 0 $gone [0-9]* otp 0 $gone seek-bytes 0 $kept $end 0 $gone seek 0 $gone" \
			load init open login seek "$P11_HOST_PASSWORD" unlock memory otp memory seek-bytes "$(moved_bytes "$code")" memory \
			"$end" memory seek "$P11_HOST_PASSWORD" memory
	done
	wrong=$(moved "${password^^}")
	P11_HOST_PASSWORD=$wrong said "$1: a wrong one is nowhere, nor what is derived from it" \
		"load 0 init 0 open 0 unlock 0xa0 seek 0 $gone seek-bytes 0 $gone" \
		load init open unlock seek "$wrong" memory seek-bytes "$(moved_bytes "$(oath_code "${password^^}")")" memory
}
oath_memory "our token"
for officer in "73829128 0xa0" "73829182 0"; do
	read -r officer rv <<<"$officer"
	officer=$(moved "$officer")
	P11_HOST_OFFICER=$officer said "the SO PIN is nowhere when a token is initialised with it, or refuses to be ($rv)" \
		"load 0 init 0 new-token $rv seek 0 $gone" load init new-token seek "$officer" memory
done
card_stop

# ---- the management key, and the same on a card without anything of ours ----

management=010203040506070801020304050607080102030405060708
P11_HOST_OFFICER=$(moved "$management")
export P11_HOST_OFFICER
card_start piv --plain
moved_pin=$(moved 123456)
for end in logout close finalize; do
	said "the management key is in that page alone, as it was typed, to the end of the officer's login ($end)" \
		"load 0 init 0 open 0 seek 0 officer 0 $kept seek-bytes 0 $gone $end 0 $gone seek 0 $gone" \
		load init open seek "$P11_HOST_OFFICER" officer memory seek-bytes "$(moved_bytes "$management")" memory \
		"$end" memory seek "$P11_HOST_OFFICER" memory
done
wrong=${management//1/2}
P11_HOST_OFFICER=$(moved "$wrong") said "a wrong one is nowhere" "load 0 init 0 open 0 officer 0xa0 seek 0 $gone seek-bytes 0 $gone" \
	load init open officer seek "$(moved "$wrong")" memory seek-bytes "$(moved_bytes "$wrong")" memory
other=0801020304050607181112131415161728212223242526ae
change_memory "the management key" officer "$management" "$other" "$wrong"
P11_HOST_OFFICER=$(moved "$other") P11_HOST_OLD=$(moved "$other") P11_HOST_NEW=$(moved "$management") \
	said "nor is either anywhere in bytes" "load 0 init 0 open 0 officer 0 change 0 seek-bytes 0 $gone seek-bytes 0 $gone" \
	load init open officer change seek-bytes "$(moved_bytes "$other")" memory seek-bytes "$(moved_bytes "$management")" memory
# Libraries have the factory's in strings of their own.
tap_ok "the PUK is changed" pkcs11-tool --module "$CARD_MODULE" --login --login-type so --so-pin 12345678 --change-pin --new-pin 87051923
officer_memory "the PUK" 87051923 87032915
first_memory 87051923 917364
moved_pin=$(moved 917364)
change_memory "the PIN" login 917364 "$PIN" 917346
moved_pin=$(moved "$PIN")
P11_HOST_OFFICER=$(moved 87051923) change_memory "the PUK" officer 87051923 73829182 73829128
oath_memory "a card that is not ours"
card_stop

# ---- a card with the OATH application alone, whose user's PIN its password is ----

card_start piv --plain=oath
password=tr0ub4dor
tap_ok "OATH alone has a credential" env COUNTERSIGN_OTP_SECRET=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ "$cli" otp add Bank:alice --type hotp
tap_ok "and a password" env COUNTERSIGN_NEW_PASSWORD="$password" "$cli" otp password
code=$(moved_bytes "$(oath_code "$password")")
moved_pin=$(moved "$password")
for end in logout close finalize; do
	said "a login's password is nowhere, and what is derived from it in that page alone, to its end ($end)" \
		"load 0 init 0 open 0 login 0 $gone [0-9]* otp 0 $gone seek-bytes 0 $kept $end 0 $gone seek 0 $gone" \
		load init open login memory otp memory seek-bytes "$code" memory "$end" memory seek "$moved_pin" memory
done
moved_pin=$(moved "${password^^}")
said "a wrong one is nowhere, nor what is derived from it" "load 0 init 0 open 0 login 0xa0 $gone seek-bytes 0 $gone" \
	load init open login memory seek-bytes "$(moved_bytes "$(oath_code "${password^^}")")" memory
tap_done
