# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# What the lints share: which files are ours, and their code without comments. Lints read the source tree ($top_srcdir) and,
# where they say so, what was built from it ($top_builddir).

: "${top_srcdir:=.}" "${top_builddir:=$top_srcdir}"
# shellcheck source=tests/lib/tap.sh
. "$top_srcdir/tests/lib/tap.sh"

# shellcheck disable=SC2034  # used by those who source this
lint_folders=(base applet cardclient pkcs11 daemon pam tools tests)

# Our files below the given folders whose names match one of the patterns after --, relative to the top of the tree.
lint_files()
{
	local folders=() names=() folder
	while [ "$1" != -- ]; do
		[ -d "$top_srcdir/$1" ] && folders+=("$1")
		shift
	done
	shift
	for folder; do
		names+=(-o -name "$folder")
	done
	[ "${#folders[@]}" -gt 0 ] || return 0
	(cd "$top_srcdir" && find "${folders[@]}" -type f \( "${names[@]:1}" \) ! -path '*/build*/*' | LC_ALL=C sort)
}

# "file:line:code" of the given C files, with comments blanked, and the contents of strings too.
lint_code()
{
	(cd "$top_srcdir" && perl -0777 -ne '
		s{(/\*.*?\*/|//[^\n]*)|("(?:\\.|[^"\\\n])*")|(\x27(?:\\.|[^\x27\\\n])*\x27)}
		 {my $t = $1 // ""; defined $1 ? ($t =~ tr/\n//cdr) . " " : defined $2 ? "\"\"" : "\x27\x27"}gsex;
		my $n = 0;
		print map { $n++; "$ARGV:$n:$_\n" } split /\n/;
	' -- "$@")
}

# One check: passes where found is empty; shows what was found otherwise.
lint_none()
{
	local desc=$1 found=$2
	if [ -z "$found" ]; then
		tap_pass "$desc"
	else
		tap_fail "$desc" || tap_note "$found"
	fi
}
