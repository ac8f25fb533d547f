# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# A daemon as systemd would start it, with python in the place of systemd and its journal. Source it first thing: the script is then
# run again in a mount namespace of its own, since the journal's socket has a fixed name (/run becomes an empty one), and with
# service_unshare=-n before in a network of its own; and ends what it started. service_ends, if the script defines it, comes first then.
#
#   service_open          leaves the places in which systemd and the journal listen, or says why not
#   service_start         starts a daemon that tells them what it does; DAEMON_PID
#   service_close         ends what was started here
#   notified REGEX [COUNT [LINES]]   systemd has heard so many such notifications, apart from the first LINES lines
#   logged MESSAGE FIELD  what the last journal entry whose message begins so has in this field
#   port_of WHAT          the loopback port on which it says that it does so
#   child NAME            the process of the daemon that is called so

: "${top_srcdir:=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)}" "${top_builddir:=$top_srcdir/build}"
export top_srcdir top_builddir
if [ -z "${SERVICE_TEST_INSIDE-}" ]; then
	SERVICE_TEST_INSIDE=1 exec unshare -m ${service_unshare:+"$service_unshare"} "$BASH" "$0" "$@"
fi
# shellcheck source=tests/lib/tap.sh
. "$top_srcdir/tests/lib/tap.sh"
tap_need curl jq python3
# shellcheck source=tests/lib/daemon.sh
. "$top_srcdir/tests/lib/daemon.sh"

service_ends() { :; }
service_clean()
{
	local status=$?
	trap - EXIT
	service_ends
	service_close
	rm -rf "$DAEMON_DIR"
	exit "$status"
}
trap service_clean EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

service_open()
{
	mount -t tmpfs none /run && mkdir -p /run/systemd/journal || return 1
	python3 "$top_srcdir/tests/lib/datagrams.py" /run/notify "$DAEMON_DIR/notified" &
	python3 "$top_srcdir/tests/lib/datagrams.py" /run/systemd/journal/socket "$DAEMON_DIR/journal" &
	: >"$DAEMON_DIR/stderr"
	until_so test -S /run/notify -a -S /run/systemd/journal/socket
}

service_start()
{
	JOURNAL_STREAM=$(stat -c '%d:%i' "$DAEMON_DIR/stderr") NOTIFY_SOCKET=/run/notify WATCHDOG_USEC=${watchdog-60000000} \
		"$daemon_program" --config "$DAEMON_DIR/countersignd.conf" 2>>"$DAEMON_DIR/stderr" {tap_fd}>&- &
	DAEMON_PID=$!
}

service_close()
{
	local pid
	daemon_end
	for pid in $(jobs -p); do
		kill "$pid"
	done
	wait
}

notified()
{
	[ "$(tail -n "+$((${3-0} + 1))" "$DAEMON_DIR/notified" | grep -cE "$1")" -ge "${2-1}" ]
}

logged()
{
	grep -F "MESSAGE=$1" "$DAEMON_DIR/journal" | tail -n 1 | tr '\t' '\n' | sed -n "s/^$2=//p"
}

port_of()
{
	sed -n "s/.*MESSAGE=$1 .*on 127\.0\.0\.1:\([0-9]*\).*/\1/p" "$DAEMON_DIR/journal" | tail -n 1
}

child()
{
	local pid
	for pid in $(pgrep -P "$DAEMON_PID"); do
		tr '\0' ' ' <"/proc/$pid/cmdline" | grep -q -- "--child $1 " && echo "$pid"
	done
}
