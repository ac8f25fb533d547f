#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# run.sh BENCH.JSON SCRIPT...: runs the benchmarks one after the other, puts their figures together, prints them as a table, and then which
# targets are kept, missed, or have no figure (targets.sh).

set -euo pipefail
out=$1
shift
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
number=0
for script; do
	printf '== %s\n' "${script##*/}" >&2
	bash "$script" >"$work/$number.json"
	number=$((number + 1))
done
jq -s add "$work"/*.json >"$out"
jq -r 'to_entries[] | [.key, (.value.value | tostring), .value.unit,
	(.value.beside // {} | to_entries | map("\(.key) \(.value)") | join(", "))] | @tsv' "$out" |
	awk -F '\t' 'BEGIN { printf "%-44s %12s %-8s %s\n", "figure", "value", "unit", "beside" }
		{ printf "%-44s %12s %-8s %s\n", $1, $2, $3, $4 }'
printf 'written to %s\n\n' "$out"
bash "$(dirname "$0")/targets.sh" "$out"
