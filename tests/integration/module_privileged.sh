# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# The module in a program that runs with more rights than who started it: his environment and his files say nothing to it, and it
# writes none for him. Each with the same program without the privilege beside it, which does heed them.
. "${top_srcdir:=$(cd "$(dirname "$0")/../.." && pwd)}/tests/lib/card.sh"
. "$top_srcdir/tests/integration/module_token.sh"
. "$top_srcdir/tests/integration/module_talk.sh"

command -v pkcs11-tool >/dev/null || tap_skip_all "pkcs11-tool (opensc) is not installed"
if nm -D "$CARD_MODULE" | grep -qE '__(asan|tsan)_init'; then
	tap_skip_all "a sanitizer does not run in a program with privileges"
fi
cd "$CARD_DIR" || exit 1
mount -t tmpfs -o suid,mode=755 tmpfs /mnt || tap_skip_all "no file system can be mounted that has setuid programs"
card_at_exit "umount /mnt"
tap_ok "a token is made" token_make || tap_done
ca_make
tap_ok "with a certificate" token_certify 03 "/CN=Privileged"

# The user's own: nobody, who has a home in which all that he could say to the module is said.
user=65534
cp "$top_builddir/tests/integration/p11_host" /mnt/plain
cp "$CARD_MODULE" /mnt/module.so
cp /mnt/plain /mnt/setuid
cp /mnt/plain /mnt/setgid
chmod 4755 /mnt/setuid
chmod 2755 /mnt/setgid
mkdir /mnt/home
chown "$user:$user" /mnt/home
chmod 700 /mnt/home

mkdir -p other/.config/countersign
echo "transport = socket:/mnt/nothing" | tee socket.conf >other/.config/countersign/countersign-pkcs11.conf

# run PROGRAM VARIABLE=VALUE... WORD...: what it says; the words begin with "load".
run()
{
	local program=$1 output
	shift
	local variables=()
	while [ "$1" != load ]; do
		variables+=("$1")
		shift
	done
	output=$(setpriv --reuid "$user" --regid "$user" --clear-groups \
		env -i HOME=/mnt/home PATH="$PATH" "${variables[@]}" timeout 120 "/mnt/$program" /mnt/module.so "$moved_pin" "$@" 2>&1 | tr '\n' ' ')
	echo "${output% }"
}
well="load 0 init 0 open 0 login 0 sign 0 read 0"
none="load 0 init 0 open 0xe0"
words=(load init open login sign read)
socket=PCSCLITE_CSOCK_NAME=/mnt/pcscd # the one there is, by the user's word
ln -s "$PCSCLITE_CSOCK_NAME" /mnt/pcscd

at_home()
{
	find /mnt/home -mindepth 1 -printf '%P %u\n' | sort
}

for program in setuid setgid; do
	tap_is "$program: a transport in the environment is not taken" \
		"$(run "$program" COUNTERSIGN_TRANSPORT=socket:/mnt/nothing "${words[@]}")" "$well"
	tap_is "$program: nor a trace" "$(run "$program" COUNTERSIGN_TRACE=/mnt/home/trace "${words[@]}")" "$well"
	tap_is "$program: nor a configuration file" \
		"$(run "$program" COUNTERSIGN_PKCS11_CONF="$CARD_DIR/socket.conf" "${words[@]}")" "$well"
	tap_is "$program: nor one in the user's home" \
		"$(run "$program" HOME="$CARD_DIR/other" XDG_CONFIG_HOME="$CARD_DIR/other/.config" "${words[@]}")" "$well"
	tap_is "$program: a pcscd of the user's own is none" "$(run "$program" "$socket" load init open)" "$none"
	tap_is "$program: nor a folder for the cache" "$(run "$program" XDG_CACHE_HOME=/mnt/home "${words[@]}")" "$well"
	tap_is "$program: nothing of it is written" "$(at_home)" ""
done

# ---- and without the privilege ----

tap_is "the user's own program takes the transport" "$(run plain COUNTERSIGN_TRANSPORT=socket:/mnt/nothing load init open)" "$none"
tap_is "his pcscd" "$(run plain "$socket" "${words[@]}")" "$well"
tap_is "the configuration file" "$(run plain COUNTERSIGN_PKCS11_CONF="$CARD_DIR/socket.conf" load init open)" "$none"
tap_is "and that in his home" "$(run plain HOME="$CARD_DIR/other" load init open)" "$none"
tap_is "the trace and the cache" "$(run plain COUNTERSIGN_TRACE=/mnt/home/trace "${words[@]}")" "$well"
tap_like "which are written, as his" "$(at_home | tr '\n' ' ')" "^\.cache nobody \.cache/countersign nobody \.cache/countersign/[0-9a-f]{64} nobody trace nobody $"
tap_done
