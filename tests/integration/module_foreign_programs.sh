#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Other people's programs with the module on a card that is not ours, which is our card with its Countersign application switched
# off: OpenSSH, OpenSSL, GnuTLS and NSS find what is on it and sign.
. "${top_srcdir:=$(cd "$(dirname "$0")/../.." && pwd)}/tests/lib/card.sh"
. "$top_srcdir/tests/integration/module_token.sh"

for need in pkcs11-tool openssl; do
	command -v "$need" >/dev/null || tap_skip_all "$need is not installed"
done
cd "$CARD_DIR" || exit 1
export HOME=$CARD_DIR COUNTERSIGN_TRACE=$CARD_DIR/trace
PIN=123456
management=010203040506070801020304050607080102030405060708

writer()
{
	token_tool --login --login-type so --so-pin "$management" "$@"
}

# The certificates are brought by whoever has the management key.
make()
{
	local id
	for id in 01 03; do
		token_public "$id" "$id.pub" &&
			openssl x509 -req -in any.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 20 -force_pubkey "$id.pub" \
				-subj "/CN=Ada $id/emailAddress=ada@example.org" \
				-extfile <(echo keyUsage=digitalSignature,keyEncipherment) -out "$id.crt" &&
			openssl x509 -in "$id.crt" -outform DER -out "$id.crt.der" &&
			writer --write-object "$id.crt.der" --type cert --id "$id" || return
	done
} >make.log 2>&1

card_start piv --plain
tap_ok "an RSA key is made" writer --keypairgen --key-type rsa:2048 --id 01
tap_ok "and a P-256 key" writer --keypairgen --key-type EC:secp256r1 --id 03
ca_make
openssl req -new -key ca.key -subj /CN=any -out any.csr
tap_ok "each has its certificate" make
head -c 3000 /dev/urandom >data

# ---- OpenSSH ----

mkdir -p /run/sshd
if command -v ssh >/dev/null && command -v ssh-keygen >/dev/null && [ -x /usr/sbin/sshd ]; then
	ssh-keygen -D "$CARD_MODULE" >keys 2>keygen.log
	tap_is "ssh-keygen -D shows both keys" "$(wc -l <keys)" 2
	ssh-keygen -q -t ed25519 -N '' -f host
	printf '%s\n' "ListenAddress 127.0.0.1:2222" "HostKey $CARD_DIR/host" "PidFile none" "AuthorizedKeysFile $CARD_DIR/keys" \
		"StrictModes no" "UsePAM no" "PasswordAuthentication no" "KbdInteractiveAuthentication no" "PermitRootLogin yes" >sshd.conf
	/usr/sbin/sshd -D -e -f sshd.conf 2>sshd.log {tap_fd}>&- &
	sshd=$!
	card_at_exit "kill $sshd"
	until grep -qs listening sshd.log || ! kill -0 "$sshd"; do read -rt 0.1 <> <(:); done
	printf '#!/bin/sh\necho %s\n' "$PIN" >askpass
	chmod 700 askpass
	tap_is "ssh -I logs in" "$(SSH_ASKPASS=$CARD_DIR/askpass SSH_ASKPASS_REQUIRE=force DISPLAY=:0 timeout 120 \
		ssh -F none -p 2222 -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o IdentityAgent=none -I "$CARD_MODULE" \
		root@127.0.0.1 echo logged in </dev/null 2>ssh.log)" "logged in" || tap_note "$(tail -n 5 ssh.log)"
else
	tap_skip "ssh -I logs in" "OpenSSH's client and server are not both installed"
fi

# ---- OpenSSL ----

engine=$(openssl version -e | sed 's/.*"\(.*\)"/\1/')/pkcs11.so
provider=$(openssl version -m | sed 's/.*"\(.*\)"/\1/')/pkcs11.so
if [ -e "$provider" ]; then
	use=()
	printf '%s\n' "openssl_conf = init" "[init]" "providers = providers" "[providers]" "default = builtin" "pkcs11 = card" \
		"[builtin]" "activate = 1" "[card]" "module = $provider" "pkcs11-module-path = $CARD_MODULE" "activate = 1" >openssl.conf
elif [ -e "$engine" ]; then
	use=(-engine pkcs11 -keyform engine)
	printf '%s\n' "openssl_conf = init" "[init]" "engines = engines" "[engines]" "pkcs11 = pkcs11" "[pkcs11]" \
		"dynamic_path = $engine" "MODULE_PATH = $CARD_MODULE" "init = 0" >openssl.conf
fi
for id in 01 03; do
	if [ -e "$provider" ] || [ -e "$engine" ]; then
		tap_ok "openssl signs with key $id" env OPENSSL_CONF="$CARD_DIR/openssl.conf" openssl dgst "${use[@]}" -sha256 \
			-sign "pkcs11:model=PIV;id=%$id;type=private?pin-value=$PIN" -out "$id.sig" data
		tap_ok "key $id verifies it" openssl dgst -sha256 -verify "$id.pub" -signature "$id.sig" data
	else
		tap_skip "openssl signs with key $id" "neither libengine-pkcs11-openssl nor pkcs11-provider is installed"
	fi
done

# ---- GnuTLS ----

if command -v p11tool >/dev/null; then
	url="pkcs11:model=PIV"
	list=$(timeout 120 p11tool --provider "$CARD_MODULE" --only-urls --list-all "$url" </dev/null)
	tap_is "p11tool lists both certificates" "$(grep -c type=cert <<<"$list")" 2
	tap_is "and both public keys" "$(grep -c type=public <<<"$list")" 2
	for id in 01 03; do
		tap_ok "p11tool signs with key $id" env GNUTLS_PIN="$PIN" timeout 120 \
			p11tool --provider "$CARD_MODULE" --batch --login --test-sign "$url;id=%$id;type=private"
	done
else
	tap_skip "p11tool signs" "p11tool (gnutls-bin) is not installed"
fi

# ---- NSS ----

if command -v certutil >/dev/null && command -v modutil >/dev/null && command -v cmsutil >/dev/null; then
	mkdir db
	echo "$PIN" >pin.txt
	token=$(token_tool -L 2>/dev/null | sed -n 's/^ *token label *: *//p' | head -n 1)
	certutil -N -d sql:db --empty-password
	tap_ok "modutil adds the module" modutil -force -dbdir sql:db -add countersign -libfile "$CARD_MODULE"
	certutil -A -d sql:db -n ca -t CT,C,C -i ca.pem
	tap_like "certutil lists a certificate and its key" "$(timeout 120 certutil -L -d sql:db -h "$token" -f pin.txt 2>&1)" \
		"$token:PIV Authentication +u,u,u"
	for name in "01 PIV Authentication" "03 Key Management"; do
		id=${name%% *} name=${name#* }
		tap_ok "cmsutil signs with $name" timeout 120 \
			cmsutil -d sql:db -S -H SHA256 -N "$token:$name" -f pin.txt -i data -o "$id.cms"
		tap_ok "openssl verifies that of $name" \
			openssl cms -verify -binary -inform DER -in "$id.cms" -CAfile ca.pem -purpose any -out "$id.out"
		tap_ok "it is what was signed" cmp data "$id.out"
	done
else
	tap_skip "cmsutil signs" "certutil, modutil and cmsutil (libnss3-tools) are not all installed"
fi

tap_is "the card was asked for nothing that only ours have" "$(grep -cE ' (80|84) [0-9A-F]{2} ' "$COUNTERSIGN_TRACE")" 0
tap_done
