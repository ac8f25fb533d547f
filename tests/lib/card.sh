# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# A card and a PC/SC service of the test's own. Source it first thing, before anything is started:
#
#   . "$top_srcdir/tests/lib/card.sh"      (tests/lib/tap.sh comes with it)
#
# The script is then run again in a mount and a network namespace of its own, so that neither a pcscd nor a port of the host can
# meet those of the test; only loopback is up in it. Needs root. Functions:
#
#   card_start PROFILE [OPTION...]  a new image of that profile; pcscd if it does not run yet; waits until the reader has the card.
#                                   Options go to countersign-card (for example --touch FILE)
#   card_resume [OPTION...]         the same with the image that is there, after card_stop or card_kill9
#   card_stop                       ends the card (SIGTERM), waits until the reader is empty
#   card_kill9                      ends it with SIGKILL, waits the same
#   card_pull, card_insert          takes the card out of the reader and puts it back, the process stays; waits until PC/SC shows it
#   pcscd_start [NAME], pcscd_stop  the service alone; NAME is the reader's, "Virtual PCD" if not given
#   pcscd_reader NAME PORT          two more readers when the service starts next, at the port and at the one after it
#
# Variables: CARD_READER (the reader's full name), CARD_SOCKET (the card's own socket), CARD_IMAGE, CARD_DIR (a scratch directory,
# removed at the end), CARD_PID; CARD_MODULE (our PKCS#11 module). PCSCLITE_CSOCK_NAME is exported: with it a program outside of the
# namespaces reaches the same pcscd. What a script registers with card_at_exit 'COMMAND' is run at its end, before the clean-up.

: "${top_srcdir:=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)}"
: "${top_builddir:=$top_srcdir/build}"
export top_srcdir top_builddir
. "$top_srcdir/tests/lib/tap.sh"

if [ -z "${CARD_NAMESPACE-}" ]; then
	[ "$(id -u)" -eq 0 ] || tap_skip_all "needs root"
	for card_need in pcscd unshare ip; do
		command -v "$card_need" >/dev/null || tap_skip_all "$card_need is not installed"
	done
	[ -e /usr/lib/pcsc/drivers/serial/libifdvpcd.so ] || tap_skip_all "vsmartcard-vpcd is not installed"
	CARD_NAMESPACE=1 exec unshare -m -n --propagation private bash "$0" "$@"
fi

# SoftHSM, which some tests load beside ours, is in p11-kit's list once it is installed, and its C_Finalize crashes programs that are
# about to end (softhsm/SoftHSMv2 issue 729). It is not in the list here; a script that mounts something over /usr says so again.
card_softhsm_hide()
{
	[ ! -e /usr/share/p11-kit/modules/softhsm2.module ] || mount --bind /dev/null /usr/share/p11-kit/modules/softhsm2.module
}
card_softhsm_hide

CARD_DIR=$(mktemp -d)
CARD_IMAGE=$CARD_DIR/card.image
CARD_SOCKET=$CARD_DIR/card.socket
CARD_MODULE=$top_builddir/pkcs11/.libs/countersign-pkcs11.so
CARD_READER=
CARD_PID=
card_reader_part="Virtual PCD"
card_port=35963 # a test may have something of its own between card and reader
card_pcscd_pid=
card_pcscd=(pcscd)
card_exit_commands=()
export PCSCLITE_CSOCK_NAME=$CARD_DIR/pcscd/pcscd.comm
# The module keeps certificates there, not where the person who runs the tests has his.
export XDG_CACHE_HOME=$CARD_DIR/cache

# A signal ends the script by way of the trap on EXIT.
card_cleanup()
{
	local status=$? command
	trap - EXIT
	for command in "${card_exit_commands[@]}"; do
		eval "$command"
	done
	[ -z "$CARD_PID" ] || { kill "$CARD_PID"; wait "$CARD_PID"; }
	[ -z "$card_pcscd_pid" ] || { kill "$card_pcscd_pid"; wait "$card_pcscd_pid"; }
	if [ -n "${CARD_KEEP-}" ]; then
		tap_note "kept: $CARD_DIR"
	else
		umount /run/pcscd
		rm -rf "$CARD_DIR"
	fi
	exit "$status"
} 2>/dev/null
trap card_cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

card_at_exit()
{
	card_exit_commands+=("$1")
}

card_die()
{
	tap_note "$1"
	for log in "$CARD_DIR"/*.log; do
		tap_note "$log:"
		tap_note "$(tail -n 20 "$log")"
	done
	exit 1
}

# The namespaces' furniture. pcscd's directory is ours; where the host has none, all of /run is.
ip link set lo up || card_die "loopback does not come up"
mkdir "$CARD_DIR/pcscd" "$CARD_DIR/reader.conf.d"
chmod 755 "$CARD_DIR" "$CARD_DIR/pcscd"
[ -d /run/pcscd ] || { mount -t tmpfs tmpfs /run && mkdir /run/pcscd; }
mount --bind "$CARD_DIR/pcscd" /run/pcscd || card_die "/run/pcscd cannot be mounted"

# A pair of readers, of which cards reach the first at the port and the second at the next one. Of a driver of their own: one that
# has two pairs takes one for the other.
pcscd_reader()
{
	cp /usr/lib/pcsc/drivers/serial/libifdvpcd.so "$CARD_DIR/vpcd-$2.so"
	cat >"$CARD_DIR/reader.conf.d/port-$2" <<-EOF
		FRIENDLYNAME "$1"
		DEVICENAME   /dev/null:$(printf '0x%X' "$2")
		LIBPATH      $CARD_DIR/vpcd-$2.so
		CHANNELID    $(printf '0x%X' "$2")
	EOF
}

pcscd_start()
{
	local options=(--foreground --config "$CARD_DIR/reader.conf.d")
	card_reader_part=${1:-Virtual PCD}
	pcscd_reader "$card_reader_part" 35963
	if pcscd --help 2>&1 | grep -q -- --disable-polkit; then
		options+=(--disable-polkit)
	fi
	"${card_pcscd[@]}" "${options[@]}" >>"$CARD_DIR/pcscd.log" 2>&1 {tap_fd}>&- &
	card_pcscd_pid=$!
}

pcscd_stop()
{
	[ -n "$card_pcscd_pid" ] || return 0
	kill "$card_pcscd_pid"
	wait "$card_pcscd_pid" 2>/dev/null || true
	card_pcscd_pid=
}

# Waits until the reader has a card, or none.
card_wait()
{
	local reader
	reader=$("$top_builddir/tests/lib/card_wait" "$1" "$card_reader_part") || card_die "no card $1 in the reader"
	[ "$1" = absent ] || CARD_READER=$reader
}

card_resume()
{
	[ -n "$card_pcscd_pid" ] || pcscd_start "$card_reader_part"
	"$top_builddir/countersign-card" --image "$CARD_IMAGE" --vpcd "127.0.0.1:$card_port" --socket "$CARD_SOCKET" "$@" \
		>>"$CARD_DIR/card.log" 2>&1 {tap_fd}>&- &
	CARD_PID=$!
	card_wait present
}

card_start()
{
	local profile=$1
	shift
	card_resume --init "$profile" "$@"
}

card_stop()
{
	kill "$CARD_PID"
	wait "$CARD_PID"
	local status=$?
	CARD_PID=
	card_wait absent
	return "$status"
}

card_kill9()
{
	kill -9 "$CARD_PID"
	wait "$CARD_PID" 2>/dev/null
	CARD_PID=
	card_wait absent
}

card_pull()
{
	kill -USR1 "$CARD_PID"
	card_wait absent
}

card_insert()
{
	kill -USR2 "$CARD_PID"
	card_wait present
}
