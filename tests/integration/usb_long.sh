#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# What takes long and what is long, over USB/IP; see usb_long.c. The guests' tests have the same lengths over a kernel's USB.

: "${top_srcdir:=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)}"
: "${top_builddir:=$top_srcdir/build}"
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
"$top_builddir/tests/integration/usb_long" "$top_builddir/countersign-card" "$dir/image" "$dir/log" 2>"$dir/log"
status=$?
[ "$status" -eq 0 ] || { sed 's/^/# /' "$dir/log" | tail -n 30; }
exit "$status"
