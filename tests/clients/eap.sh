#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# wpa_supplicant with the module: EAP-TLS by eapol_test, against hostapd's RADIUS server.
. "${top_srcdir:-.}/tests/lib/card.sh"
. "$top_srcdir/tests/lib/client.sh"
. "$top_srcdir/tests/integration/module_token.sh"

for need in pkcs11-tool eapol_test hostapd; do
	command -v "$need" >/dev/null || tap_skip_all "$need is not installed"
done
engine=$(openssl version -e | sed 's/.*"\(.*\)"/\1/')/pkcs11.so
[ -e "$engine" ] || tap_skip_all "libengine-pkcs11-openssl is not installed"
client_begin wpa_supplicant eapoltest "with eapoltest" "with hostapd" "EAP-TLS, RSA" "EAP-TLS, P-256" "a key that wants its PIN each time" \
	"the same with pin_reuse"
cd "$CARD_DIR" || exit 1

# It takes modules from below /usr/lib only.
folder=$(pkg-config --variable=p11_module_path p11-kit-1 2>/dev/null || find /usr/lib -maxdepth 2 -name pkcs11 -type d | head -n 1)
spy=$(find /usr/lib -name pkcs11-spy.so ! -path "$folder/*" | head -n 1)
mkdir modules
cp "$CARD_MODULE" modules/countersign-pkcs11.so
mount --bind modules "$folder"

tap_ok "a token is made" token_make
ca_make
usage=(keyUsage=digitalSignature extendedKeyUsage=clientAuth)
tap_ok "an RSA key gets a certificate" token_certify 01 /CN=Ada "${usage[@]}"
tap_ok "and a P-256 key another" token_certify 03 /CN=Bob "${usage[@]}"
tap_ok "and one that wants its PIN each time a third" token_certify 02 /CN=Cyd "${usage[@]}"
openssl req -new -newkey rsa:2048 -nodes -keyout radius.key -subj /CN=radius -out radius.csr 2>/dev/null
ca_issue radius.csr radius.crt extendedKeyUsage=serverAuth
cat >hostapd.conf <<END
driver=none
interface=lo
ieee8021x=1
eap_server=1
eap_user_file=$CARD_DIR/users
ca_cert=$CARD_DIR/ca.pem
server_cert=$CARD_DIR/radius.crt
private_key=$CARD_DIR/radius.key
radius_server_clients=$CARD_DIR/clients
radius_server_auth_port=1812
END
echo '* TLS' >users
echo '127.0.0.1/32 shared' >clients
stdbuf -oL hostapd -d hostapd.conf >>hostapd.log 2>&1 {tap_fd}>&- &
hostapd=$!
card_at_exit "kill $hostapd"
until grep -qs AP-ENABLED hostapd.log || ! kill -0 "$hostapd" 2>/dev/null; do read -rt 0.1 <> <(:); done

authenticate()
{
	cat >eap.conf <<-END
		pkcs11_engine_path=$engine
		pkcs11_module_path=${eap_module:-$folder/countersign-pkcs11.so}
		network={
			key_mgmt=WPA-EAP
			eap=TLS
			identity="ada"
			ca_cert="$CARD_DIR/ca.pem"
			client_cert="$CARD_DIR/$1.crt"
			private_key="pkcs11:token=Test;id=%$1;type=private"
			pin="$2"
		}
	END
	timeout 180 setsid -w eapol_test -c eap.conf -a 127.0.0.1 -p 1812 -s shared -t "${3-120}" || return 1
}
env_reuse()
{
	COUNTERSIGN_PKCS11_CONF=$CARD_DIR/reuse.conf "$@"
}
for key in "01 Ada RSA" "03 Bob P-256"; do
	read -r id who name <<<"$key"
	tap_ok "EAP-TLS, $name" authenticate "$id" "$PIN"
	tap_ok "EAP-TLS, $name: the server saw whose it is" grep -qE "depth=0 .*subject=/?CN=$who" hostapd.log
	tap_refused "EAP-TLS, $name, with a wrong PIN" authenticate "$id" 999999 3
	token_tool --login --pin "$PIN" -O >/dev/null 2>&1 # gives the tries back
done

# ---- a key that wants its PIN each time ----

# libp11 asks for it once more on a terminal, or at stdin where there is none; a supplicant has neither. OpenSC's spy tells of what it asks
# the module. The row is a no of the supplicant's only where the module has done its part: it begins a signature and waits for the PIN, and
# who types it is let in.
always()
{
	: >"$COUNTERSIGN_TRACE"
	rm -f spy.log
	PKCS11SPY=$folder/countersign-pkcs11.so PKCS11SPY_OUTPUT=$CARD_DIR/spy.log eap_module=$spy authenticate 02 "$PIN" "$1"
}
typed()
{
	always 30 <<<"$PIN"
}
# Logins and signatures: each call and its answer. How often the card saw a PIN, and signed.
asked()
{
	awk '/^[0-9]+: C_/ { call = $2 } /userType = / { call = call " " $NF }
		/^Returned:/ { if (call ~ /^C_(Login|Sign)/) print call, $NF }' spy.log | xargs
	echo "$(grep -c ' 00 20 00 80 Lc=8 ' "$COUNTERSIGN_TRACE") $(grep -c ' 00 87 ' "$COUNTERSIGN_TRACE")"
}
export COUNTERSIGN_TRACE=$CARD_DIR/trace
row="a key that wants its PIN each time"
tap_refused "with a key that wants its PIN each time nobody types it the second time" always 3 </dev/null
tap_like "with $row nobody types it the second time: a signature waits for it, and none is made" "$(asked | xargs)" \
	"^C_Login CKU_USER CKR_OK C_SignInit CKR_OK( C_SignInit CKR_OPERATION_ACTIVE)* 1 0$" &&
	tap_ok "with $row, typed" typed &&
	tap_is "with $row, typed: it is given, and the card signs, once" "$(asked | xargs)" \
		"C_Login CKU_USER CKR_OK C_SignInit CKR_OK C_Login CKU_CONTEXT_SPECIFIC CKR_OK C_Sign CKR_OK 2 1" &&
	tap_ok "with $row, typed: the server saw whose it is" grep -qE "depth=0 .*subject=/?CN=Cyd" hostapd.log &&
	tap_skip "$row" "libp11 asks for it once more, and a supplicant has nobody to ask"
: >hostapd.log
echo 'pin_reuse = on' >reuse.conf
tap_ok "the same with pin_reuse" env_reuse authenticate 02 "$PIN"
tap_ok "the same with pin_reuse: the server saw whose it is" grep -qE "depth=0 .*subject=/?CN=Cyd" hostapd.log
client_done
