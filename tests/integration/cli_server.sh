#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# countersign server ... and audit verify against a real daemon, and a token enrolled on a real (virtual) card in one go.

: "${top_srcdir:=$(cd "$(dirname "$0")/../.." && pwd)}" "${top_builddir:=$top_srcdir/build}"
# shellcheck source=tests/lib/card.sh
. "$top_srcdir/tests/lib/card.sh"
for need in curl jq oathtool sqlite3; do
	command -v "$need" >/dev/null || tap_skip_all "$need is not installed"
done
DAEMON_DIR=$CARD_DIR/daemon
mkdir "$DAEMON_DIR"
# shellcheck source=tests/lib/daemon.sh
. "$top_srcdir/tests/lib/daemon.sh"
card_at_exit daemon_end

cs=$top_builddir/tools/countersign
seed=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ
printf '%s\n' "$seed" >"$DAEMON_DIR/seed"

tap_ok "a daemon for the test" daemon_init && tap_ok "it starts" daemon_start || tap_done
export COUNTERSIGN_SERVER=$DAEMON_URL COUNTERSIGN_CA=$DAEMON_CA COUNTERSIGN_CREDENTIAL_FILE=$DAEMON_ADMIN
unset COUNTERSIGN_TRANSPORT
# A proxy in the environment is not asked.
export https_proxy=http://127.0.0.1:1 HTTPS_PROXY=http://127.0.0.1:1 ALL_PROXY=http://127.0.0.1:1

run() # leaves $out and $status
{
	out=$("$cs" "$@" 2>"$DAEMON_DIR/stderr")
	status=$?
}
check() # DESC STATUS REGEX COMMAND...
{
	local desc=$1 want=$2 regex=$3
	shift 3
	run "$@"
	if [ "$status" -eq "$want" ] && [[ "$out$(cat "$DAEMON_DIR/stderr")" =~ $regex ]]; then
		tap_pass "$desc"
	else
		tap_fail "$desc" || tap_note "countersign $*: status $status (want $want): $out $(cat "$DAEMON_DIR/stderr")"
	fi
}
code()
{
	oathtool --hotp -b -c "$1" "$seed"
}

app=$DAEMON_DIR/web
check "a user is added" 0 alice server user add alice
check "the same user again: status 1, with the server's sentence" 1 'already' server user add alice
check "... and with --json its code" 1 '"user_exists"' server user add alice --json
check "users are listed" 0 '"user": "alice"' server user list --json
check "an application's credential goes to a file" 0 'web' server app add web --credential-out "$app"
tap_is "... that nobody else reads" "$(stat -c %a "$app")" 600
check "... and that is not overwritten" 2 'File exists' server app add web2 --credential-out "$app"
check "applications are listed" 0 '^web$' server app list
check "a token is enrolled with a seed from a file" 0 'token t_' server token enrol --user alice --type hotp --secret-file "$DAEMON_DIR/seed"
check "a seed that the server made is shown once" 0 'otpauth://totp/' server token enrol --user alice
check "a seed that is no base32 is a usage error" 2 'base32' server token enrol --user alice --secret-file "$DAEMON_CA"
check "tokens are listed" 0 'alice hotp active' server token list --user alice
run server token list --user alice --json
token=$(jq -r '.tokens[] | select(.type == "hotp") | .token' <<<"$out")
totp=$(jq -r '.tokens[] | select(.type == "totp") | .token' <<<"$out")
v=(server otp verify --user alice --credential-file "$app")
check "a right code: status 0" 0 '^accepted' "${v[@]}" --otp "$(code 0)"
check "the same again: status 1" 1 '^refused: wrong' "${v[@]}" --otp "$(code 0)"
check "the admin may not verify" 1 'forbidden' server otp verify --user alice --otp "$(code 1)" --json
code 1 >"$DAEMON_DIR/code"
out=$("$cs" "${v[@]}" <"$DAEMON_DIR/code" 2>/dev/null)
tap_like "a code may come by standard input" "$out" '^accepted'
check "a token is disabled" 0 'disabled' server token disable "$token"
check "its codes are refused" 1 'refused' "${v[@]}" --otp "$(code 2)"
check "a token is enabled" 0 'active' server token enable "$token"
check "two codes bring it in step" 0 'in step' server token resync "$token" --otp "$(code 100)" --next-otp "$(code 101)"
check "a user is disabled" 0 'disabled' server user disable alice
check "who is told so in the list" 0 'alice \(disabled\)' server user list
check "his right code is wrong" 1 '^refused: wrong' "${v[@]}" --otp "$(code 102)"
check "he is enabled" 0 'active' server user enable alice
check "the next one is accepted" 0 'accepted' "${v[@]}" --otp "$(code 102)"
check "a token gets an end" 0 'expires at 2027-01-15T11:30:00Z' server token expire "$token" --at 2027-01-15T12:30:00+01:00
check "a day that is none: usage" 2 'written as' server token expire "$token" --at 2027-02-30T00:00:00Z
check "a time without a zone: usage" 2 'written as' server token expire "$token" --at 2027-01-15T12:30:00
check "no end and an end: usage" 2 '--never' server token expire "$token" --at 2027-01-15T12:30:00Z --never
check "and loses it" 0 'does not expire' server token expire "$token" --never
check "a token made by the server is replaced" 0 'otpauth://totp/' server token replace "$totp"
check "it is not deleted by a mistake" 1 'nothing was changed' server token delete "$totp" </dev/null
check "a token is deleted" 0 'is deleted' server token delete "$totp" --yes
check "and is not there any more" 1 'token_not_found' server token delete "$totp" --yes --json
check "a user to be deleted" 0 carl server user add carl
check "a user is not deleted by a mistake" 1 'nothing was changed' server user delete carl </dev/null
check "a user is deleted" 0 'carl is deleted' server user delete carl --yes
check "and is not there any more" 1 'user_not_found' server user delete carl --yes --json
check "a replacement of a kind that there is not" 1 '"' server token replace "$token" --type abacus --json
check "an application gets another credential" 0 'in .*web-2' server app rotate web --credential-out "$app-2"
check "the old one is worth nothing" 1 'unauthorized' "${v[@]}" --otp "$(code 103)" --json
check "the new one is" 0 'accepted' server otp verify --user alice --credential-file "$app-2" --otp "$(code 103)"
check "what its credential is good for is said" 0 'web: calls: verify; realms: any; addresses: 192.0.2.0/24$' server app scope web --calls verify --addresses 192.0.2.0/24
check "elsewhere it is worth nothing" 1 'not good at this address' server otp verify --user alice --credential-file "$app-2" --otp "$(code 104)"
check "a network that is none is named" 1 'This is not: 10.1.0.0/8' server app scope web --addresses "127.0.0.1 10.1.0.0/8"
check "an empty list takes the limit away" 0 'addresses: any' server app scope web --addresses ''
check "the code was not looked at" 0 'accepted' server otp verify --user alice --credential-file "$app-2" --otp "$(code 104)"
check "applications are listed with it" 0 '^web: calls: verify; realms: any; addresses: any$' server app list
check "all of it is taken away" 0 'calls: any; realms: any; addresses: any' server app scope web --calls ''
check "a person without a role: usage" 2 'administrator, operator, auditor or all' server staff add olga
check "a role that is none" 1 'role' server staff add olga --role king
check "an operator is made" 0 'olga; the credential, told this once: csa_' server staff add olga --role operator
anton=$DAEMON_DIR/anton
check "a second administrator is made by the first one alone" 0 'in .*anton' server staff add anton --role administrator --credential-out "$anton"
check "persons are listed" 0 'anton: administrator' server staff list
check "an administrator serves no users" 1 'countersignd.8. has the table' server user list --credential-file "$anton"
check "a third one takes two: it is not done yet" 1 'not done yet: make bert auditor' server staff add bert --role auditor --credential-out "$DAEMON_DIR/bert"
tap_ok "... and no file is left" test ! -e "$DAEMON_DIR/bert"
run server approval list --json
approval=$(jq -r '.approvals[0].approval' <<<"$out")
check "nobody approves his own" 1 'ask another administrator' server approval grant "$approval"
check "the other one does" 0 'approved: make bert auditor, proposed by admin' server approval grant "$approval" --credential-file "$anton"
check "then it is done" 0 'in .*bert' server staff add bert --role auditor --approval "$approval" --credential-out "$DAEMON_DIR/bert"
check "once" 1 'not used before' server staff add carl --role auditor --approval "$approval"
check "an auditor reads" 0 'alice' server user list --credential-file "$DAEMON_DIR/bert"
check "and changes nothing" 1 'forbidden' server user add eve --credential-file "$DAEMON_DIR/bert" --json
check "a person is disabled by one" 0 'bert is disabled' server staff disable bert
check "and is nobody then" 1 'unauthorized' server user list --credential-file "$DAEMON_DIR/bert" --json
check "to enable him takes two" 1 'not done yet: enable bert again' server staff enable bert
check "a proposal is withdrawn" 0 'refused' server approval refuse "$("$cs" server approval list --json | jq -r '.approvals[] | select(.state == "proposed") | .approval')"
check "everyone may have another credential of his own" 0 'told this once' server staff rotate anton --credential-file "$anton"
app=$app-2
check "nobody is locked" 0 '^$' server lock list
for i in 1 2 3 4 5; do
	run server otp verify --user "nobody$i" --otp 000000 --client 192.0.2.77 --credential-file "$app"
done
check "an address that failed five times is" 0 '^192\.0\.2\.77 at web: attempts, for another 86[0-9]{3} s' server lock list
check "a challenge may be asked for from an address" 1 'no active token' server challenge --user alice --client 192.0.2.77 --credential-file "$app"
check "what is no address" 1 'must be the IP or MAC address' server lock lift 192.0.2
check "it is locked at no other application" 1 'list the locks' server lock lift 192.0.2.77 --application radius
check "the lock is lifted" 0 'nothing is counted against 192\.0\.2\.77' server lock lift 192.0.2.77 --application web
check "once" 1 'list the locks' server lock lift 192.0.2.77
v=(server otp verify --user alice --credential-file "$app")
check "an application is removed" 0 'web' server app remove web
check "its credential is worth nothing" 1 'unauthorized' "${v[@]}" --otp "$(code 105)" --json
check "an empty address: usage" 2 'https://' server user list --server ''
check "plain HTTP is no address" 2 'https://' server user list --server "http://127.0.0.1:80"
check "nobody there: status 3" 3 'not reached' server user list --server https://127.0.0.1:1
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=other -keyout /dev/null -out "$DAEMON_DIR/other.crt" \
	2>/dev/null
check "a certificate that --ca does not vouch for: status 3" 3 'not trusted' server user list --ca "$DAEMON_DIR/other.crt"

# ---- on the card, in one go ----

if tap_ok "a card" card_start countersign; then
	check "a token is enrolled and put on the card, its seed shown to nobody" 0 'token t_' \
		server token enrol --user alice --type hotp --on-card work --unsealed
	tap_is "... shown to nobody" "$(grep -ci 'secret\|otpauth' <<<"$out")" 0
	check "a name that the card has is refused" 1 'already' server token enrol --user alice --on-card work
	check "an application for it" 0 web server app add web --credential-out "$DAEMON_DIR/web2"
	run otp code work
	otp=$(grep -oE '[0-9]{6}' <<<"$out" | tail -n 1)
	v=(server otp verify --user alice --credential-file "$DAEMON_DIR/web2")
	check "the card's code is accepted" 0 accepted "${v[@]}" --otp "$otp"
	check "... once" 1 refused "${v[@]}" --otp "$otp"
	check "a TOTP token with another period and hash" 0 'token t_' \
		server token enrol --user alice --period 60 --algorithm SHA256 --digits 8 --on-card slow --unsealed
	card_stop
	check "no card: status 3, and nothing is enrolled" 3 '' server token enrol --user bob --on-card x
fi

# ---- the audit log ----

check "the audit log is whole, says the server's own" 0 'is whole: [0-9]+ entries' audit verify
run audit verify --json
online=$(jq -c . <<<"$out")
db=$DAEMON_DIR/server/countersign.db
if [ -z "${DAEMON_POSTGRESQL-}" ]; then
	run audit verify --json --database "$db"
	tap_is "... and the file says the same" "$(jq -c . <<<"$out")" "$online"
fi

# ---- the log on its own: exported, held against checkpoints that lie elsewhere ----

log=$DAEMON_DIR/audit.jsonl
away=$DAEMON_DIR/away
check "the audit log is exported" 0 "audit.jsonl: $(jq .entries <<<"$online") entries" audit export "$log"
tap_is "... for its owner alone" "$(stat -c %a "$log")" 600
if [ -z "${DAEMON_POSTGRESQL-}" ]; then
	run audit export --database "$db" "$DAEMON_DIR/file.jsonl"
	tap_ok "... and out of the daemon's file it is the same" cmp "$log" "$DAEMON_DIR/file.jsonl"
	run audit export --masked --database "$db" "$DAEMON_DIR/file-masked.jsonl"
	tap_is "... and so it is masked" "$status $(jq -r .hash "$DAEMON_DIR/file-masked.jsonl" | tail -n 1)" "0 $(jq -r .hash "$log" | tail -n 1)"
fi
check "... into a new file" 2 'File exists' audit export "$log"
check "checkpoints are fetched" 0 'away: [1-9][0-9]* checkpoints' audit checkpoints "$away"
key=$(echo "$away"/key-*.pem)
first=$(find "$away" -name 'checkpoint-*.txt' | sort | head -n 1)
tap_ok "openssl alone verifies one" openssl dgst -sha256 -verify "$key" -signature "${first%.txt}.sig" "$first"
tap_ok "the daemon's directory has the same" cmp "$first" "$DAEMON_DIR/server/checkpoints/${first##*/}"
check "the exported log agrees with them" 0 'agrees with: [1-9]' audit verify --log "$log" --checkpoints "$away" --key "$key"
check "checkpoints without a key: usage" 2 'belong together' audit verify --log "$log" --checkpoints "$away"
check "another key: refused" 1 'another key' audit verify --log "$log" --checkpoints "$away" --key <(openssl pkey -pubout \
	-in <(openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256))
check "a log without what tells of a person" 0 'entries' audit export --masked "$DAEMON_DIR/masked.jsonl"
tap_is "... names nobody" "$(grep -c 'alice\|127.0.0.1' "$DAEMON_DIR/masked.jsonl")" 0
check "... and its chain holds, and ends with the same hash" 0 "$(jq -r .hash <<<"$online")" \
	audit verify --log "$DAEMON_DIR/masked.jsonl" --checkpoints "$away" --key "$key"
check "... but a retention says that they were masked too early" 1 'masked when it was at most 0 days' \
	audit verify --log "$DAEMON_DIR/masked.jsonl" --retention 180

broken() # DESC REGEX EDIT...: what sed makes of the log does not hold
{
	local desc=$1 regex=$2
	shift 2
	"$@" "$log" >"$DAEMON_DIR/broken.jsonl"
	check "$desc" 1 "$regex" audit verify --log "$DAEMON_DIR/broken.jsonl" --checkpoints "$away" --key "$key"
}
broken "a changed entry is found" 'entry 7: its content' sed '7s/"time_ms":1/"time_ms":2/'
broken "a changed name is found" 'entry 4: its content' sed '4s/"user":"[^"]*"/"user":"mallory"/'
broken "a missing entry is found" 'entry 5: entries are missing' sed 5d
broken "two entries in the other order are found" 'entry 6: ' sed '6{h;d};7{G}'
broken "what was put in is found" 'entry 6: another entry' sed '5p'
broken "the front that is missing is found" 'entry 3: it and what was before it are missing' sed 1,3d
broken "a line that is none is found" 'entry 3: its line is not' sed '3s/.*/}/'
cut=$(sed -n 's/^entry //p' "$first")
broken "an end that was cut off is found" 'the end was cut off' sed "$((cut)),\$d"
check "... unless it is an older state that is looked at" 0 'is whole' audit verify --older --log "$DAEMON_DIR/broken.jsonl" \
	--checkpoints "$away" --key "$key"
sed -i 's/^time 2/time 3/' "$first"
check "a changed checkpoint is found" 1 'does not verify' audit verify --log "$log" --checkpoints "$away" --key "$key"
rm "${first%.txt}.sig"
check "one without a signature too" 1 'no signature' audit verify --log "$log" --checkpoints "$away" --key "$key"

# ---- backup ----

[ -z "${DAEMON_POSTGRESQL-}" ] || tap_done # the rest is of files: backup_postgresql.sh has what a server's database has of it
backup=$DAEMON_DIR/backup.db
check "a backup is made while the daemon works" 0 "backup.db: $(jq .entries <<<"$online") audit entries" server backup "$db" "$backup"
tap_is "... for its owner alone, one file" "$(stat -c %a "$backup") $(ls "$DAEMON_DIR"/backup.db*)" "600 $backup"
check "... whose chain holds" 0 'is whole' audit verify --database "$backup"
check "a backup does not replace one" 2 'is there already' server backup "$db" "$backup"
check "what is no database: usage" 2 'name the daemon' server backup "$DAEMON_CA" "$DAEMON_DIR/other.db"
check "someone else's database is refused" 1 'not a database of countersignd' server backup "$(sqlite3 "$DAEMON_DIR/foreign.db" \
	'CREATE TABLE t (a)' && echo "$DAEMON_DIR/foreign.db")" "$DAEMON_DIR/other.db"
check "a place on a server that cannot be read: usage" 2 'cannot be read' server backup postgresql:countersign "$DAEMON_DIR/other.db"
tap_is "... and none of these left a file" "$(ls "$DAEMON_DIR"/other.db* 2>/dev/null)" ""
check "a restore does not replace the daemon's file" 2 'is there already' server restore "$backup" "$db"
daemon_stop
mkdir "$DAEMON_DIR/lost" && mv "$db"* "$DAEMON_DIR/lost/"
cp "$backup" "$DAEMON_DIR/copy.db"
sqlite3 "$DAEMON_DIR/copy.db" "DROP TRIGGER audit_update; UPDATE audit SET user = 'mallory' WHERE sequence = 7"
check "a backup whose chain does not hold is not restored" 1 'entry 7:' server restore "$DAEMON_DIR/copy.db" "$db"
dd if=/dev/urandom of="$DAEMON_DIR/copy.db" bs=512 seek=40 count=8 conv=notrunc status=none
check "nor one that is damaged" 1 'damaged' server restore "$DAEMON_DIR/copy.db" "$db"
tap_is "... and nothing is there" "$(ls "$db"* 2>/dev/null)" ""
run audit verify --json --database "$backup"
head=$(jq -r '"\(.entries) \(.hash)"' <<<"$out")
check "a backup is restored" 0 'countersign.db: [0-9]+ audit entries' server restore "$backup" "$db"
tap_like "and told what is good again" "$(cat "$DAEMON_DIR/stderr")" 'HOTP.*lists.*grids.*backup codes.*temporary passwords.*OCRA.*approvals.*passwords and PINs.*credentials that were replaced.*removed.*persons and tokens.*disabled.*certificates'
tap_is "its audit log tells of it, and of what it was restored from" \
	"$(sqlite3 "$db" 'SELECT action, detail, lower(hex(previous)) FROM audit ORDER BY sequence DESC LIMIT 1')" \
	"restored|from a copy that ends with entry ${head%% *}|${head#* }"
check "... in a chain that holds" 0 'is whole' audit verify --database "$db"
tap_is "... one entry longer than the backup's" "$(run audit verify --json --database "$db" && jq .entries <<<"$out")" "$((${head%% *} + 1))"
tap_ok "the daemon starts with it" daemon_start
export COUNTERSIGN_SERVER=$DAEMON_URL
check "it has what was there" 0 'alice' server user list
daemon_stop

cp "$db" "$DAEMON_DIR/copy.db"
change()
{
	sqlite3 "$DAEMON_DIR/copy.db" "DROP TRIGGER IF EXISTS audit_update; DROP TRIGGER IF EXISTS audit_delete; $1"
}
change "UPDATE audit SET user = 'mallory' WHERE sequence = 7"
check "a changed entry is found: status 1, and which" 1 'entry 7:' audit verify --database "$DAEMON_DIR/copy.db"
cp "$db" "$DAEMON_DIR/copy.db"
change "DELETE FROM audit WHERE sequence = 5"
check "a missing entry is found" 1 'entry 5: entries are missing' audit verify --database "$DAEMON_DIR/copy.db"
check "a file that is no database: usage" 2 'name the daemon' audit verify --database "$DAEMON_CA"
check "no file there: usage" 2 'name the daemon' audit verify --database "$DAEMON_DIR/none.db"
tap_done
