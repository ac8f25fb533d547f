#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Tokens move from one server, on SQLite, to another one, on PostgreSQL: a realm's seeds leave as encrypted PSKC, arrive with their
# counters, though the daemon is killed meanwhile, and are sealed under another key there by the command line tool.

: "${top_srcdir:=$(cd "$(dirname "$0")/../.." && pwd)}" "${top_builddir:=$top_srcdir/build}"
top_srcdir=$(cd "$top_srcdir" && pwd)
top_builddir=$(cd "$top_builddir" && pwd)
# shellcheck source=tests/lib/tap.sh
. "$top_srcdir/tests/lib/tap.sh"
for need in curl jq oathtool openssl; do
	command -v "$need" >/dev/null || tap_skip_all "$need is not installed"
done
# shellcheck source=tests/lib/daemon.sh
. "$top_srcdir/tests/lib/daemon.sh"
# shellcheck source=tests/lib/import.sh
. "$top_srcdir/tests/lib/import.sh"
# shellcheck source=tests/lib/postgresql.sh
. "$top_srcdir/tests/lib/postgresql.sh"
end()
{
	daemon_stop
	pg_end
	rm -rf "$base"
}
base=$DAEMON_DIR # of both servers
trap end EXIT
pg_needs

passphrase=$DAEMON_DIR/passphrase
echo "a passphrase for the way" >"$passphrase"
chmod 600 "$passphrase"
file=$DAEMON_DIR/bank.pskc

second()
{
	check "a second administrator is made" 0 berta server staff add berta --role administrator --credential-out "$DAEMON_DIR/berta"
}
# What the first administrator does after the second one's approval.
both() # DESC STATUS REGEX COMMAND...
{
	local desc=$1 status=$2 regex=$3 proposal
	shift 3
	check "$desc: one administrator alone does not" 1 'Another administrator' "$@"
	proposal=$("$cs" server approval list --json | jq -r '[.approvals[] | select(.state == "proposed")][0].approval')
	check "... another one approves" 0 '' server approval grant "$proposal" --credential-file "$DAEMON_DIR/berta"
	check "... and the same command is answered" "$status" "$regex" "$@" --approval "$proposal"
}

# ---- the server that they leave
tap_ok "a daemon on SQLite" daemon_init && tap_ok "it starts" daemon_start || tap_done
reach
# shellcheck disable=SC2164
cd "$DAEMON_DIR"
{
	echo serial,user,type,secret,counter
	for i in $(seq 1 300); do echo "B$i,b$i@bank,hotp,$(seed "$i"),$i"; done
	for i in $(seq 301 320); do echo "O$i,o$i,hotp,$(seed "$i"),0"; done
} >all.csv
check "320 tokens are imported" 0 '320 tokens were imported' server import all.csv --format csv --users make
second
check "an export of both a user and a realm is none" 2 'whose seeds' server export b1@bank --realm bank --out "$file"
both "a realm's seeds" 0 '300 seeds of realm bank are in' \
	server export --realm bank --out "$file" --transport-passphrase-file "$passphrase"
tap_is "the file is its owner's" "$(stat -c %a "$file")" 600
tap_is "... and has no seed in clear" "$(grep -c "$(seed 7)" "$file")" 0
both "a realm without tokens" 1 'no token whose seed' server export --realm empty --out none.pskc --transport-passphrase-file "$passphrase"
tap_ok "... yields no file" [ ! -e none.pskc ]
daemon_stop

# ---- the server that they come to
DAEMON_DIR=$base/second
mkdir "$DAEMON_DIR"
DAEMON_CA=$DAEMON_DIR/server/tls.crt
DAEMON_ADMIN=$DAEMON_DIR/server/admin.credential
tap_ok "a PostgreSQL server" pg_make primary && tap_ok "it starts" pg_start primary || tap_done
tap_ok "a daemon on it" daemon_init "database = postgresql:host=$(pg_hosts primary) dbname=postgres user=countersign" &&
	tap_ok "it starts" daemon_start || tap_done
reach
# shellcheck disable=SC2164
cd "$DAEMON_DIR"
app_make web
digest=$(sha256sum "$file")
credential=$DAEMON_ADMIN
api POST /v1/imports "{\"digest\":\"${digest%% *}\",\"name\":\"bank.pskc\",\"rows\":300,\"users\":\"make\"}"
tap_is "the import is opened" "$status" 201
import=$(jq -r .import answer)
check "a dry run imports nothing" 0 '300 tokens could be imported' \
	server import "$file" --format pskc --users make --dry-run --transport-passphrase-file "$passphrase"
api POST /v1/imports "{\"digest\":\"${digest%% *}\",\"name\":\"bank.pskc\",\"rows\":300,\"users\":\"make\"}"
import=$(jq -r .import answer)
api POST "/v1/imports/$import/rows" "{\"first\":0,\"tokens\":[{\"type\":\"hotp\",\"secret\":\"$(seed 999)\",\"user\":\"x@bank\"}]}"
tap_is "another import is under way" "$(jq -r .staged answer)" 1
daemon_kill9
tap_ok "the daemon is killed, and starts anew" daemon_start
reach
verify "what is staged is no token" false x@bank "$(oathtool --hotp -b "$(seed 999)")"
check "it is discarded" 0 '' server imports discard "$import"
check "the file is imported whole" 0 '300 tokens were imported: 300 of users' \
	server import "$file" --format pskc --users make --transport-passphrase-file "$passphrase"
check "... once" 1 'has been imported' server import "$file" --format pskc --users make --transport-passphrase-file "$passphrase"
verify "a counter came along: the code before it is no good" false b42@bank "$(oathtool --hotp -b -c 41 "$(seed 42)")"
verify "... its own is" true b42@bank "$(oathtool --hotp -b -c 42 "$(seed 42)")"
verify "... and nobody of another realm came" false o301 "$(oathtool --hotp -b "$(seed 301)")"

# ---- another key there
second
check "there is no data key yet" 0 'no data key yet' server keys
both "another data key" 0 'under data key 1.*300 of 300 sealed anew' server rekey
verify "codes are good under it" true b42@bank "$(oathtool --hotp -b -c 43 "$(seed 42)")"
tap_is "every seed is sealed under it" "$(pg_sql primary "SELECT DISTINCT encode(substr(seed, 1, 5), 'hex') FROM token")" 0200000001
both "another one" 0 'under data key 2.*of 300 sealed anew' server rekey --no-wait
check "... when it has ended" 0 'its change has ended: 300 of 300 sealed anew' server keys --wait
tap_is "the former key is gone" "$(pg_sql primary "SELECT number FROM data_key")" 2
daemon_kill9
tap_ok "the daemon is killed, and starts anew" daemon_start
reach
verify "codes are good" true b300@bank "$(oathtool --hotp -b -c 300 "$(seed 300)")"
both "another signing key" 0 'signed by k_' server rotate-signing-key
# ---- a table of LinOTP's, dumped by pg_dump
linotp_key=$(head -c 32 /dev/zero | tr '\0' k | od -An -v -tx1 | tr -d ' \n')
linotp_iv=000102030405060708090a0b0c0d0e0f
linotp_seed=$(printf '%040d' 7)
enc=$(printf '%s\1\2\0\0\0\0\0\0' "$linotp_seed" | openssl enc -aes-256-cbc -nopad -K "$linotp_key" -iv "$linotp_iv" | od -An -v -tx1 | tr -d ' \n')
pg_sql primary 'CREATE DATABASE linotp'
"$pg_programs/psql" -XAtq -h "$PG_DIR/primary/socket" -U countersign -d linotp <<-SQL
	CREATE TABLE "Token" ("LinOtpTokenId" integer PRIMARY KEY, "LinOtpTokenDesc" varchar(80), "LinOtpTokenSerialnumber" varchar(40) UNIQUE,
		"LinOtpTokenType" varchar(30), "LinOtpTokenInfo" varchar(2000), "LinOtpUserid" varchar(320), "LinOtpOtpLen" integer,
		"LinOtpKeyEnc" varchar(1024), "LinOtpKeyIV" varchar(32), "LinOtpIsactive" boolean, "LinOtpCount" integer);
	INSERT INTO "Token" VALUES (1, E'Otto\\'s; \\\\ "one"', 'L1', 'HMAC', '{"hashlib": "sha1"}', '1001', 6, '$enc', '$linotp_iv', true, 5);
SQL
"$pg_programs/pg_dump" -h "$PG_DIR/primary/socket" -U countersign linotp >linotp.sql
"$pg_programs/pg_dump" --inserts --column-inserts -h "$PG_DIR/primary/socket" -U countersign linotp >inserts.sql
echo "$linotp_key" >linotp.key
echo "${linotp_key/6b/6c}" >other.key
chmod 600 linotp.key other.key
check "a dump of LinOTP's wants its key" 2 'no transport key' server import linotp.sql --format linotp
check "... the right one" 2 'another one' server import linotp.sql --format linotp --transport-key-file other.key
check "one made with INSERT is read as well" 0 '1 tokens could be imported' \
	server import inserts.sql --format linotp --transport-key-file linotp.key --dry-run
check "it is imported into stock" 0 '0 of users, 1 in stock' server import linotp.sql --format linotp --transport-key-file linotp.key
check "its token is given to a user" 0 "is b1@bank's" server stock assign L1 --user b1@bank
verify "... with its counter: the code before is no good" false b1@bank "$(oathtool --hotp -c 4 "$linotp_seed")"
verify "... its own is" true b1@bank "$(oathtool --hotp -c 5 "$linotp_seed")"

both "they leave again, with where they are" 0 '301 seeds of realm' \
	server export --realm '*' --format csv --out again.csv
tap_is "... b42 is at 44" "$(sed -n 's/^"*B42"*,//p' again.csv | cut -d, -f9)" 44
tap_is "the audit log has each page" \
	"$(pg_sql primary "SELECT count(*) FROM audit WHERE action = 'realm_export' AND result = 'done'")" 2
tap_done
