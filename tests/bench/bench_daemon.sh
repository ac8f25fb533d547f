#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Verifications a second over kept-alive HTTPS, beside three others in the same run: /healthz on the same server, which is what HTTP,
# TLS and a question to keeper cost without a decision and a durable commit; and, on the same file system, nothing but a commit of
# what as many decisions write (bench_sqlite), for all that wait at once (at most 512, as in keeper's transactions), and for each
# alone. Prints one JSON object of figures on standard output, a table on standard error. Every code is right and new.
#
# What the bare commit makes while the machine answers /healthz to as many connections is there for 64: the load generator, TLS and HTTP
# take their part of the processors, whoever decides.
#
# Then once more with 16 connections, while as many others do nothing but log in with wrong passwords: those wait for Argon2id, in threads
# of their own, and the codes do not.
#
#   bench_daemon.sh [CODES [ROUNDS]]     for each of 1,024 users and each number of connections (default 8; a quarter of it with
#                  one connection); of ROUNDS (default 2) the one with the best rate counts, with its p50 and p99, as others use the
#                  machine, too; of what is beside it, the best of all rounds

# shellcheck source=tests/bench/daemon_bench.sh
. "$(dirname "$0")/daemon_bench.sh"

each=${1:-8} rounds=${2:-2}
batch_max=512
floor=$DAEMON_DIR/server/floor.db

daemon_init 'connections_max = 2048'
daemon_start
enrol
sqlite3 "$DAEMON_DIR/server/countersign.db" "VACUUM INTO '$floor'"

# What only writes, GROUP in each transaction.
committed() # GROUP COUNT
{
	"$top_builddir/tests/bench/bench_sqlite" "$floor" "$1" "$2"
}

batches()
{
	daemon_metrics | awk '/^countersign_keeper_batch_size_sum/ {sum = $2} /^countersign_keeper_batch_size_count/ {print sum, $2}'
}

next=0
round() # CONNECTIONS
{
	local codes=$each group=$(($1 < batch_max ? $1 : batch_max)) sum count sum_after count_after
	[ "$1" -gt 1 ] || codes=$(((each + 3) / 4))
	local count_all=$((codes * users))
	bodies "$next" "$codes"
	next=$((next + codes))
	# Of the batches those do not count that answer /healthz, once for each connection.
	loaded "$1" "$count_all" /healthz >"$DAEMON_DIR/health"
	committed "$group" "$count_all" >"$DAEMON_DIR/grouped"
	committed 1 512 >"$DAEMON_DIR/single"
	read -r sum count <<<"$(batches)"
	verify "$1" "$count_all" >"$DAEMON_DIR/verify"
	read -r sum_after count_after <<<"$(batches)"
	jq -cn --slurpfile v "$DAEMON_DIR/verify" --slurpfile h "$DAEMON_DIR/health" --slurpfile g "$DAEMON_DIR/grouped" \
		--slurpfile s "$DAEMON_DIR/single" "{verify: \$v[0], health: \$h[0], grouped: \$g[0].per_second, written: \$g[0].processor_us, single: \$s[0].per_second,
			keeper: \$v[0].processor_us[0], front: \$v[0].processor_us[1],
			batch: (($sum_after - $sum - $1) / ([$count_after - $count - $1, 1] | max))}"
}

figures='{}'
printf '%-12s %9s %9s %9s %9s %7s %7s %8s %8s %7s %9s %9s %9s\n' connections "verify/s" "healthz/s" "group/s" "single/s" "%group" "%single" \
	"p50 us" "p99 us" batch "group us" "keeper us" "front us" >&2
for connections in 1 16 64 256 1024; do
	for ((r = 0; r < rounds; r++)); do round "$connections"; done >"$DAEMON_DIR/rounds"
	best=$(jq -s 'max_by(.verify.per_second).verify as $best | {verify: $best.per_second, p50: $best.p50_us, p99: $best.p99_us,
		health: map(.health.per_second) | max, health_p99: map(.health.p99_us) | min, grouped: map(.grouped) | max,
		single: map(.single) | max, keeper: map(.keeper) | min, written: map(.written) | min, front: map(.front) | min, batch: (map(.batch) | add / length)} |
		.of_group = 100 * .verify / .grouped | .of_single = 100 * .verify / .single' "$DAEMON_DIR/rounds")
	jq -r --arg c "$connections" '[$c, .verify, .health, .grouped, .single, .of_group, .of_single, .p50, .p99, .batch, .written, .keeper, .front] |
		@tsv' <<<"$best" |
		awk '{printf "%-12s %9.0f %9.0f %9.0f %9.0f %7.0f %7.0f %8d %8d %7.1f %9.0f %9.0f %9.0f\n", $1, $2, $3, $4, $5, $6, $7, $8, $9, $10,
			$11, $12, $13}' >&2
	figures=$(jq --argjson b "$best" --arg c "$connections" '. +
		{"daemon_verify_per_second_\($c)_connections": {value: $b.verify, unit: "1/s", beside: {healthz_per_second: $b.health,
			group_commit_per_second: $b.grouped, single_commit_per_second: $b.single,
			percent_of_group_commit: $b.of_group, percent_of_single_commit: $b.of_single}},
		 "daemon_verify_p50_\($c)_connections": {value: $b.p50, unit: "us"},
		 "daemon_verify_p99_\($c)_connections": {value: $b.p99, unit: "us", beside: {healthz_p99: $b.health_p99}},
		 "daemon_verify_processor_\($c)_connections": {value: ($b.keeper + $b.front), unit: "us", beside: {keeper: $b.keeper,
			front: $b.front, group_commit: $b.written, requests_in_a_commit: $b.batch}}}' <<<"$figures")
done

# The bare commit again, beside 64 connections that ask for /healthz without end.
loaded 64 10000000 /healthz >"$DAEMON_DIR/health" &
asking=$!
trap 'pkill -P "$asking" || true; daemon_stop || true; rm -rf "$DAEMON_DIR"' EXIT
answered() { daemon_metrics | awk '/^countersign_http_requests_total/ {sum += $2} END {printf "%d\n", sum}'; }
before=$(answered)
until [ "$(answered)" -gt $((before + 1000)) ]; do kill -0 "$asking"; done
before=$(answered) began=$EPOCHREALTIME
committed 64 $((4 * each * users)) >"$DAEMON_DIR/beside"
answered=$(jq -n "($(answered) - $before) / ($EPOCHREALTIME - $began)")
pkill -P "$asking"
wait "$asking" || true
printf '%-12s %9s %9.0f %9.0f\n' "64, at once" "" "$answered" "$(jq .per_second "$DAEMON_DIR/beside")" >&2
figures=$(jq --argjson h "$answered" --slurpfile g "$DAEMON_DIR/beside" '
	.daemon_verify_per_second_64_connections.beside += {group_commit_beside_healthz_per_second: $g[0].per_second, healthz_beside_it_per_second: $h}' <<<"$figures")

bodies "$next" "$each"
seq -f '{"user":"nobody%.0f","password":"wrong horse 77"}' 400000 >"$DAEMON_DIR/logins"
"$load" "$DAEMON_URL/v1/login" 16 400000 "$DAEMON_CA" "$DAEMON_DIR/bench.credential" "$DAEMON_DIR/logins" >"$DAEMON_DIR/flood" &
flood=$!
trap 'kill "$flood" 2>/dev/null || true; daemon_stop || true; rm -rf "$DAEMON_DIR"' EXIT
verify=$(verify 16 $((each * users)))
if ! kill -0 "$flood" 2>/dev/null; then
	printf 'bench_daemon: the flood ended early\n' >&2
	exit 1
fi
metrics=$(daemon_metrics)
kill "$flood"
printf '%-12s %9.0f   p50 %d us, p99 %d us; beside %d logins looked at, %d refused\n' "16, flooded" "$(jq .per_second <<<"$verify")" \
	"$(jq .p50_us <<<"$verify")" "$(jq .p99_us <<<"$verify")" "$(sed -n 's/^countersign_keeper_passwords_total //p' <<<"$metrics")" \
	"$(sed -n 's/^countersign_keeper_passwords_busy_total //p' <<<"$metrics")" >&2
figures=$(jq --argjson v "$verify" '. + {"daemon_verify_per_second_flooded": {value: $v.per_second, unit: "1/s",
	beside: {daemon_verify_per_second_16_connections: .daemon_verify_per_second_16_connections.value}}}' <<<"$figures")
printf '%s\n' "$figures"
