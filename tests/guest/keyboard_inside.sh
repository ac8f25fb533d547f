# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# For scripts that run in a test's guest, behind /inside.sh: a token whose keyboard types codes, with the
# image /tmp/keys: an HOTP credential "bank" and a TOTP credential "shop", of RFC 4226's key.
#
#   keyboard_log                the token's messages
#   typed [off]                 what the kernel got of the keyboard behind a touch, with NumLock on, or off: keys.c says how. Where the
#                               token says that the host was too slow for it, which so loses the code, all is done again
#   code NUMBER                 the code of "bank" of this number, not counting those that were lost so
#   touch_refused               a touch that makes no code, since no host listens, as the token says
#   touch_until WORDS           touches until the token says that; no touch is left that it has not answered
#   keyboard_works HOW          the tests

keyboard_log=/tmp/keys.log
codes_lost=/tmp/codes.lost
rfc_key=3132333435363738393031323334353637383930

cp /keyboard /tmp/keys
: >"$codes_lost"

refusals() { grep -c "nothing is typed" "$keyboard_log"; }
lost() { grep -c "a code is lost" "$keyboard_log"; }

refused_more() { [ "$(refusals)" != "$1" ]; }

touch_refused()
{
	local before
	before=$(refusals)
	touch_it
	within 180 refused_more "$before" && grep "nothing is typed" "$keyboard_log" | tail -n 1 | grep -q "no computer listens"
}

answers() { grep -c "nothing is typed\|a code is lost" "$keyboard_log"; }

answered_more() { [ "$(answers)" != "$1" ]; }

# A touch that came before the token looked for any is answered by nothing; the next one then is.
touched_until()
{
	local before
	before=$(answers)
	touch_it
	within 30 answered_more "$before"
	grep -q "$1" "$keyboard_log"
}

touch_until() { within 180 touched_until "$1"; }

settled() { ! kill -0 "$1" || refused_more "$2" || [ "$(lost)" != "$3" ]; }

lamp_is() { keys led | grep -q "$1"; }

# Whose touch came before the token knew that the host listens, or while a program had the card, touches again: none that is refused
# makes a code.
typed_once()
{
	local refused lost=$1
	: >/tmp/typed
	keys 180 >/tmp/typed 2>&1 &
	local keys_pid=$!
	within 180 grep -q ready /tmp/typed
	while kill -0 "$keys_pid" 2>/dev/null && [ "$(lost)" = "$lost" ]; do
		refused=$(refusals)
		touch_it
		within 180 settled "$keys_pid" "$refused" "$lost"
	done
	[ "$(lost)" = "$lost" ] || kill "$keys_pid" 2>/dev/null
	wait "$keys_pid"
	[ "$(lost)" = "$lost" ]
}

# Whose message is told from those of later ones: in the file as it is, which the token writes on.
typed()
{
	local tries=1
	until typed_once "$(lost)" || [ "$tries" = 20 ]; do
		tries=$((tries + 1))
		echo lost >>"$codes_lost"
		sed 's/a code is lost/a code IS lost/' "$keyboard_log" >/tmp/told && cat /tmp/told 1<>"$keyboard_log"
		keys numlock "${1-on}"
		within 180 lamp_is "${1-on}"
	done
	sed '/^ready$/d' /tmp/typed
}

code() { oathtool --counter=$(($1 + $(wc -l <"$codes_lost"))) "$rfc_key"; }

keyboard_works()
{
	tap_ok "$1: the kernel has an input device of it" within 180 grep -q 'Name="Countersign.*Token' /proc/bus/input/devices
	keys numlock off
	tap_is "$1: a touch types NumLock, the code that oathtool computes, Enter, and NumLock again" "$(typed off)" "N$(code 0)EN"
	tap_ok "$1: NumLock is off again" within 180 lamp_is off
	keys numlock on
	tap_ok "$1: the keyboard's lamp is lit" within 180 lamp_is on
	tap_is "$1: with NumLock on, code and Enter are all" "$(typed)" "$(code 1)E"
	tap_is "$1: and NumLock stays on" "$(keys led)" on
	tap_is "$1: the next touch types the next code" "$(typed)" "$(code 2)E"
}
