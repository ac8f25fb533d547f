#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# run.sh BENCH.JSON SCRIPT...: runs the benchmarks one after the other, puts their figures together, prints them as a table, and then which
# targets are kept, missed, or have no figure (targets.sh). The first figure is the number of cores that it had, with their name. Where a benchmark fails the others' figures are still written; the status,
# and the last words, say which are not there.

set -euo pipefail
out=$1
shift
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
number=0
failed=
for script; do
	printf '== %s\n' "${script##*/}" >&2
	bash "$script" >"$work/$number.json" || { failed+=" ${script##*/}"; printf '{}\n' >"$work/$number.json"; }
	number=$((number + 1))
done
processor=$(LC_ALL=C lscpu | sed -n 's/^Model name: *//p' | head -n 1)
jq -s --argjson cores "$(nproc)" --arg name "${processor:-unknown}" '{cores: {value: $cores, unit: "", beside: {name: $name}}} + add' \
	"$work"/*.json >"$out"
jq -r 'to_entries[] | [.key, (.value.value | tostring), .value.unit,
	(.value.beside // {} | to_entries | map("\(.key) \(.value)") | join(", "))] | @tsv' "$out" |
	awk -F '\t' 'BEGIN { printf "%-44s %12s %-8s %s\n", "figure", "value", "unit", "beside" }
		{ printf "%-44s %12s %-8s %s\n", $1, $2, $3, $4 }'
printf 'written to %s\n\n' "$out"
status=0
bash "$(dirname "$0")/targets.sh" "$out" || status=$?
[ -z "$failed" ] || { printf 'no figures from:%s\n' "$failed" >&2; status=1; }
exit "$status"
