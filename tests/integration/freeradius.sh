#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Debian's FreeRADIUS with the configuration of docs/examples/freeradius in front of the daemon: radclient, and eapol_test with
# EAP-TTLS/PAP and PEAP-GTC.
. "${top_srcdir:-.}/tests/lib/door.sh"
tap_need freeradius radclient eapol_test openssl base32 od python3
freeradius_dir=/etc/freeradius/3.0
[ -e "$freeradius_dir/mods-available/rest" ] || tap_skip_all "freeradius-rest is not installed"
example=$(realpath "$top_srcdir/docs/examples/freeradius") gateway=$(realpath "$top_srcdir/tests/lib/gateway.py")
radius_client=$(realpath "$top_srcdir/tests/lib/radius.py")
cd "$DAEMON_DIR" || exit 1
mkdir gateway
door_run gateway python3 "$gateway" gateway
door_patience test -s gateway/ports
read -r http_port _ <gateway/ports
door_begin "tries = 100" "address_tries = 1000" "sms_url = http://127.0.0.1:$http_port/send" 'sms_body = {"to":"{destination}","text":"{text}"}' \
	'courier_text = Your code: {code}' "courier_allow = 127.0.0.1"

# ---- a server as Debian has it, with our files in it ----

cp -r "$freeradius_dir" raddb
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=radius.example -addext basicConstraints=critical,CA:TRUE \
	-keyout eap.key -out eap.pem >/dev/null 2>&1
rm raddb/sites-enabled/* raddb/mods-available/rest raddb/mods-available/eap
mkdir -p raddb/certs
mv eap.key raddb/certs/radius.key
cp eap.pem raddb/certs/radius.pem
cp eap.pem raddb/certs/radius-ca.pem
cp "$example/mods-eap" raddb/mods-available/eap
cp "$example/mods-countersign" raddb/mods-available/countersign
cp "$example/site-countersign" raddb/sites-available/countersign
cp "$example/policy-countersign" raddb/policy.d/countersign
ln -s ../mods-available/countersign raddb/mods-enabled/countersign
ln -s ../sites-available/countersign raddb/sites-enabled/countersign
sed -i "s,/etc/freeradius/3.0/certs/countersign.pem,$DAEMON_CA,; s,https://127.0.0.1:8443,$DAEMON_URL,
	s,^\(\t*\(connect_\)\?timeout\) = .*,\1 = 300.0," raddb/mods-available/countersign # however busy the machine is
sed -i -E "s,^(\s*)(user|group) = freerad,\1\2 = root,; s,^(\s*)reject_delay = .*,\1reject_delay = 0,
	s,^(\s*)(logdir|run_dir|localstatedir|raddbdir|sbindir) = .*,\1\2 = $DAEMON_DIR/raddb," \
	raddb/radiusd.conf
sed "s,192\.0\.2\.1,127.0.0.1,; s,# secret =,secret = testing123," "$example/clients-countersign" >raddb/clients.conf
cat >>raddb/clients.conf <<-END
	client careless {
		ipaddr = 127.0.0.2
		secret = testing123
		require_message_authenticator = no
	}
END
# The inner server as if a tunnel had led there, for what its supplicant may send.
cat >>raddb/radiusd.conf <<-END
	listen {
		type = auth
		ipaddr = 127.0.0.1
		port = 18120
		virtual_server = countersign-inner
	}
END
COUNTERSIGN_CREDENTIAL=$(cat web.credential)
export COUNTERSIGN_CREDENTIAL
if freeradius -C -X -d raddb >check.log 2>&1; then
	tap_pass "the server takes the configuration"
else
	tap_fail "the server takes the configuration" || tap_note "$(tail -n 20 check.log)"
	tap_done
fi
door_run radius freeradius -f -l stdout -x -d raddb
door_wait radius 'Ready to process requests'

# ---- PAP ----

# What was received; all that radclient says where nothing was, and the end of the server's log. Told to send once (-r 1), 3.2.7's now and
# then ends well and at once, with no word about the answer that it has not waited for: so it may send a second time, which the server
# takes for the same request (RFC 5080, section 2.2.2).
ask() # USER PASSWORD [ATTRIBUTES]
{
	local said
	said=$(printf 'User-Name = "%s"\nUser-Password = "%s"\n%s\n' "$1" "$2" "${3-Message-Authenticator = 0x00}" |
		radclient -x -r 2 -t 150 "${radius_server-127.0.0.1}" auth testing123 2>&1) || said+=$'\n'"radclient exits with $?"
	case $'\n'$said in
	*$'\n'Received*) sed -n '/^Received/,$p' <<<"$said" ;;
	*) printf 'nothing received, but: %s\nThe server: %s\n' "$said" "$(tail -n 40 radius.log | grep -v REST-HTTP-Header)" ;;
	esac
}
tap_like "a right code is accepted" "$(ask alice "$(door_code 0)")" "^Received Access-Accept"
tap_like "the same code is rejected" "$(ask alice "$(door_code 0)")" "^Received Access-Reject"
tap_like "a wrong code is rejected" "$(ask alice 000000)" "^Received Access-Reject"
tap_like "an unknown user is rejected" "$(ask nobody "$(door_code 1)")" "^Received Access-Reject"
tap_like "an answer carries a Message-Authenticator" "$(ask alice "$(door_code 1)")" "^Received Access-Accept.*Message-Authenticator"
tap_like "a rejection carries one too" "$(ask alice "$(door_code 1)")" "^Received Access-Reject.*Message-Authenticator"
# Debian 13's radclient puts one into each request, and neither shows the order.
raw=(python3 "$radius_client")
tap_is "a request without one is not answered (Blast-RADIUS)" "$("${raw[@]}" bare alice "$(door_code 2)")" "no answer"
tap_is "... nor where the server lets the client send such" "$("${raw[@]}" --from 127.0.0.2 bare alice "$(door_code 2)")" "no answer"
tap_like "... and has spent no code" "$(ask alice "$(door_code 2)")" "^Received Access-Accept"
tap_like "quotes in a name are quotes in a name" "$(ask 'alice\",\"x\":\"' "$(door_code 3)")" "^Received Access-Reject"
tap_like "quotes in a password are quotes in a password" "$(ask alice "$(door_code 3)"'\",\"user\":\"alice')" "^Received Access-Reject"
tap_like "a percent in a password expands to nothing" "$(ask alice '%{User-Name}')" "^Received Access-Reject"
tap_like "after all that the code is still good" "$(ask alice "$(door_code 3)")" "^Received Access-Accept"

# ---- whom a wrong code is counted for ----

station() # ADDRESS
{
	ask alice 000000 "Message-Authenticator = 0x00, Calling-Station-Id = \"$1\"" | head -n 1
	door_client
}
tap_like "a code counts for the address that the NAS tells" "$(station 192.0.2.7)" "^Received Access-Reject.*web alice client 192\.0\.2\.7$"
tap_like "... of IPv6, too" "$(station 2001:db8::7)" "web alice client 2001:db8::$"
tap_like "... without the port that strongSwan tells with it" "$(station '192.0.2.9[4500]')" "web alice client 192\.0\.2\.9$"
tap_like "... and is from the station whose MAC address it tells" "$(station 02-1A-BC-DE-F0-5F)" "web alice client mac:021abcdef05f$"
tap_like "... and for none where it tells another thing" "$(station +49151)" "web alice nowhere$"
tap_like "what a supplicant tells within its tunnel is passed over" "$(radius_server=127.0.0.1:18120 station 192.0.2.8)" \
	"^Received Access-Reject.*web alice nowhere$"

# ---- challenges ----

DAEMON_OCRA='{"user":"oscar","type":"ocra","suite":"OCRA-1:HOTP-SHA1-6:QN08","secret":"'$door_seed'"}'
credential=$DAEMON_ADMIN
api POST /v1/users '{"user":"oscar"}'
api POST /v1/tokens "$DAEMON_OCRA"
tap_is "a user with an OCRA token" "$status" 201
api POST /v1/tokens '{"user":"oscar","type":"sms","destination":"+4915112345678"}'
tap_is "... to whom codes are sent, too" "$status" 201
state_of()
{
	sed -n 's/^\s*State = //p' <<<"$1"
}
answer=$(ask oscar ocra)
tap_like "the word ocra is answered with a challenge" "$answer" "^Received Access-Challenge"
question=$(sed -n 's/.*Reply-Message = "Challenge \([0-9]*\): "/\1/p' <<<"$answer")
state=$(state_of "$answer")
tap_like "... which shows a question" "$question" '^[0-9]{8}$'
tap_like "a wrong answer is rejected" "$(ask oscar 000000 "Message-Authenticator = 0x00, State = $state")" "^Received Access-Reject"
tap_like "the right answer is accepted" \
	"$(ask oscar "$(door_ocra "$question")" "Message-Authenticator = 0x00, State = $state")" "^Received Access-Accept"
tap_like "... once" "$(ask oscar "$(door_ocra "$question")" "Message-Authenticator = 0x00, State = $state")" "^Received Access-Reject"
tap_like "... and not without the challenge" "$(ask oscar "$(door_ocra "$question")")" "^Received Access-Reject"
answer=$(ask oscar SMS)
tap_like "the word sms has a code sent" "$answer" '^Received Access-Challenge.*Code sent to \*+78: '
state=$(state_of "$answer")
door_patience test -s gateway/http
tap_is "... to where its owner reads it" "$(jq -r '.body | fromjson | .to' gateway/http)" "+4915112345678"
sent=$(jq -r '.body | fromjson | .text' gateway/http | sed -n 's/^Your code: //p')
tap_like "... which is the code" "$sent" '^[0-9]{6}$'
tap_like "a code that was not sent is rejected" \
	"$(ask oscar "$(printf %06d $(((10#$sent + 1) % 1000000)))" "Message-Authenticator = 0x00, State = $state")" "^Received Access-Reject"
tap_like "the one that was sent is not accepted without the challenge" "$(ask oscar "$sent")" "^Received Access-Reject"
tap_like "... and is with it" "$(ask oscar "$sent" "Message-Authenticator = 0x00, State = $state")" "^Received Access-Accept"
tap_like "... once" "$(ask oscar "$sent" "Message-Authenticator = 0x00, State = $state")" "^Received Access-Reject"
tap_like "who has no such token is rejected" "$(ask alice ocra)" "^Received Access-Reject"
tap_like "nobody is challenged who is not known" "$(ask nobody '')" "^Received Access-Reject"

# ---- other names ----

api POST /v1/aliases '{"user":"alice","alias":"ally@example.org"}'
tap_like "a code is accepted under an alias" "$(ask ally@example.org "$(door_code 4)")" "^Received Access-Accept"
tap_like "... and is spent" "$(ask alice "$(door_code 4)")" "^Received Access-Reject"

# ---- tunnels ----

eap() # PHASE-1 PHASE-2 CODE [EAPOL_TEST-ARGUMENT...]
{
	cat >eap.conf <<-END
		network={
			key_mgmt=WPA-EAP
			eap=$1
			identity="alice"
			anonymous_identity="anonymous"
			password="$3"
			ca_cert="$DAEMON_DIR/eap.pem"
			phase2="$2"
		}
	END
	timeout 120 eapol_test -c eap.conf -a 127.0.0.1 -s testing123 -t 90 "${@:4}" >eap.log 2>&1 || return 1 # it exits with its own numbers
}
tap_ok "EAP-TTLS/PAP lets in with a right code" eap TTLS auth=PAP "$(door_code 5)"
tap_refused "EAP-TTLS/PAP does not with the same code" eap TTLS auth=PAP "$(door_code 5)"
tap_refused "EAP-TTLS/PAP does not with a wrong one" eap TTLS auth=PAP 000000 -N31:s:192.0.2.9
tap_is "... which counts for the address that the NAS tells outside" "$(door_client)" "web alice client 192.0.2.9"
tap_ok "PEAP-GTC lets in with a right code" eap PEAP auth=GTC "$(door_code 6)"
tap_refused "PEAP-GTC does not with the same code" eap PEAP auth=GTC "$(door_code 6)"
tap_refused "PEAP-GTC does not with a wrong one" eap PEAP auth=GTC 000000 -N31:s:192.0.2.10
tap_is "... which counts for the address that the NAS tells outside" "$(door_client)" "web alice client 192.0.2.10"
tap_refused "PEAP-GTC does not with a wrong one of a station" eap PEAP auth=GTC 000000 -M 02:1a:bc:de:f0:5f
tap_is "... whose MAC address is told" "$(door_client)" "web alice client mac:021abcdef05f"

# ---- Message-Authenticator (80) is the first attribute, and there once ----

first() # KIND ARGUMENT...
{
	"${raw[@]}" "$@" | awk '{ n = 0; for (i = 2; i <= NF; i++) n += $i == 80; print $1, $2, n }'
}
tap_is "of an Access-Accept Message-Authenticator is the first attribute" "$(first pap alice "$(door_code 7)")" "Access-Accept 80 1"
tap_is "... of an Access-Reject" "$(first pap alice "$(door_code 7)")" "Access-Reject 80 1"
tap_is "... of one to a name that the server itself refuses" "$(first pap 'ali ce' 000000)" "Access-Reject 80 1"
tap_is "... of an Access-Challenge" "$(first pap oscar ocra)" "Access-Challenge 80 1"
tap_is "... of EAP's" "$(first eap alice)" "Access-Challenge 80 1"
# What EAP ended with, as eapol_test shows it.
last()
{
	awk '/^RADIUS message: code=/ { answer = /code=(2|3|11) /; if (answer) { code = $4; n = 0; first = "" } }
		answer && /^ +Attribute / { if (first == "") first = $2; n += $2 == 80 } END { print code, first, n }' eap.log
}
eap TTLS auth=PAP "$(door_code 8)"
tap_is "... of EAP's Access-Accept" "$(last)" "(Access-Accept) 80 1"
eap TTLS auth=PAP "$(door_code 8)"
tap_is "... of EAP's Access-Reject" "$(last)" "(Access-Reject) 80 1"

# ---- a station that a user is known at ----

ask alice "$(door_code 9)" "Message-Authenticator = 0x00, Calling-Station-Id = \"02-1A-BC-DE-F0-5F\"" >/dev/null
tap_is "a right code from a station" "$(door_audited .result)" accepted
station 02-00-00-00-01-01 >/dev/null
station 02-00-00-00-01-02 >/dev/null
tap_is "strangers' wrong codes are the user's" "$(door_audited .detail)" "attempt 2 of 100, client mac:020000000102"
station 021a.bcde.f05f >/dev/null
tap_is "... but not where he is known, as whichever way it is written" "$(door_audited .detail)" "attempt 1 of 100, client mac:021abcdef05f"

# ---- when something is wrong ----

daemon_stop
tap_like "where the daemon is not there nobody is accepted" "$(ask alice "$(door_code 10)")" "^Received Access-Reject"
tap_ok "the daemon's log has no code and no credential" \
	bash -c "! grep -qF -e '$COUNTERSIGN_CREDENTIAL' -e 'code\":\"' $DAEMON_DIR/daemon.log"
tap_done
