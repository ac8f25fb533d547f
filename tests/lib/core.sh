# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# The card core, its host ports and its unit tests, compiled apart from the build: for runs that change sources or flags.
# Source it with $work a folder of one's own and $top_srcdir the current one; add to core_flags before core_build.
#
#   core_build               libcore.a, libport.a and what the tests share, in $work
#   core_module              after core_build: the PKCS#11 module and what its tests share, so that core_link makes them too
#   core_daemon              after core_build: keeper and what its tests share, likewise
#   core_tools               after core_build: what of tools/ verifies an audit log, likewise
#   core_link TEST OUT [OBJECT...]    tests/unit/TEST.c, or the oracle, as a program; an object stands for its namesake in the libraries
#   core_run PROGRAM         runs it, for 300 s of processor time and 900 s in all; its output is in PROGRAM.log
#   core_tests               the tests of the core, one a line

: "${CC:=gcc}"
core_flags="-std=c11 -D_GNU_SOURCE -w -I. $(pkg-config --cflags cmocka libcrypto libseccomp)"
core_libs="$(pkg-config --libs cmocka libcrypto libseccomp) -lpthread"

# core_objects FOLDER FLAGS SOURCE...
core_objects()
{
	local out=$work/$1 flags=$2
	shift 2
	mkdir -p "$out"
	# shellcheck disable=SC2016,SC2086
	printf '%s\n' "$@" | xargs -P "$(nproc)" -I{} sh -c '
		source=$1 out=$2 && shift 2 && exec "$@" -c -o "$out/$(echo "$source" | tr / _ | sed s/c$/o/)" "$source"' sh {} "$out" \
		$CC $core_flags $flags
}

# core_build [FLAG...]: flags for the core alone
core_build()
{
	local core port shared
	mapfile -t core < <(find base applet -name '*.c' ! -path 'applet/port/*' ! -path 'base/host/*')
	mapfile -t port < <(find applet/port -name '*.c' ! -name main.c ! -name options.c; ls cardclient/scp03*.c cardclient/library.c)
	mapfile -t shared < <(grep -lE '"(applet|base)/|"tests/unit/' tests/unit/*.c | grep -vE '_test.c|/(pkcs11|keeper)_')
	core_objects core "$*" "${core[@]}" && core_objects port -O1 "${port[@]}" "${shared[@]}" &&
		ar rcs "$work/libcore.a" "$work"/core/*.o && ar rcs "$work/libport.a" "$work"/port/*.o
}

core_module()
{
	local module shared
	mapfile -t module < <(ls base/*.c base/host/*.c cardclient/*.c pkcs11/*.c tests/lib/{transport_*,p11_*,pinpad_*}.c)
	mapfile -t shared < <(find tests/unit -name 'pkcs11_*.c' ! -name '*_test.c' ! -name 'pkcs11_header_*')
	core_flags+=" -I$top_builddir $(pkg-config --cflags libpcsclite libusb-1.0)" # config.h is there
	core_libs+=" $(pkg-config --libs libpcsclite zlib)"
	core_objects module -O1 "${module[@]}" && core_objects shared -O1 "${shared[@]}" && ar rcs "$work/libmodule.a" "$work"/module/*.o
}

core_daemon()
{
	local sources packages="libargon2 sqlite3 libpq p11-kit-1"
	mapfile -t sources < <(find base daemon -name '*.c' ! -name 'front*' ! -name main.c ! -name supervisor.c)
	# shellcheck disable=SC2086
	core_flags+=" -I$top_builddir $(pkg-config --cflags $packages)"
	# shellcheck disable=SC2086
	core_libs+=" $(pkg-config --libs $packages) -ldl"
	core_objects keeper -O1 "${sources[@]}" tests/unit/{database,import_rows,keeper_power,keeper_world,keeper_proof_world,pki,power_vfs,sealed_card}.c && ar rcs "$work/libkeeper.a" "$work"/keeper/*.o
}

core_tools()
{
	local packages="jansson sqlite3"
	# shellcheck disable=SC2086
	core_flags+=" $(pkg-config --cflags $packages)"
	# shellcheck disable=SC2086
	core_libs+=" $(pkg-config --libs $packages)"
	core_objects tools -O1 base/*.c tools/audit_chain.c tools/audit_row.c && ar rcs "$work/libtools.a" "$work"/tools/*.o
}

# What the module's tests share is not for all of them: a test has what it includes the header of, and tables that go with it.
core_shared()
{
	local name
	sed -n 's,^#include "tests/unit/\(pkcs11_[a-z_]*\)\.h",\1,p' "tests/unit/$1.c" | while read -r name; do
		[ "$name" = pkcs11_arguments ] || find "$work/shared" -name "tests_unit_$name.o"
		find "$work/shared" -name "tests_unit_${name}_*.o"
	done
}

core_link()
{
	local name=$1 program=$2
	shift 2
	local objects=("$work/test/tests_unit_$name.o")
	if [ "$name" = oracle ]; then
		[ -d "$work/oracle-objects" ] || core_objects oracle-objects -O1 tests/oracle/*.c || return
		objects=("$work"/oracle-objects/*.o)
	else
		[ -e "${objects[0]}" ] || core_objects test -O1 "tests/unit/$name.c" || return
	fi
	local libraries=("$work/libport.a" "$work/libcore.a")
	case $name in pkcs11_*)
		libraries+=("$work/libmodule.a")
		mapfile -t -O "${#objects[@]}" objects < <(core_shared "$name")
		;;
	daemon_*) libraries=("$work/libkeeper.a") ;;
	tools_*) libraries=("$work/libtools.a") ;;
	esac
	# What a test stands in for, the build says in its LDFLAGS.
	local wraps
	mapfile -t wraps < <(grep -ohs '\b__wrap_[A-Za-z0-9_]*' "tests/unit/$name.c" | sort -u | sed 's/^__wrap_/-Wl,--wrap=/')
	# shellcheck disable=SC2086
	$CC ${core_link_flags-} "${wraps[@]}" -o "$program" "${objects[@]}" "$@" -Wl,--start-group "${libraries[@]}" -Wl,--end-group $core_libs
}

core_run()
{
	(ulimit -t 300 && CMOCKA_MESSAGE_OUTPUT=TAP exec timeout -s KILL 900 "$1") >"$1.log" 2>&1
}

core_tests()
{
	local file
	for file in tests/unit/applet_*_test.c; do
		file=${file##*/}
		case $file in applet_crypto_* | applet_process_* | applet_presence_* | applet_quickack_* | applet_flash_file_*) continue ;; esac
		echo "${file%.c}"
	done
}
