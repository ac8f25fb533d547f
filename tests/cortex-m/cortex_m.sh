#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# The card core (base/, and applet/ without its ports) built for Cortex-M4 and Cortex-M0+, without an operating system; its unit
# tests, the very sources of tests/unit/, run on boards that QEMU plays: an MPS2 (AN386, Cortex-M4, 4 MiB), and a micro:bit (Cortex-M0,
# 16 KiB) for those of base/ that it has room for. QEMU has no larger board with a Cortex-M0; code for Cortex-M0+ is therefore also
# run on the MPS2, whose instruction set contains it. There is no libcrypto here: the card's tests run on tests/cortex-m/crypto_double.c,
# a test double. Prints code size, RAM and the deepest stack; with an argument also writes them there, as figures for make bench.
. "$top_srcdir/tests/lib/tap.sh"

figures=${1-}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$top_srcdir" || exit 1
# shellcheck source=tests/cortex-m/cross.sh
. tests/cortex-m/cross.sh
missing=$(cross_have) || tap_skip_all "$missing"

# What the core is allowed to ask for: memory functions that a compiler itself may call, and the compiler's own helpers.
allowed='^(mem(cpy|move|set|cmp)|strlen|__aeabi_.*|__gnu_thumb1_case_.*|__(ctz|clz|popcount)[sd]i2)$'
test_flags="$cross_warnings -D_GNU_SOURCE -D_POSIX_TIMERS=1 -DCOUNTERSIGN_CRYPTO_DOUBLE -DFLIP_STRIDE=9973 -Itests/cortex-m"

outside()
{
	${cross}nm -A "$work/$1"/core/*.o | awk '
		$(NF - 1) ~ /^[A-TV-Zuv]$/ { defined[$NF] = 1 }
		$(NF - 1) == "U" || $(NF - 1) == "w" { user[$NF] = user[$NF] " " $1 }
		END { for (name in user) if (!(name in defined)) print name, user[name] }
	' | while read -r name users; do
		[[ $name =~ $allowed ]] || echo "$name is used by $users"
	done
}

# ---- tests ----

# Tests of what the double has not.
needs_libcrypto='the_algorithms_that_select_lists_are_those_that_work'
base_tests='base_apdu base_audit base_bytes base_encoding base_oath base_ocra base_tlv'
card_tests='applet_store applet_store_damage applet_dispatch applet_pin applet_csgn applet_oath applet_oath_access applet_oath_ocra applet_oath_pin applet_piv applet_secret'
microbit_tests='base_bytes base_encoding base_oath base_ocra'

tests_build()
{
	local cpu=$1 name sources=()
	for name in $base_tests $card_tests; do
		sources+=("tests/unit/${name}_test.c")
	done
	cross_compile "$cpu" tests "$test_flags" "${sources[@]}" &&
		cross_compile "$cpu" support "$test_flags -O2" tests/cortex-m/board.c tests/cortex-m/core_stack.c tests/cortex-m/crypto_double.c \
			tests/cortex-m/crypto_openssl_double.c tests/unit/card_fixture.c tests/unit/oath_fixture.c \
			applet/port/flash_ram.c
}

# link CPU BOARD FLASH RAM TEST FLAG...
link()
{
	local cpu=$1 board=$2 flash=$3 ram=$4 name=$5
	shift 5
	${cross}gcc -mthumb -mcpu="$cpu" -nostartfiles --specs=rdimon.specs "$@" -Wl,--gc-sections -T tests/cortex-m/board.ld \
		-Wl,--defsym=BOARD_FLASH="$flash" -Wl,--defsym=BOARD_RAM="$ram" -Wl,--no-warn-rwx-segments \
		-Wl,--wrap=card_open -Wl,--wrap=card_transmit \
		-o "$work/$board/$name-$cpu.elf" "$work/$cpu/tests/tests_unit_${name}_test.o" \
		-Wl,--start-group "$work/$cpu"/support/*.o "$work/$cpu"/core/*.o -lc -lrdimon -Wl,--end-group
}

# run MACHINE BOARD CPU NAME: a program on a board; what it says, and its status and seconds, are kept.
run()
{
	local out=$work/$2/$4-$3.tap status=0 begin=$SECONDS
	timeout 600 qemu-system-arm -M "$1" -nographic -monitor none -serial none -semihosting-config enable=on,target=native \
		-kernel "$work/$2/$4-$3.elf" >"$out" 2>&1 </dev/null || status=$?
	echo "$status $((SECONDS - begin))" >"$out.status"
}

# count BOARD CPU NAME: counts its tests as ours, under a name that says where they ran.
count()
{
	local board=$1 cpu=$2 name=$3 out=$work/$1/$3-$2.tap line desc status seconds
	read -r status seconds <"$out.status"
	while IFS= read -r line; do
		desc="$name on $board, code for $cpu: ${line#* - }"
		case $line in
		"not ok "*)
			if [[ " $needs_libcrypto " = *" ${line#* - } "* ]]; then
				tap_skip "$desc" "the double has no such algorithms"
			else
				tap_fail "$desc"
			fi
			;;
		"ok "*) tap_pass "$desc" ;;
		"Bail out"*) tap_fail "$name on $board, code for $cpu: $line" ;;
		"# "*) [ "${line#\# stack}" != "$line" ] || echo "$line" ;;
		esac
	done <"$out"
	tap_note "$seconds s"
	[ "$(sed -n 's/^1\.\.//p' "$out" | tr -d '\r')" = "$(grep -cE '^(not )?ok ' "$out")" ] && [ "$status" -le 1 ] ||
		tap_fail "$name on $board, code for $cpu, runs to its end" || tap_note "exit status $status: $(tail -n 5 "$out")"
}

# As many boards at once as there are processors, since each takes one.
on_board()
{
	local machine=$1 board=$2 cpu=$3 flash=$4 ram=$5 name running=0
	shift 5
	mkdir -p "$work/$board"
	for name in $1; do
		link "$cpu" "$board" "$flash" "$ram" "$name" "${@:2}" >"$work/$board/$name-$cpu.link" 2>&1 || continue
		[ "$running" -lt "$(nproc)" ] || { wait -n; running=$((running - 1)); }
		run "$machine" "$board" "$cpu" "$name" &
		running=$((running + 1))
	done
	wait
	for name in $1; do
		if [ -e "$work/$board/$name-$cpu.tap.status" ]; then
			count "$board" "$cpu" "$name"
		else
			tap_fail "$name links for $board, code for $cpu" || tap_note "$(tail -n 10 "$work/$board/$name-$cpu.link")"
		fi
	done
}

# ---- figures ----

deepest_stack()
{
	cat "$work"/*/*-"$1".tap | tr -d '\r' | sed -n 's/^# stack //p' | sort -n | tail -n 1
}

report()
{
	local cpu=$1 text data card store stack frame who
	read -r text data < <(cross_code "$cpu" core)
	card=$(cross_variable "$cpu" card_size)
	store=$(cross_variable "$cpu" store_size)
	stack=$(deepest_stack "$cpu")
	read -r frame who < <(cross_frame "$cpu" core)
	tap_is "the core has no variables of its own on $cpu" "$data" 0
	tap_note "$cpu, -Os: code and constants $text bytes; RAM: struct card $card bytes, $store of them the store; variables $data;"
	tap_note "$cpu: deepest stack below card_open and card_transmit in these tests ${stack:-?} bytes, with the double's; largest frame $frame ($who)"
	[ -z "$figures" ] || printf '%s %s %s %s\n' "$cpu" "$text" "$card" "${stack:-0}" >>"$work/figures"
}

figures_write()
{
	awk 'BEGIN { print "{" }
		{ key = $1; gsub(/[^a-z0-9]/, "", key)
		  printf "%s\"core_%s_code\": {\"value\": %d, \"unit\": \"bytes\", \"beside\": {}},\n", (NR > 1 ? ",\n" : ""), key, $2
		  printf "\"core_%s_ram\": {\"value\": %d, \"unit\": \"bytes\", \"beside\": {\"stack_in_tests\": %d}}", key, $3, $4 }
		END { print "\n}" }' "$work/figures" >"$figures"
}

for cpu in cortex-m4 cortex-m0plus; do
	tap_ok "the core compiles for $cpu without a warning" cross_core "$cpu" || continue
	found=$(outside "$cpu")
	tap_is "the core calls nothing of a system on $cpu" "$found" ""
	tap_ok "its tests compile for $cpu" tests_build "$cpu" || continue
	on_board mps2-an386 MPS2 "$cpu" 0x400000 0x400000 "$base_tests $card_tests"
	report "$cpu"
done
on_board microbit micro:bit cortex-m0plus 0x40000 0x4000 "$microbit_tests" --specs=nano.specs
[ -z "$figures" ] || figures_write
tap_done
