#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# Gives each harness of tests/proof/ to CBMC, which proves it of the shipped sources with their real constants, and that every loop
# ends within the bound; then, to see that a proof can fail, the same with a bug planted (tests/proof/planted/HARNESS*.patch), which it
# must not prove. A harness's first comment says what it proves, the sources it takes beside what it includes, and CBMC's options.
#
# PROOF_ONLY=name takes one harness. Each has PROOF_SECONDS (180) of processor time.
. "$top_srcdir/tests/lib/tap.sh"

cd "$top_srcdir" || exit 1
command -v cbmc >/dev/null || tap_skip_all "cbmc is not installed"
version=$(cbmc --version | sed 's/^\([0-9]*\).*/\1/')
[ "$version" -ge 6 ] || tap_skip_all "cbmc is release $version; the harnesses want 6, which Debian 13 has"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
checks="--bounds-check --pointer-check --pointer-overflow-check --signed-overflow-check --undefined-shift-check --div-by-zero-check"
checks+=" --unwinding-assertions"

field()
{
	sed -n "s/^ \* $1: *//p; /\*\//q" "tests/proof/$2.c"
}

# prove HARNESS TREE FLAG...: CBMC's status, 10 where it found a counterexample.
prove()
{
	local name=$1 tree=$2
	shift 2
	# shellcheck disable=SC2046,SC2086
	(ulimit -t "${PROOF_SECONDS:-180}" && cd "$tree" && exec cbmc -I. -D_GNU_SOURCE $checks $(field Options "$name") "$@" \
		"tests/proof/$name.c" $(field Sources "$name")) 2>&1
}

# The tree with the patch in it; what is not changed is linked.
planted_tree()
{
	local patch=$1 tree=$2
	mkdir -p "$tree"
	cp -r base applet "$tree/"
	ln -s "$top/tests" "$tree/tests"
	patch -s -p1 -d "$tree" --no-backup-if-mismatch -r - <"$patch"
}

# proof NAME: its status and how long it took
proof()
{
	local name=$1 begin=$SECONDS
	prove "$name" . >"$work/$name.log"
	echo "$? $((SECONDS - begin))" >"$work/$name.result"
}

# plant NAME PATCH: the status with the bug
plant()
{
	local name=$1 patch=$2 tag=$work/${2##*/}
	planted_tree "$patch" "$tag.tree" >"$tag.log" 2>&1 || { echo "applies" >"$tag.result"; return; }
	(top_srcdir=$top; prove "$name" "$tag.tree" --stop-on-fail >"$tag.log"; echo "$?" >"$tag.result")
	rm -rf "$tag.tree"
}

# As many at once as there are processors.
running=0
start()
{
	[ "$running" -lt "$(nproc)" ] || { wait -n; running=$((running - 1)); }
	"$@" &
	running=$((running + 1))
}

verdict()
{
	local name=$1 status seconds patch what
	read -r status seconds <"$work/$name.result"
	if [ "$status" = 0 ] && grep -q '^VERIFICATION SUCCESSFUL' "$work/$name.log"; then
		tap_pass "$name is proved ($seconds s)"
	else
		tap_fail "$name is proved (status $status, $seconds s)" ||
			tap_note "$(grep -E 'FAILURE|rror' "$work/$name.log" | head -n 20; tail -n 3 "$work/$name.log")"
	fi
	for patch in tests/proof/planted/"$name"[-.]*patch; do
		what=$(head -n 1 "$patch")
		if [ "$(cat "$work/${patch##*/}.result")" = 10 ]; then
			tap_pass "$name is not proved with this bug: $what"
		else
			tap_fail "$name is not proved with this bug: $what" || tap_note "$(tail -n 5 "$work/${patch##*/}.log")"
		fi
	done
}

top=$PWD
shopt -s nullglob
names=()
for file in tests/proof/${PROOF_ONLY:-*}.c; do
	file=${file##*/}
	names+=("${file%.c}")
done
# The longest begins first, so that it is not left running alone at the end.
order=()
for name in "${names[@]}"; do
	[ "$name" = store_index ] && order=("$name" "${order[@]}") || order+=("$name")
done
for name in "${order[@]}"; do
	start proof "$name"
	for patch in tests/proof/planted/"$name"[-.]*patch; do
		start plant "$name" "$patch"
	done
done
wait
for name in "${names[@]}"; do
	verdict "$name"
	plants=(tests/proof/planted/"$name"[-.]*patch)
	[ "${#plants[@]}" -gt 0 ] || tap_fail "$name has a bug that it has to find"
done
tap_note "${#names[@]} harnesses in $SECONDS s"
tap_done
