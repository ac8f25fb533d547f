#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# tests/packages names a package once, and the quickstart installs the libraries that are listed there.
. "$top_srcdir/tests/lint/lint.sh"

names()
{
	sed -n 's/^\(13:\)\{0,1\}\([a-z0-9][a-z0-9.+-]*\)[[:space:]].*/\2/p'
}

libraries()
{
	sed -n '/^# libraries/,/^$/p' "$top_srcdir/tests/packages" | names
}

missing()
{
	local package
	libraries | while read -r package; do
		sed -n '/^packages=(/,/^esac/p' "$top_srcdir/quickstart" | grep -qwF -- "$package" || echo "quickstart: $package"
	done
}

lint_none "no package is listed twice" "$(names <"$top_srcdir/tests/packages" | LC_ALL=C sort | uniq -d)"
lint_none "the quickstart installs each library that configure asks for" "$(missing)"
tap_ok "and there are not a few" [ "$(libraries | wc -l)" -ge 12 ]
tap_done
