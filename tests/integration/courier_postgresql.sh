#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Two daemons on one PostgreSQL, and a courier each: codes that wait in the one outbox go to the gateway once, and are accepted once,
# however many send them at once; and where a courier is killed while the gateway keeps it waiting, each code arrives and is accepted
# all the same.

# shellcheck source=tests/lib/pair.sh
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib/pair.sh"
tap_need python3

messages=40

courier_of() # PID of a daemon
{
	local pid
	for pid in $(pgrep -P "$1"); do
		tr '\0' ' ' <"/proc/$pid/cmdline" 2>/dev/null | grep -q -- '--child courier ' && echo "$pid"
	done
}

# What has come to the gateway behind the first $seen requests, a line each: whose courier, destination, id, text.
arrived()
{
	tail -n "+$((seen + 1))" "$world/http" 2>/dev/null |
		jq -r '[(.path | capture("by=(?<by>[a-z]*)&to=(?<to>[^&]*)&id=(?<id>.*)") | .by, .to, .id), (.body | fromjson | .text)] | @tsv'
}
ids()
{
	arrived | cut -f 3 | sort -u | wc -l
}
have()
{
	[ "$(ids)" -ge "$1" ]
}
waits_with() # first|second
{
	arrived | cut -f 1 | grep -qx "$1"
}
all_sent()
{
	[ "$(pg_sql main 'SELECT count(*) FROM outbox')" = 0 ]
}

# Challenges of the users from $1 to $2, in turn of the two daemons; their identifiers are in $first/challenge.N.
challenge()
{
	local n credential=$first/web.credential url=$DAEMON_URL
	for ((n = $1; n <= $2; n++)); do
		[ $((n % 2)) -eq 0 ] || DAEMON_URL=$second_url
		api POST /v1/challenges "{\"user\":\"user$n\"}"
		DAEMON_URL=$url
		[ "$status" = 201 ] || { tap_note "user$n: $status $answer"; return 1; }
		jq -r .challenge <<<"$answer" >"$first/challenge.$n"
	done
}
# How many of them are let in by the code that came, at the other daemon than the one that was asked.
let_in()
{
	local n code count=0 credential=$first/web.credential url=$DAEMON_URL
	arrived >"$first/arrived"
	for ((n = $1; n <= $2; n++)); do
		code=$(awk -F '\t' -v to="$(printf '%%2B49151%07d' "$n")" '$2 == to { code = $4 } END { print code }' "$first/arrived")
		[ $((n % 2)) -eq 1 ] || DAEMON_URL=$second_url
		api POST /v1/otp/verify "{\"user\":\"user$n\",\"code\":\"$code\",\"challenge\":\"$(cat "$first/challenge.$n")\"}"
		DAEMON_URL=$url
		[ "$(jq -r .accepted <<<"$answer")" != true ] || count=$((count + 1))
	done
	echo "$count"
}

# The codes that came for the users from $1 to $2, each 64 times over 16 connections, half of them to each daemon.
race()
{
	local n to code id
	arrived >"$first/arrived"
	for ((n = $1; n <= $2; n++)); do
		to=$(printf '%%2B49151%07d' "$n")
		code=$(awk -F '\t' -v to="$to" '$2 == to { code = $4 } END { print code }' "$first/arrived")
		id=$(cat "$first/challenge.$n")
		jq -nc --arg user "user$n" --arg code "$code" --arg id "$id" 'range(64) | {user: $user, code: $code, challenge: $id}'
	done >"$first/race.bodies"
	raced=$("$top_builddir/tests/integration/http_load" "$DAEMON_URL/v1/otp/verify,$second_url/v1/otp/verify" 16 \
		$((($2 - $1 + 1) * 64)) "$DAEMON_CA" "$first/web.credential" "$first/race.bodies" 64)
}

tap_ok "PostgreSQL starts" pg_make main && tap_ok "... and answers" pg_start main || tap_done
world=$first/world
mkdir "$world"
: >"$world/http"
python3 "$top_srcdir/tests/lib/gateway.py" "$world" {tap_fd}>&- &
pair_also $!
tap_ok "a gateway stands" until_so test -e "$world/ports" || tap_done
read -r http _ <"$world/ports"
# shellcheck disable=SC2154 # of postgresql.sh
tap_ok "the daemon's files are made" daemon_init "database = postgresql:host=$PG_DIR/main/socket user=countersign dbname=postgres" \
	"sms_url = http://127.0.0.1:$http/send?by=first&to={destination}&id={id}" 'sms_body = {"text":"{text}"}' 'courier_text = {code}' \
	'courier_allow = 127.0.0.1' 'challenge_lifetime = 86400' || tap_done
tap_ok "two daemons start" daemon_start || tap_done
tap_ok "... on the same database" second_start s/by=first/by=second/ || tap_done
app_make web
users()
{
	local n credential=$DAEMON_ADMIN
	for ((n = 1; n <= messages; n++)); do
		api POST /v1/users "{\"user\":\"user$n\"}"
		api POST /v1/tokens "{\"user\":\"user$n\",\"type\":\"sms\",\"destination\":\"$(printf '+49151%07d' "$n")\"}"
		[ "$status" = 201 ] || return 1
	done
}
tap_ok "$messages users to whom codes are sent" users || tap_done

# ---- each once ----

# A message is lent for half a minute: on a machine that stands still for as long one may be lent again, and come twice. So it is not
# counted what came, but whether all that came had been lent, and nothing before the one before was over.
pg_sql main "CREATE TABLE lent (id TEXT, early BOOLEAN);
	CREATE FUNCTION lent() RETURNS trigger LANGUAGE plpgsql AS \$\$BEGIN
		INSERT INTO lent VALUES (NEW.id, NEW.due - 30 < OLD.due); RETURN NULL; END\$\$;
	CREATE TRIGGER lent AFTER UPDATE OF attempts ON outbox FOR EACH ROW WHEN (NEW.attempts > OLD.attempts)
		EXECUTE FUNCTION lent()"

seen=0
tap_ok "both daemons challenge them" challenge 1 "$messages" || tap_done
tap_ok "each code comes to the gateway" until_so have "$messages"
tap_ok "... and the outbox is empty" until_so all_sent
tap_is "each of them once" "$(ids)" "$messages"
tap_is "none was lent to one courier while another one had it" "$(pg_sql main 'SELECT count(*) FROM lent WHERE early')" 0
tap_is "none came that was not lent" "$(arrived | wc -l)" "$(pg_sql main 'SELECT count(*) FROM lent')"
tap_is "each is accepted, at the other daemon" "$(let_in 1 "$messages")" "$messages"

# ---- one answer, many times at once ----

seen=$(wc -l <"$world/http")
tap_ok "ten users are challenged" challenge 21 30 || tap_done
tap_ok "their codes come" until_so have 10
tap_ok "each is sent 64 times at once, to both daemons" race 21 30
tap_is "... and accepted once" "$(jq -r '[.accepted, .round_least, .round_most] | @csv' <<<"$raced")" "10,1,1"

# ---- a courier is killed ----

seen=$(wc -l <"$world/http")
touch "$world/hold"
tap_ok "while the gateway answers nobody, users are challenged again" challenge 1 12 || tap_done
tap_ok "both couriers wait for it" until_so waits_with first && tap_ok "... the second one too" until_so waits_with second
pid=$(courier_of "$DAEMON_PID")
tap_like "the first daemon's courier ..." "$pid" '^[0-9]+$'
kill -9 "$pid"
rm "$world/hold"
tap_ok "... is killed: each code comes to the gateway" until_so have 12
tap_ok "... and the outbox is empty" until_so all_sent
tap_is "a code that came twice is the same one, with the same id" "$(arrived | cut -f 2- | sort -u | wc -l)" 12
tap_is "each is accepted" "$(let_in 1 12)" 12
tap_done
