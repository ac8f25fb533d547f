#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Whom courier speaks with: names that lead inward, that mean something else the second time, or whose certificate is not theirs; and a
# mail server that is not ours (aiosmtpd), with STARTTLS, without, and with a certificate of somebody else's.

service_unshare=-n
# shellcheck source=tests/lib/service.sh
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib/service.sh"
tap_need ip openssl
python=/usr/bin/python3 # Debian's, which has Debian's modules
"$python" -c 'import aiosmtpd' 2>/dev/null || tap_skip_all "python3-aiosmtpd is not installed"

ip link set lo up || tap_skip_all "no network of its own"
service_open || tap_skip_all "nothing can be mounted here"
world=$DAEMON_DIR/world
mkdir "$world"
open_address=198.41.0.4 # one of the Internet's, which is this machine here
for address in "$open_address" 169.254.169.254 10.0.0.1; do
	ip address add "$address/32" dev lo
done
inward="metadata.example private.example"
if ip -6 address add 64:ff9b::7f00:1/128 dev lo nodad 2>/dev/null; then
	inward="mapped.example $inward nat64.example"
else
	tap_note "no IPv6 here: IPv4 addresses in IPv6 ones are left to daemon_courier_test"
fi

make_certificate() # NAME SUBJECT-ALT-NAME
{
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj "/CN=$1" -addext "subjectAltName=$2" \
		-keyout "$world/$1.key" -out "$world/$1.crt" 2>/dev/null
}
make_certificate good "DNS:rebind.example,DNS:mail.example,$(printf 'DNS:%s,' $inward | sed 's/,$//')"
make_certificate other "DNS:mail.example"
# Where the system's file is a link, its target is bound over; where there is none, the resolver does what is wanted by itself.
bind_file() # FILE OVER
{
	[ ! -e "$2" ] || mount --bind "$1" "$(readlink -f "$2")"
}
[ -e /etc/ssl/certs/ca-certificates.crt ] || tap_skip_all "ca-certificates is not installed"
printf 'nameserver 127.0.0.1\n' >"$DAEMON_DIR/resolv"
printf 'hosts: files dns\n' >"$DAEMON_DIR/nsswitch"
tap_ok "names are asked of the test's own server, and its certificate is trusted" eval \
	'bind_file "$DAEMON_DIR/resolv" /etc/resolv.conf && bind_file "$DAEMON_DIR/nsswitch" /etc/nsswitch.conf &&
	bind_file "$world/good.crt" /etc/ssl/certs/ca-certificates.crt' || tap_done
"$python" "$top_srcdir/tests/lib/resolver.py" "$world" "rebind.example=$open_address,127.0.0.1" mapped.example=::ffff:127.0.0.1 \
	nat64.example=64:ff9b::7f00:1 metadata.example=169.254.169.254 private.example=10.0.0.1 "wrong.example=$open_address" \
	"mail.example=$open_address" &
"$python" "$top_srcdir/tests/lib/anywhere.py" "$world" "$world/good.crt" "$world/good.key" &
tap_ok "... who wait at every address" until_so test -e "$world/resolver" -a -e "$world/anywhere" || tap_done

mail=0
mail_start() # NAME-OF-CERTIFICATE, or none: mail goes to $world/mail.NUMBER
{
	local tls=()
	[ "$1" = none ] || tls=(--tlscert "$world/$1.crt" --tlskey "$world/$1.key")
	mail=$((mail + 1))
	"$python" -u -m aiosmtpd -n -l "$open_address:587" "${tls[@]}" -c aiosmtpd.handlers.Debugging stdout >"$world/mail.$mail" 2>&1 &
	mail_pid=$!
	until_so mail_listens
}
mail_listens()
{
	: <"/dev/tcp/$open_address/587"
}
mail_stop()
{
	kill "$mail_pid"
	wait "$mail_pid"
}

head -c 24 /dev/urandom | openssl base64 >"$DAEMON_DIR/secret"
tap_ok "the daemon's files are made" daemon_init "hook_secret = $DAEMON_DIR/secret" "hook_events = user.added" \
	"hook_urls = https://rebind.example/ $(printf 'https://%s/ ' $inward)https://wrong.example/" \
	"challenge_lifetime = 3600" "smtp_url = smtp://mail.example:587" "smtp_from = codes@example.org" || tap_done
service_start
until_so notified '^READY=1'
until_so test -n "$(port_of 'listening for HTTPS')"
DAEMON_URL=https://127.0.0.1:$(port_of "listening for HTTPS")
app_make web
admin=$DAEMON_ADMIN
messages() # FILTER
{
	credential=$admin
	api GET /v1/outbox
	jq -r "$1" <<<"$answer"
}
many() # FILTER COUNT
{
	[ "$(messages "[.messages[] | select($1)] | length")" -ge "$2" ]
}

# ---- names ----

credential=$admin
api POST /v1/users '{"user":"alice"}'
tap_ok "names that lead inward are refused" until_so many '.reason == "address_refused"' "$(wc -w <<<"$inward")" || messages '.messages[]'
tap_is "... each of them" "$(messages '[.messages[] | select(.reason == "address_refused") | .sent_to] | sort | join(" ")')" \
	"$(printf 'https://%s\n' $inward | sort | paste -sd ' ')"
tap_ok "what leads out is posted" until_so grep -qx rebind.example "$world/posts"
tap_ok "a certificate for another name ends it" until_so many '.sent_to == "https://wrong.example" and .attempts > 0' 1
tap_is "... and nothing was said there" "$(grep -c wrong "$world/posts")" 0
credential=$admin
api POST /v1/users '{"user":"bob"}'
tap_ok "a name that means this machine the second time is refused then" until_so \
	many '.sent_to == "https://rebind.example" and .reason == "address_refused"' 1 || messages '.messages[]'
tap_is "... as it was resolved" "$(grep rebind "$world/queries" | paste -sd ' ')" "rebind.example $open_address rebind.example 127.0.0.1"
tap_is "nobody ever came to an address that leads inward" "$(sort -u "$world/connections")" "::ffff:$open_address"

# ---- mail ----

credential=$admin
api POST /v1/tokens '{"user":"alice","type":"email","destination":"a@example.org\r\nBcc: eve@example.org"}'
tap_is "an address with a line end in it is none" "$status" 400
api POST /v1/tokens '{"user":"alice","type":"email","destination":"alice@example.org"}'
api POST /v1/tokens '{"user":"bob","type":"email","destination":"bob@example.org"}'
code() # USER
{
	credential=$DAEMON_DIR/web.credential
	api POST /v1/challenges "{\"user\":\"$1\"}"
}
tried() # USER
{
	many ".kind == \"email\" and .user == \"$1\" and .attempts > 0" 1
}
not_waiting() # USER
{
	! many ".kind == \"email\" and .user == \"$1\"" 1
}
tap_ok "a mail server listens, with STARTTLS" mail_start good
code alice
tap_ok "a code gets there" until_so grep -q '^Your code is [0-9]*\.$' "$world/mail.$mail"
tap_is "... once, to whom it should" "$(grep -c '^To: <alice@example.org>$' "$world/mail.$mail")" 1
tap_ok "... and waits no more" until_so not_waiting alice
mail_stop
tap_ok "one that has no TLS listens in its place" mail_start none
code alice
tap_ok "... is tried" until_so tried alice
mail_stop
tap_ok "one with a certificate of somebody else's" mail_start other
code bob
tap_ok "... is tried" until_so tried bob
mail_stop
tap_is "neither was told a code" "$(cat "$world/mail.2" "$world/mail.3" | grep -c -e 'Your code' -e '@example.org')" 0
tap_done
