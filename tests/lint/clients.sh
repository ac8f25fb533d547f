#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# docs/CLIENTS has just the rows that the client tests have, each with an answer for each release. (Whether the answers are right those
# tests say themselves.) What stands between the tables is what clients_table.sh writes there.
. "$top_srcdir/tests/lint/lint.sh"

# The rows that a script declares: what client_begin is given, or the array that it is given.
declared()
{
	(
		client_begin()
		{
			local name=$1
			shift 2
			printf "$name\t%s\n" "$@" | sed 's/\t\(with .*\):[0-9]$/\t\1/'
		}
		eval "$(awk '/^rows=\(/ { on = 1 } on { print } on && /\)$/ { exit }' "$1")"
		eval "$(awk '/^\t?client_begin / { on = 1 } on { print } on && !/\\$/ { on = 0 }' "$1")"
	)
}

documented()
{
	awk '
		/^[a-z][^ ]*( +[0-9][^ ]*)+$/ { name = $1; columns = NF - 1; next }
		/^[^ ]/ { name = "" }
		name != "" && /^  [^ \[]/ {
			row = $0; cells = 0
			answer = /^  with / ? " +[0-9][0-9.a-z]*$" : " +(yes|fails|no\\[[0-9]+\\])$"
			while (match(row, answer)) { row = substr(row, 1, RSTART - 1); cells++ }
			sub(/^  /, "", row)
			print name "\t" row (cells == columns ? "" : " (" cells " answers for " columns " releases)")
		}
	' "$top_srcdir/docs/CLIENTS"
}

mapfile -t scripts < <(grep -lE '^[[:space:]]*client_begin ' "$top_srcdir"/tests/{integration,clients}/*.sh)
differences=$(diff <(for script in "${scripts[@]}"; do declared "$script"; done | LC_ALL=C sort) <(documented | LC_ALL=C sort) | grep '^[<>]')
lint_none "docs/CLIENTS has the rows of the client tests, and no others" "$differences"
prose()
{
	awk '/^[a-z][^ ]*( +[0-9][^ ]*)+$/ { table = 1 } /^[A-Z]/ { table = 0 } !table' "$top_srcdir/docs/CLIENTS"
}
written()
{
	sed -n "/<<'END'/,/^END/{/END/d;p}" "$top_srcdir/tests/lib/clients_table.sh"
}
lint_none "docs/CLIENTS says between its tables what clients_table.sh writes there" "$(diff <(prose) <(written))"
lint_none "docs/CLIENTS knows of nothing that fails" "$(grep -nE '^  [^\[].*  fails( |$)' "$top_srcdir/docs/CLIENTS")"
tap_done
