#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# The token as a function of a computer's own USB device port: countersign-gadget and countersign-card --gadget, through the kernel's
# FunctionFS, over dummy_hcd at both speeds, in a guest with Debian's own kernel, pcscd, libccid and OpenSC, none of them changed; and
# by the unit countersign-token@.service, started by systemd.
. "$top_srcdir/tests/lib/tap.sh"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# shellcheck source=tests/guest/guest.sh
. "$top_srcdir/tests/guest/guest.sh"

missing=$(guest_have_token) || tap_skip_all "$missing"
command -v oathtool >/dev/null || tap_skip_all "oathtool is not installed"
guest_modules+=" $guest_keyboard_modules"
tap_ok "a guest is made of this system's programs" guest_new || tap_done
guest_add_token
guest_add "$(command -v openssl)" "$(readlink -f "$top_builddir/tools/countersign")"
guest_put "$top_builddir/tools/countersign" /usr/bin/countersign
tap_ok "a card with credentials is made" guest_add_keyboard || tap_done
for program in usb_pull upset; do
	guest_put "$(find "$top_builddir"/tests -name "$program" -type f)" "/usr/bin/$program"
done
if guest_add_systemd applet/port/countersign-token@.service; then
	guest_put "$top_srcdir/applet/port/countersign-token.sysusers" /usr/lib/sysusers.d/countersign-token.conf
	guest_put "$top_srcdir/tests/guest/systemd_inside.sh" /systemd.sh
else
	tap_skip "systemd starts the unit" "systemd is not installed"
fi
if command -v ykman >/dev/null; then
	guest_add_python "$(/usr/bin/python3 -c 'from importlib.metadata import distribution
print(next(e.value.split(":")[0] for e in distribution("yubikey-manager").entry_points if e.name == "ykman"))')" encodings.idna
	guest_add "$(command -v ykman)" "/usr/lib/$(uname -m)-linux-gnu/ossl-modules/legacy.so"
	for file in /usr/lib/python3/dist-packages/{yubikey_manager,fido2,keyring}*-info; do
		[ ! -d "$file" ] || guest_add "$file"
	done
fi
tap_note "$(du -sm "$guest_root" | cut -f 1) MB of the guest's files"
guest_test "$top_srcdir/tests/guest/gadget_inside.sh"
tap_done
