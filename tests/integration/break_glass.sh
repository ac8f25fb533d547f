#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Break-glass codes: on a disk that is full to the last byte a code lets its user in once, and not again after a SIGKILL; with room
# again the audit log tells of it, and its chain holds. The same with a PostgreSQL that is gone.

: "${top_srcdir:=$(cd "$(dirname "$0")/../.." && pwd)}"
# shellcheck source=tests/lib/door.sh
. "$top_srcdir/tests/lib/door.sh"
tap_need pgrep setpriv

cs=$top_builddir/tools/countersign
state=$DAEMON_DIR/server
mkdir "$state"
mount -t tmpfs -o size=3m none "$state" || tap_skip_all "no tmpfs can be mounted here"

answers() # until somebody speaks HTTP, whatever he says
{
	local tries=1200
	until DAEMON_URL=https://127.0.0.1:$(daemon_port) && api GET /healthz && [[ $status =~ ^[0-9]+$ ]] && [ "$status" != 000 ]; do
		tries=$((tries - 1))
		[ "$tries" -gt 0 ] && kill -0 "$DAEMON_PID" || return 1
		sleep 0.05
	done
}

restart() # the daemon, without waiting for its database
{
	: >"$DAEMON_DIR/daemon.log"
	"$daemon_program" --config "$DAEMON_DIR/countersignd.conf" >>"$DAEMON_DIR/daemon.log" 2>&1 {tap_fd}>&- &
	DAEMON_PID=$!
	answers || {
		tap_note "$(tail -n 20 "$DAEMON_DIR/daemon.log")"
		return 1
	}
}

try() # CODE; leaves $status and $answer, without a daemon that is just being started anew
{
	local credential=$DAEMON_DIR/web.credential tries=1200
	api POST /v1/otp/verify "{\"user\":\"alice\",\"code\":\"$1\",\"client\":\"192.0.2.9\"}"
	until [[ $status != 503 || $answer != *"database process"* ]]; do
		tries=$((tries - 1))
		[ "$tries" -gt 0 ] || return 1
		sleep 0.05
		api POST /v1/otp/verify "{\"user\":\"alice\",\"code\":\"$1\",\"client\":\"192.0.2.9\"}"
	done
}

accepts() { try "$1" && [ "$status" = 200 ] && [[ $answer == *'"accepted":true'* ]]; }
refuses() { try "$1" && [ "$status" = 200 ] && [ "$answer" = '{"accepted":false,"reason":"wrong"}' ]; }
told() # N: that many entries, within a minute
{
	local credential=$DAEMON_ADMIN tries=1200
	until api GET '/v1/audit?limit=1000' && [ "$(jq '[.entries[]? | select(.action == "break_glass_use" and .result == "accepted")] | length' \
		<<<"$answer")" = "$1" ]; do
		tries=$((tries - 1))
		[ "$tries" -gt 0 ] || return 1
		sleep 0.1
	done 2>/dev/null
}

run() # leaves $out and $code
{
	out=$("$cs" "$@" 2>&1)
	code=$?
}
cli()
{
	export COUNTERSIGN_SERVER=$DAEMON_URL COUNTERSIGN_CA=$DAEMON_CA COUNTERSIGN_CREDENTIAL_FILE=$DAEMON_ADMIN
	unset COUNTERSIGN_TRANSPORT
}

door_begin "ready_disk_free = 0"
cli

# ---- two administrators ----

"$cs" server staff add anton --role administrator --credential-out "$DAEMON_DIR/anton" >/dev/null
run server break-glass issue alice --valid 3600
tap_is "one administrator makes no code" "$code" 1
tap_like "but proposes it" "$out" 'give admin a break-glass code for user alice, good for 1 hour'
codes=()
for i in 1 2 3; do
	"$cs" server break-glass issue alice --valid 3600 >/dev/null 2>&1
	approval=$("$cs" server approval list --json | jq -r 'first(.approvals[] | select(.state == "proposed")).approval')
	"$cs" server approval grant "$approval" --credential-file "$DAEMON_DIR/anton" >/dev/null
	run server break-glass issue alice --approval "$approval" --valid 3600 --json
	codes[i]=$(jq -r .code <<<"$out")
done
tap_like "the code that two have made is told once" "${codes[3]}" '^BG-[A-Z2-7]{4}-[A-Z2-7]{4}-[A-Z2-7]{4}-[A-Z2-7]{4}$'
run server break-glass list
tap_is "the list has them" "$(grep -c ' of alice: issued, expires ' <<<"$out")" 3
tap_refused "and no code" grep -q BG- <<<"$out"
run server break-glass issue alice --valid never
tap_is "a term that is no number is a usage error" "$code" 2
run server break-glass issue nobody
tap_like "a code is for a user" "$out" 'no such user'
run server break-glass revoke g_0
tap_like "what is none cannot be revoked" "$out" 'no such break-glass code'
tap_ok "as long as the database works a code is none" refuses "${codes[1]}"

# ---- full to the last byte ----

tries=0
fill() # until the database has no room left in its own files either
{
	until try "$(door_code "$tries")" && [ "$status" = 503 ]; do
		[[ $answer != *'"accepted":true'* ]] || tries=$((tries + 1))
		dd if=/dev/zero of="$state/filler$RANDOM" bs=4096 status=none 2>/dev/null
		filled=$((filled + 1))
		[ "$filled" -lt 5000 ] || break
	done
	tap_note "full after $filled checks"
}
filled=0
dd if=/dev/zero of="$state/filler" bs=4096 status=none 2>/dev/null
fill
tap_is "the disk is full" "$(df --output=avail "$state" | tail -n 1 | tr -d ' ')" 0
tap_is "a check that cannot be recorded is refused" "$status" 503
tap_ok "a break-glass code is good" accepts "${codes[1]}"
tap_ok "once" refuses "${codes[1]}"
daemon_kill9
restart || tap_done
fill
tap_ok "and not after a SIGKILL" refuses "${codes[1]}"
tap_ok "another code is good" accepts "${codes[2]}"
daemon_stop
restart || tap_done
fill
tap_ok "once, also after an orderly end" refuses "${codes[2]}"
tap_ok "and a third one is good then" accepts "${codes[3]}"
tap_ok "once" refuses "${codes[3]}"
rm -f "$state"/filler*
tap_ok "with room again the audit log tells of three uses" told 3
tap_like "by whom, from where" "$(jq -r 'first(.entries[] | select(.action == "break_glass_use")) | [.actor, .user, .result, .detail] | join(" ")' \
	<<<"$answer")" '^(application:web|unknown) alice accepted used 20.*Z, client 192\.0\.2\.9$'
tap_is "and that codes were refused" "$(jq '[.entries[] | select(.action == "break_glass_use" and .result == "wrong")] | length > 0' <<<"$answer")" true
cli
run server break-glass list
tap_is "the list says so" "$(grep -c ' of alice: spent, spent 20' <<<"$out")" 3
tap_ok "checks are answered again" accepts "$(door_code "$tries")"
daemon_stop
tap_ok "the chain holds" "$cs" audit verify --database "$state/countersign.db"

# ---- no PostgreSQL ----

# shellcheck source=tests/lib/postgresql.sh
. "$top_srcdir/tests/lib/postgresql.sh"
if [ ! -x "$pg_programs/initdb" ]; then
	tap_skip "a code is good without PostgreSQL" "PostgreSQL is not installed"
	tap_done
fi
trap 'pg_end; DAEMON_DIR=${DAEMON_DIR%/pg}; door_clean' EXIT
DAEMON_DIR=$DAEMON_DIR/pg
DAEMON_CA=$DAEMON_DIR/server/tls.crt DAEMON_ADMIN=$DAEMON_DIR/server/admin.credential
mkdir "$DAEMON_DIR"
{ pg_make one && pg_start one fsync=off && pg_sql one "CREATE DATABASE countersign" >/dev/null &&
	door_begin "database = postgresql: host=$PG_DIR/one/socket user=countersign dbname=countersign" "dual_control = no"; } || tap_done
cli
run server break-glass issue alice --json
one=$(jq -r .code <<<"$out")
run server break-glass issue alice --json
two=$(jq -r .code <<<"$out")
pg_kill9 one
tap_ok "without PostgreSQL a code is good" accepts "$one"
tap_ok "once" refuses "$one"
try "$(door_code 0)"
tap_is "and nothing else is" "$status" 503
daemon_kill9
restart || tap_done
tap_ok "nor after a SIGKILL" refuses "$one"
tap_ok "where another one is good" accepts "$two"
pg_start one fsync=off
tap_ok "with the server again the audit log tells of both" told 2
tap_ok "and checks are answered" accepts "$(door_code 1)"
tap_done
