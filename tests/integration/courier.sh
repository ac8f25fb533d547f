#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Codes leave by SMS and mail: to a gateway and a mail server of the test's own, and not to where courier may not connect.

# shellcheck source=tests/lib/service.sh
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib/service.sh"
tap_need sqlite3
service_ends()
{
	umount /etc/hosts # the second one there stands on a file of ours
} 2>/dev/null

service_open || tap_skip_all "nothing can be mounted here"
world=$DAEMON_DIR/world
mkdir "$world"
python3 "$top_srcdir/tests/lib/gateway.py" "$world" &
tap_ok "a gateway and a mail server stand" until_so test -e "$world/ports" || tap_done
read -r http mail <"$world/ports"
printf '127.0.0.1 gateway.example\n' >"$DAEMON_DIR/hosts"
mount --bind "$DAEMON_DIR/hosts" /etc/hosts || tap_done

printf 'Bearer gateway-secret\n' >"$DAEMON_DIR/sms.credential"
tap_ok "the daemon's files are made" daemon_init "sms_url = http://gateway.example:$http/send?to={destination}&id={id}" \
	'sms_body = {"text":"{text}"}' "sms_credential = $DAEMON_DIR/sms.credential" "smtp_url = smtp://127.0.0.1:$mail" "smtp_tls = no" \
	"smtp_from = codes@example.org" 'courier_text = The "code" is {code}' || tap_done
conf=$DAEMON_DIR/countersignd.conf
cp "$conf" "$DAEMON_DIR/closed.conf"
printf 'courier_allow = 127.0.0.1\n' >>"$conf"
started=0
start()
{
	service_start
	started=$((started + 1))
	until_so notified '^READY=1' "$started" && until_so listened && DAEMON_URL=https://127.0.0.1:$(port_of "listening for HTTPS")
}
listened()
{
	[ "$(grep -c 'MESSAGE=listening for HTTPS' "$DAEMON_DIR/journal")" -ge "$started" ]
}
tap_ok "the daemon starts, with a courier" start || tap_done
tap_ok "... which is a process" test -n "$(child courier)"
daemon_filtered courier "$(child courier)"
daemon_filtered front "$(child front)"
app_make web
admin=$DAEMON_ADMIN
enrol() # USER TYPE DESTINATION
{
	credential=$admin
	api POST /v1/users "{\"user\":\"$1\"}"
	api POST /v1/tokens "{\"user\":\"$1\",\"type\":\"$2\",\"destination\":\"$3\"}"
}
enrol alice sms +4915112345678
enrol bob email bob@example.org
challenge() # USER: leaves its identifier
{
	credential=$DAEMON_DIR/web.credential
	api POST /v1/challenges "{\"user\":\"$1\"}"
	id=$(jq -r .challenge <<<"$answer")
}
verify() # USER CODE
{
	credential=$DAEMON_DIR/web.credential
	api POST /v1/otp/verify "{\"user\":\"$1\",\"code\":\"$2\",\"challenge\":\"$id\"}"
	jq -r .accepted <<<"$answer"
}
lines() # FILE COUNT
{
	[ -e "$world/$1" ] && [ "$(wc -l <"$world/$1")" -ge "$2" ]
}
last()
{
	tail -n 1 "$world/http" | jq -r "$1"
}
outbox()
{
	sqlite3 "$DAEMON_DIR/server/countersign.db" "SELECT $1 FROM outbox"
}
empty()
{
	[ "$(outbox 'count(*)')" = 0 ]
}

# ---- sent ----

challenge alice
tap_ok "a code goes to the gateway" until_so lines http 1 || tap_done
tap_is "... with the destination, escaped, in the URL" "$(last .path | sed 's/id=m_[0-9a-f]*$/id/')" '/send?to=%2B4915112345678&id'
tap_like "... the text in JSON" "$(last '.body | fromjson | .text')" '^The "code" is [0-9]{6}$'
tap_is "... the credential" "$(last .headers.Authorization)" "Bearer gateway-secret"
tap_is "... and an id to tell a second one by" "$(last '.headers["Idempotency-Key"]')" "$(last .path | sed 's/.*id=//')"
code=$(last '.body | fromjson | .text' | grep -oE '[0-9]{6}$')
tap_is "the code that came is the one that is accepted" "$(verify alice "$code")" true
tap_ok "what was sent is not kept" until_so empty
challenge bob
tap_ok "a code goes to the mail server" until_so lines mail 1 || tap_done
tap_is "... from and to whom it should" "$(jq -r '.from + .to[0]' "$world/mail")" "<codes@example.org><bob@example.org>"
code=$(jq -r '.lines[]' "$world/mail" | sed -n 's/^The "code" is \([0-9]*\)$/\1/p')
tap_is "... and is accepted" "$(verify bob "$code")" true
until_so empty
credential=$admin
api GET '/v1/audit?limit=1000'
tap_is "the audit log has both" "$(jq -r '[.entries[] | select(.action == "message") | .user + " " + .result] | join(", ")' <<<"$answer")" "alice sent, bob sent"
tap_is "... and neither code" "$(grep -c -e "$code" "$DAEMON_DIR/answer")" 0

# ---- not sent ----

dead() # COUNT
{
	[ "$(outbox 'sum(dead)')" = "$1" ]
}
printf '400' >"$world/answer"
challenge alice
tap_ok "what the gateway refuses for good is tried no more" until_so dead 1
tap_is "... and says why" "$(outbox 'reason || " " || attempts')" "status_400 1"
rm "$world/answer"
cs=$top_builddir/tools/countersign
outbox_command() # ARGUMENT...
{
	"$cs" server outbox "$@" --server "$DAEMON_URL" --ca "$DAEMON_DIR/server/tls.crt" --credential-file "$admin"
}
message=$(outbox_command list --json | jq -r '.messages[0].message')
tap_like "an operator lists it, without its code" "$(outbox_command list)" "^$message failed: sms of alice to \*{12}78, tried 1 times: status_400\$"
before=$(wc -l <"$world/http")
tap_is "... and has it sent again" "$(outbox_command retry "$message")" "$message waits to be sent"
tap_ok "... as it is" until_so lines http $((before + 1))
tap_is "... with the same id and text" "$(tail -n 2 "$world/http" | jq -r '.headers["Idempotency-Key"] + .body' | uniq | wc -l)" 1
until_so empty
tap_refused "one that is not there is not retried" outbox_command retry "$message"
printf '400' >"$world/answer"
challenge alice
until_so dead 1
printf '302 http://127.0.0.1:%s/elsewhere' "$http" >"$world/answer"
challenge alice
tap_ok "a redirect is not followed" until_so dead 2
tap_is "... nothing came where it pointed" "$(grep -c elsewhere "$world/http")" 0
printf '503' >"$world/answer"
before=$(wc -l <"$world/http")
challenge alice
tap_ok "what fails for now ..." until_so lines http $((before + 1))
printf '200' >"$world/answer"
tap_ok "... is tried again, and gets there" until_so lines http $((before + 2))
tap_is "... with the same id" "$(tail -n 2 "$world/http" | jq -r '.headers["Idempotency-Key"]' | uniq | wc -l)" 1
left()
{
	[ "$(outbox 'count(*) - sum(dead)')" = 0 ]
}
tap_ok "... and is not kept" until_so left
printf '550' >"$world/mail-answer"
challenge bob
tap_ok "a mailbox that does not exist is tried no more" until_so dead 3
tap_is "the log tells of each" "$(grep -c 'COUNTERSIGN_EVENT=message_failed' "$DAEMON_DIR/journal")" 4
pid=$(child courier)
rm "$world/answer"
touch "$world/hold"
before=$(wc -l <"$world/http")
challenge alice
tap_ok "a courier that has sent, and has no answer yet ..." until_so lines http $((before + 1))
kill -9 "$pid"
tap_ok "... is killed: the next one sends again" until_so lines http $((before + 2))
rm "$world/hold"
tap_is "... the same code, with the same id" "$(tail -n 2 "$world/http" | jq -r '.headers["Idempotency-Key"] + .body' | uniq | wc -l)" 1
tap_ok "... and keeper hears of it" until_so left
tap_is "... which is accepted" "$(verify alice "$(last '.body | fromjson | .text' | grep -oE '[0-9]{6}$')")" true
rm "$world/mail-answer"
before=$(wc -l <"$world/mail")
challenge bob
tap_ok "mail goes as before" until_so lines mail $((before + 1))
until_so left

# Courier may read the files that it found; another one in their place it may not.
printf '127.0.0.1 gateway.example\n' >"$DAEMON_DIR/hosts.new"
pid=$(child courier)
before=$(wc -l <"$world/http")
another()
{
	local now
	now=$(child courier)
	[ -n "$now" ] && [ "$now" != "$pid" ]
}
mount --bind "$DAEMON_DIR/hosts.new" /etc/hosts
tap_ok "a courier that can read the new /etc/hosts takes over" until_so another
challenge alice
tap_ok "... and resolves with it" until_so lines http $((before + 1))
until_so left

# ---- where it may not ----

daemon_stop
cp "$DAEMON_DIR/closed.conf" "$conf"
tap_ok "the daemon starts, with no address named" start || tap_done
before=$(wc -l <"$world/http")
challenge alice
tap_ok "a name that leads to this machine is refused" until_so dead 4
challenge bob
tap_ok "... and so is its address" until_so dead 5
tap_is "... for this reason" "$(outbox 'reason' | grep -c '^address_refused$')" 2
tap_is "nothing came" "$(wc -l <"$world/http")" "$before"

# ---- walls ----

# What they keep out, daemon_front_sandbox_test and daemon_courier_sandbox_test show; here, that who serves stands behind them.
walls=("front has shut itself off from files" "courier has" "no process says that it is without Landlock")
landlock() # whether this kernel has it: 444 is landlock_create_ruleset on every machine, and its flag 1 asks for the version
{
	python3 -c 'import ctypes, sys; sys.exit(ctypes.CDLL(None).syscall(444, None, 0, 1) < 1)'
}
shut_off() # NAME
{
	grep -qE "^$(child "$1") +landlock_restrict_self\(.*\) += 0$" "$DAEMON_DIR/calls"
}
traced_daemon()
{
	traced "$DAEMON_DIR/calls" landlock_restrict_self "$daemon_itself" "$@"
}
if ! landlock; then
	for wall in "${walls[@]}"; do
		tap_skip "$wall" "this kernel has no Landlock"
	done
elif traceable "/proc/$DAEMON_PID/exe" "${walls[@]}"; then
	daemon_stop
	daemon_itself=$daemon_program daemon_program=traced_daemon
	: >"$DAEMON_DIR/calls"
	lines=$(wc -l <"$DAEMON_DIR/journal")
	tap_ok "the daemon starts, and is watched" start || tap_done
	tap_ok "${walls[0]}" until_so shut_off front
	tap_ok "${walls[1]}" until_so shut_off courier
	tap_is "${walls[2]}" "$(tail -n "+$((lines + 1))" "$DAEMON_DIR/journal" | grep -F 'without Landlock')" ""
fi
tap_done
