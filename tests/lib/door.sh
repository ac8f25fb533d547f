# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# A countersignd (tests/lib/daemon.sh) for tests with other people's servers in front of it. Source it first thing: the script is
# then run again in a mount and a network namespace of its own, with loopback alone, and ends what it started. Needs root.
#
#   door_begin [LINE...]     a daemon with these lines of configuration, an application "web", a user alice with an HOTP token
#   door_code N              alice's N-th code
#   door_ocra QUESTION [SEED]  what a token of suite OCRA-1:HOTP-SHA1-6:QN08 and this seed (alice's) answers
#   door_client              where the last code that was asked about came from, as the audit log has it: "web alice client 192.0.2.7"
#   door_run NAME CMD...     starts a server in the background, its output in DAEMON_DIR/NAME.log; it is ended with the test
#   door_wait NAME WORD      waits until the log has WORD; fails where the server ends before
#   door_wait_port PORT      waits until somebody listens there

: "${top_srcdir:=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)}"
: "${top_builddir:=$top_srcdir/build}"
export top_srcdir top_builddir
# shellcheck source=tests/lib/tap.sh
. "$top_srcdir/tests/lib/tap.sh"

tap_need unshare ip curl jq oathtool
if [ -z "${DOOR_NAMESPACE-}" ]; then
	[ "$(id -u)" -eq 0 ] || tap_skip_all "needs root"
	DOOR_NAMESPACE=1 exec unshare -m -n --propagation private bash "$0" "$@"
fi
ip link set lo up

# shellcheck source=tests/lib/daemon.sh
. "$top_srcdir/tests/lib/daemon.sh"
door_seed=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ # the 20 bytes of RFC 4226, appendix D
declare -A door_pid

door_clean()
{
	local status=$? pid
	trap - EXIT
	for pid in "${door_pid[@]}"; do
		kill "$pid" && wait "$pid"
	done
	daemon_end
	# What is mounted in it would stay.
	awk -v dir="$DAEMON_DIR/" 'index($5, dir) == 1 { print $5 }' /proc/self/mountinfo | sort | xargs -rn 1 umount -l
	rm -rf "$DAEMON_DIR"
	exit "$status"
} 2>/dev/null
trap door_clean EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

door_begin()
{
	{ daemon_init "$@" && daemon_start && app_make web && user_make alice "$door_seed"; } || {
		tap_fail "a daemon with an application and a user"
		tap_done
	}
	chmod 600 "$DAEMON_DIR"/*.credential
}

door_code() # POSITION [SEED]
{
	oathtool --hotp -b -c "$1" "${2-$door_seed}"
}

door_audited() # JQ: of the last code that was asked about
{
	local credential=$DAEMON_ADMIN
	api GET '/v1/audit?limit=1000'
	jq -r '[.entries[] | select(.action == "otp_verify")] | max_by(.sequence) | '"$1" <<<"$answer"
}

door_client()
{
	door_audited '[(.actor | sub("^application:"; "")), .user, (.detail | capture("(?<at>client .*)$").at)? // "nowhere"] | join(" ")'
}

# RFC 6287, with openssl alone: HMAC over the suite, a zero byte, and the question as hexadecimal digits, filled up with zeros.
door_ocra()
{
	local suite=OCRA-1:HOTP-SHA1-6:QN08 key question mac offset
	key=$(base32 -d <<<"${2-$door_seed}" | od -An -tx1 | tr -d ' \n')
	question=$(printf '%X' "$((10#$1))")
	question=$(printf '%-256s' "$question" | tr ' ' 0)
	mac=$({
		printf '%s\0' "$suite"
		# shellcheck disable=SC2059 # the escapes are the bytes
		printf "$(sed 's/../\\x&/g' <<<"$question")"
	} | openssl dgst -sha1 -mac HMAC -macopt "hexkey:$key" -binary | od -An -tx1 | tr -d ' \n')
	offset=$((16#${mac: -1} * 2))
	printf '%06d' $(((16#${mac:offset:8} & 0x7FFFFFFF) % 1000000))
}

door_run()
{
	local name=$1
	shift
	: >"$DAEMON_DIR/$name.log"
	"$@" >>"$DAEMON_DIR/$name.log" 2>&1 {tap_fd}>&- &
	door_pid[$name]=$!
}

door_patience()
{
	local tries=1200
	until "$@"; do
		tries=$((tries - 1))
		[ "$tries" -gt 0 ] || return 1
		read -rt 0.05 <> <(:)
	done
	return 0
}

door_wait()
{
	local name=$1 word=$2
	door_said()
	{
		grep -qs -- "$word" "$DAEMON_DIR/$name.log" || ! kill -0 "${door_pid[$name]}" 2>/dev/null
	}
	door_patience door_said
	grep -qs -- "$word" "$DAEMON_DIR/$name.log" || {
		tap_note "$name does not come up:"
		tap_note "$(tail -n 30 "$DAEMON_DIR/$name.log")"
		return 1
	}
}

door_wait_port()
{
	door_listens()
	{
		(: <"/dev/tcp/127.0.0.1/$1") 2>/dev/null
	}
	door_patience door_listens "$1"
}
