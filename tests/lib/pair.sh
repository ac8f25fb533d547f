# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# Two daemons on one PostgreSQL, with tests/lib/postgresql.sh and tests/lib/daemon.sh. Source it first thing: what is started ends with
# the script.
#
#   second_start [SED]    the second daemon: the same state directory, a port of its own, its configuration the first's, edited so
#   pair_also PID         this process of the script's ends with it, too
#
# Variables: first, second (the daemons' directories, of which first is DAEMON_DIR), second_pid, second_url.

: "${top_srcdir:=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)}" "${top_builddir:=$top_srcdir/build}"
export top_srcdir top_builddir
# shellcheck source=tests/lib/tap.sh
. "$top_srcdir/tests/lib/tap.sh"
tap_need curl jq setpriv pgrep
# shellcheck source=tests/lib/postgresql.sh
. "$top_srcdir/tests/lib/postgresql.sh"
pg_needs
# shellcheck source=tests/lib/daemon.sh
. "$top_srcdir/tests/lib/daemon.sh"
first=$DAEMON_DIR second=$DAEMON_DIR/second
second_pid='' pair_pids=()

pair_clean()
{
	local status=$? pid
	trap - EXIT
	for pid in $second_pid "${pair_pids[@]}"; do
		kill "$pid" 2>/dev/null
		wait "$pid" 2>/dev/null
	done
	DAEMON_DIR=$first
	daemon_stop
	pg_end
	rm -rf "$first"
	exit "$status"
}
trap pair_clean EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

pair_also()
{
	pair_pids+=("$1")
}

# shellcheck disable=SC2034 # second_url is the script's
second_start()
{
	local pid=$DAEMON_PID url=$DAEMON_URL status
	mkdir "$second"
	sed "${1-}" "$first/countersignd.conf" >"$second/countersignd.conf"
	DAEMON_DIR=$second
	daemon_start
	status=$?
	second_pid=$DAEMON_PID second_url=$DAEMON_URL
	DAEMON_DIR=$first DAEMON_PID=$pid DAEMON_URL=$url
	return "$status"
}
