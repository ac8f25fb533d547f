#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# The API's description: it is OpenAPI 3.1, it has every path and method that the daemon answers and no others, and real answers of
# every operation are what it says of them.
. "${top_srcdir:-.}/tests/lib/door.sh"
tap_need python3
python3 -c 'import jsonschema; jsonschema.Draft202012Validator' 2>/dev/null || tap_skip_all "python3-jsonschema is not installed"
checker=$(realpath "$top_srcdir/tests/lib/openapi.py")
cd "$DAEMON_DIR" || exit 1
door_begin "tries = 100" "login_ca = $DAEMON_CA"

credential=
api GET /v1/openapi.json
tap_is "the description is served to anyone" "$status" 200
cp answer openapi.json
tap_ok "it is a document of OpenAPI 3.1" python3 "$checker" document openapi.json
# Each path, with a segment in the place of its variable: the daemon tells its methods.
jq -r '.paths | to_entries[] | .key + " " + ([.value | keys[] | ascii_upcase] | sort | join(","))' openapi.json >paths
tap_ok "it has paths" test -s paths
while read -r path methods; do
	api OPTIONS "$(sed 's/{[^}]*}/x/' <<<"$path")"
	allow=$(tr -d '\r' <headers | sed -n 's/^Allow: //Ip' | tr -d ' ' | tr , '\n' | grep -vxE 'HEAD|OPTIONS' | sort | paste -sd,)
	[ "$allow" = "$methods" ] || tap_note "$path: $allow, described: $methods"
	echo "$allow" >>allowed
done <paths
tap_is "the daemon answers the methods that it tells, and no others" "$(cat allowed)" "$(cut -d' ' -f2 paths)"
tap_is "each of the daemon's operations is in it" "$(jq -r '[.paths[][].operationId] | length == (unique | length)' openapi.json)" true

# Answers, one line each: method, path of the description, status, body.
: >answers
try() # METHOD PATH-OF-THE-DESCRIPTION PATH [BODY]
{
	api "$1" "$3" "${@:4}"
	printf '%s\t%s\t%s\t%s\n' "$1" "$2" "$status" "$(tr -d '\n' <answer)" >>answers
}
credential=$DAEMON_ADMIN
try POST /v1/users /v1/users '{"user":"bob"}'
try POST /v1/users /v1/users '{"user":"bob"}'
try GET /v1/users '/v1/users?limit=1'
try GET /v1/users /v1/users
token_of()
{
	jq -re .token answer
}
for type in hotp totp ocra list grid backup temporary; do
	case $type in
	ocra) more=',"suite":"OCRA-1:HOTP-SHA1-6:QN08"' ;;
	*) more= ;;
	esac
	try POST /v1/tokens /v1/tokens "{\"user\":\"bob\",\"type\":\"$type\"$more}"
	[ "$type" != hotp ] || hotp=$(token_of)
done
try POST /v1/tokens /v1/tokens '{"user":"bob","type":"sms","destination":"+4915112345678"}'
try POST /v1/tokens /v1/tokens '{"user":"nobody","type":"hotp"}'
try POST /v1/tokens /v1/tokens '{"user":"bob","sealed":"AAAA"}'
try GET /v1/enrolment-key /v1/enrolment-key
try GET /v1/tokens '/v1/tokens?user=bob'
try GET /v1/tokens '/v1/tokens?type=sms&state=active&limit=2'
tap_is "tokens are listed by type and state" "$(jq -r '[.tokens[] | .type + " " + .state] | unique | join(",")' answer)" "sms active"
try POST '/v1/tokens/{token}/disable' "/v1/tokens/$hotp/disable" '{}'
try POST '/v1/tokens/{token}/enable' "/v1/tokens/$hotp/enable"
try POST '/v1/tokens/{token}/pin' "/v1/tokens/$hotp/pin" '{"pin":"7391x"}'
try POST '/v1/tokens/{token}/lose' "/v1/tokens/$hotp/lose" '{}'
try POST '/v1/tokens/{token}/resync' "/v1/tokens/$token/resync" "{\"code1\":\"$(door_code 100)\",\"code2\":\"$(door_code 101)\"}"
try POST '/v1/tokens/{token}/resync' "/v1/tokens/$token/resync" '{"code1":"000000","code2":"000000"}'
try POST '/v1/tokens/{token}/expire' "/v1/tokens/$hotp/expire" '{"expires":0}'
try POST '/v1/tokens/{token}/expire' "/v1/tokens/$hotp/expire" "{\"expires\":$(($(date +%s) + 3600))}"
try POST '/v1/tokens/{token}/replace' "/v1/tokens/$hotp/replace" '{"type":"backup","count":5}'
backup=$(token_of)
try POST '/v1/tokens/{token}/replace' "/v1/tokens/$hotp/replace"
try DELETE '/v1/tokens/{token}' "/v1/tokens/$backup"
try DELETE '/v1/tokens/{token}' "/v1/tokens/$backup"
digest=$(sha256sum /dev/null)
digest=${digest%% *}
try POST /v1/imports /v1/imports "{\"digest\":\"$digest\",\"name\":\"stock.csv\",\"rows\":3,\"users\":\"make\"}"
import=$(jq -re .import answer)
try POST '/v1/imports/{import}/rows' "/v1/imports/$import/rows" '{"first":0,"tokens":[
	{"type":"hotp","secret":"MFRGGZDFMZTWQ2LKNNWG23TPOBYXE43U","serial":"S1","user":"emil","counter":7,"digits":8},
	{"type":"totp","secret":"MFRGGZDFMZTWQ2LKNNWG23TPOBYXE43V","serial":"S2","period":60,"algorithm":"SHA256","label":"l","expires":1924991999},
	{"type":"ocra","secret":"MFRGGZDFMZTWQ2LKNNWG23TPOBYXE43U","suite":"OCRA-1:HOTP-SHA1-6:QN08"}]}'
try POST '/v1/imports/{import}/rows' "/v1/imports/$import/rows" '{"first":0,"tokens":[{"type":"hotp"}]}'
try POST '/v1/imports/{import}/commit' "/v1/imports/$import/commit"
try DELETE '/v1/imports/{import}' "/v1/imports/$import"
try POST /v1/imports /v1/imports "{\"digest\":\"$digest\",\"name\":\"stock.csv\",\"rows\":1}"
import=$(jq -re .import answer)
try POST '/v1/imports/{import}/rows' "/v1/imports/$import/rows" '{"first":0,"tokens":[
	{"type":"totp","secret":"MFRGGZDFMZTWQ2LKNNWG23TPOBYXE43V","serial":"S2"}]}'
try GET /v1/imports '/v1/imports?limit=1'
try POST '/v1/imports/{import}/commit' "/v1/imports/$import/commit"
try GET /v1/imports /v1/imports
try GET /v1/stock /v1/stock
try POST '/v1/stock/{token}/assign' /v1/stock/S2/assign '{"user":"bob"}'
try POST '/v1/stock/{token}/assign' /v1/stock/S2/assign '{"user":"bob"}'
try DELETE '/v1/stock/{token}' /v1/stock/S2
try GET /v1/tokens '/v1/tokens?user=bob'
try POST /v1/applications /v1/applications '{"name":"other"}'
try GET /v1/applications '/v1/applications?limit=1'
try POST '/v1/applications/{name}/certificate' /v1/applications/other/certificate "{\"certificate\":\"$(printf 'ab%.0s' {1..32})\"}"
try POST '/v1/applications/{name}/scope' /v1/applications/other/scope '{"realms":"bank","addresses":"192.0.2.0/24 ::1"}'
try POST '/v1/applications/{name}/rotate' /v1/applications/other/rotate
try DELETE '/v1/applications/{name}' /v1/applications/other
try POST '/v1/users/{user}/export' /v1/users/nobody/export
try POST /v1/break-glass /v1/break-glass '{"user":"nobody"}'
try GET /v1/break-glass /v1/break-glass
try DELETE '/v1/break-glass/{code}' /v1/break-glass/g_0
try POST /v1/staff /v1/staff '{"name":"olga","role":"operator"}'
try POST /v1/staff /v1/staff '{"name":"anton","role":"administrator"}'
try POST /v1/staff /v1/staff '{"name":"bert","role":"administrator"}'
tap_is "one administrator does not make a third one" "$status $(jq -r .state answer)" "202 proposed"
proposal=$(jq -r .approval answer)
try POST '/v1/users/{user}/export' /v1/users/bob/export
try GET /v1/staff '/v1/staff?limit=1'
try GET /v1/approvals /v1/approvals
try GET /v1/outbox '/v1/outbox?limit=1'
try POST '/v1/outbox/{message}/retry' /v1/outbox/m_0000000000000000/retry
try POST '/v1/approvals/{approval}/approve' "/v1/approvals/$proposal/approve"
try POST '/v1/approvals/{approval}/refuse' "/v1/approvals/$proposal/refuse" '{}'
try POST '/v1/staff/{name}/rotate' /v1/staff/admin/rotate '{}'
jq -r .credential answer >rotated && credential=rotated
chmod 600 rotated
try POST '/v1/staff/{name}/rotate' /v1/staff/olga/rotate
try POST '/v1/staff/{name}/certificate' /v1/staff/olga/certificate '{"certificate":"none"}'
try POST '/v1/staff/{name}/certificate' /v1/staff/admin/certificate '{"certificate":"none"}'
try POST '/v1/staff/{name}/disable' /v1/staff/olga/disable
try POST '/v1/staff/{name}/enable' /v1/staff/olga/enable
try GET /v1/audit '/v1/audit?limit=2'
try GET /v1/audit '/v1/audit?user=bob&action=token_enrol&result=done&since=1700000000'
tap_is "entries are listed by user and action" "$(jq -r '[.entries[] | .user + " " + .action] | unique | join(",")' answer)" \
	"bob token_enrol"
try GET /v1/users '/v1/users?realm=-&class=default'
try GET /v1/audit/checkpoints /v1/audit/checkpoints
try GET /v1/audit/key /v1/audit/key
try GET '/v1/reports/{day}' /v1/reports/2027-01-15
try POST /v1/classes /v1/classes '{"name":"clerks","factors":"password"}'
try GET /v1/classes /v1/classes
try POST '/v1/users/{user}/class' /v1/users/alice/class '{"class":"clerks"}'
try POST /v1/aliases /v1/aliases '{"user":"alice","alias":"Ally/2"}'
try POST /v1/aliases /v1/aliases '{"user":"bob","alias":"ally/2"}'
try GET /v1/aliases /v1/aliases
try GET /v1/aliases '/v1/aliases?user=ally%2F2&limit=1'
tap_is "a user's aliases are listed by one of them" "$(jq -r '.aliases[] | .alias + " " + .user' answer)" "ally/2 alice"
try POST /v1/certificates /v1/certificates "{\"user\":\"alice\",\"certificate\":\"$digest\",\"label\":\"card\"}"
try POST /v1/certificates /v1/certificates '{"user":"alice","certificate":"none"}'
try GET /v1/certificates '/v1/certificates?user=alice'
try DELETE '/v1/certificates/{certificate}' "/v1/certificates/$digest"
try POST '/v1/users/{user}/certificates' /v1/users/alice/certificates '{"certificates":"bound"}'
try POST /v1/classes /v1/classes '{"name":"cards","factors":"certificate+password"}'
try POST '/v1/users/{user}/class' /v1/users/bob/class '{"class":"cards"}'
try POST '/v1/users/{user}/password' /v1/users/alice/password '{"password":"correct horse battery","change":"never"}'
credential=$DAEMON_DIR/web.credential
try POST /v1/login /v1/login '{"user":"alice"}'
try POST /v1/login /v1/login '{"user":"alice","password":"another one altogether"}'
try POST /v1/login /v1/login '{"user":"alice","password":"correct horse battery"}'
try POST /v1/login /v1/login '{"user":"bob"}'
try POST /v1/login /v1/login '{"user":"bob","certificate":"AAAA","nonce":"x","algorithm":"ES256","signature":"AAAA"}'
try POST /v1/login /v1/login '{"user":"bob","signature":"AAAA"}'
try GET /.well-known/jwks.json /.well-known/jwks.json
credential=rotated
try GET /v1/data-keys /v1/data-keys
try POST '/v1/realms/{realm}/export' '/v1/realms/*/export'
try POST '/v1/realms/{realm}/export' '/v1/realms/*/export' '{"seeds":"withheld"}'
try POST '/v1/realms/{realm}/export' '/v1/realms/*/export' '{"seeds":"told"}'
try POST '/v1/realms/{realm}/export' /v1/realms/bank/export '{"after":"00"}'
try POST /v1/data-keys /v1/data-keys
try POST /v1/signing-keys/rotate /v1/signing-keys/rotate '{}'
credential=$DAEMON_DIR/web.credential
try POST /v1/otp/verify /v1/otp/verify "{\"user\":\"alice\",\"code\":\"$(door_code 102)\"}"
try POST /v1/otp/verify /v1/otp/verify '{"user":"alice","code":"000000"}'
try POST /v1/otp/verify /v1/otp/verify '{"user":"alice"}'
try POST /v1/otp/verify /v1/otp/verify "{\"user\":\"ally/2\",\"code\":\"$(door_code 103)\"}"
tap_is "an alias is as good as the name" "$(jq .accepted answer)" true
try POST /v1/otp/radius /v1/otp/radius '{"user":"alice","code":"000000"}'
try POST /v1/otp/radius /v1/otp/radius '{"user":"bob","code":"","type":"ocra"}'
try GET /v1/otp/status /v1/otp/status
try POST /validate/check /validate/check '{"user":"alice","pass":"000000"}'
try GET /validate/check '/validate/check?user=bob&pass='
try POST /validate/triggerchallenge /validate/triggerchallenge '{"user":"bob"}'
try GET /validate/triggerchallenge '/validate/triggerchallenge?user=bob'
try GET /validate/polltransaction '/validate/polltransaction?transaction_id=c_1'
try GET '/validate/polltransaction/{transaction_id}' /validate/polltransaction/c_1
try POST /v1/challenges /v1/challenges '{"user":"bob","type":"sms"}'
challenge=$(jq -r .challenge answer)
try GET '/v1/challenges/{challenge}' "/v1/challenges/$challenge"
for i in 1 2 3 4 5; do
	api POST /v1/otp/verify "{\"user\":\"nobody$i\",\"code\":\"000000\",\"client\":\"192.0.2.77\"}"
done
credential=rotated
try DELETE '/v1/aliases/{alias}' /v1/aliases/ally%2f2
try DELETE '/v1/aliases/{alias}' /v1/aliases/ally%2f2
try GET /v1/locks /v1/locks
tap_is "an address that has failed five times is locked" "$(jq -r '.locks[] | [.address, .application, .of] | join(" ")' answer)" \
	"192.0.2.77 web attempts"
try POST /v1/locks/lift /v1/locks/lift '{"address":"192.0.2.77","application":"web"}'
try POST /v1/locks/lift /v1/locks/lift '{"address":"192.0.2.77"}'
tap_is "and once it was lifted, there is nothing to lift" "$status" 404
try POST '/v1/users/{user}/disable' /v1/users/bob/disable
try GET /v1/users /v1/users
try POST '/v1/users/{user}/enable' /v1/users/bob/enable '{}'
try DELETE '/v1/users/{user}' /v1/users/bob
try DELETE '/v1/users/{user}' /v1/users/bob
credential=
try GET /healthz /healthz
try POST /auth /auth "{\"username\":\"web\",\"password\":\"$(cat "$DAEMON_DIR/web.credential")\"}"
try GET /livez /livez
try GET /readyz /readyz
try GET /v1/openapi.json /v1/openapi.json
tap_ok "real answers of every operation are what it says of them" python3 "$checker" answers openapi.json answers
tap_done
