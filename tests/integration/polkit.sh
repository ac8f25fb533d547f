#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# The example for polkit, docs/examples/countersign-pcscd.rules, read by polkitd, on a system bus of its own: who is in the group "token"
# may use pcscd though he does not sit at the machine, as over ssh; nobody else may, and nothing else. Where pcscd asks polkit
# (Debian 13's does), a client of its own shows it, too. Namespaces keep the machine's polkit, users and bus out of this.

: "${top_srcdir:=$(cd "$(dirname "$0")/../.." && pwd)}" "${top_builddir:=$top_srcdir/build}"
export top_srcdir top_builddir
if [ -z "${POLKIT_TEST_INSIDE-}" ] && [ "$(id -u)" -eq 0 ]; then
	POLKIT_TEST_INSIDE=1 exec unshare -m -p -f --kill-child --mount-proc "$BASH" "$0" "$@"
fi
# shellcheck source=tests/lib/tap.sh
. "$top_srcdir/tests/lib/tap.sh"

polkitd=/usr/lib/polkit-1/polkitd
for need in "$polkitd" dbus-daemon pkcheck pkaction setpriv opensc-tool; do
	command -v "$need" >/dev/null || tap_skip_all "$need is not installed"
done
[ "$(id -u)" -eq 0 ] || tap_skip_all "needs root"
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
mount -t tmpfs none /run || tap_skip_all "nothing can be mounted here"

# ---- a small system: its users, its actions, its bus ----

member=64101 other=64102
mkdir -p "$dir/rules" "$dir/actions" /run/dbus
{ cat /etc/passwd; for user in "member:$member" "other:$other"; do echo "${user%:*}:x:${user#*:}:${user#*:}::/:/bin/false"; done; } >"$dir/passwd"
{ cat /etc/group; printf 'member:x:%s:\nother:x:%s:\ntoken:x:64103:member\n' "$member" "$other"; } >"$dir/group"
action()
{
	echo "<action id=\"$1\"><message>-</message><defaults><allow_any>no</allow_any>" \
		"<allow_inactive>no</allow_inactive><allow_active>no</allow_active></defaults></action>"
}
{
	echo '<?xml version="1.0"?><policyconfig>'
	for id in org.debian.pcsc-lite.access_pcsc org.debian.pcsc-lite.access_card org.example.another; do action "$id"; done
	echo '</policyconfig>'
} >"$dir/actions/test.policy"
cat >"$dir/bus.conf" <<'END'
<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-BUS Bus Configuration 1.0//EN" "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>system</type>
  <listen>unix:path=/run/dbus/system_bus_socket</listen>
  <auth>EXTERNAL</auth>
  <policy context="default"><allow own="*"/><allow user="*"/><allow send_destination="*"/><allow receive_sender="*"/></policy>
</busconfig>
END
chmod 755 "$dir" "$dir/rules" "$dir/actions" # polkitd is not root
mount --bind "$dir/passwd" /etc/passwd && mount --bind "$dir/group" /etc/group && mount --bind "$dir/rules" /etc/polkit-1/rules.d &&
	mount --bind "$dir/actions" /usr/share/polkit-1/actions || tap_skip_all "nothing can be mounted here"

as() { exec setpriv --reuid "$1" --regid "$1" --init-groups env HOME=/ "${@:2}"; } # in a process of its own

# may USER ACTION: what polkit says of a process of his
may()
{
	local process start status
	as "$1" sleep 600 &
	process=$!
	within 120 grep -q '^sleep$' "/proc/$process/comm" # his by then
	start=$(sed 's/.*) //' "/proc/$process/stat" | cut -d ' ' -f 20)
	pkcheck --action-id "$2" --process "$process,$start,$1" >>"$dir/pkcheck.log" 2>&1
	status=$?
	kill "$process"
	wait "$process" 2>/dev/null
	return "$status"
}
may_pcsc() { may "$1" org.debian.pcsc-lite.access_pcsc && may "$1" org.debian.pcsc-lite.access_card; }

dbus-daemon --nofork --nopidfile --config-file="$dir/bus.conf" 2>"$dir/bus.log" &
within 120 test -S /run/dbus/system_bus_socket
"$polkitd" --no-debug >"$dir/polkitd.log" 2>&1 &
tap_ok "polkitd runs on a bus of its own" within 120 pkaction --action-id org.example.another ||
	{ tap_note "$(cat "$dir/bus.log" "$dir/polkitd.log")"; tap_done; }

# A pcscd that asks it, as its log says: a client that is refused sees no reader, and there is none here.
asks=
if pcscd --help 2>&1 | grep -q -- --disable-polkit; then
	asks=yes
	mkdir "$dir/readers"
	pcscd --foreground --debug --config "$dir/readers" >"$dir/pcscd.log" 2>&1 &
	within 120 test -S /run/pcscd/pcscd.comm
fi
# pcscd_test DESC WORDS USER: what it says of a client of his
pcscd_says()
{
	(as "$2" opensc-tool -l) >/dev/null 2>&1
	within 120 grep -q "$1" "$dir/pcscd.log"
}
pcscd_test()
{
	if [ -n "$asks" ]; then
		tap_ok "$1" pcscd_says "$2" "$3" || tap_note "$(cat "$dir/pcscd.log")"
	else
		tap_skip "$1" "this pcscd does not ask polkit"
	fi
}

# refused_test DESC USER WORDS: what our own program, which any user may execute here, tells him
cp "$top_builddir/tools/countersign" "$dir/countersign"
told()
{
	(as "$1" "COUNTERSIGN_TRANSPORT=$2" "$dir/countersign" card info 2>&1)
}
refused_test()
{
	local transport
	for transport in pcsc auto; do
		if [ -n "$asks" ]; then
			tap_like "$1 ($transport)" "$(told "$2" "$transport")" "$3"
		else
			tap_skip "$1 ($transport)" "this pcscd does not ask polkit"
		fi
	done
}
refusal="pcscd runs, but refuses this user: .* countersign-pcscd.rules"

tap_refused "without the rule nobody who does not sit at the machine may use pcscd" may_pcsc "$member"
pcscd_test "pcscd refuses him" "(user: $member) is NOT authorized" "$member"
refused_test "and our program says so" "$member" "$refusal"
cp "$top_srcdir/docs/examples/countersign-pcscd.rules" "$dir/rules/50-countersign-pcscd.rules"
tap_ok "with it, who is in the group may" within 120 may_pcsc "$member" || tap_note "$(cat "$dir/polkitd.log" "$dir/pkcheck.log")"
pcscd_test "and pcscd takes him" "Establishing Context" "$member"
refused_test "so that our program finds no reader" "$member" "no reader was found"
tap_refused "but nothing else" may "$member" org.example.another
tap_refused "and who is not in it may not" may "$other" org.debian.pcsc-lite.access_pcsc
tap_refused "nor use a card" may "$other" org.debian.pcsc-lite.access_card
pcscd_test "pcscd refuses him" "(user: $other) is NOT authorized" "$other"
refused_test "as our program says" "$other" "$refusal"
tap_done
