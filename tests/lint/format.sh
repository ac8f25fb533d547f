#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# clang-format decides the form of sources (headers are manuals, laid out by hand). Its releases differ in details; the tree is
# formatted with release 14 (Debian 12).
. "$top_srcdir/tests/lint/lint.sh"

command -v clang-format >/dev/null || tap_skip_all "clang-format is not installed"
release=$(clang-format --version | sed -n 's/.*version \([0-9]*\).*/\1/p')
[ "$release" = 14 ] || tap_skip_all "clang-format is release $release; the tree is formatted with 14"

mapfile -t files < <(lint_files "${lint_folders[@]}" -- '*.c')
unformatted()
{
	local file
	cd "$top_srcdir" || return
	for file in "${files[@]}"; do
		clang-format --style=file "$file" | cmp -s - "$file" || echo "$file"
	done
}
lint_none "every C source is as clang-format leaves it" "$(unformatted)"
tap_done
