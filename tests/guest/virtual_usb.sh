#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# The token as a USB device: plugged into a kernel by --virtual-usb, and attached over USB/IP with the stock usbip, in a guest with
# Debian's own kernel, pcscd, libccid and OpenSC, none of them changed. The kernel is emulated, so this takes half a minute.
. "$top_srcdir/tests/lib/tap.sh"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# shellcheck source=tests/guest/guest.sh
. "$top_srcdir/tests/guest/guest.sh"

missing=$(guest_have_token) || tap_skip_all "$missing"
for tool in usbip oathtool; do
	command -v "$tool" >/dev/null || tap_skip_all "$tool is not installed"
done
guest_modules+=" $guest_usbip_modules $guest_keyboard_modules"
tap_ok "a guest is made of this system's programs" guest_new || tap_done
guest_add_token
guest_add "$(command -v usbip)"
tap_ok "a card with credentials is made" guest_add_keyboard || tap_done
[ ! -d /usr/share/hwdata ] || { mkdir -p "$guest_root/usr/share/hwdata"; : >"$guest_root/usr/share/hwdata/usb.ids"; }
guest_test "$top_srcdir/tests/guest/virtual_usb_inside.sh"
tap_done
