#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# What gadget.sh runs in its guest.
. /tap.sh
. /inside.sh
. /keyboard.sh

select_piv=00:A4:04:00:05:A0:00:00:03:08
bus=/sys/kernel/config/usb_gadget/countersign-$udc/UDC

# use_it SPEED [longest]
use_it()
{
	tap_ok "$1 speed: pcscd sees a reader with a card in it" within 180 reader
	tap_like "$1 speed: OpenSC reads the card's ATR" "$(opensc-tool -a 2>/dev/null)" '^3b:fb:13:00:00:81:31:fe:45'
	tap_like "$1 speed: a command comes back with its response" "$(opensc-tool -s "$select_piv" 2>&1)" 'SW1=0x90, SW2=0x00'
	# shellcheck disable=SC2086
	tap_like "$1 speed: commands and responses of all lengths at a packet's end${2:+, and the longest response,} come whole, and so does one of 65 kB, answered 6700" \
		"$(lengths 123456 ${2-} 2>&1)" '^[0-9]+ lengths$'
}

first_reader() { opensc-tool -l 2>/dev/null | sed -n 's/^0 *Yes *//p'; }

# points PROGRAM...: its TAP becomes ours
points()
{
	local line
	while IFS= read -r line; do
		case $line in
		"ok "*) tap_pass "${line#*- }" ;;
		"not ok "*) tap_fail "${line#*- }" ;;
		"Bail out! "*) tap_fail "$line" ;;
		"#"*) tap_note "${line#\# }" ;;
		esac
	done < <("$@" 2>/tmp/points.log)
}

# Tokens at four device ports are pulled at once, since the kernel takes its time for each that is plugged in, with nothing to do
# meanwhile. udev has no part in that. The process that faces the host is not killed by itself here: docs/HARDWARE, section 5.
pull() # PORT WHAT FIRST ROUNDS
{
	usb_pull /usr/bin/countersign-card "/tmp/pulled$1" "$3" "$4" "$2" "dummy_udc.$1" "271$1" >"/tmp/pulled$1.tap" 2>"/tmp/pulled$1.log"
}
pull_all()
{
	local port status=0
	for port in 0 1 2 3; do
		countersign-gadget start "dummy_udc.$port" --usb-id "1209:271$port" || return 1
	done
	udevadm settle && udevadm control --stop-exec-queue
	keys numlock on
	pull 0 keep 0 63 & local pulls=$!
	pull 1 keep 63 62 & pulls+=" $!"
	pull 2 issue 0 56 & pulls+=" $!" # and once more, TERMINATE
	pull 3 keyboard 0 18 & pulls+=" $!"
	for port in $pulls; do
		wait "$port" || status=1
	done
	# What udev has kept back it says now, of devices that have long gone from the places where others come.
	udevadm control --start-exec-queue && udevadm settle --timeout=600 || status=1
	for port in 0 1 2 3; do
		countersign-gadget stop "dummy_udc.$port" || status=1
	done
	udevadm settle --timeout=600 || status=1
	return "$status"
}
rmmod dummy_hcd
insmod /modules/dummy_hcd.ko num=4
tap_ok "tokens at four ports are pulled" pull_all
for port in 0 1 2 3; do
	points cat "/tmp/pulled$port.tap"
	[ -s "/tmp/pulled$port.tap" ] || tap_note "$(tail -n 3 "/tmp/pulled$port.log")"
done
tap_is "200 times in all" "$(sed -n 's/^# pulled \([0-9]*\) times .*/\1/p' /tmp/pulled?.tap | awk '{ n += $1 } END { print n }')" 200

gadget upset high --touch ask
within 180 plugged 2702
points upset
tap_ok "the token that was upset ends" gadget_end

# Newer versions of ykman read in the reader's name, which libccid has by these numbers, what it may ask of the token.
usb_id=1050:0404
tap_ok "the device port is set up, and a token started there" gadget high high --touch "$button"
tap_ok "which is plugged in" within 180 plugged 0404
tap_is "it is a device of high speed" "$(attribute speed)" 480
tap_is "served by a process that is nobody, with no capabilities, no new privileges and few system calls" "$(kept)" \
	"65534 65534  0000000000000000 1 2 "
tap_is "with a name" "$(attribute manufacturer), $(attribute product)" "Countersign, Countersign Token"
tap_like "and the card's serial number" "$(attribute serial)" '^[0-9A-F]{8}$'
pcscd_start
use_it high longest
tap_like "the module finds the token" "$(pkcs11-tool --module "$module" -L 2>&1)" 'Countersign'
tap_like "and signs with a key made there, RSA-2048, for which the host is asked to wait" \
	"$(pkcs11-tool --module "$module" --login --pin 123456 \
		--keypairgen --key-type rsa:2048 --id 01 2>&1; pkcs11-tool --module "$module" --login --pin 123456 --test 2>&1)" 'No errors'

if command -v ykman >/dev/null; then
	token=$(first_reader)
	tap_ok "ykman adds an HOTP credential" ykman --reader "$token" oath accounts add --oath-type HOTP one GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ
	tap_like "and its first code is RFC 4226's" "$(ykman --reader "$token" oath accounts code one 2>&1)" '755224'
else
	tap_skip "ykman adds an HOTP credential" "ykman is not installed"
	tap_skip "and its first code is RFC 4226's" "ykman is not installed"
fi

echo "" >"$bus"
tap_ok "the cable is pulled, and the host knows" within 180 unplugged 0404
tap_ok "pcscd too" within 180 no_reader
echo "$udc" >"$bus"
tap_ok "it is plugged in again: the same process is the same token" within 180 reader
tap_like "whose key is there" "$(pkcs11-tool --module "$module" --login --pin 123456 --test 2>&1)" 'No errors'
tap_ok "it is issued" pkcs11-tool --module "$module" --init-token --so-pin 82918273 --label Ada
pin=739251
tap_ok "with a PIN" pkcs11-tool --module "$module" --login --login-type so --so-pin 82918273 --init-pin --new-pin "$pin"
tap_ok "a key is made that wants a touch" env COUNTERSIGN_PIN="$pin" \
	countersign key generate --slot 9d --algorithm p256 --touch-policy always --yes
tap_ok "a signature whose touch comes seven seconds late is good: libccid waits as long as the token asks it to" signs_late high 03
pin=123456
tap_ok "the port is taken down when the card has ended" gadget_end
tap_ok "pcscd sees no card" within 180 no_reader

tap_ok "the port is set up for full speed, and a token with a keyboard" gadget keys full --keyboard bank --touch "$button"
tap_ok "which is plugged in while pcscd runs" within 180 plugged 0404
tap_is "it is a device of full speed" "$(attribute speed)" 12
use_it full
keyboard_works "full speed"
tap_like "the reader beside it works" "$(opensc-tool -s "$select_piv" 2>&1)" 'SW1=0x90, SW2=0x00'
tap_like "and signs with a key made there" "$(pkcs11-tool --module "$module" --login --pin "$pin" --keypairgen --key-type EC:prime256v1 --id 01 2>&1
	pkcs11-tool --module "$module" --login --pin "$pin" --test 2>&1)" 'No errors'
if command -v ykman >/dev/null; then
	before=$(date +%s)
	code=$(ykman --reader "$(first_reader)" oath accounts code shop 2>&1)
	steps=$((($(date +%s) - before) / 30 + 1)) # those that began since, and the one before
	tap_like "ykman has its TOTP code" "$code" "$(oathtool --totp -w "$steps" --now "@$before" "$rfc_key" | paste -sd '|')"
else
	tap_skip "ykman has its TOTP code" "ykman is not installed"
fi
tap_ok "it ends" gadget_end

usb_id=1209:2702
tap_ok "the same at high speed" gadget keys high --keyboard bank --touch "$button"
tap_ok "pcscd sees the card" within 180 reader || pcscd_note
echo "" >"$bus"
tap_ok "the cable is pulled, and the host knows" within 180 unplugged 2702
tap_ok "pcscd too" within 180 no_reader
tap_ok "a touch that no host listens to makes no code" touch_refused
echo "$udc" >"$bus"
tap_ok "plugged in again, the card is there" within 180 reader || pcscd_note
keys numlock on
tap_ok "and the keyboard, whose lamp is lit" within 180 eval 'keys led | grep -q on'
tap_is "it types the next code" "$(typed)" "$(code 3)E"
hid=$(basename "$(ls -d /sys/bus/usb/drivers/usbhid/[0-9]*)")
echo "$hid" >/sys/bus/usb/drivers/usbhid/unbind
touch_it
tap_ok "a code that no driver of the host fetches is lost" within 180 grep -q "a code is lost" /tmp/keys.log
echo "$hid" >/sys/bus/usb/drivers/usbhid/bind
tap_ok "when the driver is there again, the lamp is lit" within 180 eval 'keys led | grep -q on'
tap_is "nothing of the lost code is typed, and the next one whole" "$(typed)" "$(code 5)E"
kill -KILL "$card_pid"
tap_ok "killed, it is unplugged" within 180 unplugged 2702
tap_ok "and the port is free for the next" countersign-gadget stop "$udc"

# As docs/HARDWARE, section 1, says; then systemd starts it (systemd_inside.sh).
kill "$pcscd_pid"
wait "$pcscd_pid" 2>/dev/null
rm -rf /run/pcscd
tap_ok "nothing is left of any token" test ! -e "${bus%/*}" -a ! -e "/run/countersign-gadget/$udc"
if [ -e /systemd.sh ]; then
	tap_ok "systemd-sysusers makes the unit's user" systemd-sysusers
	tap_ok "the unit is enabled" systemctl enable "countersign-token@$udc"
	mkdir -p /etc/countersign
	printf 'GADGET_OPTIONS="--usb-id %s"\n' "$usb_id" >"/etc/countersign/token-$udc.conf"
fi
tap_note "$(cut -d ' ' -f 1 /proc/uptime) s since the guest's start"
tap_done
