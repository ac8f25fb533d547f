#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Every kind of token, and logins, through the command and the real daemon: issued, challenged, answered once, counted. What a
# token makes is computed by oathtool, an assertion is checked by openssl.

: "${top_srcdir:=$(cd "$(dirname "$0")/../.." && pwd)}" "${top_builddir:=$top_srcdir/build}"
# shellcheck source=tests/lib/tap.sh
. "$top_srcdir/tests/lib/tap.sh"
for need in curl jq oathtool openssl sqlite3; do
	command -v "$need" >/dev/null || tap_skip_all "$need is not installed"
done
DAEMON_DIR=$(mktemp -d)
# shellcheck source=tests/lib/daemon.sh
. "$top_srcdir/tests/lib/daemon.sh"
trap 'daemon_end; rm -rf "$DAEMON_DIR"' EXIT

cs=$top_builddir/tools/countersign
seed=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ

tap_ok "a daemon for the test" daemon_init && tap_ok "it starts" daemon_start || tap_done
export COUNTERSIGN_SERVER=$DAEMON_URL COUNTERSIGN_CA=$DAEMON_CA
outbox() # how many, to whom, how long what is sealed is
{
	local query="SELECT count(*), min(destination), min(length(sealed)) FROM outbox"
	if [ -n "${DAEMON_POSTGRESQL-}" ]; then
		pg_sql daemon "$query"
	else
		sqlite3 "$DAEMON_DIR/server/countersign.db" "$query"
	fi
}
admin()
{
	COUNTERSIGN_CREDENTIAL_FILE=$DAEMON_ADMIN "$cs" server "$@" 2>"$DAEMON_DIR/stderr"
}
web()
{
	COUNTERSIGN_CREDENTIAL_FILE=$DAEMON_DIR/web "$cs" server "$@" 2>"$DAEMON_DIR/stderr"
}
verify() # USER CODE [option...]: accepted, wrong or locked
{
	local user=$1 code=$2
	shift 2
	web otp verify --user "$user" --otp "$code" "$@" --json | jq -r 'if .accepted then "accepted" else .reason end'
}
login() # JSON
{
	curl -sS --cacert "$DAEMON_CA" -H "Authorization: Bearer $(cat "$DAEMON_DIR/web")" -H 'Content-Type: application/json' \
		-d "$1" "$DAEMON_URL/v1/login"
}

admin app add web --credential-out "$DAEMON_DIR/web" >/dev/null
for user in ada bob carol eve; do
	tap_ok "a user $user" admin user add "$user"
done

# ---- what is printed ----

mapfile -t backup < <(admin token issue backup --user ada --count 6 --json | jq -r '.codes[]')
tap_is "six backup codes are told" "${#backup[@]}" 6
tap_is "one is good, the last first" "$(verify ada "${backup[5]}")" accepted
tap_is "... once" "$(verify ada "${backup[5]}")" wrong
tap_is "... another one in small letters and without its hyphen" "$(verify ada "$(tr -d - <<<"${backup[0],,}")")" accepted
mapfile -t list < <(admin token issue list --user ada --count 10 --digits 8 --json | jq -r '.codes[]')
tap_is "lines of a list, in their order" "$(verify ada "${list[0]}") $(verify ada "${list[1]}") $(verify ada "${list[0]}")" "accepted accepted wrong"
tap_like "a list is printed ten to a line" "$(admin token issue list --user ada --count 20)" $'\n  2  [0-9]{6}( [0-9]{6}){9}$'
admin token issue grid --user ada --json >"$DAEMON_DIR/grid"
web challenge --user ada --type grid --json >"$DAEMON_DIR/challenge"
answer=
for cell in $(jq -r .question "$DAEMON_DIR/challenge"); do
	column=$(($(printf '%d' "'${cell:0:1}") - 65)) row=$((${cell:1} - 1))
	answer+=$(jq -r ".codes[$((row * 10 + column))]" "$DAEMON_DIR/grid")
done
id=$(jq -r .challenge "$DAEMON_DIR/challenge")
tap_is "three cells of a grid" "$(verify ada "$answer" --challenge "$id")" accepted
tap_is "... once" "$(verify ada "$answer" --challenge "$id")" wrong
# As a person reads it: the row that begins with the cell's number, in the column under its letter.
admin token issue grid --user carol >"$DAEMON_DIR/printed"
tap_like "a printed grid's columns have their letters" "$(cat "$DAEMON_DIR/printed")" $'\n  +A   B   C   D   E   F   G   H   I   J\n  1  [0-9]{3}( [0-9]{3}){9}\n'
web challenge --user carol --type grid --json >"$DAEMON_DIR/challenge"
answer=
for cell in $(jq -r .question "$DAEMON_DIR/challenge"); do
	answer+=$(awk -v letter="${cell:0:1}" -v row="${cell:1}" '{ at = index($0, letter) }
		/^ +A / { under = at } under && $1 == row { print substr($0, under - 1, 3); exit }' "$DAEMON_DIR/printed")
done
tap_is "what stands at the challenge's positions is the answer" "$(verify carol "$answer" --challenge "$(jq -r .challenge "$DAEMON_DIR/challenge")")" accepted

# ---- a lost token, and a PIN ----

token=$(admin token enrol --user bob --type hotp --secret-file <(echo "$seed") --json | jq -r .token)
tap_like "a PIN is set" "$(COUNTERSIGN_TOKEN_PIN=7391 admin token pin "$token")" "before the code"
tap_is "a code without it is wrong, with it right" \
	"$(verify bob "$(oathtool --hotp -b -c 0 "$seed")") $(verify bob "7391$(oathtool --hotp -b -c 0 "$seed")")" "wrong accepted"
COUNTERSIGN_TOKEN_PIN=1234 admin token pin "$token" >/dev/null
tap_is "... and one that runs on is refused" "$?" 1
password=$(admin token lose "$token" --json | jq -r '.codes[0]')
tap_is "a lost token is of no use, the temporary password is" \
	"$(verify bob "7391$(oathtool --hotp -b -c 1 "$seed")") $(verify bob "$password")" "wrong accepted"

# ---- codes that are sent ----

admin token issue sms --user bob --destination +491701234567 >/dev/null
web challenge --user bob --json >"$DAEMON_DIR/challenge"
tap_is "where a code goes is told to its owner alone" "$(jq -r .sent_to "$DAEMON_DIR/challenge")" '***********67'
tap_is "... it lies in the outbox, sealed" \
	"$(outbox)" \
	"1|+491701234567|$((6 + 29))"

# ---- the budget ----

for ((i = 0; i < 5; i++)); do
	verify eve 000000 --client 192.0.2.9 >/dev/null
done
tap_is "after five wrong codes there is a lock" "$(verify eve 000000)" locked
tap_is "... of the address as well, whomever it names" "$(verify ada 000000 --client 192.0.2.9)" locked
tap_is "... and of nobody else" "$(verify ada "${backup[1]}" --client 192.0.2.10)" accepted
tap_is "a name that is nobody's is locked like eve" \
	"$(for ((i = 0; i < 6; i++)); do verify mallory 000000; done | paste -sd ' ')" "wrong wrong wrong wrong wrong locked"

# ---- logins ----

COUNTERSIGN_USER_PASSWORD='correct horse 7' admin user password ada >/dev/null
tap_is "what a login wants first" "$(login '{"user":"ada"}')" '{"accepted":false,"next":["password","code"]}'
tap_is "an initial password has to be changed" "$(login '{"user":"ada","password":"correct horse 7"}' | jq -c .next)" '["new_password","code"]'
login "$(jq -n --arg code "${backup[2]}" \
	'{user: "ada", password: "correct horse 7", new_password: "battery staple 9", code: $code}')" >"$DAEMON_DIR/login"
tap_is "it is, and the user is in" "$(jq -r '.accepted, .level' "$DAEMON_DIR/login" | paste -sd ' ')" "true aal2"
tap_is "the old one is wrong now" "$(login '{"user":"ada","password":"correct horse 7"}' | jq -r .reason)" wrong
tap_like "a class of its own" "$(admin class set kiosk password && admin user class ada kiosk)" "kiosk \(password\)"
tap_is "... wants less, and asserts less" "$(login '{"user":"ada","password":"battery staple 9"}' | jq -r .level)" aal1

# The assertion, checked as anybody would: the key by its name, the signature by openssl.
base64url()
{
	local text
	text=$(tr -- '-_' '+/')
	while ((${#text} % 4)); do text+="="; done
	base64 -d <<<"$text"
}
IFS=. read -r head claims signature < <(jq -r .assertion "$DAEMON_DIR/login")
kid=$(base64url <<<"$head" | jq -r .kid)
key=$(curl -sS --cacert "$DAEMON_CA" "$DAEMON_URL/.well-known/jwks.json" | jq -c --arg kid "$kid" '.keys[] | select(.kid == $kid)')
hex()
{
	base64url | od -An -v -tx1 | tr -d ' \n'
}
# SubjectPublicKeyInfo of a P-256 key (RFC 5480), up to its point
public=3059301306072a8648ce3d020106082a8648ce3d03010703420004$(jq -r .x <<<"$key" | hex)$(jq -r .y <<<"$key" | hex)
# shellcheck disable=SC2001
printf '%b' "$(sed 's/../\\x&/g' <<<"$public")" >"$DAEMON_DIR/public.der"
raw=$(hex <<<"$signature")
printf 'asn1=SEQUENCE:s\n[s]\nr=INTEGER:0x%s\ns=INTEGER:0x%s\n' "${raw:0:64}" "${raw:64}" >"$DAEMON_DIR/signature.conf"
openssl asn1parse -genconf "$DAEMON_DIR/signature.conf" -noout -out "$DAEMON_DIR/signature.der"
printf '%s.%s' "$head" "$claims" >"$DAEMON_DIR/signed"
tap_ok "openssl finds the assertion signed by the key that is shown" openssl dgst -sha256 -verify "$DAEMON_DIR/public.der" -keyform DER \
	-signature "$DAEMON_DIR/signature.der" "$DAEMON_DIR/signed"
tap_is "... and it says who, for whom, how" "$(base64url <<<"$claims" | jq -c '[.sub, .aud, .acr, .amr, .exp - .iat]')" \
	'["ada","web","aal2",["pwd","otp"],900]'
tap_ok "the log holds" env COUNTERSIGN_CREDENTIAL_FILE="$DAEMON_ADMIN" "$cs" audit verify
tap_done
