#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# The daemon's HTTP API with curl: each call good and bad, TLS, garbage, slow clients, one code two hundred times at once.

: "${top_srcdir:=$(cd "$(dirname "$0")/../.." && pwd)}" "${top_builddir:=$top_srcdir/build}"
export top_srcdir top_builddir
# shellcheck source=tests/lib/tap.sh
. "$top_srcdir/tests/lib/tap.sh"
for need in curl jq openssl oathtool; do
	command -v "$need" >/dev/null || tap_skip_all "$need is not installed"
done
# shellcheck source=tests/lib/daemon.sh
. "$top_srcdir/tests/lib/daemon.sh"

clean()
{
	local status=$?
	trap - EXIT
	daemon_end
	rm -rf "$DAEMON_DIR"
	exit "$status"
}
trap clean EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

load=$top_builddir/tests/integration/http_load
seed=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ # the 20 bytes of RFC 4226, appendix D

field()
{
	jq -r "$1" <<<"$answer" 2>/dev/null
}

refused() # DESC STATUS CODE
{
	tap_is "$1" "$status $(field .error.code)" "$2 $3" || tap_note "$answer"
}

header()
{
	tr -d '\r' <"$DAEMON_DIR/headers" | sed -n "s/^$1: //Ip"
}

# ---- it stands up ----

tap_ok "countersignd --init makes what it needs" daemon_init "request_timeout = 60" || tap_done
tap_ok "countersignd --check-config likes it" "$daemon_program" --config "$DAEMON_DIR/countersignd.conf" --check-config
{ cat "$DAEMON_DIR/countersignd.conf" && echo 'hook_urls = https://user:password@hooks.example/'; } >"$DAEMON_DIR/wrong.conf"
check_fails()
{
	! "$daemon_program" --config "$DAEMON_DIR/wrong.conf" --check-config >"$DAEMON_DIR/wrong" 2>&1 && grep -q 'hook_urls.*no user and password' "$DAEMON_DIR/wrong"
}
tap_ok "and not a hook's URL with a password in it, as the daemon does not when it starts" check_fails
tap_ok "countersignd starts and is healthy" daemon_start || tap_done
tap_ok "an application gets a credential" app_make web || tap_done
admin=$DAEMON_ADMIN
web=$DAEMON_DIR/web.credential

# ---- users and tokens ----

credential=$admin
api POST /v1/users '{"user":"alice"}'
tap_is "a user is added" "$status" 201
api POST /v1/users '{"user":"alice"}'
refused "the same user again is a conflict" 409 user_exists
api POST /v1/users '{"user":"bob"}'
api GET '/v1/users?limit=1'
tap_is "users come page by page: the first" "$(field '.users[0].user + " " + .next')" "alice alice"
api GET '/v1/users?limit=1&after=alice'
tap_is "... and the second" "$(field '.users[0].user')" bob
api POST /v1/tokens "{\"user\":\"alice\",\"type\":\"hotp\",\"secret\":\"$seed\"}"
tap_is "an HOTP token is enrolled" "$status" 201
hotp=$(field .token)
tap_is "a seed that was given is not told back" "$(field '.otpauth // "none"')" none
api POST /v1/tokens '{"user":"alice","type":"totp"}'
tap_like "a seed that the server made is told once" "$(field .otpauth)" '^otpauth://totp/.*secret=[A-Z2-7]+'
totp_seed=$(field .otpauth | sed -n 's/.*[?&]secret=\([A-Z2-7]*\).*/\1/p')
totp=$(field .token)
api POST /v1/tokens "{\"user\":\"nobody\",\"type\":\"hotp\",\"secret\":\"$seed\"}"
refused "a token for an unknown user is refused" 404 user_not_found
api GET '/v1/tokens?user=alice'
tap_is "a user's tokens are listed" "$(field '[.tokens[].type] | sort | join(" ")')" "hotp totp"
tap_is "a list has no seeds" "$(grep -c -e "$seed" -e "$totp_seed" "$DAEMON_DIR/answer")" 0

# ---- verification ----

code()
{
	oathtool --hotp -b -c "$1" "${2-$seed}"
}
verify() # USER CODE
{
	credential=$web
	api POST /v1/otp/verify "{\"user\":\"$1\",\"code\":\"$2\"}"
	credential=$admin
	printf '%s' "$status $(field '"\(.accepted) \(.reason // .token)"')"
}
tap_is "oathtool's first HOTP code is accepted" "$(verify alice "$(code 0)")" "200 true $hotp"
tap_is "the same code is refused the second time" "$(verify alice "$(code 0)")" "200 false wrong"
tap_is "a code within the look-ahead window is accepted" "$(verify alice "$(code 5)")" "200 true $hotp"
tap_is "a code before it is refused from then on" "$(verify alice "$(code 3)")" "200 false wrong"
tap_is "a code beyond the window is refused" "$(verify alice "$(code 50)")" "200 false wrong"
tap_is "an unknown user's code is refused in the same words" "$(verify nobody 123456)" "200 false wrong"
tap_is "oathtool's TOTP code of now is accepted" "$(verify alice "$(oathtool --totp -b "$totp_seed")")" "200 true $totp"
tap_is "a TOTP code of an hour ago is refused" \
	"$(verify alice "$(oathtool --totp -b --now '1 hour ago' "$totp_seed")")" "200 false wrong"
api POST "/v1/tokens/$hotp/disable" '{}'
tap_is "a token is disabled" "$status $(field .state)" "200 disabled"
tap_is "a disabled token's code is refused" "$(verify alice "$(code 6)")" "200 false wrong"
api POST "/v1/tokens/$hotp/enable"
tap_is "a token is enabled again, by a call without a body" "$status $(field .state)" "200 active"
api POST "/v1/tokens/$hotp/resync" "{\"code1\":\"$(code 200)\",\"code2\":\"$(code 201)\"}"
tap_is "two codes far ahead bring it in step" "$status" 200
tap_is "the code after them is accepted" "$(verify alice "$(code 202)")" "200 true $hotp"
api POST /v1/tokens/t_0000000000000000/disable
refused "an unknown token is not found" 404 token_not_found

# ---- who may ----

credential=
api POST /v1/otp/verify '{"user":"alice","code":"123456"}'
refused "no credential is unauthorized" 401 unauthorized
tap_is "... and told how" "$(header WWW-Authenticate)" Bearer
printf 'cs_wrong\n' >"$DAEMON_DIR/wrong"
credential=$DAEMON_DIR/wrong
api GET /v1/users
refused "a wrong credential is unauthorized" 401 unauthorized
credential=$web
api GET /v1/users
refused "an application may not do what only the admin may" 403 forbidden
credential=$admin
api POST /v1/otp/verify '{"user":"alice","code":"123456"}'
refused "the admin's credential is none for verifying" 403 forbidden

# ---- what is malformed ----

api POST /v1/users '{"user":'
refused "broken JSON is refused" 400 invalid_json
api POST /v1/users '["alice"]'
refused "JSON that is no object is refused" 400 invalid_json
api POST /v1/users '{"user":"a","user":"b"}'
refused "a member given twice is refused" 400 invalid_json
api POST /v1/users '{"user":"a","shoe":1}'
refused "an unknown member is refused" 400 unknown_member
api POST /v1/users '{"user":7}'
refused "a member of the wrong type is refused" 400 invalid_member
tap_like "... by its name" "$(field .error.message)" "'user'"
api POST /v1/users '{}'
refused "a missing member is told" 400 missing_member
content_type=text/plain api POST /v1/users '{"user":"c"}'
refused "another content type is refused" 415 unsupported_media_type
head -c 70000 /dev/zero | tr '\0' ' ' >"$DAEMON_DIR/big"
api POST /v1/users "@$DAEMON_DIR/big"
refused "a body over the limit is refused" 413 payload_too_large
head -c 3000000 /dev/zero >"$DAEMON_DIR/big"
api POST /v1/users "@$DAEMON_DIR/big"
refused "a huge body is refused before it is sent" 413 payload_too_large
api GET '/v1/users?limit=many'
refused "a parameter that is no number is refused" 400 invalid_member
api GET '/v1/users?limit=%zz'
refused "a broken escape is refused" 400 invalid_member
api GET /v1/nothing
refused "an unknown path is not found" 404 not_found
api DELETE /v1/users
refused "another method is refused" 405 method_not_allowed
tap_is "... and the right ones are told" "$(header Allow)" "POST, GET, HEAD, OPTIONS"
api OPTIONS /v1/otp/verify
tap_is "OPTIONS tells the methods" "$status $(header Allow)" "204 POST, OPTIONS"
tap_is "HEAD is GET without a body" \
	"$(curl -sI --noproxy '*' --cacert "$DAEMON_CA" -o /dev/null -w '%{http_code} %{size_download}' "$DAEMON_URL/healthz")" "200 0"

# ---- TLS, garbage, patience ----

port=${DAEMON_URL##*:}
tls()
{
	openssl s_client -connect "127.0.0.1:$port" -CAfile "$DAEMON_CA" "$@" </dev/null 2>&1
}
tap_like "TLS 1.3 is spoken" "$(tls -tls1_3 -brief)" "Protocol version: TLSv1.3"
tap_refused "TLS 1.2 is refused" curl -s --noproxy '*' --cacert "$DAEMON_CA" --tls-max 1.2 "$DAEMON_URL/healthz"
(
	for _ in 1 2 3 4 5 6 7 8; do
		head -c 4096 /dev/urandom >"/dev/tcp/127.0.0.1/$port"
	done
	printf 'GET / HTTP/1.1\r\n\r\n' >"/dev/tcp/127.0.0.1/$port"
) 2>/dev/null
tap_ok "garbage on the port does it no harm" curl -sf --noproxy '*' --cacert "$DAEMON_CA" "$DAEMON_URL/healthz"
tap_like "garbage inside TLS is answered with 400 or the end" \
	"$( (head -c 2000 /dev/urandom; printf '\r\n\r\n') | openssl s_client -connect "127.0.0.1:$port" -CAfile "$DAEMON_CA" -quiet \
		2>/dev/null | head -c 12 | tr -d '\000'; echo end)" '^(HTTP/1.1 4..)?end'

# How long the daemon waits from now on: with little time a slow machine would be cut off anywhere.
request_timeout() # SECONDS
{
	local before tries=1200
	before=$(grep -c 'configuration was read anew' "$DAEMON_DIR/daemon.log")
	sed -i "s/^request_timeout = .*/request_timeout = $1/" "$DAEMON_DIR/countersignd.conf"
	kill -HUP "$DAEMON_PID"
	until [ "$(grep -c 'configuration was read anew' "$DAEMON_DIR/daemon.log")" -gt "$before" ]; do
		tries=$((tries - 1))
		[ "$tries" -gt 0 ] || return 1
		sleep 0.05
	done
}
tap_ok "request_timeout is made short" request_timeout 3

# A client that sends a byte of its request every now and then is not waited for longer than that.
slow()
{
	{
		printf 'POST /v1/users HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{'
		for _ in $(seq 600); do
			sleep 0.2
			printf ' ' || break
		done
	} | timeout 110 openssl s_client -connect "127.0.0.1:$port" -CAfile "$DAEMON_CA" -quiet >"$DAEMON_DIR/slow" 2>&1
}
slow &
slow_pid=$!
tap_ok "others are served while a slow client dribbles" curl -sf --noproxy '*' --cacert "$DAEMON_CA" "$DAEMON_URL/healthz"
wait "$slow_pid"
slow_status=$?
tap_ok "the slow client was cut off before it was done" test "$slow_status" -ne 124
tap_ok "request_timeout is made long again" request_timeout 60
credential=
api GET /metrics
tap_is "metrics are not for whoever reaches the API" "$status" 404
answer=$(daemon_metrics)
tap_like "... and counted" "$answer" 'countersign_http_expired_total [1-9]'
tap_like "metrics have the latency of verifications" "$answer" \
	'countersign_http_request_seconds_bucket\{operation="otp_verify",le="0\.[0-9]+"\} [0-9]+'
tap_is "metrics name no user" "$(grep -c alice <<<"$answer")" 0

# ---- one code, two hundred times at once ----

credential=$admin carol_seed=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP
tap_ok "a user for the race" user_make carol "$carol_seed"
for ((i = 0; i < 200; i++)); do
	printf '{"user":"carol","code":"%s"}\n' "$(code 0 "$carol_seed")"
done >"$DAEMON_DIR/race"
race=$("$load" "$DAEMON_URL/v1/otp/verify" 16 200 "$DAEMON_CA" "$web" "$DAEMON_DIR/race")
tap_note "$race"
tap_is "the same code 200 times over 16 connections is accepted exactly once" "$(jq -c '[.accepted, .statuses]' <<<"$race")" \
	'[1,{"200":200}]'

# ---- a call that is repeated ----

credential=$admin header_line='Idempotency-Key: "8e03978e-40d5-43dd-bc93-6894a57f9324"'
api POST /v1/users '{"user":"dora"}'
tap_is "a call with an Idempotency-Key is done" "$status" 201
first=$answer
api POST /v1/users '{"user":"dora"}'
tap_is "sent again, it is answered the same" "$status $answer" "201 $first"
header_line='Idempotency-Key: 8e03978e-40d5-43dd-bc93-6894a57f9324'
api POST /v1/users '{"user":"dora"}'
tap_is "... with the key's quotation marks or without" "$status $answer" "201 $first"
api POST /v1/users '{"user":"doris"}'
refused "another call under that key is refused" 422 idempotency_key_reused
api GET /v1/users
tap_is "a call that changes nothing needs none, and has none" "$status" 200
for bad in 'two words' '"' "$(printf 'k%.0s' {1..129})" '"a\"b"'; do
	header_line="Idempotency-Key: $bad"
	api POST /v1/users '{"user":"doris"}'
	refused "a key that is none is refused" 400 invalid_idempotency_key
done
header_line=
api POST /v1/users '{"user":"dora"}'
refused "without it, it is a call as any other" 409 user_exists

# ---- keeper goes away ----

child() # NAME
{
	local pid
	for pid in $(cat "/proc/$DAEMON_PID/task/$DAEMON_PID/children"); do
		if tr '\0' ' ' <"/proc/$pid/cmdline" | grep -q "$1"; then
			printf '%s\n' "$pid"
		fi
	done
}
healthy()
{
	curl -sf --noproxy '*' --cacert "$DAEMON_CA" "$DAEMON_URL/healthz" >/dev/null
}
healthy_again()
{
	local tries=1200
	until healthy; do
		tries=$((tries - 1))
		[ "$tries" -gt 0 ] || return 1
		sleep 0.05
	done
}
credential=
tap_ok "request_timeout is made short" request_timeout 3
keeper=$(child keeper)
kill -STOP "$keeper"
api GET /healthz
refused "while keeper does not answer, calls are told so in time" 503 timeout
tap_is "... with a time to come back" "$(header Retry-After)" 1
kill -CONT "$keeper"
tap_ok "it answers again, the calls go on" healthy_again
tap_ok "request_timeout is made long again" request_timeout 60
kill -9 "$keeper"
tap_ok "after kill -9 of keeper the daemon recovers by itself" healthy_again
tap_is "on the same port, with another keeper" "$(daemon_port) $([ "$(child keeper)" != "$keeper" ] && echo other)" "$port other"
tap_is "no code that was accepted is accepted again" "$(verify carol "$(code 0)")" "200 false wrong"
front=$(child front)
kill -9 "$front"
until [ -n "$(child front)" ] && [ "$(child front)" != "$front" ] && [ "$(daemon_port)" != "$port" ]; do
	sleep 0.05
done
DAEMON_URL=https://127.0.0.1:$(daemon_port) # the kernel picked another port
tap_ok "after kill -9 of front the daemon recovers by itself" healthy_again
daemon_filtered front "$(child front)"
tap_like "front may gain no privilege" "$(cat "/proc/$(child front)/status")" 'NoNewPrivs:[[:space:]]1'

# ---- lockout, and the log ----

credential=$admin dave_seed=NBSWY3DPO5XXE3DENBSWY3DPO5XXE3DE
tap_ok "a user to be locked" user_make dave "$dave_seed"
api POST /v1/tokens "{\"user\":\"dave\",\"type\":\"hotp\",\"secret\":\"$seed\"}"
tap_is "a seed that another token has is refused" "$status $(field .error.code)" "409 seed_known"
for i in $(seq 10); do
	verify dave 000000 >/dev/null
done
tap_is "after too many wrong codes even a right one is refused" "$(verify dave "$(code 0 "$dave_seed")")" "200 false locked"
api GET '/v1/audit?limit=1000'
tap_is "who came without a credential is in the audit log" \
	"$(jq -r '[.entries[] | select(.action == "otp_verify" and .reason == "unauthorized" and .actor == "unknown")] | length > 0' "$DAEMON_DIR/answer")" true
api GET '/v1/audit?limit=3'
tap_is "the audit log is read page by page" "$status $(field '.entries | length')" "200 3"
tap_is "it holds no code and no seed" "$(api GET '/v1/audit?limit=1000' &&
	jq -c '.entries[] | del(.hash, .previous, .token, .time_ms)' "$DAEMON_DIR/answer" | grep -c -e "$(code 0)" -e "$seed")" 0
api DELETE /v1/applications/web
tap_is "an application is removed" "$status" 200
credential=$web
api POST /v1/otp/verify '{"user":"alice","code":"123456"}'
refused "... and its credential is worth nothing from then on" 401 unauthorized
tap_is "the daemon's own log has no code, seed or credential" \
	"$(grep -c -e "$seed" -e "$(code 0)" -e "$(cat "$admin")" "$DAEMON_DIR/daemon.log")" 0
tap_ok "SIGTERM ends it with status 0" daemon_stop
tap_is "no sanitizer has anything to say" "$(grep -e 'Sanitizer' -e 'runtime error' "$DAEMON_DIR/daemon.log")" ""
tap_done
