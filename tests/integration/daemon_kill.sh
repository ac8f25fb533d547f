#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# kill -9 under load, fifty times: no code is accepted again, nothing acknowledged is lost, the audit log holds.
# COUNTERSIGN_TEST_SEED repeats a run; COUNTERSIGN_TEST_KILLS changes the number.

: "${top_srcdir:=$(cd "$(dirname "$0")/../.." && pwd)}" "${top_builddir:=$top_srcdir/build}"
export top_srcdir top_builddir
# shellcheck source=tests/lib/tap.sh
. "$top_srcdir/tests/lib/tap.sh"
for need in curl jq; do
	command -v "$need" >/dev/null || tap_skip_all "$need is not installed"
done
# shellcheck source=tests/lib/daemon.sh
. "$top_srcdir/tests/lib/daemon.sh"

clean()
{
	local status=$?
	trap - EXIT
	daemon_stop
	rm -rf "$DAEMON_DIR"
	exit "$status"
}
trap clean EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

seed=${COUNTERSIGN_TEST_SEED:-$RANDOM$RANDOM}
kills=${COUNTERSIGN_TEST_KILLS:-50}
tap_note "COUNTERSIGN_TEST_SEED=$seed"

tap_ok "a daemon is made" daemon_init || tap_done
tap_ok "it starts" daemon_start || tap_done
tap_ok "an application gets a credential" app_make web || tap_done
tap_ok "it stops when asked to" daemon_stop

# From here on the port must stay the same, as the clients do.
sed -i "s/^listen = .*/listen = ${DAEMON_URL#https://}/" "$DAEMON_DIR/countersignd.conf"

kill_run()
{
	"$top_builddir/tests/integration/daemon_kill" "$daemon_program" "$DAEMON_DIR/countersignd.conf" "$DAEMON_URL" "$DAEMON_CA" \
		"$DAEMON_ADMIN" "$DAEMON_DIR/web.credential" "$kills" "$seed" 2>"$DAEMON_DIR/kill.log" >"$DAEMON_DIR/kill.out"
	local status=$?
	[ "$status" -eq 0 ] || tail -n 20 "$DAEMON_DIR/kill.out" "$DAEMON_DIR/kill.log"
	return "$status"
}
tap_ok "after $kills kills under load no code was accepted twice, nothing acknowledged is lost, and the audit log holds" kill_run
tap_note "$(sed 's/^# //' "$DAEMON_DIR/kill.out")"
tap_done
