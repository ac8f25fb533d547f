#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# The card core (base/ without base/host/, applet/ without its ports) and, of its ports, what is no system's (the CCID device, its descriptors and serial line,
# the keyboard), as they were built: they ask nothing of a C library but the functions that a
# compiler itself may call, and has no variable of its own. So is what decides in the daemon about a code and about who may try one: it
# can ask no clock, no database and nobody else but by what it is given.
. "$top_srcdir/tests/lint/lint.sh"

command -v nm >/dev/null || tap_skip_all "nm is not installed"
portable=(ccid ccid_input ccid_serial hid_keyboard usb_descriptor usb_device)
objects=()
for folder in base applet; do
	while IFS= read -r object; do
		objects+=("$object")
	done < <(find "$top_builddir/$folder" -name '*.o' ! -path '*/port/*' ! -path '*/base/host/*' ! -path '*/tests/*' | LC_ALL=C sort)
done
[ "${#objects[@]}" -gt 0 ] || tap_skip_all "nothing is built in $top_builddir"
missing=
for name in "${portable[@]}"; do
	object=$(find "$top_builddir/applet/port" -name "$name.o" -print -quit)
	if [ -n "$object" ]; then
		objects+=("$object")
	else
		missing+="there is no $name.o in applet/port"$'\n'
	fi
done
# As includes.sh has them.
deciding=()
while IFS= read -r object; do
	deciding+=("$object")
done < <(find "$top_builddir/daemon" -name '*.o' | grep -E '/(libkeeper_la-)?(decide|verify|verify_[a-z]*|budget)\.o$' | LC_ALL=C sort)
for name in decide verify budget; do
	[[ " ${deciding[*]}" = *[/-]$name.o* ]] || missing+="there is no $name.o in daemon"$'\n'
done

# memcpy and its like; what the stack protector, fortification, sanitizers and fuzzers add; the compiler's own helpers.
allowed='^(mem(cpy|move|set|cmp)|bcmp|strlen|__mem(cpy|move|set)_chk|__stack_chk_(fail|guard)|_GLOBAL_OFFSET_TABLE_'
allowed+='|__(asan|ubsan|tsan|msan|sanitizer|sancov|gcov|llvm_profile|start___sancov|stop___sancov)_.*|__tsan_.*|__(u?(div|mod)|mul|ashl|[al]shr)[dt]i[34]?)$'

outside() # OBJECT...
{
	nm -A "$@" | awk '
		$(NF - 1) ~ /^[A-TV-Zuv]$/ { defined[$NF] = 1 }
		$(NF - 1) == "U" || $(NF - 1) == "w" { user[$NF] = user[$NF] " " $1 }
		END { for (name in user) if (!(name in defined)) print name, user[name] }
	' | while read -r name users; do
		[[ $name =~ $allowed ]] || echo "$name is used by $users"
	done
}

# Sanitizers and fuzzers put variables of their own beside ours.
writable() # OBJECT...
{
	local object
	for object; do
		size -A "$object" | awk -v object="$object" '$1 ~ /^\.(data|bss|tdata|tbss)(\.[^r].*)?$/ && $2 > 0 { print object ": " $2 " bytes in " $1 }'
	done
}

core=()
for object in "${objects[@]}"; do
	[[ $object != "$top_builddir"/base/* ]] || core+=("$object")
done
lint_none "the card core is built, and what of its ports is no system's, and what decides in the daemon" "$missing"
lint_none "the card core calls nothing of the C library or the system" "$(outside "${objects[@]}")"
lint_none "what decides in the daemon calls nothing else but base" "$(outside "${core[@]}" "${deciding[@]}")"
if nm "${objects[@]}" | grep -qE ' (__asan_|__tsan_|__sanitizer_|__start___sancov)'; then
	tap_skip "they have no variables" "this build has a sanitizer's"
else
	lint_none "they have no variables" "$(writable "${objects[@]}" "${deciding[@]}")"
fi
tap_done
