#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# kill -9 under load, again and again, with the database in SQLite and on PostgreSQL: no code is accepted again, nothing acknowledged
# is lost, the audit log holds. COUNTERSIGN_TEST_SEED repeats a run; COUNTERSIGN_TEST_KILLS changes the numbers (make kills: 200).

: "${top_srcdir:=$(cd "$(dirname "$0")/../.." && pwd)}" "${top_builddir:=$top_srcdir/build}"
export top_srcdir top_builddir
# shellcheck source=tests/lib/tap.sh
. "$top_srcdir/tests/lib/tap.sh"
for need in curl jq; do
	command -v "$need" >/dev/null || tap_skip_all "$need is not installed"
done
# shellcheck source=tests/lib/postgresql.sh
. "$top_srcdir/tests/lib/postgresql.sh"
# shellcheck source=tests/lib/daemon.sh
. "$top_srcdir/tests/lib/daemon.sh"

clean()
{
	local status=$?
	trap - EXIT
	daemon_stop
	pg_end
	rm -rf "$DAEMON_DIR"
	exit "$status"
}
trap clean EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

seed=${COUNTERSIGN_TEST_SEED:-$RANDOM$RANDOM}
tap_note "COUNTERSIGN_TEST_SEED=$seed"

kill_run() # KILLS
{
	# The port must stay the same, as the clients do.
	sed -i "s/^listen = .*/listen = ${DAEMON_URL#https://}/" "$DAEMON_DIR/countersignd.conf"
	"$top_builddir/tests/integration/daemon_kill" "$daemon_program" "$DAEMON_DIR/countersignd.conf" "$DAEMON_URL" "$DAEMON_CA" \
		"$DAEMON_ADMIN" "$DAEMON_DIR/web.credential" "$1" "$seed" 2>"$DAEMON_DIR/kill.log" >"$DAEMON_DIR/kill.out"
	local status=$?
	[ "$status" -eq 0 ] || tail -n 20 "$DAEMON_DIR/kill.out" "$DAEMON_DIR/kill.log"
	return "$status"
}

kill_test() # STORE KILLS [LINE]
{
	tap_ok "a daemon is made, $1" daemon_init "${@:3}" || return
	tap_ok "it starts" daemon_start || return
	tap_ok "an application gets a credential" app_make web || return
	tap_ok "it stops when asked to" daemon_stop
	tap_ok "after $2 kills under load no code was accepted twice, nothing acknowledged is lost, and the audit log holds" kill_run "$2"
	tap_note "$(sed 's/^# //' "$DAEMON_DIR/kill.out")"
	rm -rf "$DAEMON_DIR/server"
}

kill_test "on SQLite" "${COUNTERSIGN_TEST_KILLS:-40}"
if [ -x "$pg_programs/initdb" ]; then
	tap_ok "a PostgreSQL server is made" pg_make alone && tap_ok "it starts" pg_start alone &&
		kill_test "on PostgreSQL" "${COUNTERSIGN_TEST_KILLS:-15}" \
			"database = postgresql:host=$(pg_hosts alone) dbname=postgres user=countersign"
else
	tap_skip "the same on PostgreSQL" "it is not installed"
fi
tap_done
