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

missing()
{
	local place name file
	while read -r place name; do
		for file in "$top_srcdir/tests/$place".{c,sh}; do
			[ -e "$file" ] && grep -qF -- "$name" "$file" && continue 2
		done
		echo "$place  $name"
	done < <(sed -n 's/^    //p' "$page")
}

lint_none "each need has a test" "$(without_a_test)"
lint_none "each test that is named is there" "$(missing)"
tap_ok "and there are not a few" [ "$(grep -c '^    ' "$page")" -ge 60 ]
tap_done
