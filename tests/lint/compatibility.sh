#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# docs/COMPATIBILITY names a test for each thing that programs need of the module, and each is there.
. "$top_srcdir/tests/lint/lint.sh"

page=$top_srcdir/docs/COMPATIBILITY

# A need ends with a colon; what is indented by four blanks below it is a test, its file and its name with two blanks between them.
without_a_test()
{
	awk '/:$/ && !/^    / { if (need != "") print need; need = FILENAME ":" FNR ": " $0; next }
	     /^    / { need = "" }
	     END { if (need != "") print need }' "$page"
}

# A test of that name, and no mere mention: in C a function that is there twice at least, defined and in the list of what is run; in a
# script a text in quotes. A harness has one test, its own, which its first comment names.
has_test()
{
	local file=$1 name=$2
	case $file in
	*/fuzz/*) sed '/\*\//q' "$file" | grep -qF -- "$name" ;;
	*.c) [ "$(grep -vE '^ ?(\*|/\*)' "$file" | grep -cwF -- "$name")" -ge 2 ] ;;
	*) grep -vE '^[[:space:]]*#' "$file" | grep -F -- "$name" | grep -q '"' ;;
	esac
}

# The program is built to be run, the script is in a list.
is_run()
{
	cat "$top_srcdir"/Makefile.am "$top_srcdir"/{*,applet/port}/local.mk "$top_srcdir"/tests/*.mk | grep -qE "(^|[[:space:]])tests/$1(\.sh|\.c)?([[:space:]]|\$)"
}

missing()
{
	local place name file
	while read -r place name; do
		is_run "$place" || echo "$place is not run"
		for file in "$top_srcdir/tests/$place".{c,sh}; do
			[ -e "$file" ] && has_test "$file" "$name" && continue 2
		done
		echo "$place  $name"
	done < <(sed -n 's/^    //p' "$page")
}

lint_none "each need has a test" "$(without_a_test)"
lint_none "each test that is named is there" "$(missing)"
tap_ok "and there are not a few" [ "$(grep -c '^    ' "$page")" -ge 60 ]
tap_done
