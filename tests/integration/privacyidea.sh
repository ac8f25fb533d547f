#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# /validate/check and its kin, with requests as privacyIDEA's own clients put them on the wire, as their sources have it: each is named,
# and where it differs from the others; and their answers read for what those clients read. Neither Debian nor npm has such a client.
# PRIVACYIDEA_RADIUS=FILE names a copy of its FreeRADIUS plugin (privacyidea_radius.pm), which is then run in Debian's FreeRADIUS as it is;
# it uses libwww-perl, liblwp-protocol-https-perl, libconfig-inifiles-perl, libdata-dump-perl, libtry-tiny-perl, libjson-perl and
# liburi-encode-perl.
# PRIVACYIDEA_PHP=DIR names a copy of its PHP client (src of the repository privacyidea/php-client), which is then called as web applications
# call it; it uses php-cli and php-curl.
. "${top_srcdir:-.}/tests/lib/door.sh"
tap_need openssl base32 od
cd "$DAEMON_DIR" || exit 1
{ daemon_init "tries = 100" "address_tries = 1000" && daemon_start && app_make web && daemon_stop; } || tap_done
chmod 600 web.credential
printf 'validate_credential = %s\nvalidate_clients = 127.0.0.1 ::1\n' "$DAEMON_DIR/web.credential" >>countersignd.conf
tap_ok "a daemon that takes callers on this machine for an application" daemon_start || tap_done
user_make alice "$door_seed"
sales_seed=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP zoe_seed=NBSWY3DPO5XXE3DENBSWY3DPO5XXE3DE
user_make alice@sales "$sales_seed"
user_make 'zoë' "$zoe_seed"

check() # CURL-ARGUMENT...: status, and what clients look at
{
	curl -s --noproxy '*' --cacert "$DAEMON_CA" --max-time 120 -o reply -w '%{http_code} ' "$@" "$DAEMON_URL${path-/validate/check}"
	jq -r '"\(.result.status) \(.result.value) \(.result.authentication) \(.result.error.code)"' reply
}
good="200 true true ACCEPT null"
bad="200 true false REJECT null"

# Escaped as most of its clients do before they put it into a form, which escapes it once more.
quoted()
{
	jq -rn --arg text "$1" '$text | @uri'
}
tap_is "the FreeRADIUS plugin's request: a form of values that are escaped already, with client" \
	"$(check -A FreeRADIUS --data-urlencode "user=$(quoted alice)" --data-urlencode "pass=$(door_code 0)" -d client=192.0.2.1)" "$good"
tap_like "the answer names the token" "$(jq -r .detail.serial reply)" '^t_[0-9a-f]{16}$'
tap_is "... and has what every answer has: id, jsonrpc, time, versions" \
	"$(jq -r '[(.id | type), .jsonrpc, (.time | type), (.version | type), (.versionnumber | type)] | join(" ")' reply)" "number 2.0 number string string"
tap_is "the same code again" "$(check -A FreeRADIUS -d "user=alice&pass=$(door_code 0)&client=192.0.2.1")" "$bad"
tap_is "the plugin asks detail.message for what to tell the user" "$(jq -r '.detail.message | length > 0' reply)" true
tap_is "... and detail.transaction_id whether it is challenged" "$(jq -r '.detail.transaction_id' reply)" null
tap_is "... a name with @ and no realm" \
	"$(check -A FreeRADIUS --data-urlencode "user=$(quoted alice@sales)" --data-urlencode "pass=$(door_code 0 "$sales_seed")")" "$good"
tap_is "the PAM module's request: a form with an empty realm" \
	"$(check -A "PAM/2.15.0" --data-urlencode "user=alice" --data-urlencode "pass=$(door_code 1)" -d realm=)" "$good"
tap_is "a realm stands behind the name" "$(check -d "user=alice&realm=sales&pass=$(door_code 1 "$sales_seed")")" "$good"
tap_is "... and another user's code is not his" "$(check -d "user=alice&realm=sales&pass=$(door_code 2 "$sales_seed")" && check -d \
	"user=alice&realm=none&pass=$(door_code 3)")" "$good
$bad"
tap_is "the Java client's request (Keycloak, Shibboleth): a form of values that are escaped already, Accept-Language" \
	"$(check -A 'privacyIDEA-Keycloak/1.5.1 Java/17 Keycloak/25' -H 'Accept-Language: en' --data-urlencode "user=$(quoted zoë)" \
		--data-urlencode "pass=$(door_code 0 "$zoe_seed")" -d clientip=192.0.2.1)" "$good"
tap_is "the PHP client's request (Nextcloud, ownCloud): a form of parts, as curl makes it of an array" \
	"$(check -A privacyIDEA-Nextcloud/1.1.0 -F "user=zoë" -F "pass=$(door_code 1 "$zoe_seed")" -F "clientip=192.0.2.1")" "$good"
tap_is "... the same code again" "$(check -A privacyIDEA-Nextcloud/1.1.0 -F "user=zoë" -F "pass=$(door_code 1 "$zoe_seed")")" "$bad"
tap_is "the Windows credential provider's request: a form, user@domain taken apart by itself, escaped once" \
	"$(check -A "privacyidea-cp/3.5.1 Windows/PC" -d "user=alice&pass=$(door_code 2)&realm=")" "$good"
tap_is "the LDAP proxy's request: a form, escaped once" \
	"$(check -A privacyIDEA-LDAP-Proxy --data-urlencode "user=zoë" --data-urlencode "pass=$(door_code 2 "$zoe_seed")" -d realm=)" "$good"
# simplesamlphp-module-privacyidea 4 (src/Auth/PrivacyIDEA.php): the PHP client, with a name that is escaped once, and an empty header.
tap_is "simpleSAMLphp's request: a form of parts, whose escapes nobody undoes" \
	"$(check -A simpleSAMLphp -H '' -F "user=zoë" -F "pass=$(door_code 3 "$zoe_seed")" && check -A simpleSAMLphp -F "user=zo%C3%AB" -F "pass=$(door_code 4 "$zoe_seed")")" \
	"$good
$bad"
tap_is "a request in JSON" "$(check -H 'Content-Type: application/json' -d "{\"user\":\"alice\",\"pass\":\"$(door_code 3)\",\"realm\":\"\"}")" "$good"
tap_is "a request by GET, as its documentation has it" "$(path="/validate/check?user=alice&pass=$(door_code 4)" check)" "$good"
tap_is "an unknown user is refused in the same words as a wrong code" "$(check -d "user=nobody&pass=000000")" "$bad"
tap_is "no pass is an error of a parameter" "$(check -d user=alice)" "400 false null null 905"
tap_is "no user is one too" "$(check -d pass=000000)" "400 false null null 905"
tap_is "an API key that is none is refused" "$(check -H 'Authorization: cs_wrong' -d 'user=alice&pass=000000')" "401 false null null 4033"
tap_is "the application's credential is taken for an API key" \
	"$(check -H "Authorization: $(cat web.credential)" -d "user=alice&pass=$(door_code 5)")" "$good"
tap_is "... in PI-Authorization too" "$(check -H "PI-Authorization: $(cat web.credential)" -d "user=alice&pass=$(door_code 6)")" "$good"
# As its Java client does it for triggerchallenge: a service account's name and password for a token, which it reads the end of.
enrol_ocra()
{
	local credential=$DAEMON_ADMIN
	api POST /v1/users '{"user":"tina"}' && api POST /v1/tokens "{\"user\":\"tina\",\"type\":\"ocra\",\"suite\":\"OCRA-1:HOTP-SHA1-6:QN08\",\"secret\":\"$sales_seed\"}"
}
enrol_ocra
auth()
{
	path=/auth check "$@" | sed 's/ eyJ[^ ]* / TOKEN /; s/ {.*} / VALUE /'
}
tap_is "a service account logs in: a form" "$(auth --data-urlencode username=web --data-urlencode "password=$(cat web.credential)" -d realm= >/dev/null; jq -r \
	'"\(.result.status) \(.result.value.username) \(.result.value.role) \(.result.value.rights | join(","))"' reply)" "true web admin triggerchallenge"
jq -r .result.value.token reply >token
claims=$(cut -d. -f2 token | tr -- -_ +/ | sed -e ':a' -e 's/^\(\(....\)*..\)$/\1==/' -e 's/^\(\(....\)*...\)$/\1=/' | base64 -d)
tap_is "the token is a JWT of it, for an hour" "$(jq -r '"\(.username) \(.role) \(.exp - .iat)"' <<<"$claims")" "web admin 3600"
tap_is "... which Java reads: base64 without the letters of URLs; its end is told against the answer's time" \
	"$(cut -d. -f2 token | grep -c '^[A-Za-z0-9+/]*$') $(jq -r --argjson claims "$claims" '($claims.exp - .time) as $left | $left > 3500 and $left <= 3600' reply)" "1 true"
tap_is "... which is taken in Authorization" "$(path=/validate/triggerchallenge check --interface 127.0.0.2 -H "Authorization: $(cat token)" -d user=tina)" \
	"200 true 1 CHALLENGE null"
tap_is "... after the PHP client's login, a form of parts" \
	"$(path=/auth check -F username=web -F "password=$(cat web.credential)" >/dev/null; jq -r .result.value.token reply >php.token
	path=/validate/triggerchallenge check --interface 127.0.0.2 -A privacyIDEA-Nextcloud/1.1.0 -H "authorization:$(cat php.token)" -F user=tina)" \
	"200 true 1 CHALLENGE null"
tap_is "... and in PI-Authorization" "$(path=/validate/triggerchallenge check --interface 127.0.0.2 -H "PI-Authorization: $(cat token)" -d user=tina)" \
	"200 true 1 CHALLENGE null"
# adfs-provider (PrivacyIDEA.cs, Adapter.cs): it triggers a challenge by the token of its service account, whole in Authorization, and
# sends what the user typed with the transaction, in a form that is escaped once and says its character set; headers are forwarded.
adfs() # PATH CURL-ARGUMENT...
{
	path=$1 check --interface 127.0.0.2 -A PrivacyIDEA-ADFS/1.2.0.0 -H 'Content-Type: application/x-www-form-urlencoded; charset=utf-8' "${@:2}"
}
tap_is "ADFS' requests: its service account's login" "$(adfs /auth -d username=web --data-urlencode "password=$(cat web.credential)" >/dev/null; jq -r \
	'"\(.result.status) \(.result.value.token | length > 0)"' reply)" "true true"
jq -r .result.value.token reply >adfs.token
tap_is "... a challenge" "$(adfs /validate/triggerchallenge -H "Authorization: $(cat adfs.token)" -d user=tina)" "200 true 1 CHALLENGE null"
tap_is "... from which it reads message, mode and transaction" \
	"$(jq -r '[(.detail.message | length > 0), .detail.preferred_client_mode, .detail.multi_challenge[0].client_mode, (.detail.transaction_id | length > 0)] | join(" ")' reply)" \
	"true interactive interactive true"
adfs_answer()
{
	adfs /validate/check -H "Authorization: $(cat adfs.token)" -H 'Accept-Language: de-DE' --data-urlencode user=tina \
		-d "pass=$(door_ocra "$1" "$sales_seed")&transaction_id=$2"
}
question=$(jq -r .detail.message reply | tr -dc 0-9) transaction=$(jq -r .detail.transaction_id reply)
tap_is "... what the user answers, in the transaction" "$(adfs_answer "$question" "$transaction")" "$good"
tap_is "... the same again" "$(adfs_answer "$question" "$transaction")" "$bad"
tap_is "a wrong password is told as such, whatever stands in the header" \
	"$(auth -H "Authorization: $(cat token)" -d username=web -d password=csp_wrong)" "401 false null null 4031"
tap_is "... in JSON too" "$(auth -H 'Content-Type: application/json' -d "{\"username\":\"other\",\"password\":\"$(cat web.credential)\"}")" \
	"401 false null null 4031"
tap_is "no password is an error of a parameter" "$(auth -d username=web)" "400 false null null 905"
tap_is "an administrator's token is good for his calls" "$(auth -H 'Content-Type: application/json' \
	-d "{\"username\":\"admin\",\"password\":\"$(cat "$DAEMON_ADMIN")\"}" >/dev/null; jq -r .result.value.token reply >admin.token; chmod 600 admin.token
	credential=admin.token; api GET /v1/users; echo "$status")" 200
tap_is "another address needs a credential" "$(check --interface 127.0.0.2 -d "user=alice&pass=$(door_code 7)")" "401 false null null 4033"
tap_is "nobody is taken for an application anywhere else" "$(path=/v1/otp/verify check -H 'Content-Type: application/json' \
	-d "{\"user\":\"alice\",\"code\":\"$(door_code 7)\"}")" "401 null null null null"
tap_is "a code that was accepted here is not accepted elsewhere" \
	"$(credential=$DAEMON_DIR/web.credential && api POST /v1/otp/verify "{\"user\":\"alice\",\"code\":\"$(door_code 6)\"}" &&
		jq -r .accepted <<<"$answer")" false

# ---- challenges ----

credential=$DAEMON_ADMIN
api POST /v1/users '{"user":"oscar"}'
api POST /v1/tokens '{"user":"oscar","type":"ocra","suite":"OCRA-1:HOTP-SHA1-6:QN08","secret":"'"$door_seed"'"}'
challenged="200 true false CHALLENGE null"
tap_is "an empty pass is answered with a challenge" "$(check -d "user=oscar&pass=")" "$challenged"
tap_is "... with all that clients look for" \
	"$(jq -r '.detail | [.transaction_id == .transaction_ids[0], .transaction_id == .multi_challenge[0].transaction_id,
		.message == .messages[0], .multi_challenge[0].client_mode, .multi_challenge[0].type, .client_mode, .preferred_client_mode,
		.type, .serial == .multi_challenge[0].serial, .message == .multi_challenge[0].message, (.attributes | type)] | join(" ")' reply)" \
	"true true true interactive ocra interactive interactive ocra true true null"
transaction=$(jq -r .detail.transaction_id reply)
question=$(jq -r .detail.message reply | tr -dc 0-9)
tap_is "polltransaction: no token is confirmed by another way than its code" \
	"$(path="/validate/polltransaction?transaction_id=$transaction" check && jq -r .detail.challenge_status reply)" "$bad
pending"
tap_is "... as the PHP client asks, with an ampersand at the end" \
	"$(path="/validate/polltransaction?transaction_id=$transaction&" check -A privacyIDEA-Nextcloud/1.1.0 && jq -r .detail.challenge_status reply)" "$bad
pending"
tap_is "the answer with the transaction's id" "$(check -d "user=oscar&pass=$(door_ocra "$question")&transaction_id=$transaction")" "$good"
tap_is "the same again" "$(check -d "user=oscar&pass=$(door_ocra "$question")&transaction_id=$transaction")" "$bad"
tap_is "polltransaction by path, afterwards" "$(path="/validate/polltransaction/$transaction" check && jq -r .detail.challenge_status reply)" "$bad
declined"
tap_is "triggerchallenge tells the number of challenges" "$(path=/validate/triggerchallenge check -d user=oscar)" "200 true 1 CHALLENGE null"
question=$(jq -r .detail.message reply | tr -dc 0-9)
tap_is "the FreeRADIUS plugin sends it as state" \
	"$(check -d "user=oscar&pass=$(door_ocra "$question")&state=$(jq -r .detail.transaction_id reply)")" "$good"
tap_is "triggerchallenge for who has no such token" "$(path=/validate/triggerchallenge check -d user=alice)" "200 true 0 REJECT null"
tap_is "triggerchallenge for nobody" "$(path=/validate/triggerchallenge check -d user=nobody)" "200 true 0 REJECT null"

if [ -n "${PRIVACYIDEA_RADIUS-}" ] && command -v freeradius radclient >/dev/null; then
	cp -r /etc/freeradius/3.0 raddb
	rm raddb/sites-enabled/* raddb/mods-enabled/eap
	cp "$PRIVACYIDEA_RADIUS" raddb/privacyidea_radius.pm
	mkdir raddb/ca && cp "$DAEMON_CA" raddb/ca/ca.pem && openssl rehash raddb/ca
	printf '[Default]\nURL = %s/validate/check\nSSL_CHECK = true\nSSL_CA_PATH = %s\nADD_EMPTY_PASS = true\nDEBUG = false\n' \
		"$DAEMON_URL" "$DAEMON_DIR/raddb/ca" >raddb/rlm_perl.ini
	printf '[Mapping]\nserial = Filter-Id\n' >>raddb/rlm_perl.ini
	printf 'realm sales {\n}\n' >>raddb/proxy.conf
	cat >raddb/mods-enabled/perl <<-END
		perl {
			filename = $DAEMON_DIR/raddb/privacyidea_radius.pm
			config { configfile = $DAEMON_DIR/raddb/rlm_perl.ini }
		}
	END
	cat >raddb/sites-enabled/perl <<-END
		server perl {
			listen {
				type = auth
				ipaddr = 127.0.0.1
				port = 1812
			}
			authorize {
				suffix
				update control {
					Auth-Type := Perl
				}
			}
			authenticate {
				Auth-Type Perl {
					perl
				}
			}
		}
	END
	sed -i -E "s,^(\s*)(user|group) = freerad,\1\2 = root,; s,^(\s*)(logdir|run_dir|localstatedir|raddbdir) = .*,\1\2 = $DAEMON_DIR/raddb," \
		raddb/radiusd.conf
	door_run radius freeradius -f -l stdout -x -d raddb
	door_wait radius 'Ready to process requests'
	plugin() # USER ATTRIBUTE...: the kind of the answer, and all of it in plugin.reply
	{
		local user=$1
		shift
		printf '%s\n' "User-Name = \"$user\"" "$@" 'Message-Authenticator = 0x00' |
			radclient -x -r 1 -t 10 127.0.0.1 auth testing123 >plugin.reply 2>&1
		sed -n 's/^Received \([^ ]*\) .*/\1/p' plugin.reply
	}
	pass()
	{
		printf 'User-Password = "%s"' "$1"
	}
	tap_is "privacyIDEA's FreeRADIUS plugin, unmodified, which verifies our certificate: a right code" \
		"$(plugin alice "$(pass "$(door_code 7)")")" Access-Accept
	tap_like "... its mapping finds the token's serial" "$(grep Filter-Id plugin.reply)" 't_[0-9a-f]{16}'
	tap_is "... the same again" "$(plugin alice "$(pass "$(door_code 7)")")" Access-Reject
	tap_is "... a wrong code" "$(plugin alice "$(pass 000000)")" Access-Reject
	tap_is "... an unknown user" "$(plugin nobody "$(pass 000000)")" Access-Reject
	tap_is "... a realm that FreeRADIUS has taken off the name" "$(plugin alice@sales "$(pass "$(door_code 3 "$sales_seed")")")" Access-Accept
	tap_is "... a name that is not ASCII" "$(plugin 'zoë' "$(pass "$(door_code 5 "$zoe_seed")")" 'NAS-IP-Address = 192.0.2.1')" Access-Accept
	tap_is "... no password: a challenge" "$(plugin oscar)" Access-Challenge
	question=$(sed -n 's/.*Reply-Message = //p' plugin.reply | tr -dc 0-9)
	state=$(sed -n 's/.*State = //p' plugin.reply)
	tap_is "... its answer, with the state" "$(plugin oscar "$(pass "$(door_ocra "$question")")" "State = $state")" Access-Accept
	tap_is "... the same again" "$(plugin oscar "$(pass "$(door_ocra "$question")")" "State = $state")" Access-Reject
else
	tap_skip "privacyIDEA's FreeRADIUS plugin, unmodified" "it is in no package; PRIVACYIDEA_RADIUS names a copy of privacyidea_radius.pm"
fi

if [ -n "${PRIVACYIDEA_PHP-}" ] && command -v php >/dev/null; then
	php_client() # CALL ARGUMENT...: what it makes of the answer; warnings of PHP, too
	{
		php -d error_reporting=-1 -d display_errors=stdout -d curl.cainfo="$DAEMON_CA" -r '
			require getenv("PRIVACYIDEA_PHP") . "/Client-Autoloader.php";
			$client = new PrivacyIDEA("countersign-test", getenv("DAEMON_URL"));
			$client->realm = getenv("realm") ?: "";
			$client->serviceAccountName = "web";
			$client->serviceAccountPass = trim(file_get_contents("web.credential"));
			$said = call_user_func_array([$client, $argv[1]], array_slice($argv, 2));
			echo json_encode($said), "\n";' "$@" >php.said 2>&1
		jq -r 'if type == "object" then "\(.status) \(.value) \(.authenticationStatus) \(.errorCode)" else . end' php.said 2>/dev/null || cat php.said
	}
	export DAEMON_URL
	of_php() { jq -r ".$1" php.said; }
	tap_is "privacyIDEA's PHP client, unmodified, which verifies our certificate: a right code" "$(php_client validateCheck alice "$(door_code 8)")" \
		"true true ACCEPT null"
	tap_is "... the same again" "$(php_client validateCheck alice "$(door_code 8)")" "true false REJECT null"
	tap_is "... an unknown user" "$(php_client validateCheck nobody 000000)" "true false REJECT null"
	tap_is "... a realm" "$(realm=sales php_client validateCheck alice "$(door_code 4 "$sales_seed")")" "true true ACCEPT null"
	tap_is "... a name that is not ASCII" "$(php_client validateCheck 'zoë' "$(door_code 6 "$zoe_seed")")" "true true ACCEPT null"
	tap_is "... no password: a challenge" "$(php_client validateCheck oscar "")" "true false CHALLENGE null"
	tap_is "... of which it has what it needs" "$(of_php '| [.transactionID == .multiChallenge[0].transactionID, .message == .messages, .preferredClientMode,
		.multiChallenge[0].type, .multiChallenge[0].clientMode, (.multiChallenge[0].serial | length)] | join(" ")')" "true true otp ocra interactive 18"
	transaction=$(of_php transactionID) question=$(of_php message | tr -dc 0-9)
	tap_is "... polltransaction: nothing is confirmed" "$(php_client pollTransaction "$transaction")" false
	tap_is "... its answer" "$(php_client validateCheck oscar "$(door_ocra "$question")" "$transaction")" "true true ACCEPT null"
	tap_is "... the same again" "$(php_client validateCheck oscar "$(door_ocra "$question")" "$transaction")" "true false REJECT null"
	tap_is "... polltransaction, afterwards" "$(php_client pollTransaction "$transaction")" false
	tap_is "... triggerchallenge, by the service account's token" "$(php_client triggerChallenge oscar)" "true 1 CHALLENGE null"
	transaction=$(of_php transactionID) question=$(of_php message | tr -dc 0-9)
	tap_is "... a wrong answer" "$(php_client validateCheck oscar 000000 "$transaction")" "true false REJECT null"
	tap_is "... the right one" "$(php_client validateCheck oscar "$(door_ocra "$question")" "$transaction")" "true true ACCEPT null"
	tap_is "... triggerchallenge for who has no such token" "$(php_client triggerChallenge alice)" "true false REJECT null"
	tap_is "... an error is told with its number" "$(php_client validateCheck "$(printf 'a%.0s' {1..5000})" 000000)" "false false  905"
else
	tap_skip "privacyIDEA's PHP client, unmodified" "it is in no package; PRIVACYIDEA_PHP names a copy of its src"
fi
tap_done
