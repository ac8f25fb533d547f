#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Bytes of code and of RAM of the card core on Cortex-M, and of a whole token there, as tests/cortex-m measures them. No figures where
# the cross compiler is missing.

set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
printf '{}\n' | tee "$work/core.json" >"$work/token.json"
for name in cortex_m token; do
	bash "$top_srcdir/tests/cortex-m/$name.sh" "$work/${name/cortex_m/core}.json" |
		sed -n -e 's/^# \(cortex-m.*\)/\1/p' -e '/^not ok /p' -e 's/^1\.\.0 # SKIP /bench_core: /p' >&2
done
jq -s add "$work/core.json" "$work/token.json"
