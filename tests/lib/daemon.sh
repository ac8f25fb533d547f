# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# A countersignd of the test's own, on a loopback port that the kernel picks. Source it after tests/lib/tap.sh (or card.sh):
#
#   daemon_init [LINE...]   makes DAEMON_DIR/server: database, keys, certificate, admin's credential; LINEs go to its configuration
#   daemon_start            starts it, waits until it answers; DAEMON_URL
#   daemon_stop, daemon_kill9
#   daemon_end              stops it, and its database's server
#   daemon_metrics [LOG]    what /metrics says; LOG: of a daemon that is not the last one started
#   api METHOD PATH [BODY]  one call with the credential in $credential (a file; empty: none), and $header_line where it is set;
#                           leaves $status and $answer
#   app_make NAME           an application whose credential is then in DAEMON_DIR/NAME.credential
#   user_make USER SEED [MEMBERS]  a user with an HOTP token of this base32 seed; leaves $token
#   daemon_filtered NAME PID  a test: this process of the daemon runs under a system call filter
#   traced FILE CALLS CMD...  starts the command, whose system calls of these names, and its children's, FILE tells then: strace's lines
#   traceable PROGRAM DESC... whether that can be done with it; skips these tests where not
#   until_so CMD...         waits until the command succeeds, for two minutes, which only a machine that has stopped would need
#
# Variables: DAEMON_DIR (a scratch directory, for the script to remove), DAEMON_URL, DAEMON_CA, DAEMON_ADMIN, DAEMON_PID.
# With DAEMON_POSTGRESQL the database is on a PostgreSQL server of its own, daemon, which need not survive its machine: a script runs on
# either, and NAME_postgresql.sh runs NAME.sh so. Such a script ends with daemon_end.

: "${DAEMON_DIR:=$(mktemp -d)}"
DAEMON_CA=$DAEMON_DIR/server/tls.crt
DAEMON_ADMIN=$DAEMON_DIR/server/admin.credential
DAEMON_PID=
DAEMON_URL=
daemon_program=${COUNTERSIGND:-$top_builddir/daemon/countersignd}
daemon_database=()

if [ -n "${DAEMON_POSTGRESQL-}" ]; then
	# shellcheck source=tests/lib/postgresql.sh
	. "$top_srcdir/tests/lib/postgresql.sh"
	pg_needs
	daemon_database=("database = postgresql:host=$(pg_hosts daemon) dbname=postgres user=countersign")
fi

daemon_init()
{
	mkdir -p "$DAEMON_DIR/server"
	[ ${#daemon_database[@]} -eq 0 ] || { pg_make daemon && pg_start daemon fsync=off; } || return 1
	{
		printf 'state_directory = %s\n' "$DAEMON_DIR/server"
		printf 'listen = 127.0.0.1:0\nmetrics = 127.0.0.1:0\n'
		# However busy the machine is: who asks for another gets that.
		[[ $* == *request_timeout* ]] || printf 'request_timeout = 300\n'
		[ $(($# + ${#daemon_database[@]})) -eq 0 ] || printf '%s\n' "${daemon_database[@]}" "$@"
	} >"$DAEMON_DIR/countersignd.conf"
	"$daemon_program" --config "$DAEMON_DIR/countersignd.conf" --init >"$DAEMON_DIR/init.log" 2>&1 || {
		tap_note "$(cat "$DAEMON_DIR/init.log")"
		return 1
	}
}

daemon_port()
{
	sed -n 's/.*listening for HTTPS on 127\.0\.0\.1:\([0-9]*\).*/\1/p' "$DAEMON_DIR/daemon.log" | tail -n 1
}

daemon_metrics()
{
	local port
	port=$(sed -n 's/.*serving metrics by plain HTTP on 127\.0\.0\.1:\([0-9]*\).*/\1/p' "${1:-$DAEMON_DIR/daemon.log}" | tail -n 1)
	curl -sf --noproxy '*' --max-time 120 "http://127.0.0.1:$port/metrics"
}

daemon_start()
{
	local tries=1200
	: >"$DAEMON_DIR/daemon.log"
	"$daemon_program" --config "$DAEMON_DIR/countersignd.conf" >>"$DAEMON_DIR/daemon.log" 2>&1 {tap_fd}>&- &
	DAEMON_PID=$!
	until DAEMON_URL=https://127.0.0.1:$(daemon_port) &&
		curl -sf --noproxy '*' --cacert "$DAEMON_CA" "$DAEMON_URL/healthz" >/dev/null 2>&1; do
		tries=$((tries - 1))
		if [ "$tries" -eq 0 ] || ! kill -0 "$DAEMON_PID" 2>/dev/null; then
			tap_note "countersignd does not answer:"
			tap_note "$(tail -n 20 "$DAEMON_DIR/daemon.log")"
			return 1
		fi
		sleep 0.05
	done
}

daemon_filtered()
{
	local sentence="$1 runs under a system call filter"
	if grep -q '__[at]san_init' "/proc/$2/exe"; then
		tap_skip "$sentence" "built with a sanitizer, which needs more than is left"
	elif ! grep -q '^Seccomp:' /proc/self/status; then
		tap_skip "$sentence" "this kernel has no seccomp"
	else
		tap_is "$sentence" "$(awk '/^Seccomp:/ {print $2}' "/proc/$2/status")" 2
	fi
}

traced() # FILE CALLS CMD...
{
	local file=$1 calls=$2
	shift 2
	exec strace -D -f -qq -e signal=none -e "trace=$calls" -o "$file" "$@"
}

traceable() # PROGRAM DESC...
{
	local why='' desc
	# Who looks for leaks at his end cannot while he is traced; and has no walls.
	if grep -q '__[at]san_init' "$1"; then
		why="built with a sanitizer, which needs more than is left"
	elif ! command -v strace >/dev/null || ! strace -D -o /dev/null true 2>/dev/null; then
		why="strace is not installed, or may not trace"
	fi
	shift
	[ -n "$why" ] || return 0
	for desc in "$@"; do
		tap_skip "$desc" "$why"
	done
	return 1
}

daemon_stop()
{
	[ -n "$DAEMON_PID" ] || return 0
	local status=0
	kill "$DAEMON_PID" 2>/dev/null
	wait "$DAEMON_PID" 2>/dev/null || status=$?
	DAEMON_PID=
	return "$status"
}

daemon_end()
{
	daemon_stop
	[ ${#daemon_database[@]} -eq 0 ] || pg_end
}

daemon_kill9()
{
	kill -9 "$DAEMON_PID"
	wait "$DAEMON_PID" 2>/dev/null
	DAEMON_PID=
}

# shellcheck disable=SC2034 # status and answer are the caller's
api()
{
	local arguments=(-s --noproxy '*' --cacert "$DAEMON_CA" --max-time 120 -X "$1" -o "$DAEMON_DIR/answer" -D "$DAEMON_DIR/headers"
		-w '%{http_code}')
	if [ -n "${credential-}" ]; then
		arguments+=(-H "Authorization: Bearer $(cat "$credential")")
	fi
	if [ -n "${header_line-}" ]; then
		arguments+=(-H "$header_line")
	fi
	if [ $# -ge 3 ]; then
		arguments+=(-H "Content-Type: ${content_type-application/json}" --data-binary "$3")
	fi
	: >"$DAEMON_DIR/answer"
	status=$(curl "${arguments[@]}" "$DAEMON_URL$2") || status="curl failed ($?)"
	answer=$(tr -d '\000' <"$DAEMON_DIR/answer")
}

app_make()
{
	local credential=$DAEMON_ADMIN
	api POST /v1/applications "{\"name\":\"$1\"}"
	jq -re .credential <<<"$answer" >"$DAEMON_DIR/$1.credential"
}

user_make()
{
	local credential=$DAEMON_ADMIN
	api POST /v1/users "{\"user\":\"$1\"}"
	api POST /v1/tokens "{\"user\":\"$1\",\"type\":\"hotp\",\"secret\":\"$2\"${3-}}"
	token=$(jq -re .token <<<"$answer")
}

until_so()
{
	local tries=1200
	until "$@" >/dev/null 2>&1; do
		tries=$((tries - 1))
		[ "$tries" -gt 0 ] || return 1
		sleep 0.1
	done
}
