#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# pam_p11 with the module: a person logs in with a key that stands in authorized_keys, or a certificate in authorized_certificates.
. "${top_srcdir:-.}/tests/lib/card.sh"
. "$top_srcdir/tests/lib/client.sh"
. "$top_srcdir/tests/integration/module_token.sh"

for need in pkcs11-tool pamtester ssh-keygen; do
	command -v "$need" >/dev/null || tap_skip_all "$need is not installed"
done
find /usr/lib /lib -name pam_p11.so 2>/dev/null | grep -q . || tap_skip_all "libpam-p11 is not installed"
client_begin pam_p11 libpam-p11 "authorized_keys, P-256" "authorized_certificates" \
	"authorized_keys, P-256 that wants its PIN each time" "authorized_keys, RSA beside it"
cd "$CARD_DIR" || exit 1

# PAM's services and root's home, for this test.
mkdir -p pam.d home/.ssh home/.eid
mount --bind pam.d /etc/pam.d
mount --bind home /root
printf 'auth required pam_p11.so %s\naccount required pam_permit.so\n' "$(realpath "$CARD_MODULE")" >pam.d/card

# A token with one key: see the end.
{
	card_start countersign
	token_tool --init-token --so-pin 82918273 --label Test
	token_tool --login --login-type so --so-pin 82918273 --init-pin --new-pin "$PIN"
	token_tool --login --pin "$PIN" --keypairgen --key-type EC:secp256r1 --id 03
} >"$CARD_DIR/token.log" 2>&1
ca_make
tap_ok "a P-256 key gets a certificate" token_certify 03 /CN=Ada keyUsage=digitalSignature

log_in()
{
	chmod -R go= home
	printf '%s\n' "$@" | setsid -w timeout 120 pamtester card root authenticate
}
ssh-keygen -D "$CARD_MODULE" 2>/dev/null >home/.ssh/authorized_keys
tap_ok "authorized_keys, P-256" log_in "$PIN"
tap_refused "authorized_keys, P-256, with a wrong PIN" log_in 999999
ssh-keygen -q -t rsa -N '' -f stranger
cp stranger.pub home/.ssh/authorized_keys
tap_refused "authorized_keys, P-256: not where another key is wanted" log_in "$PIN"
rm home/.ssh/authorized_keys
cp 03.crt home/.eid/authorized_certificates
tap_ok "authorized_certificates" log_in "$PIN"
cp ca.pem home/.eid/authorized_certificates
tap_refused "authorized_certificates: not where another certificate is wanted" log_in "$PIN"

# In the other's place.
rm home/.eid/authorized_certificates
tap_ok "a key that wants its PIN each time" \
	token_tool --login --pin "$PIN" --keypairgen --key-type EC:secp256r1 --id 02
for type in privkey cert; do
	tap_ok "and no other ($type)" token_tool --login --pin "$PIN" --delete-object --type "$type" --id 03
done
ssh-keygen -D "$CARD_MODULE" 2>/dev/null >home/.ssh/authorized_keys
# It asks for both.
tap_ok "authorized_keys, P-256 that wants its PIN each time" log_in "$PIN" "$PIN"
tap_refused "authorized_keys, P-256 that wants its PIN each time, with a wrong PIN" log_in 999999
tap_refused "authorized_keys, P-256 that wants its PIN each time, with a wrong PIN the second time" log_in "$PIN" 999999

if printf '%s\n' 0.6 "$client_version" | sort -VC; then
	tap_ok "a second key, RSA" token_tool --login --pin "$PIN" --keypairgen --key-type rsa:2048 --id 01
	ssh-keygen -D "$CARD_MODULE" 2>/dev/null | grep ssh-rsa >home/.ssh/authorized_keys
	tap_ok "authorized_keys, RSA beside it" log_in "$PIN"
	tap_refused "authorized_keys, RSA beside it, with a wrong PIN" log_in 999999
else
	tap_skip "authorized_keys, RSA beside it" "with two keys on a token it reads memory that it has freed, with OpenSC's module as with ours"
fi
client_done
