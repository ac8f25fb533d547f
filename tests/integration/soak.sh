#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# A daemon under load of all kinds through all of its doors: no answer but the expected ones, memory and descriptors of every
# process flat, the audit log's chain whole at the end. SOAK_SECONDS: how long (make soak takes 1800); SOAK_RATE: how much each of four
# workers asks in a second, 0 for as much as it can. COUNTERSIGN_TEST_SEED repeats the order of what is asked.

: "${top_srcdir:=$(cd "$(dirname "$0")/../.." && pwd)}"
# shellcheck source=tests/lib/door.sh
. "$top_srcdir/tests/lib/door.sh"
door_need python3 pgrep

seconds=${SOAK_SECONDS:-20}
rate=${SOAK_RATE-20}
seed=${COUNTERSIGN_TEST_SEED:-$RANDOM$RANDOM}
tap_note "COUNTERSIGN_TEST_SEED=$seed, $seconds s"
# Nobody is too slow here: an answer that comes late is an answer.
door_begin "socket = $DAEMON_DIR/socket" "request_timeout = 300" "password_memory = 1024" "password_passes = 1" "challenges_address = 1000000" \
	"challenges_hour = 1000" "lock_first = 0" "lock_max = 0" "address_lock = 0"
credential=$DAEMON_ADMIN
api POST /v1/classes '{"class":"soak","factors":"password"}'
metrics=$(sed -n 's/.*serving metrics by plain HTTP on \(127\.0\.0\.1:[0-9]*\).*/\1/p' "$DAEMON_DIR/daemon.log" | tail -n 1)

if python3 "$top_srcdir/tests/lib/soak.py" --url "$DAEMON_URL" --ca "$DAEMON_CA" --metrics "http://$metrics" --socket "$DAEMON_DIR/socket" \
	--admin "$DAEMON_ADMIN" --app "$DAEMON_DIR/web.credential" --pid "$DAEMON_PID" --seconds "$seconds" --rate "$rate" \
	--seed "$seed" >"$DAEMON_DIR/soak.out" 2>&1; then
	tap_pass "every answer is one of those expected, and every process stays as large as it is"
else
	tap_fail "every answer is one of those expected, and every process stays as large as it is" || tap_note "$(tail -n 20 "$DAEMON_DIR/daemon.log")"
fi
cat "$DAEMON_DIR/soak.out"
tap_refused "no process ended meanwhile" grep -q child_ended "$DAEMON_DIR/daemon.log"
tap_refused "and none was killed" grep -qE "ended (by signal|with status)" "$DAEMON_DIR/daemon.log"
daemon_stop
tap_ok "the audit log's chain holds" "$top_builddir/tools/countersign" audit verify --database "$DAEMON_DIR/server/countersign.db"
tap_done
