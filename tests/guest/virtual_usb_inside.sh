#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# What virtual_usb.sh runs in its guest.
. /tap.sh
. /inside.sh
. /keyboard.sh

select_piv=00:A4:04:00:05:A0:00:00:03:08

use_it()
{
	tap_ok "$1: pcscd sees a reader with a card in it" within 180 reader
	tap_like "$1: OpenSC reads the card's ATR" "$(opensc-tool -a 2>/dev/null)" '^3b:fb:13:00:00:81:31:fe:45'
	tap_like "$1: a command comes back with its response" "$(opensc-tool -s "$select_piv" 2>&1)" 'SW1=0x90, SW2=0x00'
	[ "$1" != "USB/IP" ] || return # the same as --virtual-usb behind the connection
	tap_like "$1: commands and responses of all lengths at a packet's end come whole, and so does one of 65 kB, answered 6700" "$(lengths 123456 2>&1)" '^[0-9]+ lengths$'
}

ended() { ! kill -0 "$1" 2>/dev/null; }

# The addresses at which sockets of IPv4 listen, as the kernel has them.
listening() { sed -n 's/^ *[0-9]*: \([0-9A-F]*:[0-9A-F]*\) [0-9A-F:]* 0A .*/\1/p' /proc/net/tcp | grep .; }

card high --virtual-usb
tap_ok "--virtual-usb plugs a token in" within 180 plugged 2702
tap_is "it is a device of high speed" "$(attribute speed)" 480
tap_is "served by a process that is nobody, with no capabilities, no new privileges and few system calls" "$(kept)" \
	"65534 65534  0000000000000000 1 2 "
tap_is "with a name" "$(attribute manufacturer), $(attribute product)" "Countersign, Countersign Token"
tap_like "and the card's serial number" "$(attribute serial)" '^[0-9A-F]{8}$'
pcscd_start
use_it "high speed"
tap_is "it is a reader and nothing else: without --keyboard there is no keyboard" "$(attribute bNumInterfaces | tr -d ' ')" 1
tap_like "the module finds the token" "$(pkcs11-tool --module "$module" -L 2>&1)" 'Countersign'
tap_like "and signs with a key made there" \
	"$(pkcs11-tool --module "$module" --login --pin 123456 \
		--keypairgen --key-type EC:prime256v1 --id 01 2>&1; pkcs11-tool --module "$module" --login --pin 123456 --test 2>&1)" 'No errors'
tap_ok "unplugged, it is gone" unplug
tap_ok "and pcscd knows" within 180 no_reader

card full --virtual-usb --usb-speed full
tap_ok "a token of full speed is plugged in while pcscd runs" within 180 plugged 2702
tap_is "it is a device of full speed" "$(attribute speed)" 12
use_it "full speed"
tap_ok "the kernel is told to detach it" eval 'echo 0 >/sys/devices/platform/vhci_hcd.0/detach'
tap_ok "it is unplugged" within 180 unplugged 2702
tap_ok "pcscd knows" within 180 no_reader
tap_ok "a card that nobody can have any more ends" within 180 ended "$card_pid"
wait "$card_pid"
tap_is "and says why" "$? $(tail -n 1 /tmp/full.log)" "1 countersign-card: unplugged"

card keys --virtual-usb --keyboard bank --touch "$button"
tap_ok "a token with a keyboard is plugged in" within 180 reader
tap_is "which is a second interface of it" "$(attribute bNumInterfaces | tr -d ' ')" 2
keyboard_works "virtual keyboard"
tap_like "the reader beside it works" "$(opensc-tool -s "$select_piv" 2>&1)" 'SW1=0x90, SW2=0x00'
tap_ok "it is unplugged" unplug
card keys --virtual-usb --keyboard shop --no-enter --touch "$button"
tap_ok "one with a TOTP credential is plugged in" within 180 reader
tap_like "the process that faces the host has its sockets" "$(usb_files)" 'socket:'
tap_is "and nothing of the button" "$(usb_files | grep -c "$button")" 0
tap_ok "whose code is not typed, since nobody has set this clock" touch_until "clock is not synchronised"
tap_ok "it is unplugged" unplug

card keys --usbip 127.0.0.1:3240 --keyboard bank --touch "$button"
tap_ok "one that is exported waits for a host" within 180 usbip list -r 127.0.0.1
tap_ok "a touch that no host listens to types nothing" touch_refused
tap_ok "a host attaches it" usbip attach -r 127.0.0.1 -b 1-1
tap_ok "and has it" within 180 reader
keys numlock on
tap_is "whose first code is the next one: none was made for nobody" "$(typed)" "$(code 3)E"
tap_ok "it is unplugged" unplug

card net --usbip
tap_is "where no address is said, USB/IP is served to this computer alone, at its own port" "$(within 180 listening; listening)" 0100007F:0CA8
tap_like "usbip lists the token that --usbip exports" "$(within 180 usbip list -r 127.0.0.1; usbip list -r 127.0.0.1 2>&1)" '1-1'
tap_ok "and attaches it" usbip attach -r 127.0.0.1 -b 1-1
use_it "USB/IP"
tap_ok "detached, it is gone" usbip detach -p 0
tap_ok "as USB says" within 180 unplugged 2702
tap_ok "and can be attached again" usbip attach -r 127.0.0.1 -b 1-1
tap_ok "as the same token" within 180 reader
tap_is "no warning was given" "$(grep -c 'other computers' /tmp/net.log)" 0
kill "$card_pid"
wait "$card_pid" 2>/dev/null
card net --usbip 0.0.0.0
tap_ok "an address that other computers reach brings one" within 180 grep -q -e '--usbip 0.0.0.0: other computers reach this address' /tmp/net.log
kill "$card_pid"
tap_note "$(cut -d ' ' -f 1 /proc/uptime) s since the guest's start"
tap_done
