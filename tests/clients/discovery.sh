#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# After make install programs find the module as README says, with nothing configured: through p11-kit, or by its path.
. "${top_srcdir:-.}/tests/lib/card.sh"
. "$top_srcdir/tests/integration/module_token.sh"
. "$top_srcdir/tests/clients/installed.sh"
. "$top_srcdir/tests/clients/tls.sh"

for need in pkcs11-tool p11-kit p11tool gnutls-cli ssh-keygen modutil jq make; do
	command -v "$need" >/dev/null || tap_skip_all "$need is not installed"
done
installed_usual || tap_skip_all "the build was configured for another place than the one README speaks of"
cd "$CARD_DIR" || exit 1

tap_ok "make install" installed_make install

# For USB tokens; what make uninstall leaves is looked for at the end.
rights() { (cd root/usr/local && stat -c '%a %n' "$@" 2>&1); }
tap_is "it puts in place what lets users use USB tokens" \
	"$(rights lib/udev/rules.d/70-countersign.rules share/doc/countersign/examples/countersign-pcscd.rules)" \
	"644 lib/udev/rules.d/70-countersign.rules
644 share/doc/countersign/examples/countersign-pcscd.rules"
unit=lib/systemd/system/countersign-token@.service
tap_is "what makes a token of a device port" "$(rights "$unit" lib/sysusers.d/countersign-token.conf sbin/countersign-gadget)" "644 $unit
644 lib/sysusers.d/countersign-token.conf
755 sbin/countersign-gadget"
tap_is "and the programs that the service begins" \
	"$(sed -n 's,^Exec[A-Za-z]*=\(.* \)\?/usr/local/\([^ ]*\) .*,\2,p' "root/usr/local/$unit" | sort -u | (cd root/usr/local && xargs stat -c '%a %n'))" \
	"755 bin/countersign-card
755 sbin/countersign-gadget"

installed_over usr etc || tap_skip_all "this kernel has no overlay file system"
card_softhsm_hide
module=$installed_module
tap_ok "the module is where README says" test -x "$module"
tap_ok "a token is made" token_make
ca_make
tap_ok "a key gets a certificate" token_certify 03 /CN=Ada keyUsage=digitalSignature

# ---- through p11-kit ----

key="pkcs11:token=Test;id=%03;type=private?pin-value=$PIN"
tap_like "p11-kit knows the module" "$(p11-kit list-modules)" "$module"
tap_like "and its token" "$(p11-kit list-modules)" "token: Test"
tap_like "so GnuTLS does" "$(p11tool --list-tokens 2>&1)" "Label: Test"
list=$(readme GnuTLS 1)
tap_like "and shows what is on it, by what README says" "$(bash -c "${list/LABEL/Test}" 2>&1)" "id=%03;.*type=cert"
page=$(readme GnuTLS 2)
page=${page/pkcs11:…/pkcs11:token=Test;id=%03;type=cert}
page=${page/pkcs11:…/$key}
tls_demanding 4433
tap_like "and shows a server whose it is, by what README says" \
	"$(printf 'GET / HTTP/1.0\r\n\r\n' | timeout 120 bash -c "${page/HOST/localhost} -p 4433 --x509cafile ca.pem" 2>&1)" "Subject: CN ?= ?Ada"
tls_end
head -c 100 /dev/urandom >data
verified()
{
	openssl dgst -sha256 -verify 03.pub -signature "$1" data
}
if [ -e "$(openssl version -e | sed 's/.*"\(.*\)"/\1/')/pkcs11.so" ]; then
	tap_ok "OpenSSL's engine signs" openssl dgst -engine pkcs11 -keyform engine -sha256 -sign "$key" -out engine.sig data
	tap_ok "a signature that is right" verified engine.sig
else
	tap_skip "OpenSSL's engine signs" "libengine-pkcs11-openssl is not installed"
fi
provider=$(openssl version -m | sed 's/.*"\(.*\)"/\1/')/pkcs11.so
if [ -e "$provider" ]; then
	tap_ok "OpenSSL's provider signs" openssl dgst -provider pkcs11 -provider default -sha256 -sign "$key" -out provider.sig data
	tap_ok "a signature that is right as well" verified provider.sig
else
	tap_skip "OpenSSL's provider signs" "pkcs11-provider is not in this release"
fi

# ---- by its path ----

tap_is "ssh-keygen -D shows the keys, by what README says" "$(bash -c "$(readme ssh 4)" 2>/dev/null | wc -l)" 3
printf '#!/bin/sh\necho %s\n' "$PIN" >askpass
chmod 700 askpass
eval "$(ssh-agent -s {tap_fd}>&-)" >/dev/null
card_at_exit "kill $SSH_AGENT_PID"
tap_ok "ssh-agent takes the module from there, with no allow-list of one's own" \
	env SSH_ASKPASS="$CARD_DIR/askpass" SSH_ASKPASS_REQUIRE=force DISPLAY=:0 bash -c "$(readme ssh 5)"
tap_is "and has its keys" "$(ssh-add -L | wc -l)" 3
# Somebody who has never had a browser: what README says makes what it needs.
export HOME=$CARD_DIR
tap_ok "Chromium is given the module by what README says" bash -c "$(readme Chromium 1)"
tap_like "so NSS has the token in Chromium's database" "$(modutil -dbdir sql:.pki/nssdb -list countersign 2>&1)" "Token Name: Test"
mkdir PROFILE
tap_ok "a profile of Firefox is, too" bash -c "$(readme Firefox 3)"
tap_like "so NSS has the token in the profile" "$(modutil -dbdir sql:PROFILE -list countersign 2>&1)" "Token Name: Test"
tap_is "all of Firefox's profiles are told of that place" "$(readme Firefox 2 | jq -r '.policies.SecurityDevices.Add[]')" "$module"
tool=$(readme "OpenSC's tools" 1)
tap_like "pkcs11-tool too" "$(bash -c "${tool/…/-L}")" "token label +: Test"

umount -l /etc
umount -l /usr
tap_ok "make uninstall" installed_make uninstall
tap_is "leaves no file behind" "$(find root -type f -o -type l)" ""
tap_done
