#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# A card makes a seed and seals it to the server's key; the server takes it, and then the card's codes, each once. What the server
# does not take, and that the seed is in no file of card, program or server.
. "${top_srcdir:=$(cd "$(dirname "$0")/../.." && pwd)}/tests/lib/card.sh"

for need in openssl curl jq python3; do
	command -v "$need" >/dev/null || tap_skip_all "$need is not installed"
done
DAEMON_DIR=$CARD_DIR/daemon
mkdir "$DAEMON_DIR"
# shellcheck source=tests/lib/daemon.sh
. "$top_srcdir/tests/lib/daemon.sh"
card_at_exit daemon_end
cs=$(realpath "$top_builddir/tools/countersign")
cd "$CARD_DIR" || exit 1
export HOME=$CARD_DIR COUNTERSIGN_TRANSPORT=pcsc COUNTERSIGN_PIN=482915 COUNTERSIGN_PUK=73940216

check() # DESC STATUS PATTERN ARGUMENT...: as a person types it; what it says is in said
{
	local desc=$1 want=$2 pattern=$3 status
	shift 3
	"$cs" "$@" >said 2>&1 </dev/null
	status=$?
	tap_ok "$desc" eval '[ "$status" -eq "$want" ] && grep -qE -- "$pattern" said' || tap_note "$status: $(cat said)"
}
has() # NAME: whether the card has a credential of this name
{
	"$cs" otp list --json 2>/dev/null | jq -e --arg n "$1" '[.. | .name? // empty] | index($n) != null' >/dev/null
}
code() # NAME
{
	"$cs" otp code "$1" --json | jq -r '.. | .code? // empty' | head -n 1
}
verify() # DESC STATUS PATTERN USER CODE
{
	check "$1" "$2" "$3" server otp verify --user "$4" --credential-file "$DAEMON_DIR/web.credential" --otp "$5"
}

# ---- a card whose maker is known, and a server ----

card_start countersign
{ "$cs" card init --label Ada --yes && "$cs" key generate --slot 9a --yes && "$cs" key attest --slot 9a --chain --output chain.pem; } >cs.log 2>&1
# the last one is the maker's
awk '/BEGIN/ { text = "" } { text = text $0 "\n" } END { printf "%s", text }' chain.pem >makers.pem
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout foreign.key -out foreign.pem -subj '/CN=Somebody else' -days 30 >openssl.log 2>&1
cp makers.pem card_ca.pem
{ daemon_init "card_ca = $CARD_DIR/card_ca.pem" "dual_control = no" && daemon_start && app_make web; } || {
	tap_fail "a daemon with an application" || tap_note "$(cat cs.log)"
	tap_done
}
chmod 600 "$DAEMON_DIR"/*.credential
export COUNTERSIGN_SERVER=$DAEMON_URL COUNTERSIGN_CA=$DAEMON_CA COUNTERSIGN_CREDENTIAL_FILE=$DAEMON_ADMIN
for user in ada bob; do
	"$cs" server user add "$user" >>cs.log 2>&1
done

# ---- in one go ----

check "the card makes a seed for the server, which takes it" 0 '^token t_[0-9a-f]{16} of user ada$' \
	server token enrol --user ada --type hotp --on-card work
cp said said.work
tap_ok "and has it" has work
tap_is "nobody is shown it" "$(grep -ciE 'secret|otpauth|seed' said.work)" 0
otp=$(code work)
verify "the card's code is good" 0 accepted ada "$otp"
verify "once" 1 refused ada "$otp"
verify "the next one is, too" 0 accepted ada "$(code work)"
check "a TOTP credential of another shape" 0 'token t_' server token enrol --user ada --algorithm SHA256 --digits 8 --period 60 --on-card slow --label "Ada's second"
verify "its code is good" 0 accepted ada "$(code slow)"
"$cs" server token list --user ada --json >said
tap_is "what the card said of them is enrolled" "$(jq -c '[.tokens[] | [.type, .algorithm, .digits, .period, .label]] | sort' said)" \
	'[["hotp","SHA1",6,null,"work"],["totp","SHA256",8,60,"Ada'"'"'s second"]]'
serial=$(printf '%08x' "$("$cs" card info --json | jq '[.. | .serial? // empty | numbers] | first')")
tap_is "with the card's serial number" "$(jq -r '[.tokens[].serial[:9]] | unique | .[]' said)" "$serial-"
credential=$DAEMON_ADMIN
api GET '/v1/audit?limit=1000'
tap_is "which the audit log has, too" "$(jq -r '[.entries[] | select(.action == "token_enrol" and .result == "done") | .detail] | unique | .[]' <<<"$answer")" \
	"sealed by card $serial"
check "a name that the card has is not taken twice" 1 already server token enrol --user ada --on-card work

# ---- with a file ----

check "the server's key is there for everybody" 0 'BEGIN PUBLIC KEY' server enrolment-key
cp said server.pem
seal() # NAME KEY
{
	rm -f "$1.sealed"
	"$cs" otp add "$1" --type hotp --seal-to "$2" --output "$1.sealed" --yes >>cs.log 2>&1
}
seal file server.pem
check "a file is for this server, says the card" 0 "$(openssl pkey -pubin -in server.pem -outform DER | tail -c 65 | od -An -v -tx1 | tr -d ' \n')" otp sealed file.sealed --trust makers.pem --json
check "... and not, says another maker's certificate" 1 'not what it claims' otp sealed file.sealed --trust foreign.pem
check "it is enrolled where the card is not" 0 "$serial-" server token enrol --user bob --sealed file.sealed --json
verify "the card's code is good" 0 accepted bob "$(code file)"
tap_ok "a file is good once, on standard input too" \
	eval '! "$cs" server token enrol --user bob --sealed - <file.sealed >said 2>&1 && grep -q "enrolled before" said' || tap_note "$(cat said)"
id=$("$cs" server token list --user bob --json | jq -r '.tokens[0].token')
"$cs" server token disable "$id" >>cs.log 2>&1
check "... also when its token is out of use" 1 'enrolled before' server token enrol --user ada --sealed file.sealed

# ---- an answer that is lost ----

exec {lossy}< <(exec python3 "$top_srcdir/tests/lib/lossy.py" "$(daemon_port)" "$DAEMON_CA" "$DAEMON_DIR/server/tls.key" losses 2>lossy.log)
lossy_pid=$!
card_at_exit 'kill "$lossy_pid" 2>/dev/null'
read -r -u "$lossy" port
through=$COUNTERSIGN_SERVER
export COUNTERSIGN_SERVER=https://127.0.0.1:$port
tokens() # [USER]: how many active ones
{
	"$cs" server token list --user "${1:-ada}" --state active --json | jq '.tokens | length'
}
for how in nothing 503; do
	before=$(tokens)
	echo "2 $how" >losses
	check "an answer that is lost ($how) is asked for again" 0 '^token t_' server token enrol --user ada --type hotp --on-card "lost-$how"
	verify "the card has what the server has" 0 accepted ada "$(code "lost-$how")"
	tap_is "which has enrolled it once" "$(tokens)" $((before + 1))
	echo "2 $how" >losses
	check "so it is with a seed that is made here" 0 '^token t_' server token enrol --user bob --type hotp --on-card "here-$how" --unsealed
	verify "... which is on the card, too" 0 accepted bob "$(code "here-$how")"
done
before=$(tokens)
echo "2 nothing,403" >losses
check "one that is lost is asked for again past a refusal, too" 0 '^token t_' server token enrol --user ada --type hotp --on-card refused
verify "... the card has what the server has" 0 accepted ada "$(code refused)"
tap_is "... which is one" "$(tokens)" $((before + 1))
# Who asks, or how often, and what is out of order just now: that says nothing of the call before.
for refusal in 401 403 404 408 429 500 502 503; do
	echo "2 nothing,$refusal" >losses
	check "one that is lost is asked for again past a $refusal" 0 "credential is in past-$refusal" \
		server app add "past-$refusal" --credential-out "past-$refusal"
	credential=past-$refusal api GET /v1/users
	tap_is "... and its credential is the one that was made: it is known, and may not do that" "$status" 403
done
# Whatever else is said is the answer.
for verdict in 400 409 413 415 422; do
	echo "3 nothing,$verdict" >losses
	check "a $verdict is an answer, and told" 1 "answered with status $verdict" server app add "told-$verdict" --credential-out "told-$verdict"
	tap_is "... and nobody asks again" "$(cat losses)" "1 $verdict"
done
echo "all nothing" >losses
before=$(tokens)
check "where none comes at all, nobody says that nothing was done" 3 'may have enrolled.*--serial [0-9a-f]{8}-[0-9a-f]{16}.*otp delete never' \
	server token enrol --user ada --type hotp --on-card never
serial_said=$(grep -oE '[0-9a-f]{8}-[0-9a-f]{16}' said | head -n 1)
tap_ok "the card keeps what the server may have" has never
echo "0 nothing" >losses
tap_is "which is the one that was named" "$("$cs" server token list --serial "$serial_said" --json | jq -r '.tokens[] | .user')" ada
verify "... and good" 0 accepted ada "$(code never)"
tap_is "it is one" "$(tokens)" $((before + 1))
seal again server.pem
echo "all nothing" >losses
check "a file whose answer was lost is sent again" 3 'may have enrolled.*again' server token enrol --user bob --sealed again.sealed
before=$(tokens bob)
check "a seed that is made here is on no card then" 3 'may have enrolled.*disable' server token enrol --user bob --type hotp --on-card nowhere --unsealed
tap_ok "... as is said" eval '! has nowhere && [ "$(tokens bob)" -eq $((before + 1)) ]'
echo "0 nothing" >losses
check "the file is known then" 1 'enrolled before' server token enrol --user bob --sealed again.sealed
# What is told once, of other kinds.
told() # DESC LOSSES PATTERN ARGUMENT...: done once, and told
{
	local desc=$1 losses=$2 pattern=$3
	shift 3
	echo "$losses nothing" >losses
	check "$desc" 0 "$pattern" "$@"
}
before=$(tokens bob)
told "codes that were made and lost on the way are told again" 1 '^ *1 .*[0-9]{6}' server token issue list --user bob --count 10
tap_is "... of one list" "$(tokens bob)" $((before + 1))
printed=$("$cs" server token list --user bob --type list --json | jq -r '.tokens[0].token')
told "so are those of a replacement" 1 '^ *1 .*[0-9]{6}' server token replace "$printed"
tap_is "... in the place of the one" "$(tokens bob)" $((before + 1))
told "and so is an application's credential" 1 'the credential is in shop.credential' server app add shop --credential-out shop.credential
echo "all nothing" >losses
check "where no answer comes it is said what that means" 3 'may have done it' server app add other --credential-out other.credential
echo "0 nothing" >losses
check "... as it had" 1 'already' server app add other
kill "$lossy_pid"
check "a server that was not reached has enrolled nothing" 3 'was not reached' server token enrol --user ada --on-card away
tap_ok "... and neither has the card" eval '! has away'
export COUNTERSIGN_SERVER=$through

# ---- what is not taken ----

openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 2>>openssl.log | openssl pkey -pubout -out other.pem
seal other other.pem
check "what is sealed to another server is refused" 1 'another key than that of this server' server token enrol --user bob --sealed other.sealed
seal changed server.pem
python3 -c 'b = open("changed.sealed", "rb").read(); open("changed.sealed", "wb").write(b.replace(b"changed", b"changes", 1))'
check "what was changed is, too" 1 'No card that card_ca vouches for has signed this' server token enrol --user bob --sealed changed.sealed
check "what the card has said is not said otherwise" 2 'does not go with --sealed' server token enrol --user bob --sealed other.sealed --type totp
check "a file that is not there is told" 2 'cannot be read' server token enrol --user bob --sealed nothing.sealed
check "so is one that is none" 1 'must be, in base64' server token enrol --user bob --sealed makers.pem
check "--unsealed is for a card" 2 'goes with --on-card' server token enrol --user bob --unsealed
check "a user who is not there gets none" 1 'no such user' server token enrol --user eve --on-card lost
tap_ok "... and the card keeps none for him" eval '! has lost'

# Another maker's: the file is read when it is another one.
cp foreign.pem card_ca.new && mv card_ca.new card_ca.pem
check "a card of a maker that is not in card_ca is not believed" 1 'card_ca vouches for' server token enrol --user bob --on-card foreign
tap_ok "... and has no credential of it" eval '! has foreign'
cp makers.pem card_ca.new && mv card_ca.new card_ca.pem
check "one of a maker that is back there is" 0 'token t_' server token enrol --user bob --type hotp --on-card back
verify "and its code is good" 0 accepted bob "$(code back)"

# ---- the old way ----

check "a seed that is made here goes to both where one says so" 0 'token t_' server token enrol --user bob --type hotp --on-card plain --unsealed
verify "and its code is good" 0 accepted bob "$(code plain)"
sed -i '/^card_ca/d' "$DAEMON_DIR/countersignd.conf"
daemon_stop
daemon_start
export COUNTERSIGN_SERVER=$DAEMON_URL
check "a server without card_ca names it" 1 'set card_ca first' server token enrol --user bob --on-card unknown
card_stop
card_start piv --plain=oath
check "a card that seals nothing is told from one that does" 1 'makes no seed that it seals; --unsealed' server token enrol --user bob --on-card elsewhere
check "... and is served without" 0 'token t_' server token enrol --user bob --type hotp --on-card elsewhere --unsealed
verify "... and its code is good" 0 accepted bob "$(code elsewhere)"
card_stop

# ---- nobody has it ----

: >seeds
for user in ada bob; do
	api POST "/v1/users/$user/export" '{}'
	jq -r '.. | .secret? // empty' <<<"$answer" >>seeds
done
seeds=$(sort -u seeds)
rm -f seeds "$DAEMON_DIR/answer"
answer=
tap_ok "the server tells seeds to who may have them all" [ "$(wc -l <<<"$seeds")" -ge 6 ]
daemon_stop
places=(.)
if [ -n "${DAEMON_POSTGRESQL-}" ]; then
	tap_ok "the database's server stops" pg_stop daemon
	places+=("$PG_DIR")
fi
cat >search.py <<'END'
import base64, os, sys
names = 0
for seed in sys.stdin.read().split():
    raw = base64.b32decode(seed + "=" * (-len(seed) % 8))
    forms = [raw, raw.hex().encode(), raw.hex().upper().encode(), seed.encode(), seed.lower().encode(), base64.b64encode(raw).rstrip(b"=")]
    for place in sys.argv[1:]:
        for folder, _, files in os.walk(place):
            for name in files:
                path = os.path.join(folder, name)
                if os.path.isfile(path) and any(form in open(path, "rb").read() for form in forms):
                    print(path)
END
head -n 1 <<<"$seeds" | python3 -c 'import base64, sys; s = sys.stdin.read().strip(); open("planted", "wb").write(b"x" + base64.b32decode(s + "=" * (-len(s) % 8)))'
planted=${places[-1]}/planted
[ "$planted" = ./planted ] || mv planted "$planted"
tap_is "one that lies about is found" "$(python3 search.py "${places[@]}" <<<"$seeds" | sort -u)" "$planted"
rm "$planted"
tap_is "and no seed is in any file of card, program, server or database" "$(python3 search.py "${places[@]}" <<<"$seeds")" ""
tap_done
