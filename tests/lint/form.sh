#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# What STYLE asks of every file, and clang-format cannot say: licence line, first comment, lengths, and functions that nobody calls.
. "$top_srcdir/tests/lint/lint.sh"

mapfile -t c_files < <(lint_files "${lint_folders[@]}" -- '*.[ch]')
mapfile -t product_files < <(lint_files base applet cardclient pkcs11 daemon pam tools -- '*.[ch]')
mapfile -t unit_files < <(lint_files tests/unit -- '*.[ch]')
mapfile -t library_files < <(lint_files base applet cardclient pkcs11 -- '*.c' | grep -v '^applet/port/')
mapfile -t script_files < <(
	lint_files "${lint_folders[@]}" docs -- '*.mk' '*.sh' '*.py' '*.pl' '*.awk'
	cd "$top_srcdir" && find Makefile.am configure.ac check quickstart .ci/run -maxdepth 0 2>/dev/null
)

spdx_missing()
{
	local file
	for file in "${c_files[@]}"; do
		[ "$(head -n 1 "$top_srcdir/$file")" = '/* SPDX-License-Identifier: BSD-2-Clause' ] ||
			[ "$(head -n 1 "$top_srcdir/$file")" = '/* SPDX-License-Identifier: BSD-2-Clause */' ] || echo "$file"
	done
	for file in "${script_files[@]}"; do
		head -n 2 "$top_srcdir/$file" | grep -qE '^(#|dnl) SPDX-License-Identifier: BSD-2-Clause$' || echo "$file"
	done
}

# Bodies begin and end with a brace in the first column: that is how the tree is formatted.
function_lengths()
{
	(cd "$top_srcdir" && awk '
		FNR == 1 { start = 0 }
		/^\{/ { start = FNR; name = last }
		/^\}/ && start { print FNR - start - 1, FILENAME ":" start ": " name; start = 0 }
		/^[a-zA-Z].*\(/ { last = $0 }
	' "${c_files[@]}")
}

file_lengths()
{
	(cd "$top_srcdir" && awk 'FNR == 1 && NR > 1 { print n, f } { n = FNR; f = FILENAME } END { print n, f }' "${c_files[@]}")
}

called()
{
	local pattern=$1
	shift
	lint_code "$@" | grep -E "(^|[^a-zA-Z0-9_>.])($pattern)[[:space:]]*\(" || true
}

lint_none "every source begins with its licence line" "$(spdx_missing)"

lint_none "nobody calls functions that cannot be called safely" "$(called \
	'strcpy|stpcpy|strcat|strncpy|strncat|sprintf|vsprintf|gets|alloca|strtok|atoi|atol|atoll|tmpnam|tempnam|mktemp|rand|srand|gmtime|localtime|asctime|ctime|system|popen|bzero|wordexp' \
	"${c_files[@]}")"

lint_none "what lives in someone else's process neither prints, ends it, nor changes its signals, locale or environment" "$(called \
	'printf|puts|putchar|perror|abort|exit|_exit|_Exit|quick_exit|signal|sigaction|setlocale|setenv|putenv|unsetenv|clearenv|err|errx|warn|warnx|assert' \
	"${library_files[@]}")"

lint_none "no program and no unit test waits by sleeping" "$(called 'sleep|usleep|nanosleep' "${product_files[@]}" "${unit_files[@]}")"

lint_none "no note of something left undone" "$(cd "$top_srcdir" && grep -nE '\b(TODO|FIXME|XXX|HACK)\b' "${product_files[@]}" | grep -vE '#[0-9]+')"

lint_none "no function has more than 80 lines" "$(function_lengths | awk '$1 > 80')"
lint_none "no file has more than 500 lines, no test more than 800" "$(file_lengths | awk '$1 > ($2 ~ /^tests\// ? 800 : 500)')"

tap_note "$(function_lengths | sort -n | awk '{ n[NR] = $1 } END { if (NR) printf "%d functions: half have at most %d lines, nine of ten at most %d, the longest %d", NR, n[int((NR + 1) / 2)], n[int(NR * 0.9 + 0.5)], n[NR] }')"
tap_done
