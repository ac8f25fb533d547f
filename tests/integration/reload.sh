#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# The daemon reads its configuration and certificate anew while clients keep their connections and go on asking.

# shellcheck source=tests/lib/service.sh
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib/service.sh"
tap_need openssl
service_ends()
{
	: >"$DAEMON_DIR/stop"
}

service_open || tap_skip_all "nothing can be mounted here"
tap_ok "the daemon's files are made" daemon_init || tap_done
service_start
tap_ok "it starts" until_so notified '^READY=1' || tap_done
tap_ok "... and says where it listens" until_so grep -q 'MESSAGE=listening for HTTPS' "$DAEMON_DIR/journal" || tap_done
port=$(port_of "listening for HTTPS")
DAEMON_URL=https://127.0.0.1:$port
conf=$DAEMON_DIR/countersignd.conf
sed "/^request_timeout = /d" "$conf" >"$DAEMON_DIR/good.conf" # each round has another
tap_ok "an application is made" app_make web || tap_done

reload() # returns when the daemon says that it is over
{
	local before
	before=$(wc -l <"$DAEMON_DIR/notified")
	kill -HUP "$DAEMON_PID"
	until_so notified '^READY=1' 1 "$before"
}
settings() # LINE...: the configuration is the first one, and these lines
{
	cp "$DAEMON_DIR/good.conf" "$conf"
	[ $# -eq 0 ] || printf '%s\n' "$@" >>"$conf"
}
certificate() # NAME: a new pair in its place
{
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj "/CN=$1" \
		-addext 'subjectAltName=DNS:localhost,IP:127.0.0.1' -keyout "$DAEMON_DIR/server/tls.key" -out "$DAEMON_DIR/server/tls.crt" 2>/dev/null
}
subject() # of the certificate that a new connection gets
{
	openssl s_client -connect "127.0.0.1:$port" </dev/null 2>/dev/null | sed -n 's/^subject=.*CN *= *//p'
}

# ---- twenty reloads under load ----

cp "$DAEMON_CA" "$DAEMON_DIR/first.crt"
python3 "$top_srcdir/tests/lib/keep_alive.py" "$port" "$DAEMON_DIR/first.crt" 8 "$DAEMON_DIR/stop" "$DAEMON_DIR/web.credential" >"$DAEMON_DIR/load" 2>&1 &
load=$!
tap_ok "eight clients ask, each over one connection" until_so grep -q going "$DAEMON_DIR/load" || tap_done
failed=
for i in $(seq 1 20); do
	certificate "round-$i" && settings "tries = $i" "request_timeout = $((i + 10))" && reload && [ "$(subject)" = "round-$i" ] || failed="$failed $i"
done
tap_is "twenty times new connections get a new certificate" "$failed" ""
: >"$DAEMON_DIR/stop"
load_status=0
wait "$load" || load_status=$?
tap_is "no request has failed meanwhile, and no connection ended" "$load_status" 0 || tap_note "$(cat "$DAEMON_DIR/load")"
tap_ok "... of a good many" [ "$(tail -n 1 "$DAEMON_DIR/load")" -ge 160 ]
tap_is "nothing was started again" "$(grep -c 'COUNTERSIGN_EVENT=child_ended' "$DAEMON_DIR/journal")" 0
tap_is "systemd has heard when each began" "$(grep -cE '^RELOADING=1	MONOTONIC_USEC=[0-9]+	' "$DAEMON_DIR/notified")" 20
tap_like "the log says what is new" "$(logged 'the configuration was read anew' MESSAGE)" 'new are: request_timeout, tries, the TLS certificate$'

# ---- what is in force ----

user_make alice GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ
verify()
{
	credential=$DAEMON_DIR/web.credential
	api POST /v1/otp/verify '{"user":"alice","code":"000000"}'
	jq -r '.reason' <<<"$answer"
}
settings "tries = 2"
tap_ok "a reload with another limit" reload
tap_is "a first wrong code is wrong" "$(verify)" wrong
tap_is "... and so is a second" "$(verify)" wrong
tap_is "a third is not looked at, as the limit is two now" "$(verify)" locked

# ---- what is not taken ----

refused() # DESC REGEX
{
	local before
	before=$(wc -l <"$DAEMON_DIR/notified")
	tap_ok "$1: the daemon goes on" reload
	tap_ok "... and systemd hears it" notified '^READY=1	STATUS=Serving; the new configuration was refused' 1 "$before"
	tap_like "... and the log says why" "$(logged 'the configuration stays as it was' MESSAGE)" "$2"
}
settings "tries = 3" "tires = 4"
refused "a file with a mistake" 'countersignd.conf:[0-9]+: unknown key `tires`'
certificate other
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$DAEMON_DIR/server/tls.key" 2>/dev/null
settings
refused "a key that is another certificate's" 'tls\.key: not the key of the certificate .*tls\.crt'
: >"$DAEMON_DIR/server/tls.crt"
refused "a certificate that is none" 'tls\.crt: not a certificate in PEM'
tap_is "new connections get the last good certificate" "$(subject)" round-20
front=$(child front)
before=$(wc -l <"$DAEMON_DIR/notified")
kill -9 "$front"
tap_ok "a front that is started again now ..." until_so notified '^READY=1' 1 "$before"
listened_again()
{
	[ "$(grep -c 'MESSAGE=listening for HTTPS' "$DAEMON_DIR/journal")" -ge 2 ]
}
tap_ok "... listens" until_so listened_again
port=$(port_of "listening for HTTPS")
tap_is "... with what was in force, whatever stands in the files" "$(subject)" round-20

# ---- what wants a restart ----

certificate last
settings "connections_max = 7" "front_threads = 3" "tries = 9"
tap_ok "a reload with a key that is read at the start alone" reload
tap_like "... says so" "$(logged 'these are as they were' MESSAGE)" 'with a restart: connections_max, front_threads$'
tap_is "... and the rest is in force" "$(subject)" last
settings "log_level = warning" "tries = 8"
tap_ok "a reload that has the log say less" reload
lines=$(wc -l <"$DAEMON_DIR/journal")
since()
{
	tail -n "+$((lines + 1))" "$DAEMON_DIR/journal"
}
error_since()
{
	since | tr '\t' '\n' | grep -q '^PRIORITY=3'
}
settings "log_level = warning" "nonsense"
tap_ok "... and one that is wrong" reload
tap_ok "... which the log says" until_so error_since
lines=$(wc -l <"$DAEMON_DIR/journal") # and what was said before the log said less is there, too
settings "log_level = warning" "tries = 7"
tap_ok "... and a right one" reload
settings "log_level = warning" "nonsense"
tap_ok "... and a wrong one again" reload
tap_ok "... which the log says again" until_so error_since
tap_is "notices are not there any more, errors are" "$(since | tr '\t' '\n' | grep -c '^PRIORITY=3')/$(since | wc -l)" 1/1
tap_done
