# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# pcscd ends, killed or told to, while a command is under way in it, with the card or waiting for a transaction, and comes back: who
# called is told, his next session works, and nothing is done twice that was asked for once.
. "${top_srcdir:=$(cd "$(dirname "$0")/../.." && pwd)}/tests/lib/card.sh"
. "$top_srcdir/tests/integration/module_token.sh"
. "$top_srcdir/tests/integration/module_talk.sh"

for need in pkcs11-tool python3; do
	command -v "$need" >/dev/null || tap_skip_all "$need is not installed"
done
cd "$CARD_DIR" || exit 1
export HOME=$CARD_DIR
shopt -s extglob

# ---- what keeps the card's answers ----

: >commands
mkfifo hold.in hold.out
python3 "$top_srcdir/tests/lib/vpcd_hold.py" 35990 35963 commands <hold.in >hold.out 2>hold.log {tap_fd}>&- &
hold_pid=$!
card_at_exit "kill $hold_pid; wait $hold_pid"
exec {hold_in}>hold.in {hold_out}<hold.out

hold()
{
	echo "$*" >&"$hold_in"
}

# Until it says so.
holds()
{
	local line
	while IFS= read -rt 120 -u "$hold_out" line; do
		[ "$line" != "$1" ] || return 0
	done
	return 1
}

# Commands with this instruction byte that have come from the reader.
given()
{
	grep -c "^..$1" commands
}
tap_ok "a line is laid between the reader and the card" holds listening || tap_done
card_port=35990

# pcscd says what it is asked, so that one can see who waits in it.
card_pcscd=(stdbuf -oL pcscd --debug)
asked()
{
	grep -c "$1" pcscd.log
}

# Until pcscd has been asked for this more often than so many times.
await_asked()
{
	local times=600
	until [ "$(asked "$1")" -gt "$2" ]; do
		times=$((times - 1))
		[ "$times" -gt 0 ] || return 1
		read -rt 0.1 <> <(:)
	done
	return 0 # not what the last pause ended with
}

pcscd_kill()
{
	kill -KILL "$card_pcscd_pid"
	wait "$card_pcscd_pid" 2>/dev/null
	card_pcscd_pid=
}

pcscd_again()
{
	pcscd_start
	card_wait present
}

tap_ok "a token is made" token_make || tap_done
# The secret and the codes of RFC 4226, appendix D.
tap_ok "and has a counter" env COUNTERSIGN_OTP_SECRET=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ "$top_builddir/tools/countersign" otp add counter --type hotp
codes=(755224 287082 359152 969429 338314 254676 287922 162583 399871 520489)
sign=87 code=a2 verify=20

# ---- inside SCardTransmit ----

# killed WHEN COMMAND WORD: WORD is done, its COMMAND kept WHEN the card has (or has not) seen it, and pcscd killed meanwhile.
killed()
{
	local when=$1 command=$2 word=$3
	talk load init open login "$word" pause "$word" pause "$word" open login "$word"
	talked paused
	seen=$(given "$command")
	hold "$when" "$command"
	go
	tap_ok "$word, its command kept $when the card has it: it is under way" holds held
	pcscd_kill
	tap_ok "... pcscd is killed" holds lost
	talked paused
	seen=$(($(given "$command") - seen))
	pcscd_again
	go
}
for when in before after; do
	killed "$when" "$sign" sign
	talk_end "... the call is told that the token is gone, and so is its session; the next one signs" \
		"load 0 init 0 open 0 login 0 sign 0 paused pause 0 sign 0x32 paused pause 0 sign 0x* open 0 login 0 sign 0"
	tap_is "... and it was sent once" "$seen" 1
done
killed before "$code" otp
talk_end "... a code that was not made is made next" "load 0 init 0 open 0 login 0 ${codes[0]} otp 0 paused pause 0 otp 0x32 paused pause 0 \
otp 0x* open 0 login 0 ${codes[1]} otp 0"
tap_is "... and it was sent once" "$seen" 1
killed after "$code" otp
talk_end "... a code that was made is lost, and no other with it" "load 0 init 0 open 0 login 0 ${codes[2]} otp 0 paused pause 0 otp 0x32 \
paused pause 0 otp 0x* open 0 login 0 ${codes[4]} otp 0"
tap_is "... and it was sent once" "$seen" 1

# It ends when what the card has been given is answered: then the caller has the answer, or has not, but the card has made the code.
talk load init open login pause otp pause otp open login otp
talked paused
seen=$(given "$code")
hold after "$code"
go
tap_ok "otp, its answer kept: it is under way" holds held
before=$(asked suicide)
kill -TERM "$card_pcscd_pid"
tap_ok "... pcscd is told to end, and is about to" await_asked suicide "$before"
hold go
wait "$card_pcscd_pid"
card_pcscd_pid=
talked paused
tap_is "... and it was sent once" "$(($(given "$code") - seen))" 1
pcscd_again
go
talk_end "... the code is told, or lost, and no other with it" \
	"load 0 init 0 open 0 login 0 paused pause 0 @(${codes[5]} otp 0|otp 0x*) paused pause 0 otp 0x* open 0 login 0 ${codes[6]} otp 0"

# ---- inside SCardBeginTransaction ----

talk load init open login pause otp pause otp open login otp
talked paused
hold before "$verify"
host load init open login >other.out 2>&1 {tap_fd}>&- &
other=$!
tap_ok "another program's login is under way" holds held
before=$(asked BEGIN_TRANSACTION)
seen=$(given "$verify")
go
tap_ok "... a code waits for its turn meanwhile" await_asked BEGIN_TRANSACTION "$before"
pcscd_kill
tap_ok "... pcscd is killed" holds lost
talked paused
wait "$other"
tap_is "... the other one is told that the token is gone" "$(tr '\n' ' ' <other.out)" "load 0 init 0 open 0 login 0x32 "
pcscd_again
go
talk_end "... and so is who waited; his next session gets the code that was not made" \
	"load 0 init 0 open 0 login 0 paused pause 0 otp 0x32 paused pause 0 otp 0x* open 0 login 0 ${codes[7]} otp 0"
tap_is "... no PIN was sent but his" "$(($(given "$verify") - seen))" 1
tap_done
