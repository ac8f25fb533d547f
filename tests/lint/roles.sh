#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# countersignd(8) says of each call who may make it, as daemon/role.c does.
. "$top_srcdir/tests/lint/lint.sh"
export LC_ALL=C

# "operation role, role", from the table; operations by the names that daemon/ipc.c gives them.
in_code()
{
	awk '/^ / && match($0, /\[IPC_[A-Z_]+\] = /) {
		op = substr($0, RSTART + 1, RLENGTH - 5)
		rest = substr($0, RSTART + RLENGTH)
		if (FILENAME ~ /ipc/) {
			split(rest, part, "\"")
			name[op] = part[2]
		} else {
			sub(/,.*/, "", rest)
			gsub(/ \| /, ", ", rest)
			print name[op], tolower(rest)
		}
	}' "$top_srcdir/daemon/ipc.c" "$top_srcdir/daemon/role.c" | sort
}

in_page()
{
	sed -nE 's/^\.It ([a-z_]+) Ta ([a-z, ]+)$/\1 \2/p' "$top_srcdir/docs/man/countersignd.8" | sort
}

lint_none "countersignd.8 tells who may call what as daemon/role.c has it" "$(diff <(in_code) <(in_page) | sed -n 's/^</page lacks/p; s/^>/code lacks/p')"
tap_ok "and these are not a few" [ "$(in_code | wc -l)" -ge 30 ]
tap_done
