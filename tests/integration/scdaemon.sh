#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# GnuPG on our card, profile piv: scdaemon's PIV application, gpg-card, gpgsm, and gpg-agent as ssh's agent.
. "${top_srcdir:-.}/tests/lib/card.sh"
. "$top_srcdir/tests/lib/client.sh"

for need in /usr/lib/gnupg/scdaemon gpg-connect-agent gpgsm ssh-keygen; do
	command -v "$need" >/dev/null || tap_skip_all "$need is not installed"
done
rows=("scd learn" "scd readkey" "scd pksign" "scd pkauth" "scd pkdecrypt" "gpg-card list" "gpg-card verify" "gpg-card authenticate"
	"gpg-card authenticate --setkey" "gpg-card generate" "gpg-card writecert" "gpg-card readcert" "gpg-card passwd" "gpg-card unblock"
	"gpg-card factory-reset" "gpg-card writekey" "gpgsm --learn-card" "gpgsm --list-secret-keys" "gpgsm --sign" "gpgsm --decrypt"
	"ssh-add -L by gpg-agent" "ssh signature by gpg-agent")
client_begin scdaemon scdaemon "${rows[@]}"
cd "$CARD_DIR" || exit 1
card_start piv
PIN=123456 PUK=12345678 MGM=010203040506070801020304050607080102030405060708

# A person at the keyboard: types what the question is about.
cat >pinentry <<END
#!/bin/bash
echo "OK at your service"
while read -r verb text; do
	case \$verb in
	SETDESC) question=\$text ;;
	SETPROMPT) question="\$question \$text" ;;
	GETPIN)
		case \$question in
		*[Nn]ew* | *[Rr]epeat*) echo "D \$(cat "$CARD_DIR/new")" ;;
		*PUK* | *[Uu]nblock*) echo "D $PUK" ;;
		*) echo "D \$(cat "$CARD_DIR/pin")" ;;
		esac
		;;
	esac
	echo OK
	[ "\$verb" != BYE ] || exit 0
done
END
chmod +x pinentry
echo "$PIN" >pin
echo 654321 >new

export GNUPGHOME=$CARD_DIR/gnupg HOME=$CARD_DIR
mkdir -m 700 "$GNUPGHOME"
printf 'disable-ccid\nreader-port "%s"\npcsc-shared\n' "$CARD_READER" >"$GNUPGHOME/scdaemon.conf"
printf 'enable-ssh-support\npinentry-program %s\n' "$CARD_DIR/pinentry" >"$GNUPGHOME/gpg-agent.conf"
printf 'disable-crl-checks\nbatch\nno-tty\n' >"$GNUPGHOME/gpgsm.conf"
card_at_exit 'gpgconf --kill all'

agent()
{
	timeout 120 gpg-connect-agent "$@" /bye </dev/null 2>&1
}
agent /bye >/dev/null

if ! agent "SCD GETINFO app_list" | grep -q piv; then
	for row in "${rows[@]}"; do
		tap_skip "$row" "scdaemon has a PIV application from 2.3 on"
	done
	client_done
fi
for need in gpg-card ssh-add; do
	command -v "$need" >/dev/null || tap_skip_all "$need is not installed"
done

gcard()
{
	timeout 120 gpg-card --no-history "$@" </dev/null
}
admin()
{
	gcard authenticate "$MGM" -- "$@"
}
sm()
{
	timeout 120 gpgsm "$@" </dev/null
}

tap_like "gpg-card list, a new card" "$(gcard list 2>&1)" "Application type .: PIV"
tap_like "scd learn" "$(agent "SCD LEARN --force")" "S APPTYPE piv"
tap_ok "gpg-card authenticate" gcard authenticate "$MGM"
tap_refused "gpg-card authenticate, a wrong key" gcard authenticate "${MGM//02/12}"

# A certificate for each key, from a CA that gpgsm is told to trust.
openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -subj /CN=ca -days 30 -out ca.crt 2>/dev/null
openssl req -new -key ca.key -subj /CN=any -out any.csr 2>/dev/null
sm --import ca.crt >/dev/null 2>&1
openssl x509 -in ca.crt -noout -fingerprint -sha1 | sed 's/.*=//; s/$/ S relax/' >"$GNUPGHOME/trustlist.txt"

# A key as scdaemon tells it; RSA by way of ssh's format, which it has for RSA alone.
public_key()
{
	local point
	point=$(agent "SCD READKEY --format=advanced -- PIV.$1" | grep -ao 'q #04[0-9A-F]*#' | tr -dc '0-9A-F')
	if [ -n "$point" ]; then
		printf '%b' "$(sed 's/../\\x&/g' <<<"3059301306072A8648CE3D020106082A8648CE3D030107034200$point")" | openssl pkey -pubin -inform DER -pubout
	else
		ssh-keygen -e -m PKCS8 -f "$1.ssh"
	fi
}

# slot, algorithm, usage
key_make()
{
	tap_ok "gpg-card generate, $2 in $1" admin generate --algo="$2" "PIV.$1"
	agent "SCD READKEY --format=ssh -- PIV.$1" | sed -n 's/^D //p' | tr -d '\000' >"$1.ssh"
	chmod 600 "$1.ssh"
	public_key "$1" >"$1.pem"
	tap_ok "scd readkey, $1" openssl pkey -pubin -in "$1.pem" -noout
	openssl x509 -req -in any.csr -CA ca.crt -CAkey ca.key -CAcreateserial -force_pubkey "$1.pem" -subj "/CN=$1" -days 30 -outform DER \
		-out "$1.crt" -extfile <(printf 'keyUsage=%s\nsubjectAltName=email:%s@example.org\n' "$3" "$1") 2>/dev/null
	tap_ok "gpg-card writecert, $1" admin writecert "PIV.$1" "<" "$1.crt"
	tap_ok "gpg-card readcert, $1" gcard readcert "PIV.$1" ">" "$1.back"
	tap_ok "gives the same certificate, $1" cmp "$1.crt" "$1.back"
}
key_make 9A rsa2048 digitalSignature
key_make 9C nistp256 digitalSignature,nonRepudiation
key_make 9D rsa2048 keyEncipherment
agent "SCD RESTART" >/dev/null
tap_like "gpg-card list, the keys" "$(gcard list 2>&1)" "nistp256"

tap_ok "gpg-card verify" gcard verify PIV.80
digest=$(head -c 32 /dev/urandom | od -An -tx1 | tr -d ' \n')
for use in pksign:9C pkauth:9A; do
	verb=${use%:*} slot=${use#*:}
	hash=
	[ "$verb" = pkauth ] || hash="--hash=sha256 "
	tap_like "scd $verb, $slot" \
		"$(agent "SCD SETDATA $digest" "/definqprog NEEDPIN cat $CARD_DIR/pin" "SCD ${verb^^} ${hash}PIV.$slot" | tr -d '\000')" "(^|.*)D "
done

tap_ok "gpgsm --learn-card" sm --learn-card
tap_like "gpgsm --list-secret-keys" "$(sm --list-secret-keys 2>&1)" "CN=9C"
head -c 1000 /dev/urandom | base64 >data
for slot in 9C 9A; do
	tap_ok "gpgsm --sign, $slot" sm --local-user "$slot@example.org" --output "$slot.p7s" --sign data
	tap_ok "openssl verifies it, $slot" openssl cms -verify -binary -inform DER -in "$slot.p7s" -CAfile ca.crt -out "$slot.data" -purpose any
	tap_ok "it is what was signed, $slot" cmp data "$slot.data"
done
openssl x509 -inform DER -in 9D.crt -out 9D.pem.crt
openssl cms -encrypt -aes256 -outform DER -in data -binary -out data.p7m 9D.pem.crt
tap_ok "gpgsm --decrypt" sm --output data.dec --decrypt data.p7m
tap_ok "scd pkdecrypt, which it uses, gives what was encrypted" cmp data data.dec

SSH_AUTH_SOCK=$(gpgconf --list-dirs agent-ssh-socket)
export SSH_AUTH_SOCK
tap_like "ssh-add -L by gpg-agent" "$(ssh-add -L 2>&1)" "$(cut -d ' ' -f 2 9A.ssh | tr + .)"
printf 'me %s\n' "$(cut -d ' ' -f 1,2 9A.ssh)" >signers
tap_ok "ssh signature by gpg-agent" ssh-keygen -Y sign -f 9A.ssh -n file data
tap_ok "ssh-keygen verifies it" bash -c 'ssh-keygen -Y verify -f signers -I me -n file -s data.sig <data'

tap_ok "gpg-card passwd" gcard passwd PIV.80
cp new pin
agent "SCD RESTART" >/dev/null
tap_ok "gpg-card passwd: the new PIN is good" gcard verify PIV.80
echo 999999 >pin
for _ in 1 2 3; do
	agent "SCD RESTART" >/dev/null
	gcard verify PIV.80 >/dev/null 2>&1
done
echo 246802 >new
tap_ok "gpg-card unblock" gcard unblock
cp new pin
tap_ok "gpg-card unblock: the new PIN is good" gcard verify PIV.80
tap_skip "gpg-card authenticate --setkey" "scdaemon has it for the reference token alone"
tap_skip "gpg-card factory-reset" "it asks a person at a terminal"
tap_skip "gpg-card writekey" "it writes keys of its own keyring only"

client_done
