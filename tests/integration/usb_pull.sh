#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# The USB token pulled in the middle of the kinds of command that usb_pull_model.c and usb_pull_more.c list; see usb_pull.c. Here over
# USB/IP, each kind three times; tests/guest/gadget.sh pulls 200 times out of a real kernel. Every other command has its power cut by
# tests/unit/applet_power_test alone. USB_PULL_ROUNDS and COUNTERSIGN_TEST_SEED change a run.

: "${top_srcdir:=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)}"
: "${top_builddir:=$top_srcdir/build}"
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
"$top_builddir/tests/integration/usb_pull" "$top_builddir/countersign-card" "$dir/image" 0 "${USB_PULL_ROUNDS:-0}" usbip 2>"$dir/log"
status=$?
[ "$status" -eq 0 ] || { sed 's/^/# /' "$dir/log" | tail -n 30; }
exit "$status"
