#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# systemd-cryptenroll with the module, on a file: a volume's key is sealed to a key of the card, and cryptsetup's plugin opens it.
. "${top_srcdir:-.}/tests/lib/card.sh"
. "$top_srcdir/tests/lib/client.sh"
. "$top_srcdir/tests/integration/module_token.sh"

for need in pkcs11-tool cryptsetup systemd-cryptenroll; do
	command -v "$need" >/dev/null || tap_skip_all "$need is not installed"
done
find /usr/lib /lib -name 'libcryptsetup-token-systemd-pkcs11.so' 2>/dev/null | grep -q . || tap_skip_all "systemd's plugin for cryptsetup is not installed"
client_begin systemd systemd:1 "with cryptsetup-bin:2" "systemd-cryptenroll --pkcs11-token-uri=list" "systemd-cryptenroll, RSA" "systemd-cryptenroll, P-256" \
	"cryptsetup open, RSA" "cryptsetup open, P-256" \
	"systemd-cryptenroll, RSA that wants its PIN each time" "cryptsetup open, RSA that wants its PIN each time"
cd "$CARD_DIR" || exit 1
p11_kit_alone

tap_ok "a token is made" token_make
ca_make
tap_ok "an RSA key gets a certificate" token_certify 01 /CN=disk keyUsage=keyEncipherment
tap_ok "and a P-256 key another" token_certify 03 /CN=disk keyUsage=keyAgreement
# Curves not every release takes.
tap_ok "the key that wants its PIN each time is gone" token_tool --login --pin "$PIN" --delete-object --type privkey --id 02
tap_ok "and an RSA key there" token_tool --login --pin "$PIN" --keypairgen --key-type rsa:2048 --id 02
tap_ok "which gets a certificate, too" token_certify 02 /CN=disk keyUsage=keyEncipherment
echo -n secret >passphrase

enroll()
{
	PASSWORD=secret PIN=${2-$PIN} timeout "${3-120}" systemd-cryptenroll --pkcs11-token-uri="pkcs11:token=Test;id=%$1" "$1.image" </dev/null
}
# With a PIN that is typed, or without the card.
unlock()
{
	printf '%s\n' "$2" | setsid -w timeout 120 cryptsetup open --test-passphrase --token-only --token-type systemd-pkcs11 "$1.image"
}
slots()
{
	cryptsetup luksDump --dump-json-metadata "$1.image" | jq '.keyslots | length'
}

tap_like "systemd-cryptenroll --pkcs11-token-uri=list" "$(systemd-cryptenroll --pkcs11-token-uri=list)" "token=Test"
for key in "01 RSA" "03 P-256" "02 RSA that wants its PIN each time"; do
	read -r id name <<<"$key"
	truncate -s 20M "$id.image"
	cryptsetup luksFormat --batch-mode --type luks2 --pbkdf pbkdf2 --pbkdf-force-iterations 1000 --key-file passphrase "$id.image"
	if [ "$name" = P-256 ] && ! printf '%s\n' 256 "$client_version" | sort -VC; then
		tap_skip "systemd-cryptenroll, P-256" "it takes keys of elliptic curves from 256 on"
		tap_skip "cryptsetup open, P-256" "systemd takes keys of elliptic curves from 256 on"
		continue
	fi
	# It would wait until somebody types another.
	tap_like "systemd-cryptenroll, $name, with a wrong PIN" "$(enroll "$id" 999999 3 2>&1)" "incorrect"
	tap_is "systemd-cryptenroll, $name, with a wrong PIN: nothing is enrolled" "$(slots "$id")" 1
	tap_ok "systemd-cryptenroll, $name" enroll "$id"
	tap_is "systemd-cryptenroll, $name: there is a second way in" "$(slots "$id")" 2
	cryptsetup luksKillSlot --batch-mode --key-file passphrase "$id.image" 0 2>/dev/null ||
		cryptsetup luksRemoveKey --batch-mode "$id.image" passphrase
	tap_refused "cryptsetup open, $name: the passphrase is no more" \
		cryptsetup open --test-passphrase --key-file passphrase --disable-external-tokens "$id.image"
	tap_ok "cryptsetup open, $name" unlock "$id" "$PIN"
	tap_refused "cryptsetup open, $name, with a wrong PIN" unlock "$id" 999999
done
card_pull
tap_refused "cryptsetup open, RSA, without the card" unlock 01 "$PIN"
client_done
