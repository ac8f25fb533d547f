# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# For scripts that run in a test's guest, behind /inside.sh: a token whose keyboard types codes, with the
# image /tmp/keys: an HOTP credential "bank" and a TOTP credential "shop", of RFC 4226's key.
#
#   button                      the pipe that is the token's button, for --touch
#   typed                       what the kernel got of the keyboard behind a touch: keys.c says how
#   touch_refused               a touch that makes no code, since no host listens, as the token says
#   keyboard_works HOW          the tests

button=/tmp/button
rfc_key=3132333435363738393031323334353637383930

cp /keyboard /tmp/keys

# Where no card has its end of the pipe open, nobody waits.
touch_it() { printf x 1<>"$button"; }

refusals() { grep -c "nothing is typed: no computer listens" /tmp/keys.log; }

refused_more() { [ "$(refusals)" != "$1" ]; }

touch_refused()
{
	local before
	before=$(refusals)
	touch_it
	within 180 refused_more "$before"
}

ended_or_refused() { ! kill -0 "$1" || refused_more "$2"; }

# Whose touch came before the token knew that the host listens touches again: none that is refused makes a code.
typed()
{
	local refused
	: >/tmp/typed
	keys 90 >/tmp/typed 2>&1 &
	local keys_pid=$!
	within 180 grep -q ready /tmp/typed
	while kill -0 "$keys_pid" 2>/dev/null; do
		refused=$(refusals)
		touch_it
		within 180 ended_or_refused "$keys_pid" "$refused"
	done
	wait "$keys_pid"
	sed '/^ready$/d' /tmp/typed
}

code() { oathtool --counter="$1" "$rfc_key"; }

keyboard_works()
{
	tap_ok "$1: the kernel has an input device of it" within 180 grep -q 'Name="Countersign.*Token' /proc/bus/input/devices
	keys numlock off
	tap_is "$1: a touch types NumLock, the code that oathtool computes, Enter, and NumLock again" "$(typed)" "N$(code 0)EN"
	tap_ok "$1: NumLock is off again" within 180 eval 'keys led | grep -q off'
	keys numlock on
	tap_ok "$1: the keyboard's lamp is lit" within 180 eval 'keys led | grep -q on'
	tap_is "$1: with NumLock on, code and Enter are all" "$(typed)" "$(code 1)E"
	tap_is "$1: and NumLock stays on" "$(keys led)" on
	tap_is "$1: the next touch types the next code" "$(typed)" "$(code 2)E"
}
