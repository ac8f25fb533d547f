# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# A guest with a kernel that has USB: Debian's stock one, and of this system's own programs those that a test names, in memory.
# Nothing of it touches this system. Source it behind tests/lib/tap.sh, with $work a folder of one's own.
#
#   guest_have                  0 where all that it takes is there; else says on stdout what is not: 1 not installed, 2 not to be fetched
#   guest_new                   begins a guest: kernel, modules, a shell, udev
#   guest_add PATH...           programs and libraries of this system, with the libraries that they load
#   guest_put FILE PATH         a file of the test's own
#   guest_run SCRIPT            boots it, runs SCRIPT (a file) there as root under bash, and prints what that says on stdout;
#                               its status is 0 where the script came to its end. What the kernel and the rest say is in
#                               $work/console
#   guest_have_token            0 where what uses a token there is installed too: pcscd, libccid, OpenSC; else as guest_have
#   guest_add_python MODULE...  the interpreter, its library, and what these modules load
#   guest_add_token             puts them there, countersign-card, the module, countersign-gadget, and for scripts /tap.sh and
#                               /inside.sh
#   guest_add_keyboard          puts there what reads a keyboard, and /keyboard.sh
#   guest_add_systemd UNIT [journal]   systemd, and this unit of ours, a file of the build; where a script /systemd.sh is put there, too,
#                               systemd becomes the first process behind the test's script, and runs that one when it has started all that
#                               is enabled. With its journal; without, what the unit says is in /run/unit.log
#   guest_test SCRIPT           guest_run, of a script that prints TAP, as does /systemd.sh: the points become the caller's. Notes how long it took, how much
#                               of the processors, and so the last run of each of the tests that have a guest, together

guest_cache=${COUNTERSIGN_CHECK_CACHE:-/var/cache/countersign}/guest
: "${GUEST_SECONDS:=900}" # of the whole run
guest_modules="usb-common usbcore udc-core configfs libcomposite usb_f_fs dummy_hcd"

# to be added to them for USB/IP and --virtual-usb: sixteen hubs, which all that looks for USB devices goes through
guest_usbip_modules="usbip-core vhci-hcd"
guest_keyboard_modules="hid usbhid hid-generic evdev" # to be added to them where a token types

# One processor: a second one has the emulator spend as much again on locks that are waited for and on interrupts between the two.
# For a clock that is read without leaving the emulated processor, no detours around what ails real ones, four levels of pages where
# there could be five, and no memory that is cleared twice.
guest_options="console=ttyS0 no_timer_check quiet loglevel=3 panic=-1 tsc=reliable mitigations=off nokaslr no5lvl init_on_alloc=0 rdinit=/init"

guest_have()
{
	local tool
	for tool in qemu-system-x86_64 busybox cpio apt-get dpkg-deb xz; do
		command -v "$tool" >/dev/null || { echo "$tool is not installed"; return 1; }
	done
	[ "$(uname -m)" = x86_64 ] || { echo "the guest's kernel is for x86-64"; return 1; }
	guest_kernel >/dev/null || { echo "no kernel package can be had: see $guest_cache/log"; return 2; }
}

# The folder of Debian's kernel package, unpacked; kept between runs.
guest_kernel()
{
	local package
	package=$(apt-cache depends linux-image-amd64 2>/dev/null | sed -n 's/.*Depends: \(linux-image-[0-9].*-amd64\)$/\1/p' | head -n 1)
	[ -n "$package" ] || return 1
	if [ ! -e "$guest_cache/$package/boot" ]; then
		mkdir -p "$guest_cache" && rm -rf "$guest_cache/new" && mkdir "$guest_cache/new" || return 1
		(cd "$guest_cache/new" && apt-get -q download "$package" && dpkg-deb -x ./*.deb unpacked) >"$guest_cache/log" 2>&1 || return 1
		mv "$guest_cache/new/unpacked" "$guest_cache/$package" && rm -rf "$guest_cache/new"
	fi
	echo "$guest_cache/$package"
}

# guest_number FILE OFFSET SIZE: what stands there
guest_number()
{
	od -An -v -j "$2" -N "$3" -t "u$3" "$1" | tr -d ' '
}

# The kernel's file for QEMU, unpacked: by its own code, in the emulator, that takes a third of the guest's start. Where there is nothing to
# unpack it with, as it is. What is packed in it stands in its header: docs of Linux, x86's boot protocol.
guest_kernel_unpacked()
{
	local packed at len tool kernel
	kernel=$(guest_kernel) || return 1
	packed=$(echo "$kernel"/boot/vmlinuz-*)
	if [ ! -e "$kernel/vmlinux" ]; then
		at=$((($(guest_number "$packed" $((0x1f1)) 1) + 1) * 512 + $(guest_number "$packed" $((0x248)) 4)))
		len=$(($(guest_number "$packed" $((0x24c)) 4) - 4)) # behind it stands how long it is unpacked
		case $(guest_number "$packed" "$at" 4) in
		1484404733) tool=xz ;;
		4247762216) tool=zstd ;;
		*) tool=false ;;
		esac
		tail -c "+$((at + 1))" "$packed" | head -c "$len" | "$tool" -dc >"$work/vmlinux" 2>"$work/vmlinux.log" &&
			mv "$work/vmlinux" "$kernel/vmlinux.$$" && mv "$kernel/vmlinux.$$" "$kernel/vmlinux"
	fi
	if [ -e "$kernel/vmlinux" ]; then echo "$kernel/vmlinux"; else echo "$packed"; fi
}

# guest_add_one FILE: the file, under its name and under the one that a link points to
guest_add_one()
{
	local target
	target=$(readlink -f "$1") || return 1
	mkdir -p "$guest_root${1%/*}" "$guest_root${target%/*}"
	[ -e "$guest_root$target" ] || cp "$target" "$guest_root$target"
	[ "$1" = "$target" ] || [ -e "$guest_root$1" ] || ln -s "$target" "$guest_root$1"
}

guest_add()
{
	local path library
	for path; do
		if [ -d "$path" ]; then
			mkdir -p "$guest_root${path%/*}" && cp -a "$path" "$guest_root${path%/*}/"
			continue
		fi
		guest_add_one "$path" || { echo "guest: there is no $path" >&2; return 1; }
		while IFS= read -r library; do
			guest_add_one "$library"
		done < <(ldd "$path" 2>/dev/null | sed -n 's,.*[[:space:]]\(/[^ ]*\) (0x.*,\1,p')
	done
}

guest_put()
{
	mkdir -p "$guest_root${2%/*}" && cp "$1" "$guest_root$2"
}

guest_new()
{
	local kernel module file
	guest_root=$work/guest
	kernel=$(guest_kernel) || return 1
	mkdir -p "$guest_root"/{bin,dev,etc,lib64,modules,proc,root,run,sys,tmp,usr/bin,usr/lib,usr/sbin,var/lib}
	ln -s usr/lib "$guest_root/lib"
	guest_add "$(command -v bash)" "$(command -v busybox)" "$(readlink -f /lib/systemd/systemd-udevd)" /lib64/ld-linux-x86-64.so.2
	ln -s "$(command -v bash)" "$guest_root/bin/bash"
	"$(command -v busybox)" --list | while IFS= read -r module; do
		[ -e "$guest_root/bin/$module" ] || ln -s "$(command -v busybox)" "$guest_root/bin/$module"
	done
	for module in $guest_modules; do
		file=$(find "$kernel" -name "$module.ko*" | head -n 1)
		case $file in
		*.xz) xz -dc "$file" >"$guest_root/modules/$module.ko" ;;
		'') echo "guest: the kernel has no $module" >&2; return 1 ;;
		*) cp "$file" "$guest_root/modules/$module.ko" ;;
		esac
	done
	guest_put "$top_srcdir/tests/guest/init.sh" /init
	chmod +x "$guest_root/init"
	echo "root:x:0:0:root:/root:/bin/bash" >"$guest_root/etc/passwd"
	echo "root:x:0:" >"$guest_root/etc/group"
}

guest_run()
{
	local kernel order="" module
	kernel=$(guest_kernel_unpacked) || return 1
	for module in $guest_modules; do order+="$module.ko "; done
	echo "$order" >"$guest_root/modules/order"
	guest_put "$1" /test.sh
	(cd "$guest_root" && find . | cpio -o -H newc -R 0:0 --quiet) >"$work/initrd"
	timeout "$GUEST_SECONDS" qemu-system-x86_64 -machine q35,accel=tcg -cpu max -smp 1 -m 768 -nodefaults -no-reboot -display none \
		-kernel "$kernel" -initrd "$work/initrd" -append "$guest_options" \
		-serial "file:$work/console" -chardev "file,id=report,path=$work/report" -device isa-serial,chardev=report,index=1 \
		</dev/null >"$work/qemu" 2>&1
	[ ! -e "$work/report" ] || tr -d '\r' <"$work/report" | grep -v '^guest: end$'
	grep -q '^guest: end' "$work/report" 2>/dev/null
}

guest_add_python()
{
	local python library file
	python=$(readlink -f /usr/bin/python3)
	library=/usr/lib/${python##*/}
	guest_add "$python" || return 1
	ln -sf "$python" "$guest_root/usr/bin/python3"
	mkdir -p "$guest_root$library"
	tar -C "$library" -cf - --exclude=./test --exclude=./idlelib --exclude=./ensurepip --exclude=./lib2to3 --exclude=./tkinter \
		--exclude=./pydoc_data --exclude='./config-*' . | tar -C "$guest_root$library" -xf - || return 1
	# The packages of the modules, whole; and what the libraries among all that load.
	/usr/bin/python3 - "$@" <<-'END' | while IFS= read -r file; do
		import importlib, os, sys
		for name in sys.argv[1:]:
		    importlib.import_module(name)
		root = "/usr/lib/python3/dist-packages/"
		files = [getattr(m, "__file__", None) or "" for m in list(sys.modules.values())]
		print("\n".join(sorted({root + f[len(root):].split("/")[0] for f in files if f.startswith(root)})))
	END
		mkdir -p "$guest_root${file%/*}" && cp -a "$file" "$guest_root${file%/*}/"
	done
	while IFS= read -r file; do
		guest_add "${file#"$guest_root"}"
	done < <(find "$guest_root$library" "$guest_root/usr/lib/python3/dist-packages" -name '*.so' 2>/dev/null)
}

guest_have_token()
{
	local tool
	for tool in pcscd opensc-tool pkcs11-tool; do
		command -v "$tool" >/dev/null || { echo "$tool is not installed"; return 1; }
	done
	guest_have
}

guest_add_token()
{
	local program libraries
	libraries=/usr/lib/$(uname -m)-linux-gnu
	guest_add "$(command -v pcscd)" "$(command -v opensc-tool)" "$(command -v pkcs11-tool)" \
		/usr/lib/pcsc/drivers/ifd-ccid.bundle /etc/libccid_Info.plist \
		"$libraries"/{libgcc_s.so.1,libpcsclite.so.1,libusb-1.0.so.0,libudev.so.1,opensc-pkcs11.so} || return 1
	# Debian 13's libpcsclite loads another.
	[ ! -e "$libraries/libpcsclite_real.so.1" ] || guest_add "$libraries/libpcsclite_real.so.1" || return 1
	for program in countersign-card pkcs11/.libs/countersign-pkcs11.so; do
		guest_add "$(readlink -f "$top_builddir/$program")"
		guest_put "$top_builddir/$program" "/usr/bin/${program##*/}" || return 1
	done
	guest_put "$top_srcdir/applet/port/countersign-gadget" /usr/bin/countersign-gadget
	guest_put "$top_builddir/tests/guest/lengths" /usr/bin/lengths
	guest_put "$top_srcdir/tests/lib/tap.sh" /tap.sh
	guest_put "$top_srcdir/tests/guest/inside.sh" /inside.sh
}

# The image is made here, where our command line is: an HOTP credential "bank" and a TOTP credential "shop", of RFC 4226's key.
guest_add_keyboard()
{
	local socket=$work/keyboard.socket card status=0 seed=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ kind
	guest_add "$(command -v oathtool)"
	guest_put "$top_builddir/tests/guest/keys" /usr/bin/keys
	guest_put "$top_srcdir/tests/guest/keyboard_inside.sh" /keyboard.sh
	"$top_builddir/countersign-card" --image "$work/keyboard" --init countersign --socket "$socket" 2>"$work/keyboard.log" &
	card=$!
	until [ -S "$socket" ]; do kill -0 "$card" || return 1; sleep 0.1; done
	for kind in hotp/bank totp/shop; do
		COUNTERSIGN_TRANSPORT=socket:$socket "$top_builddir/tools/countersign" otp add "otpauth://$kind?secret=$seed" || status=1
	done
	kill "$card"
	wait "$card"
	guest_put "$work/keyboard" /keyboard
	return "$status"
}

# systemd's journal: its sockets, and what reads it.
guest_add_journal()
{
	local name units=/usr/lib/systemd/system
	guest_add /lib/systemd/systemd-journald "$(command -v journalctl)" || return 1
	for name in sockets.target systemd-journald.service systemd-journald.socket systemd-journald-dev-log.socket; do
		guest_put "/lib/systemd/system/$name" "$units/$name"
	done
	echo 00000000000000000000000000000001 >"$guest_root/etc/machine-id" # without one it is a first start, which enables all units
	mkdir -p "$guest_root$units"/{sysinit,sockets}.target.wants
	ln -s ../systemd-journald.service "$guest_root$units/sysinit.target.wants/"
	ln -s ../systemd-journald.socket ../systemd-journald-dev-log.socket "$guest_root$units/sockets.target.wants/"
}

guest_add_systemd()
{
	local name program unit=${1##*/} units=/usr/lib/systemd/system etc=$guest_root/etc/systemd/system
	[ -e /lib/systemd/systemd ] && command -v systemctl >/dev/null && command -v systemd-sysusers >/dev/null || return 1
	guest_add /lib/systemd/systemd "$(command -v systemctl)" "$(command -v systemd-sysusers)" "$(command -v nsenter)" || return 1
	[ ! -e /usr/lib/systemd/systemd-executor ] || guest_add /usr/lib/systemd/systemd-executor # Debian 13's
	for name in sysinit basic multi-user shutdown umount final reboot; do
		guest_put "/lib/systemd/system/$name.target" "$units/$name.target"
	done
	guest_put "$top_builddir/$1" "$units/$unit"
	# Its programs are where the build would install them.
	while IFS= read -r program; do
		mkdir -p "$guest_root${program%/*}" && ln -sf "/usr/bin/${program##*/}" "$guest_root$program"
	done < <(sed -n 's/^Exec//p' "$guest_root$units/$unit" | grep -o '/[^ ]*bin/countersign[-a-z]*' | grep -v '^/usr/bin/' | sort -u)
	mkdir -p "$etc/multi-user.target.wants" "$etc/$unit.d"
	ln -s "$units/multi-user.target" "$etc/default.target"
	if [ "${2-}" = journal ]; then
		guest_add_journal || return 1
	else
		printf '[Service]\nStandardError=append:/run/unit.log\n' >"$etc/$unit.d/log.conf"
	fi
	printf '[Unit]\nAfter=multi-user.target\n[Service]\nType=oneshot\nTimeoutStartSec=infinity\nExecStart=/bin/bash /init\n' >"$etc/test.service"
	ln -s /etc/systemd/system/test.service "$etc/multi-user.target.wants/"
}

# Figures, and no check: the machine may be busy.
guest_note_seconds()
{
	local file seconds used sum=0 used_sum=0 count=0
	echo "$2 $3" >"$top_builddir/tests/guest/$(basename "$1" _inside.sh).seconds"
	for file in "$top_builddir"/tests/guest/*.seconds; do
		read -r seconds used <"$file"
		sum=$((sum + seconds))
		used_sum=$((used_sum + ${used:-0}))
		count=$((count + 1))
	done
	tap_note "$2 s in the guest, $3 s of a processor; $sum s and $used_sum s in all for the last runs of $count guests"
}

guest_test()
{
	local status plans scripts=1 line began=$SECONDS
	local TIMEFORMAT=%0U
	{ time guest_run "$1" >"$work/out" 2>"$work/err"; } 2>"$work/used"
	status=$?
	guest_note_seconds "$1" $((SECONDS - began)) "$(tail -n 1 "$work/used")"
	plans=$(grep -c '^1\.\.[0-9]' "$work/out")
	[ ! -e "$guest_root/systemd.sh" ] || scripts=2
	while IFS= read -r line; do
		case $line in
		"ok "*" # SKIP "*) line=${line#*- }; tap_skip "in the guest: ${line% \# SKIP *}" "${line#* \# SKIP }" ;;
		"ok "*) tap_pass "in the guest: ${line#*- }" ;;
		"not ok "*) tap_fail "in the guest: ${line#*- }" ;;
		"1.."*) ;;
		*) tap_note "${line#\# }" ;;
		esac
	done <"$work/out"
	tap_ok "the guest and each of its scripts came to its end" test "$status" -eq 0 -a "$plans" -eq "$scripts" ||
		tap_note "$(tail -n 20 "$work/console" "$work/qemu" "$work/err")"
}
