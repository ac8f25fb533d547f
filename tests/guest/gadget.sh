#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# The token as a function of a computer's own USB device port: countersign-gadget and countersign-card --gadget, through the kernel's
# FunctionFS, over dummy_hcd at both speeds, in a guest with Debian's own kernel, pcscd, libccid and OpenSC, none of them changed.
. "$top_srcdir/tests/lib/tap.sh"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# shellcheck source=tests/guest/guest.sh
. "$top_srcdir/tests/guest/guest.sh"

missing=$(guest_have_token) || tap_skip_all "$missing"
tap_ok "a guest is made of this system's programs" guest_new || tap_done
guest_add_token
guest_test "$top_srcdir/tests/guest/gadget_inside.sh"
tap_done
