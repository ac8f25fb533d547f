#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# OpenSSH with the module: ssh-keygen, ssh, ssh-agent against a sshd on loopback, and git's signatures by ssh-keygen.
. "${top_srcdir:-.}/tests/lib/card.sh"
. "$top_srcdir/tests/lib/client.sh"
. "$top_srcdir/tests/integration/module_token.sh"
. "$top_srcdir/tests/clients/installed.sh"

for need in pkcs11-tool ssh ssh-agent ssh-keygen /usr/sbin/sshd git; do
	command -v "$need" >/dev/null || tap_skip_all "$need is not installed"
done
client_begin openssh openssh-client "with git:2" "ssh-keygen -D" "ssh, RSA" "ssh, P-256" "ssh, P-256 that wants its PIN each time" "ssh, Ed25519" \
	"ssh -I" "ssh-add -s" "ssh-add -L" "ssh-add -T" "ssh by ssh-agent, RSA" "ssh by ssh-agent, P-256" "ssh-add -e" \
	"ssh-keygen -Y sign" "git commit -S" "ssh-keygen -s"
cd "$CARD_DIR" || exit 1
export HOME=$CARD_DIR
# What is typed is what README says, for the build tree's module: discovery.sh has the one that is installed.
installed_module=$(realpath "$CARD_MODULE")

tap_ok "a token is made" token_make
tap_ok "ssh-keygen -D" bash -c "$(readme ssh 4) >keys 2>keygen.log"
tap_is "ssh-keygen -D shows each key" "$(wc -l <keys)" 3
for id in 1 2 3; do
	sed -n "${id}p" keys >"key$id.pub"
	token_public "0$id" "0$id.pem"
	tap_is "ssh-keygen -D gives the key that the card has, $id" \
		"$(ssh-keygen -e -m PKCS8 -f "key$id.pub" | openssl pkey -pubin -outform DER | sha256sum)" \
		"$(openssl pkey -pubin -in "0$id.pem" -outform DER | sha256sum)"
done

# ---- a server, and somebody who types the PIN ----

mkdir -p /run/sshd
ssh-keygen -q -t ed25519 -N '' -f host
cat >sshd.conf <<-END
	ListenAddress 127.0.0.1:2222
	HostKey $CARD_DIR/host
	PidFile none
	AuthorizedKeysFile $CARD_DIR/authorized
	StrictModes no
	UsePAM no
	PasswordAuthentication no
	KbdInteractiveAuthentication no
	PermitRootLogin yes
END
/usr/sbin/sshd -D -e -f sshd.conf 2>sshd.log {tap_fd}>&- &
sshd=$!
card_at_exit "kill $sshd"
until grep -qs listening sshd.log || ! kill -0 "$sshd"; do read -rt 0.1 <> <(:); done
printf '#!/bin/sh\ncat %s/pin\n' "$CARD_DIR" >askpass
chmod 700 askpass
export SSH_ASKPASS=$CARD_DIR/askpass SSH_ASKPASS_REQUIRE=force DISPLAY=:0

# A server that lets in whoever has key N; then ssh with these options.
log_in()
{
	local key=$1
	shift
	cp "key$key.pub" authorized
	timeout 120 ssh -F none -p 2222 -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null "$@" root@127.0.0.1 echo logged in \
		</dev/null 2>ssh.log
}
with_module()
{
	log_in "$1" -o IdentityAgent=none -o "$(readme ssh 2)" -o IdentityFile=none
}
echo 999999 >pin
tap_is "ssh, RSA, with a wrong PIN does not log in" "$(with_module 1)" ""
echo "$PIN" >pin
tap_is "ssh, RSA" "$(with_module 1)" "logged in"
tap_is "ssh, P-256 that wants its PIN each time" "$(with_module 2)" "logged in"
tap_is "ssh, P-256" "$(with_module 3)" "logged in"
read -ra by_module < <(readme ssh 1 | sed -n 's/^ssh \(.*\) user@host$/\1/p')
tap_is "ssh -I" "$(log_in 3 -o IdentityAgent=none "${by_module[@]}")" "logged in"
ssh-keygen -q -t rsa -N '' -f stranger
cp stranger.pub key9.pub
tap_is "ssh -I does not log in where another key is wanted" "$(log_in 9 -o IdentityAgent=none "${by_module[@]}")" ""

# ---- an agent ----

eval "$(ssh-agent -s -P "$installed_module" {tap_fd}>&-)" >/dev/null
card_at_exit "kill $SSH_AGENT_PID"
echo 999999 >pin
tap_refused "ssh-add -s, with a wrong PIN" bash -c "$(readme ssh 5)"
echo "$PIN" >pin
tap_ok "ssh-add -s" bash -c "$(readme ssh 5)"
tap_is "ssh-add -L" "$(ssh-add -L | cut -d ' ' -f 1,2 | sort)" "$(cut -d ' ' -f 1,2 keys | sort)"
tap_ok "ssh-add -T, RSA" ssh-add -T key1.pub
tap_ok "ssh-add -T, P-256" ssh-add -T key3.pub
by_agent()
{
	log_in "$1" -o IdentityFile="$CARD_DIR/key$1.pub" -o IdentitiesOnly=yes
}
tap_is "ssh by ssh-agent, RSA" "$(by_agent 1)" "logged in"
tap_is "ssh by ssh-agent, P-256" "$(by_agent 3)" "logged in"
tap_is "ssh by ssh-agent, P-256, a second time" "$(by_agent 3)" "logged in"

# ---- signatures ----

echo "what is signed" >data
for id in 1 3; do
	printf 'me@example.org %s\n' "$(cat "key$id.pub")" >signers
	tap_ok "ssh-keygen -Y sign, key $id" ssh-keygen -Y sign -f "key$id.pub" -n file -q data
	verify=(ssh-keygen -Y verify -f signers -I me@example.org -n file -s data.sig)
	tap_ok "ssh-keygen -Y sign: it verifies" bash -c '"$@" <data' - "${verify[@]}"
	tap_ok "ssh-keygen -Y sign: not of other data" bash -c '"$@" <keys; [ $? -eq 255 ]' - "${verify[@]}"
	rm -f data.sig
done
git init -q repository
git -C repository config user.name Me
git -C repository config user.email me@example.org
in_repository()
{
	(cd repository && bash -c "$1")
}
cp key3.pub repository/key.pub
in_repository "$(readme git 1) && $(readme git 2)"
git -C repository config gpg.ssh.allowedSignersFile "$CARD_DIR/signers"
tap_ok "git commit -S" in_repository "$(readme git 4) -q --allow-empty -m signed"
tap_ok "git commit -S: git verify-commit is content" git -C repository verify-commit HEAD
tap_is "git commit -S: and knows whose it is" "$(git -C repository log -1 --format=%G?:%GS)" "G:me@example.org"
printf 'me@example.org %s\n' "$(cat stranger.pub)" >signers
tap_refused "git commit -S: git verify-commit refuses the signature of a key that is not listed" git -C repository verify-commit HEAD

# ---- a CA ----

tap_ok "ssh-keygen -s" ssh-keygen -q -s key3.pub -D "$CARD_MODULE" -I guest -n root stranger.pub
printf 'cert-authority %s\n' "$(cat key3.pub)" >key8.pub
tap_is "ssh-keygen -s: a server that trusts it lets the certificate's owner in" \
	"$(log_in 8 -o IdentityAgent=none -i stranger)" "logged in"

tap_ok "ssh-add -e" ssh-add -e "$CARD_MODULE"
tap_is "ssh-add -e: then the agent has no keys" "$(ssh-add -L)" "The agent has no identities."
tap_is "ssh-add -e: and nobody gets in" "$(by_agent 3)" ""

# ---- Ed25519 ----

if printf '%s\n' 10.1 "$client_version" | sort -VC; then
	tap_ok "ssh, Ed25519: its key" token_tool --login --pin "$PIN" --keypairgen --key-type EC:edwards25519 --id 05
	ssh-keygen -D "$CARD_MODULE" 2>/dev/null | grep ^ssh-ed25519 >key5.pub
	tap_is "ssh, Ed25519" "$(with_module 5)" "logged in"
else
	tap_skip "ssh, Ed25519" "it takes Ed25519 keys from modules from 10.1 on"
fi
client_done
