#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# A user logs in with his card: a key that was made on it, a certificate that a CA has given to it, a nonce of the daemon that it signs,
# and what the daemon says to keys, certificates and nonces that are not his; a certificate of the connection, too.
. "${top_srcdir:=$(cd "$(dirname "$0")/../.." && pwd)}/tests/lib/card.sh"

for need in openssl curl jq oathtool python3; do
	command -v "$need" >/dev/null || tap_skip_all "$need is not installed"
done
DAEMON_DIR=$CARD_DIR/daemon
mkdir "$DAEMON_DIR"
# shellcheck source=tests/lib/daemon.sh
. "$top_srcdir/tests/lib/daemon.sh"
card_at_exit daemon_end
cs=$(realpath "$top_builddir/tools/countersign")
cd "$CARD_DIR" || exit 1
export COUNTERSIGN_TRANSPORT=socket:$CARD_SOCKET COUNTERSIGN_PIN=482915 COUNTERSIGN_PUK=73940216
export COUNTERSIGN_LOGIN_PASSWORD='correct horse 7' COUNTERSIGN_USER_PASSWORD='correct horse 7'
seed=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ # the 20 bytes of RFC 4226, appendix D

# ---- a CA, a card, a daemon ----

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca.key -out ca.crt -subj /CN=CA -days 30 >openssl.log 2>&1
cat >client.ext <<'END'
basicConstraints = CA:FALSE
keyUsage = digitalSignature
extendedKeyUsage = clientAuth
END
certify() # NAME: NAME.csr becomes NAME.crt
{
	openssl x509 -req -in "$1.csr" -CA ca.crt -CAkey ca.key -CAcreateserial -days 20 -extfile client.ext -out "$1.crt" >>openssl.log 2>&1
}
slot_make() # SLOT ALGORITHM NAME
{
	"$cs" key generate --slot "$1" --algorithm "$2" --yes >"$3.pub" 2>>cs.log && "$cs" cert request --slot "$1" --subject "/CN=$3" >"$3.csr" 2>>cs.log &&
		certify "$3" && "$cs" cert import --slot "$1" "$3.crt" >>cs.log 2>&1
}
card_start countersign
"$cs" card init --label Ada --yes >cs.log 2>&1
slot_make 9a p256 ada && slot_make 9c rsa2048 bob && slot_make 9d ed25519 eve || {
	tap_fail "a card with three keys and their certificates" || tap_note "$(tail -n 20 cs.log openssl.log)"
	tap_done
}
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out dora.key 2>>openssl.log
openssl req -new -key dora.key -subj /CN=dora -out dora.csr 2>>openssl.log
certify dora

{ daemon_init "login_ca = $CARD_DIR/ca.crt" "client_ca = $CARD_DIR/ca.crt" && daemon_start && app_make web && user_make ada "$seed"; } || {
	tap_fail "a daemon with an application and a user"
	tap_done
}
chmod 600 "$DAEMON_DIR"/*.credential
export COUNTERSIGN_SERVER=$DAEMON_URL COUNTERSIGN_CA=$DAEMON_CA
admin()
{
	COUNTERSIGN_CREDENTIAL_FILE=$DAEMON_ADMIN "$cs" server "$@" >said 2>&1
}
login() # USER [OPTION...]: what is said, and the exit status
{
	said=$(COUNTERSIGN_CREDENTIAL_FILE=$DAEMON_DIR/web.credential "$cs" server login "$@" --json 2>stderr)
	local status=$?
	said="$status $(jq -r 'if .accepted then .level else (.error.code // .reason // (.next | join(" "))) end' <<<"$said")"
}

# ---- whose they are ----

tap_ok "an operator says whose a certificate is" admin certificate add ada ada.crt --label "card 1"
tap_like "... and hears it" "$(cat said)" '^ada: the certificate whose key has SHA-256 [0-9a-f]{64} \(card 1\)$'
admin certificate add ada ada.crt
tap_like "it is one user's" "$(cat said)" 'is bound to a user'
for user in bob eve; do
	admin user add "$user" && admin certificate add "$user" "$user.crt"
done
admin certificate list
tap_is "they are listed" "$(cut -d: -f1 said | sort | tr '\n' ' ')" "ada bob eve "
admin certificate list --user ada
tap_is "... a user's alone, too" "$(cut -d: -f1 said)" ada
admin certificate add ada dora.key
tap_like "a file that is none is told" "$(cat said)" 'dora.key is no certificate in PEM'
admin class set cards certificate+password && admin class set cards_codes certificate+code
for user in ada bob eve; do
	admin user class "$user" cards && admin user password "$user" --keep
done
user_dora() { admin user add dora && admin user class dora cards && admin user password dora --keep && admin certificate add dora dora.crt; }
user_dora

# ---- with the card ----

login ada
tap_is "a card and a password let in" "$said" "0 aal2"
said=$(COUNTERSIGN_CREDENTIAL_FILE=$DAEMON_DIR/web.credential "$cs" server login ada 2>stderr)
tap_like "and what is signed is told" "$(cat stderr)" 'the card signs that ada logs in to web'
claims=$(cut -d. -f2 <<<"$said" | tr -- -_ +/)
while [ $((${#claims} % 4)) -ne 0 ]; do claims="$claims="; done
tap_is "the assertion says by what" "$(base64 -d <<<"$claims" | jq -c '[.sub, .aud, .acr, .amr]')" '["ada","web","aal2",["pop","pwd"]]'
tap_like "... and to whom" "$(cat stderr)" 'logs in to web of countersign'
# A server that has him sign for somebody else.
mkfifo impostor.port
python3 - "$DAEMON_DIR/server" >impostor.port 2>impostor.log <<'END' &
import http.server, json, ssl, sys
class Answers(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        body = json.dumps({"accepted": False, "next": ["certificate"], "certificate": {"issuer": "countersign", "application": "web",
            "user": "root", "nonce": "x", "expires": 4000000000}}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
server = http.server.HTTPServer(("127.0.0.1", 0), Answers)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(sys.argv[1] + "/tls.crt", sys.argv[1] + "/tls.key")
server.socket = context.wrap_socket(server.socket, server_side=True)
print(server.server_address[1], flush=True)
server.serve_forever()
END
impostor=$!
read -r port <impostor.port || tap_note "$(cat impostor.log)"
COUNTERSIGN_SERVER=https://127.0.0.1:$port login ada
tap_is "a card does not sign for who asks for somebody else's login" "$said" "1 other_user"
kill "$impostor"
wait "$impostor" 2>/dev/null
login " ADA "
tap_is "a name is the same in capitals, and with blanks" "$said" "0 aal2"
login bob --slot 9c
tap_is "RSA does" "$said" "0 aal2"
login eve --slot 9d
tap_is "so does Ed25519" "$said" "0 aal2"
login ada --slot 9c
tap_is "another one's certificate does not" "$said" "1 wrong"
login nobody --slot 9a --otp 000000
tap_is "a name that is nobody's is asked for what is usual" "$said" "1 wrong"
COUNTERSIGN_LOGIN_PASSWORD='wrong horse 1' login ada
tap_is "nor does the card without the password" "$said" "1 wrong"
COUNTERSIGN_PIN=000000 login ada
tap_like "nor without its PIN" "$said" '^1 (wrong_pin|pin|wrong)'
admin user class ada cards_codes
login ada --otp "$(oathtool -b -c 0 "$seed")"
tap_is "a card and a code let in" "$said" "0 aal2"
login ada --otp "$(oathtool -b -c 0 "$seed")"
tap_is "a code that was used does not" "$said" "1 wrong"
admin user class ada cards

# ---- by hand, with the same signature again ----

credential=$DAEMON_DIR/web.credential
api POST /v1/login '{"user":"dora"}'
nonce=$(jq -r .certificate.nonce "$DAEMON_DIR/answer")
printf 'countersign login 1\ncountersign\nweb\ndora\n%s\n' "$nonce" >text
# r and s, of full length, from what openssl writes in DER
openssl dgst -sha256 -sign dora.key text | openssl asn1parse -inform DER | sed -n 's/.*INTEGER *:\(.*\)/\1/p' |
	while read -r half; do printf '%064s' "$half"; done | tr ' ' 0 | fold -w 2 | sed 's/^/\\x/' | tr -d '\n' >halves
# shellcheck disable=SC2059 # the escapes are the bytes
signature=$(printf "$(cat halves)" | base64 -w0)
proof=$(jq -nc --arg c "$(openssl x509 -in dora.crt -outform DER | base64 -w0)" --arg n "$nonce" --arg s "$signature" \
	'{user: "dora", password: "correct horse 7", certificate: $c, nonce: $n, algorithm: "ES256", signature: $s}')
api POST /v1/login "$(jq -c '.user = "ada"' <<<"$proof")"
tap_is "a signature for one user is none for another" "$(jq -r .reason "$DAEMON_DIR/answer")" wrong
api POST /v1/login "$(jq -c '.nonce = "x"' <<<"$proof")"
tap_is "nor with another nonce" "$(jq -r .reason "$DAEMON_DIR/answer")" wrong
api POST /v1/login "$proof"
tap_is "what openssl signs lets in" "$(jq -r .level "$DAEMON_DIR/answer")" aal2
api POST /v1/login "$proof"
tap_is "once" "$(jq -c '[.accepted, .next]' "$DAEMON_DIR/answer")" '[false,["certificate","password"]]'
app_make vpn
credential=$DAEMON_DIR/vpn.credential
api POST /v1/login '{"user":"dora"}'
api POST /v1/login "$(jq -c --arg n "$(jq -r .certificate.nonce "$DAEMON_DIR/answer")" '.nonce = $n' <<<"$proof")"
tap_is "and at no other application" "$(jq -r .reason "$DAEMON_DIR/answer")" wrong

# ---- the connection's ----

direct() # CERTIFICATE: a call over a connection of this certificate, with the application's credential
{
	curl -s --noproxy '*' --cacert "$DAEMON_CA" --max-time 20 --cert "$1.crt" --key dora.key -o answer -H "Authorization: Bearer $(cat "$DAEMON_DIR/web.credential")" \
		-H "Content-Type: application/json" --data-binary '{"user":"dora","password":"correct horse 7"}' "$DAEMON_URL/v1/login"
	jq -r '.level // (.next | join(" "))' answer
}
tap_is "a certificate of the connection that is the user's lets in" "$(direct dora)" aal2
admin certificate remove dora.crt
tap_like "a certificate is taken away" "$(cat said)" '^dora: no more the certificate'
tap_is "and lets nobody in any more" "$(direct dora)" "certificate password"
admin certificate remove dora.crt
tap_like "once" "$(cat said)" 'No user has a certificate of this key'

COUNTERSIGN_TRANSPORT=socket:$CARD_DIR/nothing login ada
tap_is "without a card the exit status is 3" "${said%% *}" 3
COUNTERSIGN_CREDENTIAL_FILE=$DAEMON_DIR/web.credential "$cs" server login >/dev/null 2>&1
tap_is "without a user it is 2" "$?" 2
tap_ok "the daemon goes on" curl -sf --noproxy '*' --cacert "$DAEMON_CA" "$DAEMON_URL/healthz" -o /dev/null
tap_done
