#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# The daemon as a service: what systemd says of the unit, what the daemon says to systemd and to its journal, /livez and /readyz.

# shellcheck source=tests/lib/service.sh
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib/service.sh"
tap_need systemd-analyze

# ---- the unit ----

unit=$DAEMON_DIR/countersignd.service
sed "s|^ExecStart=[^ ]*|ExecStart=$daemon_program|" "$top_builddir/daemon/systemd/countersignd.service" >"$unit"
exposure()
{
	systemd-analyze security --offline=true "$1" | sed -n 's/.*Overall exposure level for .*: \([0-9.]*\) .*/\1/p'
}
at_most()
{
	awk -v got="$1" -v most="$2" 'BEGIN { exit !(got != "" && got + 0 <= most + 0) }'
}
level=$(exposure "$unit")
tap_ok "systemd finds the unit's exposure (${level:-unknown}) to be at most 2.0" at_most "$level" 2.0
grep -v '^\(Protect\|Restrict\|SystemCall\)' "$unit" >"$DAEMON_DIR/bare.service"
tap_refused "... and would notice if its protections were gone" at_most "$(exposure "$DAEMON_DIR/bare.service")" 2.0
complaints()
{
	systemd-analyze verify --man=no "$1" 2>&1 | grep -F "$(basename "$1")"
}
tap_is "systemd has nothing to say against the unit" "$(complaints "$unit")" ""
sed 's/^ProtectHome=/ProtectHouse=/' "$unit" >"$DAEMON_DIR/wrong.service"
tap_like "... but has against one with a mistake in it" "$(complaints "$DAEMON_DIR/wrong.service")" ProtectHouse
tap_like "accounts that come to the Unix socket keep their numbers" "$(cat "$unit")" $'\nPrivateUsers=no\n'
# members NAME...: the system calls that these are, groups of systemd's (@) with what is in them
members()
{
	local name
	for name; do
		case $name in
		@*)
			# shellcheck disable=SC2046
			members $(systemd-analyze syscall-filter "$name" | sed -n 's/^ *\([-@a-z0-9_]*\)$/\1/p' | grep -Fxv "$name")
			;;
		*) echo "$name" ;;
		esac
	done
}
# allowed UNIT: what its filter lets through; the first line begins with nothing, and a later one adds, or takes away (~)
allowed()
{
	local line all='' named
	while read -r line; do
		# shellcheck disable=SC2046
		named=$(members $(sed 's/^~//' <<<"$line"))
		case $line in
		'~'*) all=$(grep -Fxv -f <(echo "$named") <<<"$all") ;;
		*) all+=$'\n'$named ;;
		esac
	done < <(sed -n 's/^SystemCallFilter=//p' "$1")
	sort -u <<<"$all"
}
needed=(setpriority seccomp landlock_create_ruleset landlock_add_rule landlock_restrict_self prctl fdatasync epoll_wait)
tap_is "its filter lets through what the daemon asks for by name" \
	"$(allowed "$unit" | grep -Fx -f <(printf '%s\n' "${needed[@]}") | wc -l)" "${#needed[@]}"
tap_is "... but nothing that changes the clock or the limits of others" "$(allowed "$unit" | grep -Ex 'settimeofday|setrlimit|mount|ptrace')" ""
mkdir "$unit.d"
cp "$top_srcdir/docs/examples/systemd/credentials.conf" "$unit.d/"
tap_is "nor against the example of credentials" "$(complaints "$unit")" ""

# ---- what systemd is told ----

service_open || tap_skip_all "nothing can be mounted here"
tap_ok "the daemon's files are made" daemon_init "socket = /run/countersignd.sock" || tap_done

listened() # COUNT of starts
{
	[ "$(grep -cE 'MESSAGE=(listening for HTTPS|serving metrics|listening for local)' "$DAEMON_DIR/journal")" -eq "$((3 * $1))" ]
}
watchdog=1500000
service_start
tap_ok "systemd hears that the daemon is ready" until_so notified '^READY=1	STATUS=' || tap_done
tap_ok "... and the journal where it listens" until_so listened 1
DAEMON_URL=https://127.0.0.1:$(port_of "listening for HTTPS")
metrics=http://127.0.0.1:$(port_of "serving metrics")
credential=
api GET /livez
tap_is "... and then it answers" "$status" 200
tap_ok "its watchdog is fed, again and again" until_so notified '^WATCHDOG=1' 3
keeper=$(child keeper)
kill -STOP "$keeper"
before=$(wc -l <"$DAEMON_DIR/notified")
tap_ok "a process that hangs is noticed" until_so notified '^STATUS=keeper does not answer' 3 "$before"
# An answer that was under way, and a busy machine, may stand before the second of them.
fed=$(tail -n "+$((before + 1))" "$DAEMON_DIR/notified" |
	awk '/^STATUS=keeper does not answer/ { n++ } /^WATCHDOG/ && n >= 2 { fed++ } END { print fed + 0 }')
after=$(wc -l <"$DAEMON_DIR/notified")
kill -CONT "$keeper"
tap_is "... and the watchdog is not fed as long as it does" "$fed" 0
tap_ok "... but is when it goes on" until_so notified '^WATCHDOG=1' 1 "$after"

nice_threads() # of keeper: how many give way
{
	cat /proc/"$keeper"/task/*/stat | sed 's/.*) //' | awk '$17 > 0 { n++ } END { print n + 0 }'
}
tap_like "keeper's threads for Argon2id give way to the others" "$(nice_threads)" '^[1-9]'

# ---- the journal ----

tap_is "an entry of the journal has its process" "$(logged "listening for HTTPS" COUNTERSIGN_PROCESS)" front
tap_is "... its priority" "$(logged "keeper does not answer" PRIORITY)" 3
tap_is "... the program" "$(logged "listening for HTTPS" SYSLOG_IDENTIFIER)" countersignd
tap_is "... and its event" "$(logged "keeper does not answer" COUNTERSIGN_EVENT)" child_hangs
tap_is "nothing of it is said a second time on standard error" "$(cat "$DAEMON_DIR/stderr")" ""

# ---- /livez, /readyz ----

get() # URL or a socket's
{
	status=$(curl -s --noproxy '*' --cacert "$DAEMON_CA" --max-time 60 -o "$DAEMON_DIR/answer" -w '%{http_code}' "$@")
	answer=$(jq -c . "$DAEMON_DIR/answer")
}
get "$DAEMON_URL/readyz"
tap_is "a daemon that can serve is ready" "$status $answer" '200 {"status":"ok"}'
get "$metrics/readyz"
tap_is "its own operator hears of each thing that it needs" "$status $(jq -c '.checks | map_values(.status)' "$DAEMON_DIR/answer")" \
	'200 {"database":"ok","standby":"ok","disk":"ok","sealing_key":"ok","certificates":"ok"}'
get --unix-socket /run/countersignd.sock http://localhost/readyz
tap_is "... on the Unix socket, too" "$status $(jq -c '.checks | length' "$DAEMON_DIR/answer")" "200 5"
get "$metrics/livez"
tap_is "it lives" "$status $answer" '200 {"status":"ok"}'
kill -STOP "$keeper"
get "$DAEMON_URL/livez"
tap_is "while keeper hangs, front lives" "$status" 200
kill -CONT "$keeper"
kill -9 "$keeper"
tap_ok "systemd hears of a process that ended" until_so notified '^STATUS=keeper ended'
tap_ok "... and that all serve again" until_so notified '^READY=1' 2
again()
{
	get "$DAEMON_URL/readyz" && [ "$status" = 200 ]
}
tap_ok "... and it is ready again" until_so again
kill "$DAEMON_PID"
tap_ok "systemd hears that it stops" until_so notified '^STOPPING=1'
status=0
wait "$DAEMON_PID" || status=$?
tap_is "... which is no failure" "$status" 0
DAEMON_PID=

printf 'ready_disk_free = 1048576\n' >>"$DAEMON_DIR/countersignd.conf"
watchdog=60000000
service_start
tap_ok "another one starts" until_so notified '^READY=1' 3 || tap_done
tap_ok "... and listens" until_so listened 2
DAEMON_URL=https://127.0.0.1:$(port_of "listening for HTTPS")
metrics=http://127.0.0.1:$(port_of "serving metrics")
get "$DAEMON_URL/readyz"
tap_is "without room on its disk it is not ready, and strangers do not hear why" "$status $answer" '503 {"status":"not_ready"}'
get "$metrics/readyz"
tap_like "... but its operator does" "$status $(jq -r .checks.disk.reason "$DAEMON_DIR/answer")" '^503 [0-9]+ MiB are free, less than 1048576'
get "$DAEMON_URL/healthz"
tap_is "... while it answers as before" "$status" 200
tap_done
