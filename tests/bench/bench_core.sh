#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Bytes of code and of RAM of the card core on Cortex-M, as tests/cortex-m measures them. No figures where the cross compiler is missing.

set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
bash "$top_srcdir/tests/cortex-m/cortex_m.sh" "$work/figures.json" | sed -n -e 's/^# \(cortex-m.*\)/\1/p' -e '/^not ok /p' >&2
if [ -s "$work/figures.json" ]; then
	cat "$work/figures.json"
else
	printf 'bench_core: no cross compiler for Cortex-M\n' >&2
	printf '{}\n'
fi
