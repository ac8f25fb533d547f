#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Great files of tokens, on SQLite and on PostgreSQL, in three formats: the command and keeper are killed at random, in the commit too, and the
# same command is run again, until it has ended. Until then nothing of a file is a token; then all of it is, each once, and keeper has had no
# more memory than MEMORY_MAX. Says rows a second, with all that was broken off, and where that was.
#
#   IMPORTS_TOKENS   of a file (make imports has 100,000 of them; else 2,000)
#   IMPORTS_SEED     what decides when something is killed; it is printed

: "${top_srcdir:=$(cd "$(dirname "$0")/../.." && pwd)}" "${top_builddir:=$top_srcdir/build}"
top_srcdir=$(cd "$top_srcdir" && pwd)
top_builddir=$(cd "$top_builddir" && pwd)
# shellcheck source=tests/lib/tap.sh
. "$top_srcdir/tests/lib/tap.sh"
for need in curl jq oathtool python3 sqlite3; do
	command -v "$need" >/dev/null || tap_skip_all "$need is not installed"
done
# shellcheck source=tests/lib/daemon.sh
. "$top_srcdir/tests/lib/daemon.sh"
# shellcheck source=tests/lib/import.sh
. "$top_srcdir/tests/lib/import.sh"
# shellcheck source=tests/lib/postgresql.sh
. "$top_srcdir/tests/lib/postgresql.sh"
base=$DAEMON_DIR # of both databases' daemons
end()
{
	daemon_stop
	pg_end
	rm -rf "$base"
}
trap end EXIT
pg_needs

MEMORY_MAX=98304 # KiB; of 100,000 tokens SQLite's transaction has the most
tokens=${IMPORTS_TOKENS:-2000}
RANDOM=${IMPORTS_SEED:=$RANDOM}
tap_note "IMPORTS_SEED=$IMPORTS_SEED"

# A file of tokens, whose seeds are SHA-1 of "FORMAT NUMBER".
file_make() # FORMAT
{
	python3 - "$1" "$tokens" <<-'PYTHON'
		import base64, hashlib, sys
		form, count = sys.argv[1], int(sys.argv[2])
		seed = lambda i: hashlib.sha1(b"%s %d" % (form.encode(), i)).digest()
		if form == "csv":
		    print("serial,user,type,secret")
		    for i in range(count):
		        print(f"csv-{i},csv{i},hotp,{base64.b32encode(seed(i)).decode()}")
		elif form == "pskc":
		    print('<KeyContainer Version="1.0" xmlns="urn:ietf:params:xml:ns:keyprov:pskc">')
		    for i in range(count):
		        print(f'<KeyPackage><DeviceInfo><SerialNo>pskc-{i}</SerialNo></DeviceInfo>'
		              f'<Key Id="K{i}" Algorithm="urn:ietf:params:xml:ns:keyprov:pskc:hotp">'
		              '<AlgorithmParameters><ResponseFormat Length="6" Encoding="DECIMAL"/></AlgorithmParameters>'
		              f'<Data><Secret><PlainValue>{base64.b64encode(seed(i)).decode()}</PlainValue></Secret>'
		              f'<Counter><PlainValue>0</PlainValue></Counter></Data><UserId>UID=pskc{i},DC=x</UserId></Key></KeyPackage>')
		    print("</KeyContainer>")
		else:
		    print("[" + ",\n".join(
		        f'{{"serial":"{form}-{i}","type":"hotp","otpkey":"{seed(i).hex()}","otplen":6,"count":0,'
		        f'"info_list":{{"hashlib":"sha1"}},"user":{{"login":"{form}{i}","realm":"r"}}}}' for i in range(count)) + "]")
	PYTHON
}

sql()
{
	if [ "$kind" = sqlite ]; then
		sqlite3 "$DAEMON_DIR/server/countersign.db" ".timeout 60000" "$1"
	else
		pg_sql primary "$1"
	fi
}

keeper_pid()
{
	local child
	for child in $(pgrep -P "$DAEMON_PID"); do
		if tr '\0' ' ' <"/proc/$child/cmdline" | grep -q ' --child keeper '; then
			printf '%s\n' "$child"
		fi
	done
}

# Runs the import; where it tells its progress for the LINE-th time, or that all rows have come, WHO is killed. Leaves $status, and $staged,
# the most that was told.
import_run() # FORMAT [WHO LINE]
{
	local pid said told=0 line rest keeper
	until keeper=$(keeper_pid) && [ -n "$keeper" ]; do sleep 0.05; done
	"$cs" server import "$DAEMON_DIR/$1" --format "$1" --users make --json 2>"$DAEMON_DIR/progress" >"$DAEMON_DIR/answer" &
	pid=$!
	exec {said}<"$DAEMON_DIR/progress"
	while read -r line <&"$said"; do
		[[ $line =~ \"staged\":([0-9]+) ]] || continue
		staged=${BASH_REMATCH[1]}
		told=$((told + 1))
		if [ $# -gt 1 ] && { [ "$told" -eq "$3" ] || [ "$staged" -eq "$tokens" ]; }; then
			case $2 in
			command) kill -9 "$pid" && wait "$pid" 2>/dev/null ;;
			keeper) kill -9 "$keeper" ;;
			esac
			break
		fi
	done
	rest=$(cat <&"$said") # what was told before who was killed was dead
	printf '%s\n' "$rest" >>"$DAEMON_DIR/notes"
	[[ $rest != *"\"staged\":$tokens"* ]] || staged=$tokens
	exec {said}<&-
	wait "$pid" 2>/dev/null
	status=$?
	until curl -sf --noproxy '*' --cacert "$DAEMON_CA" "$DAEMON_URL/healthz" >/dev/null 2>&1; do sleep 0.05; done
}

there() # FORMAT
{
	sql "SELECT count(*) FROM token WHERE serial LIKE '$1-%'"
}

# Whether a code of the N-th token is taken, and then not again.
verifies() # FORMAT N
{
	local code credential=$DAEMON_DIR/web.credential
	code=$(oathtool --hotp "$(printf '%s %d' "$1" "$2" | sha1sum | cut -d ' ' -f 1)")
	api POST /v1/otp/verify "{\"user\":\"$1$2\",\"code\":\"$code\"}"
	[ "$(jq -r .accepted <<<"$answer")" = true ] || return 1
	api POST /v1/otp/verify "{\"user\":\"$1$2\",\"code\":\"$code\"}"
	[ "$(jq -r .accepted <<<"$answer")" = false ]
}

imported() # FORMAT
{
	local who n began=$EPOCHREALTIME wrong=0 seconds killed=
	file_make "$1" >"$DAEMON_DIR/$1"
	staged=0
	for who in command keeper command keeper; do
		# After any of the calls of 100 rows that are to come yet.
		import_run "$1" "$who" $((RANDOM % ((tokens - staged) / 100 + 1) + 1))
		killed+=" $who $staged,"
		# With the last hundred on their way, the commit may have come before the kill: then all are.
		if [ $((tokens - staged)) -gt 100 ]; then
			tap_is "$kind, $1: of $staged rows that came before $who was killed none is a token" "$(there "$1")" 0
		else
			tap_like "$kind, $1: when $who was killed with $staged rows told of, all are tokens or none" "$(there "$1")" "^(0|$tokens)$"
		fi
	done
	import_run "$1" keeper "$tokens" # where all have come: in the commit, or beside it
	import_run "$1"
	import_run "$1"
	seconds=$(jq -n "$EPOCHREALTIME - $began")
	tap_is "$kind, $1: once more it is said that the file has been imported" "$(jq -r .error.code "$DAEMON_DIR/answer")" import_done ||
		tap_note "$(cat "$DAEMON_DIR/answer")"
	tap_is "... all of it are tokens, each once, and none is in stock" \
		"$(sql "SELECT count(*), count(DISTINCT fingerprint), count(DISTINCT serial), count(DISTINCT \"user\") FROM token WHERE serial LIKE '$1-%'
			UNION ALL SELECT count(*), 0, 0, 0 FROM stock")" "$tokens|$tokens|$tokens|$tokens
0|0|0|0"
	for ((n = RANDOM % 30; n < tokens; n += tokens / 30)); do
		verifies "$1" "$n" || wrong=$((wrong + 1))
	done
	tap_is "... and verify, once" "$wrong" 0
	tap_note "$(jq -rn "\"$kind, $1: $tokens rows in \($seconds * 10 | round / 10) s, killed after$killed and at the end: \($tokens / $seconds | round) a second\"")"
	rm "$DAEMON_DIR/$1"
}

for kind in sqlite postgresql; do
	DAEMON_DIR=$base/$kind
	mkdir "$DAEMON_DIR"
	mkfifo "$DAEMON_DIR/progress"
	DAEMON_CA=$DAEMON_DIR/server/tls.crt
	DAEMON_ADMIN=$DAEMON_DIR/server/admin.credential
	database=()
	if [ "$kind" = postgresql ]; then
		tap_ok "a PostgreSQL server" pg_make primary && tap_ok "it starts" pg_start primary || tap_done
		database=("database = postgresql:host=$(pg_hosts primary) dbname=postgres user=countersign")
	fi
	tap_ok "a daemon on $kind" daemon_init "${database[@]}" && tap_ok "it starts" daemon_start || tap_done
	reach
	app_make web
	for format in csv pskc privacyidea; do imported "$format"; done
	memory=$(awk '/^VmHWM/ {print $2}' "/proc/$(keeper_pid)/status")
	tap_ok "$kind: keeper had $memory KiB at most since it was last killed, of $MEMORY_MAX" [ "$memory" -le "$MEMORY_MAX" ]
	tap_ok "it ends" daemon_stop
done
tap_done
