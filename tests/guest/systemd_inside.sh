#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# What systemd, by then the first process, runs in the guest of gadget.sh when it has started what is enabled: our unit, as it is
# shipped (docs/HARDWARE, section 1).
. /tap.sh
. /inside.sh

unit=countersign-token@$udc.service
property() { systemctl show --property "$1" --value "$unit"; }
active() { systemctl --quiet is-active "$unit"; }
inactive() { [ "$(property ActiveState)" = inactive ]; }
waits() { [ "$(property SubState)" = auto-restart ]; }
# another: it is active, with another process than $before
another() { active && [ "$(property MainPID)" != "$before" ] && [ "$(property MainPID)" != 0 ]; }
status() { tap_note "$(systemctl --no-pager --full status "$unit" 2>&1; tail -n 20 /run/unit.log)"; }
gone() { [ ! -e "/sys/kernel/config/usb_gadget/countersign-$udc" ] && [ ! -e "/run/countersign-gadget/$udc" ]; }
last_word() { tail -n 3 /run/unit.log | grep -q "$1"; }

tap_is "systemd is the first process" "$(cat /proc/1/comm)" systemd
tap_ok "it has started the unit that was enabled" within 180 active || status
tap_ok "which has plugged a token in" within 180 plugged 2702 || status
pcscd_start
tap_ok "with a card that pcscd sees" within 180 reader || pcscd_note
user=$(id -u countersign-token) group=$(id -g countersign-token)
tap_is "it runs as its user, with no capabilities" "$(kept)" "$user $group $group 0000000000000000 1 2 "
before=$(property MainPID)
tap_like "who writes to his own files alone" "$(nsenter --target "$before" --mount touch /etc/new 2>&1)" 'Read-only file system'
tap_is "and keeps the image to himself" "$(stat -L -c '%U %a' "/var/lib/countersign-token/$udc.image" /var/lib/countersign-token | tr '\n' ' ')" \
	"countersign-token 600 countersign-token 700 "
tap_refused "nobody else can set the port up meanwhile" countersign-gadget start "$udc"
tap_ok "nor take it from him" eval "countersign-gadget stop $udc --holder another && plugged 2702"
kill -KILL "$before"
tap_ok "killed, it is started again" within 180 another || status
tap_ok "and plugs the token in" within 180 plugged 2702 || status
tap_ok "it is stopped" systemctl stop "$unit"
tap_is "without a failure" "$(property ActiveState) $(property Result)" "inactive success"
tap_ok "the token is unplugged" within 180 unplugged 2702
tap_ok "and the port taken down" gone
tap_ok "an administrator sets it up by hand" countersign-gadget start "$udc" --usb-id "$usb_id"
tap_refused "the unit is not started then" systemctl start "$unit"
tap_ok "and waits until it may be" within 180 waits || status
tap_ok "it says why" grep -q "$udc: it is set up already" /run/unit.log
tap_refused "what he has set up it leaves alone" gone
tap_ok "he takes it down" countersign-gadget stop "$udc"
tap_ok "and the unit plugs the same token in" within 180 plugged 2702 || status
tap_ok "with its card" within 180 reader || pcscd_note
tap_is "and no keyboard, since none was asked for" "$(attribute bNumInterfaces | tr -d ' ')" 1
tap_ok "it ends" systemctl stop "$unit"

# A counter in other storage, as docs/HARDWARE, section 1, has it: what the unit may write to has to be said.
mkdir -p /mnt/other "/etc/systemd/system/countersign-token@.service.d"
mount -t tmpfs other /mnt/other
mkdir -m 700 /mnt/other/card && chown countersign-token: /mnt/other/card
printf 'CARD_OPTIONS="--counter /mnt/other/card/%s.counter"\n' "$udc" >>"/etc/countersign/token-$udc.conf"
systemctl start "$unit" 2>/dev/null
tap_ok "with a counter outside of its folder it is not started" within 180 last_word 'counter: Read-only file system' || status
systemctl stop "$unit"
printf '[Unit]\nRequiresMountsFor=/mnt/other/card\n[Service]\nReadWritePaths=/mnt/other/card\n' \
	>"/etc/systemd/system/countersign-token@.service.d/counter.conf"
systemctl daemon-reload
tap_ok "with a drop-in that names the folder it is" systemctl start "$unit" || status
tap_ok "and plugs the same token in" within 180 plugged 2702 || status
tap_ok "with its card" within 180 reader || pcscd_note
tap_is "whose counter is there, and his alone" "$(stat -c '%U %a' "/mnt/other/card/$udc.counter")" "countersign-token 600"
tap_ok "it ends" systemctl stop "$unit"
tap_ok "and nothing is left" gone

# A keyboard that types TOTP needs a clock that the kernel calls synchronised; with what the unit takes away it can still ask.
. /keyboard.sh
keyboard_log=/run/unit.log
button=/var/lib/countersign-token/touch
shop_since() { oathtool --totp --now="@$1" --window=$((($(date +%s) - $1) / 30 + 1)) "$rfc_key"; }
cat /keyboard >"/var/lib/countersign-token/$udc.image"
printf 'CARD_OPTIONS="--keyboard shop --touch %s"\n' "$button" >>"/etc/countersign/token-$udc.conf"
tap_ok "with a keyboard it is started" systemctl start "$unit"
tap_ok "its card is there" within 180 reader || status
tap_ok "a touch types no TOTP code, since nobody has set this clock, and the log says so" \
	touch_until "nothing is typed: it is TOTP, and this computer's clock is not synchronised" || status
tap_ok "the clock is synchronised" keys clock
keys numlock on
tap_ok "NumLock is on" within 180 lamp_is on
before=$(($(date +%s) - 1)) # the token asks a clock that may be behind by a tick
code=$(typed)
tap_ok "then a touch types the code of this time" eval "shop_since $before | grep -qx '$(tr -dc 0-9 <<<"$code")'" ||
	tap_note "typed: $code, of $(shop_since "$before" | paste -sd ' '); codes lost: $(wc -l <"$codes_lost"); $(tail -n 5 "$keyboard_log")"
tap_ok "it ends" systemctl stop "$unit"
tap_note "$(cut -d ' ' -f 1 /proc/uptime) s since the guest's start"
tap_done
