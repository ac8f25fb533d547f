#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Each operation of the card's keys beside the same in libcrypto alone: in the card core, and over the Unix socket of a
# countersign-card that four clients use at once, or one. Prints the figures as one JSON object.

set -euo pipefail
: "${top_builddir:?}"
work=$(mktemp -d)
card=
trap '[ -z "$card" ] || { kill "$card"; wait "$card" || true; }; rm -rf "$work"' EXIT
"$top_builddir/countersign-card" --image "$work/image" --init piv --socket "$work/socket" >&2 &
card=$!
while ! [ -S "$work/socket" ]; do
	kill -0 "$card"
	read -rt 0.05 <> <(:) || true
done
"$top_builddir/tests/bench/bench_card" "$work/socket"
