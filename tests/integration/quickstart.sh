#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# ./quickstart, as a person would run it: from nothing, again, with what it left in env, and --stop.

: "${top_srcdir:=$(cd "$(dirname "$0")/../.." && pwd)}" "${top_builddir:=$top_srcdir/build}"
export top_srcdir top_builddir
# shellcheck source=tests/lib/tap.sh
. "$top_srcdir/tests/lib/tap.sh"
[ "$(id -u)" -eq 0 ] || tap_skip_all "needs root"
for need in pcscd unshare setpriv sshd oathtool jq; do
	command -v "$need" >/dev/null || [ -x "/usr/sbin/$need" ] || tap_skip_all "$need is not installed"
done
unset MAKEFLAGS MAKELEVEL PCSCLITE_CSOCK_NAME SUDO_USER

dir=$(mktemp -d)
prefix=$dir/q
clean()
{
	local status=$?
	trap - EXIT
	"$top_srcdir/quickstart" --prefix "$prefix" --stop >/dev/null 2>&1
	rm -rf "$dir"
	exit "$status"
}
trap clean EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

quickstart()
{
	"$top_srcdir/quickstart" --prefix "$prefix" --build "$top_builddir" --non-interactive </dev/null >"$dir/out" 2>&1 || {
		cat "$dir/out"
		return 1
	}
}
# Processes that have the prefix in their command line, this test aside.
ours()
{
	local process
	for process in /proc/[0-9]*; do
		if [ "${process#/proc/}" != $$ ] && { tr '\0' ' ' <"$process/cmdline"; } 2>/dev/null | grep -q "$prefix"; then
			printf '%s ' "${process#/proc/}"
		fi
	done
}

[ -e /run/sshd ] && had_run_sshd=yes || had_run_sshd=no
tap_ok "quickstart does the main job from nothing" quickstart || tap_done
tap_is "a file signed by the card verifies with plain openssl: twice, by two keys" "$(grep -c 'Verified OK' "$dir/out")" 2
tap_is "a tampered one is refused, twice" "$(grep -c 'Verification failure' "$dir/out")" 2
tap_like "it logs in by ssh" "$(cat "$dir/out")" 'uid=0\(root\)'
tap_like "the second use of a code is refused" "$(cat "$dir/out")" 'refused: wrong'
tap_is "no PIN is in what it prints" "$(grep -c "$(cat "$prefix/pin")" "$dir/out")" 0

tap_is "env is its owner's only" "$(stat -c %a "$prefix/env")" 600
# shellcheck disable=SC1091
. "$prefix/env"
for name in MODULE TOKEN PIN SERVER USER CA CREDENTIAL_FILE; do
	variable=COUNTERSIGN_$name
	tap_ok "env sets $variable" test -n "${!variable}"
done
tap_ok "the module is there" test -e "$COUNTERSIGN_MODULE"
tap_like "the card has an RSA-2048 and a P-256 key" "$(countersign key list)" 'rsa2048.*p256'
if command -v p11tool >/dev/null; then
	certificates=$(p11tool --provider="$COUNTERSIGN_MODULE" --list-all-certs "pkcs11:token=${COUNTERSIGN_TOKEN// /%20}" 2>/dev/null |
		grep -c 'X.509')
	tap_is "p11tool finds both certificates" "$certificates" 2
else
	tap_skip "p11tool finds both certificates" "gnutls-bin is not installed"
fi
otp=$(countersign otp code "$COUNTERSIGN_OTP" --json | jq -r .code)
tap_ok "by hand: the card's next code is accepted" countersign server otp verify --user "$COUNTERSIGN_USER" --otp "$otp"
tap_refused "by hand: and not twice" countersign server otp verify --user "$COUNTERSIGN_USER" --otp "$otp"
tap_ok "everyone's pcscd, if there is one, has no card of ours" bash -c \
	'unset PCSCLITE_CSOCK_NAME; ! countersign card list 2>/dev/null | grep -q "Virtual PCD"'

before=$(cat "$prefix"/run/*.pid)
tap_ok "quickstart can be run again" quickstart
tap_is "the second run starts nothing that runs already" "$(cat "$prefix"/run/*.pid)" "$before"
tap_is "the second run issues no other card" "$(grep -c 'is issued already' "$dir/out")" 1

tap_ok "--stop ends it" "$top_srcdir/quickstart" --prefix "$prefix" --stop
tap_is "no process is left" "$(ours)" ""
tap_is "no socket and no mount is left" "$(find "$prefix/run" -type s; grep "$prefix" /proc/self/mountinfo)" ""
[ -e /run/sshd ] && has_run_sshd=yes || has_run_sshd=no
tap_is "/run/sshd is as it was" "$has_run_sshd" "$had_run_sshd"

tap_ok "after --stop it goes on with the same card" quickstart
mv "$prefix/pin" "$prefix/pin.away"
tap_refused "a step that cannot be done ends it with a status" quickstart
tap_like "... and is told" "$(quickstart)" "quickstart: .*pin is missing"
tap_refused "an unknown option is a usage error" "$top_srcdir/quickstart" --colour
tap_done
