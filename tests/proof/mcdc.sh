#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# Modified condition/decision coverage of the code that authorises, counts tries and keeps records, by the unit tests of the card core:
# each condition of each decision has been seen to decide it alone, both ways. GCC 14 measures it (-fcondition-coverage). Prints a table;
# what is not covered has to be in tests/proof/mcdc-exceptions, with a reason: FILE|TEXT OF THE LINE|REASON. An exception that is
# covered, or whose line is gone, is a failure too. Random tests get one seed: what is measured must not hang on luck.
. "$top_srcdir/tests/lib/tap.sh"

export LC_ALL=C
export COUNTERSIGN_TEST_SEED="${COUNTERSIGN_TEST_SEED:-1}"
cd "$top_srcdir" || exit 1
for tool in "${CC:=gcc}" jq pkg-config; do
	command -v "${tool%% *}" >/dev/null || tap_skip_all "${tool%% *} is not installed"
done
echo 'int main(void) { return 0; }' | $CC -x c -fcondition-coverage -fsyntax-only - 2>/dev/null ||
	tap_skip_all "$CC has no -fcondition-coverage; GCC 14 has, in Debian 13"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
. tests/lib/core.sh
core_link_flags=--coverage
exceptions=tests/proof/mcdc-exceptions

# Authorisation, tries, records.
files=(
	applet/attribute.c applet/card.c applet/channel.c applet/content.c applet/csgn_issue.c applet/device.c
	applet/dispatch.c applet/lifecycle.c
	applet/pin.c applet/pin_commands.c applet/pin_make.c applet/pin_migrate.c applet/pin_officer.c applet/pin_rules.c applet/pin_session.c
	applet/piv_authenticate.c applet/piv_key.c applet/piv_management.c applet/piv_sm.c applet/piv_sm_make.c applet/profile.c
	applet/scp03.c applet/secret.c applet/secret_key.c applet/secret_use.c applet/sm.c
	applet/oath_access.c applet/oath_guard.c applet/touch.c applet/transfer.c
	applet/store.c applet/store_entry.c applet/store_index.c applet/store_log.c applet/store_page.c applet/store_recover.c
	applet/store_counter.c applet/store_space.c
)

# The longest first. Left out is what is long and shows no condition that the others do not: power cuts in whole commands (those of
# the store are here), key generation, vectors.
tests_listed()
{
	printf '%s\n' applet_store_cut_test applet_store_model_test
	core_tests | grep -vxE 'applet_(store_cut|store_model|power|oath_power|algorithm|attestation|block_mode|gcm|counter_file|flash_ram|compat)_test'
}

tests_run()
{
	mkdir -p "$work/test"
	tests_listed | xargs -P "$(nproc)" -I{} bash -c '. "$top_srcdir/tests/lib/core.sh"; work='"$work"'; core_link_flags=--coverage
		core_link {} "$work/run-{}" && core_run "$work/run-{}" || echo "{} failed"'
}

# "FILE LINE COVERED ALL" for each decision, from gcov's JSON.
conditions()
{
	local name=${1//\//_}
	(cd "$work/core" && gcov --json-format --stdout --conditions "${name%.c}.o" 2>/dev/null) |
		jq -r --arg file "$1" '.files[] | select(.file == $file) | .lines[] | select(.conditions | length > 0) |
			[$file, .line_number, ([.conditions[].covered] | add), ([.conditions[].count] | add)] | @tsv' |
		awk -F '\t' '{ c[$2] += $3; n[$2] += $4; f = $1 } END { for (l in n) print f, l, c[l], n[l] }' | sort -k2n
}

# Reason of the exception for a line, empty where there is none.
excepted()
{
	local file=$1 text=$2 from part reason
	while IFS='|' read -r from part reason; do
		[ "$from" = "$file" ] && [[ $text = *"$part"* ]] && { echo "$reason"; return; }
	done < <(grep -v '^#' "$exceptions")
}

judge()
{
	local file=$1 line covered all text reason sum=0 total=0 argued=0 missing=""
	while read -r _ line covered all; do
		sum=$((sum + covered)) total=$((total + all))
		[ "$covered" -lt "$all" ] || continue
		text=$(sed -n "${line}p" "$file")
		reason=$(excepted "$file" "$text")
		if [ -n "$reason" ]; then
			argued=$((argued + all - covered))
			echo "$file|$text" >>"$work/used"
		else
			missing+="$file:$line: $covered of $all: ${text#"${text%%[![:space:]]*}"}"$'\n'
		fi
	done < <(conditions "$file")
	tap_note "$(printf '%-28s %4d of %4d condition outcomes, %d argued' "$file" "$sum" "$total" "$argued")"
	[ "$total" -gt 0 ] || tap_note "no conditions were measured"
	tap_is "$file: each condition decides alone, or is argued" "$missing" ""
}

unused()
{
	local from part
	while IFS='|' read -r from part _; do
		grep -F "$part" "$work/used" 2>/dev/null | grep -qF "$from|" || echo "$from: $part"
	done < <(grep -v '^#' "$exceptions")
}

export top_srcdir=$PWD
tap_ok "the card core builds" core_build -O0 -g --coverage -fcondition-coverage -fprofile-update=atomic || tap_done
tap_is "the tests pass" "$(tests_run 2>&1)" ""
: >"$work/used"
for file in "${files[@]}"; do
	judge "$file"
done
tap_is "each exception is needed" "$(unused)" ""
tap_note "$SECONDS s"
tap_done
