#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Two daemons on one PostgreSQL with a synchronous standby: the same code at once is accepted once; without the standby no daemon is
# ready; a killed server's standby takes over, and nothing is accepted twice, nothing acknowledged is lost.
# COUNTERSIGN_TEST_ROUNDS: of 64 identical codes; 1,000 take a minute and a half on two cores, which is for make races.
# COUNTERSIGN_TEST_SEED repeats a failover.

# shellcheck source=tests/lib/pair.sh
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib/pair.sh"
tap_need oathtool

seed=${COUNTERSIGN_TEST_SEED:-$RANDOM$RANDOM}
rounds=${COUNTERSIGN_TEST_ROUNDS:-50}
tap_note "COUNTERSIGN_TEST_SEED=$seed"
oath_seed=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ # the 20 bytes of RFC 4226, appendix D

standby_make()
{
	pg_copy standby primary && pg_start standby synchronous_standby_names= && standby_follows
}

standby_follows()
{
	local tries=1200
	until [ "$(pg_sql primary "SELECT sync_state FROM pg_stat_replication")" = sync ]; do
		tries=$((tries - 1))
		[ "$tries" -gt 0 ] || return 1
		sleep 0.05
	done
}

init_elsewhere()
{
	sed "s|^state_directory = .*|state_directory = $first/elsewhere|" "$first/countersignd.conf" >"$first/elsewhere.conf"
	"$daemon_program" --config "$first/elsewhere.conf" --init >"$first/elsewhere.log" 2>&1
}

# Whether the kernel filters keeper's system calls (2), which include socket and connect.
keeper_filter()
{
	awk '/^Seccomp:/ {print $2}' "/proc/$(pgrep -P "$DAEMON_PID" -f -- '--child keeper')/status"
}

# Each round: the next code 64 times, over 16 connections, half of them to each daemon.
race()
{
	local code
	while read -r code; do
		for ((i = 0; i < 64; i++)); do
			printf '{"user":"racer","code":"%s"}\n' "$code"
		done
	done < <(oathtool --hotp -b -c 0 -w $((rounds - 1)) "$oath_seed") >"$first/race.bodies"
	raced=$("$top_builddir/tests/integration/http_load" "$DAEMON_URL/v1/otp/verify,$second_url/v1/otp/verify" 16 $((rounds * 64)) \
		"$DAEMON_CA" "$first/web.credential" "$first/race.bodies" 64)
}

# Each of ten backup codes 64 times, as above.
race_backup()
{
	local credential=$DAEMON_ADMIN
	api POST /v1/users '{"user":"printed"}'
	api POST /v1/tokens '{"user":"printed","type":"backup","count":10}'
	jq -r '.codes[] as $code | range(64) | {user: "printed", code: $code} | tojson' <<<"$answer" >"$first/backup.bodies"
	raced=$("$top_builddir/tests/integration/http_load" "$DAEMON_URL/v1/otp/verify,$second_url/v1/otp/verify" 16 640 \
		"$DAEMON_CA" "$first/web.credential" "$first/backup.bodies" 64)
}

# Kills the primary, with load on both daemons, and lets the standby take over; the load goes on, and then tells what it found.
failover()
{
	local status
	{
		printf 'kill -9 %s $(pgrep -P %s)\n' "${pg_pid[primary]}" "${pg_pid[primary]}"
		printf 'cd %s && exec setpriv %s %s/pg_ctl promote -w -D %s/standby/data >>%s/log\n' "$PG_DIR" "${pg_user[*]}" \
			"$pg_programs" "$PG_DIR" "$PG_DIR"
	} >"$first/failover"
	sed -i "s/^listen = .*/listen = ${DAEMON_URL#https://}/" "$first/countersignd.conf"
	"$top_builddir/tests/integration/daemon_kill" "$daemon_program" "$first/countersignd.conf" "$DAEMON_URL,$second_url" "$DAEMON_CA" \
		"$DAEMON_ADMIN" "$first/web.credential" 1 "$seed" ". $first/failover" 2>"$first/kill.log" >"$first/kill.out"
	status=$?
	[ "$status" -eq 0 ] || tail -n 20 "$first/kill.out" "$first/kill.log"
	wait "${pg_pid[primary]}" 2>/dev/null
	unset "pg_pid[primary]"
	return "$status"
}

second_answers()
{
	local tries=1200
	until curl -sf --noproxy '*' --cacert "$DAEMON_CA" "$second_url/healthz" >/dev/null; do
		tries=$((tries - 1))
		[ "$tries" -gt 0 ] || return 1
		sleep 0.05
	done
}

audit_accepted() # by user and position, what was accepted more than once
{
	pg_sql "$1" "SELECT \"user\", token, detail, count(*) FROM audit WHERE action = 'otp_verify' AND result = 'accepted'
		GROUP BY 1, 2, 3 HAVING count(*) > 1"
}

# Forty wrong codes at once, half of them to each daemon; what became of them, as the audit log has it.
guess()
{
	for ((i = 0; i < 40; i++)); do
		printf '{"user":"guessed","code":"%06d"}\n' "$i"
	done >"$first/guesses"
	"$top_builddir/tests/integration/http_load" "$DAEMON_URL/v1/otp/verify,$second_url/v1/otp/verify" 40 40 "$DAEMON_CA" \
		"$first/web.credential" "$first/guesses" >"$first/guessed"
	pg_sql primary "SELECT result, count(*) FROM audit WHERE \"user\" = 'guessed' AND action = 'otp_verify' GROUP BY 1 ORDER BY 1"
}

metric() # NAME: the sum of both daemons
{
	local log
	for log in "$first/daemon.log" "$second/daemon.log"; do
		daemon_metrics "$log" | sed -n "s/^$1 //p"
	done | jq -s add
}

tap_ok "a server is made and started" pg_make primary || tap_done
tap_ok "it starts" pg_start primary synchronous_standby_names='*' || tap_done
tap_ok "its standby follows, synchronously" standby_make || tap_done
tap_ok "a daemon is made on it" daemon_init "database = postgresql:host=$(pg_hosts primary standby) dbname=postgres user=countersign" ||
	tap_done
tap_refused "a second --init, with other keys, does not make the database again" init_elsewhere
tap_like "and says what to do instead" "$(cat "$first/elsewhere.log")" 'has been initialised: give this daemon the sealing key'
tap_is "nor leaves a file" "$(ls "$first/elsewhere")" ""
tap_ok "the daemon starts" daemon_start || tap_done
tap_ok "a second one starts on the same server" second_start || tap_done
tap_ok "an application gets a credential from the first" app_make web || tap_done
user_make racer "$oath_seed"
user_make guessed JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP ',"counter":1000000'

tap_is "keeper, which has its connection, may open no other one" "$(keeper_filter)" 2
tap_ok "$rounds rounds of 64 identical codes, over 16 connections and two daemons, run" race
tap_is "in each exactly one is accepted" "$(jq -r '[.accepted, .round_least, .round_most] | @csv' <<<"$raced")" "$rounds,1,1"
tap_is "each is answered" "$(jq -c .statuses <<<"$raced")" "{\"200\":$((rounds * 64))}"
tap_is "the audit log knows each once" "$(audit_accepted primary)" ""
tap_note "$(jq -r '"\(.per_second) a second, p99 \(.p99_us / 1000) ms"' <<<"$raced"); transactions run again: $(metric countersign_keeper_repeated_total)"

tap_ok "ten backup codes, each 64 times at once, run" race_backup
tap_is "each is accepted once" "$(jq -r '[.accepted, .round_least, .round_most] | @csv' <<<"$raced")" "10,1,1"

tap_is "of 40 wrong codes at once, at two daemons, five are looked at" "$(guess)" $'locked|35\nwrong|5'

# ---- without its standby ----

ready() # what the second daemon says to its own operator
{
	local port
	port=$(sed -n 's/.*serving metrics by plain HTTP on 127\.0\.0\.1:\([0-9]*\).*/\1/p' "$second/daemon.log")
	curl -s --noproxy '*' --max-time 120 -w '%{http_code}\n' "http://127.0.0.1:$port/readyz" |
		jq -rs '[.[1], .[0].status, .[0].checks.standby.status, .[0].checks.standby.reason] | join("|")'
}
standby_gone()
{
	local tries=1200
	pg_stop standby
	until [ "$(pg_sql primary "SELECT count(*) FROM pg_stat_replication")" = 0 ]; do
		tries=$((tries - 1))
		[ "$tries" -gt 0 ] || return 1
		sleep 0.05
	done
}
tap_is "with its standby a daemon is ready" "$(ready)" "200|ok|ok|"
tap_ok "the standby stops" standby_gone
tap_is "... it is not ready, and says why" "$(ready)" \
	"503|not_ready|failed|the synchronous standby is not connected: commits wait for it"
standby_back()
{
	pg_start standby synchronous_standby_names= && standby_follows
}
tap_ok "the standby comes back" standby_back || tap_done
tap_is "... it is ready again" "$(ready)" "200|ok|ok|"

tap_ok "the first daemon stops when asked to" daemon_stop
tap_ok "its server killed under load: its standby takes over, no code is accepted twice, nothing acknowledged is lost" failover
tap_note "$(sed 's/^# //' "$first/kill.out")"
tap_is "the audit log there knows each acceptance once" "$(audit_accepted standby)" ""
tap_ok "the second daemon serves on" second_answers

# ---- saved and put back ----

restored()
{
	"$daemon_program" --config "$first/restored.conf" --restored
}
copy_directory=$PG_DIR/standby/socket
tap_ok "pg_dump saves the database" "$pg_programs/pg_dump" -h "$copy_directory" -U countersign -d postgres -Fc -f "$first/saved"
pg_sql standby "CREATE DATABASE copy"
tap_ok "pg_restore puts it into another one" "$pg_programs/pg_restore" -h "$copy_directory" -U countersign -d copy "$first/saved"
sed "s|^database = .*|database = postgresql:host=$copy_directory user=countersign dbname=copy|" "$first/countersignd.conf" >"$first/restored.conf"
copy_sql()
{
	"$pg_programs/psql" -XAtq -h "$copy_directory" -U countersign -d copy -c "$1"
}
last=$(copy_sql "SELECT max(sequence) FROM audit")
tap_like "--restored says in its audit log what it was" "$(restored)" "after entry $last"
tap_is "... in an entry of its own, behind the copy's last one" \
	"$(copy_sql "SELECT action, detail, previous = (SELECT hash FROM audit WHERE sequence = $last) FROM audit WHERE sequence > $last")" \
	"restored|from a copy that ends with entry $last|t"
copy_sql "DROP TRIGGER audit_update ON audit; UPDATE audit SET reason = 'x' WHERE sequence = 3"
tap_refused "a copy that somebody has changed is refused" restored
tap_is "... and gets no entry" "$(copy_sql "SELECT count(*) FROM audit WHERE action = 'restored'")" 1

migrate()
{
	"$daemon_program" --config "$first/countersignd.conf" --migrate "$@" 2>&1
}
tap_like "--migrate has nothing to do" "$(migrate)" 'is of this version'
pg_sql standby "UPDATE schema_version SET version = version + 1"
tap_refused "it leaves a newer version's database alone" migrate
tap_refused "a daemon does not work with that" "$daemon_program" --config "$first/countersignd.conf"
pg_sql standby "UPDATE schema_version SET version = 1"
tap_like "nor with an older one that nobody has migrated" "$("$daemon_program" --config "$first/countersignd.conf" 2>&1)" \
	'save it .countersign server backup., then run countersignd --migrate --saved'
tap_like "which is not migrated before someone says that it was saved" "$(migrate)" 'makes no copy .* --migrate --saved; nothing was changed'
tap_is "... indeed" "$(pg_sql standby 'SELECT version FROM schema_version')" 1
tap_like "... and then is tried: it is none of version 1" "$(migrate --saved)" 'countersignd: .*database on the PostgreSQL server: [^:]*$'
tap_refused "--saved is of use with --migrate alone" "$daemon_program" --config "$first/countersignd.conf" --saved
tap_done
