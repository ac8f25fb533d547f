#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# The USB token pulled in the middle of every kind of command: usb_pull.c. Here over USB/IP, each kind three times; tests/guest/gadget.sh pulls
# 200 times out of a real kernel. USB_PULL_ROUNDS and COUNTERSIGN_TEST_SEED change a run.

: "${top_srcdir:=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)}"
: "${top_builddir:=$top_srcdir/build}"
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
status=0 test=0
for cards in keep issue; do
	"$top_builddir/tests/integration/usb_pull" "$top_builddir/countersign-card" "$dir/$cards" 0 "${USB_PULL_ROUNDS:-0}" "$cards" 2>"$dir/log" >"$dir/tap" ||
		{ status=1; sed 's/^/# /' "$dir/log" | tail -n 30; }
	sed '/^1\.\./d' "$dir/tap" | awk -v test="$test" -v cards="$cards" '/^(not )?ok / { sub(/ok [0-9]+ - /, "ok " (++test) " - " cards ": ") } { print }'
	test=$((test + $(grep -cE '^(not )?ok ' "$dir/tap")))
done
echo "1..$test"
exit "$status"
