#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# countersign-gadget's folders, their modes, and whose they are: with folders of the test's own in place of the kernel's, and mkdir,
# rmdir, rm, mount and umount that do in them what configfs and FunctionFS do. The kernel's own are in tests/guest/gadget.sh.

: "${top_srcdir:=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)}"
# shellcheck source=tests/lib/tap.sh
. "$top_srcdir/tests/lib/tap.sh"

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
mkdir -p "$dir/bin" "$dir/config/usb_gadget" "$dir/udc/one"
: >"$dir/mounts"
sed -e "s|^configfs=.*|configfs=$dir/config|" -e "s|^mounts=.*|mounts=$dir/run|" -e "s|/sys/class/udc|$dir/udc|g" \
	-e "s|/proc/mounts|$dir/mounts|" "$top_srcdir/applet/port/countersign-gadget" >"$dir/countersign-gadget"

# stand_in NAME: what stands in for a program, on stdin
stand_in()
{
	{ echo "#!/bin/sh"; cat; } >"$dir/bin/$1"
	chmod +x "$dir/bin/$1"
}
stand_in modprobe <<<"exit 0"
stand_in chown <<<"exit 0"
# A gadget's folder comes with others in it and its attributes.
stand_in mkdir <<-'END'
	/bin/mkdir "$@" || exit 1
	case $1 in
	*/usb_gadget/countersign-one) cd "$1" && /bin/mkdir strings configs functions && : >UDC ;;
	esac
END
stand_in rmdir <<-'END'
	case $1 in
	*/usb_gadget/*) exec rm -r "$1" ;;
	esac
	exec /bin/rmdir "$1"
END
stand_in mount <<-END
	echo "none \$6 functionfs rw 0 0" >>"$dir/mounts"
END
# Busy is a FunctionFS whose files countersign-card has open.
stand_in umount <<-END
	[ ! -e "$dir/busy" ] || exit 32
	: >"$dir/mounts"
END

script() { PATH=$dir/bin:$PATH sh "$dir/countersign-gadget" "$@"; }
guarded() { (umask 077; script "$@"); }
gadget=$dir/config/usb_gadget/countersign-one
gone() { [ ! -e "$gadget" ] && [ ! -e "$dir/run/one" ] && [ ! -e "$dir/run/one.holder" ]; }

tap_ok "a port is set up by who lets nobody read his files" guarded start one --user nobody
tap_is "and the folders above the token's files are open to the user it is for" "$(stat -c %a "$dir/run" "$dir/run/one" | tr '\n' ' ')" \
	"755 755 "
tap_is "it is plugged in by countersign-card alone" "$(cat "$gadget/UDC")" ""

echo one >"$gadget/UDC"
touch "$dir/busy"
tap_refused "who sets up what is set up is refused" script start one
tap_refused "and cannot take it down while the token is used" script stop one
tap_is "which leaves it plugged in" "$(cat "$gadget/UDC")" one
rm "$dir/busy"
tap_ok "a service that was refused leaves alone what is not its" script stop one --holder a.service
tap_is "so that all is as it was" "$(cat "$gadget/UDC") $(wc -l <"$dir/mounts")" "one 1"
tap_ok "the administrator takes it down" script stop one
tap_ok "and nothing is left" gone

# numbered: what the token is called
numbered() { cat "$gadget/idVendor" "$gadget/idProduct" | tr '\n' ' '; }
told() { script "$@" 2>"$dir/told"; }
tap_ok "a port is set up whose token nobody has given numbers" told start one
tap_is "it has those that are for tests" "$(numbered)" "0x1209 0x0001 "
tap_like "as is said" "$(cat "$dir/told")" "USB 1209:0001 is for tests at one's own desk; --usb-id names another"
tap_ok "it is taken down" script stop one
tap_ok "and set up with numbers of its own" told start one --usb-id 20a0:42B2
tap_is "which it has" "$(numbered)" "0x20a0 0x42B2 "
tap_is "and nothing is said" "$(cat "$dir/told")" ""
tap_ok "that is taken down, too" script stop one

chmod 700 "$dir/run"
tap_ok "a service's port is set up, where an earlier release left a closed folder" guarded start one --holder a.service
tap_is "it is open now" "$(stat -c %a "$dir/run")" 755
tap_ok "another service leaves it alone" script stop one --holder b.service
tap_is "it is there" "$(cat "$dir/run/one.holder")" a.service
tap_ok "its own takes it down" script stop one --holder a.service
tap_ok "and nothing is left of that" gone

# Both have seen that there is none when the second makes the folder.
sed 's|^\(\tmkdir "$gadget" 2>/dev/null\)|\tmkdir "$gadget"; echo one >"$gadget/UDC"\n\1|' "$dir/countersign-gadget" >"$dir/late"
tap_refused "of two that start at once the second is refused" env "PATH=$dir/bin:$PATH" sh "$dir/late" start one
tap_is "and does not unplug what the first has set up" "$(cat "$gadget/UDC")" one

# ---- the unit ----

# With programs that are there.
unit() { sed -e 's|/[^ =+]*/countersign-[a-z]* |/bin/true |' -e "$1" "$top_builddir/applet/port/countersign-token@.service" >"$dir/countersign-token@.service"; }
wrong() { systemd-analyze verify --man=no "$dir/countersign-token@.service" 2>&1 | grep countersign-token; }
if command -v systemd-analyze >/dev/null; then
	unit ""
	tap_is "systemd finds nothing wrong with the unit" "$(wrong)" ""
	unit 's/^UMask=.*/UMaks=0077/'
	tap_like "where it would find a word that it does not know" "$(wrong)" 'UMaks'
else
	tap_skip "systemd finds nothing wrong with the unit" "systemd-analyze is not installed"
fi
tap_done
