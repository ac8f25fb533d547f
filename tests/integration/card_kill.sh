#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# countersign-card killed 200 times at random moments; see card_kill.c. CARD_KILL_ROUNDS and COUNTERSIGN_TEST_SEED change a run.

: "${top_srcdir:=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)}"
: "${top_builddir:=$top_srcdir/build}"
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
"$top_builddir/tests/integration/card_kill" "$top_builddir/countersign-card" "$dir/image" "$dir/socket" \
	"${CARD_KILL_ROUNDS:-200}" 2>"$dir/log"
status=$?
[ "$status" -eq 0 ] || { sed 's/^/# /' "$dir/log" | tail -n 30; }
exit "$status"
