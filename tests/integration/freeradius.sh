#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Debian's FreeRADIUS with the configuration of docs/examples/freeradius in front of the daemon: radclient, and eapol_test with
# EAP-TTLS/PAP and PEAP-GTC.
. "${top_srcdir:-.}/tests/lib/door.sh"
door_need freeradius radclient eapol_test openssl
freeradius_dir=/etc/freeradius/3.0
[ -e "$freeradius_dir/mods-available/rest" ] || tap_skip_all "freeradius-rest is not installed"
example=$(realpath "$top_srcdir/docs/examples/freeradius")
cd "$DAEMON_DIR" || exit 1
door_begin "max_failures = 100"

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
sed -i "s,/etc/freeradius/3.0/certs/countersign.pem,$DAEMON_CA,; s,https://127.0.0.1:8443,$DAEMON_URL," raddb/mods-available/countersign
sed -i -E "s,^(\s*)(user|group) = freerad,\1\2 = root,; s,^(\s*)(logdir|run_dir|localstatedir|raddbdir|sbindir) = .*,\1\2 = $DAEMON_DIR/raddb," \
	raddb/radiusd.conf
cat >raddb/clients.conf <<-END
	client localhost {
		ipaddr = 127.0.0.1
		secret = testing123
		require_message_authenticator = yes
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

ask() # USER PASSWORD [ATTRIBUTE]
{
	printf 'User-Name = "%s"\nUser-Password = "%s"\n%s\n' "$1" "$2" "${3-Message-Authenticator = 0x00}" |
		radclient -x -r 1 -t 5 127.0.0.1 auth testing123 2>&1 | sed '/^Received/,$!{/No reply/!d}'
}
tap_like "a right code is accepted" "$(ask alice "$(door_code 0)")" "^Received Access-Accept"
tap_like "the same code is rejected" "$(ask alice "$(door_code 0)")" "^Received Access-Reject"
tap_like "a wrong code is rejected" "$(ask alice 000000)" "^Received Access-Reject"
tap_like "an unknown user is rejected" "$(ask nobody "$(door_code 1)")" "^Received Access-Reject"
tap_like "an answer carries a Message-Authenticator" "$(ask alice "$(door_code 1)")" "^Received Access-Accept.*Message-Authenticator"
tap_like "a rejection carries one too" "$(ask alice "$(door_code 1)")" "^Received Access-Reject.*Message-Authenticator"
tap_like "a request without one is not answered (Blast-RADIUS)" "$(ask alice "$(door_code 2)" '')" "No reply from server"
tap_like "... and has spent no code" "$(ask alice "$(door_code 2)")" "^Received Access-Accept"
tap_like "quotes in a name are quotes in a name" "$(ask 'alice\",\"x\":\"' "$(door_code 3)")" "^Received Access-Reject"
tap_like "quotes in a password are quotes in a password" "$(ask alice "$(door_code 3)"'\",\"user\":\"alice')" "^Received Access-Reject"
tap_like "a percent in a password expands to nothing" "$(ask alice '%{User-Name}')" "^Received Access-Reject"
tap_like "after all that the code is still good" "$(ask alice "$(door_code 3)")" "^Received Access-Accept"

# ---- tunnels ----

eap() # PHASE-1 PHASE-2 CODE
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
	timeout 30 eapol_test -c eap.conf -a 127.0.0.1 -s testing123 -t 10 >eap.log 2>&1 || return 1 # it exits with its own numbers
}
tap_ok "EAP-TTLS/PAP lets in with a right code" eap TTLS auth=PAP "$(door_code 4)"
tap_refused "EAP-TTLS/PAP does not with the same code" eap TTLS auth=PAP "$(door_code 4)"
tap_ok "PEAP-GTC lets in with a right code" eap PEAP auth=GTC "$(door_code 5)"
tap_refused "PEAP-GTC does not with the same code" eap PEAP auth=GTC "$(door_code 5)"

# ---- when something is wrong ----

daemon_stop
tap_like "where the daemon is not there nobody is accepted" "$(ask alice "$(door_code 6)")" "^Received Access-Reject"
tap_ok "the daemon's log has no code and no credential" \
	bash -c "! grep -qF -e '$COUNTERSIGN_CREDENTIAL' -e 'code\":\"' $DAEMON_DIR/daemon.log"
tap_done
