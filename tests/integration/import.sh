#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# countersign server import: files of tokens against a real daemon. All of a file or nothing of it; what was broken off goes on.

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
end()
{
	daemon_stop
	rm -rf "$DAEMON_DIR"
}
trap end EXIT

corpus=$top_srcdir/tests/fuzz/corpus/import
files=$DAEMON_DIR/files
mkdir "$files"

tap_ok "a daemon for the test" daemon_init && tap_ok "it starts" daemon_start || tap_done
reach

# shellcheck disable=SC2164
cd "$DAEMON_DIR"
app_make web

check "a user for the tokens" 0 anna server user add anna

# ---- tables
{
	echo serial,user,type,secret,counter
	for i in 1 2 3; do echo "C$i,anna,hotp,$(seed $i),$((i * 10))"; done
} >"$files/three.csv"
check "a format is wanted" 2 'pskc' server import "$files/three.csv"
check "... that there is" 2 'migration' server import "$files/three.csv" --format xlsx
check "a dry run says what could be imported" 0 '3 tokens could be imported' server import "$files/three.csv" --format csv --dry-run
check "... and imports nothing" 0 '^$' server imports list
check "a file is imported" 0 '3 tokens were imported: 3 of users, 0 in stock' server import "$files/three.csv" --format csv
# What it may not do there, tools_import_test shows; here, that the command has it taken apart there and nowhere else.
apart="a file is taken apart by a child process behind a system call filter"
filtering()
{
	traced "$files/calls" read,seccomp,prctl "$cs" server import "$files/three.csv" --format csv --dry-run >/dev/null
}
filtered() # how many processes but the first one have set up a filter; -1: the first one has, too
{
	awk 'NR == 1 {first = $1} /(seccomp\(SECCOMP_SET_MODE_FILTER|prctl\(PR_SET_SECCOMP, SECCOMP_MODE_FILTER).* = 0$/ && !by[$1]++ {n++}
		END {print by[first] ? -1 : n + 0}' "$files/calls"
}
if traceable "$cs" "$apart"; then
	(filtering)
	tap_is "$apart" "$(filtered)" 1
fi
check "the same file again is refused" 1 'has been imported' server import "$files/three.csv" --format csv
verify "a code from before the file's counter is no good" false anna "$(oathtool --hotp -b -c 9 "$(seed 1)")"
verify "... the counter's own is" true anna "$(oathtool --hotp -b -c 10 "$(seed 1)")"
verify "... once" false anna "$(oathtool --hotp -b -c 10 "$(seed 1)")"

{
	echo serial,user,type,secret
	echo "D1,anna,hotp,$(seed 11)"
	echo "C2,anna,hotp,$(seed 12)"
	echo "D3,anna,hotp,$(seed 3)"
	echo "D4,nobody,hotp,$(seed 14)"
	echo "D5,anna,hotp,$(seed 11)"
} >"$files/refused.csv"
out=$("$cs" server import "$files/refused.csv" --format csv 2>&1)
tap_is "each refusal names the line" "$(grep -oE 'csv:[0-9]+' <<<"$out" | tr '\n' ' ')" "csv:3 csv:4 csv:5 csv:6 "
tap_ok "... with its reason" grep -q 'csv:3: A token, .* has this serial number' <<<"$out"
check "nothing of it was imported, and nothing stays" 0 '^i_[0-9a-f]* done 3 of 3 tokens, 0 refused: three.csv$' server imports list
check "... nor is it in stock" 0 '^$' server stock list
printf 'secret\n!\n' >"$files/bad.csv"
check "a line that is wrong is said, and the server is not asked" 2 'bad.csv:2: the column secret wants base32' server import "$files/bad.csv" --format csv --server https://127.0.0.1:1
check "a file that is not there" 2 'cannot be read' server import "$files/none.csv" --format csv
check "... that is none" 2 'is no file' server import "$files" --format csv
printf 'secret,starts\n%s,2999-01-01\n' "$(seed 5)" >"$files/early.csv"
check "a token that is not to be used yet is refused" 2 'early.csv:2: .*start date' server import "$files/early.csv" --format csv

# ---- users
printf 'secret,user\n%s,otto\n' "$(seed 21)" >"$files/otto.csv"
check "users are made where that is asked for" 0 '1 of users' server import "$files/otto.csv" --format csv --users make
check "... and known afterwards" 0 otto server user list
check "... how is one of three" 2 'known, make or none' server import "$files/otto.csv" --format csv --users maybe

# ---- stock
seed_hex=3132333435363738393031323334353637383930
printf 'F2, %s, hotp, 8, 5\nF5,%s,ocra,,OCRA-1:HOTP-SHA256-8:QN08\n' $seed_hex ${seed_hex//3/4} >"$files/stock.csv"
check "tokens of nobody go into stock" 0 '0 of users, 2 in stock' server import "$files/stock.csv" --format oath-csv
check "... where they are listed" 0 't_[0-9a-f]* hotp F2' server stock list
check "... and given to a user" 0 "is anna's" server stock assign F2 --user anna
check "... once" 1 'no such token in stock' server stock assign F2 --user anna
check "one that nobody is to get is deleted when that is meant" 1 'give --yes' server stock delete F5
check "... and then it is" 0 'is deleted' server stock delete F5 --yes
check "... once" 1 'no such token in stock' server stock delete F5 --yes
verify "then its codes are his" true anna "$(oathtool --hotp -d 8 -c 5 $seed_hex)"

# ---- PSKC
sed 's/<SerialNo>1</<SerialNo>P1</; s/MTIzNDU2Nzg5MDEyMzQ1Njc4OTA=/MDEyMzQ1Njc4OWFiY2RlZmdoaWo=/; s/UID=j,/UID=paula,/' <(tail -c +2 "$corpus/pskc_plain") >"$files/plain.pskc"
check "PSKC is imported" 0 '1 of users' server import "$files/plain.pskc" --format pskc --users make
verify "... its user's codes are good" true paula "$(oathtool --totp 303132333435363738396162636465666768696a)"
tail -c +2 "$corpus/pskc_figure6" >"$files/figure6.pskc"
echo 12345678901234567890123456789012 >"$files/key"
echo 12345678901234567890123456789013 >"$files/other"
check "an encrypted one wants its key" 2 'no transport key' server import "$files/figure6.pskc" --format pskc
check "... the right one" 2 'another one' server import "$files/figure6.pskc" --format pskc --transport-key-file "$files/other"
check "... which opens it: its seed is that of a token" 1 'has this seed' server import "$files/figure6.pskc" --format pskc --transport-key-file "$files/key"
sed 's/IUqGv/IUqGu/' "$files/figure6.pskc" >"$files/changed.pskc"
check "... changed it is refused" 2 'MAC|does not decrypt' server import "$files/changed.pskc" --format pskc --transport-key-file "$files/key"
sed '0,/<[a-z:]*KeyPackage/s//<!-- EncryptionKey -->&/' "$files/plain.pskc" >"$files/stripped.pskc"
for file in plain stripped; do
	check "a file that is not encrypted is refused where a key was given: $file" 2 'not encrypted.*nothing was imported' \
		server import "$files/$file.pskc" --format pskc --transport-key-file "$files/key" --dry-run
done
COUNTERSIGN_TRANSPORT_PASSPHRASE=qwerty check "... as it is where a passphrase was" 2 'not encrypted' server import "$files/plain.pskc" --format pskc --dry-run
check "... and a format that never is" 2 'never encrypted' server import "$files/three.csv" --format csv --transport-key-file "$files/key" --dry-run
tail -c +2 "$corpus/pskc_lol" >"$files/lol.pskc"
check "a billion laughs are not listened to" 2 'document type' server import "$files/lol.pskc" --format pskc

# ---- privacyIDEA
tail -c +2 "$corpus/privacyidea" >"$files/pi.json"
check "privacyIDEA's tokens are imported" 0 '1 of users, 1 in stock' server import "$files/pi.json" --format privacyidea --users make
verify "... with their counters" true pia "$(oathtool --hotp -c 42 4142434445464748494a4b4c4d4e4f5051525354)"

two_annas=$(jq -nc --arg a "$(printf '%040d' 7)" --arg b "$(printf '%040d' 8)" '[["a", $a], ["b", $b] |
	{serial: ("PI-" + .[0]), type: "hotp", otpkey: .[1], user: {login: "anna", realm: .[0], resolver: "x"}}]')
echo "$two_annas" >"$files/realms.json"
check "a login of two realms is refused" 2 'anna of realm "b".*realm "a".*--realms.*nothing was imported' \
	server import "$files/realms.json" --format privacyidea --users make
check "... and two users with --realms" 0 '2 of users' server import "$files/realms.json" --format privacyidea --users make --realms
verify "... each with the code of his own" true anna@b "$(oathtool --hotp -c 0 "$(printf '%040d' 8)")"
verify "... and no other's" false anna@a "$(oathtool --hotp -c 1 "$(printf '%040d' 8)")"
check "--realms is privacyIDEA's" 2 'format privacyidea' server import "$files/three.csv" --format csv --realms

# ---- export: two administrators
check "one administrator alone" 1 'Another administrator runs' server export anna --out "$files/anna.pskc" --transport-key-file "$files/key"
tap_ok "... gets no file" [ ! -e "$files/anna.pskc" ]
check "a second administrator" 0 berta server staff add berta --role administrator --credential-out "$files/berta"
proposal=$("$cs" server approval list --json | jq -r '.approvals[0].approval')
check "... approves" 0 '' server approval grant "$proposal" --credential-file "$files/berta"
check "a file that cannot be made is told before" 2 'could not be made' server export anna --out "$files/nowhere/anna.pskc" --transport-key-file "$files/key" --approval "$proposal"
check "... and the approval is good still: the seeds go to a file" 0 '4 seeds of anna' server export anna --out "$files/anna.pskc" --transport-key-file "$files/key" --approval "$proposal"
tap_is "... that nobody else reads" "$(stat -c %a "$files/anna.pskc")" 600
check "... once for each approval" 1 'approval' server export anna --out "$files/again.pskc" --transport-key-file "$files/key" --approval "$proposal"
check "... and is not overwritten" 2 'already' server export anna --out "$files/anna.pskc" --transport-key-file "$files/key"
check "it is a file that an import reads: all of it is known" 1 '4 of the 4 tokens were refused' server import "$files/anna.pskc" --format pskc --transport-key-file "$files/key"
# ---- broken off, and gone on with
many=$DAEMON_DIR/many.csv
{
	echo serial,user,type,secret
	for i in $(seq 1 350); do echo "M$i,m$i,hotp,$(seed $((1000 + i)))"; done
} >"$many"
digest=$(sha256sum "$many")
credential=$DAEMON_ADMIN
api POST /v1/imports "{\"digest\":\"${digest%% *}\",\"name\":\"many.csv\",\"rows\":350,\"users\":\"make\"}"
import=$(jq -r .import answer)
api POST "/v1/imports/$import/rows" "{\"first\":0,\"tokens\":[{\"type\":\"hotp\",\"secret\":\"$(seed 1001)\",\"serial\":\"M1\",\"user\":\"m1\"}]}"
tap_is "an import is under way" "$(jq -r .staged answer)" 1
daemon_kill9
tap_ok "the daemon is killed, and starts anew" daemon_start
reach
verify "what is staged is no token" false m1 "$(oathtool --hotp -b "$(seed 1001)")"
check "the import goes on where it was" 0 '1 of 350 tokens have come already.*350 tokens were imported' server import "$many" --format csv --users make
verify "the first one is a token now" true m1 "$(oathtool --hotp -b "$(seed 1001)")"
verify "... and the last one" true m350 "$(oathtool --hotp -b "$(seed 1350)")"
tap_is "each once" "$(sqlite3 "$DAEMON_DIR/server/countersign.db" "SELECT count(*), count(DISTINCT serial) FROM token WHERE serial LIKE 'M%'")" "350|350"
tap_is "no seed lies bare in the database" "$(grep -c 12345678901234567890 "$DAEMON_DIR/server/countersign.db")" 0
# ---- progress: a call takes 100 rows at most
first=3000
for name in json pipe terminal; do
	{
		echo serial,type,secret
		for i in $(seq 1 101); do echo "$name-$i,hotp,$(seed $((first + i)))"; done
	} >"$files/$name.csv"
	first=$((first + 1000))
done
"$cs" server import "$files/json.csv" --format csv --json 2>progress >/dev/null
tap_is "with --json progress is told on standard error" "$(jq -c .progress progress | tr '\n' ' ')" \
	'{"staged":100,"rows":101} {"staged":101,"rows":101} '
"$cs" server import "$files/pipe.csv" --format csv 2>progress >/dev/null
tap_is "... without it nobody is told but a terminal" "$(cat progress)" ""
python3 -c 'import pty, sys; pty.spawn(sys.argv[1:])' "$cs" server import "$files/terminal.csv" --format csv </dev/null >progress
tap_like "... on one line, which is written anew" "$(tr '\r\n\033' '<\n>' <progress | tr -d '\n')" \
	'<>\[K100 of 101 tokens<>\[K101 of 101 tokens<?101 tokens were imported'

# ---- broken off, and begun anew with other users: what has come goes first, more rows than one call removes
sed 's/^M/A/' "$many" >"$files/anew.csv"
anew_digest=$(sha256sum "$files/anew.csv")
seeds=$(for i in $(seq 1 300); do echo "$((2000 + i)) $(seed $((2000 + i)))"; done)
api POST /v1/imports "{\"digest\":\"${anew_digest%% *}\",\"name\":\"anew.csv\",\"rows\":350,\"users\":\"make\"}"
anew=$(jq -r .import answer)
for first in 0 100 200; do
	api POST "/v1/imports/$anew/rows" "$(jq -Rn --argjson first "$first" \
		'{first: $first, tokens: [inputs | split(" ") | {type: "hotp", secret: .[1], serial: ("A" + .[0]), user: ("a" + .[0])}] | .[$first:$first + 100]}' \
		<<<"$seeds")"
done
tap_is "another one is under way" "$(jq -r .staged answer)" 300
check "with other users it begins anew" 1 '350 of the 350 tokens were refused' server import "$files/anew.csv" --format csv
out=$("$cs" server import "$files/refused.csv" --format csv --json 2>/dev/null)
tap_is "with --json a refusal has its code" "$(jq -r .error.code <<<"$out")" import_refused
sql()
{
	sqlite3 "$DAEMON_DIR/server/countersign.db" "$1"
}
tap_is "the audit log has the export's approval, and how many seeds were told" \
	"$(sql "SELECT detail FROM audit WHERE action = 'user_export' AND result = 'done'")" "$proposal, 4 seeds"
tap_is "... how far a call got that removed some rows" \
	"$(sql "SELECT action, result, reason FROM audit WHERE token = '$anew' AND action <> 'import_rows' ORDER BY sequence")" \
	"import_open|done|
import_open|partly|import_discarding"
tap_is "the audit log has the file's digest, and what became of it" \
	"$(sql "SELECT result, detail FROM audit WHERE action IN ('import_open', 'import_commit') AND token = '$import' ORDER BY sequence")" \
	"done|SHA-256 ${digest:0:32}...
done|SHA-256 ${digest:0:32}...
done|350 tokens of users, 0 in stock"

# ---- the forms of others: out, away, in again, with what was used up
head -c 32 /dev/urandom | od -An -v -tx1 | tr -d ' \n' >"$files/enckey"
head -c 32 /dev/urandom | base64 | tr +/ -_ >"$files/fernet"
export_to() # USER FILE OPTIONS... - what the second administrator approves of
{
	local user=$1 file=$2 approval
	shift 2
	approval=$("$cs" server export "$user" --out "$file" "$@" --json 2>/dev/null | jq -r '.. | .approval? // empty')
	"$cs" server approval grant "$approval" --credential-file "$files/berta" >/dev/null
	"$cs" server export "$user" --out "$file" "$@" --approval "$approval" 2>&1
}
there_and_back() # FORMAT IMPORTED [EXPORT-OPTION FILE]
{
	local format=$1 imported=$2 file=$files/gina.$1 first=$uses
	shift 2
	verify "$format: a code is used" true gina@g "$(oathtool --hotp -b -c "$first" "$(seed 9001)")"
	tap_like "$format: the tokens are written" "$(export_to gina@g "$file" --format "$format" "$@")" '2 seeds of gina@g'
	tap_is "$format: for their owner alone" "$(stat -c %a "$file")" 600
	check "$format: the user goes" 0 '' server user delete gina@g --yes
	[ "$format" = privacyidea ] && set -- "$@" --realms
	check "$format: the file is imported" 0 "$imported" server import "$file" --format "$format" --users make "$@"
	if [ "$format" = linotp ]; then
		check "linotp: the user is there" 0 '' server user add gina@g
		for token in G1 G2; do check "linotp: ... and is given $token" 0 '' server stock assign "$token" --user gina@g; done
	fi
	verify "$format: the used code is not good" false gina@g "$(oathtool --hotp -b -c "$first" "$(seed 9001)")"
	verify "$format: ... the next one is" true gina@g "$(oathtool --hotp -b -c $((first + 1)) "$(seed 9001)")"
	uses=$((first + 2))
}
{
	echo serial,user,type,secret,algorithm,digits,label
	echo "G1,gina@g,hotp,$(seed 9001),,6,the 'first' one"
	echo "G2,gina@g,totp,$(seed 9002),SHA256,8,"
} >"$files/gina.csv"
check "two tokens for others" 0 '2 tokens were imported' server import "$files/gina.csv" --format csv --users make
uses=0
there_and_back privacyidea '2 of users' --transport-passphrase-file "$files/fernet"
tap_is "privacyidea: nothing of it lies bare" "$(grep -c otpkey "$files/gina.privacyidea")" 0
there_and_back linotp '0 of users, 2 in stock' --transport-key-file "$files/enckey"
check "linotp: another key does not open it" 2 'does not open' server import "$files/gina.linotp" --format linotp --transport-key-file <(printf '%064d' 1) --dry-run
there_and_back migration '2 of users'
for try in "csv --transport-key-file $files/key" "migration --transport-passphrase-file $files/fernet" \
	"linotp --transport-passphrase-file $files/fernet" "privacyidea --transport-key-file $files/key"; do
	# shellcheck disable=SC2086
	check "a key that would not encrypt is refused: ${try%% *}" 2 'never encrypted under' server export gina@g --out none --format $try
done
check "a passphrase is no key of privacyIDEA's" 2 'Fernet key' server export gina@g --out none --format privacyidea --transport-passphrase-file "$files/key"
check "... and LinOTP's has 32 bytes" 2 '64 hexadecimal' server export gina@g --out none --format linotp --transport-key-file <(echo 000102030405060708090a0b0c0d0e0f)
{
	echo serial,user,type,secret,period,suite
	echo "H1,hans,totp,$(seed 9003),60,"
	echo "H2,ocra,ocra,$(seed 9004),,OCRA-1:HOTP-SHA1-6:QN08"
} >"$files/hans.csv"
check "tokens that others have no place for" 0 '2 tokens were imported' server import "$files/hans.csv" --format csv --users make
for refused in "hans migration H1 has a time step other than 30 seconds" "ocra linotp H2 has OCRA --transport-key-file $files/enckey"; do
	read -r user format what <<<"$refused"
	read -ra options <<<"$(grep -o -- '--.*' <<<"$what")"
	proposal=$("$cs" server export "$user" --out none --json 2>/dev/null --transport-key-file "$files/key" | jq -r '.. | .approval? // empty')
	"$cs" server approval grant "$proposal" --credential-file "$files/berta" >/dev/null
	check "are told with what they have: $user" 2 "token ${what%% --*}.*nothing was written.*approval is good still" \
		server export "$user" --out none --format "$format" "${options[@]}" --approval "$proposal"
	tap_ok "... and there is no file" [ ! -e none ]
	tap_is "... and no seed was told" "$(sql "SELECT count(*) FROM audit WHERE action = 'user_export' AND result = 'done' AND \"user\" = '$user'")" 0
	check "... and the approval is good for a format that has" 0 "1 seeds of $user" \
		server export "$user" --out "$files/$user.pskc" --transport-key-file "$files/key" --approval "$proposal"
done
proposal=$("$cs" server export --realm - --out none --transport-key-file "$files/key" --json 2>/dev/null | jq -r '.. | .approval? // empty')
"$cs" server approval grant "$proposal" --credential-file "$files/berta" >/dev/null
check "so it is with a realm of more than a page" 2 'token H[12] has .*approval is good still' \
	server export --realm - --out none --format migration --approval "$proposal"
check "... which goes to another format" 0 'seeds of realm - are in' \
	server export --realm - --out "$files/realm.pskc" --transport-key-file "$files/key" --approval "$proposal"
tap_done
