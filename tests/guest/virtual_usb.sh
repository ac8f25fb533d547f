#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# The token as a USB device: plugged into a kernel by --virtual-usb, and attached over USB/IP with the stock usbip, in a guest with
# Debian's own kernel, pcscd, libccid and OpenSC, none of them changed. The kernel is emulated, so this takes half a minute.
. "$top_srcdir/tests/lib/tap.sh"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# shellcheck source=tests/guest/guest.sh
. "$top_srcdir/tests/guest/guest.sh"

missing=$(guest_have) || tap_skip_all "$missing"
for tool in pcscd opensc-tool pkcs11-tool usbip; do
	command -v "$tool" >/dev/null || tap_skip_all "$tool is not installed"
done
libraries=/usr/lib/$(uname -m)-linux-gnu
tap_ok "a guest is made of this system's programs" guest_new || tap_done
guest_add "$(command -v pcscd)" "$(command -v opensc-tool)" "$(command -v pkcs11-tool)" "$(command -v usbip)" \
	/usr/lib/pcsc/drivers/ifd-ccid.bundle /etc/libccid_Info.plist \
	"$libraries"/{libgcc_s.so.1,libpcsclite.so.1,libusb-1.0.so.0,libudev.so.1,opensc-pkcs11.so}
# Debian 13's libpcsclite loads another.
[ ! -e "$libraries/libpcsclite_real.so.1" ] || guest_add "$libraries/libpcsclite_real.so.1"
for program in countersign-card pkcs11/.libs/countersign-pkcs11.so; do
	guest_add "$(readlink -f "$top_builddir/$program")"
	guest_put "$top_builddir/$program" "/usr/bin/${program##*/}"
done
[ ! -d /usr/share/hwdata ] || { mkdir -p "$guest_root/usr/share/hwdata"; : >"$guest_root/usr/share/hwdata/usb.ids"; }
guest_put "$top_builddir/tests/guest/lengths" /usr/bin/lengths
guest_put "$top_srcdir/tests/lib/tap.sh" /tap.sh
guest_run "$top_srcdir/tests/guest/virtual_usb_inside.sh" >"$work/out"
status=$?
plan=$(sed -n 's/^1\.\.//p' "$work/out")
while IFS= read -r line; do
	case $line in
	"ok "*) tap_pass "in the guest: ${line#*- }" ;;
	"not ok "*) tap_fail "in the guest: ${line#*- }" ;;
	"1.."*) ;;
	*) tap_note "${line#\# }" ;;
	esac
done <"$work/out"
tap_ok "the guest came to its end" [ "$status" -eq 0 ] && [ -n "$plan" ] || tap_note "$(tail -n 20 "$work/console" "$work/qemu")"
tap_done
