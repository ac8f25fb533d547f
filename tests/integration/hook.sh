#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Web hooks: events reach the receiver of docs/examples, signed, each once and in their order, also when it was away.

# shellcheck source=tests/lib/service.sh
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib/service.sh"
tap_need openssl

service_open || tap_skip_all "nothing can be mounted here"
secret=0123456789abcdef0123456789abcdef
printf '%s\n' "$secret" >"$DAEMON_DIR/secret"
events=$DAEMON_DIR/events
receive() # PORT: 0 for any
{
	python3 "$top_srcdir/docs/examples/webhook/receiver.py" "$DAEMON_DIR/secret" "$1" >>"$events" &
	receiver=$!
	until_so grep -q 'listening on port' "$events"
}
tap_ok "the receiver of docs/examples listens" receive 0 || tap_done
port=$(sed -n 's/listening on port //p' "$events")

tap_ok "the daemon's files are made" daemon_init "hook_urls = http://127.0.0.1:$port/events" "hook_secret = $DAEMON_DIR/secret" \
	'hook_events = token user.added user.locked' 'courier_allow = 127.0.0.1' || tap_done
service_start
until_so notified '^READY=1'
until_so test -n "$(port_of 'listening for HTTPS')"
DAEMON_URL=https://127.0.0.1:$(port_of "listening for HTTPS")
tap_ok "... and a courier started, for web hooks alone" test -n "$(child courier)"
app_make web
admin=$DAEMON_ADMIN
told() # COUNT
{
	[ "$(grep -c '^{' "$events")" -ge "$1" ]
}
nth() # NUMBER: without what is new each time
{
	grep '^{' "$events" | sed -n "${1}p" | jq -Sc 'del(.id, .time) | .token |= (if . then "T" else empty end)'
}
credential=$admin
api POST /v1/users '{"user":"alice"}'
api POST /v1/tokens '{"user":"alice","type":"totp"}'
token=$(jq -r .token <<<"$answer")
tap_ok "what happens is told" until_so told 2
tap_is "... a user was added" "$(nth 1)" '{"event":"user.added","user":"alice"}'
tap_is "... and a token enrolled" "$(nth 2)" '{"event":"token.enrolled","token":"T","user":"alice"}'
credential=$DAEMON_DIR/web.credential
for _ in 1 2 3 4 5 6; do
	api POST /v1/otp/verify '{"user":"alice","code":"000000"}'
done
tap_ok "a user who guesses is locked, which is told" until_so told 3
tap_is "... once" "$(nth 3)" '{"event":"user.locked","user":"alice"}'

# ---- away ----

kill "$receiver"
wait "$receiver"
credential=$admin
for verb in disable enable disable enable; do
	api POST "/v1/tokens/$token/$verb"
done
outbox()
{
	credential=$admin
	api GET /v1/outbox
	jq -r "$1" <<<"$answer"
}
failed_once()
{
	[ "$(outbox '[.messages[].attempts] | max')" -ge 1 ]
}
tap_ok "what happens while the receiver is away waits" until_so failed_once
tap_is "... listed without what stands behind the host" "$(outbox '.messages[0].sent_to')" "http://127.0.0.1:$port"
tap_is "... one tried, the others behind it" "$(outbox '[.messages[] | select(.attempts > 0)] | length')" 1
receive "$port"
tap_ok "when it is back it hears all of it" until_so told 7
tap_is "... in order" "$(for i in 4 5 6 7; do nth "$i"; done | jq -r .event | paste -sd ' ')" \
	"token.disabled token.enabled token.disabled token.enabled"
outbox_empty()
{
	[ "$(outbox '.messages | length')" = 0 ]
}
tap_ok "... and nothing waits any more" until_so outbox_empty
tap_is "the audit log is not told of each" "$(
	credential=$admin
	api GET '/v1/audit?limit=1000'
	jq -r '[.entries[] | select(.action == "message")] | length' <<<"$answer"
)" 0

# ---- whom the receiver believes ----

post() # TIME SECRET BODY: the status
{
	local mac
	mac=$(printf '%s.%s' "$1" "$3" | openssl dgst -sha256 -hmac "$2" -r | cut -d ' ' -f 1)
	curl -s -o /dev/null -w '%{http_code}' -H "Countersign-Signature: t=$1,v1=$mac" -d "${4-$3}" "http://127.0.0.1:$port/events"
}
now=$(date +%s)
tap_is "the receiver believes who has the secret" "$(post "$now" "$secret" '{"id":"m_1"}')" 204
tap_is "... not who has another one" "$(post "$now" "another" '{"id":"m_2"}')" 401
tap_is "... nor another body under the same signature" "$(post "$now" "$secret" '{"id":"m_3"}' '{"id":"m_4"}')" 401
tap_is "... nor an old one" "$(post $((now - 400)) "$secret" '{"id":"m_5"}')" 401
tap_done
