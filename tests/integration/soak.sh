#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# A daemon under load of all kinds through all of its doors, with codes that are sent and web hooks: no answer but the expected ones, every
# code arrives and is good, memory and descriptors of every process flat, every event delivered, the audit log's chain whole at the end.
# SOAK_SECONDS: how long (make soak takes 1800); SOAK_RATE: how much each of four workers asks in a second, 0 for as much as it can.
# COUNTERSIGN_TEST_SEED repeats the order of what is asked.

: "${top_srcdir:=$(cd "$(dirname "$0")/../.." && pwd)}"
# shellcheck source=tests/lib/door.sh
. "$top_srcdir/tests/lib/door.sh"
tap_need python3 pgrep sqlite3

seconds=${SOAK_SECONDS:-20}
rate=${SOAK_RATE-20}
seed=${COUNTERSIGN_TEST_SEED:-$RANDOM$RANDOM}
tap_note "COUNTERSIGN_TEST_SEED=$seed, $seconds s"
# A gateway for codes and events.
world=$DAEMON_DIR/world
mkdir "$world"
: >"$world/http" # which is read before anything has come
door_run gateway python3 "$top_srcdir/tests/lib/gateway.py" "$world"
door_patience test -s "$world/ports"
read -r gateway _ <"$world/ports"
printf 'a secret of this test alone, 0123456789\n' >"$DAEMON_DIR/hook.secret"
chmod 600 "$DAEMON_DIR/hook.secret"
# Nobody is too slow here: an answer that comes late is an answer.
door_begin "socket = $DAEMON_DIR/socket" "request_timeout = 300" "password_memory = 1024" "password_passes = 1" "challenges_address = 1000000" \
	"challenges_hour = 1000" "lock_first = 0" "lock_max = 0" "address_lock = 0" "sms_url = http://127.0.0.1:$gateway/sms" \
	'sms_body = {"to":"{destination}","text":"{text}"}' 'courier_text = Your code: {code}' "hook_urls = http://127.0.0.1:$gateway/events" \
	"hook_secret = $DAEMON_DIR/hook.secret" "hook_events = token user.added" "courier_allow = 127.0.0.1"
credential=$DAEMON_ADMIN
api POST /v1/classes '{"class":"soak","factors":"password"}'
metrics=$(sed -n 's/.*serving metrics by plain HTTP on \(127\.0\.0\.1:[0-9]*\).*/\1/p' "$DAEMON_DIR/daemon.log" | tail -n 1)

if python3 "$top_srcdir/tests/lib/soak.py" --url "$DAEMON_URL" --ca "$DAEMON_CA" --metrics "http://$metrics" --socket "$DAEMON_DIR/socket" \
	--admin "$DAEMON_ADMIN" --app "$DAEMON_DIR/web.credential" --pid "$DAEMON_PID" --seconds "$seconds" --rate "$rate" \
	--sent "$world/http" --seed "$seed" >"$DAEMON_DIR/soak.out" 2>&1; then
	tap_pass "every answer is one of those expected, and every process stays as large as it is"
else
	tap_fail "every answer is one of those expected, and every process stays as large as it is" || tap_note "$(tail -n 20 "$DAEMON_DIR/daemon.log")"
fi
cat "$DAEMON_DIR/soak.out"
# What waits still leaves, too.
nothing_waits()
{
	[ "$(curl -sf --noproxy '*' "http://$metrics/metrics" | sed -n 's/^countersign_outbox_waiting //p')" = 0 ]
}
tap_ok "every message has left in the end" door_patience nothing_waits
tap_is "... and none was given up" "$(curl -sf --noproxy '*' "http://$metrics/metrics" | sed -n 's/^countersign_outbox_failed //p')" 0
tap_refused "no process ended meanwhile" grep -q child_ended "$DAEMON_DIR/daemon.log"
tap_refused "and none was killed" grep -qE "ended (by signal|with status)" "$DAEMON_DIR/daemon.log"
daemon_stop
tap_is "of each user that was made the receiver has heard" \
	"$(jq -r 'select(.path == "/events") | .body | fromjson | select(.event == "user.added") | .id' "$world/http" | sort -u | wc -l)" \
	"$(sqlite3 "$DAEMON_DIR/server/countersign.db" 'SELECT count(*) FROM user')"
tap_ok "the audit log's chain holds" "$top_builddir/tools/countersign" audit verify --database "$DAEMON_DIR/server/countersign.db"
tap_done
