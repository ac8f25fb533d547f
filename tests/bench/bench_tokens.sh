#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# What grows with the number of tokens, and what does not: verifications a second, keeper's memory, the time until a started daemon
# answers, a page of the token list, an enrolment. Prints one JSON object of figures on standard output, a table on standard error.
#
#   bench_tokens.sh [TOKENS...]     default 1000 100000 1000000 5000000, or what BENCH_TOKENS says (make bench BENCH_TOKENS="1000 100000")
#
# The tokens that verify are 1,024 that were enrolled through the daemon, each with a user of its own; their identifiers are random,
# so they lie all over the table, and they take turns. The others are put into the file with SQL, with seeds that nothing opens.
#
# What a machine does at once changes more within a minute than anything here does with the number of tokens: the first number's daemon
# stays, and is asked in turns with each other one. A rate is the median of these rounds, and the share of the first's that of their shares.

# shellcheck source=tests/bench/daemon_bench.sh
. "$(dirname "$0")/daemon_bench.sh"

connections=64 each=8 rounds=5
[ $# -gt 0 ] || read -ra sizes <<<"${BENCH_TOKENS:-1000 100000 1000000 5000000}"
[ $# -eq 0 ] || sizes=("$@")

# As many more tokens, each with a user, as bring their number to the one given.
fill()
{
	local more=$(($1 - users))
	[ "$more" -gt 0 ] || return 0
	sqlite3 "$DAEMON_DIR/server/countersign.db" "
		PRAGMA synchronous = OFF;
		BEGIN;
		WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $more)
			INSERT INTO user (name, created) SELECT 'filler' || i, 1 FROM n;
		INSERT INTO token (id, user, type, hash, digits, period, seed, next, state, created, fingerprint)
			SELECT 't_' || lower(hex(randomblob(8))), id, 1, 1, 6, 30, randomblob(48), 0, 1, 1, randomblob(32) FROM user WHERE name LIKE 'filler%';
		COMMIT;
		PRAGMA wal_checkpoint(TRUNCATE);" >/dev/null
	sync "$DAEMON_DIR/server/countersign.db" # or the daemon's first commit waits for all that
}

# Pages of a hundred tokens from all over the list, one after the other on one connection, in milliseconds without the handshake: [what
# half of them take at most, the slowest]. Of the whole list, or of what a filter leaves.
page_ms() # [FILTER]
{
	local url i urls=() outs=()
	for i in {0..9} {a..f}; do
		url="$DAEMON_URL/v1/tokens?limit=100&after=t_$i${1:+&$1}"
		urls+=("$url" "${url/after=t_$i/after=t_${i}8}")
		outs+=(-o /dev/null -o /dev/null)
	done
	curl -sf --noproxy '*' --cacert "$DAEMON_CA" -H "Authorization: Bearer $(cat "$DAEMON_ADMIN")" -w '%{stderr}%{time_total} %{time_pretransfer}\n' \
		"${outs[@]}" "${urls[@]}" 2>&1 >/dev/null | jq -Rnc '[inputs | split(" ") | map(tonumber * 1000) | .[0] - .[1]] | sort | [.[length / 2], .[-1]]'
}

# Half of so many enrolments over 4 connections take no longer than this, in milliseconds.
enrol_ms()
{
	local new=64
	"$bench_codes" user $((users + new)) | tail -n "$new" >"$DAEMON_DIR/users"
	"$bench_codes" token $((users + new)) | tail -n "$new" >"$DAEMON_DIR/tokens"
	"$load" "$DAEMON_URL/v1/users" 4 "$new" "$DAEMON_CA" "$DAEMON_ADMIN" "$DAEMON_DIR/users" >"$DAEMON_DIR/enrol.log"
	"$load" "$DAEMON_URL/v1/tokens" 4 "$new" "$DAEMON_CA" "$DAEMON_ADMIN" "$DAEMON_DIR/tokens" |
		jq --argjson n "$new" 'if .statuses["201"] == $n then .p50_us / 1000 else error("not all were enrolled: \(.statuses)") end'
}

# Passwords of nobody, which cost what anybody's do: as many at once as keeper looks at, each with Argon2id's memory.
logins()
{
	seq -f '{"user":"nobody%.0f","password":"wrong horse 77"}' 64 >"$DAEMON_DIR/logins"
	"$load" "$DAEMON_URL/v1/login" 16 64 "$DAEMON_CA" "$DAEMON_DIR/bench.credential" "$DAEMON_DIR/logins" >"$DAEMON_DIR/logins.log"
	jq -e '.statuses["200"] == 64' "$DAEMON_DIR/logins.log" >/dev/null || { cat "$DAEMON_DIR/logins.log" >&2; return 1; }
}

# ---- several daemons ----

root=$DAEMON_DIR
declare -A pid url

# From here on it is this one that daemon_*, enrol, bodies, verify and the others mean.
at() # TOKENS
{
	DAEMON_DIR=$root/$1 DAEMON_CA=$root/$1/server/tls.crt DAEMON_ADMIN=$root/$1/server/admin.credential
	DAEMON_PID=${pid[$1]-} DAEMON_URL=${url[$1]-}
}

begin() # TOKENS
{
	at "$1"
	daemon_start
	pid[$1]=$DAEMON_PID url[$1]=$DAEMON_URL
}

end() # TOKENS
{
	at "$1"
	unset "pid[$1]"
	daemon_stop
	rm -rf "${DAEMON_DIR:?}"
}

end_all()
{
	local size
	for size in "${!pid[@]}"; do end "$size" || true; done
	rm -rf "$root"
}
trap end_all EXIT

# A daemon with so many tokens; sets started, the seconds until it answers.
prepare() # TOKENS
{
	at "$1"
	daemon_init
	begin "$1"
	enrol
	daemon_stop
	fill "$1"
	local began=$EPOCHREALTIME
	begin "$1"
	started=$(jq -n "$EPOCHREALTIME - $began")
}

# A round's codes, and what bench_load says.
round() # TOKENS ROUND
{
	at "$1"
	bodies $(($2 * each)) "$each"
	verify "$connections" $((users * each))
}

first=${sizes[0]} done_rounds=0 # of the first's codes
figures='{}'
printf '%-12s %12s %8s %12s %12s %12s %12s %12s %12s %12s\n' tokens "verify/s" "%" "p99 us" "keeper us" "keeper KiB" "start s" "page ms" "filtered ms" "enrol ms" >&2
for size in "${sizes[@]}"; do
	prepare "$size"
	pairs=()
	for ((i = 0; i < rounds; i++)); do
		beside=$(round "$first" "$done_rounds")
		done_rounds=$((done_rounds + 1))
		[ "$size" = "$first" ] && own=$beside || own=$(round "$size" "$i")
		pairs+=("$(jq -c --argjson b "$beside" '. + {share: (100 * .per_second / $b.per_second), keeper: .processor_us[0]}' <<<"$own")")
	done
	at "$size"
	verify=$(printf '%s\n' "${pairs[@]}" | jq -sc 'def median: sort | .[length / 2 | floor];
		{per_second: map(.per_second) | median, p99_us: map(.p99_us) | median, keeper: map(.keeper) | median, share: map(.share) | median}')
	page=$(page_ms)
	filtered=$(page_ms state=active)
	enrolment=$(enrol_ms)
	logins
	memory=$(awk '/^VmHWM/ {print $2}' "/proc/$(child_pid keeper)/status")
	[ "$size" = "$first" ] || end "$size"
	jq -rn --arg n "$size" --argjson v "$verify" --argjson m "$memory" --argjson s "$started" --argjson p "$page" \
		--argjson f "$filtered" --argjson e "$enrolment" '[$n, $v.per_second, $v.share, $v.p99_us, $v.keeper, $m, $s, $p[0], $f[0], $e] | @tsv' |
		awk '{printf "%-12s %12.0f %8.0f %12d %12.0f %12d %12.3f %12.2f %12.2f %12.2f\n", $1, $2, $3, $4, $5, $6, $7, $8, $9, $10}' >&2
	figures=$(jq --arg n "$size" --arg first "$first" --argjson v "$verify" --argjson m "$memory" --argjson s "$started" --argjson p "$page" \
		--argjson f "$filtered" --argjson e "$enrolment" '. + {"daemon_\($n)_tokens_verify_per_second": {value: $v.per_second, unit: "1/s", beside: {"percent_of_\($first)": $v.share, p99_us: $v.p99_us, keeper_us: $v.keeper}},
		      "daemon_\($n)_tokens_keeper_memory": {value: $m, unit: "KiB", beside: {limit: 65536}},
		      "daemon_\($n)_tokens_start": {value: $s, unit: "s", beside: {limit: 1}},
		      "daemon_\($n)_tokens_list_page": {value: $p[0], unit: "ms", beside: {limit: 5, slowest: $p[1]}},
		      "daemon_\($n)_tokens_filtered_page": {value: $f[0], unit: "ms", beside: {limit: 5, slowest: $f[1]}},
		      "daemon_\($n)_tokens_enrol": {value: $e, unit: "ms"}}' <<<"$figures")
done
printf '%s\n' "$figures"
