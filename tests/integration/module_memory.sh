# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# Where the secrets that a program gives to the module are in its memory, and when: the user's PIN, the management key, the PUK, the password
# of the OATH application and what is derived from it. In one page that is locked, left out of dumps and empty in a child (kept), for as long
# as they are needed, and nowhere else.
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
# Libraries have the factory's in strings of their own.
tap_ok "the PUK is changed" pkcs11-tool --module "$CARD_MODULE" --login --login-type so --so-pin 12345678 --change-pin --new-pin 87051923
puk=$(moved 87051923)
export P11_HOST_OFFICER=$puk
for end in logout close finalize; do
	said "the PUK is in that page alone, to the end of the officer's login ($end)" \
		"load 0 init 0 open 0 seek 0 officer 0 $kept $end 0 $gone" load init open seek "$puk" officer memory "$end" memory
done
P11_HOST_OFFICER=$(moved 87032915) said "a wrong one is nowhere" "load 0 init 0 open 0 officer 0xa0 seek 0 $gone" \
	load init open officer seek "$(moved 87032915)" memory
oath_memory "a card that is not ours"
tap_done
