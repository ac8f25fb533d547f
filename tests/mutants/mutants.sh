#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# Plants each mutant of tests/mutants/*.patch into a copy of a source, builds what that changes, and runs the test that has to notice.
# A mutant that survives, does not compile, or no longer applies is a failure; so is a numbered invariant in a head comment of base/,
# applet/, pkcs11/, or one of daemon_files, that no mutant names.
#
# A patch begins with three lines, and is a unified diff to one C source after them (text before a diff is nothing to patch):
#
#   Invariant: applet/pin.c 1           file and number of the invariant that it breaks
#   Killed-by: applet_pin_test          a program of tests/unit/, or oracle, which passes without the mutant and fails with it
#   Mutation: no try is spent before the comparison
#
# MUTANTS_ONLY=text takes those whose file name contains it. MUTANTS_SAMPLE=n takes n of them, drawn by MUTANTS_SEED, which is printed.
. "$top_srcdir/tests/lib/tap.sh"

# What decides about attempts, what lets tokens in, and what may go from the audit log; of tools/, what verifies that log. The rest of daemon/ has invariants
# that a race, or the clock, would have to break.
daemon_files=(daemon/budget.c daemon/decide.c daemon/keeper_attempt.c daemon/keeper_import.c daemon/keeper_life.c daemon/keeper_login.c daemon/keeper_outbox.c daemon/keeper_replace.c daemon/keeper_sealed.c daemon/keeper_seed.c daemon/keeper_user.c daemon/retention.c tools/audit_chain.c)

export LC_ALL=C
cd "$top_srcdir" || exit 1
for tool in patch pkg-config "${CC:=gcc}"; do
	command -v "${tool%% *}" >/dev/null || tap_skip_all "${tool%% *} is not installed"
done
jobs=$(nproc)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
. tests/lib/core.sh

field()
{
	sed -n "/^--- /q; s/^$1: *//p" "$2"
}

# ---- each invariant has a mutant ----

# "FILE NUMBER" of all numbered invariants: "1. ..." or "(1) ..." behind the word Invariants in a file's first comment.
invariants()
{
	local file
	for file in base/*.c applet/*.c pkcs11/*.c "${daemon_files[@]}"; do
		awk -v file="$file" '
			/Invariants?[:.]/ { on = 1; sub(/.*Invariants?[:.]/, ""); if (!/\(1\)/ && /[a-z]/ && !/"Durable"/) print file, 1 }
			on && match($0, /^ \* +[0-9]+\. /) { n = $0; gsub(/^ \* +|\..*/, "", n); print file, n }
			on { while (match($0, /\([0-9]\)/)) { print file, substr($0, RSTART + 1, 1); $0 = substr($0, RSTART + RLENGTH) } }
			/\*\// { exit }' "$file"
	done | sort -u
}

unnamed()
{
	comm -23 <(invariants) <(for patch in tests/mutants/*.patch; do field Invariant "$patch"; done | sort -u)
}

baseline()
{
	core_link "$1" "$work/$1" && core_run "$work/$1"
}

# ---- one mutant: says what became of it ----

mutate()
{
	local patch=$1 dir=$2 source name status=0
	source=$(sed -n 's,^+++ b/\([^[:space:]]*\).*,\1,p' "$patch")
	name=$(field Killed-by "$patch")
	mkdir -p "$dir/$(dirname "$source")"
	cp "$source" "$dir/$source"
	patch -F0 -s -p1 -d "$dir" --no-backup-if-mismatch -r - <"$patch" >"$dir/log" 2>&1 || { echo "no longer applies"; return; }
	# shellcheck disable=SC2086
	$CC $core_flags -O1 -c -o "$dir/mutant.o" "$dir/$source" >"$dir/log" 2>&1 || { echo "does not compile"; return; }
	core_link "$name" "$dir/test" "$dir/mutant.o" >"$dir/log" 2>&1 || { echo "does not link"; return; }
	core_run "$dir/test" || status=$?
	cp "$dir/test.log" "$dir/log"
	case $status in
	0) echo survived ;;
	137 | 152) echo "did not end" ;;
	*) echo "killed, $(grep -cE '^\s*not ok' "$dir/log") tests failed, status $status" ;;
	esac
}

verdict()
{
	local patch=$1 dir=$2 result desc
	result=$(cat "$dir/result")
	desc="$(field Invariant "$patch"): $(field Mutation "$patch") ($(field Killed-by "$patch"))"
	case $result in
	killed*) tap_pass "$desc" ;;
	*) tap_fail "$desc" || tap_note "$patch $result: $(tail -n 5 "$dir/log")" ;;
	esac
}

chosen()
{
	if [ -n "${MUTANTS_SAMPLE-}" ]; then
		find tests/mutants -name '*.patch' | LC_ALL=C sort | shuf -n "$MUTANTS_SAMPLE" --random-source=<(yes "$seed") | LC_ALL=C sort
	else
		find tests/mutants -name "*${MUTANTS_ONLY-}*.patch" | LC_ALL=C sort
	fi
}

seed=${MUTANTS_SEED:-$(date +%s)}
[ -z "${MUTANTS_SAMPLE-}" ] || tap_note "MUTANTS_SEED=$seed"
mapfile -t patches < <(chosen)
tap_is "each numbered invariant of base/, applet/, pkcs11/ and what decides in daemon/ has a mutant" "$(unnamed)" ""
tap_ok "the card core builds" core_build -O1 || tap_done
if grep -qs '^Invariant: pkcs11/' "${patches[@]}"; then
	tap_ok "the module builds" core_module || tap_done
fi
if grep -qs '^Invariant: daemon/' "${patches[@]}"; then
	tap_ok "keeper builds" core_daemon || tap_done
fi
if grep -qs '^Invariant: tools/' "${patches[@]}"; then
	tap_ok "what verifies an audit log builds" core_tools || tap_done
fi
mkdir -p "$work/test"
for patch in "${patches[@]}"; do
	field Killed-by "$patch"
done | sort -u >"$work/tests"
while read -r name; do
	tap_ok "without a mutant $name passes" baseline "$name"
done <"$work/tests"

running=0
for patch in "${patches[@]}"; do
	dir=$work/$(basename "$patch" .patch)
	mkdir -p "$dir"
	[ "$running" -lt "$jobs" ] || { wait -n; running=$((running - 1)); }
	(mutate "$PWD/$patch" "$dir" >"$dir/result" 2>"$dir/log") &
	running=$((running + 1))
done
wait
for patch in "${patches[@]}"; do
	verdict "$patch" "$work/$(basename "$patch" .patch)"
done
tap_note "${#patches[@]} mutants in $SECONDS s"
tap_done
