#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# What POST /v1/login tells by how long it takes: logins that end in the same words, one after the other over one connection, in another
# order each round, so that nothing else differs but what is wrong with them; of each kind the median. First where password and code are
# wanted: a name that is nobody's and a right password with a wrong code, beside a wrong password. Then where a code alone is, with no
# Argon2id that anything could hide behind: a name that is nobody's beside a wrong code. Prints one JSON object of figures on standard
# output, a table on standard error; the figures are per cent of the one beside.
#
#   bench_logins.sh [ROUNDS [CODE_ROUNDS]]     default 300 and 1,024; at most 384 and 1,024

# shellcheck source=tests/bench/daemon_bench.sh
. "$(dirname "$0")/daemon_bench.sh"

rounds=${1:-300} code_rounds=${2:-1024} password="correct horse 7"

daemon_init "address_tries = 1000000"
daemon_start
enrol

class() # FACTORS
{
	credential=$DAEMON_ADMIN
	api POST /v1/classes "{\"name\":\"default\",\"factors\":\"$1\"}"
}

# order ROUND KIND...: the kinds, in another order each round
order()
{
	local round=$1 i
	shift
	local count=$# step=$((round / $# % 2 ? -1 : 1))
	local kinds=("$@")
	for ((i = 0; i < count; i++)); do printf '%s\n' "${kinds[((round + step * i) % count + count) % count]}"; done
}

# logins ROUNDS PROGRAM BASE KIND...: awk's PROGRAM makes a body of a kind ($1) and the number of its round ($2); prints, by kind, the
# median in microseconds, and the median of what it took in per cent of BASE in the same round, whatever else the machine did then
logins()
{
	local rounds=$1 program=$2 round
	shift 2
	for ((round = 0; round < rounds; round++)); do order "$round" "$@" | sed "s/\$/ $round/"; done >"$DAEMON_DIR/kinds"
	awk "$program" "$DAEMON_DIR/kinds" >"$DAEMON_DIR/logins"
	took=$DAEMON_DIR/took loaded 1 $((rounds * $#)) /v1/login "$DAEMON_DIR/logins" >"$DAEMON_DIR/said"
	if [ "$(jq .accepted "$DAEMON_DIR/said")" -gt 1 ]; then
		printf 'bench_logins: wrong codes were accepted: %s\n' "$(cat "$DAEMON_DIR/said")" >&2
		return 1
	fi
	paste -d ' ' "$DAEMON_DIR/kinds" "$DAEMON_DIR/took" | jq -Rn --arg base "$1" '
		def median: sort | .[length / 2 | floor];
		[inputs | split(" ") | {kind: .[0], round: .[1], took: (.[2] | tonumber)}] | group_by(.round) |
		map(INDEX(.kind) | .[$base].took as $base | map_values({us: .took, percent: (100 * .took / $base)})) |
		[.[] | to_entries[]] | group_by(.key) |
		map({key: .[0].key, value: {us: (map(.value.us) | median), percent: (map(.value.percent) | median)}}) | from_entries'
}

class password+code
"$bench_codes" user "$rounds" | jq -r .user >"$DAEMON_DIR/names"
while read -r user; do
	api POST "/v1/users/$user/password" "{\"password\":\"$password\",\"change\":\"never\"}"
done <"$DAEMON_DIR/names"
with_password=$(logins "$rounds" '
	$1 == "nobody" {printf "{\"user\":\"nobody%d\",\"password\":\"'"$password"'\",\"code\":\"000000\"}\n", $2}
	$1 == "password" {printf "{\"user\":\"user%d\",\"password\":\"wrong horse 77\",\"code\":\"000000\"}\n", $2}
	$1 == "code" {printf "{\"user\":\"user%d\",\"password\":\"'"$password"'\",\"code\":\"000000\"}\n", $2}' password nobody code)
class code
with_code=$(logins "$code_rounds" '
	$1 == "nobody" {printf "{\"user\":\"nobody%d\",\"code\":\"000000\"}\n", $2}
	$1 == "code" {printf "{\"user\":\"user%d\",\"code\":\"000000\"}\n", $2}' code nobody)

jq -rn --argjson p "$with_password" --argjson c "$with_code" '
	["password and code: wrong password", $p.password], ["... unknown user", $p.nobody], ["... wrong code", $p.code],
	["a code alone: wrong code", $c.code], ["... unknown user", $c.nobody] | [.[0], .[1].us, .[1].percent] | @tsv' |
	awk -F '\t' 'BEGIN {printf "%-36s %10s %8s\n", "refused login, median", "us", "%"} {printf "%-36s %10d %8.1f\n", $1, $2, $3}' >&2
jq -n --argjson p "$with_password" --argjson c "$with_code" '
	{daemon_login_unknown_user: {value: $p.nobody.percent, unit: "%", beside: {wrong_password_us: $p.password.us, unknown_user_us: $p.nobody.us}},
	 daemon_login_wrong_code: {value: $p.code.percent, unit: "%", beside: {wrong_password_us: $p.password.us, wrong_code_us: $p.code.us}},
	 daemon_login_code_alone_unknown_user: {value: $c.nobody.percent, unit: "%", beside: {wrong_code_us: $c.code.us, unknown_user_us: $c.nobody.us}}}'
