#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# After make install programs find the module as README says, with nothing configured: through p11-kit, or by its path.
. "${top_srcdir:-.}/tests/lib/card.sh"
. "$top_srcdir/tests/integration/module_token.sh"

for need in pkcs11-tool p11-kit p11tool ssh-keygen modutil make; do
	command -v "$need" >/dev/null || tap_skip_all "$need is not installed"
done
grep -q '^prefix = /usr/local$' "$top_builddir/Makefile" || tap_skip_all "the build was configured for another place than the one README speaks of"
cd "$CARD_DIR" || exit 1

# What make install puts into place lies over /usr and /etc, in these namespaces only.
install()
{
	env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL make -s -C "$top_builddir" "$1" DESTDIR="$CARD_DIR/root"
}
tap_ok "make install" install install
for folder in usr etc; do
	mkdir -p "root/$folder"
	mount -t overlay -o "lowerdir=$CARD_DIR/root/$folder:/$folder" overlay "/$folder" || tap_skip_all "this kernel has no overlay file system"
done
card_softhsm_hide
module=/usr/local/lib/pkcs11/countersign-pkcs11.so
tap_ok "the module is where README says" test -x "$module"
tap_ok "a token is made" token_make
ca_make
tap_ok "a key gets a certificate" token_certify 03 /CN=Ada keyUsage=digitalSignature

# ---- through p11-kit ----

key="pkcs11:token=Test;id=%03;type=private?pin-value=$PIN"
tap_like "p11-kit knows the module" "$(p11-kit list-modules)" "$module"
tap_like "and its token" "$(p11-kit list-modules)" "token: Test"
tap_like "so GnuTLS does" "$(p11tool --list-tokens 2>&1)" "Label: Test"
tap_like "and shows what is on it" "$(p11tool --list-all-certs "pkcs11:token=Test" 2>&1)" "id=%03;.*type=cert"
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

tap_is "ssh-keygen -D shows the keys" "$(ssh-keygen -D "$module" 2>/dev/null | wc -l)" 3
printf '#!/bin/sh\necho %s\n' "$PIN" >askpass
chmod 700 askpass
eval "$(ssh-agent -s {tap_fd}>&-)" >/dev/null
card_at_exit "kill $SSH_AGENT_PID"
tap_ok "ssh-agent takes the module from there, with no allow-list of one's own" \
	env SSH_ASKPASS="$CARD_DIR/askpass" SSH_ASKPASS_REQUIRE=force DISPLAY=:0 ssh-add -s "$module"
tap_is "and has its keys" "$(ssh-add -L | wc -l)" 3
mkdir nssdb
certutil -N -d sql:nssdb --empty-password
tap_ok "modutil -add, for Firefox and Chromium" modutil -force -dbdir sql:nssdb -add countersign -libfile "$module"
tap_like "then NSS has the token" "$(modutil -dbdir sql:nssdb -list countersign 2>&1)" "Token Name: Test"
tap_like "pkcs11-tool too" "$(pkcs11-tool --module "$module" -L)" "token label +: Test"

umount -l /etc
umount -l /usr
tap_ok "make uninstall" install uninstall
tap_is "leaves no file behind" "$(find root -type f -o -type l)" ""
tap_done
