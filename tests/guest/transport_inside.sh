#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# What transport.sh runs in its guest: no pcscd runs there until near the end.
. /tap.sh
. /inside.sh

export COUNTERSIGN_TRANSPORT=usb COUNTERSIGN_PIN=$pin

tool() { pkcs11-tool --module "$module" "$@" 2>&1; }
user() { tool --login --pin "$pin" "$@"; }
listed() { countersign card list 2>&1 | grep -q ": card"; }
not_listed() { ! countersign card list >/dev/null 2>&1; }
ended() { ! kill -0 "$1" 2>/dev/null; }
who() { setpriv --reuid 65534 --regid 65534 --clear-groups env HOME=/ "$@" 2>&1; }

# claimed: somebody has the token's interface just now
claimed() { [ -e "$(dirname "$(grep -ls "^${usb_id#*:}\$" /sys/bus/usb/devices/*/idProduct | head -n 1)")":1.0/driver ]; }
free() { ! claimed; }
# A signature that waits for a touch, which nobody gives.
sign_slowly()
{
	local before
	before=$(asked high)
	pkcs11-tool --module "$module" --login --pin "$pin" --sign -m ECDSA-SHA256 --id 03 -i /init -o /dev/null >/tmp/victim 2>&1 &
	victim=$!
	tap_ok "a signature waits for a touch" within 180 asked_more high "$before"
}

# ---- high speed: the guest's own device port ----

tap_like "without a token there is none, and that is no error" "$(tool -L)" 'No slots'
gadget high high --touch "$button"
within 180 plugged 2702
tap_ok "no pcscd: the token is listed, with its card" within 180 listed
tap_like "by its name and serial number" "$(countersign card list 2>&1)" "^Countersign Token \\($(attribute serial)\\): card\$"
tap_like "high speed: commands and responses of all lengths at a packet's end, and the longest response, come whole, and so does one of 65 kB, answered 6700" \
	"$(lengths "$pin" usb longest 2>&1)" '^[0-9]+ lengths$'
tap_like "the module finds a token" "$(tool -L)" 'Countersign Token'
tap_ok "and issues it" tool --init-token --so-pin 82918273 --label Ada
tap_ok "with a PIN" tool --login --login-type so --so-pin 82918273 --init-pin --new-pin 739251
pin=739251 COUNTERSIGN_PIN=739251
tap_ok "RSA-2048 is made, for which the host is asked to wait" user --keypairgen --key-type rsa:2048 --id 01
tap_ok "P-256 too" user --keypairgen --key-type EC:prime256v1 --id 02
tap_like "pkcs11-tool's test of the module passes" "$(user --test)" 'No errors'
tap_ok "the one with a fork, too" user --test-fork
tap_like "ssh-keygen lists the keys" "$(ssh-keygen -D "$module" 2>&1)" 'ecdsa-sha2-nistp256 '
tap_like "countersign tells what the card is" "$(countersign card info 2>&1)" 'Label: +Ada'
tap_ok "a secret of one-time passwords is brought" env COUNTERSIGN_OTP_SECRET=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ countersign otp add test --type hotp
tap_like "and gives RFC 4226's first" "$(countersign otp code test 2>&1)" '755224'
tap_ok "the device is nobody's between commands" free

# ---- two at once ----

p11_client "$module" "$pin" sign 3 >/tmp/first 2>&1 &
first=$!
p11_client "$module" "$pin" sign 3 >/tmp/second 2>&1 &
second=$!
both=0
wait "$first" || both=1
wait "$second" || both=1
tap_is "two programs sign at once" "$both" 0
tap_note "$(cat /tmp/first) and $(cat /tmp/second)"

tap_is "a PIN that one proves is not proved for another that was connected before, which takes it from him" \
	"$(pins "$pin" 2>&1)" "first:yes first:yes second:no first:no second:yes second:yes "

# ---- a program that dies in the middle of a command, and one that the token is pulled from ----

readers_watch 2 >/tmp/watch 2>&1 &
watcher=$!
tap_ok "a key is made that wants a touch" countersign key generate --slot 9d --algorithm p256 --touch-policy always --yes
tap_ok "a signature whose touch comes seven seconds late is good: the host waits as long as the token asks it to" signs_late high 03
sign_slowly
kill -KILL "$victim"
wait "$victim" 2>/dev/null
tap_like "a program that died in a command is no obstacle to the next" "$(countersign card info 2>&1)" 'Label: +Ada'
sign_slowly
kill -KILL "$card_pid"
tap_refused "unplugged in the middle of a command" wait "$victim"
# pkcs11-tool begins anew where signing failed, in a session that ended with the token.
tap_like "the program is told that the token was removed" "$(cat /tmp/victim)" 'CKR_DEVICE_REMOVED|CKR_SESSION_HANDLE_INVALID'
tap_ok "who waits for a change is told" within 180 grep -q '^1' /tmp/watch
tap_ok "the token is gone from the list" within 180 not_listed
countersign-gadget stop "$udc"

# ---- full speed ----

gadget high full --touch ask
within 180 plugged 2702
tap_ok "the token is plugged in again, at full speed" within 180 listed
tap_is "which it is" "$(attribute speed)" 12
tap_ok "who waits is told" within 180 ended "$watcher"
tap_like "of the same reader" "$(tail -n 1 /tmp/watch)" '^2 .*card'
tap_like "full speed: commands and responses of all lengths at a packet's end come whole" "$(lengths "$pin" usb 2>&1)" '^[0-9]+ lengths$'
tap_like "the keys are there, and sign" "$(user --test)" 'No errors'

# ---- several ----

token_pid=$card_pid
card_run other --virtual-usb --usb-id 1209:2703
within 180 plugged 2703
several() { [ "$(countersign card list 2>&1 | grep -c ': card$')" = 2 ]; }
tap_ok "a second token is listed beside it" within 180 several
tap_like "which of them is meant has to be said" "$(countersign card info 2>&1)" 'choose one with --reader'
tap_like "and can be" "$(countersign card info --reader "($(attribute serial))" 2>&1)" 'Label: +Ada'
tap_is "the module has a slot for each" "$(tool -L | grep -c '^Slot .*Countersign Token')" 2
kill "$card_pid"
within 180 unplugged 2703
card_pid=$token_pid

# ---- who may ----

# Whose the machine is, as logind tells udev, which runs here with Debian's rules; ours is not there from the start.
sits()
{
	mkdir -p /run/systemd/seats
	printf 'IS_SEAT0=1\nACTIVE=1\nACTIVE_UID=%s\n' "$1" >/run/systemd/seats/seat0
	udevadm control --reload && udevadm trigger --action=add --subsystem-match=usb && udevadm settle --timeout=180
}
uses() { sits 65534 && who countersign card info | grep -q 'Label: *Ada'; }
left() { sits 1000 && who countersign card info | grep -q 'may not use the token'; }
tap_ok "somebody sits at the machine, which has no rule of ours" sits 65534
message=$(who countersign card info)
tap_like "he is told that he may not use the token" "$message" 'may not use the token'
tap_like "and what to install" "$message" "Countersign's udev rule lets.*install it and plug the token in again"
cp /70-countersign.rules /usr/lib/udev/rules.d/
tap_ok "with the rule he uses the token" within 180 uses || tap_note "$(who countersign card info)"
tap_like "and the module" "$(who pkcs11-tool --module "$module" --login --pin "$pin" --test)" 'No errors'
tap_ok "he leaves, another comes, and he may not any more" within 180 left || tap_note "$(who countersign card info)"

# ---- scdaemon ----

scdaemon=$(find /usr/lib/gnupg -name scdaemon 2>/dev/null)
if [ -n "$scdaemon" ]; then
	mkdir -m 700 /tmp/gnupg
	mkfifo /tmp/scd
	"$scdaemon" --homedir /tmp/gnupg --server </tmp/scd >/tmp/scd.out 2>/tmp/scd.log &
	scd=$!
	exec 7>/tmp/scd
	echo "SERIALNO undefined" >&7
	tap_ok "GnuPG's scdaemon takes the token by itself" within 180 claimed || tap_note "$(cat /tmp/scd.out /tmp/scd.log)"
	message=$(countersign card info 2>&1)
	tap_like "which is said" "$message" "scdaemon \\(process $scd\\) has the token"
	tap_like "with what to do" "$message" 'gpgconf --kill scdaemon'
	tap_refused "the module does not get it either" user --test
	echo KILLSCD >&7
	echo BYE >&7
	exec 7>&-
	tap_ok "scdaemon ends" wait "$scd"
	tap_like "and the token is there for others" "$(countersign card info 2>&1)" 'Label: +Ada'
else
	tap_skip "what scdaemon takes" "scdaemon is not installed"
fi

# ---- pcscd ----

pcscd_start
within 180 reader
tap_ok "pcscd has the token" claimed
message=$(countersign card info 2>&1)
tap_is "over USB it cannot be had" "$(countersign card info >/dev/null 2>&1; echo $?)" 3
tap_like "which is said, with who has it" "$message" "pcscd \\(process $pcscd_pid\\) has the token"
tap_like "and what to do" "$message" 'systemctl stop pcscd'
export COUNTERSIGN_TRANSPORT=
tap_like "auto goes through it" "$(countersign card list 2>&1)" '00 00: card'
tap_like "for the module, too" "$(user --test)" 'No errors'
pcscd_token=$card_pid
card_run unknown --virtual-usb --usb-id 1209:2704
within 180 plugged 2704
tap_like "that pcscd does not know another token is said to who asks for it" "$(countersign card info --reader nothing 2>&1)" \
	'pcscd answers, but does not use the USB reader.*COUNTERSIGN_TRANSPORT=usb'
kill "$card_pid"
within 180 unplugged 2704
card_pid=$pcscd_token
kill "$pcscd_pid"
wait "$pcscd_pid" 2>/dev/null
rm -f /run/pcscd/pcscd.comm
tap_like "and over USB when it has ended" "$(countersign card list 2>&1)" 'Countersign Token \([0-9A-F]*\): card'
tap_like "for the module, too" "$(user --test)" 'No errors'
mv /usr/lib/x86_64-linux-gnu/libusb-1.0.so.0 /root/
tap_like "that libusb is not installed is said" "$(countersign card info 2>&1)" 'libusb-1.0 is not installed'
gadget_end
tap_note "$(cut -d ' ' -f 1 /proc/uptime) s since the guest's start"
tap_done
