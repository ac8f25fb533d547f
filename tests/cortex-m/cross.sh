# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# The card core built for Cortex-M with the cross compiler, and its sizes. Source it behind tests/lib/tap.sh, with $work a folder of
# one's own, standing in $top_srcdir.
#
#   cross_have                            0 where the compiler, newlib and QEMU are installed; else says what is not
#   cross_compile CPU FOLDER FLAGS SOURCE...  objects in $work/CPU/FOLDER, named after their sources
#   cross_core CPU                        the core, in $work/CPU/core, and what only has a size, in $work/CPU/size
#   cross_code CPU FOLDER...              bytes of code and constants, and of variables
#   cross_variable CPU NAME               bytes of a variable of core_size.c
#   cross_frame CPU FOLDER                bytes of the largest stack frame, and whose it is

# shellcheck disable=SC2154 # top_srcdir, work
cross=arm-none-eabi-
cross_warnings='-std=c11 -Wall -Wextra -Wshadow -Wvla -Wstrict-prototypes -Werror'

cross_have()
{
	local tool
	for tool in ${cross}gcc ${cross}nm ${cross}size qemu-system-arm; do
		command -v "$tool" >/dev/null || { echo "$tool is not installed"; return 1; }
	done
	echo 'int main(void) { return 0; }' | ${cross}gcc -x c --specs=rdimon.specs -o /dev/null - 2>/dev/null ||
		{ echo "the cross compiler has no newlib (Debian: libnewlib-arm-none-eabi)"; return 1; }
}

cross_compile()
{
	local cpu=$1 out=$work/$1/$2 flags=$3
	shift 3
	mkdir -p "$out"
	# shellcheck disable=SC2016
	printf '%s\n' "$@" | xargs -P "$(nproc)" -I{} sh -c '
		source=$1 out=$2 && shift 2 && exec "$@" -c -o "$out/$(echo "$source" | tr / _ | sed s/c$/o/)" "$source"' sh {} "$out" \
		${cross}gcc -mthumb -mcpu="$cpu" -Os -g -ffunction-sections -fdata-sections -fstack-usage -I. $flags
}

cross_core()
{
	local sources
	mapfile -t sources < <(find base applet -name '*.c' ! -path 'applet/port/*' ! -path 'base/host/*' | LC_ALL=C sort)
	cross_compile "$1" core "-ffreestanding $cross_warnings" "${sources[@]}" &&
		cross_compile "$1" size "-ffreestanding $cross_warnings" tests/cortex-m/core_size.c
}

cross_code()
{
	local cpu=$1 folder objects=()
	shift
	for folder; do objects+=("$work/$cpu/$folder"/*.o); done
	${cross}size "${objects[@]}" | awk 'NR > 1 { text += $1; data += $2 + $3 } END { print text, data }'
}

cross_variable()
{
	${cross}nm -S "$work/$1"/size/*.o | awk -v name="$2" '$4 == name { print $2 }' | { read -r hex && echo $((16#$hex)); }
}

cross_frame()
{
	cat "$work/$1/$2"/*.su | awk -F '\t' '$2 > most { most = $2; name = $1 } END { sub(/.*:/, "", name); print most, name }'
}
