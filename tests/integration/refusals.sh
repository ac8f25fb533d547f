#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Refusals, one of each kind: with which status it is answered, and whether the audit log has an entry of it, as docs/THREATS says: all that
# somebody was refused who asked for something, and nothing that was no request of anybody's.

: "${top_srcdir:=$(cd "$(dirname "$0")/../.." && pwd)}" "${top_builddir:=$top_srcdir/build}"
# shellcheck source=tests/lib/tap.sh
. "$top_srcdir/tests/lib/tap.sh"
for need in curl jq; do
	command -v "$need" >/dev/null || tap_skip_all "$need is not installed"
done
DAEMON_DIR=$(mktemp -d)
# shellcheck source=tests/lib/daemon.sh
. "$top_srcdir/tests/lib/daemon.sh"
trap 'daemon_end; rm -rf "$DAEMON_DIR"' EXIT

tap_ok "a daemon for the test" daemon_init "tries = 2" "address_tries = 3" && tap_ok "it starts" daemon_start || tap_done
for app in web logins bank elsewhere; do tap_ok "a credential for $app" app_make "$app"; done
scoped() # APP SCOPE
{
	local credential=$DAEMON_ADMIN
	api POST "/v1/applications/$1/scope" "$2" && [ "$status" = 200 ]
}
tap_ok "... for one call" scoped logins '{"calls":"login"}'
tap_ok "... for one realm" scoped bank '{"realms":"bank"}'
tap_ok "... for one network" scoped elsewhere '{"addresses":"192.0.2.0/24"}'
user_make ada GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ
user_make bob GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJR

# What has been written since it was asked last: action, result and reason of each entry, between commas.
seen=0
entries()
{
	local credential=$DAEMON_ADMIN rows
	api GET "/v1/audit?after=$seen&limit=1000"
	rows=$(jq -r '.entries[] | "\(.action) \(.result) \(.reason)"' <<<"$answer" | sed 's/ *$//' | paste -sd ,)
	seen=$(jq -r ".entries[-1].sequence // $seen" <<<"$answer")
	printf -v "$1" %s "$rows"
}

refused() # DESC WHO STATUS CODE ENTRIES METHOD PATH [BODY]: WHO is an application, admin, or a dash
{
	local credential=$DAEMON_DIR/$2.credential got
	case $2 in
	admin) credential=$DAEMON_ADMIN ;;
	-) credential= ;;
	esac
	api "${@:6}"
	got="$status $(jq -r '.error.code? // .reason? // ""' <<<"$answer" 2>/dev/null)"
	entries written
	tap_is "$1" "$got: $written" "$3 $4: $5"
}
entries written
verify=(POST /v1/otp/verify)
echo cs_app_nobody >"$DAEMON_DIR/nobody.credential"
code='{"user":"ada","code":"000000"}'

# ---- somebody is refused what he asked for ----

refused "without a credential" - 401 unauthorized "otp_verify refused unauthorized" "${verify[@]}" "$code"
refused "what his role may not" web 403 forbidden "user_add refused forbidden" POST /v1/users '{"user":"eve"}'
refused "a call that is not of the credential's" logins 403 call_not_allowed "otp_verify refused call_not_allowed" "${verify[@]}" "$code"
refused "a user of another realm" bank 403 realm_not_allowed "otp_verify refused realm_not_allowed" "${verify[@]}" "$code"
refused "from another network" elsewhere 403 address_not_allowed "otp_verify refused address_not_allowed" "${verify[@]}" "$code"
refused "a user who is not there, in no other words than a wrong code" web 200 wrong "otp_verify wrong unknown_user" "${verify[@]}" '{"user":"nobody","code":"000000"}'
refused "a wrong code" web 200 wrong "otp_verify wrong wrong_code" "${verify[@]}" "$code"
refused "... another one" web 200 wrong "otp_verify wrong wrong_code" "${verify[@]}" "$code"
refused "whoever has no try left" web 200 locked "otp_verify locked user_locked" "${verify[@]}" "$code"
for n in 1 2 3; do
	refused "a wrong code from one address" web 200 wrong "otp_verify wrong unknown_user" "${verify[@]}" "{\"user\":\"nobody$n\",\"code\":\"0\",\"client\":\"192.0.2.9\"}"
done
refused "whoever comes from an address that has no try left" web 200 locked "otp_verify locked address_locked" "${verify[@]}" '{"user":"bob","code":"0","client":"192.0.2.9"}'
refused "a member's value that keeper alone can judge" admin 400 bad_user "user_add refused bad_user" POST /v1/users '{"user":" "}'
refused "what is there already" admin 409 user_exists "user_add refused user_exists" POST /v1/users '{"user":"ada"}'

# ---- no request of anybody's: front refuses it before it is known who asks ----

counted() # answers of the class 4xx
{
	daemon_metrics | awk '/^countersign_http_requests_total.*class="4xx"/ {n += $2} END {print n}'
}
before=$(counted)
refused "a path that there is not" web 404 not_found "" GET /v1/nothing
refused "another method" web 405 method_not_allowed "" GET /v1/otp/verify
refused "no JSON" web 400 invalid_json "" "${verify[@]}" '{"user":'
refused "a member that the call does not know" web 400 unknown_member "" "${verify[@]}" '{"user":"ada","code":"000000","admin":true}'
refused "a member that is missing" web 400 missing_member "" "${verify[@]}" '{"user":"ada"}'
refused "a member of another type" web 400 invalid_member "" "${verify[@]}" '{"user":"ada","code":0}'
content_type=text/plain refused "another type of content" web 415 unsupported_media_type "" "${verify[@]}" "$code"
refused "too long" web 413 payload_too_large "" "${verify[@]}" "$(printf '{"user":"%070000d"}' 0)"
tap_is "... and all eight are counted" "$(($(counted) - before))" 8

# ---- many without a credential ----

for _ in 1 2 3; do refused "nobody's credential, counted" nobody 401 unauthorized "" "${verify[@]}" "$code"; done
tap_ok "the daemon stops" daemon_stop && tap_ok "... and starts" daemon_start || tap_done
refused_counts() # the details of the entries that tell how many there were
{
	local credential=$DAEMON_ADMIN
	api GET "/v1/audit?after=$seen&limit=1000"
	jq -r '.entries[] | select(.action == "refused" and .reason == "unauthorized") | .detail' <<<"$answer" | paste -sd ,
}
tap_is "... and those are told with their number" "$(refused_counts)" "3 more within a minute"
tap_done
