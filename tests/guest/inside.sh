# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# For scripts that run in a test's guest, behind /tap.sh: tokens of the countersign profile, and a pcscd. There they have the numbers
# of another that libccid knows, since libccid drives those of its list alone; outside of a guest of one's own nobody may do that.
#
#   card NAME OPTION...         starts countersign-card; $card_pid; its messages are in /tmp/NAME.log, its image is /tmp/NAME: made
#                               where it is not there
#   gadget NAME SPEED OPTION... sets up the guest's own USB device port (of dummy_hcd, whose wire leads back to the guest) and starts
#                               a card there
#   gadget_end                  ends that card, and takes the port down
#   unplug                      ends the card, and waits until its device has gone, and pcscd knows: what is plugged in then is
#                               not taken for it
#   plugged ID, attribute NAME  a device of this product is there; the token's attribute in sysfs
#   kept                        what the process that faces the host still is: user, capabilities, system calls (2: filtered)
#   signs_late NAME ID          a key that wants a touch makes a signature, for which the touch comes seven seconds after the token NAME
#                               asked for it at its button: longer than a host waits that is not asked for more time (libccid some
#                               3 s, our transport 5). openssl finds it good; the token has asked once, so that nobody began anew:
#                               pkcs11-tool itself would, but for a file that it signs in parts. The PIN is $pin
#   pcscd_start                 reader, no_reader: pcscd sees a card, or none; pcscd_note: what it says

usb_id=1209:2702
udc=dummy_udc.0
module=/usr/bin/countersign-pkcs11.so
button=/tmp/button # for --touch
pin=123456

plugged() { grep -qs "^$1\$" /sys/bus/usb/devices/*/idProduct; }
unplugged() { ! plugged "$1"; }
reader() { opensc-tool -l 2>&1 | grep -q 'Yes.*Countersign Token'; }
no_reader() { ! reader; }

attribute()
{
	local product
	product=$(grep -ls "^${usb_id#*:}\$" /sys/bus/usb/devices/*/idProduct | head -n 1)
	cat "${product%/*}/$1"
}

kept()
{
	local file
	file=$(grep -ls '^countersign-usb$' /proc/[0-9]*/comm | head -n 1)
	[ -n "$file" ] || { echo "no such process"; return; }
	sed -n 's/^\(Uid\|Gid\|Groups\|CapEff\|NoNewPrivs\|Seccomp\):[[:space:]]*\([^[:space:]]*\).*/\2/p' "${file%/*}/status" | tr '\n' ' '
}

# What the process that faces the host has open.
usb_files()
{
	local file
	file=$(grep -ls '^countersign-usb$' /proc/[0-9]*/comm | head -n 1)
	[ -n "$file" ] && ls -l "${file%/*}/fd"
}

card_run()
{
	local name=$1 init="--init countersign"
	shift
	[ ! -e "/tmp/$name" ] || init=
	# shellcheck disable=SC2086
	countersign-card --image "/tmp/$name" $init "$@" 2>>"/tmp/$name.log" &
	card_pid=$!
}

card()
{
	card_run "$@" --usb-id "$usb_id"
}

gadget()
{
	local name=$1 speed=$2
	shift 2
	countersign-gadget start "$udc" --usb-id "$usb_id" --usb-speed "$speed" || return 1
	card_run "$name" --gadget "$udc" "$@"
}

unplug()
{
	kill "$card_pid"
	wait "$card_pid" 2>/dev/null
	within 180 unplugged "${usb_id#*:}" && { [ -z "${pcscd_pid-}" ] || within 180 no_reader; }
}

gadget_end()
{
	unplug && countersign-gadget stop "$udc"
}

# Where no card has its end of the pipe open, nobody waits. What comes within 0.3 s of a touch is that same touch (applet/port/button.h).
touch_it() { sleep 0.4; printf x 1<>"$button"; }

# asked NAME: how often the token has asked for a touch
asked() { grep -c 'touch the card to' "/tmp/$1.log"; }
asked_more() { [ "$(asked "$1")" -gt "$2" ]; }

# After 15 s the token waits no longer; where that may have come first, since the machine is busy, all is done again.
signs_late()
{
	local before began late signing status tries
	pkcs11-tool --module "$module" --read-object --type pubkey --id "$2" -o /tmp/late.public || return 1
	for tries in 1 2 3 4 5; do
		before=$(asked "$1") began=$SECONDS
		pkcs11-tool --module "$module" --login --pin "$pin" --sign -m ECDSA-SHA256 --signature-format openssl --id "$2" \
			-i /inside.sh -o /tmp/late.signature &
		signing=$!
		within 180 asked_more "$1" "$before" || return 1
		sleep 7
		touch_it
		late=$((SECONDS - began))
		wait "$signing"
		status=$?
		[ "$status" -ne 0 ] && [ "$late" -ge 14 ] || break
		tap_note "try $tries: the touch came $late s behind the start"
	done
	[ "$(asked "$1")" -eq $((before + 1)) ] || { tap_note "asked $(($(asked "$1") - before)) times"; return 1; }
	[ "$status" -eq 0 ] && openssl dgst -sha256 -keyform DER -verify /tmp/late.public -signature /tmp/late.signature /inside.sh
}

pcscd_start()
{
	# Debian 13's asks polkit who may use it, and there is none here.
	local polkit=
	! pcscd --help 2>&1 | grep -q -- --disable-polkit || polkit=--disable-polkit
	pcscd --foreground $polkit >/tmp/pcscd.log 2>&1 &
	pcscd_pid=$!
}

pcscd_note()
{
	kill -0 "$pcscd_pid" 2>/dev/null || tap_note "pcscd has ended"
	tap_note "$(tail -n 20 /tmp/pcscd.log)"
}
