# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# What benchmarks of the daemon begin with: a scratch directory and the functions of tests/lib/daemon.sh; figures go to standard output,
# everything else to standard error. Source it first. As root, the script is then run again in a network namespace of its own, whose TCP
# has Reno's congestion control, whatever the machine is set to (BBR paces what it sends, on loopback, too, with timers). What needs the
# machine's network sets BENCH_NETWORK=host before.
#
#   enrol          1,024 users with a token each (bench_codes makes their seeds), and an application, bench
#   bodies FIRST COUNT          lines for each user's codes FIRST to FIRST + COUNT - 1, user by user: a number of connections that
#                  divides 1,024 sends each user's in their order
#   verify CONNECTIONS COUNT    sends the first COUNT of DAEMON_DIR/bodies; prints what bench_load says. All have to be accepted
#   loaded CONNECTIONS COUNT PATH [BODIES]   the same of any requests; its processor_us are keeper's and front's, which do not
#                  depend on what else the machine does. With took=FILE, what each line's request took goes there, in microseconds

set -euo pipefail
if [ -z "${BENCH_NETWORK-}" ] && [ "$(id -u)" -eq 0 ]; then
	BENCH_NETWORK=own exec unshare -n bash "$0" "$@"
fi
if [ "${BENCH_NETWORK-}" = own ]; then
	ip link set lo up
	echo reno >/proc/sys/net/ipv4/tcp_congestion_control
fi
: "${top_srcdir:=$(cd "$(dirname "$0")/../.." && pwd)}" "${top_builddir:=$top_srcdir/build}"
tap_fd=9
tap_note() { printf '%s\n' "$1" >&2; }
# shellcheck source=tests/lib/daemon.sh
. "$top_srcdir/tests/lib/daemon.sh"
trap 'daemon_stop || true; rm -rf "$DAEMON_DIR"' EXIT
exec 9>/dev/null

load=$top_builddir/tests/integration/http_load
bench_codes=$top_builddir/tests/bench/bench_codes
users=1024

enrol()
{
	"$bench_codes" user "$users" >"$DAEMON_DIR/users"
	"$bench_codes" token "$users" >"$DAEMON_DIR/tokens"
	"$load" "$DAEMON_URL/v1/users" 16 "$users" "$DAEMON_CA" "$DAEMON_ADMIN" "$DAEMON_DIR/users" >"$DAEMON_DIR/enrol.log"
	"$load" "$DAEMON_URL/v1/tokens" 16 "$users" "$DAEMON_CA" "$DAEMON_ADMIN" "$DAEMON_DIR/tokens" >>"$DAEMON_DIR/enrol.log"
	app_make bench
}

bodies() # FIRST COUNT
{
	"$bench_codes" verify "$users" "$1" "$2" >"$DAEMON_DIR/bodies"
}

loaded() # CONNECTIONS COUNT PATH [BODIES]
{
	local address=${DAEMON_URL#https://}
	"$top_builddir/tests/bench/bench_load" -w "$(child_pid keeper)" -w "$(child_pid front)" ${took:+-o "$took"} "${address%:*}" "${address##*:}" "$1" "$2" "$DAEMON_CA" "$3" \
		${4:+"$DAEMON_DIR/bench.credential" "$4"}
}

verify() # CONNECTIONS COUNT
{
	local said
	said=$(loaded "$1" "$2" /v1/otp/verify "$DAEMON_DIR/bodies")
	if [ "$(jq .accepted <<<"$said")" -ne "$2" ]; then
		printf 'not all of %s codes were accepted: %s\n' "$2" "$said" >&2
		return 1
	fi
	printf '%s\n' "$said"
}

child_pid() # KIND
{
	local child
	for child in $(pgrep -P "$DAEMON_PID"); do
		if tr '\0' ' ' <"/proc/$child/cmdline" | grep -q " --child $1 "; then
			printf '%s\n' "$child"
		fi
	done
}
