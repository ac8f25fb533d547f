#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# The host without pcscd: the module and the command line tool reach USB tokens by themselves, over dummy_hcd at both speeds and over
# vhci, in a guest with Debian's own kernel; what they do where a pcscd comes, where the token is pulled, where two want it at once.
# Of opensc-tool and ykman there is nothing here, as they speak to pcscd alone: what they do in gadget.sh, our tool and lengths do here.
. "$top_srcdir/tests/lib/tap.sh"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# shellcheck source=tests/guest/guest.sh
. "$top_srcdir/tests/guest/guest.sh"

missing=$(guest_have_token) || tap_skip_all "$missing"
command -v ssh-keygen >/dev/null || tap_skip_all "ssh-keygen is not installed"
guest_modules+=" $guest_usbip_modules"
tap_ok "a guest is made of this system's programs" guest_new || tap_done
guest_add_token
guest_add "$(command -v ssh-keygen)" "$(command -v setpriv)" "$(command -v openssl)"
for program in tools/countersign tests/integration/p11_client tests/guest/readers_watch tests/guest/pins; do
	guest_add "$(readlink -f "$top_builddir/$program")"
	guest_put "$top_builddir/$program" "/usr/bin/${program##*/}"
done
scdaemon=$(find /usr/lib/gnupg -name scdaemon 2>/dev/null)
[ -z "$scdaemon" ] || guest_add "$scdaemon"
# ssh-keygen runs its PKCS#11 helper.
[ ! -e /usr/lib/openssh/ssh-pkcs11-helper ] || guest_add /usr/lib/openssh/ssh-pkcs11-helper
guest_put "$top_srcdir/cardclient/70-countersign.rules" /70-countersign.rules
for rules in 50-udev-default 73-seat-late; do
	guest_put "$(readlink -f "/lib/udev/rules.d/$rules.rules")" "/usr/lib/udev/rules.d/$rules.rules"
done
echo "nobody:x:65534:65534::/:/bin/sh" >>"$guest_root/etc/passwd"
guest_test "$top_srcdir/tests/guest/transport_inside.sh"
tap_done
