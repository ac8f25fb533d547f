#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Verifications a second over kept-alive HTTPS, beside /healthz on the same server in the same run: what HTTP, TLS and a question
# to keeper cost without a decision and a durable commit. Prints one JSON object of figures on standard output, a table on standard
# error. Every code is right and new: each connection has a user of its own and sends that user's HOTP codes in order.
#
# Then once more with 16 connections, while as many others do nothing but log in with wrong passwords: those wait for Argon2id, in threads
# of their own, and the codes do not.
#
#   bench_daemon.sh [REQUESTS]     for each run with 16 and 64 connections (default 16000); a quarter of it with one

# shellcheck source=tests/bench/daemon_bench.sh
. "$(dirname "$0")/daemon_bench.sh"

requests=${1:-16000}
users=64

daemon_init
daemon_start
app_make bench
for ((u = 0; u < users; u++)); do
	user_make "user$u" "$(seed_of "$u")"
done
# Enough codes for the busiest user: the only one of the first run, and one of 16, of 64, and of 16 again in the others.
total=$((requests / 4 + 2 * (requests / 16) + requests / 64 + 4))
for ((u = 0; u < users; u++)); do
	oathtool --hotp -b -c 0 -w "$total" "$(seed_of "$u")"
done >"$DAEMON_DIR/codes"

# Lines for a run: request i goes over connection i mod connections, as that connection's user, with the user's next code.
position=()
bodies() # CONNECTIONS COUNT
{
	awk -v connections="$1" -v count="$2" -v skip="${position[*]:-0}" -v codes="$DAEMON_DIR/codes" -v each="$((total + 1))" '
		BEGIN {
			while ((getline line <codes) > 0) code[n++] = line
			split(skip, at, " ")
			for (i = 0; i < count; i++) {
				u = i % connections
				printf "{\"user\":\"user%d\",\"code\":\"%s\"}\n", u, code[u * each + at[u + 1]++]
			}
		}'
	for ((u = 0; u < $1; u++)); do
		position[u]=$((${position[u]:-0} + $2 / $1))
	done
}
for ((u = 0; u < users; u++)); do position[u]=0; done

figures='{}'
printf '%-12s %14s %14s %10s %10s\n' connections "verify/s" "healthz/s" "p50 us" "p99 us" >&2
for connections in 1 16 64; do
	count=$requests
	[ "$connections" -gt 1 ] || count=$((requests / 4))
	count=$((count / connections * connections))
	bodies "$connections" "$count" >"$DAEMON_DIR/bodies"
	health=$("$load" "$DAEMON_URL/healthz" "$connections" "$count" "$DAEMON_CA")
	verify=$("$load" "$DAEMON_URL/v1/otp/verify" "$connections" "$count" "$DAEMON_CA" "$DAEMON_DIR/bench.credential" \
		"$DAEMON_DIR/bodies")
	accepted=$(jq .accepted <<<"$verify")
	if [ "$accepted" -ne "$count" ]; then
		printf 'bench_daemon: only %s of %s codes were accepted: %s\n' "$accepted" "$count" "$verify" >&2
		exit 1
	fi
	jq -rn --argjson v "$verify" --argjson h "$health" --arg c "$connections" \
		'[$c, $v.per_second, $h.per_second, $v.p50_us, $v.p99_us] | @tsv' |
		awk '{printf "%-12s %14.0f %14.0f %10d %10d\n", $1, $2, $3, $4, $5}' >&2
	figures=$(jq --argjson v "$verify" --argjson h "$health" --arg c "$connections" \
		'. + {"daemon_verify_per_second_\($c)_connections":
			{value: $v.per_second, unit: "1/s", beside: {healthz_per_second: $h.per_second}},
		      "daemon_verify_p99_\($c)_connections":
			{value: $v.p99_us, unit: "us", beside: {healthz_p99: $h.p99_us}}}' <<<"$figures")
done

count=$((requests / 16 * 16))
bodies 16 "$count" >"$DAEMON_DIR/bodies"
for ((i = 0; i < 400000; i++)); do
	printf '{"user":"nobody%d","password":"wrong horse 77"}\n' "$i"
done >"$DAEMON_DIR/logins"
"$load" "$DAEMON_URL/v1/login" 16 400000 "$DAEMON_CA" "$DAEMON_DIR/bench.credential" "$DAEMON_DIR/logins" >"$DAEMON_DIR/flood" &
flood=$!
trap 'kill "$flood" 2>/dev/null || true; daemon_stop || true; rm -rf "$DAEMON_DIR"' EXIT
verify=$("$load" "$DAEMON_URL/v1/otp/verify" 16 "$count" "$DAEMON_CA" "$DAEMON_DIR/bench.credential" "$DAEMON_DIR/bodies")
if ! kill -0 "$flood" 2>/dev/null || [ "$(jq .accepted <<<"$verify")" -ne "$count" ]; then
	printf 'bench_daemon: the flood ended early, or codes were refused: %s\n' "$verify" >&2
	exit 1
fi
metrics=$(daemon_metrics)
kill "$flood"
printf '%-12s %14.0f %14s %10d %10d   beside %d logins looked at, %d refused\n' "16, flooded" "$(jq .per_second <<<"$verify")" - \
	"$(jq .p50_us <<<"$verify")" "$(jq .p99_us <<<"$verify")" "$(sed -n 's/^countersign_keeper_passwords_total //p' <<<"$metrics")" \
	"$(sed -n 's/^countersign_keeper_passwords_busy_total //p' <<<"$metrics")" >&2
figures=$(jq --argjson v "$verify" '. + {"daemon_verify_per_second_flooded": {value: $v.per_second, unit: "1/s",
	beside: {daemon_verify_per_second_16_connections: .daemon_verify_per_second_16_connections.value}}}' <<<"$figures")
printf '%s\n' "$figures"
