#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# clang-format decides the form of sources (headers are manuals, laid out by hand). Its releases differ in details; the tree is
# formatted with release 14 (Debian 12).
. "$top_srcdir/tests/lint/lint.sh"

command -v clang-format >/dev/null || tap_skip_all "clang-format is not installed"
release=$(clang-format --version | sed -n 's/.*version \([0-9]*\).*/\1/p')
[ "$release" = 14 ] || tap_skip_all "clang-format is release $release; the tree is formatted with 14"

mapfile -t files < <(lint_files "${lint_folders[@]}" -- '*.c')
# Several files to one call, since most of a call is its start. Where it failed and named no file, what it said is shown.
unformatted()
{
	local said
	cd "$top_srcdir" || return
	said=$(printf '%s\n' "${files[@]}" | xargs -n 20 clang-format --style=file --dry-run -Werror 2>&1) && return
	sed -nE 's/^([^:]*):.*\[-Wclang-format-violations\]$/\1/p' <<<"$said" | LC_ALL=C sort -u | grep . || echo "$said"
}
lint_none "every C source is as clang-format leaves it" "$(unformatted)"
tap_done
