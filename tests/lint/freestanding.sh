#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# The card core (base/, applet/ without its ports) as it was built: it asks nothing of a C library but the functions that a
# compiler itself may call, and has no variable of its own.
. "$top_srcdir/tests/lint/lint.sh"

command -v nm >/dev/null || tap_skip_all "nm is not installed"
objects=()
for folder in base applet; do
	while IFS= read -r object; do
		objects+=("$object")
	done < <(find "$top_builddir/$folder" -name '*.o' ! -path '*/port/*' ! -path '*/tests/*' | LC_ALL=C sort)
done
[ "${#objects[@]}" -gt 0 ] || tap_skip_all "nothing is built in $top_builddir"

# memcpy and its like; what the stack protector, fortification, sanitizers and fuzzers add; the compiler's own helpers.
allowed='^(mem(cpy|move|set|cmp)|bcmp|strlen|__mem(cpy|move|set)_chk|__stack_chk_(fail|guard)|_GLOBAL_OFFSET_TABLE_'
allowed+='|__(asan|ubsan|tsan|msan|sanitizer|sancov|gcov|llvm_profile|start___sancov|stop___sancov)_.*|__tsan_.*|__(u?(div|mod)|mul|ashl|[al]shr)[dt]i[34]?)$'

outside()
{
	nm -A "${objects[@]}" | awk '
		$(NF - 1) ~ /^[A-TV-Zuv]$/ { defined[$NF] = 1 }
		$(NF - 1) == "U" || $(NF - 1) == "w" { user[$NF] = user[$NF] " " $1 }
		END { for (name in user) if (!(name in defined)) print name, user[name] }
	' | while read -r name users; do
		[[ $name =~ $allowed ]] || echo "$name is used by $users"
	done
}

# Sanitizers and fuzzers put variables of their own beside ours.
writable()
{
	local object
	for object in "${objects[@]}"; do
		size -A "$object" | awk -v object="$object" '$1 ~ /^\.(data|bss|tdata|tbss)(\.[^r].*)?$/ && $2 > 0 { print object ": " $2 " bytes in " $1 }'
	done
}

lint_none "the card core calls nothing of the C library or the system" "$(outside)"
if nm "${objects[@]}" | grep -qE ' (__asan_|__tsan_|__sanitizer_|__start___sancov)'; then
	tap_skip "the card core has no variables" "this build has a sanitizer's"
else
	lint_none "the card core has no variables" "$(writable)"
fi
tap_done
