#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# The daemon by its unit, countersignd.service, started by a systemd that is the first process, with its journal, in a guest with Debian's
# own kernel: set up as countersignd(8), "Under systemd", says.
. "$top_srcdir/tests/lib/tap.sh"
tap_need curl jq openssl setpriv systemctl systemd-sysusers systemd-tmpfiles journalctl

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# shellcheck source=tests/guest/guest.sh
. "$top_srcdir/tests/guest/guest.sh"

missing=$(guest_have) || tap_skip_all "$missing"
guest_modules=
tap_ok "a guest is made of this system's programs" guest_new || tap_done
for program in curl jq openssl setpriv systemd-tmpfiles; do
	guest_add "$(command -v "$program")"
done
daemon=$(find "$top_builddir/daemon/.libs" "$top_builddir/daemon" -maxdepth 1 -name countersignd -type f -size +50k 2>/dev/null | head -n 1)
guest_add "$daemon"
guest_put "$daemon" /usr/bin/countersignd
guest_add_systemd daemon/systemd/countersignd.service journal || tap_fail "systemd is put there"
guest_put "$top_srcdir/daemon/systemd/countersignd.sysusers" /usr/lib/sysusers.d/countersignd.conf
guest_put "$top_builddir/daemon/systemd/countersignd.tmpfiles" /usr/lib/tmpfiles.d/countersignd.conf
guest_put "$top_srcdir/docs/examples/systemd/credentials.conf" /usr/share/credentials.conf
guest_put "$top_srcdir/tests/lib/tap.sh" /tap.sh
guest_put "$top_srcdir/tests/guest/daemon_inside.sh" /systemd.sh
tap_note "$(du -sm "$guest_root" | cut -f 1) MB of the guest's files"
guest_test "$top_srcdir/tests/guest/daemon_inside.sh"
tap_done
