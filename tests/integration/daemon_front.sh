#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# The daemon's front with several threads: what one address may have, whom a thread serves, what comes together or in pieces.

: "${top_srcdir:=$(cd "$(dirname "$0")/../.." && pwd)}" "${top_builddir:=$top_srcdir/build}"
export top_srcdir top_builddir
# shellcheck source=tests/lib/tap.sh
. "$top_srcdir/tests/lib/tap.sh"
for need in curl jq openssl; do
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

load=$top_builddir/tests/integration/http_load

child() # NAME
{
	local pid
	for pid in $(cat "/proc/$DAEMON_PID/task/$DAEMON_PID/children"); do
		if tr '\0' ' ' <"/proc/$pid/cmdline" | grep -q "$1"; then
			printf '%s\n' "$pid"
		fi
	done
}

from() # ADDRESS: whether it is answered
{
	curl -sf --noproxy '*' --interface "$1" --cacert "$DAEMON_CA" "$DAEMON_URL/livez" >/dev/null && echo answered || echo not
}

connections()
{
	daemon_metrics | awk '$1 == "countersign_http_connections" {print $2}'
}

# Waits until it is true.
until_true()
{
	local tries=1200
	until "$@"; do
		tries=$((tries - 1))
		[ "$tries" -gt 0 ] || return 1
		sleep 0.05
	done
}

# ---- several threads ----

tap_ok "the daemon's files are made" daemon_init "front_threads = 3" "connections_address = 24" || tap_done
descriptors=$(ulimit -S -n)
ulimit -S -n 64
tap_ok "a daemon whose front has three threads starts" daemon_start || tap_done
ulimit -S -n "$descriptors"
tap_ok "... with descriptors for all connections that it may have, however few it was given" \
	awk '/^Max open files/ {exit !($4 >= 3 * 1024 || $4 == $5)}' "/proc/$(child front)/limits"
daemon_filtered front "$(child front)"
tap_is "... as many as are wanted" "$(find "/proc/$(child front)/task" -mindepth 1 -maxdepth 1 | wc -l)" 3
for kind in livez healthz; do
	tap_is "4,000 calls over 24 connections are answered ($kind)" \
		"$("$load" "$DAEMON_URL/$kind" 24 4000 "$DAEMON_CA" | jq -c .statuses)" '{"200":4000}'
done

# ---- what one address may have ----

port=${DAEMON_URL##*:}
fds=()
for ((i = 0; i < 24; i++)); do
	exec {fd}<>"/dev/tcp/127.0.0.1/$port"
	fds+=("$fd")
done
# One of the metrics' own is there, whenever they are asked.
all_there() { [ "$(connections)" -ge 25 ]; }
tap_ok "an address has as many connections as it may" until_true all_there
tap_is "it has no further one" "$(from 127.0.0.1)" not
tap_is "others have" "$(from 127.0.0.2)" answered
fd=${fds[0]}
exec {fd}>&-
some_room() { [ "$(from 127.0.0.1)" = answered ]; }
tap_ok "with one less it has another one" until_true some_room
for fd in "${fds[@]:1}"; do exec {fd}>&-; done

# ---- pieces of a handshake ----

spent() # hundredths of a second of a processor
{
	awk '{print $14 + $15}' "/proc/$(child front)/stat"
}
again() # SECONDS of request_timeout
{
	daemon_stop && sed -i "s/^request_timeout = .*/request_timeout = $1/" "$DAEMON_DIR/countersignd.conf" && daemon_start && port=${DAEMON_URL##*:}
}
tap_ok "the daemon starts again, with little patience" again 4
before=$(spent)
exec {fd}<>"/dev/tcp/127.0.0.1/$port"
printf '\x16\x03\x01\x02\x00\x01' >&"$fd"
cat <&"$fd" >/dev/null # until the front ends it, in request_timeout
exec {fd}>&-
took=$(($(spent) - before))
tap_note "$took hundredths of a second"
tap_ok "who sends the beginning of a handshake and no more keeps no processor busy" test "$took" -lt 30
tap_ok "the daemon starts again, with much" again 300

# ---- calls that come together, answers without a body ----

# Many requests in one record: the answers' status lines, and what the last one is of.
many=$(
	{
		for ((i = 0; i < 40; i++)); do printf 'GET /healthz HTTP/1.1\r\nHost: h\r\n\r\n'; done
		printf 'HEAD /livez HTTP/1.1\r\nHost: h\r\n\r\nGET /nothing HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n'
	} | openssl s_client -quiet -connect "127.0.0.1:$port" -CAfile "$DAEMON_CA" 2>/dev/null | tr -d '\r' | grep -o 'HTTP/1.1 [0-9]*' | sort | uniq -c | xargs
)
tap_is "calls that come in one piece are all answered" "$many" "41 HTTP/1.1 200 1 HTTP/1.1 404"
tap_is "after an answer without a body the connection goes on" \
	"$(curl -s --noproxy '*' --cacert "$DAEMON_CA" -I "$DAEMON_URL/livez" -o /dev/null -w '%{http_code} ' --next -s --noproxy '*' \
		--cacert "$DAEMON_CA" "$DAEMON_URL/livez" -o /dev/null -w '%{http_code} %{num_connects}')" "200 200 0"
tap_is "a great answer comes whole" "$(curl -s --noproxy '*' --cacert "$DAEMON_CA" "$DAEMON_URL/v1/openapi.json" | jq -r .openapi | cut -d. -f1)" 3
tap_ok "SIGTERM ends it with status 0" daemon_stop
tap_is "no sanitizer has anything to say" "$(grep -e 'Sanitizer' -e 'runtime error' "$DAEMON_DIR/daemon.log")" ""
tap_done
